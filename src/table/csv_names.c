/* SPDX-License-Identifier: MIT */
/* The first row: names, or data of columns that have none. */
#include "csv_names.h"
#include "counted.h"
#include "csv_cells.h"
#include "parse_number.h"
#include "utf8.h"

#include <string.h>

enum { FIRST_ROOM = 16, LONGEST_NAME = 256, MOST_REPEATS = 100 };

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
        } else if (!reeli_csv_is_missing(it->options, text, length)) {
            return false;
        }
        text += length + 1;
    }
    return number;
}

/* The k-th column of a name, from 0: "x", "x.1", "x.2"; NULL where that is too long or too much. */
static const char *repeated_name(char text[LONGEST_NAME], const char *name, int k)
{
    if (k == 0) {
        return name;
    }
    int length = snprintf(text, LONGEST_NAME, "%s.%d", name, k);
    return length > 0 && length < LONGEST_NAME && k <= MOST_REPEATS ? text : NULL;
}

/* A name that is there already becomes another one; NULL, and an error, where it cannot. */
static const char *new_name(reeli_csv_reader *it, size_t column, const char *name,
                            char text[LONGEST_NAME], bool silent)
{
    const reeli_text_set *names = &it->table->names;
    int64_t first = reeli_text_set_find(names, name, strlen(name));
    const char *fresh = name;
    for (int k = 1; fresh && reeli_text_set_find(names, fresh, strlen(fresh)) >= 0; k++) {
        fresh = repeated_name(text, name, k);
    }
    if (!fresh) {
        reeli_csv_refuse(it, it->row_line, "column %zu has the name '%s' of column %lld",
                         column + 1, REELI_QUOTED(name), (long long)first + 1);
    } else if (fresh != name && !silent) {
        reeli_warn(it->r,
                   "%s:%lld: column %zu has the name '%s' of column %lld, and is called '%s'",
                   REELI_QUOTED(it->path), (long long)it->row_line, column + 1, REELI_QUOTED(name),
                   (long long)first + 1, REELI_QUOTED(fresh));
    }
    return fresh;
}

static void add_name(reeli_csv_reader *it, size_t column, const char *name, bool silent)
{
    char text[LONGEST_NAME];
    size_t length = strlen(name);
    reeli_text_set *names = &it->table->names;
    if (!reeli_is_utf8(name, length)) {
        reeli_csv_refuse(
            it, it->row_line,
            "column %zu: expected a name in UTF-8, found '%s'; save the file as UTF-8, "
            "or say what its encoding is",
            column + 1, REELI_QUOTED_START(name, length));
        return;
    }
    name = new_name(it, column, name, text, silent);
    if (name && !reeli_text_set_add(it->r, names, name, strlen(name))) {
        reeli_csv_no_memory(it);
    }
}

/* A column that has no name gets its number. */
static void add_names(reeli_csv_reader *it, bool no_header, bool again)
{
    const char *text = it->first.data;
    for (size_t j = 0; !it->failed && j < it->column; j++) {
        char number[32];
        snprintf(number, sizeof number, "%zu", j + 1);
        bool numbered = no_header || text[0] == '\0';
        add_name(it, j, numbered ? number : text, again || numbered);
        if (numbered && !no_header && !again && !it->failed) {
            reeli_warn(it->r, "%s:%lld: column %zu has no name, and is called '%s'",
                       REELI_QUOTED(it->path), (long long)it->row_line, j + 1,
                       reeli_text_at(&it->table->names, j));
        }
        text += strlen(text) + 1;
    }
}

static void fix_as_text(reel_table *t, size_t column)
{
    reeli_column_of(t, column)->kind = REELI_TEXT;
    reeli_column_of(t, column)->fixed = true;
}

/* A mark for each column, which an earlier reading may have made. */
static bool have_marks(reeli_csv_reader *it)
{
    bool there = it->as_text->count == it->column;
    if (!there && reeli_buffer_reserve(it->r, it->as_text, it->column * sizeof(bool))) {
        memset(it->as_text->data, 0, it->column * sizeof(bool));
        it->as_text->count = it->column;
        there = true;
    }
    return there;
}

