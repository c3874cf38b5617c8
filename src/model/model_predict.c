/* SPDX-License-Identifier: MIT */
/* Rows through a model, a block at a time: what tables and memory have in common is everything but
 * where the features come from. */
#include "model.h"
#include "row_file.h"

#include <math.h>
#include <reel/autograd.h>
#include <reel/views.h>
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

/* The answers to `rows` rows of x from `first` on, in the target's units. */
static bool answer(reel_model *m, reel_tensor *x, int64_t first, int64_t rows, double *predicted)
{
    evaluation it;
    bool ready = begin(m, &it);
    reel_tensor *y =
        ready ? reel_forward(m->net, reel_narrow(x, 0, first, rows)) : m->owned.r->poison;
    bool done = !reeli_bad(y);
    for (int64_t i = 0; done && i < rows; i++) {
        predicted[i] = reel_encoder_decode(m->encoder, reeli_load(y, i));
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

/* A row of x. A column of text has features without end, which are written one by one. */
static bool encode_row(reel_model *m, const reel_cell *cells, int64_t row, int64_t place)
{
    int64_t at = place * (int64_t)m->encoder->features;
    for (size_t j = 0; j < m->encoder->inputs.count; j++) {
        size_t count = reeli_input_features(reeli_input_of(m->encoder, j));
        double *to = m->made.data;
        if (!encode_cell(m, j, &cells[j], row, to)) {
            return false;
        }
        for (size_t k = 0; k < count; k++) {
            reeli_store(m->x, at++, to[k]);
        }
    }
    return true;
}

reel_status reel_model_predict(reel_model *m, const reel_cell *cells, int64_t rows,
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
        ok = ok && answer(m, m->x, 0, count, predicted + first);
    }
    return ok ? r->status : reeli_failure(r);
}

/* Whether the table's rows as features are not too much for it. */
static bool fits(const reel_model *m, const reel_table *t, const reel_tensor *rows)
{
    double count = rows ? (double)rows->numel : (double)t->rows, features = (double)m->x->size[1];
    return !t->memory ||
           count * features * (double)reeli_element_size(m->x->dtype) <= (double)t->memory;
}

static bool predict_from_file(reel_model *m, reel_table *t, const reel_tensor *rows,
                              double *predicted)
{
    reel_row_file *file = reel_encode_to_file(m->encoder, t, rows, m->dtype, t->memory);
    bool ok = file != NULL;
    for (int64_t first = 0; ok && first < file->rows; first += REELI_MODEL_ROWS) {
        int64_t left = file->rows - first;
        int64_t count = left < REELI_MODEL_ROWS ? left : REELI_MODEL_ROWS;
        m->x->version++;
        ok = reeli_row_file_get(file, first, count, m->x->data) &&
             answer(m, m->x, 0, count, predicted + first);
    }
    reel_row_file_free(file);
    return ok;
}

reel_status reel_model_predict_table(reel_model *m, reel_table *t, const reel_tensor *rows,
                                     double *predicted)
{
    static const char what[] = "model_predict_table";
    if (!reeli_model_usable(m, what) || !REELI_ALIVE(t, what)) {
        return REEL_ERR_VALUE;
    }
    reel *r = m->owned.r;
    if (may_predict(m, what, predicted) && !fits(m, t, rows)) {
        return predict_from_file(m, t, rows, predicted) ? r->status : reeli_failure(r);
    }
    reel_tensor *x = predicted ? reel_encode(m->encoder, t, rows) : r->poison;
    bool ok = !reeli_bad(x);
    if (ok && x->dtype != (int)m->dtype) {
        reel_tensor *converted = reeli_create(r, what, (int)m->dtype, 2, x->size);
        ok = !reeli_bad(converted);
        if (ok) {
            reeli_copy(converted, x);
        }
        reel_tensor_free(x);
        x = converted;
    }
    for (int64_t first = 0; ok && first < x->size[0]; first += REELI_MODEL_ROWS) {
        int64_t left = x->size[0] - first;
        ok = answer(m, x, first, left < REELI_MODEL_ROWS ? left : REELI_MODEL_ROWS,
                    predicted + first);
    }
    if (!reeli_bad(x)) {
        reel_tensor_free(x);
    }
    return ok ? r->status : reeli_failure(r);
}
