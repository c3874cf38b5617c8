/* SPDX-License-Identifier: MIT */
/*
 * An encoder in JSON:
 *
 *   {"version": 1, "refuse_missing": false,
 *    "target": {"name": "price", "mean": 2.5, "scale": 1.25},
 *    "inputs": [{"name": "rooms", "median": 3, "mean": 3.5, "scale": 2},
 *               {"name": "near", "categories": ["bay", "sea"]}]}
 */
#include "encoder.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

enum { VERSION = 1, DIGITS = 17 /* that tell any two doubles apart */ };

static const char writing[] = "encoder_to_json", reading[] = "encoder_from_json";

static bool set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *texts_json(const reeli_words *words)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < words->count; i++) {
        if (json_array_append_new(array, json_string(reeli_word(words, i))) != 0) {
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
        ok = set(object, "categories", texts_json(&input->words));
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
    for (size_t i = 0; ok && i < e->count; i++) {
        ok = json_array_append_new(inputs, input_json(e, i)) == 0;
    }
    ok = ok && set(object, "version", json_integer(VERSION)) &&
         set(object, "refuse_missing", json_boolean(e->refuse_missing)) &&
         set(object, "target", target_json(e)) && json_object_set(object, "inputs", inputs) == 0;
    json_decref(inputs);
    if (!ok) {
        json_decref(object);
    }
    return ok ? object : NULL;
}

/* In two passes into memory of ours, as all JSON here: Jansson's own buffer leaves out keys where it
 * cannot grow. */
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

static bool refuse(reel *r, const char *what)
{
    reeli_error(r, REEL_ERR_FORMAT, "%s: %s", reading, what);
    return false;
}

static bool no_memory(reel *r)
{
    reeli_no_memory(r, reading);
    return false;
}

/* The finite number of a key. */
static bool read_number(const json_t *object, const char *key, double *value)
{
    const json_t *number = json_object_get(object, key);
    *value = json_number_value(number);
    return json_is_number(number) && isfinite(*value);
}

/* The name that an object has, fit for a column. */
static const char *read_name(const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    return name && name[0] ? name : NULL;
}

static bool read_categories(reel_encoder *e, reeli_input *input, const json_t *categories)
{
    const char *before = NULL;
    input->text = true;
    if (json_array_size(categories) == 0) {
        return refuse(e->owned.r, "the categories of an input are not a list of texts");
    }
    for (size_t i = 0; i < json_array_size(categories); i++) {
        const char *text = json_string_value(json_array_get(categories, i));
        if (!text || (before && strcmp(before, text) >= 0)) {
            return refuse(e->owned.r,
                          "the categories of an input are not different texts in order");
        }
        if (!reeli_words_add(e->owned.r, &input->words, text, strlen(text))) {
            return no_memory(e->owned.r);
        }
        before = text;
    }
    return true;
}

static bool read_input(reel_encoder *e, const json_t *object)
{
    const char *name = read_name(object);
    if (!name) {
        return refuse(e->owned.r, "an input has no name");
    }
    if (reeli_words_find(&e->names, name, strlen(name)) >= 0) {
        reeli_error(e->owned.r, REEL_ERR_FORMAT, "%s: the column '%s' comes twice", reading,
                    REELI_QUOTED(name));
        return false;
    }
    reeli_input *input = reeli_encoder_add(e, reading, name);
    const json_t *categories = json_object_get(object, "categories");
    if (!input || categories) {
        return input && (json_object_size(object) == 2
                             ? read_categories(e, input, categories)
                             : refuse(e->owned.r, "an input has more than a name and categories"));
    }
    bool sound = json_object_size(object) == 4 && read_number(object, "median", &input->median) &&
                 read_number(object, "mean", &input->mean) &&
                 read_number(object, "scale", &input->scale) && input->scale > 0;
    return sound || refuse(e->owned.r, "an input has neither a median, mean and scale nor "
                                       "categories");
}

static bool read_inputs(reel_encoder *e, const json_t *inputs)
{
    if (json_array_size(inputs) == 0) {
        return refuse(e->owned.r, "there is no list of inputs");
    }
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        if (!read_input(e, json_array_get(inputs, i))) {
            return false;
        }
    }
    return reeli_encoder_finish(e, reading);
}

static reel_encoder *read_encoder(reel *r, const json_t *object)
{
    const json_t *target = json_object_get(object, "target");
    const json_t *refuse_missing = json_object_get(object, "refuse_missing");
    const char *name = read_name(target);
    if (json_integer_value(json_object_get(object, "version")) != VERSION) {
        refuse(r, "it is of no known version");
        return NULL;
    }
    if (!name || !json_is_boolean(refuse_missing) || json_object_size(object) != 4) {
        refuse(r, "it has not just a version, refuse_missing, a target with a name, and inputs");
        return NULL;
    }
    reel_encoder *e = reeli_encoder_new(r, reading, name);
    if (!e) {
        return NULL;
    }
    e->refuse_missing = json_is_true(refuse_missing);
    bool ok = (json_object_size(target) == 3 && read_number(target, "mean", &e->target_mean) &&
               read_number(target, "scale", &e->target_scale) && e->target_scale > 0) ||
              refuse(r, "the target has not just a name, a mean and a scale");
    if (!ok || !read_inputs(e, json_object_get(object, "inputs"))) {
        reel_encoder_free(e);
        return NULL;
    }
    return e;
}

reel_encoder *reel_encoder_from_json(reel *r, const char *json)
{
    if (!r || !json) {
        if (r) {
            reeli_error(r, REEL_ERR_VALUE, "%s: the text is NULL", reading);
        }
        return NULL;
    }
    json_error_t error = {.line = 0};
    errno = 0;
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    if (!object && (errno == ENOMEM || json_error_code(&error) == json_error_out_of_memory)) {
        no_memory(r);
    } else if (!object) {
        reeli_error(r, REEL_ERR_FORMAT, "%s: it is not JSON: %s (byte %d)", reading,
                    REELI_QUOTED(error.text), error.position);
    }
    reel_encoder *e = object ? read_encoder(r, object) : NULL;
    json_decref(object);
    return e;
}
