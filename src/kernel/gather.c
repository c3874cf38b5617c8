/* SPDX-License-Identifier: MIT */
/* Elements moved to or from places along a dim that an index tensor names. */
#include "kernels.h"

#include <string.h>

/* One row. The index moves either the place that is written or the one that is read: the other's
 * step is 0. Returns the position of the first index that is out of bounds; n if none is. */
typedef int64_t (*row)(int64_t n, void *to, int64_t to_stride, int64_t to_step, const void *from,
                       int64_t from_stride, int64_t from_step, const int64_t *index,
                       int64_t index_stride, int64_t bound);

#define ROW(name, T, put)                                                                          \
    static int64_t name(int64_t n, void *to, int64_t to_stride, int64_t to_step, const void *from, \
                        int64_t from_stride, int64_t from_step, const int64_t *index,              \
                        int64_t index_stride, int64_t bound)                                       \
    {                                                                                              \
        T *out = to;                                                                               \
        const T *in = from;                                                                        \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const int64_t at = index[i * index_stride];                                            \
            if (at < 0 || at >= bound) {                                                           \
                return i;                                                                          \
            }                                                                                      \
            T *target = out + i * to_stride + at * to_step;                                        \
            const T value = in[i * from_stride + at * from_step];                                  \
            *target = (T)(put);                                                                    \
        }                                                                                          \
        return n;                                                                                  \
    }
ROW(set_f32, float, value)
ROW(set_f64, double, value)
ROW(set_i64, int64_t, value)
ROW(set_bool, bool, value)
ROW(add_f32, float, *target + value)
ROW(add_f64, double, *target + value)
ROW(add_i64, int64_t, *target + value)
ROW(add_bool, bool, *target | value)

static const row rows[2][4] = {{set_f32, set_f64, set_i64, set_bool},
                               {add_f32, add_f64, add_i64, add_bool}};

/* A row that one index moves as a whole. */
typedef void (*adder)(int64_t n, void *to, int64_t to_stride, const void *from,
                      int64_t from_stride);

#define ADD_ROW(name, T, sum)                                                                      \
    static void name(int64_t n, void *to, int64_t to_stride, const void *from,                     \
                     int64_t from_stride)                                                          \
    {                                                                                              \
        T *restrict out = to;                                                                      \
        const T *restrict in = from;                                                               \
        if (to_stride == 1 && from_stride == 1) {                                                  \
            for (int64_t i = 0; i < n; i++) {                                                      \
                out[i] = (T)(sum(out[i], in[i]));                                                  \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                          \
            T *target = out + i * to_stride;                                                       \
            *target = (T)(sum(*target, in[i * from_stride]));                                      \
        }                                                                                          \
    }
#define PLUS(a, b) (a) + (b)
#define OR(a, b) (a) | (b)
ADD_ROW(add_row_f32, float, PLUS)
ADD_ROW(add_row_f64, double, PLUS)
ADD_ROW(add_row_i64, int64_t, PLUS)
ADD_ROW(add_row_bool, bool, OR)

static const adder adders[4] = {add_row_f32, add_row_f64, add_row_i64, add_row_bool};

/* The next row's index: all dims but the last count up; false after the last row. */
static bool next_row(int ndim, const int64_t *size, int64_t *at)
{
    for (int d = ndim - 2; d >= 0; d--) {
        if (++at[d] < size[d]) {
            return true;
        }
        at[d] = 0;
    }
    return false;
}

static int64_t offset(int ndim, const int64_t *at, const int64_t *stride)
{
    int64_t sum = 0;
    for (int d = 0; d < ndim - 1; d++) {
        sum += at[d] * stride[d];
    }
    return sum;
}

bool reeli_move_indexed(bool add, int ndim, const int64_t *size, reeli_operand to, int64_t to_step,
                        reeli_operand from, int64_t from_step, reeli_operand index, int64_t bound,
                        int64_t *bad)
{
    const int64_t bytes = (int64_t)reeli_element_size(to.dtype);
    const int last = ndim - 1;
    int64_t at[8] = {0};
    for (int d = 0; d < ndim; d++) {
        if (size[d] == 0) {
            return true;
        }
    }
    do {
        const int64_t *where = (const int64_t *)index.data + offset(ndim, at, index.stride);
        char *out = (char *)to.data + offset(ndim, at, to.stride) * bytes;
        const char *in = (const char *)from.data + offset(ndim, at, from.stride) * bytes;
        if (index.stride[last] == 0 && *where >= 0 && *where < bound) {
            out += *where * to_step * bytes;
            in += *where * from_step * bytes;
            if (add) {
                adders[to.dtype](size[last], out, to.stride[last], in, from.stride[last]);
            } else {
                reeli_move(size[last], out, to.dtype, to.stride[last], in, to.dtype,
                           from.stride[last]);
            }
            continue;
        }
        int64_t done =
            rows[add][to.dtype](size[last], out, to.stride[last], to_step, in, from.stride[last],
                                from_step, where, index.stride[last], bound);
        if (done < size[last]) {
            *bad = where[done * index.stride[last]];
            return false;
        }
    } while (next_row(ndim, size, at));
    return true;
}

/* Rows in random order come from everywhere in a large table. The memory is told early: of all rows
 * of a small batch while the batch before it is gathered, so that they come while that is used. */
enum { ROWS_AHEAD = 16, SMALL_BATCH = 64, CACHE_LINE = 64 };

static inline void announce(const char *place, size_t bytes)
{
    const size_t size = bytes < 4 * CACHE_LINE ? bytes : 4 * CACHE_LINE;
    for (size_t at = 0; at < size; at += CACHE_LINE - (uintptr_t)(place + at) % CACHE_LINE) {
        REELI_PREFETCH(place + at);
    }
}

/* A row, without a call for few bytes: the last sixteen may be copied twice. */
static inline void copy_row(char *to, const char *from, size_t bytes)
{
    enum { STEP = 16, FEW = 16 * STEP };
    if (bytes < STEP || bytes > FEW) {
        memcpy(to, from, bytes);
        return;
    }
    for (size_t at = 0; at + STEP < bytes; at += STEP) {
        memcpy(to + at, from + at, STEP);
    }
    memcpy(to + bytes - STEP, from + bytes - STEP, STEP);
}

/* Rows of one length, which is a constant wherever this is inlined for one. */
static inline void gather(char *to, const char *from, size_t bytes, const int64_t *index, int64_t n,
                          int64_t known)
{
    const int64_t ahead = n <= SMALL_BATCH ? n : ROWS_AHEAD;
    for (int64_t i = 0; i < n; i++) {
        if (i + ahead < known) {
            announce(from + (size_t)index[i + ahead] * bytes, bytes);
        }
        copy_row(to + (size_t)i * bytes, from + (size_t)index[i] * bytes, bytes);
    }
}

void reeli_gather_rows(void *to, const void *from, size_t bytes, const int64_t *index, int64_t n,
                       int64_t known)
{
    if (bytes == 4) {
        gather(to, from, 4, index, n, known);
    } else if (bytes == 8) {
        gather(to, from, 8, index, n, known);
    } else {
        gather(to, from, bytes, index, n, known);
    }
}
