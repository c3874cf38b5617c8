/* SPDX-License-Identifier: MIT */
/* Batch norm: the elements of a channel lie in a piece for each sample. A channel is computed by
 * itself, with its means and sums in double. */
#include "kernels.h"
#include "pool.h"

#include <math.h>

typedef struct task {
    const reeli_channels *c;
    int level;
    int64_t channels; /* of a piece of the work */
    const char *g;    /* NULL: forward */
    char *y, *dw, *db;
} task;

static double number(const reeli_channels *c, const void *from, int64_t i, double otherwise)
{
    return !from                  ? otherwise
           : c->dtype == REEL_F32 ? (double)((const float *)from)[i]
                                  : ((const double *)from)[i];
}

static void put(const reeli_channels *c, void *to, int64_t i, double value)
{
    if (c->dtype == REEL_F32) {
        ((float *)to)[i] = (float)value;
    } else {
        ((double *)to)[i] = value;
    }
}

/* Where sample n's piece of a channel begins, in bytes. */
static int64_t piece_at(const reeli_channels *c, int64_t n, int64_t channel)
{
    return (n * c->channels + channel) * c->inner * (int64_t)reeli_element_size(c->dtype);
}

/* Mean and Σ (x - mean)² of one piece after another, each joined with those before it. */
static void measure(const task *t, int64_t channel, double *mean, double *squares)
{
    const reeli_channels *c = t->c;
    *mean = *squares = 0;
    for (int64_t n = 0; n < c->batch; n++) {
        double own, own_squares;
        reeli_moments_loops[t->level][c->dtype](
            c->inner, 1, (const char *)c->x + piece_at(c, n, channel), &own, &own_squares);
        const double apart = own - *mean, share = 1 / (double)(n + 1);
        *mean += apart * share;
        *squares += own_squares + apart * apart * (double)c->inner * (double)n * share;
    }
}

/* y = (x - mean) scale w + b. */
static void normalize(const task *t, int64_t channel)
{
    const reeli_channels *c = t->c;
    double mean, squares;
    measure(t, channel, &mean, &squares);
    const double variance = squares / (double)(c->batch * c->inner);
    put(c, c->stats, channel, mean);
    put(c, c->stats, c->channels + channel, variance);
    put(c, c->stats, 2 * c->channels + channel, 1 / sqrt(variance + c->eps));
    const double of[] = {number(c, c->stats, channel, 0),
                         number(c, c->stats, 2 * c->channels + channel, 0),
                         number(c, c->w, channel, 1), number(c, c->b, channel, 0)};
    for (int64_t n = 0; n < c->batch; n++) {
        const int64_t at = piece_at(c, n, channel);
        reeli_channel_normalize_loops[t->level][c->dtype](c->inner, (const char *)c->x + at, of,
                                                          t->y + at);
    }
}

/* With d = x - mean and means over the channel: db = Σ g, dw = scale Σ g d and
 * dx = w scale (g - mean g - d scale² mean(g d)). */
static void go_back(const task *t, int64_t channel)
{
    const reeli_channels *c = t->c;
    const double mean = number(c, c->stats, channel, 0), count = (double)(c->batch * c->inner);
    const double scale = number(c, c->stats, 2 * c->channels + channel, 0);
    double sums[2] = {0, 0};
    for (int64_t n = 0; n < c->batch; n++) {
        const int64_t at = piece_at(c, n, channel);
        reeli_channel_sums_loops[t->level][c->dtype](c->inner, t->g + at, (const char *)c->x + at,
                                                     mean, sums);
    }
    put(c, t->dw, channel, scale * sums[1]);
    put(c, t->db, channel, sums[0]);
    const double of[] = {mean, number(c, c->w, channel, 1) * scale, sums[0] / count,
                         scale * scale * sums[1] / count};
    for (int64_t n = 0; n < c->batch && t->y; n++) {
        const int64_t at = piece_at(c, n, channel);
        reeli_channel_gradient_loops[t->level][c->dtype](c->inner, t->g + at,
                                                         (const char *)c->x + at, of, t->y + at);
    }
}

static void run_channels(int64_t piece, void *context)
{
    const task *t = context;
    const int64_t end = (piece + 1) * t->channels;
    for (int64_t i = piece * t->channels; i < end && i < t->c->channels; i++) {
        (t->g ? go_back : normalize)(t, i);
    }
}

/* A piece is channels of at least so many elements. */
static void run(reel *r, task t)
{
    const reeli_channels *c = t.c;
    const int64_t each = c->batch * c->inner, all = each * c->channels;
    t.level = r->level;
    t.channels = all < REELI_SHARED_FROM ? c->channels : (REELI_PIECE + each - 1) / each;
    reeli_parallel(r, (c->channels + t.channels - 1) / t.channels, run_channels, &t);
}

void reeli_normalize_channels(reel *r, const reeli_channels *c, void *y)
{
    run(r, (task){.c = c, .y = y});
}

void reeli_channel_gradients(reel *r, const reeli_channels *c, const void *g, void *dx, void *dw,
                             void *db)
{
    run(r, (task){.c = c, .g = g, .y = dx, .dw = dw, .db = db});
}
