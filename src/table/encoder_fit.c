/* SPDX-License-Identifier: MIT */
/* What the training rows say of each column, and which columns are of use. */
#include "encoder_fit.h"
#include "counted.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void *reeli_fit_room(reeli_fit *f, reeli_buffer *b, size_t count, size_t size)
{
    if (!reeli_buffer_reserve(f->t->owned.r, b, (count + 1) * size)) {
        reeli_no_memory(f->t->owned.r, REELI_FIT);
        return NULL;
    }
    return b->data;
}

static bool refuse_name(const reeli_fit *f, const char *name, const char *why)
{
    reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: %scolumn '%s' %s", REELI_FIT,
                REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(name), why);
    return false;
}

/* The first text of a column that is none, or else the first. */
static const char *no_number(const reel_table *t, size_t column)
{
    for (size_t i = 0; i < reel_table_categories(t, column); i++) {
        double x;
        const char *text = reel_table_category(t, column, i);
        if (!reeli_text_is_number(text, &x)) {
            return text;
        }
    }
    return reel_table_category(t, column, 0);
}

static bool find_target(reeli_fit *f)
{
    const char *name = f->options->target;
    if (!name) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: the target is NULL", REELI_FIT);
        return false;
    }
    int64_t column = reeli_table_column_meant(f->t, REELI_FIT, name);
    if (column < 0) {
        return false;
    }
    f->target = (size_t)column;
    bool class = f->options->target_transform == REEL_TRANSFORM_CLASS;
    if (reel_table_is_text(f->t, f->target) && !class) {
        const char *first = no_number(f->t, f->target);
        char why[2 * REELI_QUOTE_SIZE];
        snprintf(why, sizeof why,
                 "is the target and has to hold numbers, but holds text%s%s%s, which would be "
                 "classes",
                 first ? ", such as '" : "", first ? REELI_QUOTED(first) : "", first ? "'" : "");
        return refuse_name(f, name, why);
    }
    return true;
}

/* Sets to `value` what the list names in marks; false, and an error, for what is not there, is the
 * target or comes twice. */
static bool mark(reeli_fit *f, const char *const *names, size_t count, bool *marks, bool value)
{
    for (size_t i = 0; i < count; i++) {
        int64_t column = reeli_table_column_meant(f->t, REELI_FIT, names[i]);
        if (column < 0) {
            return false;
        }
        if ((size_t)column == f->target) {
            return refuse_name(f, names[i], "is the target, and cannot be among the features too");
        }
        if (value && marks[column]) {
            return refuse_name(f, names[i], "is listed twice");
        }
        marks[column] = value;
    }
    return true;
}

/* The columns to look at: those listed, in that order, or all; without the target and those
 * dropped. */
static bool choose_into(reeli_fit *f, bool *marks, size_t *chosen)
{
    const reel_encoder_options *o = f->options;
    for (size_t j = 0; j < f->t->columns; j++) {
        marks[j] = o->feature_count == 0 && j != f->target;
    }
    if (!mark(f, o->features, o->feature_count, marks, true) ||
        !mark(f, o->drop, o->drop_count, marks, false)) {
        return false;
    }
    size_t listed = o->feature_count ? o->feature_count : f->t->columns;
    for (size_t i = 0; i < listed; i++) {
        size_t column = o->feature_count ? (size_t)reel_table_look_up(f->t, o->features[i]) : i;
        if (marks[column]) {
            chosen[f->chosen_count++] = column;
        }
    }
    return true;
}

static bool choose(reeli_fit *f)
{
    const reel_encoder_options *o = f->options;
    if ((o->feature_count && !o->features) || (o->drop_count && !o->drop)) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: a list of columns is NULL", REELI_FIT);
        return false;
    }
    bool *marks = reeli_fit_room(f, &f->values, f->t->columns, sizeof *marks);
    size_t *chosen = marks ? reeli_fit_room(f, &f->chosen, f->t->columns, sizeof *chosen) : NULL;
    return chosen && choose_into(f, marks, chosen);
}

