/* SPDX-License-Identifier: MIT */
/*
 * Layers for images. What each computes, and which shapes it takes, is said at the function of the
 * same name in convolution.h, pooling.h, images.h and normalization.h.
 *
 * Owner: the reel's, or the module's that they become part of; a module's parameters, buffers and
 *        children go with it.
 * Fails: NULL and REEL_ERR_VALUE for a size or number out of range; REEL_ERR_MEMORY.
 */
#ifndef REEL_NN_IMAGES_H
#define REEL_NN_IMAGES_H

#include <reel/convolution.h>
#include <reel/images.h>
#include <reel/nn_layers.h>
#include <reel/pooling.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A convolution with weights of its own: weight (out, in / groups, kernel…), then bias (out,),
 * drawn from U(-1/√fan, 1/√fan) in the reel's random numbers, to PyTorch's very bits; fan is the
 * number of inputs of each output. It pads by options.pad_mode.
 *
 * Source: torch.nn.Conv1d.
 */
REEL_API reel_module *reel_nn_conv1d(reel *r, int64_t in_channels, int64_t out_channels,
                                     reel_dims kernel_size, reel_conv_options options);
/** The same over two dims. Source: torch.nn.Conv2d. */
REEL_API reel_module *reel_nn_conv2d(reel *r, int64_t in_channels, int64_t out_channels,
                                     reel_dims kernel_size, reel_conv_options options);
/** The same over three dims. Source: torch.nn.Conv3d. */
REEL_API reel_module *reel_nn_conv3d(reel *r, int64_t in_channels, int64_t out_channels,
                                     reel_dims kernel_size, reel_conv_options options);
/** A transposed convolution, weight (in, out / groups, kernel…). Source:
 * torch.nn.ConvTranspose1d. */
REEL_API reel_module *reel_nn_conv_transpose1d(reel *r, int64_t in_channels, int64_t out_channels,
                                               reel_dims kernel_size, reel_conv_options options);
/** The same over two dims. Source: torch.nn.ConvTranspose2d. */
REEL_API reel_module *reel_nn_conv_transpose2d(reel *r, int64_t in_channels, int64_t out_channels,
                                               reel_dims kernel_size, reel_conv_options options);
/** The same over three dims. Source: torch.nn.ConvTranspose3d. */
REEL_API reel_module *reel_nn_conv_transpose3d(reel *r, int64_t in_channels, int64_t out_channels,
                                               reel_dims kernel_size, reel_conv_options options);

/** `reel_max_pool1d` as a module. Source: torch.nn.MaxPool1d. */
REEL_API reel_module *reel_nn_max_pool1d(reel *r, reel_dims kernel_size, reel_pool_options options);
/** `reel_max_pool2d` as a module. Source: torch.nn.MaxPool2d. */
REEL_API reel_module *reel_nn_max_pool2d(reel *r, reel_dims kernel_size, reel_pool_options options);
/** `reel_max_pool3d` as a module. Source: torch.nn.MaxPool3d. */
REEL_API reel_module *reel_nn_max_pool3d(reel *r, reel_dims kernel_size, reel_pool_options options);
/** `reel_avg_pool1d` as a module. Source: torch.nn.AvgPool1d. */
REEL_API reel_module *reel_nn_avg_pool1d(reel *r, reel_dims kernel_size, reel_pool_options options);
/** `reel_avg_pool2d` as a module. Source: torch.nn.AvgPool2d. */
REEL_API reel_module *reel_nn_avg_pool2d(reel *r, reel_dims kernel_size, reel_pool_options options);
/** `reel_avg_pool3d` as a module. Source: torch.nn.AvgPool3d. */
REEL_API reel_module *reel_nn_avg_pool3d(reel *r, reel_dims kernel_size, reel_pool_options options);
/** `reel_lp_pool1d` as a module. Source: torch.nn.LPPool1d. */
REEL_API reel_module *reel_nn_lp_pool1d(reel *r, double p, reel_dims kernel_size,
                                        reel_pool_options options);
/** `reel_lp_pool2d` as a module. Source: torch.nn.LPPool2d. */
REEL_API reel_module *reel_nn_lp_pool2d(reel *r, double p, reel_dims kernel_size,
                                        reel_pool_options options);
/** `reel_lp_pool3d` as a module. Source: torch.nn.LPPool3d. */
REEL_API reel_module *reel_nn_lp_pool3d(reel *r, double p, reel_dims kernel_size,
                                        reel_pool_options options);
/** `reel_adaptive_avg_pool1d` as a module. Source: torch.nn.AdaptiveAvgPool1d. */
REEL_API reel_module *reel_nn_adaptive_avg_pool1d(reel *r, reel_dims output_size);
/** `reel_adaptive_avg_pool2d` as a module. Source: torch.nn.AdaptiveAvgPool2d. */
REEL_API reel_module *reel_nn_adaptive_avg_pool2d(reel *r, reel_dims output_size);
/** `reel_adaptive_avg_pool3d` as a module. Source: torch.nn.AdaptiveAvgPool3d. */
REEL_API reel_module *reel_nn_adaptive_avg_pool3d(reel *r, reel_dims output_size);
/** The largest alone of `reel_adaptive_max_pool1d`. Source: torch.nn.AdaptiveMaxPool1d. */
REEL_API reel_module *reel_nn_adaptive_max_pool1d(reel *r, reel_dims output_size);
/** The same over two dims. Source: torch.nn.AdaptiveMaxPool2d. */
REEL_API reel_module *reel_nn_adaptive_max_pool2d(reel *r, reel_dims output_size);
/** The same over three dims. Source: torch.nn.AdaptiveMaxPool3d. */
REEL_API reel_module *reel_nn_adaptive_max_pool3d(reel *r, reel_dims output_size);
/** `reel_max_unpool1d` of x and indices, by `reel_forward2`. Source: torch.nn.MaxUnpool1d. */
REEL_API reel_module *reel_nn_max_unpool1d(reel *r, reel_dims kernel_size,
                                           reel_pool_options options);
