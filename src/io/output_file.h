/* SPDX-License-Identifier: MIT */
/* Replacing a file whole: written beside it, brought to the disk, renamed over it. */
#ifndef REELI_OUTPUT_FILE_H
#define REELI_OUTPUT_FILE_H

#include "state.h"

#include <stdio.h>

typedef struct reeli_replacement {
    reel *r;
    const char *what; /* for messages */
    const char *path;
    char *temporary; /* its name while it is being written */
    size_t size;     /* of that name's memory */
    FILE *stream;    /* to write to */
} reeli_replacement;

/* Opens a new file beside `path`; false, and an error, if the system refuses. */
bool reeli_replace_begin(reeli_replacement *it, reel *r, const char *what, const char *path);
/* Puts it in the place of `path` if `ok` and all was written; else records why and removes it. */
reel_status reeli_replace_end(reeli_replacement *it, bool ok);

#endif
