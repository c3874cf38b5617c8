/* SPDX-License-Identifier: MIT */
/* elementwise.def as loops over T; included by f32.c, f64.c and i64.c, which define T, TYPE (the
 * suffix) and, for the floats, GRADIENTS. */
#include "formula.h"
#include "kernels.h"
#ifdef OWN_EXP_TANH
#undef exp
#undef tanh
#define exp(x) exp_float(x)
#define tanh(x) tanh_float(x)
#endif

/* clang-format off */
/* The loop `name` for this dtype at this level, and what a macro names in two parts. */
#define PASTE3_(a, b, c) reeli_##a##_##b##_##c
#define PASTE3(a, b, c) PASTE3_(a, b, c)
#define PASTE4_(a, b, c, d) reeli_##a##_##b##_##c##_##d
#define PASTE4(a, b, c, d) PASTE4_(a, b, c, d)
#define KERNEL(name) PASTE3(name, TYPE, REELI_CPU)
#define NAMED(name, part) PASTE4(name, part, TYPE, REELI_CPU)

/* Elements are independent, and an output may be one of the inputs. GCC makes vectors of a loop in
 * small code where it has to, which pays for it: of floats, and of doubles in long vectors. */
#if defined(__GNUC__) && !defined(__clang__) &&                                              \
    ((defined(REELI_FOR_SIZE) && defined(OWN_EXP_TANH)) ||                                         \
     (defined(REELI_SMALL_DOUBLES) && defined(HAS_AVX2)))
#define INDEPENDENT _Pragma("omp simd")
#elif defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#elif defined(__clang__) && !defined(REELI_FOR_SIZE)
#pragma clang diagnostic ignored "-Wpass-failed" /* it says which loops it can make no vectors of */
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT
#endif
#define EACH INDEPENDENT for (int64_t i = 0; i < n; i++)
/* What doubles are seldom used for they have the first level's loops for. */
#if LEVEL(REELI_CPU) == LEVEL(portable) || !defined(GRADIENTS) || defined(OWN_EXP_TANH)
#define DOUBLES_HERE
#endif
/* One by one in small code: what few train doubles with; and what old CPUs can do slower than the
 * rest, for none of it is most of a training. */
#if defined(REELI_FOR_SIZE) || defined(REELI_SMALL_DOUBLES)
#define SELDOM_INDEPENDENT
#else
#define SELDOM_INDEPENDENT INDEPENDENT
#endif
#define EACH_SELDOM SELDOM_INDEPENDENT for (int64_t i = 0; i < n; i++)

/* First in what uses vectors: GCC leaves their upper halves behind in small code, and whoever uses
 * shorter ones, as the rest of the program does, waits for those from then on. */
#if (defined(REELI_SMALL_DOUBLES) || defined(__OPTIMIZE_SIZE__)) && defined(HAS_AVX2) &&           \
    defined(__GNUC__) && !defined(__clang__)
static inline void NAMED(leave, vectors)(const char *unused)
{
    (void)unused;
    _mm256_zeroupper();
}
#define LEAVE_VECTORS                                                                              \
    __attribute__((cleanup(NAMED(leave, vectors)))) const char at_the_end = 0;                     \
    (void)at_the_end;
#else
#define LEAVE_VECTORS
#endif

#define LOOP(width, each, function, result, element, formula)                                      \
    reeli_map_loop function;                                                                       \
    width void function(int64_t n, void *to, const void *const *in, const double *p)               \
    {                                                                                              \
        LEAVE_VECTORS                                                                              \
        (void)p;                                                                                   \
        result *out = to;                                                                          \
        each { element out[i] = (result)(formula); }                                               \
    }

