/* SPDX-License-Identifier: MIT */
/* Where what is written to a path really goes. */
#ifndef REELI_OUTPUT_TARGET_H
#define REELI_OUTPUT_TARGET_H

#include "system_file.h"

enum { REELI_PATH_SIZE = 4096 };

typedef struct reeli_target {
    char path[REELI_PATH_SIZE]; /* without a link at its end */
    bool in_place;              /* it is no file that can be replaced, and is written into */
    int descriptor;             /* then: one that is open already; -1: there is none */
    bool there;                 /* a file that is replaced, and */
    struct stat status;         /* what it is */
    const char *why;            /* it cannot be written; NULL: it can, or the system says why */
} reeli_target;

/* Finds it; false, and why or errno, if it cannot be written. Opens nothing. */
bool reeli_find_target(reeli_target *it, const char *path);

#endif
