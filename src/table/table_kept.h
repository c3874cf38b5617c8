/* SPDX-License-Identifier: MIT */
/* What there is of a table besides its cells, in files that keep one. */
#ifndef REELI_TABLE_KEPT_H
#define REELI_TABLE_KEPT_H

#include "table.h"

/* What is left to be taken. */
typedef struct reeli_rest {
    const char *at;
    size_t left;
} reeli_rest;

/* Adds to a buffer; false, without a message, if memory is out. */
bool reeli_kept_put(reel *r, reeli_buffer *to, const void *bytes, size_t size);
bool reeli_kept_put_number(reel *r, reeli_buffer *to, int64_t number);
/* Names, kinds, texts, oddities, lines, files. */
bool reeli_kept_put_table(reel_table *t, reeli_buffer *to);

/* False, without a message, if there is not so much, or memory is out. */
bool reeli_kept_take(reeli_rest *from, void *to, size_t size);
/* A number of things that have `least` bytes each. */
bool reeli_kept_take_count(reeli_rest *from, size_t least, size_t *count);
/* What was put of a table of so many columns and rows, into one that has none of it. */
bool reeli_kept_take_table(reel_table *t, size_t columns, int64_t rows, reeli_rest *from);

#endif
