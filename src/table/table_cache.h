/* SPDX-License-Identifier: MIT */
/* A table as it was read, kept in a file for the next time. */
#ifndef REELI_TABLE_CACHE_H
#define REELI_TABLE_CACHE_H

#include "csv_reader.h"

/* What the files and the options are, by which a kept table is known to be theirs. */
uint64_t reeli_cache_key(const char *const *paths, size_t count, const reel_table_options *options);

/* The table that is kept; NULL: there is none, it is another one's or damaged, and *ours says
 * whether the file may be replaced; or an error. */
reel_table *reeli_cache_open(reel *r, const char *name, const reel_table_options *options,
                             uint64_t key, bool *ours);
/* Keeps a table, whose cells are in a file; false, and an error. */
bool reeli_cache_keep(reel_table *t, const reel_table_options *options, uint64_t key);

#endif
