/* SPDX-License-Identifier: MIT */
/* Fields and rows on their way to other processes. */
#include "csv_record.h"
#include "csv_cells.h"
#include "pages.h"

#include <string.h>

/* Memory for a mark and what follows it; NULL, and the part has failed. */
static char *add(reeli_csv_reader *it, char mark, size_t size)
{
    reeli_buffer *to = it->record;
    if (to->count + 1 + size > to->bytes && !reeli_buffer_grow(it->r, to, to->count + 1 + size)) {
        reeli_csv_no_memory(it);
        return NULL;
    }
    char *at = (char *)to->data + to->count;
    to->count += 1 + size;
    *at = mark;
    return at + 1;
}

static void record_text(reeli_csv_reader *it, const char *text, size_t length)
{
    const uint32_t size = (uint32_t)length;
    char *to = add(it, REELI_RECORDED_TEXT, sizeof size + length + 1);
    if (to) {
        memcpy(to, &size, sizeof size);
        memcpy(to + sizeof size, text, length + 1);
    }
}

void reeli_csv_record_field(reeli_csv_reader *it, char *text, size_t length)
{
    const reel_table *t = it->table;
    double value;
    if (it->column < t->columns &&
        reeli_csv_is_plain(it, reeli_column_of(t, reeli_csv_column(it)), text, length, &value)) {
        const float single = (float)value;
        const bool doubles = t->dtype == REEL_F64;
        char *to = add(it, REELI_RECORDED_NUMBER, reeli_cell_bytes(t));
        if (to) {
            memcpy(to, doubles ? (const void *)&value : &single, reeli_cell_bytes(t));
        }
    } else {
        record_text(it, text, length);
    }
    it->column++;
}

void reeli_csv_record_row(reeli_csv_reader *it, int c)
{
    add(it, c == '\r' ? REELI_RECORDED_RETURN : REELI_RECORDED_FEED, 0);
    it->column = 0;
}
