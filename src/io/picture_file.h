/* SPDX-License-Identifier: MIT */
/* What the kinds of picture files have in common. */
#ifndef REELI_PICTURE_FILE_H
#define REELI_PICTURE_FILE_H

#include "output_file.h"
#include "tensor.h"

#include <reel/picture.h>
#include <stdio.h>

/* A picture's file being read: where it is, and how many bytes are left. */
typedef struct reeli_picture_input {
    reel *r;
    const char *what; /* which messages begin with */
    FILE *stream;
    const char *path;
    int64_t left;
} reeli_picture_input;

/* False, and an error that says why the file is no picture. */
bool reeli_no_picture(const reeli_picture_input *in, const char *why);

/* A row of a picture in 256 steps, pixel by pixel. */
void reeli_picture_row(const reel_tensor *picture, int64_t row, unsigned char *bytes);

/* The picture in a .png file, which begins where the stream is; poison after an error. */
reel_tensor *reeli_read_png(const reeli_picture_input *in);
/* Writes one. False after an error, which begins with `what`. */
bool reeli_write_png(const char *what, reel_file *file, const reel_tensor *picture);

#endif
