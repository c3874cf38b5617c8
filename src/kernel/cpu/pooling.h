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
    SELDOM_INDEPENDENT
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
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        most[i] = x[i];
        place[i] = at + (PLACE)i;
    }
}

/* Of windows of 2 x 2 all at once. */
VECTORS_OF_512
static void take_four(int64_t n, const T *x, int64_t width, PLACE at, T *most, PLACE *place)
{
    const T *y = x + width;
    const PLACE below = (PLACE)width;
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        T value = x[i];
        PLACE here = at + (PLACE)i;
        const PLACE first = here;
        const T b = x[i + 1], c = y[i], d = y[i + 1];
        const bool of_b = (b > value) | (b != b);
        value = of_b ? b : value;
        here = of_b ? first + 1 : here;
        const bool of_c = (c > value) | (c != c);
        value = of_c ? c : value;
        here = of_c ? first + below : here;
        const bool of_d = (d > value) | (d != d);
        most[i] = of_d ? d : value;
        place[i] = of_d ? first + below + 1 : here;
    }
}

/* Every step-th; places begin at `top`. */
REELI_INLINE void take_every(const int64_t step, int64_t n, const best *b, int64_t top, T *to,
                             int64_t *index)
{
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        to[i] = b->most[i * step];
    }
    SELDOM_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        index[i] = top + b->place[i * step];
    }
}

/* A row of x, `below` elements further than where places begin, for n windows of which the first
 * begins at x[from], a place of the padding perhaps; x goes on for `left` elements. */
VECTORS_OF_512
static void pool_row(const reeli_windows *w, const T *x, int64_t below, int64_t left, int64_t from,
                     int64_t n, bool first, best *b)
{
    /* What of the kernel no window lays on the row is passed over. */
    const int64_t before = from + n > 0 ? 0 : -(from + n) / w->step[2] + 1;
    for (int64_t k = before, at = from + k * w->step[2]; k < w->kernel && at < w->in[2];
         k++, at += w->step[2]) {
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

/* Windows of a row number `begin` to `end`, in the rows of x from `top` on; (z, h) is their row. */
VECTORS_OF_512
static void pool_windows(const reeli_windows *w, const T *x, int64_t z, int64_t h, int64_t top,
                         int64_t begin, int64_t end, int64_t behind, best *b)
{
    const int64_t height = w->in[1], width = w->in[2], from = begin * w->stride - w->padding;
    const int64_t n = (end - begin - 1) * w->stride + 1;
    const int64_t all = w->in[0] * height * width + behind;
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
            pool_row(w, x + row, row - top, all - row, from, n, first, b);
        }
    }
}

/* Whether these are windows of 2 x 2 that lie in the image; they are done then. */
VECTORS_OF_512
static bool pool_fours(const reeli_windows *w, const T *x, int64_t z, int64_t h, int64_t top,
                       int64_t begin, int64_t end, int64_t behind, best *b)
{
    const int64_t width = w->in[2], from = begin * w->stride - w->padding;
    const int64_t n = (end - begin - 1) * w->stride + 1;
    const int64_t left = w->in[0] * w->in[1] * width + behind - top - from - width - 1;
    if (w->kernel != 2 || w->step[2] != 1 || w->end[1][h] - w->first[1][h] != 2 ||
        w->end[0][z] - w->first[0][z] != 1 || w->step[1] != 1 || from < 0 || from + n >= width) {
        return false;
    }
    const int64_t rounded = (n + WINDOW_GROUP - 1) / WINDOW_GROUP * WINDOW_GROUP;
    take_four(rounded <= left ? rounded : n, x + top + from, width, (PLACE)from, b->most, b->place);
    return true;
}

/* Windows of row (z, h) from number `begin` on, as many as can be looked at in one go, which is
 * `most` or to the row's end; how many. There is room for that many until the plane ends. */
VECTORS_OF_512
static int64_t pool_some(const reeli_windows *w, const T *x, int64_t z, int64_t h, int64_t begin,
                         int64_t most, int64_t room, int64_t behind, T *to, int64_t *index)
{
    best b;
    const int64_t top = (w->first[0][z] * w->in[1] + w->first[1][h]) * w->in[2];
    const int64_t n = w->out[2] - begin < most ? w->out[2] - begin : most;
    if (w->stride == 0) { /* not like its neighbours */
        reeli_windows own = *w;
        own.kernel = w->end[2][begin] - w->first[2][begin];
        own.padding = -w->first[2][begin];
        pool_windows(&own, x, z, h, top, 0, 1, behind, &b);
    } else if (!pool_fours(w, x, z, h, top, begin, begin + n, behind, &b)) {
        pool_windows(w, x, z, h, top, begin, begin + n, behind, &b);
    }
    const int64_t rounded = (n + WINDOW_GROUP - 1) / WINDOW_GROUP * WINDOW_GROUP;
    if (w->stride == 2) { /* the next row's place may be written, too */
        take_every(2, rounded <= room && rounded <= WINDOWS / 2 ? rounded : n, &b, top, to, index);
    } else {
        take_every(w->stride, n, &b, top, to, index);
    }
    return n;
}

/* One plane. */
VECTORS_OF_512
void KERNEL(max_pool)(const reeli_windows *w, const void *x, int64_t behind, void *y,
                      int64_t *index)
{
    T *to = y;
    const int64_t most = w->stride > 0 ? (WINDOWS - 1) / w->stride + 1 : 1;
    int64_t room = w->out[0] * w->out[1] * w->out[2];
    for (int64_t z = 0; z < w->out[0]; z++) {
        for (int64_t h = 0; h < w->out[1]; h++) {
            for (int64_t i = 0, n; i < w->out[2]; i += n, to += n, index += n, room -= n) {
                n = pool_some(w, x, z, h, i, most, room, behind, to, index);
            }
        }
    }
}
