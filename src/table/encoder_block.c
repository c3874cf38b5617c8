/* SPDX-License-Identifier: MIT */
/* Features of a block of rows, column by column. */
#include "encoder_encode.h"

#include <math.h>
#include <string.h>

typedef reeli_encode_source source;
typedef reeli_encoding encoding;

/* What is counted is told with its first place, in whatever order the rows come. */
static void count_missing(source *s, int64_t place)
{
    s->missing++;
    s->missing_place = place < s->missing_place ? place : s->missing_place;
}

static void count_unseen(source *s, int64_t place, int32_t code)
{
    s->unseen++;
    s->unseen_code = place < s->unseen_place ? code : s->unseen_code;
    s->unseen_place = place < s->unseen_place ? place : s->unseen_place;
}

/* Where the features of the row that is looked at as number k begin in `to`. */
static inline int64_t begin_of(const encoding *it, const source *s, int64_t k)
{
    const int64_t row = it->file ? k % it->put_rows : reeli_by_block(&it->order, k);
    return row * (int64_t)it->e->base + (int64_t)s->input->first;
}

/* Missing numbers become the median. */
static void fill_missing(const encoding *it, source *s, int64_t begin, int64_t count, double *x)
{
    for (int64_t k = 0; k < count; k++) {
        if (isnan(x[k])) {
            count_missing(s, reeli_by_block(&it->order, begin + k));
            x[k] = s->input->median;
        }
    }
}

/* Numbers as one feature of `count` rows. */
static void put_feature(const encoding *it, const source *s, int64_t begin, int64_t count,
                        const double *x)
{
    const int64_t step = (int64_t)it->e->base;
    if ((it->order.count && !it->file) || it->to->dtype == REEL_F64) {
        for (int64_t k = 0; k < count; k++) {
            reeli_put_number(it->to, begin_of(it, s, begin + k), x[k]);
        }
        return;
    }
    float *to = (float *)it->to->data + begin_of(it, s, begin);
    for (int64_t k = 0; k < count; k++) {
        to[k * step] = (float)x[k];
    }
}

/* A column of numbers, which are one feature. */
static void encode_numbers(const encoding *it, source *s, int64_t begin, int64_t count)
{
    enum { LANES = 8 }; /* that divide a block: vectors */
    const reeli_input *input = s->input;
    const double mean = input->raw ? 0 : input->mean, scale = input->raw ? 1 : input->scale;
    double x[REELI_ENCODE_BLOCK] = {0};
    reeli_numbers_read(&s->cells, it->rows, &it->order, begin, count, x);
    if (reel_table_missing(it->t, s->column)) {
        fill_missing(it, s, begin, count, x);
    }
    for (int64_t k = 0; k < count; k += LANES) {
        for (int64_t i = k; i < k + LANES; i++) {
            x[i] = (x[i] - mean) / scale;
        }
    }
    put_feature(it, s, begin, count, x);
}

/* Dates, and numbers that stand as texts in this table. */
static void encode_texts_of_numbers(const encoding *it, source *s, int64_t begin, int64_t count)
{
    const int64_t features = (int64_t)reeli_input_features(s->input);
    double made[REELI_MOST_OF_A_DATE], x;
    for (int64_t k = begin; k < begin + count; k++) {
        const int64_t i = reeli_by_block(&it->order, k), row = reeli_row(it->rows, i);
        const int32_t code = s->text ? reeli_code_at(&s->cells, row) : -1;
        x = code >= 0 ? s->value[code] : s->text ? (double)NAN : reeli_number_at(&s->cells, row);
        if (isnan(x)) {
            count_missing(s, i);
        }
        if (code >= 0 && isnan(x)) {
            count_unseen(s, i, code);
        }
        reeli_input_encode_number(s->input, x, made);
        for (int64_t f = 0; f < features; f++) {
            reeli_put_number(it->to, begin_of(it, s, k) + f, made[f]);
        }
    }
}

static void encode_text(const encoding *it, source *s, int64_t begin, int64_t count)
{
    const int64_t features = (int64_t)reeli_input_features(s->input);
    const int32_t without = reeli_input_word(s->input, NULL, 0);
    const size_t size = reeli_element_size(it->to->dtype);
    int32_t codes[REELI_ENCODE_BLOCK];
    for (int64_t k = 0; k < count; k++) {
        codes[k] = -1;
    }
    if (s->text) {
        reeli_codes_read(&s->cells, it->rows, &it->order, begin, count, codes);
    }
    for (int64_t k = 0; k < count; k++) {
        const int64_t at = begin_of(it, s, begin + k);
        const int32_t code = codes[k], word = code < 0 ? without : s->word[code];
        if (code < 0 && word < 0) {
            count_missing(s, reeli_by_block(&it->order, begin + k));
        }
        if (code >= 0 && word == REELI_UNSEEN) {
            count_unseen(s, reeli_by_block(&it->order, begin + k), code);
        }
        memset((char *)it->to->data + (size_t)at * size, 0, (size_t)features * size);
        if (word >= 0) {
            reeli_put_number(it->to, at + word, 1);
        }
    }
}

void reeli_encode_block(reeli_encoding *it, int64_t begin, int64_t end)
{
    for (size_t i = 0; i < it->e->inputs.count; i++) {
        source *s = reeli_source_of(it, i);
        if (s->input->kind == REELI_INPUT_TEXT) {
            encode_text(it, s, begin, end - begin);
        } else if (s->input->kind == REELI_INPUT_NUMBERS && !s->text) {
            encode_numbers(it, s, begin, end - begin);
        } else {
            encode_texts_of_numbers(it, s, begin, end - begin);
        }
    }
}
