/* SPDX-License-Identifier: MIT */
/* The first row: names, or data of columns that have none. */
#include "csv_names.h"
#include "csv_cells.h"
#include "parse_number.h"
#include "utf8.h"

#include <string.h>

enum { FIRST_ROOM = 16 };

void reeli_csv_name(reeli_csv_reader *it, const char *text, size_t length)
{
    it->line += reeli_csv_breaks(text, length);
    if (!reeli_buffer_grow(it->r, &it->first, it->first.count + length + 1)) {
        reeli_csv_no_memory(it);
        return;
    }
    memcpy((char *)it->first.data + it->first.count, text, length + 1);
    it->first.count += length + 1;
}

/* Whether there are numbers in the first row, and nothing else but what may be missing. */
static bool is_data(const reeli_csv_reader *it)
{
    bool number = false;
    char *text = it->first.data;
    for (size_t j = 0; j < it->column; j++) {
        size_t length = strlen(text);
        double value;
        if (reeli_read_number(text, length, it->decimal, &value) == REELI_A_NUMBER) {
            number = true;
        } else if (!reeli_csv_is_missing(text, length)) {
            return false;
        }
        text += length + 1;
    }
    return number;
}

static void add_name(reeli_csv_reader *it, size_t column, const char *name)
{
    size_t length = strlen(name);
    reeli_text_set *names = &it->table->names;
    int64_t first = reeli_text_set_find(names, name, length);
    if (!reeli_is_utf8(name, length)) {
        reeli_csv_refuse(it, it->row_line,
                         "column %zu: expected a name in UTF-8, found '%s'; save the file as UTF-8",
                         column + 1, REELI_QUOTED_START(name, length));
    } else if (first >= 0) {
        reeli_csv_refuse(it, it->row_line, "column %zu has the name '%s' of column %lld",
                         column + 1, REELI_QUOTED(name), (long long)first + 1);
    } else if (!reeli_text_set_add(it->r, names, name, length)) {
        reeli_csv_no_memory(it);
    }
}

/* A column that has no name gets its number. */
static void add_names(reeli_csv_reader *it, bool no_header)
{
    const char *text = it->first.data;
    for (size_t j = 0; !it->failed && j < it->column; j++) {
        char number[32];
        snprintf(number, sizeof number, "%zu", j + 1);
        bool numbered = no_header || text[0] == '\0';
        add_name(it, j, numbered ? number : text);
        if (numbered && !no_header && !it->failed) {
            reeli_warn(it->r, "%s:%lld: column %zu has no name, and is called '%s'",
                       REELI_QUOTED(it->table->path), (long long)it->row_line, j + 1, number);
        }
        text += strlen(text) + 1;
    }
}

/* The columns, those that are said to be text with their kind. */
static void add_columns(reeli_csv_reader *it)
{
    reel_table *t = it->table;
    size_t bytes = it->column * sizeof(reeli_column);
    if (!reeli_buffer_reserve(it->r, &t->column, bytes)) {
        reeli_csv_no_memory(it);
        return;
    }
    memset(t->column.data, 0, bytes);
    t->columns = it->column;
    for (size_t i = 0; i < it->options->text_count; i++) {
        const char *name = it->options->text[i];
        int64_t column = reel_table_find(t, name);
        if (column < 0) {
            reeli_csv_refuse(it, 0, "there is no column '%s', which is to be text",
                             name ? REELI_QUOTED(name) : "NULL");
            return;
        }
        reeli_column_of(t, (size_t)column)->kind = REELI_TEXT;
    }
    if (!reeli_csv_reserve(it, FIRST_ROOM)) {
        reeli_csv_no_memory(it);
    }
}

/* The fields once more, as cells. */
static void repeat_as_data(reeli_csv_reader *it)
{
    char *text = it->first.data;
    it->line = it->row_line;
    it->column = 0;
    for (size_t j = 0; !it->failed && j < it->table->columns; j++) {
        size_t length = strlen(text);
        reeli_csv_cell(it, text, length);
        it->column++;
        text += length + 1;
    }
    if (!it->failed) {
        reeli_csv_row_end(it);
    }
}

void reeli_csv_names_end(reeli_csv_reader *it)
{
    bool data = it->options->no_header;
    if (!data && is_data(it)) {
        data = it->options->detect_header;
        reeli_warn(it->r, "%s:%lld: the first row has nothing but numbers, and is taken for %s",
                   REELI_QUOTED(it->table->path), (long long)it->row_line,
                   data ? "data" : "names; if it is data, say that there are no names");
    }
    add_names(it, data);
    if (!it->failed) {
        add_columns(it);
    }
    it->named = true;
    if (!it->failed && data) {
        repeat_as_data(it);
    }
    reeli_buffer_free(it->r, &it->first);
}
