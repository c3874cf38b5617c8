/* SPDX-License-Identifier: MIT */
/*
 * Random numbers whose distribution tensors say. Those of a fixed distribution are in tensor.h.
 *
 * Gradient: none but dropout's.
 * Owner:    the result lives until `reel_rewind`.
 * Fails:    poison and REEL_ERR_DTYPE for inputs that are not floating, REEL_ERR_VALUE for what is
 *           no probability, weight or deviation.
 * The same seed gives PyTorch's numbers.
 */
#ifndef REEL_RANDOM_H
#define REEL_RANDOM_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** 1 with the probability that p has there, else 0, in p's shape and dtype. Source:
 *  torch.bernoulli. */
REEL_API reel_tensor *reel_bernoulli(reel_tensor *p);

/** Normal, with a mean and a deviation that broadcast; either may be a `reel_number`. Source:
 *  torch.normal(mean, std). */
REEL_API reel_tensor *reel_normal(reel_tensor *mean, reel_tensor *std);

/**
 * `samples` indices, drawn by their weights; int64.
 *
 * Shape:  weights (n,) gives (samples,), (rows, n) gives (rows, samples).
 * Fails:  REEL_ERR_VALUE too for weights that add up to 0, or more samples than n without
 *         replacement.
 * Source: torch.multinomial.
 */
REEL_API reel_tensor *reel_multinomial(reel_tensor *weights, int64_t samples, bool replacement);

/** In training x / (1 - p) with each element 0 with probability p; else x itself. Gradient: g where
 *  it is not 0, as much larger. Source: torch.nn.functional.dropout. */
REEL_API reel_tensor *reel_dropout(reel_tensor *x, double p, bool training);

#ifdef __cplusplus
}
#endif
#endif
