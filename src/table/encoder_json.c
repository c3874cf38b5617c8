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

#include <jansson.h>
#include <string.h>

enum { VERSION = 1, DIGITS = 17 /* that tell any two doubles apart */ };

static const char writing[] = "encoder_to_json", reading[] = "encoder_from_json";

static const char *const missing_text[] = {"median", "error"};

static bool set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *texts_json(const reeli_text_set *words)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < reeli_text_count(words); i++) {
        if (json_array_append_new(array, json_string(reeli_text_at(words, i))) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static json_t *input_json(const reel_encoder *e, size_t i)
{
    const reeli_input *input = reeli_input_of(e, i);
    json_t *object = json_object();
    bool ok = object && set(object, "name", json_string(reeli_input_name(e, i)));
    if (ok && input->text) {
        ok = set(object, "categories", texts_json(&input->texts));
    } else if (ok) {
        ok = set(object, "median", json_real(input->median)) &&
             set(object, "mean", json_real(input->mean)) &&
             set(object, "scale", json_real(input->scale));
    }
    if (!ok) {
        json_decref(object);
    }
    return ok ? object : NULL;
}

static json_t *target_json(const reel_encoder *e)
{
    json_t *object = json_object();
    if (object && set(object, "name", json_string(reel_encoder_target_name(e))) &&
        set(object, "mean", json_real(e->target_mean)) &&
        set(object, "scale", json_real(e->target_scale))) {
        return object;
    }
    json_decref(object);
    return NULL;
}

static json_t *encoder_json(const reel_encoder *e)
{
    json_t *object = json_object(), *inputs = json_array();
    bool ok = object && inputs;
    for (size_t i = 0; ok && i < e->inputs.count; i++) {
        ok = json_array_append_new(inputs, input_json(e, i)) == 0;
    }
    ok = ok && set(object, "version", json_integer(VERSION)) &&
         set(object, "missing", json_string(missing_text[e->refuse_missing])) &&
         set(object, "target", target_json(e)) && json_object_set(object, "inputs", inputs) == 0;
    json_decref(inputs);
    if (!ok) {
        json_decref(object);
    }
    return ok ? object : NULL;
}

/* In two passes into memory of ours, as all JSON here: Jansson's own buffer leaves out keys where
 * it cannot grow. */
const char *reel_encoder_to_json(const reel_encoder *e)
{
    if (!e) {
        return NULL;
    }
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(DIGITS);
    json_t *object = encoder_json(e);
    size_t length = object ? json_dumpb(object, NULL, 0, flags) : 0;
    char *text = length ? reeli_arena_alloc(e->owned.r, length + 1) : NULL;
    bool ok = text && json_dumpb(object, text, length, flags) == length;
    json_decref(object);
    if (!ok) {
        reeli_no_memory(e->owned.r, writing);
        return NULL;
    }
    text[length] = '\0';
    return text;
}

/* What has been read so far. */
typedef struct decoder {
    reeli_json json;
    reel_encoder *e;
    reeli_buffer name; /* char: of the input that is being read */
    reeli_input input;
} decoder;

/* A key of an object, and what reads its value. */
typedef struct key {
    const char *name;
    bool (*read)(decoder *d);
} key;

/* An object with each of the keys at most once; which of them, a bit each. */
static bool read_object(decoder *d, const key *keys, unsigned count, unsigned *seen)
{
    *seen = 0;
    if (!reeli_json_expect(&d->json, '{')) {
        return false;
    }
    bool more = false;
    while (reeli_json_next(&d->json, '}', &more)) {
        if (!reeli_json_text(&d->json)) {
            return false;
        }
        unsigned i = 0;
        while (i < count && strcmp(keys[i].name, d->json.text.data) != 0) {
            i++;
        }
        if (i == count || *seen & 1U << i) {
            return reeli_json_refuse(&d->json, "a key that is unknown, or there twice");
        }
        *seen |= 1U << i;
        if (!reeli_json_expect(&d->json, ':') || !keys[i].read(d)) {
            return false;
        }
    }
    return !more;
}

/* A column's name into `to`. */
static bool read_name(decoder *d, reeli_buffer *to)
{
    if (!reeli_json_text(&d->json)) {
        return false;
    }
    size_t length = strlen(d->json.text.data);
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

static bool read_input_name(decoder *d) { return read_name(d, &d->name); }

static bool read_input_median(decoder *d) { return reeli_json_number(&d->json, &d->input.median); }

static bool read_input_mean(decoder *d) { return reeli_json_number(&d->json, &d->input.mean); }

static bool read_input_scale(decoder *d) { return read_scale(d, &d->input.scale); }

static bool read_categories(decoder *d)
{
    reeli_text_set *words = &d->input.texts;
    bool more = false;
    if (!reeli_json_expect(&d->json, '[')) {
        return false;
    }
    while (reeli_json_next(&d->json, ']', &more)) {
        if (!reeli_json_text(&d->json)) {
            return false;
        }
        const char *text = d->json.text.data;
        if (reeli_text_count(words) > 0 &&
            strcmp(reeli_text_at(words, reeli_text_count(words) - 1), text) >= 0) {
            return reeli_json_refuse(&d->json, "categories that are not in order");
        }
        if (!reeli_text_set_add(d->json.r, words, text, strlen(text))) {
            reeli_no_memory(d->json.r, reading);
            return false;
        }
    }
    return !more &&
           (reeli_text_count(words) > 0 || reeli_json_refuse(&d->json, "no category at all"));
}

/* Either of numbers or of text. */
static bool read_input(decoder *d)
{
    static const key keys[] = {{"name", read_input_name},
                               {"categories", read_categories},
                               {"median", read_input_median},
                               {"mean", read_input_mean},
                               {"scale", read_input_scale}};
    enum { TEXT = 1 | 2, NUMBERS = 1 | 4 | 8 | 16 };
    unsigned seen;
    if (!read_object(d, keys, 5, &seen)) {
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

static bool read_inputs(decoder *d)
{
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

static bool read_target_name(decoder *d) { return read_name(d, &d->e->target); }

static bool read_target_mean(decoder *d) { return reeli_json_number(&d->json, &d->e->target_mean); }

static bool read_target_scale(decoder *d) { return read_scale(d, &d->e->target_scale); }

static bool read_target(decoder *d)
{
    static const key keys[] = {
        {"name", read_target_name}, {"mean", read_target_mean}, {"scale", read_target_scale}};
    unsigned seen;
    return read_object(d, keys, 3, &seen) &&
           (seen == 7 ||
            reeli_json_refuse(&d->json, "a target that has not just a name, a mean and a scale"));
}

static bool read_version(decoder *d)
{
    double version;
    return reeli_json_number(&d->json, &version) &&
           (version == (double)VERSION ||
            reeli_json_refuse(&d->json, "a version that is not known"));
}

static bool read_missing(decoder *d)
{
    if (!reeli_json_text(&d->json)) {
        return false;
    }
    d->e->refuse_missing = strcmp(d->json.text.data, missing_text[true]) == 0;
    return d->e->refuse_missing || strcmp(d->json.text.data, missing_text[false]) == 0 ||
           reeli_json_refuse(&d->json, "expected \"median\" or \"error\"");
}

static bool read_encoder(decoder *d)
{
    static const key keys[] = {{"version", read_version},
                               {"missing", read_missing},
                               {"target", read_target},
                               {"inputs", read_inputs}};
    unsigned seen;
    if (!read_object(d, keys, 4, &seen) || !reeli_json_end(&d->json)) {
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
    decoder d = {.json = {.r = r, .what = reading, .start = json, .at = json}};
    d.e = reeli_encoder_new(r, reading);
    bool ok = d.e && read_encoder(&d);
    reeli_buffer_free(r, &d.json.text);
    reeli_buffer_free(r, &d.name);
    reeli_text_set_free(r, &d.input.texts);
    if (!ok) {
        reel_encoder_free(d.e);
        return NULL;
    }
    return d.e;
}
