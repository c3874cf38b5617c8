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
        } else if (to_stride == 1 && from_stride == 0) {                                           \
            const TO value = n > 0 ? convert(*in) : 0;                                             \
            for (int64_t i = 0; i < n; i++) {                                                      \
                out[i] = value;                                                                    \
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

void reeli_move(int64_t n, void *to, int to_dtype, int64_t to_stride, const void *from,
                int from_dtype, int64_t from_stride)
{
    static const size_t bytes[] = {4, 8, 8, 1};
    if (to_dtype == from_dtype && to_stride == 1 && from_stride == 1) {
        memcpy(to, from, (size_t)n * bytes[to_dtype]);
    } else {
        movers[from_dtype][to_dtype](n, to, to_stride, from, from_stride);
    }
}
