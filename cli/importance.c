/* SPDX-License-Identifier: MIT */
/* Rows of which one column is changed, and the predictions are compared. */
#include "importance.h"
#include "counted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLES = 5 };

static reel_cell cell_of(const reel_table *table, size_t column, bool text, double x)
{
    const char *word = text && x >= 0 ? reel_table_category(table, column, (size_t)x) : NULL;
    return (reel_cell){word, text ? (double)NAN : x};
}

/* A column's cells. */
static bool fill_column(asked_rows *it, reel_table *table, reel_tensor *rows, size_t column,
                        size_t j)
{
    series *values = column_series(it->s, table, column, rows);
    bool text = reel_table_is_text(table, column), done = values != NULL;
    for (int64_t i = 0; done && i < it->n; i++) {
        it->cells[(size_t)i * it->columns + j] = cell_of(table, column, text, series_at(values, i));
    }
    series_free(values);
    return done;
}

/* Room for n rows; false, and a message. */
static bool asked_begin(asked_rows *it, session *s, const model *m, int64_t n)
{
    *it = (asked_rows){.s = s, .model = model_handle(s, m), .n = n};
    if (!it->model) {
        return false;
    }
    it->columns = reel_encoder_columns(m->encoder);
    it->outputs = reel_model_outputs(it->model);
    it->cells = calloc((size_t)it->n * it->columns + 1, sizeof *it->cells);
    it->all = calloc((size_t)it->n * it->outputs + 1, sizeof *it->all);
    if (!it->cells || !it->all) {
        return complain(s, "there is no memory for %s", REELI_COUNTED(it->n, "row"));
    }
    return true;
}

bool asked_of(asked_rows *it, session *s, const model *m, reel_table *table, reel_tensor *rows,
              int64_t most)
{
    int64_t count = rows_count(table, rows);
    bool done = asked_begin(it, s, m, count < most ? count : most);
    for (size_t j = 0; done && j < it->columns; j++) {
        int64_t column = reel_table_find(table, reel_encoder_column(m->encoder, j));
        done = column >= 0 && fill_column(it, table, rows, (size_t)column, j);
    }
    return done;
}

bool asked_predict(asked_rows *it)
{
    return reel_model_predict_all(it->model, it->cells, it->n, it->all) == REEL_OK;
}

double asked_mean(asked_rows *it, size_t column, reel_cell cell, size_t output)
{
    double sum = 0;
    reel_cell *kept = malloc((size_t)it->n * sizeof *kept);
    for (int64_t i = 0; kept && i < it->n; i++) {
        reel_cell *at = &it->cells[(size_t)i * it->columns + column];
        kept[i] = *at;
        *at = cell;
    }
    bool done = kept ? asked_predict(it) : complain(it->s, "there is no memory for the rows");
    for (int64_t i = 0; kept && i < it->n; i++) {
        it->cells[(size_t)i * it->columns + column] = kept[i];
        sum += it->all[(size_t)i * it->outputs + output];
    }
    free(kept);
    return done ? sum / (double)it->n : (double)NAN;
}

void asked_free(asked_rows *it)
{
    free(it->cells);
    free(it->all);
    reel_model_free(it->model);
}

/* Rows that are predicted at a time; memory holds so much of a table, the rest is read again. */
enum { ROWS_AT_ONCE = 1 << 12 };

/* The columns of all rows: numbers, or which text, NaN and less than 0 for none. They are in
 * memory, column after column, or in a file, each in rows of so many. */
typedef struct columns_of {
    reel_table *table;
    size_t *column; /* of the table */
    int64_t n, blocks;
    double *values;
    reel_row_file *file;
    reel_tensor *block; /* of the file */
} columns_of;

static void columns_free(columns_of *it)
{
    free(it->column);
    free(it->values);
    reel_row_file_free(it->file);
    reel_tensor_free(it->block);
}

/* Column j's values, all of them, to memory or into the file. */
static bool put_column(columns_of *it, size_t j, series *values)
{
    double *block = it->values ? NULL : reel_data_f64(it->block);
    bool done = it->values || block;
    for (int64_t i = 0; done && i < it->n; i++) {
        const double x = series_at(values, i);
        if (it->values) {
            it->values[(int64_t)j * it->n + i] = x;
            continue;
        }
        block[i % ROWS_AT_ONCE] = x;
        if (i + 1 == it->n || (i + 1) % ROWS_AT_ONCE == 0) {
            done =
                reel_row_file_write(it->file, reel_row_file_rows(it->file), it->block) == REEL_OK;
        }
    }
    return done;
}

/* Rows from `first` on of column j; NULL, and a message. */
static const double *column_block(columns_of *it, size_t j, int64_t first)
{
    if (it->values) {
        return it->values + (int64_t)j * it->n + first;
    }
    int64_t row = (int64_t)j * it->blocks + first / ROWS_AT_ONCE;
    return reel_row_file_read(it->file, row, it->block) == REEL_OK ? reel_data_f64(it->block)
                                                                   : NULL;
}

