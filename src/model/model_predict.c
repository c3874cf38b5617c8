/* SPDX-License-Identifier: MIT */
/* Rows through a model, a block at a time: what tables and memory have in common is everything but
 * where the features come from. */
#include "model.h"
#include "row_file.h"

#include <math.h>
#include <reel/autograd.h>
#include <reel/views.h>
#include <stdlib.h>
#include <string.h>

/* Evaluation: without dropout and without a tape, in what is left of the step. */
typedef struct evaluation {
    uint64_t mark;
    bool grad, training;
} evaluation;

static bool begin(reel_model *m, evaluation *it)
{
    reel *r = m->owned.r;
    it->training = reel_is_training(m->net);
    it->grad = reel_set_grad_enabled(r, false);
    it->mark = reel_mark(r);
    if (it->training) {
        reel_eval(m->net);
    }
    return it->mark != 0;
}

static void end(reel_model *m, const evaluation *it)
{
    reel *r = m->owned.r;
    if (it->mark) {
        reel_rewind_to(r, it->mark);
    }
    if (it->training) {
        reel_train(m->net);
    }
    reel_set_grad_enabled(r, it->grad);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* exp(y) over their sum, in place; the place of the largest. */
static int64_t softmax(double *y, int64_t n)
{
    int64_t most = 0;
    double sum = 0;
    for (int64_t k = 1; k < n; k++) {
        most = y[k] > y[most] ? k : most;
    }
    double largest = y[most];
    for (int64_t k = 0; k < n; k++) {
        y[k] = exp(y[k] - largest);
        sum += y[k];
    }
    for (int64_t k = 0; k < n; k++) {
        y[k] /= sum;
    }
    return most;
}

/* The place of the quantile next to the median. */
static int64_t middle(const reel_model *m)
{
    int64_t best = 0;
    for (size_t k = 1; k < m->quantile_count; k++) {
        best = fabs(m->quantiles[k] - 0.5) < fabs(m->quantiles[best] - 0.5) ? (int64_t)k : best;
    }
    return best;
}

/* The answer of the net's outputs, from y's element `at` on: all of it, or one number. */
static void give(const reel_model *m, const reel_tensor *y, int64_t at, bool all, double *to)
{
    double *made = all ? to : m->made.data;
    bool classes = reeli_text_count(&m->encoder->classes) > 0;
    for (int64_t k = 0; k < m->outputs; k++) {
        double x = reeli_load(y, at + k);
        made[k] = classes ? x : reel_encoder_decode(m->encoder, x);
    }
    if (!classes && m->outputs > 1) {
        qsort(made, (size_t)m->outputs, sizeof *made, by_size);
    }
    int64_t place = classes ? softmax(made, m->outputs) : middle(m);
    if (!all) {
        *to = classes ? (double)place : made[place];
    }
}

/* The answers to `rows` rows of x from `first` on, in the target's units. */
static bool answer(reel_model *m, reel_tensor *x, int64_t first, int64_t rows, bool all,
                   double *predicted)
{
    int64_t step = all ? m->outputs : 1;
    evaluation it;
    bool ready = begin(m, &it);
    reel_tensor *y =
        ready ? reel_forward(m->net, reel_narrow(x, 0, first, rows)) : m->owned.r->poison;
    bool done = !reeli_bad(y);
    for (int64_t i = 0; done && i < rows; i++) {
        give(m, y, i * m->outputs, all, predicted + i * step);
    }
    end(m, &it);
    return done;
}

static bool may_predict(const reel_model *m, const char *what, const void *predicted)
{
    if (!predicted) {
        reeli_error(m->owned.r, REEL_ERR_VALUE, "%s: there is no room for predictions", what);
    }
    reel *r = m->owned.r;
    if (predicted && r->visits) {
        reeli_error(r, REEL_ERR_STATE, "%s: rows cannot be predicted from a callback", what);
        return false;
    }
    return predicted && !REELI_REFUSE(r, what, "rows cannot be predicted");
}

/* What of the row's cell is a feature, in `to`; false, and an error. */
static bool encode_cell(const reel_model *m, size_t column, const reel_cell *cell, int64_t row,
                        double *to)
{
    const reeli_input *input = reeli_input_of(m->encoder, column);
    double number = cell->number;
    bool text = input->kind == REELI_INPUT_TEXT;
    if (!text && cell->text && !reeli_input_value(input, cell->text, &number)) {
        reeli_no_memory(m->owned.r, "model_predict");
        return false;
    }
    if (m->encoder->refuse_missing && (text ? !cell->text : isnan(number))) {
        reeli_error(m->owned.r, REEL_ERR_VALUE,
                    "model_predict: row %lld: column '%s': the value is missing", (long long)row,
                    REELI_QUOTED(reeli_input_name(m->encoder, column)));
        return false;
    }
    if (!text) {
        reeli_input_encode_number(input, number, to);
        return true;
    }
    int32_t word = reeli_input_word(input, cell->text, cell->text ? strlen(cell->text) : 0);
    for (int32_t k = 0; k < (int32_t)reeli_input_features(input); k++) {
        to[k] = k == word;
    }
    return true;
}

/* A row of x: the columns' features, or the terms' of those, which stand behind them. */
static bool encode_row(reel_model *m, const reel_cell *cells, int64_t row, int64_t place)
{
    const reel_encoder *e = m->encoder;
    int64_t at = place * (int64_t)e->features, odd = 0;
    double *made = m->made.data;
    for (size_t j = 0; j < e->inputs.count; j++) {
        if (!encode_cell(m, j, &cells[j], row, made + reeli_input_of(e, j)->first)) {
            return false;
        }
    }
    if (e->terms.count) {
        reeli_terms_apply(e, made, made + e->base, &odd);
        made += e->base;
    }
    for (size_t k = 0; k < e->features; k++) {
        reeli_store(m->x, at++, made[k]);
    }
    return true;
}

static reel_status predict_cells(reel_model *m, const reel_cell *cells, int64_t rows, bool all,
                                 double *predicted)
{
    static const char what[] = "model_predict";
    if (!reeli_model_usable(m, what)) {
        return REEL_ERR_VALUE;
    }
    reel *r = m->owned.r;
    if (rows < 0 || (rows > 0 && !cells)) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: there are no rows, or less than none", what);
    }
    if (rows == 0) {
        return REEL_OK;
    }
    bool ok = may_predict(m, what, predicted);
    for (int64_t first = 0; ok && first < rows; first += REELI_MODEL_ROWS) {
        int64_t count = rows - first < REELI_MODEL_ROWS ? rows - first : REELI_MODEL_ROWS;
        for (int64_t i = 0; ok && i < count; i++) {
            ok = encode_row(m, cells + (first + i) * (int64_t)m->encoder->inputs.count, first + i,
                            i);
        }
        m->x->version++;
        ok = ok && answer(m, m->x, 0, count, all, predicted + first * (all ? m->outputs : 1));
    }
    return ok ? r->status : reeli_failure(r);
}

