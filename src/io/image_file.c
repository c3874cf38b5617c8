/* SPDX-License-Identifier: MIT */
/* Netpbm's binary pictures, read and written. */
#include "input_file.h"
#include "output_file.h"
#include "quote.h"
#include "tensor.h"

#include <reel/picture.h>
#include <string.h>

static const char reading[] = "read_image", writing[] = "write_image";

enum { MOST = 1 << 24 /* of a side, more than any picture has */ };

/* A picture being read: where it is, and how many bytes are left. */
typedef struct input {
    reel *r;
    FILE *stream;
    const char *path;
    int64_t left;
} input;

static bool refuse(const input *in, const char *why)
{
    reeli_error(in->r, REEL_ERR_FORMAT, "%s: %s: %s", reading, REELI_QUOTED(in->path), why);
    return false;
}

static int next(input *in)
{
    in->left--;
    return in->left >= 0 ? fgetc(in->stream) : EOF;
}

static bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* A number behind white space and comments, which go from # to the end of a line; and the one
 * character behind it. */
static bool read_number(input *in, int64_t most, int64_t *number)
{
    int c = next(in);
    for (bool comment = c == '#'; comment || is_space(c);) {
        c = next(in);
        comment = c == '#' || (comment && c != '\n' && c != EOF);
    }
    for (*number = 0; c >= '0' && c <= '9' && *number <= most; c = next(in)) {
        *number = *number * 10 + (c - '0');
    }
    return (*number >= 1 && *number <= most && is_space(c)) ||
           refuse(in, "its header is no width, height and largest value");
}

/* Values of one or two bytes, the larger one first, pixel by pixel; into planes. */
static bool read_values(input *in, reel_tensor *t, int64_t largest)
{
    const int64_t channels = t->size[0], pixels = t->numel / channels;
    float *to = t->data;
    for (int64_t i = 0; i < t->numel; i++) {
        int value = fgetc(in->stream);
        if (largest > 255 && value != EOF) {
            const int low = fgetc(in->stream);
            value = low == EOF ? EOF : value * 256 + low;
        }
        if (value == EOF || value > largest) {
            return refuse(in, value == EOF ? "it cannot be read to its end"
                                           : "it has a value above its largest");
        }
        to[i % channels * pixels + i / channels] = (float)value / (float)largest;
    }
    return true;
}

static reel_tensor *read_picture(input *in)
{
    int64_t width, height, largest;
    const int p = next(in), kind = next(in);
    if (p != 'P' || (kind != '5' && kind != '6')) {
        refuse(in, "it is no binary PGM or PPM file, which begins with P5 or P6");
        return in->r->poison;
    }
    if (!read_number(in, MOST, &width) || !read_number(in, MOST, &height) ||
        !read_number(in, 65535, &largest)) {
        return in->r->poison;
    }
    const int64_t size[] = {kind == '6' ? 3 : 1, height, width};
    const int64_t bytes = size[0] * height * width * (largest > 255 ? 2 : 1);
    if (bytes != in->left) {
        reeli_error(in->r, REEL_ERR_FORMAT,
                    "%s: %s: a picture of %lld x %lld has %lld bytes, not %lld", reading,
                    REELI_QUOTED(in->path), (long long)width, (long long)height, (long long)bytes,
                    (long long)in->left);
        return in->r->poison;
    }
    reel_tensor *t = reeli_create(in->r, reading, REEL_F32, 3, size);
    if (!reeli_bad(t) && !read_values(in, t, largest)) {
        reel_tensor_free(t);
        return in->r->poison;
    }
    return t;
}

reel_tensor *reel_read_image(reel *r, const char *path)
{
    if (!r || !path) {
        return r ? reeli_fail(r, REEL_ERR_VALUE, "%s: the path is NULL", reading) : NULL;
    }
    input in = {.r = r, .path = path};
    in.stream = reeli_open_regular(r, reading, path, &in.left);
    if (!in.stream) {
        return r->poison;
    }
    reel_tensor *t = read_picture(&in);
    fclose(in.stream);
    return t;
}

/* A value in 256 steps, as torchvision rounds: x 255 + 0.5, cut off. */
static unsigned char step_of(double x)
{
    const double scaled = x * 255 + 0.5;
    return (unsigned char)(scaled >= 255 ? 255 : scaled > 0 ? scaled : 0);
}

/* A row of pixels, whose channels lie in planes. */
static bool write_row(reel_file *file, const reel_tensor *t, int64_t row)
{
    enum { PIXELS = 256 };
    unsigned char bytes[3 * PIXELS];
    const int64_t channels = t->size[0], width = t->size[2];
    for (int64_t x = 0; x < width; x += PIXELS) {
        const int64_t count = width - x < PIXELS ? width - x : PIXELS;
        for (int64_t i = 0; i < count * channels; i++) {
            const int64_t channel = i % channels;
            bytes[i] = step_of(reeli_load(t, channel * t->stride[0] + row * t->stride[1] +
                                                 (x + i / channels) * t->stride[2]));
        }
        if (!reeli_file_put(file, bytes, (size_t)(count * channels))) {
            return false;
        }
    }
    return true;
}

static bool is_picture(const reel_tensor *t)
{
    const bool shaped = t->ndim == 3 && (t->size[0] == 1 || t->size[0] == 3) && t->numel > 0;
    if (!shaped || !reeli_is_float(t->dtype)) {
        reeli_error(t->r, shaped ? REEL_ERR_DTYPE : REEL_ERR_SHAPE,
                    "%s: a %s tensor %s is no picture: those are floating, (1, H, W) or (3, H, W)",
                    writing, reel_dtype_name(t->dtype), REELI_SHAPE_OF(t));
        return false;
    }
    return true;
}

reel_status reel_write_image(reel_tensor *picture, const char *path)
{
    if (!picture) {
        return REEL_ERR_OWNER;
    }
    reel *r = reeli_reel_of(picture);
    if (r->status != REEL_OK) {
        return r->status;
    }
    if (!path) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: the path is NULL", writing);
    }
    if (!reeli_usable_as(r, writing, "the picture", picture) || !is_picture(picture)) {
        return r->status;
    }
    reel_file *file = reeli_file_begin(r, writing, path);
    if (file) {
        char header[64];
        const int length =
            snprintf(header, sizeof header, "P%d\n%lld %lld\n255\n", picture->size[0] == 3 ? 6 : 5,
                     (long long)picture->size[2], (long long)picture->size[1]);
        bool sound = reeli_file_put(file, header, (size_t)length);
        for (int64_t row = 0; sound && row < picture->size[1]; row++) {
            sound = write_row(file, picture, row);
        }
        reel_file_commit(file);
    }
    return r->status;
}
