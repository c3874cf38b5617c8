/* SPDX-License-Identifier: MIT */
/* A table as it was read, kept in a file for the next time; and so far as it was read. */
#ifndef REELI_TABLE_CACHE_H
#define REELI_TABLE_CACHE_H

#include "csv_reader.h"
#include "output_target.h"

/* What the files and the options are, by which a kept table is known to be theirs. */
uint64_t reeli_cache_key(const char *const *paths, size_t count, const reel_table_options *options);

/* The table that is kept; NULL: there is none, it is another one's or damaged, and *ours says
 * whether the file may be replaced; or an error. */
reel_table *reeli_cache_open(reel *r, const char *name, const reel_table_options *options,
                             uint64_t key, bool *ours);

enum { REELI_NOTED = 5 };

/* A table that is kept while it is read: by one process of a machine, if several read it. */
typedef struct reeli_keeping {
    reel *r;
    const reel_table_options *options;
    uint64_t key;
    reeli_target target;
    bool holds;              /* this process is the one */
    int descriptor;          /* of the file, until it is the table's; -1 */
    bool goes_on;            /* from where another reading was interrupted */
    int64_t at[REELI_NOTED]; /* which is there */
    reeli_short_rows short_rows;
    reeli_buffer order; /* of the reader */
    uint64_t checksum;  /* of the first blocks, */
    int64_t checked;    /* so many */
    int64_t noted;      /* bytes of text that had been read when it was noted last */
} reeli_keeping;

/* False, and an error, if the file cannot be. It is to be closed either way. */
bool reeli_keep_begin(reeli_keeping *k, reel *r, const reel_table_options *options, uint64_t key);
/* Fills an empty table with what another reading has noted; false if there is nothing of use, and
 * the table, which has something of it, is to be freed. */
bool reeli_keep_go_on(reeli_keeping *k, reel_table *t, reeli_buffer *as_text);
/* Then after how many bytes of the last file's text; and the reader's state. */
int64_t reeli_keep_taken(const reeli_keeping *k);
void reeli_keep_restore(reeli_keeping *k, reeli_csv_reader *it);
/* From the first file's first row; false, and an error. */
bool reeli_keep_anew(reeli_keeping *k);
/* Where an empty table's blocks go; false, and an error. */
bool reeli_keep_pages(reeli_keeping *k, reel_table *t);
/* Whether it is time for a note when so many more bytes have been read; makes one, between two
 * rows, after so many bytes of the file. False, and an error. */
bool reeli_keep_is_due(const reeli_csv_reader *it, int64_t bytes);
bool reeli_keep_note(reeli_csv_reader *it, int64_t taken);
/* The table is whole; false, and an error. */
bool reeli_keep_end(reeli_keeping *k, reel_table *t);
void reeli_keep_close(reeli_keeping *k);

#endif
