/* SPDX-License-Identifier: MIT */
/* Products of a row with a large matrix, of floats; see product.c. */
#ifndef REELI_VECTOR_PRODUCT_H
#define REELI_VECTOR_PRODUCT_H

#include "kernels.h"

/* Where the matrix lies column by column, and the row side by side: each element a sum of its
 * own. */
void reeli_dot_rows(reel *r, const reeli_gemm *row);
/* Where it lies row by row: its rows are added up. False: no memory for the pieces' sums. */
bool reeli_add_rows_up(reel *r, const reeli_gemm *row);

#endif