/* The columns, those that are said to be text with their kind. */
static void add_columns(reeli_csv_reader *it)
{
    reel_table *t = it->table;
    size_t bytes = it->column * sizeof(reeli_column);
    if (!reeli_buffer_reserve(it->r, &t->column, bytes) || !have_marks(it)) {
        reeli_csv_no_memory(it);
        return;
    }
    memset(t->column.data, 0, bytes);
    t->columns = it->column;
    for (size_t i = 0; i < it->options->text_count; i++) {
        const char *name = it->options->text[i];
        int64_t column = reel_table_look_up(t, name);
        if (column < 0) {
            char others[REELI_MESSAGE_SIZE / 2];
            reeli_csv_refuse(it, 0, "there is no column '%s', which is to be text%s",
                             name ? REELI_QUOTED(name) : "NULL",
                             reeli_table_others(others, t, name));
            return;
        }
        fix_as_text(t, (size_t)column);
        reeli_column_of(t, (size_t)column)->named = true;
    }
    for (size_t j = 0; j < t->columns; j++) {
        if (((const bool *)it->as_text->data)[j]) {
            fix_as_text(t, j);
        }
    }
    if (!reeli_csv_reserve(it, FIRST_ROOM)) {
        reeli_csv_no_memory(it);
    }
}

/* The fields once more, as cells. */
static void repeat_as_data(reeli_csv_reader *it)
{
    char *text = it->first.data;
    size_t count = it->column;
    it->line = it->row_line;
    it->column = 0;
    for (size_t j = 0; !it->failed && j < count; j++) {
        size_t length = strlen(text);
        reeli_csv_cell(it, text, length);
        it->column++;
        text += length + 1;
    }
    if (!it->failed) {
        reeli_csv_row_end(it);
    }
}

/* Whether the row is data; said where that had to be found out, in the first reading. */
static bool find_headless(reeli_csv_reader *it, bool again)
{
    bool data = it->options->no_header;
    if (!data && is_data(it)) {
        data = it->options->detect_header;
        if (!again) {
            reeli_warn(it->r, "%s:%lld: the first row has nothing but numbers, and is taken for %s",
                       REELI_QUOTED(it->path), (long long)it->row_line,
                       data ? "data" : "names; if it is data, say that there are no names");
        }
    }
    return data;
}

/* The columns of a file that comes after another. */
static bool match_name(reeli_csv_reader *it, size_t column, const char *name)
{
    char number[32], text[LONGEST_NAME];
    snprintf(number, sizeof number, "%zu", column + 1);
    name = *name ? name : number;
    size_t *order = it->order.data;
    int64_t found = -1;
    bool taken = true;
    for (int k = 0; taken; k++) {
        const char *other = repeated_name(text, name, k);
        found = other ? reel_table_find(it->table, other) : -1;
        taken = false;
        for (size_t j = 0; found >= 0 && j < column; j++) {
            taken = taken || order[j] == (size_t)found;
        }
    }
    if (found < 0) {
        reeli_csv_refuse(it, it->row_line, "'%s' is no column of %s, or comes twice",
                         REELI_QUOTED(name), REELI_QUOTED(it->table->path));
        return false;
    }
    order[column] = (size_t)found;
    return true;
}

static void match_names(reeli_csv_reader *it)
{
    const char *text = it->first.data;
    size_t columns = it->table->columns;
    if (it->column != columns) {
        reeli_csv_refuse(it, it->row_line, "there %s %s, where %s has %zu",
                         reeli_one_or_many((int64_t)it->column, "is", "are"),
                         REELI_COUNTED(it->column, "column"), REELI_QUOTED(it->table->path),
                         columns);
        return;
    }
    if (!reeli_buffer_reserve(it->r, &it->order, (columns + 1) * sizeof(size_t))) {
        reeli_csv_no_memory(it);
        return;
    }
    it->order.count = columns;
    for (size_t j = 0; j < columns && match_name(it, j, text); j++) {
        text += strlen(text) + 1;
    }
}

static void make_columns(reeli_csv_reader *it)
{
    const bool again = it->as_text->count > 0;
    it->headless = find_headless(it, again);
    add_names(it, it->headless, again);
    if (!it->failed) {
        add_columns(it);
    }
    it->named = true;
}

void reeli_csv_names_end(reeli_csv_reader *it)
{
    it->order.count = 0;
    if (!it->named) {
        make_columns(it);
    } else if (!it->headless) {
        match_names(it);
    }
    it->named_here = true;
    if (!it->failed && it->headless) {
        repeat_as_data(it);
    }
    reeli_buffer_free(it->r, &it->first);
}
