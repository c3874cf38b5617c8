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

/* The largest of each window of a plane, and its index there: the first of several, the last
 * NaN. */
#define MAX_POOL(T, name)                                                                          \
    static T name##_window(const reeli_windows *w, const T *x, int64_t z, int64_t y, int64_t i,    \
                           int64_t *index)                                                         \
    {                                                                                              \
        const int64_t height = w->in[1], width = w->in[2];                                         \
        int64_t best = (w->first[0][z] * height + w->first[1][y]) * width + w->first[2][i];        \
        T most = x[best];                                                                          \
        for (int64_t d = w->first[0][z]; d < w->end[0][z]; d += w->step[0]) {                      \
            for (int64_t h = w->first[1][y]; h < w->end[1][y]; h += w->step[1]) {                  \
                const int64_t row = (d * height + h) * width, end = row + w->end[2][i];            \
                for (int64_t at = row + w->first[2][i]; at < end; at += w->step[2]) {              \
                    const bool more = x[at] > most || x[at] != x[at];                              \
                    most = more ? x[at] : most;                                                    \
                    best = more ? at : best;                                                       \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        *index = best;                                                                             \
        return most;                                                                               \
    }                                                                                              \
    static void name(const reeli_windows *w, const T *x, T *to, int64_t *index)                    \
    {                                                                                              \
        for (int64_t z = 0; z < w->out[0]; z++) {                                                  \
            for (int64_t y = 0; y < w->out[1]; y++) {                                              \
                for (int64_t i = 0; i < w->out[2]; i++) {                                          \
                    *to++ = name##_window(w, x, z, y, i, index++);                                 \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
MAX_POOL(float, max_pool_f32)
MAX_POOL(double, max_pool_f64)

typedef struct planes {
    const reeli_windows *w;
    const char *x;
    char *y;
    int64_t *index;
    int64_t in, out, pieces; /* elements of a plane */
} planes;

static void pool_piece(int64_t piece, void *context)
{
    const planes *p = context;
    const reeli_windows *w = p->w;
    const int64_t bytes = (int64_t)reeli_element_size(w->dtype);
    for (int64_t i = piece * w->planes / p->pieces; i < (piece + 1) * w->planes / p->pieces; i++) {
        const void *x = p->x + i * p->in * bytes;
        void *y = p->y + i * p->out * bytes;
        if (w->dtype == REEL_F32) {
            max_pool_f32(w, x, y, p->index + i * p->out);
        } else {
            max_pool_f64(w, x, y, p->index + i * p->out);
        }
    }
}

/* The indices are written, by the pieces.
 * NOLINTNEXTLINE(readability-non-const-parameter) */
void reeli_max_pool(reel *r, const reeli_windows *w, const void *x, void *y, int64_t *index)
{
    planes p = {
        w,          x, y, index, w->in[0] * w->in[1] * w->in[2], w->out[0] * w->out[1] * w->out[2],
        .pieces = 1};
    p.pieces = pieces_of(w->planes * (p.in + p.out), w->planes);
    reeli_parallel(r, p.pieces, pool_piece, &p);
}