reel_status reel_model_predict(reel_model *m, const reel_cell *cells, int64_t rows,
                               double *predicted)
{
    return predict_cells(m, cells, rows, false, predicted);
}

reel_status reel_model_predict_all(reel_model *m, const reel_cell *cells, int64_t rows, double *all)
{
    return predict_cells(m, cells, rows, true, all);
}

size_t reel_model_outputs(const reel_model *m)
{
    return reeli_model_usable(m, "model_outputs") ? (size_t)m->outputs : 0;
}

/* Whether the table's rows as features are not too much for it. */
static bool fits(const reel_model *m, const reel_table *t, const reel_tensor *rows)
{
    double count = rows ? (double)rows->numel : (double)t->rows, features = (double)m->x->size[1];
    return !t->memory ||
           count * features * (double)reeli_element_size(m->x->dtype) <= (double)t->memory;
}

/* Where the answers go: to memory, or to a file by way of a block. */
typedef struct answers {
    bool all;
    double *to;
    reel_row_file *file; /* NULL: to memory */
} answers;

/* Answers `count` rows of x from row `at` on, which are the table's from `first` on. */
static bool put(reel_model *m, const answers *a, reel_tensor *x, int64_t at, int64_t first,
                int64_t count)
{
    double *to = a->file ? a->to : a->to + first * (a->all ? m->outputs : 1);
    return answer(m, x, at, count, a->all, to) &&
           (!a->file || reeli_row_file_put(a->file, first, count, to));
}

