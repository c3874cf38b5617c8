/* SPDX-License-Identifier: MIT */
/* Large matrix products, both of whose operands are packed; cpu/product_packed.h has the loops. */
#ifndef REELI_PACKED_PRODUCT_H
#define REELI_PACKED_PRODUCT_H

#include "kernels.h"

/* Whether products are computed in tiles of registers, which OpenBLAS is no quicker than. */
bool reeli_has_tiles(const reel *r, int dtype);

/* Whether packing pays: the left operand is read for many panels, and the right one would not stay
 * in the second cache. */
bool reeli_may_pack(const reel *r, const reeli_gemm *p);

/* False, and nothing done, when memory is out. */
bool reeli_packed_product(reel *r, const reeli_gemm *p);

#endif
