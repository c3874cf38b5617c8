/* SPDX-License-Identifier: MIT */
/*
 * An encoder in JSON:
 *
 *   {"version": 1, "missing": "median",
 *    "target": {"name": "price", "mean": 2.5, "scale": 1.25},
 *    "inputs": [{"name": "rooms", "median": 3, "mean": 3.5, "scale": 2},
 *               {"name": "near", "categories": ["bay", "sea"], "others": true, "missing": true},
 *               {"name": "garden", "categories": ["yes"], "reference": "no"},
 *               {"name": "sold", "date": "%d.%m.%Y", "median": 20000, "mean": 20000.5, "scale": 9,
 *                "year_median": 2024, "year_mean": 2024.5, "year_scale": 0.5,
 *                "months": [1, 2], "weekdays": [0, 5], "hours": [7, 8]}]}
 *
 * A date's format is "" for ISO 8601, several have | between them; without a scale it has no trend,
 * without a year's no year. A target may have a "transform": "log", "log1p", "sqrt", "logistic",
 * "rate" or "class", which has "classes": ["a", "b"]. "missing" is "error" where missing
 * values are refused.
 */
#include "encoder_json.h"
#include "date.h"

#include <string.h>

enum { VERSION = 1 };

static const char writing[] = "encoder_to_json", reading[] = "encoder_from_json";

static const char *const missing_text[] = {"median", "error"};

static void put_texts(reeli_json_writer *w, const char *key, const reeli_text_set *texts)
{
    reeli_json_put_open(w, key, '[');
    for (size_t k = 0; k < reeli_text_count(texts); k++) {
        reeli_json_put_text(w, NULL, reeli_text_at(texts, k));
    }
    reeli_json_put_close(w, ']');
}

static void put_text(reeli_json_writer *w, const reeli_input *input)
{
    put_texts(w, "categories", &input->texts);
    if (reeli_text_count(&input->reference) > 0) {
        reeli_json_put_text(w, "reference", reeli_text_at(&input->reference, 0));
    }
    if (input->others) {
        reeli_json_put_bool(w, "others", true);
    }
    if (input->missing) {
        reeli_json_put_bool(w, "missing", true);
    }
}

static void put_set(reeli_json_writer *w, const char *key, uint32_t set)
{
    if (set) {
        reeli_json_put_open(w, key, '[');
        for (int i = 0; set >> i; i++) {
            if (set >> i & 1) {
                reeli_json_put_integer(w, NULL, i);
            }
        }
        reeli_json_put_close(w, ']');
    }
}

static void put_dates(reeli_json_writer *w, const reeli_input *input)
{
    reeli_json_put_text(w, "date", reeli_date_format(input));
    reeli_json_put_number(w, "median", input->median);
    if (input->scale > 0) {
        reeli_json_put_number(w, "mean", input->mean);
        reeli_json_put_number(w, "scale", input->scale);
    }
    if (input->year_scale > 0) {
        reeli_json_put_number(w, "year_median", input->year_median);
        reeli_json_put_number(w, "year_mean", input->year_mean);
        reeli_json_put_number(w, "year_scale", input->year_scale);
    }
    put_set(w, "months", input->months);
    put_set(w, "weekdays", input->weekdays);
    put_set(w, "hours", input->hours);
}

static void put_input(reeli_json_writer *w, const reel_encoder *e, size_t i)
{
    const reeli_input *input = reeli_input_of(e, i);
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_text(w, "name", reeli_input_name(e, i));
    if (input->kind == REELI_INPUT_TEXT) {
        put_text(w, input);
    } else if (input->kind == REELI_INPUT_DATES) {
        put_dates(w, input);
    } else {
        reeli_json_put_number(w, "median", input->median);
        reeli_json_put_number(w, "mean", input->mean);
        reeli_json_put_number(w, "scale", input->scale);
    }
    reeli_json_put_close(w, '}');
}

static void put_encoder(reeli_json_writer *w, const reel_encoder *e)
{
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_integer(w, "version", VERSION);
    reeli_json_put_text(w, "missing", missing_text[e->refuse_missing]);
    reeli_json_put_open(w, "target", '{');
    reeli_json_put_text(w, "name", reel_encoder_target_name(e));
    reeli_json_put_number(w, "mean", e->target_mean);
    reeli_json_put_number(w, "scale", e->target_scale);
    if (e->transform) {
        reeli_json_put_text(w, "transform", reeli_transform_names[e->transform]);
    }
    if (e->transform == REEL_TRANSFORM_CLASS) {
        put_texts(w, "classes", &e->classes);
    }
    reeli_json_put_close(w, '}');
    reeli_json_put_open(w, "inputs", '[');
    for (size_t i = 0; i < e->inputs.count; i++) {
        put_input(w, e, i);
    }
    reeli_json_put_close(w, ']');
    if (e->terms.count) {
        reeli_put_terms(w, e);
    }
    reeli_json_put_close(w, '}');
}

