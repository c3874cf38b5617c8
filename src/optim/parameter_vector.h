/* SPDX-License-Identifier: MIT */
/* All parameters as one vector, which L-BFGS and its line search move along a direction. */
#ifndef REELI_PARAMETER_VECTOR_H
#define REELI_PARAMETER_VECTOR_H

#include "optimizer.h"

enum {
    REELI_GRADIENTS = 4
}; /* vectors for a line search: the start's, two of a bracket, the newest */

/* A step under way. Vectors are of one dtype, n long. */
typedef struct reeli_flat {
    reel_optimizer *o;
    reel_closure closure;
    void *context;
    int dtype;
    int64_t n;
    reel_tensor *x;    /* where a search starts from */
    reel_tensor *work; /* x + t d */
    reel_tensor *d;    /* the direction */
    reel_tensor *gradient[REELI_GRADIENTS];
    int current; /* which of them belongs to the parameters as they are */
} reeli_flat;

/* x in the vectors' dtype. */
double reeli_flat_round(const reeli_flat *f, double x);
double reeli_flat_dot(const reeli_flat *f, const reel_tensor *a, const reel_tensor *b);
/* The largest magnitude; NaN if one is NaN. */
double reeli_flat_largest(const reeli_flat *f, const reel_tensor *a);
/* Σ |x|; uses `work`. */
double reeli_flat_sum_of_magnitudes(const reeli_flat *f, const reel_tensor *x);
/* y += factor x. */
void reeli_flat_add(const reeli_flat *f, reel_tensor *y, double factor, const reel_tensor *x);
/* y = factor x; y may be x. */
void reeli_flat_scale(const reeli_flat *f, reel_tensor *y, double factor, const reel_tensor *x);

/* Moves the parameters to x + t d. */
void reeli_flat_move(reeli_flat *f, double t);
/* Calls the closure where the parameters are, and gathers the gradient in vector `gradient`. */
bool reeli_flat_evaluate(reeli_flat *f, int gradient, double *loss);

#endif
