/* SPDX-License-Identifier: MIT */
/*
 * A model's description:
 *
 *   {"version": 1, "hidden": [64, 64], "activation": "relu", "dropout": 0, "dtype": "f32",
 *    "no_intercept": false, "interval": 0.9, "half_width": 12.5, "training": {…}}
 *
 * The last three are there if they are known, "outputs": 3 if there is not one alone, "quantiles":
 * [0.1, 0.5, 0.9] if there are several; what else there is is passed over.
 */
#include "json_read.h"
#include "json_write.h"
#include "model.h"

#include <string.h>

enum { VERSION = 1 };

static void describe(reeli_json_writer *w, const reel_model *m)
{
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_integer(w, "version", VERSION);
    reeli_json_put_open(w, "hidden", '[');
    for (size_t i = 0; i < m->hidden_count; i++) {
        reeli_json_put_integer(w, NULL, m->hidden[i]);
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_text(w, "activation", reeli_activation_names[m->activation]);
    reeli_json_put_number(w, "dropout", m->dropout);
    reeli_json_put_text(w, "dtype", m->dtype == REEL_F64 ? "f64" : "f32");
    reeli_json_put_bool(w, "no_intercept", m->no_intercept);
    if (m->interval > 0) {
        reeli_json_put_number(w, "interval", m->interval);
        reeli_json_put_number(w, "half_width", m->half_width);
    }
    if (m->outputs > 1) {
        reeli_json_put_integer(w, "outputs", m->outputs);
    }
    if (m->quantile_count) {
        reeli_json_put_open(w, "quantiles", '[');
        for (size_t i = 0; i < m->quantile_count; i++) {
            reeli_json_put_number(w, NULL, m->quantiles[i]);
        }
        reeli_json_put_close(w, ']');
    }
    if (m->training.data) {
        reeli_json_put_json(w, "training", m->training.data);
    }
    reeli_json_put_close(w, '}');
}

const char *reeli_model_to_json(const reel_model *m)
{
    reeli_json_writer w = {.r = m->owned.r};
    size_t length;
    describe(&w, m);
    const char *written = reeli_json_written(&w, &length);
    char *text = written ? reeli_arena_alloc(w.r, length + 1) : NULL;
    if (text) {
        memcpy(text, written, length + 1);
    } else {
        reeli_no_memory(w.r, "model_save");
    }
    reeli_json_writer_free(&w);
    return text;
}

/* The description, as it is being read. */
typedef struct reading {
    reeli_json json;
    reel_model *to;
    int64_t version;
} reading;

static bool read_version(void *context)
{
    reading *it = context;
    return reeli_json_integer(&it->json, &it->version);
}

static bool read_hidden(void *context)
{
    reading *it = context;
    reel_model *m = it->to;
    bool more = false;
    if (!reeli_json_expect(&it->json, '[')) {
        return false;
    }
    while (reeli_json_next(&it->json, ']', &more)) {
        int64_t size;
        if (!reeli_json_integer(&it->json, &size)) {
            return false;
        }
        if (size < 1 || size > INT32_MAX || m->hidden_count == REELI_MOST_HIDDEN) {
            return reeli_json_refuse(&it->json, "a hidden layer that no network has");
        }
        m->hidden[m->hidden_count++] = size;
    }
    return !more;
}

static bool read_activation(void *context)
{
    reading *it = context;
    if (!reeli_json_text(&it->json)) {
        return false;
    }
    it->to->activation = reeli_activation_of(it->json.text.data);
    return it->to->activation >= 0 || reeli_json_refuse(&it->json, "a name that is not known");
}

static bool read_dtype(void *context)
{
    reading *it = context;
    if (!reeli_json_text(&it->json)) {
        return false;
    }
    bool f64 = strcmp(it->json.text.data, "f64") == 0;
    it->to->dtype = f64 ? REEL_F64 : REEL_F32;
    return f64 || strcmp(it->json.text.data, "f32") == 0 ||
           reeli_json_refuse(&it->json, "a name that is not known");
}

/* A number from 0 on that is below 1. */
static bool read_share(reading *it, double *share)
{
    return reeli_json_number(&it->json, share) &&
           ((*share >= 0 && *share < 1) || reeli_json_refuse(&it->json, "a share that is none"));
}

static bool read_dropout(void *context)
{
    reading *it = context;
    return read_share(it, &it->to->dropout);
}

static bool read_no_intercept(void *context)
{
    reading *it = context;
    return reeli_json_bool(&it->json, &it->to->no_intercept);
}

static bool read_interval(void *context)
{
    reading *it = context;
    return read_share(it, &it->to->interval);
}

static bool read_half_width(void *context)
{
    reading *it = context;
    double *width = &it->to->half_width;
    return reeli_json_number(&it->json, width) &&
           (*width >= 0 || reeli_json_refuse(&it->json, "an interval of a negative width"));
}

static bool read_outputs(void *context)
{
    reading *it = context;
    int64_t *outputs = &it->to->outputs;
    return reeli_json_integer(&it->json, outputs) &&
           ((*outputs > 0 && *outputs <= INT32_MAX) ||
            reeli_json_refuse(&it->json, "outputs that no network has"));
}

static bool read_quantiles(void *context)
{
    reading *it = context;
    reel_model *m = it->to;
    bool more = false;
    if (!reeli_json_expect(&it->json, '[')) {
        return false;
    }
    for (double last = 0; reeli_json_next(&it->json, ']', &more);) {
        double q;
        if (!reeli_json_number(&it->json, &q)) {
            return false;
        }
        if (!(q > last && q < 1) || m->quantile_count == REELI_MOST_QUANTILES) {
            return reeli_json_refuse(&it->json, "a quantile that is none, or out of order");
        }
        m->quantiles[m->quantile_count++] = last = q;
    }
    return !more;
}

static bool pass_over(void *context)
{
    reading *it = context;
    return reeli_json_skip(&it->json);
}

/* Kept as it stands. */
static bool read_training(void *context)
{
    reading *it = context;
    reeli_json_peek(&it->json);
    const char *start = it->json.at;
    return reeli_json_skip(&it->json) &&
           reeli_model_set_training(it->to, start, (size_t)(it->json.at - start));
}

/* All of it, or only the version, which may be one that has other things in it. */
static bool read_description(reading *it, const char *what, const char *text, bool whole)
{
    static const reeli_json_key keys[] = {
        {"version", read_version},       {"hidden", read_hidden},
        {"activation", read_activation}, {"dropout", read_dropout},
        {"dtype", read_dtype},           {"no_intercept", read_no_intercept},
        {"training", read_training},     {"interval", read_interval},
        {"half_width", read_half_width}, {"outputs", read_outputs},
        {"quantiles", read_quantiles},   {NULL, pass_over}};
    static const reeli_json_key version[] = {{"version", read_version}, {NULL, pass_over}};
    enum { NEEDED = 31, ONLY_VERSION = 1 };
    unsigned seen, needed = whole ? NEEDED : ONLY_VERSION;
    it->json = reeli_json_of(it->to->owned.r, what, text);
    bool read = (whole ? reeli_json_object(&it->json, keys, sizeof keys / sizeof *keys, it, &seen)
                       : reeli_json_object(&it->json, version, 2, it, &seen)) &&
                reeli_json_end(&it->json);
    if (read && (seen & needed) != needed) {
        read = reeli_json_refuse(&it->json, "something is missing");
    }
    reeli_json_free(&it->json);
    return read;
}

bool reeli_model_from_json(reel_model *m, const char *what, const char *json)
{
    reading it = {.to = m};
    if (!read_description(&it, what, json, false)) {
        return false;
    }
    if (it.version > VERSION) {
        reeli_error(m->owned.r, REEL_ERR_FORMAT, "%s: a newer version of reel made this model",
                    what);
        return false;
    }
    return read_description(&it, what, json, true);
}
