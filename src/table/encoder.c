/* SPDX-License-Identifier: MIT */
/* An encoder's life, and what can be asked of it: its columns, classes, names of features. */
#include "encoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void destroy(reeli_owned *it)
{
    reel_encoder *e = (reel_encoder *)it;
    for (size_t i = 0; i < e->inputs.count; i++) {
        reeli_text_set_free(it->r, &reeli_input_of(e, i)->texts);
    }
    reeli_buffer_free(it->r, &e->inputs);
    reeli_buffer_free(it->r, &e->target);
    reeli_buffer_free(it->r, &e->text);
    reeli_text_set_free(it->r, &e->names);
}

reel_encoder *reeli_encoder_new(reel *r, const char *what)
{
    reel_encoder *e = reeli_own(r, "encoder", sizeof *e, destroy);
    if (!e) {
        reeli_no_memory(r, what);
    }
    return e;
}

bool reeli_encoder_set_target(reel_encoder *e, const char *what, const char *name)
{
    size_t length = strlen(name) + 1;
    if (!reeli_buffer_reserve(e->owned.r, &e->target, length)) {
        reeli_no_memory(e->owned.r, what);
        return false;
    }
    memcpy(e->target.data, name, length);
    return true;
}

bool reeli_encoder_add(reel_encoder *e, const char *what, const char *name,
                       const reeli_input *input)
{
    reel *r = e->owned.r;
    if (!reeli_buffer_grow(r, &e->inputs, (e->inputs.count + 1) * sizeof *input) ||
        !reeli_text_set_add(r, &e->names, name, strlen(name))) {
        reeli_no_memory(r, what);
        return false;
    }
    *reeli_input_of(e, e->inputs.count++) = *input;
    return true;
}

bool reeli_encoder_finish(reel_encoder *e, const char *what)
{
    reel *r = e->owned.r;
    for (size_t i = 0; i < e->inputs.count; i++) {
        reeli_input *input = reeli_input_of(e, i);
        input->first = e->features;
        e->features += input->text ? reeli_text_count(&input->texts) : 1;
        e->text_count += input->text;
    }
    if (e->text_count > 0 && !reeli_buffer_reserve(r, &e->text, e->text_count * sizeof(char *))) {
        reeli_no_memory(r, what);
        return false;
    }
    const char **text = e->text.data;
    for (size_t i = 0; i < e->inputs.count; i++) {
        if (reeli_input_of(e, i)->text) {
            *text++ = reeli_input_name(e, i);
        }
    }
    return true;
}

bool reeli_table_rows_of(const reel_table *t, const char *what, const reel_tensor *tensor,
                         reeli_rows *rows)
{
    *rows = (reeli_rows){NULL, 1, t->rows};
    if (!tensor) {
        return true;
    }
    if (!reeli_rows_usable(t->owned.r, what, tensor)) {
        return false;
    }
    *rows = (reeli_rows){tensor->data, tensor->stride[0], tensor->numel};
    for (int64_t i = 0; i < rows->count; i++) {
        int64_t row = reeli_row(*rows, i);
        if (row < 0 || row >= t->rows) {
            reeli_error(t->owned.r, REEL_ERR_VALUE, "%s: %sthere is no row %lld among %lld", what,
                        REELI_TABLE_TEXT_OF(t), (long long)row, (long long)t->rows);
            return false;
        }
    }
    return true;
}

const char *reeli_cell_text(char text[REELI_CELL_TEXT], const reel_table *t, int64_t row,
                            size_t column)
{
    char at[REELI_QUOTE_SIZE + 24];
    long long line = (long long)reel_table_line(t, row);
    if (t->path[0]) {
        snprintf(at, sizeof at, "%s:%lld", REELI_QUOTED(t->path), line);
    } else {
        snprintf(at, sizeof at, "row %lld", line);
    }
    snprintf(text, REELI_CELL_TEXT, "%s: column '%s'", at,
             REELI_QUOTED(reel_table_name(t, column)));
    return text;
}

size_t reel_encoder_features(const reel_encoder *e)
{
    return REELI_ALIVE(e, "encoder_features") ? e->features : 0;
}

/* The input that feature i is of: the last that starts at or before it. */
static size_t input_with(const reel_encoder *e, size_t i)
{
    size_t low = 0, high = e->inputs.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(reeli_input_of(e, middle)->first <= i ? &low : &high) = middle;
    }
    return low;
}

const char *reel_encoder_feature_name(const reel_encoder *e, size_t i)
{
    if (i >= reel_encoder_features(e)) {
        return NULL;
    }
    size_t number = input_with(e, i);
    const reeli_input *input = reeli_input_of(e, number);
    const char *column = reeli_input_name(e, number);
    const char *word = input->text ? reeli_text_at(&input->texts, i - input->first) : "";
    size_t length = strlen(column) + strlen(word) + sizeof "=";
    char *name = reeli_arena_alloc(e->owned.r, length);
    if (!name) {
        reeli_no_memory(e->owned.r, "encoder_feature_name");
        return NULL;
    }
    snprintf(name, length, "%s%s%s", column, input->text ? "=" : "", word);
    return name;
}

double reel_encoder_mean(const reel_encoder *e, size_t i)
{
    return i < reel_encoder_features(e) ? reeli_input_of(e, input_with(e, i))->mean : (double)NAN;
}

double reel_encoder_scale(const reel_encoder *e, size_t i)
{
    if (i >= reel_encoder_features(e)) {
        return (double)NAN;
    }
    const reeli_input *input = reeli_input_of(e, input_with(e, i));
    return input->text ? 1 : input->scale;
}

double reel_encoder_median(const reel_encoder *e, size_t i)
{
    return i < reel_encoder_features(e) ? reeli_input_of(e, input_with(e, i))->median : (double)NAN;
}

const char *reel_encoder_target_name(const reel_encoder *e)
{
    return REELI_ALIVE(e, "encoder_target_name") ? e->target.data : NULL;
}

double reel_encoder_target_mean(const reel_encoder *e)
{
    return REELI_ALIVE(e, "encoder_target_mean") ? e->target_mean : (double)NAN;
}

double reel_encoder_target_scale(const reel_encoder *e)
{
    return REELI_ALIVE(e, "encoder_target_scale") ? e->target_scale : (double)NAN;
}

size_t reel_encoder_columns(const reel_encoder *e)
{
    return REELI_ALIVE(e, "encoder_columns") ? e->inputs.count : 0;
}

const char *reel_encoder_column(const reel_encoder *e, size_t i)
{
    return i < reel_encoder_columns(e) ? reeli_input_name(e, i) : NULL;
}

const char *const *reel_encoder_text_columns(const reel_encoder *e, size_t *count)
{
    size_t text_count = REELI_ALIVE(e, "encoder_text_columns") ? e->text_count : 0;
    if (count) {
        *count = text_count;
    }
    return text_count ? e->text.data : NULL;
}

void reel_encoder_free(reel_encoder *e)
{
    if (REELI_ALIVE(e, "encoder_free")) {
        reeli_free_handle(&e->owned, "encoder_free");
    }
}