const char *reel_encoder_to_json(const reel_encoder *e)
{
    if (!REELI_ALIVE(e, "encoder_to_json")) {
        return NULL;
    }
    reeli_json_writer w = {.r = e->owned.r};
    put_encoder(&w, e);
    size_t length;
    const char *written = reeli_json_written(&w, &length);
    char *text = written ? reeli_arena_alloc(w.r, length + 1) : NULL;
    if (text) {
        memcpy(text, written, length + 1);
    } else {
        reeli_no_memory(w.r, writing);
    }
    reeli_json_writer_free(&w);
    return text;
}

/* What has been read so far. */
typedef struct decoder {
    reeli_json json;
    reel_encoder *e;
    reeli_buffer name; /* char: of the input that is being read */
    reeli_input input;
    reeli_text_set format; /* of its dates, until it is known that it has some */
    reeli_buffer scales;   /* double: of terms, a mean and a scale in turn */
} decoder;

/* A column's name into `to`. */
static bool read_name(decoder *d, reeli_buffer *to)
{
    if (!reeli_json_text(&d->json)) {
        return false;
    }
    size_t length = d->json.text.count;
    if (length == 0) {
        return reeli_json_refuse(&d->json, "a column without a name");
    }
    if (!reeli_buffer_reserve(d->json.r, to, length + 1)) {
        reeli_no_memory(d->json.r, reading);
        return false;
    }
    memcpy(to->data, d->json.text.data, length + 1);
    return true;
}

static bool read_scale(decoder *d, double *scale)
{
    return reeli_json_number(&d->json, scale) &&
           (*scale > 0 || reeli_json_refuse(&d->json, "a scale that is not positive"));
}

static bool read_input_name(void *context)
{
    decoder *d = context;
    return read_name(d, &d->name);
}

static bool read_input_median(void *context)
{
    decoder *d = context;
    return reeli_json_number(&d->json, &d->input.median);
}

static bool read_input_mean(void *context)
{
    decoder *d = context;
    return reeli_json_number(&d->json, &d->input.mean);
}

static bool read_input_scale(void *context)
{
    decoder *d = context;
    return read_scale(d, &d->input.scale);
}

/* Texts into a set, in order or each once. */
static bool read_texts(decoder *d, reeli_text_set *texts, bool sorted)
{
    bool more = false;
    if (!reeli_json_expect(&d->json, '[')) {
        return false;
    }
    while (reeli_json_next(&d->json, ']', &more)) {
        if (!reeli_json_text(&d->json)) {
            return false;
        }
        const char *text = d->json.text.data;
        if (sorted && reeli_text_count(texts) > 0 &&
            strcmp(reeli_text_at(texts, reeli_text_count(texts) - 1), text) >= 0) {
            return reeli_json_refuse(&d->json, "categories that are not in order");
        }
        if (!sorted && reeli_text_set_find(texts, text, d->json.text.count) >= 0) {
            return reeli_json_refuse(&d->json, "a class that comes twice");
        }
        if (!reeli_text_set_add(d->json.r, texts, text, d->json.text.count)) {
            reeli_no_memory(d->json.r, reading);
            return false;
        }
    }
    return !more &&
           (reeli_text_count(texts) > 0 || reeli_json_refuse(&d->json, "no category at all"));
}

static bool read_categories(void *context)
{
    decoder *d = context;
    return read_texts(d, &d->input.texts, true);
}

static bool read_classes(void *context)
{
    decoder *d = context;
    return read_texts(d, &d->e->classes, false) &&
           (reeli_text_count(&d->e->classes) > 1 || reeli_json_refuse(&d->json, "a single class"));
}

static bool read_others(void *context)
{
    decoder *d = context;
    return reeli_json_bool(&d->json, &d->input.others);
}

static bool read_missing_too(void *context)
{
    decoder *d = context;
    return reeli_json_bool(&d->json, &d->input.missing);
}

/* One text into a set that has none. */
static bool read_one(decoder *d, reeli_text_set *to)
{
    if (!reeli_json_text(&d->json)) {
        return false;
    }
    if (!reeli_text_set_add(d->json.r, to, d->json.text.data, d->json.text.count)) {
        reeli_no_memory(d->json.r, reading);
        return false;
    }
    return true;
}

static bool read_reference(void *context)
{
    decoder *d = context;
    return read_one(d, &d->input.reference);
}

static bool read_format(void *context)
{
    decoder *d = context;
    if (!read_one(d, &d->format)) {
        return false;
    }
    const char *format = reeli_text_at(&d->format, 0);
    return !*format || reeli_is_date_format(format) ||
           reeli_json_refuse(&d->json, "a format of dates that is none");
}

