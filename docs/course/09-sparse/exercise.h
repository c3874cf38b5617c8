/* SPDX-License-Identifier: MIT */
/* Chapter 9: what makes weights zero. */
#include <reel/reel.h>

/* lambda * sum |w| */
reel_tensor *penalty(reel_tensor *w, double lambda);
/* w = sign(w) max(|w| - by, 0), in place; w may be a leaf that wants gradients. */
void soft_threshold(reel_tensor *w, double by);
/* How far from 0 such a weight can be after many steps of SGD. */
double hover(double lr, double lambda);
