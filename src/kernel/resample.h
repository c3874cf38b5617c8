/* SPDX-License-Identifier: MIT */
/* What resizes, pads and pools: weighted sums along one dim, and the largest of windows. */
#ifndef REELI_RESAMPLE_H
#define REELI_RESAMPLE_H

#include "kernels.h"

/* Over `outer` blocks of rows of `inner` elements: y[i] = Σ weight[t] x[index[t]], over the taps t
 * from first[i] to first[i + 1], for i < out; and, back, x[index[t]] = Σ weight[t] y[i]. */
typedef struct reeli_resampler {
    int dtype;
    int64_t outer, in, out, inner;
    const int64_t *first, *index;
    const double *weight;
} reeli_resampler;

/* `from` is x, or y if `back`; `to` is the other. Floats. */
void reeli_resample(reel *r, const reeli_resampler *m, bool back, const void *from, void *to);

/* Of all planes: y, the largest of each window, and where in its plane it lies. */
void reeli_max_pool(reel *r, const reeli_windows *w, const void *x, void *y, int64_t *index);
/* And back: dx[index] = Σ g over the windows whose largest lies there. */
void reeli_max_pool_back(reel *r, const reeli_windows *w, const void *g, const int64_t *index,
                         void *dx);

#endif
