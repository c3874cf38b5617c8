/* SPDX-License-Identifier: MIT */
/* A model's file: tensors, an encoder and some JSON, of which nothing is believed. */
#include "model.h"
#include "json_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODEL_KEY "reel.model"
#define ENCODER_KEY "reel.encoder"
enum { MODEL_VERSION = 1, LARGE_FILE = 1 << 28 };

static void describe(reeli_json_writer *w, const model *it)
{
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_integer(w, "version", MODEL_VERSION);
    reeli_json_put_open(w, "hidden", '[');
    for (size_t i = 0; i < it->shape.hidden_count; i++) {
        reeli_json_put_integer(w, NULL, it->shape.hidden[i]);
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_text(w, "activation", activation_names[it->shape.activation]);
    reeli_json_put_number(w, "dropout", it->shape.dropout);
    reeli_json_put_text(w, "dtype", dtype_names[it->shape.dtype]);
    reeli_json_put_bool(w, "no_intercept", it->no_intercept);
    if (it->interval > 0) {
        reeli_json_put_number(w, "interval", it->interval);
        reeli_json_put_number(w, "half_width", it->half_width);
    }
    if (it->training) {
        reeli_json_put_json(w, "training", it->training);
    }
    reeli_json_put_close(w, '}');
}

bool model_save(session *s, const model *it, const char *path)
{
    reeli_json_writer w = {.r = s->r};
    size_t length;
    describe(&w, it);
    const char *text = reeli_json_written(&w, &length);
    const char *encoder = reel_encoder_to_json(it->encoder);
    reel_named_tensors tensors = reel_state_dict(it->net);
    bool ready = text && encoder && tensors.entries;
    reel_metadata_entry metadata[] = {{"format", "pt"}, {MODEL_KEY, text}, {ENCODER_KEY, encoder}};
    bool saved = ready && reel_safetensors_save(s->r, path, tensors.entries, tensors.count,
                                                metadata, 3) == REEL_OK;
    if (!ready && !reel_failed(s->r)) {
        complain(s, "%s: there is no memory to write the model", path);
    }
    reeli_json_writer_free(&w);
    return saved;
}

/* The description, as it is being read. */
typedef struct reading {
    reeli_json json;
    model *to;
    int64_t version;
    int dtype;
} reading;

static bool read_version(void *context)
{
    reading *it = context;
    return reeli_json_integer(&it->json, &it->version);
}

static bool read_hidden(void *context)
{
    reading *it = context;
    network_shape *shape = &it->to->shape;
    bool more = false;
    if (!reeli_json_expect(&it->json, '[')) {
        return false;
    }
    while (reeli_json_next(&it->json, ']', &more)) {
        int64_t size;
        if (!reeli_json_integer(&it->json, &size)) {
            return false;
        }
        if (size < 1 || size > INT32_MAX || shape->hidden_count == MAX_HIDDEN) {
            return reeli_json_refuse(&it->json, "a hidden layer that no network has");
        }
        shape->hidden[shape->hidden_count++] = size;
    }
    return !more;
}

/* One of the names, by its place. */
static bool read_choice(reading *it, const char *const *names, int *choice)
{
    if (!reeli_json_text(&it->json)) {
        return false;
    }
    *choice = name_index(names, it->json.text.data);
    return *choice >= 0 || reeli_json_refuse(&it->json, "a name that is not known");
}

static bool read_activation(void *context)
{
    reading *it = context;
    return read_choice(it, activation_names, &it->to->shape.activation);
}

static bool read_dtype(void *context)
{
    reading *it = context;
    return read_choice(it, dtype_names, &it->dtype);
}

static bool read_dropout(void *context)
{
    reading *it = context;
    double *share = &it->to->shape.dropout;
    return reeli_json_number(&it->json, share) &&
           ((*share >= 0 && *share < 1) || reeli_json_refuse(&it->json, "a share that is none"));
}

static bool read_no_intercept(void *context)
{
    reading *it = context;
    return reeli_json_bool(&it->json, &it->to->no_intercept);
}

static bool read_interval(void *context)
{
    reading *it = context;
    double *share = &it->to->interval;
    return reeli_json_number(&it->json, share) &&
           ((*share > 0 && *share < 1) || reeli_json_refuse(&it->json, "a share that is none"));
}

static bool read_half_width(void *context)
{
    reading *it = context;
    double *width = &it->to->half_width;
    return reeli_json_number(&it->json, width) &&
           (*width >= 0 || reeli_json_refuse(&it->json, "an interval of a negative width"));
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
    if (!reeli_json_skip(&it->json)) {
        return false;
    }
    it->to->training = strndup(start, (size_t)(it->json.at - start));
    if (!it->to->training) {
        reeli_no_memory(it->json.r, it->json.what);
    }
    return it->to->training != NULL;
}

/* All of it, or only the version, which may be one that has other things in it. */
static bool read_description(session *s, reading *it, const char *what, const char *text,
                             bool whole)
{
    static const reeli_json_key keys[] = {
        {"version", read_version},       {"hidden", read_hidden},
        {"activation", read_activation}, {"dropout", read_dropout},
        {"dtype", read_dtype},           {"no_intercept", read_no_intercept},
        {"training", read_training},     {"interval", read_interval},
        {"half_width", read_half_width}, {NULL, pass_over}};
    static const reeli_json_key version[] = {{"version", read_version}, {NULL, pass_over}};
    enum { NEEDED = 31, VERSION = 1 };
    unsigned seen;
    it->json = reeli_json_of(s->r, what, text);
    bool read = (whole ? reeli_json_object(&it->json, keys, sizeof keys / sizeof *keys, it, &seen)
                       : reeli_json_object(&it->json, version, 2, it, &seen)) &&
                reeli_json_end(&it->json);
    unsigned needed = whole ? NEEDED : VERSION;
    if (read && (seen & needed) != needed) {
        read = reeli_json_refuse(&it->json, "something is missing");
    }
    reeli_json_free(&it->json);
    return read;
}

/* Whether the file's tensor of this name is (rows, columns), or (rows) if columns is 0. */
static bool tensor_is(const reel_safetensors *file, const char *name, int64_t rows, int64_t columns)
{
    int64_t size[REEL_MAX_DIMS] = {0};
    return reel_safetensors_shape(file, name, size) == (columns ? 2 : 1) && size[0] == rows &&
           (!columns || size[1] == columns);
}

/* Compares the sizes with the tensors that are really in the file, before a net is made of them. */
static bool tensors_fit(const reel_safetensors *file, const network_shape *shape)
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
    char what[256];
    snprintf(what, sizeof what, "%s: the model's description is damaged", path);
    reading in = {.to = it};
    if (!read_description(s, &in, what, text, false)) {
        return false;
    }
    if (in.version > MODEL_VERSION) {
        return complain(s, "%s: a newer version of reel made this model", path);
    }
    if (!read_description(s, &in, what, text, true)) {
        return false;
    }
    it->shape.dtype = in.dtype == 1 ? REEL_F64 : REEL_F32;
    it->encoder = reel_encoder_from_json(s->r, encoder);
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

/* Whether a file begins with text, where safetensors have a length, whose last bytes are 0. */
static bool begins_with_text(const char *path)
{
    unsigned char start[8];
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(start, 1, sizeof start, file) : 0;
    bool text = count == sizeof start;
    for (size_t i = 0; i < count; i++) {
        text =
            text && (start[i] >= ' ' || start[i] == '\n' || start[i] == '\r' || start[i] == '\t');
    }
    if (file) {
        fclose(file);
    }
    return text;
}

bool model_load(session *s, model *it, const char *path)
{
    *it = (model){0};
    if (begins_with_text(path)) {
        return complain(
            s, "%s: this is text, and no model: the model is named first, then the table", path);
    }
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

void model_free(model *it) { free(it->training); }

bool model_set_training(session *s, model *it, reeli_json_writer *w)
{
    size_t length;
    const char *text = reeli_json_written(w, &length);
    it->training = text ? strdup(text) : NULL;
    return it->training || complain(s, "there is no memory to describe the training");
}

/* A list of what is to be told, being read. */
typedef struct telling {
    reeli_json json;
    void (*each)(void *context, const char *key, const char *value);
    void *context;
} telling;

static bool tell(void *context)
{
    telling *it = context;
    char key[64], value[64];
    snprintf(key, sizeof key, "%s", (const char *)it->json.text.data);
    bool text = reeli_json_peek(&it->json) == '"';
    if (text || strchr("-0123456789", reeli_json_peek(&it->json))) {
        double number;
        if (text ? !reeli_json_text(&it->json) : !reeli_json_number(&it->json, &number)) {
            return false;
        }
        if (text) {
            snprintf(value, sizeof value, "%s", (const char *)it->json.text.data);
        } else {
            snprintf(value, sizeof value, "%g", number);
        }
        it->each(it->context, key, value);
        return true;
    }
    return reeli_json_skip(&it->json);
}

void model_each_of_training(session *s, const model *it,
                            void (*each)(void *context, const char *key, const char *value),
                            void *context)
{
    static const reeli_json_key keys[] = {{NULL, tell}};
    if (it->training) {
        unsigned seen;
        telling all = {reeli_json_of(s->r, "how the model was trained", it->training), each,
                       context};
        reeli_json_object(&all.json, keys, 1, &all, &seen);
        reeli_json_free(&all.json);
    }
}

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
bool file_is_large(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && file.st_size > LARGE_FILE;
}

reel_table *read_table(session *s, const options *o, const char *const *paths, size_t paths_count,
                       const model *m)
{
    bool large = false;
    for (size_t i = 0; i < paths_count; i++) {
        large = large || file_is_large(paths[i]);
    }
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
                              .thousands = o->thousands,
                              .comment = o->comment,
                              .missing = o->na.texts,
                              .missing_count = o->na.count,
                              .skip_lines = o->skip,
                              .encoding = o->encoding,
                              .no_header = o->no_header,
                              .detect_header = true,
                              .dtype = m->shape.dtype == REEL_F64 || !large ? REEL_F64 : REEL_F32,
                              .text = text,
                              .text_count = count + known};
    reel_table *table = reel_table_read_all(s->r, paths, paths_count, how);
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
