/* SPDX-License-Identifier: MIT */
/* An encoder's life, and what can be asked of it: its columns, classes, names of features. */
#include "encoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t bits(uint32_t set)
{
    size_t count = 0;
    for (; set; set &= set - 1) {
        count++;
    }
    return count;
}

size_t reeli_input_features(const reeli_input *input)
{
    switch (input->kind) {
    case REELI_INPUT_TEXT:
        return reeli_text_count(&input->texts) + input->others + input->missing;
    case REELI_INPUT_DATES:
        return (size_t)(input->scale > 0) + (size_t)(input->year_scale > 0) + bits(input->months) +
               bits(input->weekdays) + bits(input->hours);
    default:
        return 1;
    }
}

void reeli_input_free(reel *r, reeli_input *input)
{
    reeli_text_set_free(r, &input->texts);
    reeli_text_set_free(r, &input->reference);
}

static void destroy(reeli_owned *it)
{
    reel_encoder *e = (reel_encoder *)it;
    for (size_t i = 0; i < e->inputs.count; i++) {
        reeli_input_free(it->r, reeli_input_of(e, i));
    }
    reeli_buffer_free(it->r, &e->inputs);
    reeli_buffer_free(it->r, &e->target);
    reeli_buffer_free(it->r, &e->text);
    reeli_text_set_free(it->r, &e->classes);
    reeli_buffer_free(it->r, &e->terms);
    reeli_buffer_free(it->r, &e->scales);
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
        input->first = e->base;
        e->base += reeli_input_features(input);
        e->text_count += input->kind != REELI_INPUT_NUMBERS;
    }
    e->features = e->base;
    if (e->text_count > 0 && !reeli_buffer_reserve(r, &e->text, e->text_count * sizeof(char *))) {
        reeli_no_memory(r, what);
        return false;
    }
    const char **text = e->text.data;
    for (size_t i = 0; i < e->inputs.count; i++) {
        if (reeli_input_of(e, i)->kind != REELI_INPUT_NUMBERS) {
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

/* The place of the bit that has so many before it. */
static int bit_at(uint32_t set, size_t before)
{
    for (; before > 0; before--) {
        set &= set - 1;
    }
    int at = 0;
    while (!(set >> at & 1)) {
        at++;
    }
    return at;
}

/* Feature k of a column of dates: the trend, the year, months, days of the week, hours. */
static void describe_date(const reeli_input *input, size_t k, reel_feature *to)
{
    const uint32_t sets[] = {input->months, input->weekdays, input->hours};
    static const reel_feature_kind kinds[] = {REEL_FEATURE_MONTH, REEL_FEATURE_WEEKDAY,
                                              REEL_FEATURE_HOUR};
    bool trend = input->scale > 0, year = input->year_scale > 0;
    if (k < (size_t)trend + year) {
        bool is_trend = trend && k == 0;
        to->kind = is_trend ? REEL_FEATURE_TREND : REEL_FEATURE_YEAR;
        to->median = is_trend ? input->median : input->year_median;
        to->mean = is_trend ? input->mean : input->year_mean;
        to->scale = is_trend ? input->scale : input->year_scale;
        return;
    }
    k -= (size_t)trend + year;
    size_t i = 0;
    for (; i < 2 && k >= bits(sets[i]); i++) {
        k -= bits(sets[i]);
    }
    to->kind = kinds[i];
    to->value = bit_at(sets[i], k);
}

static void describe_text(const reeli_input *input, size_t k, reel_feature *to)
{
    size_t count = reeli_text_count(&input->texts);
    to->kind = k < count                     ? REEL_FEATURE_TEXT
               : k == count && input->others ? REEL_FEATURE_OTHERS
                                             : REEL_FEATURE_MISSING;
    to->text = k < count ? reeli_text_at(&input->texts, k) : NULL;
}

reel_feature reeli_input_feature(const reel_encoder *e, size_t i, size_t k)
{
    const reeli_input *input = reeli_input_of(e, i);
    reel_feature it = {.column = i, .scale = 1};
    if (input->kind == REELI_INPUT_TEXT) {
        describe_text(input, k, &it);
    } else if (input->kind == REELI_INPUT_DATES) {
        describe_date(input, k, &it);
    } else {
        it.median = input->median;
        it.mean = input->mean;
        it.scale = input->scale;
    }
    return it;
}

static reel_feature no_feature(void)
{
    return (reel_feature){.mean = (double)NAN, .median = (double)NAN, .scale = (double)NAN};
}

reel_feature reel_encoder_feature(const reel_encoder *e, size_t i)
{
    if (i >= reel_encoder_features(e)) {
        return no_feature();
    }
    if (e->terms.count) {
        return reeli_term_feature(e, i);
    }
    size_t column = input_with(e, i);
    return reeli_input_feature(e, column, i - reeli_input_of(e, column)->first);
}

size_t reel_encoder_column_features(const reel_encoder *e, size_t i)
{
    return i < reel_encoder_columns(e) ? reeli_input_features(reeli_input_of(e, i)) : 0;
}

reel_feature reel_encoder_column_feature(const reel_encoder *e, size_t i, size_t k)
{
    return k < reel_encoder_column_features(e, i) ? reeli_input_feature(e, i, k) : no_feature();
}

/* What comes after the column's name. */
static const char *ending(char text[32], const reel_feature *it)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    switch (it->kind) {
    case REEL_FEATURE_OTHERS:
        return "=(others)";
    case REEL_FEATURE_MISSING:
        return "=(missing)";
    case REEL_FEATURE_TREND:
        return ".trend";
    case REEL_FEATURE_YEAR:
        return ".year";
    case REEL_FEATURE_MONTH:
        snprintf(text, 32, ".month=%d", it->value);
        return text;
    case REEL_FEATURE_WEEKDAY:
        snprintf(text, 32, ".weekday=%s", days[it->value]);
        return text;
    case REEL_FEATURE_HOUR:
        snprintf(text, 32, ".hour=%d", it->value);
        return text;
    default:
        return it->kind == REEL_FEATURE_TEXT ? "=" : "";
    }
}

size_t reeli_feature_name(const reel_encoder *e, const reel_feature *it, char *text, size_t size)
{
    char part[32];
    int length = snprintf(text, size, "%s%s%s", reeli_input_name(e, it->column), ending(part, it),
                          it->text ? it->text : "");
    return length < 0 ? 0 : (size_t)length;
}

const char *reel_encoder_feature_name(const reel_encoder *e, size_t i)
{
    if (i >= reel_encoder_features(e)) {
        return NULL;
    }
    if (e->terms.count) {
        return reeli_term_name(e, i);
    }
    reel_feature it = reel_encoder_feature(e, i);
    size_t length = reeli_feature_name(e, &it, NULL, 0) + 1;
    char *name = reeli_arena_alloc(e->owned.r, length);
    if (!name) {
        reeli_no_memory(e->owned.r, "encoder_feature_name");
        return NULL;
    }
    reeli_feature_name(e, &it, name, length);
    return name;
}

double reel_encoder_mean(const reel_encoder *e, size_t i)
{
    return reel_encoder_feature(e, i).mean;
}

double reel_encoder_scale(const reel_encoder *e, size_t i)
{
    return reel_encoder_feature(e, i).scale;
}

double reel_encoder_median(const reel_encoder *e, size_t i)
{
    return reel_encoder_feature(e, i).median;
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

const char *reel_encoder_reference(const reel_encoder *e, size_t i)
{
    const reeli_text_set *set =
        i < reel_encoder_columns(e) ? &reeli_input_of(e, i)->reference : NULL;
    return set && reeli_text_count(set) ? reeli_text_at(set, 0) : NULL;
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
