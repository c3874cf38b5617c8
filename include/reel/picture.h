/* SPDX-License-Identifier: MIT */
/*
 * Pictures in files, and many images as one picture, so that a run can show what it makes.
 *
 * A picture is (C, H, W), of 1 channel (grey) or 3 (red, green, blue), in float32 or float64 from 0
 * to 1. Files are Netpbm's binary ones, which need no library: PGM (P5) of one channel, PPM (P6) of
 * three; and PNG, where libpng is installed. Bytes are files' alone: a tensor has no dtype for
 * them.
 *
 * Fails: REEL_ERR_FILE if the system refuses, REEL_ERR_FORMAT for a file that is not what it should
 *        be or has bytes too many or too few, REEL_ERR_SHAPE and REEL_ERR_DTYPE for a tensor that
 *        is no picture, REEL_ERR_MEMORY.
 *
 * A library configured with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this, one with
 * REEL_WITH_PNG=OFF (REEL_HAS_PNG is 0) no PNG.
 */
#ifndef REEL_PICTURE_H
#define REEL_PICTURE_H

#include <reel/tensor.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The picture in a .pgm, .ppm or .png file, whatever its name: float32, each value divided by the
 * file's largest. Of a PNG transparency is left out, and 16 bits become 8.
 *
 * Owner: the reel's until you free it, as of a tensor that you created.
 * Fails: poison, and as above.
 * Source: torchvision.io.read_image, divided by 255.
 */
REEL_API reel_tensor *reel_read_image(reel *r, const char *path);

/**
 * Writes a picture, in 256 steps, to a file that is replaced whole as by `reel_safetensors_save`:
 * PNG if its name ends in .png, else PGM or PPM by its channels. What is below 0 or above 1 is cut
 * off; a NaN is 0.
 *
 * Fails:  as above; REEL_ERR_VALUE for a .png by a library without PNG, REEL_ERR_FILE if libpng is
 *         not installed.
 * Source: torchvision.utils.save_image.
 */
REEL_API reel_status reel_write_image(reel_tensor *picture, const char *path);

/** How images are put together; all zero is torchvision's default. */
typedef struct reel_grid_layout {
    int64_t nrow;     /**< images in a row; 0: 8 */
    int64_t padding;  /**< elements between and around them; 0: 2, negative: none */
    double pad_value; /**< of these; 0 */
    bool normalize;   /**< the smallest of all values becomes 0, the largest 1 */
} reel_grid_layout;

/**
 * Images (N, C, H, W), (C, H, W) or (H, W) as one picture of three channels, row by row; those of
 * one channel are grey. Unrecorded: no gradient goes through it. One image alone is not padded.
 *
 * Fails:  poison; REEL_ERR_STATE while a step is captured.
 * Source: torchvision.utils.make_grid.
 */
REEL_API reel_tensor *reel_make_grid(reel_tensor *images, reel_grid_layout layout);

/** `reel_make_grid`, and `reel_write_image` of that. Source: torchvision.utils.save_image. */
REEL_API reel_status reel_save_images(reel_tensor *images, const char *path,
                                      reel_grid_layout layout);

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