static bool columns_begin(columns_of *it, session *s, const reel_encoder *e, reel_table *table,
                          int64_t n)
{
    size_t count = reel_encoder_columns(e);
    *it = (columns_of){.table = table, .n = n};
    it->blocks = (n + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
    it->column = calloc(count + 1, sizeof *it->column);
    if ((double)n * (double)count * sizeof(double) <= (double)s->memory / 4) {
        it->values = calloc((size_t)n * count + 1, sizeof *it->values);
    } else {
        it->file = reel_row_file_new(s->r, REEL_F64, ROWS_AT_ONCE, 0);
        it->block = reel_zeros(s->r, REEL_F64, 2, (int64_t[]){1, ROWS_AT_ONCE});
    }
    if (!it->column || (!it->values && !it->file)) {
        return complain(s, "there is no memory for %s", REELI_COUNTED(n, "row"));
    }
    return !reel_failed(s->r);
}

static bool columns_read(columns_of *it, session *s, const reel_encoder *e, reel_table *table,
                         reel_tensor *rows)
{
    bool done = columns_begin(it, s, e, table, rows_count(table, rows));
    for (size_t j = 0; done && j < reel_encoder_columns(e); j++) {
        int64_t column = reel_table_find(table, reel_encoder_column(e, j));
        series *values = column < 0 ? NULL : column_series(s, table, (size_t)column, rows);
        it->column[j] = column < 0 ? 0 : (size_t)column;
        done = values && put_column(it, j, values);
        series_free(values);
    }
    return done;
}

/* A column that is shuffled: row i has what row order[i] has. */
typedef struct shuffled {
    size_t column;
    const double *values;
    const int64_t *order; /* NULL: none is */
} shuffled;

/* The rows from `first` on as cells, so many as there is room for. */
static bool fill_block(asked_rows *to, columns_of *from, int64_t first, const shuffled *change)
{
    to->n = from->n - first < ROWS_AT_ONCE ? from->n - first : ROWS_AT_ONCE;
    for (size_t j = 0; j < to->columns; j++) {
        bool text = reel_table_is_text(from->table, from->column[j]);
        bool moved = change->order && j == change->column;
        const double *x = moved ? change->values : column_block(from, j, first);
        for (int64_t i = 0; x && i < to->n; i++) {
            double value = x[moved ? change->order[first + i] : i];
            to->cells[(size_t)i * to->columns + j] =
                cell_of(from->table, from->column[j], text, value);
        }
        if (!x) {
            return false;
        }
    }
    return true;
}

/* The mean absolute error, or of classes the log loss; NaN after an error. */
static double error_of(asked_rows *it, columns_of *from, const model *m, series *truth,
                       const shuffled *change)
{
    static const double least = 1e-15;
    bool classes = reel_encoder_classes(m->encoder) > 0;
    double sum = 0;
    for (int64_t first = 0; first < from->n; first += ROWS_AT_ONCE) {
        if (!fill_block(it, from, first, change) || !asked_predict(it)) {
            return (double)NAN;
        }
        for (int64_t i = 0; i < it->n; i++) {
            const double *all = it->all + (size_t)i * it->outputs;
            double y = series_at(truth, first + i), p = classes && y >= 0 ? all[(size_t)y] : 0;
            sum += classes ? -log(fmax(p, least)) : fabs(all[it->outputs / 2] - y);
        }
    }
    return sum / (double)from->n;
}

/* The error with a column's cells dealt out anew, less the one without. */
static bool measure_column(asked_rows *it, columns_of *from, const model *m, series *truth,
                           shuffled *change, double whole, double *importance)
{
    bool done = true;
    for (int k = 0; done && k < SHUFFLES; k++) {
        reel_tensor *order = reel_randperm(it->s->r, from->n);
        change->order = reel_is_poison(order) ? NULL : reel_data_i64(order);
        done = change->order != NULL;
        *importance += done ? (error_of(it, from, m, truth, change) - whole) / SHUFFLES : 0;
        reel_tensor_free(order);
    }
    return done && !reel_failed(it->s->r);
}

static bool measure(asked_rows *it, columns_of *from, const model *m, series *truth, double *kept,
                    double *importance)
{
    double whole = error_of(it, from, m, truth, &(shuffled){.order = NULL});
    bool done = isfinite(whole);
    for (size_t c = 0; done && c < it->columns; c++) {
        shuffled change = {.column = c, .values = kept};
        for (int64_t first = 0; done && first < from->n; first += ROWS_AT_ONCE) {
            int64_t count = from->n - first < ROWS_AT_ONCE ? from->n - first : ROWS_AT_ONCE;
            const double *block = column_block(from, c, first);
            done = block != NULL;
            if (done) {
                memcpy(kept + first, block, (size_t)count * sizeof *kept);
            }
        }
        done = done && measure_column(it, from, m, truth, &change, whole, &importance[c]);
    }
    return done;
}

double *importance_of(session *s, const model *m, reel_table *table, reel_tensor *rows,
                      series *truth)
{
    asked_rows it;
    columns_of from = {.n = 0};
    bool done =
        asked_begin(&it, s, m, ROWS_AT_ONCE) && columns_read(&from, s, m->encoder, table, rows);
    double *importance = calloc(it.columns + 1, sizeof *importance);
    double *kept = calloc((size_t)from.n + 1, sizeof *kept);
    if (done && importance && kept) {
        done = measure(&it, &from, m, truth, kept, importance);
    } else {
        done = done && complain(s, "there is no memory for the importances");
    }
    asked_free(&it);
    columns_free(&from);
    free(kept);
    if (!done) {
        free(importance);
    }
    return done ? importance : NULL;
}
