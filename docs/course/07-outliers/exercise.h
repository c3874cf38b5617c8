/* SPDX-License-Identifier: MIT */
/* Chapter 7: the median, Huber's loss, and one far point. */
#include <reel/reel.h>

/* The number with the smallest mean |v - c|, by gradient descent, within 0.01. */
double median(reel *r, const double *v, int n);
/* mean of e^2 / 2 where |e| <= 1, else |e| - 1/2. */
reel_tensor *huber(reel_tensor *error);
/* The y of the last point, from which on the least-squares line's slope is above 3. */
double first_to_pull(void);
