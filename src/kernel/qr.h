/* SPDX-License-Identifier: MIT */
/* Least squares by Householder's reflections: A = Q R. Columns lie one after the other. */
#ifndef REELI_QR_H
#define REELI_QR_H

#include <stdint.h>

/* Q and R in place of A[rows,n], rows >= n: R above the diagonal and in `diagonal`, below it the
 * reflections. Signs are LAPACK's. */
void reeli_qr(int64_t rows, int64_t n, double *a, double *diagonal);
/* y = Qᵀ y. */
void reeli_qr_turn(int64_t rows, int64_t n, const double *a, double *y);
/* y = Q y. */
void reeli_qr_turn_back(int64_t rows, int64_t n, const double *a, double *y);
/* Solves R x = y for x in place of y[n]. A pivot that is 0 makes its x 0. */
void reeli_qr_solve(int64_t rows, int64_t n, const double *a, const double *diagonal, double *y);

#endif
