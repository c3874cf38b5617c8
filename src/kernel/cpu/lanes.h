/* SPDX-License-Identifier: MIT */
/* The lanes that PyTorch's sums have: 32 bytes of T on every machine. */

enum { ROW = 4 * LANES };

/* In one register or two parts, for GCC keeps what it has to halve in memory. What is read need
 * not be aligned. */
#if defined(__GNUC__) && !defined(__OPTIMIZE_SIZE__)
#define LANES_ARE_VECTORS
typedef T blas_lanes __attribute__((vector_size(16))); /* as PyTorch's BLAS has them */
typedef T loose_blas_lanes __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));
#define LOAD_BLAS(x) (*(const loose_blas_lanes *)(x))
#ifdef HAS_AVX2
typedef T part_of_lanes __attribute__((vector_size(32)));
typedef T loose_lanes __attribute__((vector_size(32), aligned(sizeof(T)), may_alias));
#define LOAD_PART_OF_LANES(x) (*(const loose_lanes *)(x))
#else
typedef blas_lanes part_of_lanes;
#define LOAD_PART_OF_LANES(x) LOAD_BLAS(x)
#endif
#define LANE(a, k) (a).of[(k) / IN_PART][(k) % IN_PART]
#else
typedef T part_of_lanes;
#define LOAD_PART_OF_LANES(x) (*(x))
#define LANE(a, k) (a).of[k]
#endif

enum { IN_PART = sizeof(part_of_lanes) / sizeof(T) };
typedef struct lanes {
    part_of_lanes of[LANES / IN_PART];
} lanes;

/* Lanes are added and multiplied one by one. NO_LANES are zeros, as which a constant might be
 * filled in by an instruction that takes long. */
#define LANES_OF(name, parameters, ...)                                                            \
    REELI_INLINE lanes NAMED(lanes, name) parameters                                               \
    {                                                                                              \
        lanes y;                                                                                   \
        REELI_UNROLL(8)                                                                            \
        for (int k = 0; k < LANES / IN_PART; k++) {                                                \
            y.of[k] = __VA_ARGS__;                                                                 \
        }                                                                                          \
        return y;                                                                                  \
    }
static const T no_lane[IN_PART];
LANES_OF(none, (void), LOAD_PART_OF_LANES(no_lane))
LANES_OF(load, (const T *x), LOAD_PART_OF_LANES(x + k * IN_PART))
LANES_OF(plus, (lanes a, lanes b), a.of[k] + b.of[k])
LANES_OF(times, (lanes a, lanes b), a.of[k] * b.of[k])
#define NO_LANES NAMED(lanes, none)()
#define LOAD(x) NAMED(lanes, load)(x)
#define PLUS(a, b) NAMED(lanes, plus)(a, b)
#define TIMES(a, b) NAMED(lanes, times)(a, b)

#ifdef LANES_ARE_VECTORS
#ifdef __clang__
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef PLACE shuffled __attribute__((vector_size(16)));
#define SHUFFLED(a, b, ...) __builtin_shuffle(a, b, (shuffled){__VA_ARGS__})
#endif

/* So many rows of so many elements become their columns. */
REELI_INLINE void turn(blas_lanes *x)
{
    const blas_lanes a = x[0], b = x[1];
#if LANES == 8
    const blas_lanes low_ab = SHUFFLED(a, b, 0, 4, 1, 5), low_cd = SHUFFLED(x[2], x[3], 0, 4, 1, 5);
    const blas_lanes high_ab = SHUFFLED(a, b, 2, 6, 3, 7),
                     high_cd = SHUFFLED(x[2], x[3], 2, 6, 3, 7);
    x[0] = SHUFFLED(low_ab, low_cd, 0, 1, 4, 5);
    x[1] = SHUFFLED(low_ab, low_cd, 2, 3, 6, 7);
    x[2] = SHUFFLED(high_ab, high_cd, 0, 1, 4, 5);
    x[3] = SHUFFLED(high_ab, high_cd, 2, 3, 6, 7);
#else
    x[0] = SHUFFLED(a, b, 0, 2);
    x[1] = SHUFFLED(a, b, 1, 3);
#endif
}
#endif

_Static_assert(sizeof(lanes) == LANES * sizeof(T), "lanes fill a vector");