static bool read_year_median(void *context)
{
    decoder *d = context;
    return reeli_json_number(&d->json, &d->input.year_median);
}

static bool read_year_mean(void *context)
{
    decoder *d = context;
    return reeli_json_number(&d->json, &d->input.year_mean);
}

static bool read_year_scale(void *context)
{
    decoder *d = context;
    return read_scale(d, &d->input.year_scale);
}

/* At least two numbers between two others, in order. */
static bool read_set(decoder *d, int64_t least, int64_t most, uint32_t *to)
{
    bool more = false;
    int64_t last = least - 1, count = 0;
    if (!reeli_json_expect(&d->json, '[')) {
        return false;
    }
    for (; reeli_json_next(&d->json, ']', &more); count++) {
        int64_t x;
        if (!reeli_json_integer(&d->json, &x)) {
            return false;
        }
        if (x <= last || x > most) {
            return reeli_json_refuse(&d->json,
                                     "a month, day or hour that is none, or out of order");
        }
        *to |= UINT32_C(1) << x;
        last = x;
    }
    return !more && (count > 1 || reeli_json_refuse(&d->json, "a single month, day or hour"));
}

static bool read_months(void *context)
{
    decoder *d = context;
    return read_set(d, 1, 12, &d->input.months);
}

static bool read_weekdays(void *context)
{
    decoder *d = context;
    return read_set(d, 0, 6, &d->input.weekdays);
}

static bool read_hours(void *context)
{
    decoder *d = context;
    return read_set(d, 0, 23, &d->input.hours);
}

enum {
    NAME = 1,
    CATEGORIES = 2,
    MEDIAN = 4,
    MEAN = 8,
    SCALE = 16,
    OTHERS = 32,
    MISSING = 64,
    REFERENCE = 128,
    DATE = 256,
    YEAR = 512 | 1024 | 2048,
    SETS = 4096 | 8192 | 16384
};

/* What an input with these keys is; false, and an error, if it is none. */
static bool find_kind(decoder *d, unsigned seen)
{
    unsigned trend = seen & (MEAN | SCALE), year = seen & YEAR;
    bool text = (seen & ~(unsigned)(OTHERS | MISSING | REFERENCE)) == (NAME | CATEGORIES);
    bool numbers = seen == (NAME | MEDIAN | MEAN | SCALE);
    bool dates = (seen & ~(unsigned)(MEAN | SCALE | YEAR | SETS)) == (NAME | DATE | MEDIAN) &&
                 (trend == 0 || trend == (MEAN | SCALE)) && (year == 0 || year == YEAR) &&
                 (seen & (SCALE | YEAR | SETS)) != 0;
    d->input.kind = text ? REELI_INPUT_TEXT : dates ? REELI_INPUT_DATES : REELI_INPUT_NUMBERS;
    if (dates) {
        d->input.texts = d->format;
        d->format = (reeli_text_set){0};
    }
    return text || numbers || dates ||
           reeli_json_refuse(&d->json,
                             "an input that has not just a name and categories, or a name, "
                             "median, mean and scale, or a name, date and its parts");
}

static bool add_input(decoder *d)
{
    const char *name = d->name.data;
    if (reeli_text_set_find(&d->e->names, name, strlen(name)) >= 0) {
        return reeli_json_refuse(&d->json, "a column that is there twice");
    }
    const reeli_text_set *reference = &d->input.reference;
    if (reeli_text_count(reference) > 0) {
        const char *text = reeli_text_at(reference, 0);
        if (reeli_text_set_find(&d->input.texts, text, strlen(text)) >= 0) {
            return reeli_json_refuse(&d->json, "a reference that is a category");
        }
    }
    if (!reeli_encoder_add(d->e, reading, name, &d->input)) {
        return false;
    }
    d->input = (reeli_input){0};
    return true;
}

/* Of numbers, text or dates. */
static bool read_input(decoder *d)
{
    static const reeli_json_key keys[] = {
        {"name", read_input_name},     {"categories", read_categories},
        {"median", read_input_median}, {"mean", read_input_mean},
        {"scale", read_input_scale},   {"others", read_others},
        {"missing", read_missing_too}, {"reference", read_reference},
        {"date", read_format},         {"year_median", read_year_median},
        {"year_mean", read_year_mean}, {"year_scale", read_year_scale},
        {"months", read_months},       {"weekdays", read_weekdays},
        {"hours", read_hours}};
    unsigned seen;
    return reeli_json_object(&d->json, keys, sizeof keys / sizeof *keys, d, &seen) &&
           find_kind(d, seen) && add_input(d);
}

static bool read_inputs(void *context)
{
    decoder *d = context;
    bool more = false;
    if (!reeli_json_expect(&d->json, '[')) {
        return false;
    }
    while (reeli_json_next(&d->json, ']', &more)) {
        if (!read_input(d)) {
            return false;
        }
    }
    return !more && (d->e->inputs.count > 0 || reeli_json_refuse(&d->json, "no input at all"));
}

