/* SPDX-License-Identifier: MIT */
/* What kind of file a table is in, by its first bytes. */
#ifndef REELI_CSV_DIALECT_H
#define REELI_CSV_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

/* What cannot be read as CSV: a sentence that says what it is, and what to do. NULL: it may be. */
const char *reeli_not_csv(const char *bytes, size_t count);
/* Whether it is an array of NumPy's. */
bool reeli_is_npy(const char *bytes, size_t count);
/* How many bytes at its start are no text. */
size_t reeli_byte_order_mark(const char *bytes, size_t count);
/* The most frequent candidate outside quotes in the first line that has anything. */
char reeli_find_separator(const char *bytes, size_t count, char decimal);

#endif