bool reeli_fit_values(reeli_fit *f, reeli_values *v,
                      void (*read)(void *context, int64_t first, int64_t count, double *to),
                      void *context)
{
    enum { LEAST = 1 << 12, BLOCK = REELI_VALUES_BLOCK };
    const int64_t most = f->t->memory / (int64_t)sizeof(double), count = f->rows.count;
    *v = (reeli_values){.count = count,
                        .read = read,
                        .context = context,
                        .low = -(double)INFINITY,
                        .high = (double)INFINITY};
    const bool all =
        f->t->pages.rows == 0 || f->order.count > 0 || count <= (most > LEAST ? most : LEAST);
    v->room = reeli_fit_room(f, &f->values, (size_t)(all ? count : BLOCK), sizeof *v->room);
    v->all = all ? v->room : NULL;
    for (int64_t at = 0; v->all && at < count; at += BLOCK) {
        read(context, at, count - at < BLOCK ? count - at : BLOCK, v->all + at);
    }
    return v->room != NULL;
}

/* The target's values, transformed or not, by their places where all are in memory. */
typedef struct target {
    const reeli_fit *f;
    reeli_cursor numbers;
    bool transformed;
} target;

/* Those from place `first` on; an error of one that has no such transform. */
static void transform_target(const reeli_fit *f, int64_t first, int64_t count, double *values)
{
    reel_transform transform = f->options->target_transform;
    for (int64_t i = 0; i < count; i++) {
        double y = values[i];
        values[i] = reeli_transform(transform, y);
        if (isnan(values[i])) {
            reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: the target, %g, %s %s%s",
                        REELI_CELL_TEXT_OF(f->t, reeli_row(f->rows, first + i), f->target), y,
                        transform > REEL_TRANSFORM_SQRT ? "can be no" : "has no",
                        transform == REEL_TRANSFORM_LOGISTIC ? "probability"
                                                             : reeli_transform_names[transform],
                        transform == REEL_TRANSFORM_LOG && y == 0 ? ", but a log1p" : "");
            return;
        }
    }
}

static void read_target(void *context, int64_t first, int64_t count, double *to)
{
    target *it = context;
    reeli_numbers_read(&it->numbers, it->f->rows, &it->f->order, first, count, to);
    if (it->transformed) {
        transform_target(it->f, first, count, to);
    }
}

static bool gather(reeli_fit *f, target *it, reeli_values *v)
{
    bool ok =
        reeli_cursor_open(&it->numbers, f->t, f->target) && reeli_fit_values(f, v, read_target, it);
    for (int64_t k = 0; ok && k < (int64_t)f->order.count; k++) {
        int64_t i = reeli_fit_place(f, k);
        v->all[i] = reeli_number_at(&it->numbers, reeli_row(f->rows, i));
    }
    return ok && f->t->owned.r->status == REEL_OK;
}

/* Which rows have a target, by their places. */
static bool find_present(const reeli_fit *f, bool *there)
{
    reeli_cursor cells;
    bool text = reel_table_is_text(f->t, f->target),
         ok = reeli_cursor_open(&cells, f->t, f->target);
    for (int64_t k = 0; ok && k < f->rows.count; k++) {
        int64_t i = reeli_fit_place(f, k), row = reeli_row(f->rows, i);
        there[i] = text ? reeli_code_at(&cells, row) >= 0 : !isnan(reeli_number_at(&cells, row));
    }
    reeli_cursor_close(&cells);
    return ok && f->t->owned.r->status == REEL_OK;
}