static bool read_target_name(void *context)
{
    decoder *d = context;
    return read_name(d, &d->e->target);
}

static bool read_target_mean(void *context)
{
    decoder *d = context;
    return reeli_json_number(&d->json, &d->e->target_mean);
}

static bool read_target_scale(void *context)
{
    decoder *d = context;
    return read_scale(d, &d->e->target_scale);
}

static bool read_transform(void *context)
{
    decoder *d = context;
    if (!reeli_json_text(&d->json)) {
        return false;
    }
    int found = 0;
    while (reeli_transform_names[found] &&
           strcmp(reeli_transform_names[found], d->json.text.data) != 0) {
        found++;
    }
    d->e->transform = (reel_transform)found;
    return reeli_transform_names[found] ||
           reeli_json_refuse(&d->json, "a transform that is not known");
}

static bool read_target(void *context)
{
    decoder *d = context;
    static const reeli_json_key keys[] = {{"name", read_target_name},
                                          {"mean", read_target_mean},
                                          {"scale", read_target_scale},
                                          {"transform", read_transform},
                                          {"classes", read_classes}};
    enum { CLASSES = 16 };
    unsigned seen;
    return reeli_json_object(&d->json, keys, 5, d, &seen) &&
           ((seen & 7) == 7 ||
            reeli_json_refuse(&d->json, "a target that has not just a name, a mean and a scale")) &&
           (!(seen & CLASSES) == (d->e->transform != REEL_TRANSFORM_CLASS) ||
            reeli_json_refuse(&d->json, "classes of a target that has none, or none of one"));
}

static bool read_version(void *context)
{
    decoder *d = context;
    double version;
    return reeli_json_number(&d->json, &version) &&
           (version == (double)VERSION ||
            reeli_json_refuse(&d->json, "a version that is not known"));
}

static bool read_missing(void *context)
{
    decoder *d = context;
    if (!reeli_json_text(&d->json)) {
        return false;
    }
    d->e->refuse_missing = strcmp(d->json.text.data, missing_text[true]) == 0;
    return d->e->refuse_missing || strcmp(d->json.text.data, missing_text[false]) == 0 ||
           reeli_json_refuse(&d->json, "expected \"median\" or \"error\"");
}

static bool read_terms(void *context)
{
    decoder *d = context;
    return reeli_read_terms(&d->json, d->e, &d->scales);
}

/* Once the inputs' features are counted, and so the terms'. */
static bool finish_terms(decoder *d)
{
    reel_encoder *e = d->e;
    if (!reeli_encoder_finish_terms(e, reading)) {
        return false;
    }
    if (d->scales.count != 2 * e->features) {
        return reeli_json_refuse(&d->json, "terms with other numbers of means than of features");
    }
    memcpy(e->scales.data, d->scales.data, d->scales.count * sizeof(double));
    for (size_t i = 0; i < e->inputs.count; i++) {
        reeli_input_of(e, i)->raw = true;
    }
    return true;
}

static bool read_encoder(decoder *d)
{
    static const reeli_json_key keys[] = {{"version", read_version},
                                          {"missing", read_missing},
                                          {"target", read_target},
                                          {"inputs", read_inputs},
                                          {"terms", read_terms}};
    enum { NEEDED = 15 };
    unsigned seen;
    if (!reeli_json_object(&d->json, keys, 5, d, &seen) || !reeli_json_end(&d->json)) {
        return false;
    }
    if ((seen & NEEDED) != NEEDED) {
        return reeli_json_refuse(&d->json,
                                 "an encoder without its version, missing, target or inputs");
    }
    if (reeli_text_set_find(&d->e->names, d->e->target.data, strlen(d->e->target.data)) >= 0) {
        return reeli_json_refuse(&d->json, "an input that is the target");
    }
    return reeli_encoder_finish(d->e, reading) && (!d->e->terms.count || finish_terms(d));
}

reel_encoder *reel_encoder_from_json(reel *r, const char *json)
{
    if (!r || !json) {
        if (r) {
            reeli_error(r, REEL_ERR_VALUE, "%s: the text is NULL", reading);
        }
        return NULL;
    }
    decoder d = {.json = reeli_json_of(r, reading, json)};
    d.e = reeli_encoder_new(r, reading);
    bool ok = d.e && read_encoder(&d);
    reeli_json_free(&d.json);
    reeli_buffer_free(r, &d.name);
    reeli_input_free(r, &d.input);
    reeli_text_set_free(r, &d.format);
    reeli_buffer_free(r, &d.scales);
    if (!ok) {
        reel_encoder_free(d.e);
        return NULL;
    }
    return d.e;
}