/** The same over two dims. Source: torch.nn.MaxUnpool2d. */
REEL_API reel_module *reel_nn_max_unpool2d(reel *r, reel_dims kernel_size,
                                           reel_pool_options options);
/** The same over three dims. Source: torch.nn.MaxUnpool3d. */
REEL_API reel_module *reel_nn_max_unpool3d(reel *r, reel_dims kernel_size,
                                           reel_pool_options options);

/** `reel_interpolate` as a module. Source: torch.nn.Upsample. */
REEL_API reel_module *reel_nn_upsample(reel *r, reel_interpolate_options options);
/** `reel_pad_image` as a module. Source: torch.nn.ZeroPad2d, ReflectionPad2d, ReplicationPad2d,
 *  CircularPad2d, and those of one and three dims. */
REEL_API reel_module *reel_nn_pad_image(reel *r, const int64_t *pad, int count, reel_pad_mode mode);
/** `reel_pixel_shuffle` as a module. Source: torch.nn.PixelShuffle. */
REEL_API reel_module *reel_nn_pixel_shuffle(reel *r, int64_t upscale_factor);
/** `reel_pixel_unshuffle` as a module. Source: torch.nn.PixelUnshuffle. */
REEL_API reel_module *reel_nn_pixel_unshuffle(reel *r, int64_t downscale_factor);
/** `reel_channel_shuffle` as a module. Source: torch.nn.ChannelShuffle. */
REEL_API reel_module *reel_nn_channel_shuffle(reel *r, int64_t groups);
/** `reel_unfold` as a module. Source: torch.nn.Unfold. */
REEL_API reel_module *reel_nn_unfold(reel *r, reel_dims kernel_size, reel_conv_options options);
/** `reel_fold` as a module. Source: torch.nn.Fold. */
REEL_API reel_module *reel_nn_fold(reel *r, reel_dims output_size, reel_dims kernel_size,
                                   reel_conv_options options);
/** `reel_unflatten` as a module: a dim becomes several. Source: torch.nn.Unflatten. */
REEL_API reel_module *reel_nn_unflatten(reel *r, int64_t dim, int ndim, const int64_t *size);

/** `reel_batch_norm` of (N, C, H, W), as `reel_nn_batch_norm1d`. Source: torch.nn.BatchNorm2d. */
REEL_API reel_module *reel_nn_batch_norm2d(reel *r, int64_t features,
                                           const reel_norm_options *options);
/** The same of (N, C, D, H, W). Source: torch.nn.BatchNorm3d. */
REEL_API reel_module *reel_nn_batch_norm3d(reel *r, int64_t features,
                                           const reel_norm_options *options);
/** `reel_group_norm` with a weight and a bias for each channel. Source: torch.nn.GroupNorm. */
REEL_API reel_module *reel_nn_group_norm(reel *r, int64_t groups, int64_t channels,
                                         const reel_norm_options *options);
/** `reel_instance_norm` of (N, C, L) or (C, L): plain, unless the options ask for a weight and a
 *  bias or for running statistics. Source: torch.nn.InstanceNorm1d. */
REEL_API reel_module *reel_nn_instance_norm1d(reel *r, int64_t features,
                                              const reel_norm_options *options);
/** The same of (N, C, H, W). Source: torch.nn.InstanceNorm2d. */
REEL_API reel_module *reel_nn_instance_norm2d(reel *r, int64_t features,
                                              const reel_norm_options *options);
/** The same of (N, C, D, H, W). Source: torch.nn.InstanceNorm3d. */
REEL_API reel_module *reel_nn_instance_norm3d(reel *r, int64_t features,
                                              const reel_norm_options *options);
/** `reel_local_response_norm` as a module. Source: torch.nn.LocalResponseNorm. */
REEL_API reel_module *reel_nn_local_response_norm(reel *r, int64_t size, double alpha, double beta,
                                                  double k);
/** As `reel_nn_dropout`, whole channels of (N, C, L) or (C, L) at a time. Source:
 *  torch.nn.Dropout1d. */
REEL_API reel_module *reel_nn_dropout1d(reel *r, double p);
/** The same of (N, C, H, W). Source: torch.nn.Dropout2d. */
REEL_API reel_module *reel_nn_dropout2d(reel *r, double p);
/** The same of (N, C, D, H, W) or (C, D, H, W). Source: torch.nn.Dropout3d. */
REEL_API reel_module *reel_nn_dropout3d(reel *r, double p);

#ifdef __cplusplus
}
#endif

#endif
