/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <string.h>

/* A number for each dim of an image, or one for all. */
static reel_dims dims(call *c, int i)
{
    reel_dims d = {0};
    const int count = argument_count(c, i);
    const int64_t *numbers = argument_integers(c, i);
    for (int k = 0; k < count && k < 3; k++) {
        d.size[k] = numbers[k];
    }
    d.count = count;
    return d;
}

/* Sizes of a result, or what max_unpool calls all of its sizes; None is the input's. */
static reel_dims sizes(call *c, int i, int count)
{
    const value *v = c->argument[i];
    reel_dims d = {0};
    const int all = argument_count(c, i), first = count > 0 && all > count ? all - count : 0;
    for (int k = first; k < all; k++, d.count++) {
        const value *item = v->kind == LIST ? &v->items[k] : v;
        if (d.count < 3) { /* a negative size is refused, and not C's word for None */
            const int64_t given = item->integer < 0 ? -2 : item->integer;
            d.size[d.count] = item->kind == NONE ? REEL_KEEP_SIZE : given;
        }
    }
    return d;
}

static reel_pool_options pool(call *c, int stride, int padding, int dilation, int ceil_mode)
{
    return (reel_pool_options){.stride = dims(c, stride),
                               .padding = padding ? dims(c, padding) : (reel_dims){0},
                               .dilation = dilation ? dims(c, dilation) : (reel_dims){0},
                               .ceil_mode = ceil_mode && B(ceil_mode, false)};
}

static reel_pool_options mean_pool(call *c)
{
    reel_pool_options o = pool(c, 2, 3, 0, 4);
    o.exclude_padding = !B(5, true);
    o.divisor_override = I(6, 0);
    if (GIVEN(6) && o.divisor_override == 0) {
        because(&c->refused, "in C a divisor of 0 is none");
    }
    return o;
}

/* The values alone, or with the indices. */
static int picked(call *c, reel_values v, bool both)
{
    c->result[0] = v.values;
    c->result[1] = v.indices;
    return both ? 2 : 1;
}

#define MAX_POOL(name)                                                                             \
    picked(c, name##_with_indices(T(0), dims(c, 1), pool(c, 2, 3, 4, 5)), B(6, false))
#define UNPOOL(name, n) name(T(0), T(1), dims(c, 2), pool(c, 3, 4, 0, 0), sizes(c, 5, n))
#define ADAPTIVE_MAX(name) picked(c, name(T(0), sizes(c, 1, 0)), B(2, false))
#define LP_POOL(name) name(T(0), N(1, 0), dims(c, 2), pool(c, 3, 0, 0, 4))

/* groups = 0 is refused by PyTorch, and the default in C. */
static int64_t groups(call *c, int i)
{
    const int64_t given = i < 0 ? 1 : I(i, 1);
    return given == 0 ? -1 : given;
}

static reel_conv_options window(call *c, int stride, int padding, int dilation, int group)
{
    reel_conv_options o = {
        .stride = dims(c, stride), .dilation = dims(c, dilation), .groups = groups(c, group)};
    if (c->argument[padding]->kind != TEXT) {
        o.padding = dims(c, padding);
    } else if (strcmp(TEXT_OF(padding, ""), "same") == 0) {
        o.same = true;
    } else if (strcmp(TEXT_OF(padding, ""), "valid") != 0) {
        because(&c->refused, "C has no such padding");
    }
    return o;
}

static reel_conv_options transposed_window(call *c)
{
    reel_conv_options o = window(c, 3, 4, 7, 6);
    o.output_padding = dims(c, 5);
    return o;
}

/* The place of a word in a list that ends with NULL; -1, and a refusal, if it is none. */
static int word_of(call *c, int i, const char *without, const char *const *words)
{
    const char *given = TEXT_OF(i, without);
    for (int k = 0; words[k]; k++) {
        if (strcmp(given, words[k]) == 0) {
            return k;
        }
    }
    because(&c->refused, "C has no name for the mode");
    return -1;
}

/* Of size and scale_factor one has to be given. */
static reel_interpolate_options enlarging(call *c, reel_resize_mode mode)
{
    const value *v = c->argument[2];
    reel_interpolate_options o = {.size = sizes(c, 1, 0), .mode = mode};
    o.align_corners = mode == REEL_RESIZE_LINEAR; /* as upsample_bilinear does */
    if (argument_count(c, 2) > 3) {
        because(&c->refused, "C takes up to three scale factors");
    }
    for (int k = 0; k < argument_count(c, 2) && k < 3; k++) {
        o.scale_factor[k] = v->kind == LIST ? v->items[k].number : v->number;
    }
    return o;
}

static reel_interpolate_options resizing(call *c)
{
    static const char *const words[] = {"nearest", "nearest-exact", "linear",    "bicubic",
                                        "area",    "bilinear",      "trilinear", NULL};
    const int mode = word_of(c, 3, "nearest", words);
    reel_interpolate_options o = enlarging(c, REEL_RESIZE_NEAREST);
    o.mode = (reel_resize_mode)(mode > 4 ? REEL_RESIZE_LINEAR : mode);
    if (o.mode == REEL_RESIZE_LINEAR) { /* whose name says how many dims, in PyTorch */
        const int64_t dims = mode == 2 ? 3 : mode == 5 ? 4 : 5;
        if (reel_ndim(T(0)) > 2 && reel_ndim(T(0)) < 6 && reel_ndim(T(0)) != dims) {
            because(&c->refused, "C has one name for all dims");
        }
    }
    o.align_corners = B(4, false);
    o.recompute_scale_factor = B(5, false);
    o.antialias = B(6, false);
    return o;
}

static reel_pad_mode pad_mode(call *c, int i)
{
    static const char *const words[] = {"constant", "reflect", "replicate", "circular", NULL};
    return (reel_pad_mode)word_of(c, i, "constant", words);
}

/* A loss of boxes is not reduced unless that is asked for. */
static reel_reduction terms(call *c, int i)
{
    return (reel_reduction)reel_reduction_from_name(TEXT_OF(i, "none"));
}

static reel_box_format box_format(call *c, int i)
{
    static const char *const words[] = {"xyxy", "xywh", "cxcywh", NULL};
    return (reel_box_format)word_of(c, i, "", words);
}

static reel_grid_options grid_options(call *c)
{
    static const char *const modes[] = {"bilinear", "nearest", "bicubic", NULL};
    static const char *const paddings[] = {"zeros", "border", "reflection", NULL};
    return (reel_grid_options){.mode = (reel_grid_mode)word_of(c, 2, "bilinear", modes),
                               .padding_mode = (reel_grid_padding)word_of(c, 3, "zeros", paddings),
                               .align_corners = B(4, false)};
}

#define WINDOW window(c, 3, 4, 5, 6)
#define TRANSPOSED_WINDOW transposed_window(c)

#define FAMILY image_rows
#define ROWS "images.def"
#include "family.h"
