/* SPDX-License-Identifier: MIT */
/* A table's life, and its columns as tensors. */
#include "table.h"
#include "capture.h"
#include "near_name.h"
#include "pages.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The matrix is younger than the table, so that a reel that ends has not freed it yet. */
static void destroy(reeli_owned *it)
{
    reel_table *t = (reel_table *)it;
    reeli_pages_close(t);
    for (size_t j = 0; t->column.data && j < t->columns; j++) {
        reeli_buffer_free(it->r, &reeli_column_of(t, j)->cells);
        reeli_text_set_free(it->r, &reeli_column_of(t, j)->texts);
        reeli_buffer_free(it->r, &reeli_column_of(t, j)->odd);
    }
    reeli_text_set_free(it->r, &t->names);
    reeli_buffer_free(it->r, &t->column);
    reeli_buffer_free(it->r, &t->missing);
    reeli_buffer_free(it->r, &t->lines);
    reeli_buffer_free(it->r, &t->files);
    reeli_buffer_free(it->r, &t->paths);
    if (t->matrix) {
        reeli_release(t->matrix);
    }
}

reel_table *reeli_table_new(reel *r, const char *what, const char *path, reel_dtype dtype)
{
    size_t length = strlen(path) + 1;
    reel_table *t = reeli_own(r, "table", sizeof *t + length, destroy);
    if (!t) {
        reeli_no_memory(r, what);
        return NULL;
    }
    t->dtype = dtype;
    memcpy(t->path, path, length);
    return t;
}

const char *reeli_table_text(char text[REELI_TABLE_TEXT], const reel_table *t)
{
    snprintf(text, REELI_TABLE_TEXT, "%s%s", t->path[0] ? REELI_QUOTED(t->path) : "",
             t->path[0] ? ": " : "");
    return text;
}

static const char *name_at(const void *names, size_t i) { return reeli_text_at(names, i); }

const char *reeli_table_others(char text[REELI_MESSAGE_SIZE / 2], const reel_table *t,
                               const char *name)
{
    const size_t size = REELI_MESSAGE_SIZE / 2;
    int64_t near = name ? reeli_nearest_name(name, t->columns, name_at, &t->names) : -1;
    size_t used = 0;
    if (near >= 0) {
        used = (size_t)snprintf(text, size, ", but '%s'",
                                REELI_QUOTED(reeli_text_at(&t->names, (size_t)near)));
    }
    used += (size_t)snprintf(text + used, size - used, "; there are: ");
    for (size_t j = 0; j < t->columns; j++) {
        const char *other = REELI_QUOTED(reeli_text_at(&t->names, j));
        bool fits = used + strlen(other) + sizeof ", , ..." < size;
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", j ? ", " : "", fits ? other : "...");
        if (!fits) {
            break;
        }
    }
    return text;
}

static int64_t there_is_none(const reel_table *t, const char *what, const char *name)
{
    char others[REELI_MESSAGE_SIZE / 2];
    reeli_error(t->owned.r, REEL_ERR_VALUE, "%s: %sthere is no column '%s'%s", what,
                REELI_TABLE_TEXT_OF(t), name ? REELI_QUOTED(name) : "NULL",
                reeli_table_others(others, t, name));
    return -1;
}

int64_t reeli_table_column_named(const reel_table *t, const char *what, const char *name)
{
    int64_t column = reel_table_find(t, name);
    return column >= 0 ? column : there_is_none(t, what, name);
}

int64_t reeli_table_column_meant(const reel_table *t, const char *what, const char *text)
{
    int64_t column = reel_table_look_up(t, text);
    return column >= 0 ? column : there_is_none(t, what, text);
}

static bool refuse_name(const reel_table *t, const char *what, size_t column, const char *name,
                        const char *why)
{
    reeli_error(t->owned.r, REEL_ERR_VALUE, "%s: name %zu, '%s', %s", what, column + 1,
                REELI_QUOTED(name), why);
    return false;
}

static bool add_name(reel_table *t, const char *what, size_t column, const char *name)
{
    char number[32];
    snprintf(number, sizeof number, "%zu", column + 1);
    name = name ? name : number;
    size_t length = strlen(name);
    if (length == 0 || !reeli_is_utf8(name, length)) {
        return refuse_name(t, what, column, name, length ? "is not UTF-8" : "is empty");
    }
    if (reeli_text_set_find(&t->names, name, length) >= 0) {
        return refuse_name(t, what, column, name, "comes twice");
    }
    if (!reeli_text_set_add(t->owned.r, &t->names, name, length)) {
        reeli_no_memory(t->owned.r, what);
        return false;
    }
    return true;
}

