/* SPDX-License-Identifier: MIT */
/*
 * Pooling: images made smaller, each element of the result being the largest, the mean or a norm of
 *          a
 * window of the input; and max_unpool, which goes back.
 *
 * Shape:  x (batch, channels, …) or (channels, …), with as many dims behind them as the name says.
 *         A result has floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 places in
 *         each, or with ceil_mode the same rounded up, unless the last window would begin in the
 *         padding.
 * dtype:  x's, which is float32 or float64.
 * Owner:  the result lives until `reel_rewind`.
 * Fails:  poison; REEL_ERR_SHAPE for other dims, and where the result would have no place,
 *         REEL_ERR_VALUE for a number out of its range, REEL_ERR_DTYPE for other dtypes.
 */
#ifndef REEL_POOLING_H
#define REEL_POOLING_H

#include <reel/convolution.h>
#include <reel/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a window moves. Zeros are PyTorch's defaults. */
typedef struct reel_pool_options {
    reel_dims stride;         /**< from one window to the next; the window's own size */
    reel_dims padding;        /**< around the image; at most half of the window; 0 */
    reel_dims dilation;       /**< max: from one element of a window to the next; 1 */
    bool ceil_mode;           /**< windows that reach over the end count */
    bool exclude_padding;     /**< avg: divides by the elements alone (count_include_pad=False) */
    int64_t divisor_override; /**< avg: divides by this instead; 0: by the window's size */
} reel_pool_options;

/**
 * The largest of each window; NaN if there is one. What is padding is no element.
 *
 * Gradient: g to the element that was picked, the first of several.
 * Source:   torch.nn.functional.max_pool1d.
 */
REEL_API reel_tensor *reel_max_pool1d(reel_tensor *x, reel_dims kernel_size,
                                      reel_pool_options options);
/** The same over two dims. Source: torch.nn.functional.max_pool2d. */
REEL_API reel_tensor *reel_max_pool2d(reel_tensor *x, reel_dims kernel_size,
                                      reel_pool_options options);
/**
 * `reel_max_pool2d` of `reel_conv2d`: the same values, and the same gradients up to the order in
 * which the bias's is summed. Windows of 2 x 2 side by side are looked at while the convolution's
 * sums are in registers, and what lies between is never written; a `Sequential` calls this for its
 * Conv2d, ReLU and MaxPool2d. With other windows, or less than 8 channels, it is the two calls.
 *
 * Source: torch.nn.functional.max_pool2d(torch.nn.functional.conv2d(…), …).
 */
REEL_API reel_tensor *reel_conv2d_max_pool2d(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                             reel_conv_options options, reel_dims kernel_size,
                                             reel_pool_options pool);
/** `reel_max_pool1d` over three dims. Source: torch.nn.functional.max_pool3d. */
REEL_API reel_tensor *reel_max_pool3d(reel_tensor *x, reel_dims kernel_size,
                                      reel_pool_options options);
/** And where in its plane each was found, counted row by row: what `reel_max_unpool1d` goes by.
 *  Source: max_pool1d(…, return_indices=True). */
REEL_API reel_values reel_max_pool1d_with_indices(reel_tensor *x, reel_dims kernel_size,
                                                  reel_pool_options options);
/** The same over two dims. Source: max_pool2d(…, return_indices=True). */
REEL_API reel_values reel_max_pool2d_with_indices(reel_tensor *x, reel_dims kernel_size,
                                                  reel_pool_options options);
/** The same over three dims. Source: max_pool3d(…, return_indices=True). */
REEL_API reel_values reel_max_pool3d_with_indices(reel_tensor *x, reel_dims kernel_size,
                                                  reel_pool_options options);

/**
 * Zeros, but each element of x at the place of the larger image that its index names.
 *
 * Shape:    indices as x, int64. Of the dims, kernel and options tell how many places there are, (L
 *           - 1) stride - 2 padding + kernel, unless output_size does, which is less than a stride
 *             off.
 * Gradient: each element gets g from its place.
 * Fails:    REEL_ERR_VALUE for an index out of the image.
 * Source:   torch.nn.functional.max_unpool1d.
 */
