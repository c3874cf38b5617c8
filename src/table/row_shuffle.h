/* SPDX-License-Identifier: MIT */
/* Where each row of a file goes, told in any order and asked for in the rows' own. */
#ifndef REELI_ROW_SHUFFLE_H
#define REELI_ROW_SHUFFLE_H

#include "row_parts.h"

enum { REELI_NOWHERE = -1 }; /* as a uint32_t */

/* The rows are cut into blocks. Where there are several, rows and places go to the order's file,
 * each to its block's part, and one block's places at a time are in memory. */
typedef struct reeli_row_places {
    int64_t block_rows;
    uint32_t *where;       /* the place of each row of a block */
    reeli_row_parts pairs; /* rows and their places, by block; of one block none */
} reeli_row_places;

/* How many rows are read of the list. */
int64_t reeli_row_list_count(const reeli_row_list *list);
/* Finds where rows go, by what is given of *p. `work` has `bytes` for that, and the order's file
 * room from `base` on. False, and an error; p->pairs is to be freed either way. */
bool reeli_row_places_find(reel_row_file *f, reeli_row_places *p, const reeli_row_list *list,
                           void *work, int64_t bytes, int64_t base);
/* Has the block that begins with row `first` in p->where; false, and an error. */
bool reeli_row_places_look(reeli_row_places *p, int64_t first);

#endif