/* Leaves out the rows without a target. */
static bool choose_rows(reeli_fit *f)
{
    int64_t all = f->rows.count, count = 0;
    if (!reeli_rows_by_block(f->t, REELI_FIT, f->rows, &f->order)) {
        return false;
    }
    if (all > 0 && reel_table_missing(f->t, f->target) == 0) {
        return true;
    }
    bool *there = reeli_fit_room(f, &f->words, (size_t)all, sizeof *there);
    if (!there || !find_present(f, there)) {
        return false;
    }
    for (int64_t i = 0; i < all; i++) {
        count += there[i];
    }
    if (count == 0) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: %sthere is no row with a target", REELI_FIT,
                    REELI_TABLE_TEXT_OF(f->t));
        return false;
    }
    if (count == all) {
        return true;
    }
    int64_t *rows = reeli_fit_room(f, &f->with_target, (size_t)count, sizeof *rows);
    for (int64_t i = 0, n = 0; rows && i < all; i++) {
        if (there[i]) {
            rows[n++] = reeli_row(f->rows, i);
        }
    }
    f->rows = (reeli_rows){rows, 1, count};
    reeli_warn(f->t->owned.r, "%s%s without a target (column '%s') %s left out",
               REELI_TABLE_TEXT_OF(f->t), REELI_COUNTED(all - count, "row"),
               REELI_QUOTED(reel_table_name(f->t, f->target)),
               reeli_one_or_many(all - count, "is", "are"));
    return rows && reeli_rows_by_block(f->t, REELI_FIT, f->rows, &f->order);
}

/* With refuse_missing: the first value that is not there is the error. */
static bool check_missing(const reeli_fit *f, size_t column)
{
    bool look = f->options->refuse_missing && reel_table_missing(f->t, column) > 0;
    bool text = reel_table_is_text(f->t, column);
    int64_t first = -1;
    reeli_cursor cells;
    if (!look || !reeli_cursor_open(&cells, f->t, column)) {
        return !look;
    }
    for (int64_t k = 0; k < f->rows.count; k++) {
        int64_t i = reeli_fit_place(f, k), row = reeli_row(f->rows, i);
        bool there = text ? reeli_code_at(&cells, row) >= 0 : !isnan(reeli_number_at(&cells, row));
        first = !there && (first < 0 || i < first) ? i : first;
    }
    reeli_cursor_close(&cells);
    if (first >= 0) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: the value is missing",
                    REELI_CELL_TEXT_OF(f->t, reeli_row(f->rows, first), column));
    }
    return first < 0;
}

static bool same_text(const reeli_fit *f, size_t a, size_t b, int32_t x, int32_t y)
{
    return x == y && (x < 0 || strcmp(reel_table_category(f->t, a, (size_t)x),
                                      reel_table_category(f->t, b, (size_t)y)) == 0);
}

/* Whether two columns, both of text or both of numbers, have the same values in all rows. */
static bool are_same(const reeli_fit *f, size_t a, size_t b)
{
    reeli_cursor at_a, at_b = {.window = NULL};
    bool same = reeli_cursor_open(&at_a, f->t, a) && reeli_cursor_open(&at_b, f->t, b);
    bool text = reel_table_is_text(f->t, a);
    for (int64_t k = 0; same && k < f->rows.count; k++) {
        int64_t row = reeli_row(f->rows, reeli_fit_place(f, k));
        if (text) {
            same = same_text(f, a, b, reeli_code_at(&at_a, row), reeli_code_at(&at_b, row));
        } else {
            double x = reeli_number_at(&at_a, row), y = reeli_number_at(&at_b, row);
            same = x == y || (isnan(x) && isnan(y));
        }
    }
    reeli_cursor_close(&at_a);
    reeli_cursor_close(&at_b);
    return same;
}

bool reeli_fit_is_repeated(reeli_fit *f, size_t column, uint64_t hash)
{
    const reeli_kept *others = f->kept.data;
    bool text = reel_table_is_text(f->t, column);
    for (size_t k = 0; k < f->e->inputs.count; k++) {
        bool same = others[k].hash == hash && reel_table_is_text(f->t, others[k].column) == text;
        if (same && are_same(f, column, others[k].column)) {
            reeli_fit_leave_out(f, &(reeli_left_out){.reason = REELI_LEFT_REPEATED,
                                                     .column = column,
                                                     .other = others[k].column});
            return true;
        }
    }
    return false;
}

