/* SPDX-License-Identifier: MIT */
/*
 * A block is some megabyte: rows of a power of two, column after column, each cell as large as a
 * number. A column is read through by its parts of the blocks, one after the other. A cell whose
 * column has no kind yet is all ones, which is NaN as a number and -1 as a text.
 */
#include "pages.h"
#include "scratch_file.h"

#include <string.h>

enum { BLOCK_BYTES = 1 << 20, FEWEST_ROWS = 64, MOST_ROWS = 1 << 15 };

static int64_t rows_of_block(const reel_table *t)
{
    size_t row = (t->columns ? t->columns : 1) * reeli_cell_bytes(t);
    int64_t rows = FEWEST_ROWS;
    while (rows < MOST_ROWS && (size_t)rows * 2 * row <= BLOCK_BYTES) {
        rows *= 2;
    }
    return rows;
}

static int64_t place_of(const reel_table *t, size_t column, int64_t block)
{
    int64_t part = (int64_t)reeli_part_bytes(t);
    return t->pages.base + (block * (int64_t)t->columns + (int64_t)column) * part;
}

bool reeli_pages_read(reel_table *t, size_t column, int64_t block, void *to)
{
    return reeli_scratch_read(t->owned.r, "table_read", t->pages.path.data, t->pages.descriptor, to,
                              reeli_part_bytes(t), place_of(t, column, block));
}

bool reeli_pages_write(reel_table *t, size_t column, int64_t block, const void *from)
{
    return reeli_scratch_write(t->owned.r, "table_read", t->pages.path.data, t->pages.descriptor,
                               from, reeli_part_bytes(t), place_of(t, column, block));
}

/* A column's rows from `from` of those in memory, of which a block's worth is taken, as a block in
 * `part`. Texts are smaller than doubles, and what has no kind has no cells. */
static void make_part(const reel_table *t, const reeli_column *c, int64_t from, void *part)
{
    int64_t left = t->rows - t->pages.first - from;
    int64_t count = left < t->pages.rows ? left : t->pages.rows;
    size_t cell = reeli_column_cell(t, c);
    memset(part, 0xff, reeli_part_bytes(t));
    if (c->kind != REELI_UNDECIDED) {
        memcpy(part, (const char *)c->cells.data + (size_t)from * cell, (size_t)count * cell);
    }
}

static bool put_block(reel_table *t, int64_t from, void *part)
{
    int64_t block = (t->pages.first + from) / t->pages.rows;
    for (size_t j = 0; j < t->columns; j++) {
        make_part(t, reeli_column_of(t, j), from, part);
        if (!reeli_pages_write(t, j, block, part)) {
            return false;
        }
    }
    return true;
}

/* Rows from `from` on come to be the first in memory, which has room for a block. */
static bool move_up(reel_table *t, int64_t from)
{
    int64_t left = t->rows - t->pages.first - from;
    for (size_t j = 0; j < t->columns; j++) {
        reeli_column *c = reeli_column_of(t, j);
        size_t cell = reeli_column_cell(t, c);
        if (c->kind == REELI_UNDECIDED) {
            continue;
        }
        if (left > 0 && from > 0) {
            memmove(c->cells.data, (const char *)c->cells.data + (size_t)from * cell,
                    (size_t)left * cell);
        }
        if (!reeli_buffer_reserve(t->owned.r, &c->cells, (size_t)t->pages.rows * cell)) {
            return false;
        }
        reeli_buffer_shrink(t->owned.r, &c->cells, (size_t)t->pages.rows * cell);
    }
    t->pages.first += from;
    return true;
}

/* Whole blocks of what is in memory, or all. */
static bool put(reel_table *t, const char *what, bool all)
{
    reel *r = t->owned.r;
    size_t bytes = reeli_part_bytes(t);
    void *part = reeli_malloc(r, bytes);
    int64_t from = 0, there = t->rows - t->pages.first;
    bool ok = part != NULL;
    while (ok && from < there && (all || there - from >= t->pages.rows)) {
        ok = put_block(t, from, part);
        from += there - from < t->pages.rows ? there - from : t->pages.rows;
    }
    reeli_free(r, part, bytes);
    if (!part || (ok && !move_up(t, from))) {
        reeli_no_memory(r, what);
        return false;
    }
    return ok;
}

bool reeli_pages_begin(reel_table *t, const char *what, int descriptor, int64_t base)
{
    t->pages.descriptor = descriptor;
    t->pages.base = base;
    t->pages.rows = rows_of_block(t);
    return put(t, what, false);
}

bool reeli_pages_put(reel_table *t, const char *what) { return put(t, what, true); }

void reeli_pages_close(reel_table *t)
{
    if (t->pages.rows) {
        reeli_scratch_close(t->pages.descriptor);
    }
    t->pages.rows = 0;
    reeli_buffer_free(t->owned.r, &t->pages.path);
}

bool reeli_pages_name(reel_table *t, const char *what, const char *path)
{
    const size_t size = strlen(path) + 1;
    if (!reeli_buffer_reserve(t->owned.r, &t->pages.path, size)) {
        reeli_no_memory(t->owned.r, what);
        return false;
    }
    memcpy(t->pages.path.data, path, size);
    return true;
}

static bool are_in_order(const reel_table *t, reeli_rows rows)
{
    int64_t before = 0;
    for (int64_t i = 0; rows.data && i < rows.count; i++) {
        int64_t block = reeli_row(rows, i) / t->pages.rows;
        if (block < before) {
            return false;
        }
        before = block;
    }
    return true;
}

bool reeli_rows_by_block(const reel_table *t, const char *what, reeli_rows rows,
                         reeli_buffer *order)
{
    reel *r = t->owned.r;
    order->count = 0;
    if (t->pages.rows == 0 || are_in_order(t, rows)) {
        return true;
    }
    const int64_t blocks = t->rows / t->pages.rows + 1;
    reeli_buffer ends = {NULL, 0, 0};
    if (!reeli_buffer_reserve(r, &ends, ((size_t)blocks + 1) * sizeof(int64_t)) ||
        !reeli_buffer_reserve(r, order, (size_t)rows.count * sizeof(int64_t))) {
        reeli_buffer_free(r, &ends);
        reeli_no_memory(r, what);
        return false;
    }
    int64_t *next = ends.data, *to = order->data;
    memset(next, 0, ((size_t)blocks + 1) * sizeof *next);
    for (int64_t i = 0; i < rows.count; i++) {
        next[reeli_row(rows, i) / t->pages.rows + 1]++;
    }
    for (int64_t b = 0; b < blocks; b++) {
        next[b + 1] += next[b];
    }
    for (int64_t i = 0; i < rows.count; i++) {
        to[next[reeli_row(rows, i) / t->pages.rows]++] = i;
    }
    order->count = (size_t)rows.count;
    reeli_buffer_free(r, &ends);
    return true;
}
