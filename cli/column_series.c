/* SPDX-License-Identifier: MIT */
/* Rows are looked up in a block of the column, which is read once if they ascend. */
#include "column_series.h"

enum { BLOCK = 4096 };

int64_t rows_count(const reel_table *table, const reel_tensor *rows)
{
    return rows ? reel_numel(rows) : reel_table_rows(table);
}

reel_tensor *rows_part(session *s, reel_tensor *rows, int64_t first, int64_t count)
{
    reel_tensor *part =
        rows ? reel_narrow(rows, 0, first, count)
             : reel_arange(s->r, REEL_I64, (double)first, (double)(first + count), 1);
    reel_tensor *kept = reel_keep(part);
    reel_tensor_free(part);
    return kept;
}

bool rows_list(session *s, const reel_table *table, reel_tensor **rows)
{
    if (!*rows) {
        *rows = rows_part(s, NULL, 0, reel_table_rows(table));
    }
    return !reel_is_poison(*rows);
}

int64_t rows_at(reel_tensor *rows, int64_t i) { return rows ? reel_data_i64(rows)[i] : i; }

/* A column and the block of it that was read last. */
typedef struct block {
    reel_table *table;
    size_t column;
    int64_t first, held;
    double values[BLOCK];
} block;

static bool hold(block *it, int64_t row)
{
    if (row >= it->first && row < it->first + it->held) {
        return true;
    }
    const int64_t left = reel_table_rows(it->table) - row;
    it->first = row;
    it->held = left < BLOCK ? left : BLOCK;
    return reel_table_read_column(it->table, it->column, row, it->held, it->values) == REEL_OK;
}

static bool put(series *to, block *from, reel_tensor *rows)
{
    bool done = true;
    for (int64_t i = 0, count; done && i < to->n; i += count) {
        double values[BLOCK];
        for (count = 0; done && count < BLOCK && i + count < to->n; count++) {
            const int64_t row = rows_at(rows, i + count);
            done = hold(from, row);
            values[count] = from->values[row - from->first];
        }
        done = done && series_put(to, i, count, values);
    }
    return done;
}

series *column_series(session *s, reel_table *table, size_t column, reel_tensor *rows)
{
    series *it = series_new(s, rows_count(table, rows), 1);
    block from = {.table = table, .column = column};
    if (it && !put(it, &from, rows)) {
        series_free(it);
        it = NULL;
    }
    return it;
}
