/* SPDX-License-Identifier: MIT */
/* elementwise.def as loops over T; included by f32.c, f64.c and i64.c, which define T, TYPE (the
 * suffix), magnitude and, for the floats, GRADIENTS. */
#include "formula.h"
#include "kernels.h"

#define PASTE_(a, b, c) a##_##b##_##c
#define PASTE(a, b, c) PASTE_(a, b, c)
#define NAMED(name, part) PASTE(name, part, TYPE)

/* Elements are independent, and an output may be one of the inputs. */
#define EACH _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++)

#define MAP(name, part, result, element, formula)                                                  \
    static void NAMED(name, part)(int64_t n, void *to, const void *const *in, const double *p)     \
    {                                                                                              \
        (void)p;                                                                                   \
        result *out = to;                                                                          \
        EACH { element out[i] = (result)(formula); }                                               \
    }

#define AT(k, name) const T name = ((const T *)in[k])[i]; (void)name;
#define CONDITION(k) const bool c = ((const T *)in[k])[i] != 0;

/* A row's parameters, in T. */
#define NUMBERS_P0
#define NUMBERS_P1(first) const T first = (T)p[0]; (void)first;
#define NUMBERS_P2(first, second) NUMBERS_P1(first) const T second = (T)p[1]; (void)second;

/* Formulas of the floats alone fall away where T is an integer. */
#ifdef GRADIENTS
#define IF_FLOATING(...) __VA_ARGS__
#define IF_GRADIENTS(...) __VA_ARGS__
#else
#define IF_FLOATING(...)
#define IF_GRADIENTS(...)
#endif
#define IF_NUMERIC(...) __VA_ARGS__
#define IF_ANY(...) __VA_ARGS__

#define UNARY(name, domain, saved, parameters, f, gx)                                              \
    IF_##domain(MAP(name, value, T, NUMBERS_##parameters AT(0, x), f))                             \
    IF_GRADIENTS(MAP(name, dx, T, NUMBERS_##parameters AT(0, g) AT(1, x) AT(2, y), gx))
#define AT_BINARY(parameters) NUMBERS_##parameters AT(0, g) AT(1, a) AT(2, b) AT(3, y)
#define BINARY(name, domain, saved, parameters, f, ga, gb)                                         \
    IF_##domain(MAP(name, value, T, NUMBERS_##parameters AT(0, a) AT(1, b), f))                    \
    IF_GRADIENTS(MAP(name, da, T, AT_BINARY(parameters), ga))                                      \
    IF_GRADIENTS(MAP(name, db, T, AT_BINARY(parameters), gb))
#define AT_TERNARY(parameters) NUMBERS_##parameters AT(0, g) AT(1, a) AT(2, b) AT(3, c) AT(4, y)
#define TERNARY(name, domain, saved, parameters, f, ga, gb, gc)                                    \
    IF_##domain(MAP(name, value, T, NUMBERS_##parameters AT(0, a) AT(1, b) AT(2, c), f))           \
    IF_GRADIENTS(MAP(name, da, T, AT_TERNARY(parameters), ga))                                     \
    IF_GRADIENTS(MAP(name, db, T, AT_TERNARY(parameters), gb))                                     \
    IF_GRADIENTS(MAP(name, dc, T, AT_TERNARY(parameters), gc))
#define LOSS(name, saved, parameters, f, ga, gb)                                                   \
    BINARY(name, FLOATING, saved, parameters, f, ga, gb)
#define COMPARE(name, f) MAP(name, value, bool, AT(0, a) AT(1, b), f)
#define PREDICATE(name, f) MAP(name, value, bool, AT(0, x), f)
#define SELECT(name, saved, f, ga, gb)                                                             \
    MAP(name, value, T, CONDITION(0) AT(1, a) AT(2, b), f)                                         \
    IF_GRADIENTS(MAP(name, da, T, AT(0, g) CONDITION(1), ga))                                      \
    IF_GRADIENTS(MAP(name, db, T, AT(0, g) CONDITION(1), gb))
#include "elementwise.def"
