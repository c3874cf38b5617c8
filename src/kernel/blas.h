/* SPDX-License-Identifier: MIT */
/*
 * OpenBLAS's two products. The build decides how it is had (REEL_WITH_BLAS, REEL_LINK_BLAS): loaded
 * when the first product asks for it, since loading it takes longer, and more memory, than training
 * many a small model; linked; or not at all. Where it is not to be had, or could not do its work,
 * our own loops compute every product.
 */
#ifndef REELI_BLAS_H
#define REELI_BLAS_H

#include "state.h"

enum { REELI_BLAS_PIECES = 16 }; /* of a product, that are computed at the same time at most */

/* Whether the reel has it, now that a product wants it. A warning where it is there and cannot be
 * used. */
bool reeli_blas_ready(reel *r);

/* A matrix as BLAS takes it: rows `step` apart, or columns, where it lies transposed. */
typedef struct reeli_blas_matrix {
    const void *data;
    bool transposed;
    int step;
} reeli_blas_matrix;

/* c[m,n] = a[m,k] b[k,n], += if `add`; c's rows are c_step apart. */
void reeli_blas_product(const reeli_blas *blas, int dtype, int m, int n, int k, reeli_blas_matrix a,
                        reeli_blas_matrix b, bool add, void *c, int c_step);

#endif
