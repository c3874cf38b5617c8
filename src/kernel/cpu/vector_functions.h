/* SPDX-License-Identifier: MIT */
/* The rows of domains LIBRARY and COMPOSED by glibc's functions of eight floats, of which one takes
 * as long as a few of its functions of one. What is left of a loop fills up a vector with copies of
 * its first element, which take no other way than that does. */
#ifdef REELI_VECTOR_FUNCTIONS

REELI_APART static void each_vector(int64_t n, T *y, const T *x, vector (*function)(vector))
{
    for (; n >= VECTOR; n -= VECTOR, x += VECTOR, y += VECTOR) {
        VECTOR_AT(y) = function(CONST_VECTOR_AT(x));
    }
    if (n > 0) {
        T some[VECTOR];
        for (int i = 0; i < VECTOR; i++) {
            some[i] = x[i < n ? i : 0];
        }
        VECTOR_AT(some) = function(CONST_VECTOR_AT(some));
        memcpy(y, some, (size_t)n * sizeof(T));
    }
}

vector _ZGVdN8v_expf(vector), _ZGVdN8v_log1pf(vector);

#define COMPOSED(name) reeli_##name##_vector

/* min(x, 0) - ln(1 + e^-|x|) */
static vector COMPOSED(logsigmoid)(vector x)
{
    return LESS(x, (vector){0}) - _ZGVdN8v_log1pf(_ZGVdN8v_expf(-MAGNITUDE_OF(x)));
}

static vector COMPOSED(mish)(vector x)
{
    const vector e = _ZGVdN8v_expf(LESS(ALL(20), x)), n = e * (e + 2);
    return x * (n / (n + 2));
}

/* clang-format off */
#define VECTORS(name, function)                                                                    \
    reeli_map_loop reeli_##name##_vectors;                                                         \
    void reeli_##name##_vectors(int64_t n, void *to, const void *const *in, const double *p)       \
    {                                                                                              \
        LEAVE_VECTORS                                                                              \
        (void)p;                                                                                   \
        each_vector(n, to, in[0], function);                                                       \
    }
#define VECTORS_OF_LIBRARY(name)                                                                   \
    vector _ZGVdN8v_##name##f(vector);                                                             \
    VECTORS(name, _ZGVdN8v_##name##f)
#define VECTORS_OF_COMPOSED(name) VECTORS(name, COMPOSED(name))
#define VECTORS_OF_FLOATING(name)
#define VECTORS_OF_REAL(name)
#define VECTORS_OF_NUMERIC(name)
#define VECTORS_OF_ANY(name)
#define UNARY(name, function, domain, ...) VECTORS_OF_##domain(name)
#define BINARY(...)
#define TERNARY(...)
#define LOSS(...)
#define COMPARE(...)
#define PREDICATE(...)
#include "elementwise_rare.def"
#include "elementwise_undef.def"
/* clang-format on */
#endif