#define MAP(domain, name, part, result, element, formula)                                          \
    HERE_##domain(                                                                                 \
        LOOP(WIDTH_##domain, EACH_##domain, NAMED(name, part), result, element, formula))

#define AT(k, name) const T name = ((const T *)in[k])[i]; (void)name;
#define CONDITION(k) const bool c = ((const T *)in[k])[i] != 0;

/* A row's parameters, in T. */
#define NUMBERS_P0
#define NUMBERS_P1(first) const T first = PARAMETER(p[0]); (void)first;
#define NUMBERS_P2(first, second) NUMBERS_P1(first) const T second = PARAMETER(p[1]); (void)second;
#define NUMBERS_P3(first, second, third)                                                           \
    NUMBERS_P2(first, second) const T third = PARAMETER(p[2]); (void)third;

/* Formulas of the floats alone fall away where T is an integer. */
#ifdef GRADIENTS
#define IF_FLOATING(...) __VA_ARGS__
#define IF_GRADIENTS(...) __VA_ARGS__
#else
#define IF_FLOATING(...)
#define IF_GRADIENTS(...)
#endif
#define IF_LIBRARY(...) IF_FLOATING(__VA_ARGS__)
#define IF_COMPOSED(...) IF_FLOATING(__VA_ARGS__)
#define IF_REAL(...) IF_FLOATING(__VA_ARGS__)
#define IF_REDUCED(...) IF_FLOATING(__VA_ARGS__) /* a loss */
#define IF_SIMPLE(...) IF_FLOATING(__VA_ARGS__)
#define IF_NUMERIC(...) __VA_ARGS__
#define IF_WIDE(...) __VA_ARGS__
#define IF_ANY(...) __VA_ARGS__

/* Formulas of the floats alone are long: they gain from 512 bits, where loops that are bound by
 * memory lose by them, and have no third level. */
#if defined(HAS_AVX512) && !defined(__clang__)
#define VECTORS_OF_512 __attribute__((target("prefer-vector-width=512")))
#else
#define VECTORS_OF_512
#endif
#ifdef ONLY_WIDE
#define IF_NARROW(...)
#else
#define IF_NARROW(...) __VA_ARGS__
#endif
#define WIDTH_FLOATING VECTORS_OF_512
#define WIDTH_LIBRARY VECTORS_OF_512
#define WIDTH_COMPOSED VECTORS_OF_512
#define WIDTH_REAL VECTORS_OF_512
#define WIDTH_NUMERIC
#define WIDTH_WIDE VECTORS_OF_512
#define WIDTH_REDUCED
#define WIDTH_SIMPLE
#define WIDTH_ANY
#define HERE_FLOATING(...) __VA_ARGS__
#define HERE_REAL(...) __VA_ARGS__
#define HERE_WIDE(...) __VA_ARGS__
#define HERE_NUMERIC IF_NARROW
#define HERE_REDUCED IF_NARROW
#ifdef DOUBLES_HERE
#define HERE_SIMPLE IF_NARROW
#else
#define HERE_SIMPLE(...)
#endif
#define HERE_ANY IF_NARROW
#define WIDTH_COMPARED
#define EACH_FLOATING EACH
#define EACH_LIBRARY EACH
#define EACH_COMPOSED EACH
#define EACH_REAL EACH
#define EACH_NUMERIC EACH
#define EACH_WIDE EACH
#ifdef REELI_FOR_SIZE
#define EACH_REDUCED EACH_SELDOM
#define EACH_SIMPLE EACH /* one by one the CPU would guess at each of their choices */
#else
#define EACH_REDUCED EACH
#define EACH_SIMPLE EACH_SELDOM
#endif
#define EACH_ANY EACH
#define EACH_COMPARED EACH_SELDOM
#define HERE_COMPARED HERE_SIMPLE

#ifdef GRADIENTS
REELI_APART reeli_map_loop NAMED(exp, value); /* which other loops call: not once more in each */
#endif

/* The values. */
#define VALUE(domain, name, result, element, formula)                                              \
    MAP(domain, name, value, result, element, formula)
#define UNARY(name, function, domain, parameters, f, gx)                                           \
    IF_##domain(VALUE(domain, name, T, NUMBERS_##parameters AT(0, x), f))
#define BINARY(name, function, domain, parameters, f, ga, gb)                                      \
    IF_##domain(VALUE(domain, name, T, NUMBERS_##parameters AT(0, a) AT(1, b), f))
#define TERNARY(name, function, domain, parameters, f, ga, gb, gc)                                 \
    IF_##domain(VALUE(domain, name, T, NUMBERS_##parameters AT(0, a) AT(1, b) AT(2, c), f))
#define LOSS(name, domain, parameters, f, ga, gb)                                                  \
    BINARY(name, , domain, parameters, f, ga, gb)
#define COMPARE(name, function, f) VALUE(COMPARED, name, bool, AT(0, a) AT(1, b), f)
#define PREDICATE(name, function, f) VALUE(COMPARED, name, bool, AT(0, x), f)
#define SELECT(name, function, f, ga, gb) VALUE(ANY, name, T, CONDITION(0) AT(1, a) AT(2, b), f)
#include "elementwise_hot.def"

/* Those of rare rows are compiled at the portable level alone. */
#undef VALUE
#define VALUE(domain, name, result, element, formula)                                              \
    LOOP(WIDTH_##domain, EACH_##domain, PASTE3(name, value, TYPE), result, element, formula)
#if LEVEL(REELI_CPU) == LEVEL(portable)
#include "elementwise_rare.def"
#endif
#include "elementwise_undef.def"

/* The gradients. */
#ifdef GRADIENTS
#define UNARY(name, function, domain, parameters, f, gx)                                           \
    MAP(domain, name, dx, T, NUMBERS_##parameters AT(0, g) AT(1, x) AT(2, y), gx)
#define AT_BINARY(parameters) NUMBERS_##parameters AT(0, g) AT(1, a) AT(2, b) AT(3, y)
#define BINARY(name, function, domain, parameters, f, ga, gb)                                      \
    MAP(domain, name, da, T, AT_BINARY(parameters), ga)                                    \
    MAP(domain, name, db, T, AT_BINARY(parameters), gb)
#define AT_TERNARY(parameters) NUMBERS_##parameters AT(0, g) AT(1, a) AT(2, b) AT(3, c) AT(4, y)
#define TERNARY(name, function, domain, parameters, f, ga, gb, gc)                                 \
    MAP(ANY, name, da, T, AT_TERNARY(parameters), ga)                                              \
    MAP(ANY, name, db, T, AT_TERNARY(parameters), gb)                                              \
    MAP(ANY, name, dc, T, AT_TERNARY(parameters), gc)
#define LOSS(name, domain, parameters, f, ga, gb)                                                  \
    BINARY(name, , domain, parameters, f, ga, gb)
#define COMPARE(...)
#define PREDICATE(...)
#define SELECT(name, function, f, ga, gb)                                                          \
    MAP(ANY, name, da, T, AT(0, g) CONDITION(1), ga)                                               \
    MAP(ANY, name, db, T, AT(0, g) CONDITION(1), gb)
#include "elementwise_hot.def"
#include "elementwise_undef.def"
#endif
/* clang-format on */
