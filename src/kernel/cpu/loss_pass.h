/* SPDX-License-Identifier: MIT */
/*
 * Losses of a few steps, in one loop where there are many terms: each is added to the sum at once,
 * and its gradient goes past the caches. As a loop for each of these (the terms, their sum, the
 * gradients, their way to memory) it would be twice as many instructions. Clang makes no vectors of
 * eight lanes' choices, and GCC for ARM has them by way of the stack: there it is loops.
 */
#define LOSS_PASS_OF(cpu) reeli_loss_pass_##cpu
#define LOSS_PASS(cpu) LOSS_PASS_OF(cpu)
reeli_loss_pass_loop LOSS_PASS(REELI_CPU);

#if defined(LANES_ARE_VECTORS) && defined(HAS_AVX2) && !defined(__clang__)
/* How many elements ahead both sides are fetched, a line of each from every two vectors: stores
 * past the caches keep a CPU from reading far enough ahead by itself. */
enum { AHEAD = 512 };
#define EACH_LANE(...)                                                                             \
    INDEPENDENT for (int i = 0; i < LANES; i++)                                                    \
    {                                                                                              \
        const T a = left[k * LANES + i], b = right[k * LANES + i];                                 \
        __VA_ARGS__                                                                                \
    }
#define PASS_REDUCED(name, parameters, f, ga)
#define PASS_SIMPLE(name, parameters, f, ga)                                                       \
    static void NAMED(name, pass)(int64_t rows, void *to, const void *const *in, const double *p,  \
                                  void *y)                                                         \
    {                                                                                              \
        NUMBERS_##parameters const T g = *(const T *)in[0], *left = in[1], *right = in[2];         \
        (void)p;                                                                                   \
        T *gradients = y;                                                                          \
        lanes *const all = to, sums[4] = {all[0], all[1], all[2], all[3]};                         \
        for (; rows > 0; rows--, left += ROW, right += ROW) {                                      \
            REELI_UNROLL(4)                                                                        \
            for (int k = 0; k < 4; k++) {                                                          \
                T term[LANES], slope[LANES];                                                       \
                REELI_PREFETCH((k & 1 ? right : left) + AHEAD + (k & 2) * LANES);                  \
                EACH_LANE(term[i] = f;)                                                            \
                sums[k] = PLUS(sums[k], LOAD(term));                                               \
                if (gradients) {                                                                   \
                    EACH_LANE(slope[i] = ga;)                                                      \
                    _mm256_stream_ps(gradients, (__m256)LOAD(slope).of[0]);                        \
                    gradients += LANES;                                                            \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        all[0] = sums[0], all[1] = sums[1], all[2] = sums[2], all[3] = sums[3];                    \
    }
/* clang-format off */
#define UNARY(...)
#define BINARY(...)
#define TERNARY(...)
#define COMPARE(...)
#define PREDICATE(...)
#define SELECT(...)
#define LOSS(name, domain, parameters, f, ga, gb) PASS_##domain(name, parameters, f, ga)
#include "elementwise_hot.def"
#undef LOSS
#undef PASS_SIMPLE
#define PASS_SIMPLE(name) if (formula == &reeli_formula_##name) return NAMED(name, pass);
#undef PASS_REDUCED
#define PASS_REDUCED(name)
#define LOSS(name, domain, ...) PASS_##domain(name)

reeli_loss_pass *LOSS_PASS(REELI_CPU)(const reeli_formula *formula)
{
#include "elementwise_hot.def"
    return NULL;
}
#include "elementwise_undef.def"
/* clang-format on */
#else
reeli_loss_pass *LOSS_PASS(REELI_CPU)(const reeli_formula *formula)
{
    (void)formula;
    return NULL;
}
#endif
