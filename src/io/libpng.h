/* SPDX-License-Identifier: MIT */
/*
 * libpng, loaded when the first .png file is read or written. It is in every distribution, and
 * fuzzed for longer than most. Of its two interfaces this is the one from memory to memory, which
 * hands errors back; the other jumps out of its callers.
 */
#ifndef REELI_LIBPNG_H
#define REELI_LIBPNG_H

#include "state.h"

#include <png.h>

#define REELI_PNG_FUNCTIONS(F)                                                                     \
    F(png_image_begin_read_from_memory)                                                            \
    F(png_image_finish_read)                                                                       \
    F(png_image_free)                                                                              \
    F(png_image_write_to_memory)

/* Its functions. */
typedef struct reeli_png {
#define F(name) __typeof__(name) *name;
    REELI_PNG_FUNCTIONS(F)
#undef F
} reeli_png;

/* Finds them; false, and an error that starts with `what`, if the library is not installed. */
bool reeli_png_load(reel *r, const char *what, reeli_png *png);

#endif
