/* SPDX-License-Identifier: MIT */
/* Images spread out for a convolution, with their padding, a plane for each residue. */
#include "convolution.h"

#include <string.h>

enum {
    READ_BEHIND = 3 * 64, /* bytes: two vectors, and what the last row shares with none */
    MOST_SHARED = 8       /* elements */
};

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Residues of k dilation repeat every step / gcd(step, dilation) taps. The zeros behind a row are
 * those before the next, where each begins with enough; but a row stays as long as its positions
 * are many, which a padding wider than the kernel would not see to. */
void reeli_spread_dim(reeli_spread *s, int d, int64_t from, int64_t size, int64_t positions,
                      int64_t shift, int64_t step, int64_t kernel, int64_t dilation)
{
    s->from[d] = from;
    const int64_t behind = shift + size - from, before = -shift;
    const bool shares = d == REELI_CONV_DIMS - 1 && step == 1 && behind > 0 && before > 0;
    const int64_t most = reeli_least(MOST_SHARED, size - positions);
    s->size[d] = size - (shares ? reeli_least(reeli_least(behind, before), most) : 0);
    s->shift[d] = shift;
    s->step[d] = step;
    s->dilation[d] = dilation;
    s->phases[d] = reeli_least(kernel, step / greatest_divisor(step, dilation));
}

int64_t reeli_spread_channel(const reeli_spread *s)
{
    int64_t elements = 1;
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        elements *= s->phases[d] * s->size[d];
    }
    return elements;
}

int64_t reeli_spread_bytes(const reeli_spread *s, int64_t channels)
{
    const int64_t bytes =
        channels * reeli_spread_channel(s) * (int64_t)reeli_element_size(s->dtype) + READ_BEHIND;
    return (bytes + 63) / 64 * 64;
}

int64_t reeli_spread_index(const reeli_spread *s, const int64_t *k)
{
    int64_t phase = 0, at = 0, plane = 1;
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        phase = phase * s->phases[d] + k[d] % s->phases[d];
        at = at * s->size[d] + k[d] * s->dilation[d] / s->step[d];
        plane *= s->size[d];
    }
    return phase * plane + at;
}

/* What of a phase lies in the image: its elements from `begin` to `end`; the first of them
 * there. */
typedef struct inside {
    int64_t begin, end, first;
} inside;

static inside inside_of(const reeli_spread *s, int d, int64_t phase)
{
    const int64_t step = s->step[d], first = s->shift[d] + phase * s->dilation[d] % step;
    const int64_t begin = reeli_least(first < 0 ? (step - 1 - first) / step : 0, s->size[d]);
    const int64_t past = s->from[d] - first;
    const int64_t end = past > 0 ? reeli_least((past - 1) / step + 1, s->size[d]) : 0;
    return (inside){begin, end < begin ? begin : end, first + begin * step};
}

/* memcpy, by two copies of one size that may overlap: most rows of images are short. */
static void copy_row(char *to, const char *from, size_t bytes)
{
    if (bytes >= 64 && bytes <= 128) {
        memcpy(to, from, 64);
        memcpy(to + bytes - 64, from + bytes - 64, 64);
    } else if (bytes >= 32 && bytes < 64) {
        memcpy(to, from, 32);
        memcpy(to + bytes - 32, from + bytes - 32, 32);
    } else {
        memcpy(to, from, bytes);
    }
}

/* Every other float, as of an image whose size is halved or doubled. */
static void copy_every_other(int64_t n, float *restrict to, const float *restrict from)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] = from[2 * i];
    }
}

/* One phase of one channel, which is zeros before. */
static void spread_plane(const reeli_spread *s, const inside *in, const char *image, char *to)
{
    const int64_t bytes = (int64_t)reeli_element_size(s->dtype), wide = in[2].end - in[2].begin;
    const int64_t row = s->size[2] * bytes, from_row = s->from[2] * bytes;
    for (int64_t z = in[0].begin; z < in[0].end; z++) {
        const int64_t depth = in[0].first + (z - in[0].begin) * s->step[0];
        const char *from = image + (depth * s->from[1] + in[1].first) * from_row;
        char *at = to + (z * s->size[1] + in[1].begin) * row;
        from += in[2].first * bytes;
        at += in[2].begin * bytes;
        for (int64_t y = in[1].begin; y < in[1].end;
             y++, at += row, from += s->step[1] * from_row) {
            if (s->step[2] == 1) {
                copy_row(at, from, (size_t)(wide * bytes));
            } else if (s->step[2] == 2 && s->dtype == REEL_F32) {
                copy_every_other(wide, (float *)(void *)at, (const float *)(const void *)from);
            } else {
                reeli_move(wide, at, s->dtype, 1, from, s->dtype, s->step[2]);
            }
        }
    }
}

/* The places of a phase in each dim, of phase number `number`. */
static void find_inside(const reeli_spread *s, int64_t number, inside in[REELI_CONV_DIMS])
{
    for (int d = REELI_CONV_DIMS - 1; d >= 0; d--) {
        in[d] = inside_of(s, d, number % s->phases[d]);
        number /= s->phases[d];
    }
}

void reeli_spread_channels(const reeli_spread *s, int64_t channels, const char *images,
                           int64_t first, char *to)
{
    const int64_t bytes = (int64_t)reeli_element_size(s->dtype);
    const int64_t image = s->from[0] * s->from[1] * s->from[2] * bytes;
    const int64_t plane = s->size[0] * s->size[1] * s->size[2] * bytes;
    const int64_t phases = s->phases[0] * s->phases[1] * s->phases[2];
    images += first * image;
    for (int64_t number = 0; number < phases; number++) {
        inside in[REELI_CONV_DIMS];
        find_inside(s, number, in);
        for (int64_t i = 0; i < channels; i++) {
            spread_plane(s, in, images + i * image, to + (i * phases + number) * plane);
        }
    }
}

/* Of an image whose positions are `stride` apart: offset[t] for the taps of `channels`. */
void reeli_find_offsets(const reeli_convolution *c, const reeli_spread *s, int64_t channels,
                        int64_t *offset)
{
    const int64_t volume = reeli_volume(c->kernel);
    for (int64_t t = 0; t < volume; t++) {
        int64_t k[REELI_CONV_DIMS];
        reeli_tap_place(c, t, k);
        const int64_t at = reeli_spread_index(s, k);
        for (int64_t channel = 0; channel < channels; channel++) {
            offset[channel * volume + t] = at + channel * reeli_spread_channel(s);
        }
    }
}

reeli_spread reeli_strided_spread(const reeli_convolution *c)
{
    reeli_spread s = {.dtype = c->dtype};
    for (int d = 0; d < REELI_CONV_DIMS; d++) {
        const int64_t size = c->out[d] + (c->kernel[d] - 1) * c->dilation[d] / c->stride[d];
        reeli_spread_dim(&s, d, c->in[d], size, c->out[d], -c->padding[d], c->stride[d],
                         c->kernel[d], c->dilation[d]);
    }
    return s;
}
