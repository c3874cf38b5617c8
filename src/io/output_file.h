/* SPDX-License-Identifier: MIT */
/* What the library's own writers need of a file that is written, beside reel/file.h. */
#ifndef REELI_OUTPUT_FILE_H
#define REELI_OUTPUT_FILE_H

#include "state.h"

#include <reel/file.h>

/* As reel_file_create, for an operation whose name messages begin with; a static text. */
reel_file *reeli_file_begin(reel *r, const char *what, const char *path);
/* As reel_file_write; false, and an error, if it fails or has failed. */
bool reeli_file_put(reel_file *file, const void *bytes, size_t size);
/* Where the next byte goes; and elsewhere. False, and an error, for a pipe or a device. */
int64_t reeli_file_at(const reel_file *file);
int64_t reeli_file_end(const reel_file *file);
bool reeli_file_seek(reel_file *file, int64_t at);

#endif
