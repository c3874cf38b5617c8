/* SPDX-License-Identifier: MIT */
/* Functions that C's library lacks, of doubles. */
#ifndef REELI_SPECIAL_H
#define REELI_SPECIAL_H

/* The n-th derivative of ψ = (ln Γ)'; ψ itself for 0. */
double reeli_polygamma_of(double n, double x);

/* The x whose erf is y. */
double reeli_erfinv_of(double y);

#endif
