/* SPDX-License-Identifier: MIT */
/* A model's file: tensors, an encoder and some JSON, of which nothing is believed. */
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODEL_KEY "reel.model"
#define ENCODER_KEY "reel.encoder"
enum { MODEL_VERSION = 1, LARGE_FILE = 1 << 28 };

static json_t *describe(const model *it)
{
    json_t *hidden = json_array();
    for (size_t i = 0; i < it->shape.hidden_count; i++) {
        json_array_append_new(hidden, json_integer(it->shape.hidden[i]));
    }
    return json_pack("{s:i, s:o, s:s, s:f, s:s, s:b, s:O*}", "version", MODEL_VERSION, "hidden",
                     hidden, "activation", activation_names[it->shape.activation], "dropout",
                     it->shape.dropout, "dtype", dtype_names[it->shape.dtype], "no_intercept",
                     it->no_intercept, "training", it->training);
}

bool model_save(session *s, const model *it, const char *path)
{
    json_t *description = describe(it);
    char *text = json_dumps(description, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    const char *encoder = reel_encoder_to_json(it->encoder);
    size_t count = reel_state_count(it->net);
    reel_state_entry *entries = calloc(count, sizeof *entries);
    reel_named_tensor *tensors = calloc(count, sizeof *tensors);
    bool ready = text && encoder && entries && tensors;
    for (size_t i = 0; ready && i < count; i++) {
        entries[i] = reel_state_at(it->net, i);
        tensors[i] = (reel_named_tensor){entries[i].name, entries[i].tensor};
    }
    reel_metadata_entry metadata[] = {{"format", "pt"}, {MODEL_KEY, text}, {ENCODER_KEY, encoder}};
    bool saved = ready && reel_safetensors_save(s->r, path, tensors, count, metadata, 3) == REEL_OK;
    if (!ready && !reel_failed(s->r)) {
        complain(s, "%s: there is no memory to write the model", path);
    }
    free(entries);
    free(tensors);
    free(text);
    json_decref(description);
    return saved;
}

/* What the JSON says of the shape; false if it says something that cannot be. */
static bool read_shape(const json_t *from, network_shape *shape)
{
    const json_t *hidden = json_object_get(from, "hidden");
    const char *activation = json_string_value(json_object_get(from, "activation"));
    const char *dtype = json_string_value(json_object_get(from, "dtype"));
    const json_t *dropout = json_object_get(from, "dropout");
    if (!json_is_array(hidden) || json_array_size(hidden) > MAX_HIDDEN || !activation || !dtype ||
        !json_is_number(dropout)) {
        return false;
    }
    shape->activation = name_index(activation_names, activation);
    int kind = name_index(dtype_names, dtype);
    shape->dtype = kind == 1 ? REEL_F64 : REEL_F32;
    shape->dropout = json_number_value(dropout);
    shape->hidden_count = json_array_size(hidden);
    for (size_t i = 0; i < shape->hidden_count; i++) {
        shape->hidden[i] = json_integer_value(json_array_get(hidden, i));
        if (shape->hidden[i] < 1 || shape->hidden[i] > INT32_MAX) {
            return false;
        }
    }
    return shape->activation >= 0 && kind >= 0 && shape->dropout >= 0 && shape->dropout < 1;
}

/* Whether the file's tensor of this name is (rows, columns), or (rows) if columns is 0. */
static bool tensor_is(reel_safetensors *file, const char *name, int64_t rows, int64_t columns)
{
    if (!reel_safetensors_has(file, name)) {
        return false;
    }
    reel_tensor *t = reel_safetensors_tensor(file, name);
    bool fits = !reel_is_poison(t) && reel_ndim(t) == (columns ? 2 : 1) &&
                reel_size(t, 0) == rows && (!columns || reel_size(t, 1) == columns);
    reel_tensor_free(t);
    return fits;
}

/* Compares the sizes with the tensors that are really in the file, before a net is made of them. */
static bool tensors_fit(reel_safetensors *file, const network_shape *shape)
{
    int64_t width = shape->features;
    size_t place = 0, step = shape->dropout > 0 ? 3 : 2;
    for (size_t i = 0; i <= shape->hidden_count; i++, place += step) {
        int64_t size = i < shape->hidden_count ? shape->hidden[i] : 1;
        char weight[32], bias[32];
        snprintf(weight, sizeof weight, "%zu.weight", place);
        snprintf(bias, sizeof bias, "%zu.bias", place);
        if (!tensor_is(file, weight, size, width) || !tensor_is(file, bias, size, 0)) {
            return false;
        }
        width = size;
    }
    return reel_safetensors_count(file) == 2 * (shape->hidden_count + 1);
}

static bool make_model(session *s, model *it, reel_safetensors *file, const char *path)
{
    const char *text = reel_safetensors_metadata(file, MODEL_KEY);
    const char *encoder = reel_safetensors_metadata(file, ENCODER_KEY);
    if (!text || !encoder) {
        return complain(s,
                        "%s: this is no model that `reel fit` kept; `reel inspect` lists what is "
                        "in it",
                        path);
    }
    json_t *description = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    int64_t version = json_integer_value(json_object_get(description, "version"));
    it->training = json_incref(json_object_get(description, "training"));
    bool known = version == MODEL_VERSION, fits = known && read_shape(description, &it->shape);
    it->no_intercept = json_is_true(json_object_get(description, "no_intercept"));
    json_decref(description);
    if (version > MODEL_VERSION) {
        return complain(s, "%s: a newer version of reel made this model", path);
    }
    it->encoder = fits ? reel_encoder_from_json(s->r, encoder) : NULL;
    it->shape.features = it->encoder ? (int64_t)reel_encoder_features(it->encoder) : 0;
    if (!it->encoder || !tensors_fit(file, &it->shape)) {
        return complain(s,
                        "%s: the description of the model does not fit its tensors: the file is "
                        "damaged",
                        path);
    }
    it->net = network_new(s->r, &it->shape);
    return it->net && reel_load_state(it->net, path, true, NULL) == REEL_OK;
}

bool model_load(session *s, model *it, const char *path)
{
    *it = (model){0};
    reel_safetensors *file = reel_safetensors_open(s->r, path);
    bool loaded = file && make_model(s, it, file, path);
    reel_safetensors_close(file);
    return loaded;
}

static void ignore(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

bool model_is_one(const char *path)
{
    reel_options quietly = {.handler = ignore};
    reel *r = reel_new_with(&quietly);
    reel_safetensors *file = reel_safetensors_open(r, path);
    bool is_one = file && reel_safetensors_metadata(file, MODEL_KEY);
    reel_free(r);
    return is_one;
}

void model_free(model *it) { json_decref(it->training); }

/* x in another dtype. */
static reel_tensor *converted(reel_tensor *x, reel_dtype dtype)
{
    if (reel_is_poison(x) || reel_dtype_of(x) == dtype) {
        return x;
    }
    reel *r = reel_of(x);
    reel_tensor *kept = reel_keep(reel_to(x, dtype));
    reel_tensor_free(x);
    reel_rewind(r);
    return kept;
}

reel_tensor *model_features(const model *it, reel_table *table, const reel_tensor *rows)
{
    return converted(reel_encode(it->encoder, table, rows), it->shape.dtype);
}

reel_tensor *model_targets(const model *it, reel_table *table, const reel_tensor *rows)
{
    return converted(reel_encode_target(it->encoder, table, rows), it->shape.dtype);
}

double *model_predict(session *s, const model *it, reel_table *table, reel_tensor *rows,
                      int64_t *count)
{
    reel_tensor *x = model_features(it, table, rows);
    if (reel_is_poison(x)) {
        return NULL;
    }
    *count = reel_size(x, 0);
    double *predicted = malloc((*count ? (size_t)*count : 1) * sizeof *predicted);
    if (!predicted) {
        complain(s, "there is no memory for %lld predictions", (long long)*count);
    } else if (!network_predict(it->net, x, predicted)) {
        free(predicted);
        predicted = NULL;
    }
    double mean = reel_encoder_target_mean(it->encoder);
    double scale = reel_encoder_target_scale(it->encoder);
    for (int64_t i = 0; predicted && i < *count; i++) {
        predicted[i] = mean + scale * predicted[i];
    }
    reel_tensor_free(x);
    return predicted;
}

/* Numbers far from 0, such as times, need doubles until their mean is subtracted. A large table of
 * doubles would not fit in the memory that is enough for floats. */
static reel_dtype table_dtype(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && file.st_size > LARGE_FILE ? REEL_F32 : REEL_F64;
}

reel_table *read_table(session *s, const options *o, const char *path, const model *m)
{
    size_t known = 0, count = o->text.count;
    const char *const *more = reel_encoder_text_columns(m->encoder, &known);
    const char **text = calloc(count + known + 1, sizeof *text);
    if (!text) {
        complain(s, "there is no memory for the columns' names");
        return NULL;
    }
    for (size_t i = 0; i < count + known; i++) {
        text[i] = i < count ? o->text.texts[i] : more[i - count];
    }
    reel_table_options how = {.separator = o->separator,
                              .decimal = o->decimal,
                              .no_header = o->no_header,
                              .detect_header = true,
                              .dtype = m->shape.dtype == REEL_F64 ? REEL_F64 : table_dtype(path),
                              .text = text,
                              .text_count = count + known};
    reel_table *table = reel_table_read(s->r, path, how);
    free(text);
    return table;
}

double *column_values(session *s, reel_table *table, size_t column, reel_tensor *rows,
                      int64_t *count)
{
    reel_tensor *values = reel_table_column(table, column);
    if (rows) {
        values = reel_index_select(values, 0, rows);
    }
    *count = reel_numel(values);
    double *copy = malloc((*count > 0 ? (size_t)*count : 1) * sizeof *copy);
    if (!copy) {
        complain(s, "there is no memory for %lld values", (long long)*count);
    } else if (reel_to_f64(values, copy, *count) != REEL_OK) {
        free(copy);
        copy = NULL;
    }
    reel_rewind(s->r);
    return copy;
}
