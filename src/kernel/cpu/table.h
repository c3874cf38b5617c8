/* SPDX-License-Identifier: MIT */
/* Everything for one dtype at one CPU level. f32.c, f64.c and i64.c define T, TYPE (the name in
 * symbols) and fused; the floats also GRADIENTS and LANES, and get the rest. */
/* Each needs those before it. */
/* clang-format off */
#include "maps.h"
#include "sums.h"
#include "reductions.h"
#ifdef GRADIENTS
#include "softmax.h"
#include "optimizers.h"
#include "class_rows.h"
#include "standardize.h"
#include "vector_product.h"
#endif
#include "product_tiles.h"
#include "product.h"
/* clang-format on */

#define TABLE_(type, cpu) reeli_##type##_##cpu
#define TABLE(type, cpu) TABLE_(type, cpu)

extern const reeli_loops TABLE(TYPE, REELI_CPU);
const reeli_loops TABLE(TYPE, REELI_CPU) = {
    .value =
        {
#define AT_ROW(name) [REELI_FORMULA_##name] = VALUE_OF(name),
#define UNARY(name, function, domain, ...) IF_##domain(AT_ROW(name))
#define BINARY(name, function, domain, ...) IF_##domain(AT_ROW(name))
#define TERNARY(name, function, domain, ...) IF_##domain(AT_ROW(name))
#define LOSS(name, ...) IF_FLOATING(AT_ROW(name))
#define COMPARE(name, ...) AT_ROW(name)
#define PREDICATE(name, ...) AT_ROW(name)
#define SELECT(name, ...) AT_ROW(name)
#define VALUE_OF(name) NAMED(name, value)
#include "elementwise_hot.def"
#undef VALUE_OF
#define VALUE_OF(name) SHARED(name)
#include "elementwise_rare.def"
#include "elementwise_undef.def"
        },
#ifdef GRADIENTS
    .gradient =
        {
#define UNARY(name, ...) [REELI_FORMULA_##name] = {NAMED(name, dx)},
#define BINARY(name, ...) [REELI_FORMULA_##name] = {NAMED(name, da), NAMED(name, db)},
#define TERNARY(name, ...)                                                                         \
    [REELI_FORMULA_##name] = {NAMED(name, da), NAMED(name, db), NAMED(name, dc)},
#define LOSS(name, ...) [REELI_FORMULA_##name] = {NAMED(name, da), NAMED(name, db)},
#define COMPARE(...)
#define PREDICATE(...)
#define SELECT(name, ...) [REELI_FORMULA_##name] = {NULL, NAMED(name, da), NAMED(name, db)},
#include "elementwise_hot.def"
        },
    .cascade_begin = cascade_begin,
    .cascade_feed = cascade_feed,
    .cascade_end = cascade_end,
    .cascade_join = cascade_join,
    .moments = moments,
    .norm = norm,
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
    .logsumexp = logsumexp,
    .log_sums = log_sums,
    .class_gradient = class_gradient,
    .standardize = standardize,
    .matrix_vector = matrix_vector,
    .add_rows = add_rows,
    .standardize_gradient = standardize_gradient,
#define AT_RULE(name) [REELI_UPDATE_##name] = NAMED(name, update),
    .update = {REELI_UPDATES(AT_RULE)},
    .dot_product = dot_product,
    .stretch = stretch,
#endif
    .sum = sum,
    .small_product = small_product,
    .blas_from = BLAS_FROM,
    .plain_product = plain_product,
    .sum_columns = sum_columns_of,
    .prod = prod,
    .extreme = extreme,
    .scan = scan,
};
