/* SPDX-License-Identifier: MIT */
/* Chapter 2: fill in what says TODO, and run ./scripts/course.sh 2. */
#include "exercise.h"

#include <math.h>

/* TODO: the loss is right; of the gradients none is. Go from the end: to y, to s, then to w, x,
 * b. */
double neuron(double w, double x, double b, double t, gradients *g)
{
    const double y = tanh(w * x + b);
    *g = (gradients){0};
    return (y - t) * (y - t);
}

/* TODO */
double sigmoid_neuron(double w, double x, double b, double t, gradients *g)
{
    (void)w, (void)x, (void)b, (void)t;
    *g = (gradients){0};
    return 0;
}
