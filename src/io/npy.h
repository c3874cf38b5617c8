/* SPDX-License-Identifier: MIT */
/*
 * NumPy's format for one array:
 *
 *   6 bytes   \x93NUMPY
 *   2 bytes   version: 1, 2 or 3, and 0
 *   2 bytes   N, the header's length, little-endian; 4 bytes from version 2 on
 *   N bytes   a dict in Python, {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, then
 *             spaces and a line feed
 *   the rest  the elements
 */
#ifndef REELI_NPY_H
#define REELI_NPY_H

#include "decode.h"

#include <reel/npy.h>

/* Where an array is being read from, for messages. */
typedef struct reeli_place {
    reel *r;
    const char *what;          /* "npy", "npz" */
    const char *path, *member; /* a member of an archive, or NULL */
    reel_status unreadable;    /* what it is if bytes that should be there are not */
} reeli_place;

/* Records an error that names the place; the reel's poison. */
reel_tensor *reeli_npy_refuse(const reeli_place *at, reel_status status, const char *format, ...)
    REELI_PRINTF(3, 4);

/* Reads an array of `bytes` bytes in all, which must be there, or `source` says so. */
reel_tensor *reeli_npy_read(const reeli_place *at, const reeli_source *source, int64_t bytes);

enum { REELI_NPY_HEADER = 320 };

/* What an .npy file of t starts with; its length. Elements are little-endian on every machine. */
size_t reeli_npy_header(char text[REELI_NPY_HEADER], const reel_tensor *t);

/* A tensor whose memory is t's elements as the file has them: t itself where they lie so, else a
 * copy in the arena; NULL, and an error, if t is unusable or memory is out. */
const reel_tensor *reeli_npy_elements(reel *r, const char *what, reel_tensor *t);

#endif
