/* SPDX-License-Identifier: MIT */
/* The line search of L-BFGS. */
#ifndef REELI_LBFGS_H
#define REELI_LBFGS_H

#include "parameter_vector.h"

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

/* From `start` (t = 0) along d, first to `first`: a point that meets the strong Wolfe conditions,
 * or the best of `most` trials. The number of the closure's calls; -1 if one failed. */
int reeli_strong_wolfe(reeli_flat *f, const reeli_point *start, reeli_search_number first,
                       int64_t most, double tolerance_change, reeli_point *found);

#endif
