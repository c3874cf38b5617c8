/* SPDX-License-Identifier: MIT */
/* Cells in a scratch file, for tables that memory does not hold. */
#ifndef REELI_PAGES_H
#define REELI_PAGES_H

#include "encoder.h"

/* Bytes of a cell, whatever is in it. */
static inline size_t reeli_cell_bytes(const reel_table *t)
{
    return t->dtype == REEL_F64 ? sizeof(double) : sizeof(float);
}

/* Bytes of a column's cells of a block. */
static inline size_t reeli_part_bytes(const reel_table *t)
{
    return (size_t)t->pages.rows * reeli_cell_bytes(t);
}

/* Bytes of a column's cell in memory: of a text it is its code. */
static inline size_t reeli_column_cell(const reel_table *t, const reeli_column *c)
{
    return c->kind == REELI_NUMBERS ? reeli_cell_bytes(t) : sizeof(int32_t);
}

/* From now on blocks of cells go to a file, from `base` on; those that there are, too. The rows
 * that are left have room for a block. False, and an error. */
bool reeli_pages_begin(reel_table *t, const char *what, int descriptor, int64_t base);
/* Writes the block that is in memory, whole or not, and begins the next; false, and an error. */
bool reeli_pages_put(reel_table *t, const char *what);
/* A column's cells of a block that was written; false, and an error. */
bool reeli_pages_read(reel_table *t, size_t column, int64_t block, void *to);
bool reeli_pages_write(reel_table *t, size_t column, int64_t block, const void *from);
void reeli_pages_close(reel_table *t);
/* Says what the file is called; false, and an error, if memory is out. */
bool reeli_pages_name(reel_table *t, const char *what, const char *path);

/* The places of `rows` in the order of their blocks, so that each block is read once; none, where
 * they can be read as they come. False, and an error, if memory is out. */
bool reeli_rows_by_block(const reel_table *t, const char *what, reeli_rows rows,
                         reeli_buffer *order);
static inline int64_t reeli_by_block(const reeli_buffer *order, int64_t i)
{
    return order->count ? ((const int64_t *)order->data)[i] : i;
}

/* Of the rows that are looked at as numbers `begin`, `begin` + 1, …: their numbers, their codes. */
void reeli_numbers_read(reeli_cursor *it, reeli_rows rows, const reeli_buffer *order, int64_t begin,
                        int64_t count, double *to);
void reeli_codes_read(reeli_cursor *it, reeli_rows rows, const reeli_buffer *order, int64_t begin,
                      int64_t count, int32_t *to);

#endif
