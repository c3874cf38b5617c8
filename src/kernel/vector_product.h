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

/* A line and what a loss of its values does to its weights, in one pass over X: y = X w + bias,
 * dy = map(g, in[0], in[1], g), where in[0] or in[1] is y, and dw = Xᵀ dy. */
typedef struct reeli_line {
    reeli_gemm values, gradient; /* y, a column; dw, a row */
    reeli_map map;
    const double *parameters;
    const void *g, *in[2]; /* g: one element */
    void *dy;
} reeli_line;

/* Whether both products would be computed as below if each went alone. */
bool reeli_may_go_as_line(const reeli_line *l);

/* False: there is no memory. */
bool reeli_go_as_line(reel *r, const reeli_line *l);

#endif
