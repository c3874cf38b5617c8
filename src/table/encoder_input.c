/* SPDX-License-Identifier: MIT */
/* One value as the features of an input: what tables, and rows from memory, have in common. */
#include "csv_number.h"
#include "date.h"
#include "encoder.h"

#include <math.h>
#include <string.h>

int32_t reeli_input_word(const reeli_input *input, const char *text, size_t length)
{
    int32_t count = (int32_t)reeli_text_count(&input->texts);
    if (!text) {
        return input->missing ? count + input->others : REELI_UNSEEN;
    }
    int32_t word = (int32_t)reeli_text_set_find(&input->texts, text, length);
    if (word >= 0) {
        return word;
    }
    bool reference = reeli_text_set_find(&input->reference, text, length) >= 0;
    return reference ? REELI_REFERENCE : input->others ? count : REELI_UNSEEN;
}

bool reeli_input_value(const reeli_input *input, const char *text, double *value)
{
    enum { LONGEST = 64 };
    char plain[LONGEST];
    size_t length = strlen(text);
    if (input->kind == REELI_INPUT_DATES) {
        reeli_read_date(text, reeli_date_format(input), value);
        return true;
    }
    reeli_reading what = REELI_NOT_A_NUMBER;
    if (length < sizeof plain) {
        memcpy(plain, text, length + 1);
        what = reeli_read_number(plain, length, '.', value);
    }
    if (what == REELI_NOT_A_NUMBER) {
        what = reeli_read_dressed(text, length, '.', 0, value);
    }
    *value = what == REELI_A_NUMBER ? *value : (double)NAN;
    return what != REELI_NO_LOCALE;
}

/* 0 or 1 for each bit of a set, 1 for that of `at`; behind the last. */
static double *put_bits(double *to, uint32_t set, int at)
{
    for (int i = 0; set >> i; i++) {
        if (set >> i & 1) {
            *to++ = i == at;
        }
    }
    return to;
}

/* Of a missing date the trend and the year are the medians, and all else is 0. */
static void encode_date(const reeli_input *input, double seconds, double *to)
{
    bool there = !isnan(seconds);
    reeli_date date = there ? reeli_date_of(seconds) : (reeli_date){0, -1, -1, -1};
    if (input->scale > 0) {
        double days = there ? seconds / 86400 : input->median;
        *to++ = input->raw ? days : (days - input->mean) / input->scale;
    }
    if (input->year_scale > 0) {
        double year = there ? (double)date.year : input->year_median;
        *to++ = input->raw ? year : (year - input->year_mean) / input->year_scale;
    }
    to = put_bits(to, input->months, date.month);
    to = put_bits(to, input->weekdays, date.weekday);
    put_bits(to, input->hours, date.hour);
}

void reeli_input_encode_number(const reeli_input *input, double x, double *to)
{
    if (input->kind == REELI_INPUT_DATES) {
        encode_date(input, x, to);
    } else {
        double there = isnan(x) ? input->median : x;
        *to = input->raw ? there : (there - input->mean) / input->scale;
    }
}

const char *const reeli_transform_names[] = {"none",     "log",  "log1p", "sqrt",
                                             "logistic", "rate", "class", NULL};

double reeli_transform(reel_transform transform, double y)
{
    switch (transform) {
    case REEL_TRANSFORM_LOG:
        return y > 0 ? log(y) : (double)NAN;
    case REEL_TRANSFORM_LOG1P:
        return y > -1 ? log1p(y) : (double)NAN;
    case REEL_TRANSFORM_SQRT:
        return y >= 0 ? sqrt(y) : (double)NAN;
    case REEL_TRANSFORM_LOGISTIC:
        return y >= 0 && y <= 1 ? y : (double)NAN;
    case REEL_TRANSFORM_RATE:
        return y >= 0 ? y : (double)NAN;
    default:
        return y;
    }
}

double reeli_transform_back(reel_transform transform, double y)
{
    switch (transform) {
    case REEL_TRANSFORM_LOG:
        return exp(y);
    case REEL_TRANSFORM_LOG1P:
        return expm1(y);
    case REEL_TRANSFORM_SQRT:
        return y > 0 ? y * y : 0;
    case REEL_TRANSFORM_LOGISTIC:
        return 1 / (1 + exp(-y));
    case REEL_TRANSFORM_RATE:
        return exp(y);
    default:
        return y;
    }
}

reel_transform reel_encoder_transform(const reel_encoder *e)
{
    return REELI_ALIVE(e, "encoder_transform") ? e->transform : REEL_TRANSFORM_NONE;
}

double reel_encoder_decode(const reel_encoder *e, double y)
{
    return REELI_ALIVE(e, "encoder_decode")
               ? reeli_transform_back(e->transform, e->target_mean + e->target_scale * y)
               : (double)NAN;
}

double reel_encoder_encode(const reel_encoder *e, double target)
{
    return REELI_ALIVE(e, "encoder_encode")
               ? (reeli_transform(e->transform, target) - e->target_mean) / e->target_scale
               : (double)NAN;
}
