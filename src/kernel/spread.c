/* SPDX-License-Identifier: MIT */
/* Images spread out for a convolution, with their padding, a plane for each residue. */
#include "spread.h"

#include <string.h>

enum { READ_BEHIND = 2 * 64 /* bytes: two vectors */ };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Residues of k dilation repeat every step / gcd(step, dilation) taps. */
void reeli_spread_dim(reeli_spread *s, int d, int64_t from, int64_t size, int64_t shift,
                      int64_t step, int64_t kernel, int64_t dilation)
{
    s->from[d] = from;
    s->size[d] = size;
    s->shift[d] = shift;
    s->step[d] = step;
    s->dilation[d] = dilation;
    s->phases[d] = least(kernel, step / greatest_divisor(step, dilation));
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

static int64_t first_element(const reeli_spread *s, int d, int64_t phase)
{
    return s->shift[d] + phase * s->dilation[d] % s->step[d];
}

/* Element j of a phase in dim d: where it lies in the image; -1 if it does not. */
static int64_t image_index(const reeli_spread *s, int d, int64_t phase, int64_t j)
{
    const int64_t at = first_element(s, d, phase) + j * s->step[d];
    return at >= 0 && at < s->from[d] ? at : -1;
}

/* A row of the last dim; zeros where the image has none, and for no row (NULL). */
static void spread_row(const reeli_spread *s, int64_t phase, const char *row, char *to)
{
    const int64_t bytes = (int64_t)reeli_element_size(s->dtype), size = s->size[2],
                  step = s->step[2];
    const int64_t first = first_element(s, 2, phase), past = s->from[2] - first;
    const int64_t begin = least(first < 0 ? (-first + step - 1) / step : 0, size);
    int64_t end = row && past > 0 ? least((past - 1) / step + 1, size) : 0;
    end = end < begin ? begin : end;
    memset(to, 0, (size_t)(begin * bytes));
    if (end > begin) {
        reeli_move(end - begin, to + begin * bytes, s->dtype, 1,
                   row + (first + begin * step) * bytes, s->dtype, step);
    }
    memset(to + end * bytes, 0, (size_t)((size - end) * bytes));
}

static char *spread_plane(const reeli_spread *s, const int64_t *phase, const char *image, char *to)
{
    const int64_t bytes = (int64_t)reeli_element_size(s->dtype);
    for (int64_t j = 0; j < s->size[0] * s->size[1]; j++, to += s->size[2] * bytes) {
        const int64_t z = image_index(s, 0, phase[0], j / s->size[1]);
        const int64_t y = image_index(s, 1, phase[1], j % s->size[1]);
        const char *row = image + (z * s->from[1] + y) * s->from[2] * bytes;
        spread_row(s, phase[2], z < 0 || y < 0 ? NULL : row, to);
    }
    return to;
}

void reeli_spread_channels(const reeli_spread *s, int64_t channels, const char *images,
                           int64_t first, char *to)
{
    const int64_t bytes =
        s->from[0] * s->from[1] * s->from[2] * (int64_t)reeli_element_size(s->dtype);
    const int64_t phases = s->phases[0] * s->phases[1] * s->phases[2];
    for (int64_t i = 0; i < channels * phases; i++) {
        const int64_t number = i % phases, f2 = number % s->phases[2];
        const int64_t f1 = number / s->phases[2] % s->phases[1];
        const int64_t phase[] = {number / s->phases[2] / s->phases[1], f1, f2};
        to = spread_plane(s, phase, images + (first + i / phases) * bytes, to);
    }
    memset(to, 0, READ_BEHIND);
}
