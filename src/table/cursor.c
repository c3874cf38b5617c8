/* SPDX-License-Identifier: MIT */
/* A column's cells, one by one and many at a time, from memory or from blocks in a file. */
#include "pages.h"

#include <string.h>

bool reeli_cursor_open(reeli_cursor *it, reel_table *t, size_t column)
{
    const bool f64 = t->dtype == REEL_F64;
    *it = (reeli_cursor){.t = t, .column = column, .count = t->rows, .step = 1, .f64 = f64};
    if (t->matrix) {
        it->cells = (const char *)t->matrix->data + column * reeli_cell_bytes(t);
        it->step = (int64_t)t->columns;
        return true;
    }
    if (t->pages.rows == 0) {
        it->cells = reeli_column_of(t, column)->cells.data;
        return true;
    }
    it->count = 0;
    it->window = reeli_malloc(t->owned.r, reeli_part_bytes(t));
    if (!it->window) {
        reeli_no_memory(t->owned.r, "table");
    }
    return it->window != NULL;
}

void reeli_cursor_close(reeli_cursor *it)
{
    if (it->window) {
        reeli_free(it->t->owned.r, it->window, reeli_part_bytes(it->t));
    }
    it->window = NULL;
}

void reeli_cursor_move(reeli_cursor *it, int64_t row)
{
    const reeli_pages *pages = &it->t->pages;
    if (row >= pages->first && row < it->t->rows) {
        it->cells = reeli_column_of(it->t, it->column)->cells.data;
        it->first = pages->first;
        it->count = it->t->rows - pages->first;
        return;
    }
    int64_t block = row / pages->rows;
    it->cells = it->window;
    it->first = block * pages->rows;
    it->count = pages->rows;
    if (!reeli_pages_read(it->t, it->column, block, it->window)) {
        memset(it->window, 0xff, reeli_part_bytes(it->t));
    }
}

/* How many of `most` rows from `row` on lie behind it at hand, and *place of the first. */
static int64_t rows_at_hand(reeli_cursor *it, int64_t row, int64_t most, int64_t *place)
{
    *place = reeli_cursor_place(it, row);
    const int64_t left = it->first + it->count - row;
    return left < most ? left : most;
}

static void read_run(const reeli_cursor *it, int64_t place, int64_t count, double *to)
{
    const int64_t step = it->step;
    if (it->f64) {
        const double *from = (const double *)(const void *)it->cells + place;
        for (int64_t k = 0; k < count; k++) {
            to[k] = from[k * step];
        }
    } else if (step == 1) {
        const float *from = (const float *)(const void *)it->cells + place;
        for (int64_t k = 0; k < count; k++) {
            to[k] = (double)from[k];
        }
    } else {
        const float *from = (const float *)(const void *)it->cells + place;
        for (int64_t k = 0; k < count; k++) {
            to[k] = (double)from[k * step];
        }
    }
}

void reeli_numbers_read(reeli_cursor *it, reeli_rows rows, const reeli_buffer *order, int64_t begin,
                        int64_t count, double *to)
{
    if (rows.data || order->count) {
        for (int64_t k = 0; k < count; k++) {
            to[k] = reeli_number_at(it, reeli_row(rows, reeli_by_block(order, begin + k)));
        }
        return;
    }
    for (int64_t k = 0, place; k < count;) {
        const int64_t now = rows_at_hand(it, begin + k, count - k, &place);
        read_run(it, place, now, to + k);
        k += now;
    }
}

void reeli_codes_read(reeli_cursor *it, reeli_rows rows, const reeli_buffer *order, int64_t begin,
                      int64_t count, int32_t *to)
{
    for (int64_t k = 0; k < count; k++) {
        to[k] = reeli_code_at(it, reeli_row(rows, reeli_by_block(order, begin + k)));
    }
}
