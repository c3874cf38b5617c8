/* SPDX-License-Identifier: MIT */
/* Many images as one picture. */
#include "tensor.h"

#include <reel/picture.h>
#include <reel/views.h>

static const char what[] = "make_grid";

/* (N, C, H, W) of what is given; poison, and an error, if it is no images. */
static reel_tensor *as_images(reel_tensor *t)
{
    if (!reeli_is_float(t->dtype)) {
        return reeli_fail(t->r, REEL_ERR_DTYPE, "%s: images are floating, not %s", what,
                          reel_dtype_name(t->dtype));
    }
    const int channels = t->ndim - 3; /* which dim has them; of (H, W) none */
    if (t->ndim < 2 || t->ndim > 4 || t->numel == 0 ||
        (channels >= 0 && t->size[channels] != 1 && t->size[channels] != 3)) {
        return reeli_fail(t->r, REEL_ERR_SHAPE,
                          "%s: shape %s is no (N, C, H, W), (C, H, W) or (H, W) of 1 or 3 channels",
                          what, REELI_SHAPE_OF(t));
    }
    for (int d = t->ndim; d < 4 && !reeli_bad(t); d++) {
        t = reel_unsqueeze(t, 0);
    }
    return reeli_bad(t) || t->size[1] == 3
               ? t
               : reel_expand(t, 4, (int64_t[]){t->size[0], 3, t->size[2], t->size[3]});
}

/* What takes the least of all values to 0 and the largest to 1: x scale + shift. */
static void find_scale(const reel_tensor *t, double *scale, double *shift)
{
    double low = reeli_load(t, 0), high = low;
    for (int64_t i = 0; i < t->numel; i++) {
        const double x = reeli_load(t, reeli_element_offset(t, i));
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    *scale = 1 / (high - low > 1e-5 ? high - low : 1e-5);
    *shift = -low * *scale;
}

/* Image n into its place of the grid. */
static bool place(reel_tensor *grid, reel_tensor *images, int64_t n, int64_t columns,
                  int64_t padding)
{
    const int64_t height = images->size[2], width = images->size[3];
    const int64_t y = n / columns * (height + padding) + padding,
                  x = n % columns * (width + padding) + padding;
    reel_tensor *to = reeli_view(grid, what, 3, images->size + 1, grid->stride,
                                 y * grid->stride[1] + x * grid->stride[2]);
    reel_tensor *from = reel_select(images, 0, n);
    if (reeli_bad(to) || reeli_bad(from)) {
        return false;
    }
    reeli_copy(to, from);
    return true;
}

reel_tensor *reel_make_grid(reel_tensor *images, reel_grid_layout layout)
{
    if (!reeli_usable(what, images) || REELI_REFUSE(images->r, what, "a picture cannot be made")) {
        return reeli_poison_for(1, &images);
    }
    images = as_images(images);
    if (reeli_bad(images)) {
        return images;
    }
    const int64_t count = images->size[0], wanted = layout.nrow > 0 ? layout.nrow : 8;
    const int64_t columns = wanted < count ? wanted : count, rows = (count - 1) / columns + 1;
    const int64_t padding = count == 1 || layout.padding < 0 ? 0
                            : layout.padding                 ? layout.padding
                                                             : 2;
    if (padding > 1 << 20) {
        return reeli_fail(images->r, REEL_ERR_VALUE, "%s: a padding of %lld", what,
                          (long long)padding);
    }
    const int64_t size[] = {3, rows * (images->size[2] + padding) + padding,
                            columns * (images->size[3] + padding) + padding};
    double scale = 1, shift = 0;
    if (layout.normalize) {
        find_scale(images, &scale, &shift);
    }
    reel_tensor *grid = reeli_empty(images->r, what, images->dtype, 3, size);
    if (reeli_bad(grid)) {
        return grid;
    }
    reeli_fill(grid, layout.normalize ? (layout.pad_value - shift) / scale : layout.pad_value);
    for (int64_t n = 0; n < count; n++) {
        if (!place(grid, images, n, columns, padding)) {
            return images->r->poison;
        }
    }
    for (int64_t i = 0; i < grid->numel && layout.normalize; i++) {
        reeli_store(grid, i, reeli_load(grid, i) * scale + shift);
    }
    return grid;
}

reel_status reel_save_images(reel_tensor *images, const char *path, reel_grid_layout layout)
{
    reel_tensor *grid = reel_make_grid(images, layout);
    return grid ? reel_write_image(grid, path) : REEL_ERR_OWNER;
}