/* Counts what is missing; false, and an error, for an infinity. */
static bool count_missing(reel_table *t, const char *what)
{
    int64_t *missing = t->missing.data;
    for (size_t j = 0; j < t->columns; j++) {
        reeli_cursor numbers;
        reeli_cursor_open(&numbers, t, j);
        missing[j] = 0;
        for (int64_t i = 0; i < t->rows; i++) {
            double x = reeli_number_at(&numbers, i);
            missing[j] += isnan(x);
            if (isinf(x)) {
                reeli_error(t->owned.r, REEL_ERR_VALUE,
                            "%s: %srow %lld: column '%s': expected a finite number, found %g", what,
                            REELI_TABLE_TEXT_OF(t), (long long)i + 1,
                            REELI_QUOTED(reeli_text_at(&t->names, j)), x);
                return false;
            }
        }
    }
    return true;
}

bool reeli_table_fill(reel_table *t, const char *what, reel_tensor *matrix,
                      const char *const *names)
{
    t->matrix = matrix;
    t->rows = matrix->size[0];
    t->columns = (size_t)matrix->size[1];
    if (!reeli_buffer_reserve(t->owned.r, &t->missing, (t->columns + 1) * sizeof(int64_t))) {
        reeli_no_memory(t->owned.r, what);
        return false;
    }
    for (size_t j = 0; j < t->columns; j++) {
        if (names && !names[j]) {
            return refuse_name(t, what, j, "NULL", "is none");
        }
        if (!add_name(t, what, j, names ? names[j] : NULL)) {
            return false;
        }
    }
    return count_missing(t, what);
}

reel_table *reel_table_from_tensor(reel *r, reel_tensor *x, const char *const *names)
{
    static const char what[] = "table_from_tensor";
    if (!r || !reeli_usable_as(r, what, "its argument", x) ||
        REELI_REFUSE(r, what, "a table cannot be made")) {
        return NULL;
    }
    if (x->ndim != 2) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: expected a matrix (rows, columns), got shape %s", what,
                    REELI_SHAPE_OF(x));
        return NULL;
    }
    if (!reeli_is_float(x->dtype)) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: expected floats, got %s", what,
                    reel_dtype_name((reel_dtype)x->dtype));
        return NULL;
    }
    reel_table *t = reeli_table_new(r, what, "", (reel_dtype)x->dtype);
    reel_tensor *matrix = t ? reel_keep(x) : NULL;
    if (t && (reeli_bad(matrix) || !reeli_table_fill(t, what, matrix, names))) {
        reel_table_free(t);
        return NULL;
    }
    return t;
}

int64_t reel_table_rows(const reel_table *t) { return REELI_ALIVE(t, "table_rows") ? t->rows : 0; }

size_t reel_table_columns(const reel_table *t)
{
    return REELI_ALIVE(t, "table_columns") ? t->columns : 0;
}

reel_dtype reel_table_dtype(const reel_table *t)
{
    return REELI_ALIVE(t, "table_dtype") ? t->dtype : REEL_F32;
}

const char *reel_table_path(const reel_table *t)
{
    return REELI_ALIVE(t, "table_path") ? t->path : "";
}

uint64_t reel_table_hash(const reel_table *t) { return REELI_ALIVE(t, "table_hash") ? t->hash : 0; }

const char *reel_table_name(const reel_table *t, size_t column)
{
    return REELI_ALIVE(t, "table_name") && column < t->columns ? reeli_text_at(&t->names, column)
                                                               : NULL;
}

int64_t reel_table_find(const reel_table *t, const char *name)
{
    return REELI_ALIVE(t, "table_find") && name ? reeli_text_set_find(&t->names, name, strlen(name))
                                                : -1;
}

int64_t reel_table_look_up(const reel_table *t, const char *text)
{
    int64_t column = reel_table_find(t, text);
    if (column >= 0 || !text || !t || text[0] < '1' || text[0] > '9') {
        return column;
    }
    char *end;
    long long number = strtoll(text, &end, 10);
    return *end == '\0' && (unsigned long long)number <= t->columns ? number - 1 : -1;
}

bool reel_table_is_text(const reel_table *t, size_t column)
{
    return REELI_ALIVE(t, "table_is_text") && !t->matrix && column < t->columns &&
           reeli_column_of(t, column)->kind == REELI_TEXT;
}

int64_t reel_table_missing(const reel_table *t, size_t column)
{
    if (!REELI_ALIVE(t, "table_missing") || column >= t->columns) {
        return 0;
    }
    return t->matrix ? ((const int64_t *)t->missing.data)[column]
                     : reeli_column_of(t, column)->missing;
}

size_t reel_table_categories(const reel_table *t, size_t column)
{
    return reel_table_is_text(t, column) ? reeli_text_count(&reeli_column_of(t, column)->texts) : 0;
}

const char *reel_table_category(const reel_table *t, size_t column, size_t i)
{
    return i < reel_table_categories(t, column)
               ? reeli_text_at(&reeli_column_of(t, column)->texts, i)
               : NULL;
}

/* The last entry at or before the row says how far its line is. */
int64_t reel_table_line(const reel_table *t, int64_t row)
{
    const reeli_line first = {0}, *lines = &first;
    size_t low = 0, high = 1;
    int64_t line;
    if (t && !REELI_ALIVE(t, "table_line")) {
        return 0;
    }
    if (t && t->lines.count) {
        lines = t->lines.data;
        high = t->lines.count;
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(lines[middle].row <= row ? &low : &high) = middle;
    }
    const int64_t begin = lines == &first ? 1 : lines[low].line;
    return row >= 0 && reeli_add(begin, row - lines[low].row, &line) ? line : 0;
}