REEL_API reel_tensor *reel_max_unpool1d(reel_tensor *x, reel_tensor *indices, reel_dims kernel_size,
                                        reel_pool_options options, reel_dims output_size);
/** The same over two dims. Source: torch.nn.functional.max_unpool2d. */
REEL_API reel_tensor *reel_max_unpool2d(reel_tensor *x, reel_tensor *indices, reel_dims kernel_size,
                                        reel_pool_options options, reel_dims output_size);
/** The same over three dims. Source: torch.nn.functional.max_unpool3d. */
REEL_API reel_tensor *reel_max_unpool3d(reel_tensor *x, reel_tensor *indices, reel_dims kernel_size,
                                        reel_pool_options options, reel_dims output_size);

/**
 * The mean of each window, padding counted as zeros; see the options.
 *
 * Gradient: g / n to each element of the window.
 * Source:   torch.nn.functional.avg_pool1d.
 */
REEL_API reel_tensor *reel_avg_pool1d(reel_tensor *x, reel_dims kernel_size,
                                      reel_pool_options options);
/** The same over two dims. Source: torch.nn.functional.avg_pool2d. */
REEL_API reel_tensor *reel_avg_pool2d(reel_tensor *x, reel_dims kernel_size,
                                      reel_pool_options options);
/** The same over three dims. Source: torch.nn.functional.avg_pool3d. */
REEL_API reel_tensor *reel_avg_pool3d(reel_tensor *x, reel_dims kernel_size,
                                      reel_pool_options options);

/** (Σ xᵖ)^(1/p) over each window, as PyTorch computes it: of the mean, and 0 if that is negative.
 *  Source: torch.nn.functional.lp_pool1d. */
REEL_API reel_tensor *reel_lp_pool1d(reel_tensor *x, double p, reel_dims kernel_size,
                                     reel_pool_options options);
/** The same over two dims. Source: torch.nn.functional.lp_pool2d. */
REEL_API reel_tensor *reel_lp_pool2d(reel_tensor *x, double p, reel_dims kernel_size,
                                     reel_pool_options options);
/** The same over three dims. Source: torch.nn.functional.lp_pool3d. */
REEL_API reel_tensor *reel_lp_pool3d(reel_tensor *x, double p, reel_dims kernel_size,
                                     reel_pool_options options);

/** A size of a result. */
enum {
    REEL_KEEP_SIZE = -1 /**< of a size of the result: the input's */
};

/**
 * The mean of windows as like as they can be, so many that the result has the size that is given:
 * place i is made of the elements from floor(i in / out) to before ceil((i + 1) in / out).
 *
 * Gradient: g / n to each element of the window.
 * Source:   torch.nn.functional.adaptive_avg_pool1d.
 */
REEL_API reel_tensor *reel_adaptive_avg_pool1d(reel_tensor *x, reel_dims output_size);
/** The same over two dims. Source: torch.nn.functional.adaptive_avg_pool2d. */
REEL_API reel_tensor *reel_adaptive_avg_pool2d(reel_tensor *x, reel_dims output_size);
/** The same over three dims. Source: torch.nn.functional.adaptive_avg_pool3d. */
REEL_API reel_tensor *reel_adaptive_avg_pool3d(reel_tensor *x, reel_dims output_size);

/** The largest of such windows, and where in its plane it was found. Gradient: as
 *  `reel_max_pool1d`. Source: torch.nn.functional.adaptive_max_pool1d. */
REEL_API reel_values reel_adaptive_max_pool1d(reel_tensor *x, reel_dims output_size);
/** The same over two dims. Source: torch.nn.functional.adaptive_max_pool2d. */
REEL_API reel_values reel_adaptive_max_pool2d(reel_tensor *x, reel_dims output_size);
/** The same over three dims. Source: torch.nn.functional.adaptive_max_pool3d. */
REEL_API reel_values reel_adaptive_max_pool3d(reel_tensor *x, reel_dims output_size);

#ifdef __cplusplus
}
#endif

#endif
