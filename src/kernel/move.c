/* SPDX-License-Identifier: MIT */
/* Elements from one place to another, converted between dtypes. */
#include "kernels.h"

#include <math.h>
#include <string.h>

/* A float that no int64 can hold becomes the smallest, as the hardware has it. */
static inline int64_t whole(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

#define KEEP(x) (x)
#define WHOLE(x) whole((double)(x))
#define TRUTH(x) ((x) != 0)
#define AS_FLOAT(x) ((float)(x))
#define AS_DOUBLE(x) ((double)(x))
#define AS_INTEGER(x) ((int64_t)(x))

#define MOVE(to_name, from_name, TO, FROM, convert)                                                \
    static void from_name##_to_##to_name(int64_t n, void *to, int64_t to_stride, const void *from, \
                                         int64_t from_stride)                                      \
    {                                                                                              \
        TO *out = to;                                                                              \
        const FROM *in = from;                                                                     \
        if (to_stride == 1 && from_stride == 1) {                                                  \
            for (int64_t i = 0; i < n; i++) {                                                      \
                out[i] = convert(in[i]);                                                           \
            }                                                                                      \
        } else {                                                                                   \
            for (int64_t i = 0; i < n; i++) {                                                      \
                out[i * to_stride] = convert(in[i * from_stride]);                                 \
            }                                                                                      \
        }                                                                                          \
    }

MOVE(f32, f32, float, float, KEEP)
MOVE(f64, f32, double, float, AS_DOUBLE)
MOVE(i64, f32, int64_t, float, WHOLE)
MOVE(bool, f32, bool, float, TRUTH)
MOVE(f32, f64, float, double, AS_FLOAT)
MOVE(f64, f64, double, double, KEEP)
MOVE(i64, f64, int64_t, double, WHOLE)
MOVE(bool, f64, bool, double, TRUTH)
MOVE(f32, i64, float, int64_t, AS_FLOAT)
MOVE(f64, i64, double, int64_t, AS_DOUBLE)
MOVE(i64, i64, int64_t, int64_t, KEEP)
MOVE(bool, i64, bool, int64_t, TRUTH)
MOVE(f32, bool, float, bool, AS_FLOAT)
MOVE(f64, bool, double, bool, AS_DOUBLE)
MOVE(i64, bool, int64_t, bool, AS_INTEGER)
MOVE(bool, bool, bool, bool, KEEP)

typedef void (*mover)(int64_t n, void *to, int64_t to_stride, const void *from,
                      int64_t from_stride);

static const mover movers[4][4] = {{f32_to_f32, f32_to_f64, f32_to_i64, f32_to_bool},
                                   {f64_to_f32, f64_to_f64, f64_to_i64, f64_to_bool},
                                   {i64_to_f32, i64_to_f64, i64_to_i64, i64_to_bool},
                                   {bool_to_f32, bool_to_f64, bool_to_i64, bool_to_bool}};

/* The first `size` bytes again and again, in copies that double: by memmove, as GCC writes memcpy
 * into small code as a string instruction, which takes long to start. */
static void repeat(char *to, size_t size, size_t bytes)
{
    for (size_t left; size < bytes; size += left) {
        left = bytes - size < size ? bytes - size : size;
        memmove(to + size, to, left);
    }
}

void reeli_move(int64_t n, void *to, int to_dtype, int64_t to_stride, const void *from,
                int from_dtype, int64_t from_stride)
{
    const size_t size = reeli_element_size(to_dtype);
    if (to_dtype == from_dtype && to_stride == 1 && from_stride == 1) {
        memcpy(to, from, (size_t)n * size);
    } else if (to_stride == 1 && from_stride == 0 && n > 1) {
        movers[from_dtype][to_dtype](1, to, 1, from, 1);
        repeat(to, size, (size_t)n * size);
    } else {
        movers[from_dtype][to_dtype](n, to, to_stride, from, from_stride);
    }
}

typedef struct span {
    int level;
    char *to;
    const char *from;
    int64_t n, from_stride;
    int to_dtype, from_dtype;
    bool stream;
} span;

static void stream_blocks(const span *s, int64_t from, int64_t to)
{
    enum { TURN = REELI_BLOCK / 2 };
    _Alignas(64) unsigned char block[TURN * sizeof(double)];
    const size_t step = (size_t)s->from_stride * reeli_element_size(s->from_dtype);
    for (int64_t i = from; i < to; i += TURN) {
        const int64_t count = to - i < TURN ? to - i : TURN;
        const char *source = s->from + (size_t)i * step;
        if (i == from || s->from_stride != 0 || count < TURN) {
            reeli_move(count, block, s->to_dtype, 1, source, s->from_dtype, s->from_stride);
        }
        REELI_PREFETCH(source + (size_t)count * step);
        reeli_stream_loops[s->level](s->to + (size_t)i * reeli_element_size(s->to_dtype), block,
                                     (size_t)count * reeli_element_size(s->to_dtype));
    }
}

static void move_piece(int64_t piece, void *context)
{
    const span *s = context;
    const int64_t from = piece * REELI_PIECE, rest = s->n - from;
    const int64_t count = rest < REELI_PIECE ? rest : REELI_PIECE;
    char *to = s->to + (size_t)from * reeli_element_size(s->to_dtype);
    const char *source =
        s->from + (size_t)(from * s->from_stride) * reeli_element_size(s->from_dtype);
    if (!s->stream) {
        reeli_move(count, to, s->to_dtype, 1, source, s->from_dtype, s->from_stride);
    } else if (s->to_dtype == s->from_dtype && s->from_stride == 1) {
        reeli_stream_loops[s->level](to, source, (size_t)count * reeli_element_size(s->to_dtype));
    } else {
        stream_blocks(s, from, from + count);
    }
}

void reeli_move_all(reel *r, int64_t n, void *to, int to_dtype, const void *from, int from_dtype,
                    int64_t from_stride)
{
    if (n < REELI_SHARED_FROM) {
        reeli_move(n, to, to_dtype, 1, from, from_dtype, from_stride);
        return;
    }
    const size_t bytes = (size_t)n * reeli_element_size(to_dtype);
    span s = {r->level, to, from, n, from_stride, to_dtype, from_dtype, bytes >= REELI_STREAM_FROM};
    s.stream = s.stream && ((uintptr_t)to & 63) == 0;
    reeli_parallel(r, (n - 1) / REELI_PIECE + 1, move_piece, &s);
}
