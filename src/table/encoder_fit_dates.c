/* SPDX-License-Identifier: MIT */
/* Columns of dates, and which of their parts say something. */
#include "date.h"
#include "encoder_fit.h"

#include <math.h>
#include <string.h>

enum { USUAL_PARTS = REEL_DATE_TREND | REEL_DATE_MONTH | REEL_DATE_WEEKDAY | REEL_DATE_HOUR };

bool reeli_fit_dates_are_known(const reeli_fit *f)
{
    const reel_encoder_options *o = f->options;
    if (o->date_parts > (USUAL_PARTS | REEL_DATE_YEAR) ||
        (o->date_format_count && !o->date_formats)) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: %s", REELI_FIT,
                    o->date_format_count ? "the list of formats of dates is NULL"
                                         : "date_parts has more than there is");
        return false;
    }
    size_t size = 0;
    for (size_t i = 0; i < o->date_format_count; i++) {
        const char *one = o->date_formats[i]; /* a | would part it in two where it is kept */
        if (!one || strchr(one, '|') || !reeli_is_date_format(one)) {
            reeli_error(
                f->t->owned.r, REEL_ERR_VALUE,
                "%s: '%s' is no format of dates: %%Y %%y %%m %%d %%H %%I %%M %%S %%f %%p %%b "
                "%%B are known, and | is none of them",
                REELI_FIT, one ? REELI_QUOTED(one) : "NULL");
            return false;
        }
        size += strlen(one) + strlen(", "); /* as they are told */
    }
    if (size + sizeof "ISO 8601" > REELI_FORMATS_SIZE ||
        o->date_format_count >= REELI_MOST_FORMATS) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: there are too many formats of dates",
                    REELI_FIT);
        return false;
    }
    return true;
}

/* The seconds of each of the column's texts, in f->words; NULL, and an error, if memory is out. */
static double *read_texts(reeli_fit *f, size_t column, const char *format)
{
    size_t count = reel_table_categories(f->t, column);
    double *seconds = reeli_fit_room(f, &f->words, count, sizeof *seconds);
    for (size_t i = 0; seconds && i < count; i++) {
        reeli_read_date(reel_table_category(f->t, column, i), format, &seconds[i]);
    }
    return seconds;
}

/* The seconds of place i of the rows. */
static double seconds_at(const reeli_fit *f, reeli_cursor *codes, const double *seconds, int64_t i)
{
    int32_t code = reeli_code_at(codes, reeli_row(f->rows, i));
    return code < 0 ? (double)NAN : seconds[code];
}

/* A set of one element says nothing. */
static uint32_t of_use(uint32_t set) { return set & (set - 1) ? set : 0; }

static void find_sets(const reeli_fit *f, reeli_cursor *codes, const double *seconds,
                      unsigned parts, reeli_input *input)
{
    for (int64_t k = 0; k < f->rows.count; k++) {
        double x = seconds_at(f, codes, seconds, reeli_fit_place(f, k));
        if (!isnan(x)) {
            reeli_date date = reeli_date_of(x);
            input->months |= UINT32_C(1) << date.month;
            input->weekdays |= UINT32_C(1) << date.weekday;
            input->hours |= UINT32_C(1) << date.hour;
        }
    }
    input->months = parts & REEL_DATE_MONTH ? of_use(input->months) : 0;
    input->weekdays = parts & REEL_DATE_WEEKDAY ? of_use(input->weekdays) : 0;
    input->hours = parts & REEL_DATE_HOUR ? of_use(input->hours) : 0;
}

typedef struct dates {
    const reeli_fit *f;
    reeli_cursor *codes;
    const double *seconds; /* of each text */
    bool years;            /* or days */
} dates;

static void read_dates(void *context, int64_t first, int64_t count, double *to)
{
    const dates *it = context;
    for (int64_t k = 0; k < count; k++) {
        const double x =
            seconds_at(it->f, it->codes, it->seconds, reeli_fit_place(it->f, first + k));
        to[k] = isnan(x) ? x : it->years ? (double)reeli_date_of(x).year : x / 86400;
    }
}

static bool summarise(reeli_fit *f, dates *it, reeli_summary *s)
{
    reeli_values values;
    const bool done = reeli_fit_values(f, &values, read_dates, it);
    if (done) {
        *s = reeli_summarise(&values);
    }
    return done;
}

static bool find_numbers(reeli_fit *f, reeli_cursor *codes, const double *seconds, unsigned parts,
                         reeli_input *input)
{
    dates it = {f, codes, seconds, false};
    reeli_summary days, years;
    if (!summarise(f, &it, &days)) {
        return false;
    }
    it.years = true;
    if (!summarise(f, &it, &years)) {
        return false;
    }
    input->median = days.median;
    input->mean = days.mean;
    input->scale = parts & REEL_DATE_TREND && days.lowest < days.highest ? days.scale : 0;
    input->year_median = years.median;
    input->year_mean = years.mean;
    input->year_scale = parts & REEL_DATE_YEAR && years.lowest < years.highest ? years.scale : 0;
    return true;
}

bool reeli_fit_dates(reeli_fit *f, size_t column, uint64_t hash, const char *format)
{
    unsigned parts = f->options->date_parts ? f->options->date_parts : USUAL_PARTS;
    const double *seconds = read_texts(f, column, format);
    reeli_cursor codes;
    if (!seconds || !reeli_cursor_open(&codes, f->t, column)) {
        return false;
    }
    reeli_input input = {.kind = REELI_INPUT_DATES};
    const bool done = find_numbers(f, &codes, seconds, parts, &input);
    find_sets(f, &codes, seconds, parts, &input);
    reeli_cursor_close(&codes);
    if (!done || f->t->owned.r->status != REEL_OK) {
        return false;
    }
    if (reeli_input_features(&input) == 0) {
        reeli_fit_leave_out(
            f, &(reeli_left_out){.reason = REELI_LEFT_CONSTANT_DATES, .column = column});
        return true;
    }
    if (reeli_fit_is_repeated(f, column, hash)) {
        return true;
    }
    if (!reeli_text_set_add(f->t->owned.r, &input.texts, format, strlen(format))) {
        reeli_no_memory(f->t->owned.r, REELI_FIT);
        return false;
    }
    bool ok = reeli_fit_add(f, column, hash, &input);
    if (!ok) {
        reeli_input_free(f->t->owned.r, &input);
    }
    return ok;
}
