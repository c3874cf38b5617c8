/* SPDX-License-Identifier: MIT */
/* PNG files, by libpng, from memory and to memory. */
#include "libpng.h"
#include "picture_file.h"
#include "quote.h"

#include <string.h>

enum {
    MOST_DEFLATED = 1032, /* bytes that deflate can make of one */
    HEADER = 33           /* the signature, and the chunk with the sizes */
};

static int64_t number_at(const unsigned char *bytes)
{
    return (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/* Whether so many bytes can hold what the header says there is: before memory is asked for. */
static bool can_hold(const unsigned char *file, int64_t size)
{
    static const unsigned char channels[] = {1, 0, 3, 1, 2, 0, 4}; /* by the kind of colours */
    if (size < HEADER || file[25] >= sizeof channels) {
        return false;
    }
    const int64_t width = number_at(file + 16), height = number_at(file + 20);
    const int64_t bits = width * file[24] * channels[file[25]];
    return height <= size * MOST_DEFLATED / (bits / 8 + 1);
}

/* Pixels of `from` channels, the last of them alpha perhaps, into planes from 0 to 1. */
static void into_planes(const unsigned char *bytes, int64_t from, reel_tensor *t)
{
    const int64_t channels = t->size[0], pixels = t->numel / channels;
    float *to = t->data;
    for (int64_t i = 0; i < t->numel; i++) {
        const int64_t channel = i / pixels, pixel = i % pixels;
        to[i] = (float)bytes[pixel * from + channel] / 255;
    }
}

/* Whether it has colours and transparency is the file's; transparency is left out. */
static reel_tensor *decode(const reeli_picture_input *in, const reeli_png *png, png_image *image)
{
    reel *r = in->r;
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    image->format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;
    const int64_t size[] = {image->format & PNG_FORMAT_FLAG_COLOR ? 3 : 1, image->height,
                            image->width};
    reel_tensor *t = reeli_create(r, in->what, REEL_F32, 3, size);
    unsigned char *bytes = reeli_arena_alloc(r, PNG_IMAGE_SIZE(*image));
    if (reeli_bad(t) || !bytes) {
        png->png_image_free(image);
        return bytes ? t : reeli_no_memory(r, in->what);
    }
    if (!png->png_image_finish_read(image, NULL, bytes, 0, NULL)) {
        reeli_no_picture(in, image->message);
        reel_tensor_free(t);
        return r->poison;
    }
    into_planes(bytes, PNG_IMAGE_PIXEL_CHANNELS(image->format), t);
    return t;
}

static reel_tensor *read_bytes(const reeli_picture_input *in, unsigned char *file)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    reeli_png png;
    if (fread(file, 1, (size_t)in->left, in->stream) != (size_t)in->left) {
        reeli_no_picture(in, "it cannot be read to its end");
    } else if (!can_hold(file, in->left)) {
        reeli_no_picture(in, "it is no PNG file, or has fewer bytes than its picture needs");
    } else if (!reeli_png_load(in->r, in->what, &png)) {
        return in->r->poison;
    } else if (!png.png_image_begin_read_from_memory(&image, file, (size_t)in->left)) {
        reeli_no_picture(in, image.message);
    } else {
        return decode(in, &png, &image);
    }
    return in->r->poison;
}

reel_tensor *reeli_read_png(const reeli_picture_input *in)
{
    reel *r = in->r;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    unsigned char *file = reeli_arena_alloc(r, (size_t)in->left);
    reel_tensor *t = file ? read_bytes(in, file) : reeli_no_memory(r, in->what);
    reeli_arena_release(&r->arena, &mark);
    return t;
}

/* The rows behind one another, and behind them the file. */
static bool encode(const char *what, const reeli_png *png, reel_file *file,
                   const reel_tensor *picture)
{
    reel *r = picture->r;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)picture->size[2],
                       .height = (png_uint_32)picture->size[1],
                       .format = picture->size[0] == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *rows = reeli_arena_alloc(r, PNG_IMAGE_SIZE(image) + size);
    if (!rows) {
        reeli_no_memory(r, what);
        return false;
    }
    const int64_t row = picture->size[0] * picture->size[2];
    for (int64_t i = 0; i < picture->size[1]; i++) {
        reeli_picture_row(picture, i, rows + i * row);
    }
    unsigned char *to = rows + PNG_IMAGE_SIZE(image);
    if (!png->png_image_write_to_memory(&image, to, &size, 0, rows, 0, NULL)) {
        reeli_error(r, REEL_ERR_MEMORY, "%s: libpng: %s", what, image.message);
        return false;
    }
    return reeli_file_put(file, to, size);
}

bool reeli_write_png(const char *what, reel_file *file, const reel_tensor *picture)
{
    enum { MOST = 1000000 /* of a side: more than libpng reads */ };
    reel *r = picture->r;
    reeli_png png;
    if (picture->size[1] > MOST || picture->size[2] > MOST || picture->numel >= INT32_MAX / 2) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: a picture of %lld x %lld is too large for a PNG file",
                    what, (long long)picture->size[2], (long long)picture->size[1]);
        return false;
    }
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const bool sound = reeli_png_load(r, what, &png) && encode(what, &png, file, picture);
    reeli_arena_release(&r->arena, &mark);
    return sound;
}
