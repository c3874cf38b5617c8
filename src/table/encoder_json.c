/* SPDX-License-Identifier: MIT */
/*
 * An encoder in JSON:
 *
 *   {"version": 1, "missing": "median",
 *    "target": {"name": "price", "mean": 2.5, "scale": 1.25},
 *    "inputs": [{"name": "rooms", "median": 3, "mean": 3.5, "scale": 2},
 *               {"name": "near", "categories": ["bay", "sea"]}]}
 *
 * "missing" is "error" where missing values are refused.
 */
#include "encoder.h"
#include "json_read.h"
#include "json_write.h"

#include <string.h>

enum { VERSION = 1 };

static const char writing[] = "encoder_to_json", reading[] = "encoder_from_json";

static const char *const missing_text[] = {"median", "error"};

static void put_input(reeli_json_writer *w, const reel_encoder *e, size_t i)
{
    const reeli_input *input = reeli_input_of(e, i);
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_text(w, "name", reeli_input_name(e, i));
    if (input->text) {
        reeli_json_put_open(w, "categories", '[');
        for (size_t k = 0; k < reeli_text_count(&input->texts); k++) {
            reeli_json_put_text(w, NULL, reeli_text_at(&input->texts, k));
        }
        reeli_json_put_close(w, ']');
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
    reeli_json_put_close(w, '}');
    reeli_json_put_open(w, "inputs", '[');
    for (size_t i = 0; i < e->inputs.count; i++) {
        put_input(w, e, i);
    }
    reeli_json_put_close(w, ']');
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

static bool read_categories(void *context)
{
    decoder *d = context;
    reeli_text_set *texts = &d->input.texts;
    bool more = false;
    if (!reeli_json_expect(&d->json, '[')) {
        return false;
    }
    while (reeli_json_next(&d->json, ']', &more)) {
        if (!reeli_json_text(&d->json)) {
            return false;
        }
        const char *text = d->json.text.data;
        if (reeli_text_count(texts) > 0 &&
            strcmp(reeli_text_at(texts, reeli_text_count(texts) - 1), text) >= 0) {
            return reeli_json_refuse(&d->json, "categories that are not in order");
        }
        if (!reeli_text_set_add(d->json.r, texts, text, d->json.text.count)) {
            reeli_no_memory(d->json.r, reading);
            return false;
        }
    }
    return !more &&
           (reeli_text_count(texts) > 0 || reeli_json_refuse(&d->json, "no category at all"));
}

/* Either of numbers or of text. */
static bool read_input(decoder *d)
{
    static const reeli_json_key keys[] = {{"name", read_input_name},
                                          {"categories", read_categories},
                                          {"median", read_input_median},
                                          {"mean", read_input_mean},
                                          {"scale", read_input_scale}};
    enum { TEXT = 1 | 2, NUMBERS = 1 | 4 | 8 | 16 };
    unsigned seen;
    if (!reeli_json_object(&d->json, keys, 5, d, &seen)) {
        return false;
    }
    d->input.text = seen == TEXT;
    if (seen != TEXT && seen != NUMBERS) {
        return reeli_json_refuse(&d->json, "an input that has not just a name and categories, or a "
                                           "name, median, mean and scale");
    }
    const char *name = d->name.data;
    if (reeli_text_set_find(&d->e->names, name, strlen(name)) >= 0) {
        return reeli_json_refuse(&d->json, "a column that is there twice");
    }
    if (!reeli_encoder_add(d->e, reading, name, &d->input)) {
        return false;
    }
    d->input = (reeli_input){0};
    return true;
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

static bool read_target(void *context)
{
    decoder *d = context;
    static const reeli_json_key keys[] = {
        {"name", read_target_name}, {"mean", read_target_mean}, {"scale", read_target_scale}};
    unsigned seen;
    return reeli_json_object(&d->json, keys, 3, d, &seen) &&
           (seen == 7 ||
            reeli_json_refuse(&d->json, "a target that has not just a name, a mean and a scale"));
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

static bool read_encoder(decoder *d)
{
    static const reeli_json_key keys[] = {{"version", read_version},
                                          {"missing", read_missing},
                                          {"target", read_target},
                                          {"inputs", read_inputs}};
    unsigned seen;
    if (!reeli_json_object(&d->json, keys, 4, d, &seen) || !reeli_json_end(&d->json)) {
        return false;
    }
    if (seen != 15) {
        return reeli_json_refuse(&d->json,
                                 "an encoder without its version, missing, target or inputs");
    }
    if (reeli_text_set_find(&d->e->names, d->e->target.data, strlen(d->e->target.data)) >= 0) {
        return reeli_json_refuse(&d->json, "an input that is the target");
    }
    return reeli_encoder_finish(d->e, reading);
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
    reeli_text_set_free(r, &d.input.texts);
    if (!ok) {
        reel_encoder_free(d.e);
        return NULL;
    }
    return d.e;
}
