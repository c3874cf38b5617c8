/* SPDX-License-Identifier: MIT */
/*
 * Largest elements of windows. Of a row of windows those that begin at each element are looked at,
 * stride or no stride, so that a vector has neighbours: the first element of each window, then the
 * second, … Then every stride-th is taken.
 */
enum {
    WINDOWS = 256,    /* that are looked at in one go */
    WINDOW_GROUP = 16 /* whole groups, where the plane goes on for so long */
};
typedef struct best {
    T most[WINDOWS + WINDOW_GROUP];
    PLACE place[WINDOWS + WINDOW_GROUP];
} best;

/* An element of each window: the larger stays, and a NaN; the first of several. */
VECTORS_OF_512
static void keep_larger(int64_t n, const T *x, PLACE at, T *most, PLACE *place)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        const T value = x[i], before = most[i];
        const PLACE here = at + (PLACE)i, there = place[i];
        const bool more = (value > before) | (value != value);
        most[i] = more ? value : before;
        place[i] = more ? here : there;
    }
}

VECTORS_OF_512
static void take_first(int64_t n, const T *x, PLACE at, T *most, PLACE *place)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        most[i] = x[i];
        place[i] = at + (PLACE)i;
    }
}

/* Every step-th; places begin at `top`. */
REELI_INLINE void take_every(const int64_t step, int64_t n, const best *b, int64_t top, T *to,
                             int64_t *index)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        to[i] = b->most[i * step];
    }
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        index[i] = top + b->place[i * step];
    }
}

/* A row of x, `below` elements further than where places begin, for n windows of which the first
 * begins at x[from], a place of the padding perhaps; x goes on for `left` elements. */
static void pool_row(const reeli_windows *w, const T *x, int64_t below, int64_t left, int64_t from,
                     int64_t n, bool first, best *b)
{
    for (int64_t k = 0, at = from; k < w->kernel; k++, at += w->step[2]) {
        const int64_t skip = at < 0 ? -at : 0, past = w->in[2] - at;
        const int64_t rounded = (n + WINDOW_GROUP - 1) / WINDOW_GROUP * WINDOW_GROUP;
        const int64_t end = past < n ? past : skip == 0 && at + rounded <= left ? rounded : n;
        if (first && k == 0) {
            take_first(end, x + at, (PLACE)(below + at), b->most, b->place);
        } else if (end > skip) {
            keep_larger(end - skip, x + at + skip, (PLACE)(below + at + skip), b->most + skip,
                        b->place + skip);
        }
    }
}

/* Windows number `begin` to `end` of row (z, h), whose places begin at `top`. */
static void pool_windows(const reeli_windows *w, const T *x, int64_t z, int64_t h, int64_t top,
                         int64_t begin, int64_t end, best *b)
{
    const int64_t height = w->in[1], width = w->in[2], from = begin * w->stride - w->padding;
    const int64_t n = (end - begin - 1) * w->stride + 1;
    bool first = from >= 0 && from + n <= width; /* no window's begins in the padding */
    for (int64_t i = 0; i < n && !first; i++) {
        b->most[i] = (T)-INFINITY;
    }
    for (int64_t i = begin; i < end && !first; i++) {
        b->place[(i - begin) * w->stride] = (PLACE)w->first[2][i];
    }
    for (int64_t d = w->first[0][z]; d < w->end[0][z]; d += w->step[0]) {
        for (int64_t v = w->first[1][h]; v < w->end[1][h]; v += w->step[1], first = false) {
            const int64_t row = (d * height + v) * width;
            pool_row(w, x + row, row - top, w->in[0] * height * width - row, from, n, first, b);
        }
    }
}

/* As many windows of row (z, h) as can be looked at in one go, from number i on; how many. */
static int64_t pool_some(const reeli_windows *w, const T *x, int64_t z, int64_t h, int64_t i, T *to,
                         int64_t *index)
{
    best b;
    const int64_t top = (w->first[0][z] * w->in[1] + w->first[1][h]) * w->in[2];
    const bool alike = w->stride > 0;
    const int64_t most = alike ? (WINDOWS - 1) / w->stride + 1 : 1;
    const int64_t n = w->out[2] - i < most ? w->out[2] - i : most;
    if (!alike) {
        reeli_windows own = *w;
        own.kernel = w->end[2][i] - w->first[2][i];
        own.padding = -w->first[2][i];
        pool_windows(&own, x, z, h, top, 0, 1, &b);
    } else {
        pool_windows(w, x, z, h, top, i, i + n, &b);
    }
    if (w->stride == 2) {
        take_every(2, n, &b, top, to, index);
    } else {
        take_every(w->stride, n, &b, top, to, index);
    }
    return n;
}

/* One plane. */
void KERNEL(max_pool)(const reeli_windows *w, const void *x, void *y, int64_t *index)
{
    T *to = y;
    for (int64_t r = 0; r < w->out[0] * w->out[1]; r++) {
        for (int64_t i = 0, n; i < w->out[2]; i += n, to += n, index += n) {
            n = pool_some(w, x, r / w->out[1], r % w->out[1], i, to, index);
        }
    }
}
