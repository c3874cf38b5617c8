/* SPDX-License-Identifier: MIT */
/* The bare functions of those rows of elementwise.def whose public ones check their arguments
 * first. */
#ifndef REELI_ELEMENTWISE_CHECKED_H
#define REELI_ELEMENTWISE_CHECKED_H

#include "tensor.h"

reel_tensor *reeli_elu(reel_tensor *x, double below, double above, double inside);
reel_tensor *reeli_hardtanh(reel_tensor *x, double low, double high);
reel_tensor *reeli_softshrink(reel_tensor *x, double lambd);
reel_tensor *reeli_cube(reel_tensor *x);
reel_tensor *reeli_clamp(reel_tensor *x, double low, double high);
reel_tensor *reeli_clamp_between(reel_tensor *x, reel_tensor *low, reel_tensor *high);
reel_tensor *reeli_add_alpha(reel_tensor *a, reel_tensor *b, double alpha);
reel_tensor *reeli_div_trunc(reel_tensor *a, reel_tensor *b);
reel_tensor *reeli_div_floor(reel_tensor *a, reel_tensor *b);
reel_tensor *reeli_fmod(reel_tensor *a, reel_tensor *b);
reel_tensor *reeli_remainder(reel_tensor *a, reel_tensor *b);
reel_tensor *reeli_pow(reel_tensor *a, reel_tensor *b);
reel_tensor *reeli_polygamma(reel_tensor *x, double order);
reel_tensor *reeli_prelu(reel_tensor *x, reel_tensor *weight);
reel_tensor *reeli_odds_slope(reel_tensor *input, reel_tensor *target);

#endif