bool reeli_fit_add(reeli_fit *f, size_t column, uint64_t hash, const reeli_input *input)
{
    reeli_kept *list = reeli_fit_room(f, &f->kept, f->chosen_count, sizeof *list);
    if (!list || !reeli_encoder_add(f->e, REELI_FIT, reel_table_name(f->t, column), input)) {
        return false;
    }
    list[f->e->inputs.count - 1] = (reeli_kept){hash, column};
    return true;
}

/* Whether a column is 0, 1, 2, … or 1, 2, 3, …, where it is not the only one. */
static bool numbers_rows(const reeli_fit *f, size_t column)
{
    enum { FEWEST = 10 };
    reeli_cursor numbers;
    bool same = reeli_cursor_open(&numbers, f->t, column) && f->t->rows >= FEWEST;
    double first = same ? reeli_number_at(&numbers, 0) : -1;
    same = same && f->chosen_count > 1 && (first == 0 || first == 1);
    for (int64_t i = 1; same && i < f->t->rows; i++) {
        same = reeli_number_at(&numbers, i) == first + (double)i;
    }
    reeli_cursor_close(&numbers);
    return same;
}

static bool fit_numbers(reeli_fit *f, size_t column, const reeli_look *look)
{
    const reeli_summary *s = &look->numbers;
    const reeli_reason why = s->missing == f->rows.count                 ? REELI_LEFT_EMPTY
                             : s->lowest == s->highest                   ? REELI_LEFT_CONSTANT
                             : !isnormal(s->scale) || !isfinite(s->mean) ? REELI_LEFT_NOT_SCALED
                                                                         : REELI_LEFT_ALL;
    if (why < REELI_LEFT_ALL) {
        reeli_fit_leave_out(f, &(reeli_left_out){.reason = why, .column = column});
        return true;
    }
    if (reeli_fit_is_repeated(f, column, look->hash)) {
        return true;
    }
    if (numbers_rows(f, column)) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' numbers the rows: leave it out unless their order says something",
                   REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(reel_table_name(f->t, column)));
    }
    reeli_fit_hint_at_code(f, column, look->code);
    reeli_fit_hint_at_compact_dates(f, column);
    reeli_input input = {.median = s->median, .mean = s->mean, .scale = s->scale};
    return reeli_fit_add(f, column, look->hash, &input);
}

static void hint_at_code(const reeli_fit *f, reeli_values *v)
{
    double lowest = (double)INFINITY, highest = -(double)INFINITY, *x;
    int64_t at = 0, n;
    while ((n = reeli_values_next(v, &at, &x)) > 0) {
        for (int64_t i = 0; i < n; i++) {
            lowest = x[i] < lowest ? x[i] : lowest;
            highest = x[i] > highest ? x[i] : highest;
        }
    }
    reeli_fit_hint_at_code(f, f->target, reeli_find_code(v, lowest, highest));
}

/* Hints are of the values as they are, what is summarised of the transformed ones. */
static bool summarise_target(reeli_fit *f, target *it, reeli_values *v, reeli_summary *s)
{
    hint_at_code(f, v);
    it->transformed = true;
    if (v->all) {
        transform_target(f, 0, v->count, v->all);
    }
    if (f->t->owned.r->status == REEL_OK && f->options->robust_target) {
        reeli_leave_out_outliers(v);
    }
    if (f->t->owned.r->status == REEL_OK) {
        *s = reeli_summarise(v);
    }
    return f->t->owned.r->status == REEL_OK;
}

static bool summarise(reeli_fit *f, reeli_summary *s)
{
    target it = {.f = f};
    reeli_values values;
    const bool done = gather(f, &it, &values) && summarise_target(f, &it, &values, s);
    reeli_cursor_close(&it.numbers);
    return done;
}