static int64_t in_block(int64_t left) { return left < REELI_MODEL_ROWS ? left : REELI_MODEL_ROWS; }

static bool predict_from_file(reel_model *m, reel_table *t, const reel_tensor *rows,
                              const answers *a)
{
    reel_row_file *file = reel_encode_to_file(m->encoder, t, rows, m->dtype, t->memory);
    bool ok = file != NULL;
    for (int64_t first = 0; ok && first < file->rows; first += REELI_MODEL_ROWS) {
        const int64_t count = in_block(file->rows - first);
        m->x->version++;
        ok = reeli_row_file_get(file, first, count, m->x->data) && put(m, a, m->x, 0, first, count);
    }
    reel_row_file_free(file);
    return ok;
}

/* The table's features in the model's dtype; poison, and an error. */
static reel_tensor *features(reel_model *m, reel_table *t, const reel_tensor *rows,
                             const char *what)
{
    reel *r = m->owned.r;
    reel_tensor *x = reel_encode(m->encoder, t, rows);
    if (reeli_bad(x) || x->dtype == (int)m->dtype) {
        return x;
    }
    reel_tensor *converted = reeli_create(r, what, (int)m->dtype, 2, x->size);
    if (!reeli_bad(converted)) {
        reeli_copy(converted, x);
    }
    reel_tensor_free(x);
    return converted;
}

static bool predict_table(reel_model *m, reel_table *t, const reel_tensor *rows, const char *what,
                          const answers *a)
{
    if (!fits(m, t, rows)) {
        return predict_from_file(m, t, rows, a);
    }
    reel_tensor *x = features(m, t, rows, what);
    bool ok = !reeli_bad(x);
    for (int64_t first = 0; ok && first < x->size[0]; first += REELI_MODEL_ROWS) {
        ok = put(m, a, x, first, first, in_block(x->size[0] - first));
    }
    if (!reeli_bad(x)) {
        reel_tensor_free(x);
    }
    return ok;
}

static reel_status predict_to_memory(reel_model *m, reel_table *t, const reel_tensor *rows,
                                     bool all, double *predicted)
{
    static const char what[] = "model_predict_table";
    if (!reeli_model_usable(m, what) || !REELI_ALIVE(t, what)) {
        return REEL_ERR_VALUE;
    }
    const bool ok = may_predict(m, what, predicted) &&
                    predict_table(m, t, rows, what, &(answers){.all = all, .to = predicted});
    return ok ? m->owned.r->status : reeli_failure(m->owned.r);
}

reel_status reel_model_predict_table(reel_model *m, reel_table *t, const reel_tensor *rows,
                                     double *predicted)
{
    return predict_to_memory(m, t, rows, false, predicted);
}

reel_status reel_model_predict_table_all(reel_model *m, reel_table *t, const reel_tensor *rows,
                                         double *all)
{
    return predict_to_memory(m, t, rows, true, all);
}

reel_row_file *reel_model_predict_to_file(reel_model *m, reel_table *t, const reel_tensor *rows,
                                          bool all, int64_t memory)
{
    static const char what[] = "model_predict_to_file";
    if (!reeli_model_usable(m, what) || !REELI_ALIVE(t, what)) {
        return NULL;
    }
    reel *r = m->owned.r;
    const int64_t columns = all ? m->outputs : 1;
    const size_t size = (size_t)(REELI_MODEL_ROWS * columns) * sizeof(double);
    reel_row_file *file = reel_row_file_new(r, REEL_F64, columns, memory);
    answers a = {.all = all, .to = file ? reeli_malloc(r, size) : NULL, .file = file};
    if (file && !a.to) {
        reeli_no_memory(r, what);
    }
    const bool ok = a.to && may_predict(m, what, a.to) && predict_table(m, t, rows, what, &a);
    reeli_free(r, a.to, size);
    if (file && !ok) {
        reel_row_file_free(file);
    }
    return ok ? file : NULL;
}
