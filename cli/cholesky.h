/* SPDX-License-Identifier: MIT */
/* Small systems of equations whose matrix is symmetric and not negative. */
#ifndef CLI_CHOLESKY_H
#define CLI_CHOLESKY_H

#include <stdint.h>

/* The triangle L of A = L Lᵀ in place of the lower triangle of a, (m, m) row by row. What has no
 * pivot, because it depends on what is before it, gets zeros. */
void cholesky_factor(int64_t m, double *a);
/* b = A⁻¹ b by that triangle; 0 for what has no pivot. */
void cholesky_solve(int64_t m, const double *l, double *b);
/* The whole of A⁻¹ into `to`, (m, m); zeros for what has no pivot. */
void cholesky_inverse(int64_t m, const double *l, double *to);
/* The same of a likelihood's curvature A over so many rows, to which L comes. Where the likelihood
 * goes on growing there is no curvature, and it is taken to be nearly none: A⁻¹ is next to
 * infinite. */
void cholesky_curvature_inverse(int64_t m, double *a, double rows, double *to);

#endif
