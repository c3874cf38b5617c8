/* SPDX-License-Identifier: MIT */
/* All parameters as one vector, which L-BFGS and its line search move along a direction. */
#ifndef REELI_LBFGS_H
#define REELI_LBFGS_H

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

/* A number as PyTorch's line search has it: Python's, or a tensor of the vectors' dtype, which
 * rounds what is computed with it. */
typedef struct reeli_search_number {
    double value;
    bool tensor;
} reeli_search_number;

/* What is known at t: the loss (Python's), and its derivative along d (a tensor's). */
typedef struct reeli_point {
    reeli_search_number t;
    double loss, slope;
    int gradient; /* which of the vectors has the gradient there */
} reeli_point;

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

/* From `start` (t = 0) along d, first to `first`: a point that meets the strong Wolfe conditions,
 * or the best of 25 trials. The number of the closure's calls; -1 if one failed. */
int reeli_strong_wolfe(reeli_flat *f, const reeli_point *start, reeli_search_number first,
                       double tolerance_change, reeli_point *found);

#endif
