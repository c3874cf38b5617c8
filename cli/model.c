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

/* What the net takes in, in memory, or in a file where it does not fit. */
typedef struct features {
    reel_tensor *all;
    reel_row_file *file;
} features;

static features features_of(session *s, const model *it, reel_table *table, reel_tensor *rows)
{
    double count = (double)rows_count(table, rows);
    double element = it->shape.dtype == REEL_F64 ? sizeof(double) : sizeof(float);
    bool fits =
        count * element * (double)reel_encoder_features(it->encoder) <= (double)s->memory / 4;
    features made = {NULL, NULL};
    if (fits) {
        made.all = converted(reel_encode(it->encoder, table, rows), it->shape.dtype);
    } else {
        made.file = reel_encode_to_file(it->encoder, table, rows, it->shape.dtype, s->memory / 4);
    }
    return made;
}

matrix *model_matrix(session *s, const model *it, reel_table *table, reel_tensor *rows)
{
    features made = features_of(s, it, table, rows);
    return made.all ? matrix_in_memory(made.all) : matrix_in_file(s->r, made.file, s->memory / 4);
}

reel_tensor *model_targets(const model *it, reel_table *table, const reel_tensor *rows)
{
    return converted(reel_encode_target(it->encoder, table, rows), it->shape.dtype);
}

/* The targets of some of the rows, and their weights (NULL: they have none) beside them. */
static reel_tensor *targets_of(session *s, const model *it, reel_table *table, reel_tensor *rows,
                               series *weights, int64_t first, int64_t count)
{
    reel_tensor *y = model_targets(it, table, rows);
    reel_tensor *w = NULL;
    double *from = weights ? malloc((size_t)count * sizeof *from) : NULL;
    for (int64_t i = 0; from && i < count; i++) {
        from[i] = series_at(weights, first + i);
    }
    if (from && !reel_is_poison(y)) {
        w = reel_from_f64(s->r, from, 2, (int64_t[]){count, 1});
        reel_tensor *both =
            reel_keep(reel_cat((reel_tensor *[]){y, reel_to(w, it->shape.dtype)}, 2, 1));
        reel_tensor_free(y);
        reel_tensor_free(w);
        y = both;
    }
    free(from);
    return weights && !from ? NULL : y;
}

enum { ROWS_AT_ONCE = 256 };

/* Rows of x and their targets, from `first` on, to the end of a file. */
static bool add_samples(session *s, const model *it, reel_table *table, reel_tensor *rows,
                        series *weights, reel_row_file *x, int64_t first, reel_row_file *to)
{
    int64_t left = reel_row_file_rows(x) - first, count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
    reel_tensor *part = rows_part(s, rows, first, count);
    reel_tensor *taken =
        reel_zeros(s->r, it->shape.dtype, 2, (int64_t[]){count, reel_row_file_columns(x)});
    reel_tensor *y = targets_of(s, it, table, part, weights, first, count);
    bool done = y && !reel_is_poison(y) && reel_row_file_read(x, first, taken) == REEL_OK;
    if (done) {
        reel_tensor *both[] = {taken, y};
        done = reel_row_file_write(to, first, reel_cat(both, 2, 1)) == REEL_OK;
    }
    reel_tensor_free(y);
    reel_tensor_free(taken);
    reel_tensor_free(part);
    reel_rewind(s->r);
    return done;
}

/* Of features in a file, which becomes its own: a file that has the targets as well; NULL, and a
 * message. */
static reel_row_file *with_targets(session *s, const model *it, reel_table *table,
                                   reel_tensor *rows, series *weights, reel_row_file *x)
{
    const int64_t columns = reel_row_file_columns(x) + 1 + (weights != NULL);
    reel_row_file *to = reel_row_file_new(s->r, it->shape.dtype, columns, s->memory / 4);
    bool done = to != NULL;
    for (int64_t first = 0; done && first < reel_row_file_rows(x); first += ROWS_AT_ONCE) {
        done = add_samples(s, it, table, rows, weights, x, first, to);
    }
    reel_row_file_free(x);
    if (!done) {
        reel_row_file_free(to);
    }
    return done ? to : NULL;
}

samples model_samples(session *s, const model *it, reel_table *table, reel_tensor *rows,
                      series *weights)
{
    samples made = {NULL, NULL};
    features x = features_of(s, it, table, rows);
    reel_row_file *file = x.file ? with_targets(s, it, table, rows, weights, x.file) : NULL;
    if (file) {
        return samples_of_file(s->r, file, s->memory / 4, weights ? 2 : 1);
    }
    if (x.all && (made.x = matrix_in_memory(x.all))) {
        made.y =
            matrix_in_memory(targets_of(s, it, table, rows, weights, 0, rows_count(table, rows)));
        reel_rewind(s->r);
    }
    if (!made.y) {
        samples_free(&made);
    }
    return made;
}

/* Predictions into memory, as many as `it` has room for. */
static bool predict_to_memory(reel_model *m, reel_table *table, reel_tensor *rows, bool all,
                              series *it)
{
    return (all ? reel_model_predict_table_all(m, table, rows, it->all)
                : reel_model_predict_table(m, table, rows, it->all)) == REEL_OK;
}

series *model_predict(session *s, const model *it, reel_table *table, reel_tensor *rows, bool all)
{
    reel_model *m = model_handle(s, it);
    const int64_t n = rows_count(table, rows),
                  width = all && m ? (int64_t)reel_model_outputs(m) : 1;
    series *predicted = NULL;
    if (m && series_is_large(s, n, width)) {
        predicted = series_of_file(s, reel_model_predict_to_file(m, table, rows, all, 0));
    } else if (m) {
        predicted = series_new(s, n, width);
    }
    if (predicted && predicted->all && !predict_to_memory(m, table, rows, all, predicted)) {
        series_free(predicted);
        predicted = NULL;
    }
    reel_model_free(m);
    return predicted;
}

/* Values of a column of classes become the classes' numbers, -1 for one that is not known. */
static bool find_classes(session *s, const model *it, reel_table *table, size_t column,
                         series *values)
{
    const bool text = reel_table_is_text(table, column);
    int64_t unknown = 0;
    bool done = true;
    for (int64_t i = 0; done && i < values->n; i++) {
        char number[32];
        double x = series_at(values, i);
        snprintf(number, sizeof number, "%.17g", x);
        const char *word = text ? reel_table_category(table, column, (size_t)x) : number;
        x = (double)reel_encoder_class_of(it->encoder, word);
        unknown += x < 0;
        done = series_set(values, i, x);
    }
    if (unknown) {
        notice(s, "%s: %s of column '%s' %s a class that was not seen in training",
               reel_table_path(table), REELI_COUNTED(unknown, "row"),
               reel_table_name(table, column), reeli_one_or_many(unknown, "has", "have"));
    }
    return done;
}

series *model_truth(session *s, const model *it, reel_table *table, size_t column,
                    reel_tensor *rows)
{
    const bool classes = reel_encoder_classes(it->encoder) > 0;
    if (!classes && reel_table_is_text(table, column)) {
        complain(s, "%s: column '%s' holds text, where the model predicts numbers",
                 reel_table_path(table), reel_table_name(table, column));
        return NULL;
    }
    series *values = column_series(s, table, column, rows);
    if (values && classes && !find_classes(s, it, table, column, values)) {
        series_free(values);
        values = NULL;
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
