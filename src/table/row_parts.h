/* SPDX-License-Identifier: MIT */
/* Records that go to parts of the order's file, each part's one after the other, written and read
 * in long pieces. */
#ifndef REELI_ROW_PARTS_H
#define REELI_ROW_PARTS_H

#include "row_file.h"

/* Opens the file, if it is not open, makes memory for counting, and divides `bytes` from p->memory
 * on among the parts, which are empty; false, and an error. */
bool reeli_row_parts_begin(reeli_row_parts *p, int64_t bytes);
/* Room for a part's next record; NULL, and an error. */
void *reeli_row_parts_add(reeli_row_parts *p, int64_t part);
/* Writes what memory has of a part, or of all; false, and an error. */
bool reeli_row_parts_put(reeli_row_parts *p, int64_t part);
bool reeli_row_parts_put_all(reeli_row_parts *p);
/* Reads records `first` to `end` - 1, or as many of them as a piece holds, to the order's piece.
 * Returns how many; 0, and an error. */
int64_t reeli_row_parts_get(const reeli_row_parts *p, int64_t first, int64_t end);
/* Frees what counts. */
void reeli_row_parts_free(reeli_row_parts *p);

/* Records an error about a number, or that memory is out; false. */
bool reeli_row_order_refuse(reel_row_file *f, const char *before, int64_t number,
                            const char *after);
bool reeli_row_order_no_memory(reel_row_file *f);

#endif
