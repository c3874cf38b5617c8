/* SPDX-License-Identifier: MIT */
/* The lanes that PyTorch's sums have: 32 bytes of T on every machine. */

enum { ROW = 4 * LANES };

/* Lanes are added and multiplied one by one. LOAD reads those at x, which need not be aligned. */
#if defined(__GNUC__) && !defined(__OPTIMIZE_SIZE__)
typedef T lanes __attribute__((vector_size(32)));
typedef T loose_lanes __attribute__((vector_size(32), aligned(sizeof(T)), may_alias));
#define LANES_ARE_VECTORS
#define LOAD(x) (*(const loose_lanes *)(x))
#define PLUS(a, b) ((a) + (b))
#define TIMES(a, b) ((a) * (b))
#define LANE(a, k) (a)[k]
#else
typedef struct lanes {
    T of[LANES];
} lanes;
#define LOAD(x) (*(const lanes *)(x))
#define LANE(a, k) (a).of[k]
#define LANE_BY_LANE(name, op)                                                                     \
    static inline lanes name(lanes a, lanes b)                                                     \
    {                                                                                              \
        for (int k = 0; k < LANES; k++) {                                                          \
            a.of[k] = a.of[k] op b.of[k];                                                          \
        }                                                                                          \
        return a;                                                                                  \
    }
LANE_BY_LANE(NAMED(lanes, plus), +)
LANE_BY_LANE(NAMED(lanes, times), *)
#define PLUS(a, b) NAMED(lanes, plus)(a, b)
#define TIMES(a, b) NAMED(lanes, times)(a, b)
#endif

_Static_assert(sizeof(lanes) == LANES * sizeof(T), "lanes fill a vector");
