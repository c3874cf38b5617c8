/* SPDX-License-Identifier: MIT */
/* Pictures in files; Netpbm's binary ones are read and written here. */
#include "picture_file.h"

#include "input_file.h"
#include "quote.h"

#include <string.h>

static const char reading[] = "read_image", writing[] = "write_image";

enum { MOST = 1 << 24 /* of a side, more than any picture has */ };

typedef reeli_picture_input input;

bool reeli_no_picture(const input *in, const char *why)
{
    reeli_error(in->r, REEL_ERR_FORMAT, "%s: %s: %s", in->what, REELI_QUOTED(in->path), why);
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
           reeli_no_picture(in, "its header is no width, height and largest value");
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
            return reeli_no_picture(in, value == EOF ? "it cannot be read to its end"
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
        reeli_no_picture(in, "it is no PNG file, and no binary PGM or PPM file, which begins with "
                             "P5 or P6");
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

static bool begins_as_png(FILE *stream)
{
    const int first = fgetc(stream);
    ungetc(first, stream);
    return first == 0x89; /* which no text begins with */
}

#if REEL_HAS_PNG
static reel_tensor *read_png(const input *in) { return reeli_read_png(in); }

static bool write_png(reel_file *file, const reel_tensor *picture)
{
    return reeli_write_png(writing, file, picture);
}
#else
static reel_tensor *read_png(const input *in)
{
    reeli_no_picture(in, "it may be a PNG file, which this Reel was built without");
    return in->r->poison;
}

static bool write_png(reel_file *file, const reel_tensor *picture)
{
    (void)file;
    reeli_error(picture->r, REEL_ERR_VALUE,
                "%s: this Reel was built without PNG; .ppm files need no library", writing);
    return false;
}
#endif

reel_tensor *reel_read_image(reel *r, const char *path)
{
    if (!r || !path) {
        return r ? reeli_fail(r, REEL_ERR_VALUE, "%s: the path is NULL", reading) : NULL;
    }
    input in = {.r = r, .what = reading, .path = path};
    in.stream = reeli_open_regular(r, reading, path, &in.left);
    if (!in.stream) {
        return r->poison;
    }
    reel_tensor *t = begins_as_png(in.stream) ? read_png(&in) : read_picture(&in);
    fclose(in.stream);
    return t;
}

/* A value in 256 steps, as torchvision rounds: x 255 + 0.5, cut off. */
static unsigned char step_of(double x)
{
    const double scaled = x * 255 + 0.5;
    return (unsigned char)(scaled >= 255 ? 255 : scaled > 0 ? scaled : 0);
}

void reeli_picture_row(const reel_tensor *t, int64_t row, unsigned char *bytes)
{
    const int64_t channels = t->size[0], width = t->size[2];
    for (int64_t i = 0; i < width * channels; i++) {
        bytes[i] = step_of(reeli_load(t, i % channels * t->stride[0] + row * t->stride[1] +
                                             i / channels * t->stride[2]));
    }
}

static bool write_netpbm(reel_file *file, const reel_tensor *t)
{
    char header[64];
    const int length =
        snprintf(header, sizeof header, "P%d\n%lld %lld\n255\n", t->size[0] == 3 ? 6 : 5,
                 (long long)t->size[2], (long long)t->size[1]);
    const reeli_mark mark = reeli_arena_mark(&t->r->arena);
    const size_t size = (size_t)(t->size[0] * t->size[2]);
    unsigned char *bytes = reeli_arena_alloc(t->r, size);
    bool sound = bytes && reeli_file_put(file, header, (size_t)length);
    for (int64_t row = 0; sound && row < t->size[1]; row++) {
        reeli_picture_row(t, row, bytes);
        sound = reeli_file_put(file, bytes, size);
    }
    if (!bytes) {
        reeli_no_memory(t->r, writing);
    }
    reeli_arena_release(&t->r->arena, &mark);
    return sound;
}

static bool named_png(const char *path)
{
    const size_t length = strlen(path);
    const char *end = length >= 4 ? path + length - 4 : "";
    return end[0] == '.' && (end[1] | 32) == 'p' && (end[2] | 32) == 'n' && (end[3] | 32) == 'g';
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
    if (file && (named_png(path) ? write_png : write_netpbm)(file, picture)) {
        reel_file_commit(file);
    } else if (file) {
        reel_file_discard(file);
    }
    return r->status;
}
