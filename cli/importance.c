/* SPDX-License-Identifier: MIT */
/* Rows in memory, of which one column is changed, and the predictions are compared. */
#include "importance.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLES = 5 };

/* A column's cells. */
static bool fill_column(asked_rows *it, reel_table *table, reel_tensor *rows, size_t column,
                        size_t j)
{
    int64_t n = 0;
    double *values = column_values(it->s, table, column, rows, &n);
    bool text = reel_table_is_text(table, column);
    for (int64_t i = 0; values && i < it->n; i++) {
        double x = values[i];
        const char *word = text && x >= 0 ? reel_table_category(table, column, (size_t)x) : NULL;
        it->cells[(size_t)i * it->columns + j] = (reel_cell){word, text ? (double)NAN : x};
    }
    free(values);
    return values != NULL;
}

bool asked_of(asked_rows *it, session *s, const model *m, reel_table *table, reel_tensor *rows,
              int64_t most)
{
    int64_t count = rows ? reel_numel(rows) : reel_table_rows(table);
    *it = (asked_rows){.s = s, .model = model_handle(s, m), .n = count < most ? count : most};
    if (!it->model) {
        return false;
    }
    it->columns = reel_encoder_columns(m->encoder);
    it->outputs = reel_model_outputs(it->model);
    it->cells = calloc((size_t)it->n * it->columns + 1, sizeof *it->cells);
    it->all = calloc((size_t)it->n * it->outputs + 1, sizeof *it->all);
    if (!it->cells || !it->all) {
        return complain(s, "there is no memory for %" PRId64 " rows", it->n);
    }
    bool done = true;
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

/* The mean absolute error, or of classes the log loss; NaN after an error. */
static double error_of(asked_rows *it, const model *m, const double *truth)
{
    static const double least = 1e-15;
    bool classes = reel_encoder_classes(m->encoder) > 0;
    double sum = 0;
    if (!asked_predict(it)) {
        return (double)NAN;
    }
    for (int64_t i = 0; i < it->n; i++) {
        const double *all = it->all + (size_t)i * it->outputs;
        double p = classes && truth[i] >= 0 ? all[(size_t)truth[i]] : 0;
        sum += classes ? -log(fmax(p, least)) : fabs(all[it->outputs / 2] - truth[i]);
    }
    return sum / (double)it->n;
}

/* Deals a column's cells out among the rows: `kept` is what they are. */
static bool shuffle(asked_rows *it, size_t column, const reel_cell *kept)
{
    reel_tensor *order = reel_randperm(it->s->r, it->n);
    const int64_t *from = reel_is_poison(order) ? NULL : reel_data_i64(order);
    for (int64_t i = 0; from && i < it->n; i++) {
        it->cells[(size_t)i * it->columns + column] = kept[from[i]];
    }
    reel_tensor_free(order);
    return from != NULL;
}

static bool measure(asked_rows *it, const model *m, const double *truth, reel_cell *kept,
                    double *importance)
{
    double whole = error_of(it, m, truth);
    bool done = isfinite(whole);
    for (size_t c = 0; done && c < it->columns; c++) {
        for (int64_t i = 0; i < it->n; i++) {
            kept[i] = it->cells[(size_t)i * it->columns + c];
        }
        for (int k = 0; done && k < SHUFFLES; k++) {
            done = shuffle(it, c, kept);
            importance[c] += done ? (error_of(it, m, truth) - whole) / SHUFFLES : 0;
        }
        for (int64_t i = 0; i < it->n; i++) {
            it->cells[(size_t)i * it->columns + c] = kept[i];
        }
    }
    return done && !reel_failed(it->s->r);
}

double *importance_of(session *s, const model *m, reel_table *table, reel_tensor *rows,
                      const double *truth)
{
    asked_rows it;
    bool done = asked_of(&it, s, m, table, rows, INT64_MAX);
    double *importance = calloc(it.columns + 1, sizeof *importance);
    reel_cell *kept = calloc((size_t)it.n + 1, sizeof *kept);
    if (done && importance && kept) {
        done = measure(&it, m, truth, kept, importance);
    } else {
        done = done && complain(s, "there is no memory for the importances");
    }
    asked_free(&it);
    free(kept);
    if (!done) {
        free(importance);
    }
    return done ? importance : NULL;
}
