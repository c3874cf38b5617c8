/* SPDX-License-Identifier: MIT */
/* What kind of file a table is in, by its first bytes. */
#ifndef REELI_CSV_DIALECT_H
#define REELI_CSV_DIALECT_H

#include <reel/table.h>
#include <stdbool.h>
#include <stddef.h>

/* How a file is to be read from its first row on. */
typedef struct reeli_dialect {
    char separator;
    size_t skip;  /* bytes before the first row */
    int64_t line; /* that it stands on, from 1 */
} reeli_dialect;

/* What cannot be read as CSV: a sentence that says what it is, and what to do. NULL: it may be. */
const char *reeli_not_csv(const char *bytes, size_t count);
/* The encoding of a text that is not in UTF-8, by its first bytes; NULL: there is nothing to
 * see. */
const char *reeli_find_encoding(const char *bytes, size_t count);
/* Whether it is an array of NumPy's. */
bool reeli_is_npy(const char *bytes, size_t count);
/* What the first bytes of a text say, together with the options; false if there are fewer lines
 * than are to be passed over. */
bool reeli_find_dialect(const char *bytes, size_t count, const reel_table_options *options,
                        reeli_dialect *to);

#endif
