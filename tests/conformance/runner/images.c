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

/* groups = 0 is refused by PyTorch, and the default in C. */
static int64_t groups(call *c, int i)
{
    const int64_t given = I(i, 1);
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

#define WINDOW window(c, 3, 4, 5, 6)
#define TRANSPOSED_WINDOW transposed_window(c)

#define FAMILY image_rows
#define ROWS "images.def"
#include "family.h"
