/* SPDX-License-Identifier: MIT */
/* Everything for one dtype at one CPU level. f32.c, f64.c and i64.c define T, TYPE (the name in
 * symbols) and fused; the floats also GRADIENTS and LANES, and get the rest. */
#include "maps.h"

#define DECLARE(name) reeli_##name##_loop KERNEL(name);
REELI_LOOPS_OF_ALL(DECLARE)
#ifdef GRADIENTS
REELI_LOOPS_OF_FLOATS(DECLARE)
REELI_NARROW_OF_FLOATS(DECLARE)
REELI_SELDOM_OF_FLOATS(DECLARE)
REELI_SELDOM_OF_LEVELS(DECLARE)
#endif

enum { BLAS_LANES = 16 / sizeof(T) }; /* in which PyTorch's BLAS adds up */

/* Each needs those before it. */
/* clang-format off */
#ifdef GRADIENTS
#include "lanes.h"
#endif
#ifndef ONLY_WIDE
#include "sums.h"
#include "reductions.h"
#ifdef GRADIENTS
#include "softmax.h"
#include "class_rows.h"
#include "standardize.h"
#ifdef DOUBLES_HERE
#include "pooling.h"
#endif
#endif
#endif
#ifdef GRADIENTS
#include "optimizers.h"
#include "vectors.h"
#include "vector_product.h"
#include "signs.h"
#include "product_tiles.h"
#include "product_packed.h"
#include "convolution.h"
#include "recurrent.h"
#endif
#include "product.h"
/* clang-format on */
