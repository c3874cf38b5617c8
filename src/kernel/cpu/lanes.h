/* SPDX-License-Identifier: MIT */
/* The lanes that PyTorch's sums have: 32 bytes of T on every machine. */

enum { ROW = 4 * LANES };

/* Lanes are added one by one. LOAD reads those at x, which need not be aligned. */
#if defined(__GNUC__) && !defined(__OPTIMIZE_SIZE__)
typedef T lanes __attribute__((vector_size(32)));
typedef T loose_lanes __attribute__((vector_size(32), aligned(sizeof(T)), may_alias));
#define LANES_ARE_VECTORS
#define LOAD(x) (*(const loose_lanes *)(x))
#define PLUS(a, b) ((a) + (b))
#define LANE(a, k) (a)[k]
#else
typedef struct lanes {
    T of[LANES];
} lanes;
#define LOAD(x) (*(const lanes *)(x))
#define LANE(a, k) (a).of[k]
static inline lanes NAMED(lanes, plus)(lanes a, lanes b)
{
    for (int k = 0; k < LANES; k++) {
        a.of[k] += b.of[k];
    }
    return a;
}
#define PLUS(a, b) NAMED(lanes, plus)(a, b)
#endif

#ifdef LANES_ARE_VECTORS
/* Half of those, as its BLAS has them. */
typedef T blas_lanes __attribute__((vector_size(16)));
typedef T loose_blas_lanes __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));
#define LOAD_BLAS(x) (*(const loose_blas_lanes *)(x))

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
