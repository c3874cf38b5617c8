/* SPDX-License-Identifier: MIT */
/* A file to read. */
#ifndef REELI_INPUT_FILE_H
#define REELI_INPUT_FILE_H

#include "state.h"

#include <stdio.h>

/* Opens a regular file to read; NULL, and an error that starts with `what`, if there is none. */
FILE *reeli_open_regular(reel *r, const char *what, const char *path, int64_t *bytes);

#endif
