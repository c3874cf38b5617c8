/* SPDX-License-Identifier: MIT */
/* The tails of Student's, Fisher's and the normal distribution. */
#ifndef CLI_DISTRIBUTIONS_H
#define CLI_DISTRIBUTIONS_H

/* I_x(a, b), the regularised incomplete beta function, to about 13 digits of it, however small.
 * Source: DLMF 8.17.22, the continued fraction, by Lentz's method. */
double incomplete_beta(double x, double a, double b);
/* P(|T| > |t|) of Student's t with so many degrees of freedom. */
double student_two_sided(double t, double freedom);
/* The t beyond which, on both sides together, a share `tail` lies. */
double student_quantile(double tail, double freedom);
/* Φ⁻¹(p), of the normal distribution, and its density. */
double normal_quantile(double p);
double normal_density(double z);
/* P(F > f). */
double fisher_upper(double f, double numerator, double denominator);

#endif
