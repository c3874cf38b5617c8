/* SPDX-License-Identifier: MIT */
/*
 * Images made larger or smaller, padded, cut into windows and put together again, their elements
 * moved between channels and places, and sampled where a grid says.
 *
 * Shape:  x (batch, channels, …) or (channels, …), with one to three dims behind them, unless the
 *         function says otherwise.
 * dtype:  x's, which is float32 or float64.
 * Owner:  the result lives until `reel_rewind`.
 * Fails:  poison; REEL_ERR_SHAPE for other dims and sizes that do not fit, REEL_ERR_VALUE for a
 *         number out of its range, REEL_ERR_DTYPE for other dtypes.
 */
#ifndef REEL_IMAGES_H
#define REEL_IMAGES_H

#include <reel/convolution.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How an image is resized. */
typedef enum reel_resize_mode {
    REEL_RESIZE_NEAREST,       /**< x[floor(i in / out)] (nearest) */
    REEL_RESIZE_NEAREST_EXACT, /**< x[floor((i + 0.5) in / out)] (nearest-exact) */
    REEL_RESIZE_LINEAR,        /**< a share of each neighbour (linear, bilinear, trilinear) */
    REEL_RESIZE_CUBIC,         /**< of four in each of two dims: Keys' cubic, a = -0.75 (bicubic) */
    REEL_RESIZE_AREA /**< the mean of what it covers (area), as `reel_adaptive_avg_pool1d` */
} reel_resize_mode;

/** The result's size, and how it is computed. One of size and scale_factor has to be given. */
typedef struct reel_interpolate_options {
    reel_dims size; /**< of the result */
    double
        scale_factor[3];   /**< or by what the size is multiplied; the first alone counts for all */
    reel_resize_mode mode; /**< nearest, if not given */
    bool align_corners;    /**< linear, cubic: the first and last elements stay where they are */
    bool recompute_scale_factor; /**< elements are as far apart as the rounded size says */
    bool antialias; /**< linear, cubic of two dims: where it shrinks, more elements count */
} reel_interpolate_options;

/**
 * An image of another size: each element a weighted sum of those near its place.
 *
 * Gradient: Wᵀ g, W being these weights.
 * Source:   torch.nn.functional.interpolate.
 */
REEL_API reel_tensor *reel_interpolate(reel_tensor *x, reel_interpolate_options options);

/**
 * x with more around it, taken from x itself. `pad` has two counts for each dim of the image,
 * before and after, from the last dim on; a negative one takes away.
 *
 * Gradient: each element gets the sum of g over its copies.
 * Fails:    REEL_ERR_SHAPE for more than x has to give: size - 1 reflected, size in a circle.
 * Source:   torch.nn.functional.pad(x, pad, mode).
 */
REEL_API reel_tensor *reel_pad_image(reel_tensor *x, const int64_t *pad, int count,
                                     reel_pad_mode mode);

/** (…, C r², H, W) → (…, C, H r, W r). Source: torch.nn.functional.pixel_shuffle. */
REEL_API reel_tensor *reel_pixel_shuffle(reel_tensor *x, int64_t upscale_factor);
/** The way back: (…, C, H r, W r) → (…, C r², H, W). Source:
 * torch.nn.functional.pixel_unshuffle. */
REEL_API reel_tensor *reel_pixel_unshuffle(reel_tensor *x, int64_t downscale_factor);
/** Of channels in groups (N, g c, …) the first of each group, then the second, …: (N, c g, …).
 *  Source: torch.nn.functional.channel_shuffle. */
REEL_API reel_tensor *reel_channel_shuffle(reel_tensor *x, int64_t groups);

/**
 * The windows of an image, each a column: (N, C, H, W) → (N, C KH KW, windows). The windows move as
 * a convolution's; of the options, groups and the rest do not count.
 *
 * Gradient: `reel_fold`.
 * Source:   torch.nn.functional.unfold.
 */
REEL_API reel_tensor *reel_unfold(reel_tensor *x, reel_dims kernel_size, reel_conv_options options);
/** The way back: windows of an image of the given size, added up where they overlap. Gradient:
 *  `reel_unfold`. Source: torch.nn.functional.fold. */
REEL_API reel_tensor *reel_fold(reel_tensor *x, reel_dims output_size, reel_dims kernel_size,
                                reel_conv_options options);

/**
 * Where each element of an image of that size, (N, C, H, W) or (N, C, D, H, W), lies under an
 * affine map, theta (N, 2, 3) or (N, 3, 4): (N, H, W, 2), or (N, D, H, W, 3), in coordinates from
 * -1 to 1.
 *
 * Source: torch.nn.functional.affine_grid.
 */
REEL_API reel_tensor *reel_affine_grid(reel_tensor *theta, int ndim, const int64_t *size,
                                       bool align_corners);

/** What a place between elements is. */
typedef enum reel_grid_mode {
    REEL_GRID_LINEAR,  /**< a share of each neighbour (bilinear) */
    REEL_GRID_NEAREST, /**< the nearest element; the grid gets a gradient of 0 */
    REEL_GRID_CUBIC    /**< of four in each of two dims (bicubic) */
} reel_grid_mode;

/** What a place outside of the image is. */
typedef enum reel_grid_padding {
    REEL_GRID_ZEROS,     /**< 0 */
    REEL_GRID_BORDER,    /**< the outermost element */
    REEL_GRID_REFLECTION /**< the image, mirrored */
} reel_grid_padding;

/** How `reel_grid_sample` samples; all zero is PyTorch's default. */
typedef struct reel_grid_options {
    reel_grid_mode mode;            /**< between elements */
    reel_grid_padding padding_mode; /**< outside */
    bool align_corners; /**< whether -1 and 1 are the outermost elements, or their outer edges */
} reel_grid_options;

/**
 * x at the places that a grid names, each a vector from the last dim of x to the first, in
 * coordinates from -1 to 1.
 *
 * Shape:    x (N, C, H, W), grid (N, P, Q, 2), result (N, C, P, Q); the same with three dims.
 * Gradient: to x and, by the slopes between elements, to the grid.
 * Source:   torch.nn.functional.grid_sample.
 */
REEL_API reel_tensor *reel_grid_sample(reel_tensor *x, reel_tensor *grid,
                                       reel_grid_options options);

#ifdef __cplusplus
}
#endif

#endif
