/* SPDX-License-Identifier: MIT */
/*
 * Activations: functions of one tensor, element by element, that stand between a model's layers.
 *              The
 * result has x's shape and dtype and lives until `reel_rewind`; s(x) is sigmoid(x).
 *
 * Fails: poison and REEL_ERR_DTYPE for integers and bools, except where something else is said.
 */
#ifndef REEL_ACTIVATION_H
#define REEL_ACTIVATION_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** max(x, 0), NaN stays. Integers stay integers. Gradient: g where x > 0, else 0. Source:
 *  torch.nn.functional.relu. */
REEL_API reel_tensor *reel_relu(reel_tensor *x);
/** x limited to [0, 6]. Integers stay integers. Gradient: g inside, else 0. Source:
 *  torch.nn.functional.relu6. */
REEL_API reel_tensor *reel_relu6(reel_tensor *x);
/** x limited to [min_val, max_val], PyTorch's defaults are -1 and 1. Integers stay integers.
 *  Gradient: g strictly inside, else 0. Fails: REEL_ERR_VALUE where
 *  min_val is greater than max_val. Source: torch.nn.functional.hardtanh. */
REEL_API reel_tensor *reel_hardtanh(reel_tensor *x, double min_val, double max_val);
/** x, times negative_slope (0.01) where x is not above 0. Gradient: g or g negative_slope. Source:
 *  torch.nn.functional.leaky_relu. */
REEL_API reel_tensor *reel_leaky_relu(reel_tensor *x, double negative_slope);
/** x, or alpha (eˣ - 1) where x is not above 0; the default of alpha is 1. Gradient: g or g alpha
 *  eˣ. Source: torch.nn.functional.elu. */
REEL_API reel_tensor *reel_elu(reel_tensor *x, double alpha);
/** x, or alpha (exp(x / alpha) - 1) where x is not above 0; the default of alpha is 1. Gradient: g
 *  or g exp(x / alpha). Fails: REEL_ERR_VALUE if alpha is 0. Source: torch.nn.functional.celu. */
REEL_API reel_tensor *reel_celu(reel_tensor *x, double alpha);
/** ELU with the alpha 1.673… and the scale 1.050… that keep mean and variance. Gradient: as ELU's,
 *  scaled. Source: torch.nn.functional.selu. */
REEL_API reel_tensor *reel_selu(reel_tensor *x);
/** x Φ(x), Φ the normal distribution's cumulative function. Gradient: g (Φ(x) + x φ(x)). Source:
 *  torch.nn.functional.gelu. */
REEL_API reel_tensor *reel_gelu(reel_tensor *x);
/** GELU with Φ approximated: x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))). Source:
 *  torch.nn.functional.gelu(x, approximate='tanh'). */
REEL_API reel_tensor *reel_gelu_tanh(reel_tensor *x);
/** x s(x). Gradient: g s(x) (1 + x (1 - s(x))). Source: torch.nn.functional.silu. */
REEL_API reel_tensor *reel_silu(reel_tensor *x);
/** x tanh(ln(1 + eˣ)). Gradient: with t the tanh, g (t + x s(x) (1 - t²)). Source:
 *  torch.nn.functional.mish. */
REEL_API reel_tensor *reel_mish(reel_tensor *x);
/** ln(1 + exp(beta x)) / beta, x itself where beta x > threshold; the defaults are 1 and 20.
 *  Gradient: g s(beta x), or g. Source: torch.nn.functional.softplus. */
REEL_API reel_tensor *reel_softplus(reel_tensor *x, double beta, double threshold);
/** x / (1 + |x|); integers and bools become float32. Gradient: g / (1 + |x|)². Source:
 *  torch.nn.functional.softsign. */
REEL_API reel_tensor *reel_softsign(reel_tensor *x);
/** (x + 3) / 6 limited to [0, 1]. Gradient: g / 6 strictly inside, else 0. Source:
 *  torch.nn.functional.hardsigmoid. */
REEL_API reel_tensor *reel_hardsigmoid(reel_tensor *x);
/** x hardsigmoid(x). Gradient: 0 below -3, g above 3, between them g (x / 3 + 1/2). Source:
 *  torch.nn.functional.hardswish. */
REEL_API reel_tensor *reel_hardswish(reel_tensor *x);
/** ln s(x) without overflow. Gradient: g s(-x). Source: torch.nn.functional.logsigmoid. */
REEL_API reel_tensor *reel_logsigmoid(reel_tensor *x);
/** x - tanh x; integers and bools become float32. Gradient: g tanh² x. Source:
 *  torch.nn.functional.tanhshrink. */
REEL_API reel_tensor *reel_tanhshrink(reel_tensor *x);
/** x moved towards 0 by lambd (0.5), and 0 within that distance. Gradient: g outside, else 0.
 *  Fails: REEL_ERR_VALUE if lambd is negative. Source: torch.nn.functional.softshrink. */
REEL_API reel_tensor *reel_softshrink(reel_tensor *x, double lambd);
/** x, and 0 in [-lambd, lambd] (0.5). Gradient: g outside, else 0. Source:
 *  torch.nn.functional.hardshrink. */
REEL_API reel_tensor *reel_hardshrink(reel_tensor *x, double lambd);
/** x, and value where x is not above the threshold. Integers stay integers. Gradient: g above,
 *  else 0. Source: torch.nn.functional.threshold. */
REEL_API reel_tensor *reel_threshold(reel_tensor *x, double threshold, double value);

/** x, times the weight where x is not above 0. Shape: the weight has one value, or one for each of
 *  x's channels, which are dim 1. Gradient: g or g weight; the weight gets g x, summed where x is
 *  not above 0. Fails: REEL_ERR_SHAPE. Source: torch.nn.functional.prelu. */
REEL_API reel_tensor *reel_prelu(reel_tensor *x, reel_tensor *weight);
/** a s(b), where a and b are the halves of x along dim (-1). Fails: REEL_ERR_SHAPE if that cannot
 *  be halved. Source: torch.nn.functional.glu. */
REEL_API reel_tensor *reel_glu(reel_tensor *x, int64_t dim);

#ifdef __cplusplus
}
#endif
#endif
