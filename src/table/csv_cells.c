/* SPDX-License-Identifier: MIT */
/* The cells: what is read a hundred million times is the start of reeli_csv_cell. */
#include "csv_cells.h"
#include "counted.h"
#include "csv_kinds.h"
#include "pages.h"
#include "scratch_file.h"
#include "table_cache.h"
#include "utf8.h"

#include <math.h>
#include <string.h>

bool reeli_csv_is_missing(const reel_table_options *o, const char *text, size_t length)
{
    static const char *const words[] = {"NA",     "N/A",   "n/a",   "#N/A",    "<NA>",    "NaN",
                                        "nan",    "-NaN",  "-nan",  "NaT",     "null",    "NULL",
                                        "None",   "?",     "\\N",   "#DIV/0!", "#VALUE!", "#REF!",
                                        "#NAME?", "#NUM!", "#NULL!"};
    enum { LONGEST = 7 };
    if (length == 0) {
        return true;
    }
    for (size_t i = 0; length <= LONGEST && i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], text) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < o->missing_count; i++) {
        if (strcmp(o->missing[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static size_t cell_size(const reel_table *t, const reeli_column *c)
{
    return c->kind == REELI_NUMBERS && t->dtype == REEL_F64 ? sizeof(double) : sizeof(float);
}

/* Where the row that is being read lies in memory. */
static inline int64_t next_place(const reel_table *t) { return t->rows - t->pages.first; }

static inline void put_number(const reel_table *t, reeli_column *c, int64_t place, double x)
{
    if (t->dtype == REEL_F64) {
        ((double *)c->cells.data)[place] = x;
    } else {
        ((float *)c->cells.data)[place] = (float)x;
    }
}

static void put_missing(reel_table *t, reeli_column *c, int64_t place)
{
    if (c->kind == REELI_NUMBERS) {
        put_number(t, c, place, (double)NAN);
    } else if (c->kind == REELI_TEXT) {
        ((int32_t *)c->cells.data)[place] = -1;
    }
}

/* Gives a column its kind, and memory in which all rows so far are missing. */
static bool decide(reeli_csv_reader *it, reeli_column *c, reeli_kind kind)
{
    c->kind = (uint8_t)kind;
    if (!reeli_buffer_reserve(it->r, &c->cells, (size_t)it->room * cell_size(it->table, c))) {
        c->kind = REELI_UNDECIDED;
        reeli_csv_no_memory(it);
        return false;
    }
    for (int64_t i = 0; i < next_place(it->table); i++) {
        put_missing(it->table, c, i);
    }
    return true;
}

bool reeli_csv_reserve(reeli_csv_reader *it, int64_t rows)
{
    int64_t bytes;
    if (!reeli_multiply(rows, (int64_t)sizeof(double), &bytes)) {
        return false;
    }
    for (size_t j = 0; j < it->table->columns; j++) {
        reeli_column *c = reeli_column_of(it->table, j);
        if (c->kind != REELI_UNDECIDED &&
            !reeli_buffer_reserve(it->r, &c->cells, (size_t)rows * cell_size(it->table, c))) {
            return false;
        }
    }
    it->room = rows;
    return true;
}

static const char *column_name(const reeli_csv_reader *it)
{
    return reeli_text_at(&it->table->names, reeli_csv_column(it));
}

static void put_text(reeli_csv_reader *it, reeli_column *c, const char *text, size_t length)
{
    int64_t code = reeli_text_set_find(&c->texts, text, length);
    if (code < 0) {
        if (!reeli_is_utf8(text, length)) {
            reeli_csv_refuse(it, it->line,
                             "column '%s': expected UTF-8, found '%s'; save the file as UTF-8, or "
                             "say what its encoding is",
                             REELI_QUOTED(column_name(it)), REELI_QUOTED_START(text, length));
            return;
        }
        code = (int64_t)reeli_text_count(&c->texts);
        if (!reeli_text_set_add(it->r, &c->texts, text, length)) {
            reeli_csv_no_memory(it);
            return;
        }
    }
    ((int32_t *)c->cells.data)[next_place(it->table)] = (int32_t)code;
}

/* The first value of a column says what it is taken for until more is known. */
static bool first_value(reeli_csv_reader *it, reeli_column *c, char *text, size_t length)
{
    double value;
    reeli_reading what = reeli_csv_number(it, text, length, &value);
    bool text_yet = what == REELI_NOT_A_NUMBER || reeli_csv_is_date(it->options, text);
    return decide(it, c, text_yet ? REELI_TEXT : REELI_NUMBERS);
}

/* A value of a column of numbers that is no plain one. */
static void put_odd_number(reeli_csv_reader *it, reeli_column *c, char *text, size_t length)
{
    double value = 0;
    reeli_reading what = reeli_csv_number(it, text, length, &value);
    if (what == REELI_NO_LOCALE) {
        reeli_csv_no_memory(it);
        return;
    }
    bool number = what == REELI_A_NUMBER;
    c->missing += !number;
    put_number(it->table, c, next_place(it->table), number ? value : (double)NAN);
    reeli_csv_note(it, c, text, length, it->table->rows, number, value);
}

/* Without the spaces and line breaks that quotes have kept. */
static char *trimmed(char *text, size_t *length)
{
    static const char spaces[] = " \t\r\n";
    while (*length && memchr(spaces, text[*length - 1], sizeof spaces - 1)) {
        --*length;
    }
    text[*length] = '\0';
    size_t before = strspn(text, spaces);
    *length -= before;
    return text + before;
}

/* All that is not a plain number in a column of numbers. */
static void put_other(reeli_csv_reader *it, reeli_column *c, char *text, size_t length)
{
    int64_t breaks = reeli_csv_breaks(text, length);
    text = trimmed(text, &length);
    if (reeli_csv_is_missing(it->options, text, length)) {
        put_missing(it->table, c, next_place(it->table));
        c->missing++;
    } else if (c->kind != REELI_UNDECIDED || first_value(it, c, text, length)) {
        if (c->kind == REELI_TEXT) {
            put_text(it, c, text, length);
        } else {
            put_odd_number(it, c, text, length);
        }
    }
    it->line += breaks;
}

bool reeli_csv_is_plain(const reeli_csv_reader *it, const reeli_column *c, char *text,
                        size_t length, double *value)
{
    bool zero_first = text[0] == '0' && text[1] >= '0' && text[1] <= '9';
    return c->kind == REELI_NUMBERS && length > 0 && !zero_first &&
           reeli_read_number(text, length, it->decimal, value) == REELI_A_NUMBER &&
           fabs(*value) < 0x1p53;
}

void reeli_csv_put(reel_table *t, size_t column, const char *number)
{
    const size_t cell = reeli_cell_bytes(t);
    memcpy((char *)reeli_column_of(t, column)->cells.data + (size_t)next_place(t) * cell, number,
           cell);
}

void reeli_csv_cell(reeli_csv_reader *it, char *text, size_t length)
{
    reel_table *t = it->table;
    if (it->column >= t->columns) { /* the row's end will tell */
        it->line += reeli_csv_breaks(text, length);
        return;
    }
    reeli_column *c = reeli_column_of(t, reeli_csv_column(it));
    double value;
    if (reeli_csv_is_plain(it, c, text, length, &value)) {
        put_number(t, c, next_place(t), value);
        return;
    }
    put_other(it, c, text, length);
}

bool reeli_csv_fits(const reeli_csv_reader *it, double rows)
{
    if (it->options->cache) {
        return false; /* it is kept as it lies in a file */
    }
    const double bytes = (double)it->options->memory, columns = (double)it->table->columns;
    return bytes == 0 || rows * columns * (double)reeli_cell_bytes(it->table) <= bytes;
}

bool reeli_csv_to_pages(reeli_csv_reader *it)
{
    reel_table *t = it->table;
    bool done = t->pages.rows > 0;
    if (!done && it->keeping) {
        done = reeli_keep_pages(it->keeping, t);
    } else if (!done) {
        int fd = reeli_scratch_open(it->r, "table_read", NULL);
        done = fd >= 0 && reeli_pages_begin(t, "table_read", fd, 0);
    }
    it->room = t->pages.rows;
    return done;
}

/* For more rows: more memory, or a file. */
static bool make_room(reeli_csv_reader *it)
{
    int64_t more = it->room + it->room / 2;
    if (it->table->pages.rows) {
        return reeli_pages_put(it->table, "table_read");
    }
    if (!reeli_csv_fits(it, (double)more)) {
        return reeli_csv_to_pages(it);
    }
    if (!reeli_csv_reserve(it, more)) {
        reeli_csv_no_memory(it);
    }
    return !it->failed;
}

/* More fields than columns: where no row was like the first one, that may be none of the table. */
static void refuse_fields(reeli_csv_reader *it)
{
    const reel_table *t = it->table;
    const char by[] = {it->parser.delim_char == '\t' ? 't' : (char)it->parser.delim_char, '\0'};
    reeli_csv_refuse(it, it->row_line,
                     "expected %s, as the first row has, found %zu (the separator is "
                     "'%s%s')%s",
                     REELI_COUNTED(t->columns, "field"), it->column,
                     it->parser.delim_char == '\t' ? "\\" : "", by,
                     t->rows == it->short_rows.count
                         ? "; if the table begins further down, say how many lines to skip"
                         : "");
}

/* The fields that a short row has not are missing. */
static void fill_row(reeli_csv_reader *it)
{
    if (it->short_rows.count++ == 0) {
        it->short_rows.first = it->table->rows;
        it->short_rows.fields = (int64_t)it->column;
    }
    for (; it->column < it->table->columns; it->column++) {
        reeli_column *c = reeli_column_of(it->table, reeli_csv_column(it));
        put_missing(it->table, c, next_place(it->table));
        c->missing++;
    }
}

void reeli_csv_row_end(reeli_csv_reader *it)
{
    reel_table *t = it->table;
    if (it->column > t->columns) {
        refuse_fields(it);
        return;
    }
    if (it->column < t->columns) {
        fill_row(it);
    }
    if (t->lines.count == 0 || reel_table_line(t, t->rows) != it->row_line) {
        reeli_line *line = reeli_buffer_add(it->r, &t->lines, sizeof *line);
        if (!line) {
            reeli_csv_no_memory(it);
            return;
        }
        *line = (reeli_line){t->rows, it->row_line};
    }
    t->rows++;
    if (next_place(t) == it->room && !make_room(it)) {
        it->failed = true;
    }
}

static void finish_pages(reeli_csv_reader *it)
{
    reel_table *t = it->table;
    it->failed = it->failed || !reeli_pages_put(t, "table_read");
    for (size_t j = 0; j < t->columns; j++) {
        reeli_column *c = reeli_column_of(t, j);
        c->kind = c->kind == REELI_UNDECIDED ? REELI_NUMBERS : c->kind;
        reeli_buffer_free(it->r, &c->cells);
    }
}

void reeli_csv_finish(reeli_csv_reader *it)
{
    reel_table *t = it->table;
    if (t->pages.rows || it->options->cache) {
        it->failed = it->failed || !reeli_csv_to_pages(it);
        finish_pages(it);
        return;
    }
    it->room = t->rows > 0 ? t->rows : 1;
    for (size_t j = 0; !it->failed && j < t->columns; j++) {
        reeli_column *c = reeli_column_of(t, j);
        if (c->kind == REELI_UNDECIDED) {
            decide(it, c, REELI_NUMBERS);
        }
        reeli_buffer_shrink(it->r, &c->cells, (size_t)it->room * cell_size(t, c));
    }
}
