/* SPDX-License-Identifier: MIT */
/* Elements along a dim as weighted sums of others, and the way back; windows and their largest. */
#include "resample.h"
#include "pool.h"

#include <string.h>

/* A block is `in` rows of `inner` elements, and becomes `out` rows. Where rows are elements a sum
 * stays in a register; else rows are added to rows. Either way an element is one chain over its
 * taps. */
#define RESAMPLE(T, name)                                                                          \
    static void name##_row(const reeli_resampler *m, int64_t i, const T *x, T *to)                 \
    {                                                                                              \
        int64_t t = m->first[i];                                                                   \
        const T *from = x + m->index[t] * m->inner;                                                \
        const T w = (T)m->weight[t];                                                               \
        for (int64_t j = 0; j < m->inner; j++) {                                                   \
            to[j] = w * from[j];                                                                   \
        }                                                                                          \
        while (++t < m->first[i + 1]) {                                                            \
            const T *restrict more = x + m->index[t] * m->inner;                                   \
            const T share = (T)m->weight[t];                                                       \
            for (int64_t j = 0; j < m->inner; j++) {                                               \
                to[j] += share * more[j];                                                          \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void name(const reeli_resampler *m, const T *x, T *y)                                   \
    {                                                                                              \
        for (int64_t i = 0; i < m->out; i++, y += m->inner) {                                      \
            int64_t t = m->first[i];                                                               \
            const int64_t end = m->first[i + 1];                                                   \
            if (t == end) {                                                                        \
                memset(y, 0, (size_t)m->inner * sizeof *y);                                        \
            } else if (m->inner > 1) {                                                             \
                name##_row(m, i, x, y);                                                            \
            } else {                                                                               \
                T sum = (T)m->weight[t] * x[m->index[t]];                                          \
                while (++t < end) {                                                                \
                    sum += (T)m->weight[t] * x[m->index[t]];                                       \
                }                                                                                  \
                *y = sum;                                                                          \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void name##_back(const reeli_resampler *m, const T *y, T *x)                            \
    {                                                                                              \
        memset(x, 0, (size_t)(m->in * m->inner) * sizeof *x);                                      \
        for (int64_t i = 0; i < m->out; i++, y += m->inner) {                                      \
            for (int64_t t = m->first[i]; t < m->first[i + 1]; t++) {                              \
                T *restrict to = x + m->index[t] * m->inner;                                       \
                const T w = (T)m->weight[t];                                                       \
                for (int64_t j = 0; j < m->inner; j++) {                                           \
                    to[j] += w * y[j];                                                             \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
RESAMPLE(float, resample_f32)
RESAMPLE(double, resample_f64)

typedef struct blocks {
    const reeli_resampler *m;
    bool back;
    const char *from;
    char *to;
    int64_t pieces;
} blocks;

static void resample_piece(int64_t piece, void *context)
{
    const blocks *b = context;
    const reeli_resampler *m = b->m;
    const int64_t bytes = m->inner * (int64_t)reeli_element_size(m->dtype);
    for (int64_t o = piece * m->outer / b->pieces; o < (piece + 1) * m->outer / b->pieces; o++) {
        const void *from = b->from + o * (b->back ? m->out : m->in) * bytes;
        void *to = b->to + o * (b->back ? m->in : m->out) * bytes;
        if (m->dtype == REEL_F32) {
            (b->back ? resample_f32_back : resample_f32)(m, from, to);
        } else {
            (b->back ? resample_f64_back : resample_f64)(m, from, to);
        }
    }
}

/* How many pieces so many elements are worth, at most. */
static int64_t pieces_of(int64_t elements, int64_t most)
{
    const int64_t pieces = elements < REELI_SHARED_FROM ? 1 : elements / REELI_PIECE;
    return pieces < most ? pieces : most;
}

void reeli_resample(reel *r, const reeli_resampler *m, bool back, const void *from, void *to)
{
    blocks b = {m, back, from, to, pieces_of(m->outer * m->inner * (m->in + m->out), m->outer)};
    reeli_parallel(r, b.pieces, resample_piece, &b);
}

/* g to where each window's largest lies. */
#define MAX_POOL_BACK(T, name)                                                                     \
    static void name(int64_t in, int64_t out, const T *g, const int64_t *index, T *dx)             \
    {                                                                                              \
        memset(dx, 0, (size_t)in * sizeof *dx);                                                    \
        for (int64_t i = 0; i < out; i++) {                                                        \
            dx[index[i]] += g[i];                                                                  \
        }                                                                                          \
    }
MAX_POOL_BACK(float, max_pool_back_f32)
MAX_POOL_BACK(double, max_pool_back_f64)

typedef struct planes {
    const reeli_windows *w;
    reeli_max_pool_loop *loop; /* NULL: back */
    const char *from;
    char *to;
    int64_t *index;
    int64_t in, out, pieces; /* elements of a plane */
} planes;

static void pool_piece(int64_t piece, void *context)
{
    const planes *p = context;
    const reeli_windows *w = p->w;
    const int64_t bytes = (int64_t)reeli_element_size(w->dtype);
    for (int64_t i = piece * w->planes / p->pieces; i < (piece + 1) * w->planes / p->pieces; i++) {
        const void *from = p->from + i * (p->loop ? p->in : p->out) * bytes;
        void *to = p->to + i * (p->loop ? p->out : p->in) * bytes;
        int64_t *index = p->index + i * p->out;
        if (p->loop) {
            p->loop(w, from, (w->planes - 1 - i) * p->in, to, index);
        } else if (w->dtype == REEL_F32) {
            max_pool_back_f32(p->in, p->out, from, index, to);
        } else {
            max_pool_back_f64(p->in, p->out, from, index, to);
        }
    }
}

static void pool_planes(reel *r, planes p)
{
    const reeli_windows *w = p.w;
    p.in = w->in[0] * w->in[1] * w->in[2];
    p.out = w->out[0] * w->out[1] * w->out[2];
    p.pieces = pieces_of(w->planes * (p.in + p.out), w->planes);
    reeli_parallel(r, p.pieces, pool_piece, &p);
}

void reeli_max_pool(reel *r, const reeli_windows *w, const void *x, void *y, int64_t *index)
{
    pool_planes(r, (planes){.w = w,
                            .loop = reeli_max_pool_loops[r->level][w->dtype],
                            .from = x,
                            .to = y,
                            .index = index});
}

void reeli_max_pool_back(reel *r, const reeli_windows *w, const void *g, const int64_t *index,
                         void *dx)
{
    pool_planes(r, (planes){.w = w, .from = g, .to = dx, .index = (int64_t *)(uintptr_t)index});
}
