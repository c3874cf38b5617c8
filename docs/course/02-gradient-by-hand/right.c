/* SPDX-License-Identifier: MIT */
/* One way to do chapter 2. */
#include "exercise.h"

#include <math.h>

static double go_back(double w, double x, double y, double slope, double t, gradients *g)
{
    const double to_y = 2 * (y - t), to_s = to_y * slope;
    *g = (gradients){.w = to_s * x, .x = to_s * w, .b = to_s, .t = -to_y};
    return (y - t) * (y - t);
}

double neuron(double w, double x, double b, double t, gradients *g)
{
    const double y = tanh(w * x + b);
    return go_back(w, x, y, 1 - y * y, t, g);
}

double sigmoid_neuron(double w, double x, double b, double t, gradients *g)
{
    const double y = 1 / (1 + exp(-(w * x + b)));
    return go_back(w, x, y, y * (1 - y), t, g);
}
