/* SPDX-License-Identifier: MIT */
/* Dense matrices of doubles taken apart. Rows lie one after the other. */
#ifndef REELI_DECOMPOSITIONS_H
#define REELI_DECOMPOSITIONS_H

#include <stdbool.h>
#include <stdint.h>

/* P A = L U in place of a[n,n], the larger pivot of each column first: L's diagonal is 1. Row
 * pivot[k] changed places with row k. Returns the determinant's sign, 0 where a pivot is 0. */
int reeli_lu(int64_t n, double *a, int64_t *pivot);
/* Solves A x = b for each of k columns, in place of b[n,k]. */
void reeli_lu_solve(int64_t n, const double *lu, const int64_t *pivot, int64_t k, double *b);

/* Solves T x = b for each of k columns, in place of b[n,k], of a triangle T of a[n,n]; `unit`: its
 * diagonal is 1, whatever is there. */
void reeli_triangle_solve(int64_t n, const double *a, bool upper, bool unit, int64_t k, double *b);

/* A = L Lᵀ in place of the lower triangle of a[n,n], and zeros above. The order of the first
 * leading minor that is not positive; 0: all are. */
int64_t reeli_cholesky(int64_t n, double *a);

/* A = U S Vᵀ of a matrix that is given transposed, at[n,m] with n ≤ m: in its place U's columns as
 * rows, in vt[n,n] V's, in s[n] the singular values, the largest first. False: they are not finite.
 */
bool reeli_svd(int64_t n, int64_t m, double *at, double *vt, double *s);

/* A = V L Vᵀ of a symmetric a[n,n], which is used up: in vt[n,n] V's columns as rows, in values[n]
 * L's diagonal, the least first. False: they are not finite. */
bool reeli_eigh(int64_t n, double *a, double *vt, double *values);

#endif
