/* SPDX-License-Identifier: MIT */
/* A model's file: tensors, an encoder and some JSON, of which nothing is believed. */
#include "model.h"
#include "counted.h"
#include "json_read.h"
#include "progress.h"
#include "together.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODEL_KEY "reel.model"
enum { LARGE_FILE = 1 << 28 };

reel_model *model_handle(session *s, const model *it)
{
    reel_model_options about = shape_options(&it->shape);
    about.quantiles = it->quantiles; /* wherever the model has been moved to */
    about.no_intercept = it->no_intercept;
    about.interval = it->interval;
    about.half_width = it->half_width;
    about.training = it->training;
    return reel_model_new(s->r, it->encoder, it->net, about);
}

bool model_save(session *s, const model *it, const char *path)
{
    reel_model *m = model_handle(s, it);
    bool saved = m && reel_model_save(m, path) == REEL_OK;
    reel_model_free(m);
    return saved;
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
    reel_model *m = reel_model_load(s->r, path);
    if (!m) {
        return false;
    }
    reel_model_options about = reel_model_about(m);
    it->encoder = reel_model_encoder(m);
    it->net = reel_model_net(m);
    it->shape = (network_shape){.features = (int64_t)reel_encoder_features(it->encoder),
                                .hidden_count = about.hidden_count,
                                .activation = name_index(activation_names, about.activation),
                                .dropout = about.dropout,
                                .outputs = about.outputs,
                                .dtype = about.dtype};
    memcpy(it->shape.hidden, about.hidden, about.hidden_count * sizeof *about.hidden);
    memcpy(it->quantiles, about.quantiles, about.quantile_count * sizeof *about.quantiles);
    it->shape.quantiles = it->quantiles;
    it->shape.quantile_count = about.quantile_count;
    it->no_intercept = about.no_intercept;
    it->interval = about.interval;
    it->half_width = about.half_width;
    it->training = about.training ? strdup(about.training) : NULL;
    bool done = !about.training || it->training ||
                complain(s, "there is no memory for how the model was trained");
    reel_model_free(m);
    return done;
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

matrix *model_matrix(session *s, const model *it, reel_table *table, const reel_tensor *rows)
{
    double count = rows ? (double)reel_numel(rows) : (double)reel_table_rows(table);
    double element = it->shape.dtype == REEL_F64 ? sizeof(double) : sizeof(float);
    if (count * element * (double)reel_encoder_features(it->encoder) <= (double)s->memory / 4) {
        return matrix_in_memory(model_features(it, table, rows));
    }
    int64_t memory = s->memory / 4;
    return matrix_in_file(
        s->r, reel_encode_to_file(it->encoder, table, rows, it->shape.dtype, memory), memory);
}

reel_tensor *model_targets(const model *it, reel_table *table, const reel_tensor *rows)
{
    return converted(reel_encode_target(it->encoder, table, rows), it->shape.dtype);
}

bool model_holds(session *s, int64_t rows, int64_t outputs)
{
    double bytes = (double)rows * (double)outputs * sizeof(double);
    return outputs <= 1 || bytes <= (double)s->memory ||
           complain(s,
                    "%lld outputs of the model for %lld rows would take %.0f MB, and --memory is "
                    "%.0f MB",
                    (long long)outputs, (long long)rows, bytes / 1e6, (double)s->memory / 1e6);
}

static double *predict(session *s, const model *it, reel_table *table, reel_tensor *rows, bool all,
                       int64_t *count)
{
    reel_model *m = model_handle(s, it);
    *count = rows ? reel_numel(rows) : reel_table_rows(table);
    size_t outputs = all && m ? reel_model_outputs(m) : 1, size = (size_t)*count * outputs;
    bool holds = m && model_holds(s, *count, (int64_t)outputs);
    double *predicted = holds ? malloc((size ? size : 1) * sizeof *predicted) : NULL;
    if (holds && !predicted) {
        complain(s, "there is no memory for %s", REELI_COUNTED(*count, "prediction"));
    }
    if (predicted && (all ? reel_model_predict_table_all(m, table, rows, predicted)
                          : reel_model_predict_table(m, table, rows, predicted)) != REEL_OK) {
        free(predicted);
        predicted = NULL;
    }
    reel_model_free(m);
    return predicted;
}

double *model_predict(session *s, const model *it, reel_table *table, reel_tensor *rows,
                      int64_t *count)
{
    return predict(s, it, table, rows, false, count);
}

double *model_predict_all(session *s, const model *it, reel_table *table, reel_tensor *rows,
                          int64_t *count)
{
    return predict(s, it, table, rows, true, count);
}

double *model_truth(session *s, const model *it, reel_table *table, size_t column,
                    reel_tensor *rows, int64_t *count)
{
    double *values = column_values(s, table, column, rows, count);
    bool classes = reel_encoder_classes(it->encoder) > 0;
    bool text = reel_table_is_text(table, column);
    int64_t unknown = 0;
    if (values && !classes && text) {
        complain(s, "%s: column '%s' holds text, where the model predicts numbers",
                 reel_table_path(table), reel_table_name(table, column));
        free(values);
        return NULL;
    }
    for (int64_t i = 0; values && classes && i < *count; i++) {
        char number[32];
        snprintf(number, sizeof number, "%.17g", values[i]);
        const char *word = text ? reel_table_category(table, column, (size_t)values[i]) : number;
        values[i] = (double)reel_encoder_class_of(it->encoder, word);
        unknown += values[i] < 0;
    }
    if (unknown) {
        notice(s, "%s: %s of column '%s' %s a class that was not seen in training",
               reel_table_path(table), REELI_COUNTED(unknown, "row"),
               reel_table_name(table, column), reeli_one_or_many(unknown, "has", "have"));
    }
    return values;
}

void model_interval(const model *it, const double *all, double *low, double *high)
{
    if (it->shape.quantile_count) {
        *low = all[0];
        *high = all[it->shape.quantile_count - 1];
        return;
    }
    double half = it->half_width / reel_encoder_target_scale(it->encoder);
    double y = reel_encoder_encode(it->encoder, all[0]);
    bool plain = reel_encoder_transform(it->encoder) == REEL_TRANSFORM_NONE;
    *low = plain ? all[0] - it->half_width : reel_encoder_decode(it->encoder, y - half);
    *high = plain ? all[0] + it->half_width : reel_encoder_decode(it->encoder, y + half);
}

size_t model_middle(const model *it)
{
    size_t best = 0;
    for (size_t k = 1; k < it->shape.quantile_count; k++) {
        bool nearer = fabs(it->quantiles[k] - 0.5) < fabs(it->quantiles[best] - 0.5);
        best = nearer ? k : best;
    }
    return best;
}

const char *target_label(const reel_encoder *encoder, char *text, size_t size)
{
    reel_transform transform = reel_encoder_transform(encoder);
    const char *name = reel_encoder_target_name(encoder);
    static const char *const labels[] = {"", "log(", "log1p(", "sqrt(", "logit(", "log E(", ""};
    bool named = *labels[transform];
    snprintf(text, size, "%s%s%s", labels[transform], name, named ? ")" : "");
    return text;
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
                              .date_formats = o->date_formats.texts,
                              .date_format_count = o->date_formats.count,
                              .skip_lines = o->skip,
                              .encoding = o->encoding,
                              .memory = s->memory / 4,
                              .cache = paths == o->files || paths == o->files + 1 ? o->cache : NULL,
                              .no_header = o->no_header,
                              .detect_header = true,
                              .dtype = m->shape.dtype == REEL_F64 || !large ? REEL_F64 : REEL_F32,
                              .text = text,
                              .text_count = count + known};
    reading shown = reading_begin(stderr, progress_mode_of(o));
    how.progress = reading_at;
    how.progress_context = &shown;
    how.team = together_team(s);
    reel_table *table = reel_table_read_all(s->r, paths, paths_count, how);
    reading_end(&shown);
    free(text);
    return table && together_same(s, paths[0], reel_table_hash(table)) ? table : NULL;
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
        complain(s, "there is no memory for %s", REELI_COUNTED(*count, "value"));
    } else if (reel_to_f64(values, copy, *count) != REEL_OK) {
        free(copy);
        copy = NULL;
    }
    reel_rewind(s->r);
    return copy;
}