/* A target that is all the same is left as it is but for its mean, so that it can be learned. */
static bool fit_target(reeli_fit *f)
{
    reeli_summary s;
    f->e->transform = f->options->target_transform;
    if (f->e->transform == REEL_TRANSFORM_CLASS) {
        return reeli_fit_classes(f);
    }
    if (!summarise(f, &s)) {
        return false;
    }
    if (f->options->target_transform > REEL_TRANSFORM_SQRT) {
        f->e->target_mean = 0;
        f->e->target_scale = 1;
        return true;
    }
    const bool constant = s.lowest == s.highest;
    const double scale = constant ? 1 : s.scale;
    if (!isfinite(s.mean) || !isnormal(scale)) {
        return refuse_name(f, f->options->target,
                           "is the target, but its values are too close together or too far apart");
    }
    if (constant) {
        reeli_warn(f->t->owned.r, "%sthe target, column '%s', has the same value in all rows, %g",
                   REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(f->options->target), s.lowest);
    }
    int64_t far = f->rows.count - s.there;
    if (far > 0) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s': %s of the target's values %s far from the others and %s not "
                   "count for its scale",
                   REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(f->options->target),
                   REELI_COUNTED(far, ""), reeli_one_or_many(far, "lies", "lie"),
                   reeli_one_or_many(far, "does", "do"));
    }
    f->e->target_mean = constant ? s.lowest : s.mean;
    f->e->target_scale = scale;
    return true;
}

static bool fit_inputs(reeli_fit *f)
{
    const size_t *chosen = f->chosen.data;
    if (!reeli_fit_room(f, &f->left_out, f->chosen_count, sizeof(reeli_left_out))) {
        return false;
    }
    for (size_t i = 0; i < f->chosen_count; i++) {
        reeli_look look;
        if (!check_missing(f, chosen[i]) || !reeli_fit_look(f, i, &look) ||
            !(reel_table_is_text(f->t, chosen[i]) ? reeli_fit_text(f, chosen[i], &look)
                                                  : fit_numbers(f, chosen[i], &look))) {
            return false;
        }
    }
    reeli_fit_tell_left_out(f);
    if (f->e->inputs.count == 0) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: %sno column is left to predict '%s' from",
                    REELI_FIT, REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(f->options->target));
        return false;
    }
    return reeli_encoder_finish(f->e, REELI_FIT);
}

static bool run(reeli_fit *f, const reel_tensor *rows)
{
    if (f->options->target_transform > REEL_TRANSFORM_CLASS) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: there is no such transform", REELI_FIT);
        return false;
    }
    if (f->options->max_categories < 0) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: max_categories is negative", REELI_FIT);
        return false;
    }
    if (!reeli_fit_dates_are_known(f) || !find_target(f) || !choose(f) ||
        !reeli_table_rows_of(f->t, REELI_FIT, rows, &f->rows) || !choose_rows(f)) {
        return false;
    }
    f->e = reeli_encoder_new(f->t->owned.r, REELI_FIT);
    if (!f->e || !reeli_encoder_set_target(f->e, REELI_FIT, reel_table_name(f->t, f->target))) {
        return false;
    }
    f->e->refuse_missing = f->options->refuse_missing;
    return (!f->options->terms || reeli_fit_read_terms(f)) && fit_target(f) && fit_inputs(f) &&
           (!f->e->terms.count || reeli_fit_terms(f));
}

reel_encoder *reel_encoder_fit(reel_table *t, const reel_tensor *rows, reel_encoder_options options)
{
    if (!REELI_ALIVE(t, "encoder_fit") ||
        REELI_REFUSE(t->owned.r, "encoder_fit", "an encoder cannot be made")) {
        return NULL;
    }
    reeli_fit f = {.t = t, .options = &options};
    bool ok = run(&f, rows);
    reeli_buffer_free(t->owned.r, &f.chosen);
    reeli_buffer_free(t->owned.r, &f.with_target);
    reeli_buffer_free(t->owned.r, &f.order);
    reeli_buffer_free(t->owned.r, &f.values);
    reeli_buffer_free(t->owned.r, &f.words);
    reeli_buffer_free(t->owned.r, &f.left_out);
    reeli_buffer_free(t->owned.r, &f.looked);
    reeli_buffer_free(t->owned.r, &f.kept);
    if (!ok) {
        reel_encoder_free(f.e);
        return NULL;
    }
    return f.e;
}