const char *reel_table_row_path(const reel_table *t, int64_t row)
{
    if (!REELI_ALIVE(t, "table_row_path")) {
        return "";
    }
    const reeli_table_file *files = t->files.data;
    const char *path = t->path;
    for (size_t i = 0; i < t->files.count && files[i].row <= row; i++) {
        path = (const char *)t->paths.data + files[i].path;
    }
    return path;
}

static bool has_column(const reel_table *t, const char *what, size_t column)
{
    if (column >= t->columns) {
        reeli_error(t->owned.r, REEL_ERR_VALUE, "%s: there is no column %zu among %zu", what,
                    column, t->columns);
    }
    return column < t->columns;
}

/* Column i[0] of the table `more`. */
static bool fill_column(const reeli_args *a)
{
    reel_table *t = a->more;
    const size_t column = (size_t)a->i[0];
    reel_tensor *to = a->t[0];
    reeli_cursor cells;
    bool ok = reeli_cursor_open(&cells, t, column), text = reel_table_is_text(t, column);
    for (int64_t i = 0; ok && i < t->rows; i++) {
        if (text) {
            ((int64_t *)to->data)[i] = reeli_code_at(&cells, i);
        } else {
            reeli_store(to, i, reeli_number_at(&cells, i));
        }
    }
    reeli_cursor_close(&cells);
    return ok && t->owned.r->status == REEL_OK;
}

reel_tensor *reel_table_column(reel_table *t, size_t column)
{
    static const char what[] = "table_column";
    if (!REELI_ALIVE(t, what) || !has_column(t, what, column)) {
        return t ? t->owned.r->poison : NULL;
    }
    reel *r = t->owned.r;
    const bool text = reel_table_is_text(t, column);
    reel_tensor *to = reeli_empty(r, what, (int)(text ? REEL_I64 : t->dtype), 1, &t->rows);
    if (reeli_bad(to)) {
        return to;
    }
    if (r->capture && !reeli_capture_use(r, &t->owned)) {
        return r->poison;
    }
    const reeli_args args = {.r = r, .t = {to}, .more = t, .i = {(int64_t)column}};
    return reeli_do(fill_column, &args) ? to : r->poison;
}

reel_status reel_table_read_column(reel_table *t, size_t column, int64_t first, int64_t count,
                                   double *to)
{
    static const char what[] = "table_read_column";
    if (!REELI_ALIVE(t, what)) {
        return REEL_ERR_OWNER;
    }
    reel *r = t->owned.r;
    if (!has_column(t, what, column) || REELI_REFUSE(r, what, "a table cannot be read")) {
        return reeli_failure(r);
    }
    if (!to || first < 0 || count < 0 || first > t->rows || count > t->rows - first) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: %lld rows from row %lld on, of %lld, into %s",
                           what, (long long)count, (long long)first, (long long)t->rows,
                           to ? "memory" : "NULL");
    }
    reeli_cursor cells;
    const bool text = reel_table_is_text(t, column);
    const bool ok = reeli_cursor_open(&cells, t, column);
    for (int64_t i = 0; ok && i < count; i++) {
        to[i] = text ? reeli_code_at(&cells, first + i) : reeli_number_at(&cells, first + i);
    }
    reeli_cursor_close(&cells);
    return ok ? r->status : reeli_failure(r);
}

/* The rows that have a value, in their order; false, and an error. */
static bool find_present(reel_table *t, size_t column, int64_t *rows)
{
    reeli_cursor cells;
    bool ok = reeli_cursor_open(&cells, t, column), text = reel_table_is_text(t, column);
    for (int64_t i = 0, n = 0; ok && i < t->rows; i++) {
        if (text ? reeli_code_at(&cells, i) >= 0 : !isnan(reeli_number_at(&cells, i))) {
            rows[n++] = i;
        }
    }
    reeli_cursor_close(&cells);
    return ok && t->owned.r->status == REEL_OK;
}

reel_tensor *reel_table_present_rows(reel_table *t, size_t column)
{
    static const char what[] = "table_present_rows";
    if (!REELI_ALIVE(t, what) || !has_column(t, what, column) ||
        REELI_REFUSE(t->owned.r, what, "rows cannot be looked for")) {
        return t ? t->owned.r->poison : NULL;
    }
    int64_t count = t->rows - reel_table_missing(t, column);
    reel_tensor *result = reeli_create(t->owned.r, what, REEL_I64, 1, &count);
    if (!reeli_bad(result) && !find_present(t, column, result->data)) {
        reel_tensor_free(result);
        result = t->owned.r->poison;
    }
    return result;
}

void reel_table_free(reel_table *t)
{
    if (REELI_ALIVE(t, "table_free")) {
        reeli_free_handle(&t->owned, "table_free");
    }
}
