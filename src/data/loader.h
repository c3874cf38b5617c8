/* SPDX-License-Identifier: MIT */
/* A loader whose first source lies elsewhere than in a tensor. */
#ifndef REELI_LOADER_H
#define REELI_LOADER_H

#include "tensor.h"

#include <reel/loader.h>

/* Rows that come from somewhere in the order that they are asked for. */
typedef struct reeli_row_stream {
    reeli_owned *owner;
    reel_dtype dtype;
    int64_t rows, columns;
    /* An epoch begins, of `count` rows in this order, or else in that which reeli_permute makes of
     * them with `shuffle`, or else (both NULL) as they lie; false, and an error. */
    bool (*begin)(void *owner, const int64_t *order, reeli_mt19937 *shuffle, int64_t count);
    /* The next rows. */
    bool (*next)(void *owner, int64_t rows, void *to);
} reeli_row_stream;

/* `reel_loader_new` of the stream's rows and those of the tensors. */
reel_loader *reeli_loader_of_stream(reel *r, const reeli_row_stream *stream,
                                    reel_tensor *const *tensors, size_t count,
                                    reel_loader_options options);

#endif
