/* SPDX-License-Identifier: MIT */
/* Chapter 10: operations and modules. */
#include <reel/reel.h>

/* log(1 + exp(x)), for any x. */
reel_tensor *softplus(reel_tensor *x);
/* The gradient of y = x^3, of doubles: dx[i] = g[i] * its slope. */
bool cube_gradient(reel_call *call, int input, reel_tensor *dx);
/* A module that computes x + inner(x), inner being a Linear layer of so many features. */
reel_module *block(reel *r, int64_t features);
