/* SPDX-License-Identifier: MIT */
/*
 * Convolutions of signals, images and volumes: each element of the result is a sum over a window of
 * the input, weighted alike at every place.
 *
 * Shape:  input (batch, channels, …) or, for one image, (channels, …), with as many dims behind
 *         them as the name says.
 * dtype:  float32 or float64, the same for all operands.
 * Owner:  the result lives until `reel_rewind`.
 * Fails:  poison; REEL_ERR_SHAPE where channels, groups or sizes do not fit, REEL_ERR_VALUE for a
 *         number out of its range, REEL_ERR_DTYPE for other dtypes.
 */
#ifndef REEL_CONVOLUTION_H
#define REEL_CONVOLUTION_H

#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A number for each dim of an image, made by `REEL_DIMS`; {0} stands for the default. */
typedef struct reel_dims {
    int count;       /**< of the numbers: one for each dim, or 1: it counts for all of them */
    int64_t size[3]; /**< the numbers */
} reel_dims;

/** `REEL_DIMS(2)` is 2 in every dim, `REEL_DIMS(2, 1)` is 2 in the first and 1 in the second. */
#ifdef __cplusplus
#define REEL_DIMS(...)                                                                             \
    (reel_dims{static_cast<int>(sizeof(reeli_counted(__VA_ARGS__))), {__VA_ARGS__}})
#else
#define REEL_DIMS(...)                                                                             \
    ((reel_dims){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#endif

/** What is put around an image. */
typedef enum reel_pad_mode {
    REEL_PAD_ZEROS,     /**< zeros */
    REEL_PAD_REFLECT,   /**< the image, mirrored at its outermost elements */
    REEL_PAD_REPLICATE, /**< its outermost elements */
    REEL_PAD_CIRCULAR   /**< what is at the other side */
} reel_pad_mode;

/** How a window moves over an image. Zeros are PyTorch's defaults. */
typedef struct reel_conv_options {
    reel_dims stride;   /**< from one window to the next; 1 */
    reel_dims padding;  /**< zeros around the image, on both sides; 0 */
    reel_dims dilation; /**< from one element of a window to the next; 1 */
    int64_t groups;     /**< into which the channels fall, apart from one another; 1 */
    bool same;          /**< pads so that the size stays (padding='same'); needs a stride of 1 */
    reel_dims output_padding; /**< transposed ones: makes the result so much larger; 0 */
    bool no_bias;             /**< layers: without a bias */
    reel_dtype dtype;         /**< layers: of weight and bias, drawn in float32 */
    reel_pad_mode pad_mode;   /**< layers, not transposed: what the padding is (padding_mode) */
} reel_conv_options;

/**
 * y[n, o, p] = bias[o] + Σ weight[o, c, k] x[n, c, p stride + k dilation - padding], over the
 * channels c of o's group and the places k of the kernel.
 *
 * Shape:    x (N, C, L), weight (O, C / groups, K), bias (O,) or NULL; y (N, O, L') with
 *           L' = (L + 2 padding - dilation (K - 1) - 1) / stride + 1, rounded down.
 * Gradient: that of x is the transposed convolution of G with the weight; the weight's the sum over
 *           images and positions of G times what it met; the bias's the sum of G.
 * Source:   torch.nn.functional.conv1d.
 */
REEL_API reel_tensor *reel_conv1d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                  reel_conv_options options);
/** The same over two dims: x (N, C, H, W), weight (O, C / groups, KH, KW). Source: conv2d. */
REEL_API reel_tensor *reel_conv2d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                  reel_conv_options options);
/** The same over three dims: x (N, C, D, H, W). Source: torch.nn.functional.conv3d. */
REEL_API reel_tensor *reel_conv3d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                  reel_conv_options options);

/**
 * The way back through a convolution: each element of x is spread over the window that it came
 * from, y[n, o, p stride + k dilation - padding] += weight[c, o, k] x[n, c, p].
 *
 * Shape:    x (N, C, L), weight (C, O / groups, K), bias (O,) or NULL; y (N, O, L') with
 *           L' = (L - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1.
 * Gradient: that of x is the convolution of G with the weight.
 * Source:   torch.nn.functional.conv_transpose1d.
 */
REEL_API reel_tensor *reel_conv_transpose1d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                            reel_conv_options options);
/** The same over two dims. Source: torch.nn.functional.conv_transpose2d. */
REEL_API reel_tensor *reel_conv_transpose2d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                            reel_conv_options options);
/** The same over three dims. Source: torch.nn.functional.conv_transpose3d. */
REEL_API reel_tensor *reel_conv_transpose3d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                            reel_conv_options options);

#ifdef __cplusplus
}
#endif

#endif
