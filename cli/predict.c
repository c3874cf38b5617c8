/* SPDX-License-Identifier: MIT */
/* reel predict: the target of rows that lack it. */
#include "column_names.h"
#include "commands.h"
#include "model.h"
#include "outputs.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the CSV goes: a file that is written whole, or standard output (NULL), whose reader may go
 * away and end the program, as it does with others. */
static void put(reel_file *to, const char *text)
{
    if (to) {
        reel_file_write(to, text, strlen(text));
    } else {
        fputs(text, stdout);
    }
}

/* A text as one field of a CSV file: in quotes where it has to be. */
static void put_field(reel_file *to, const char *text)
{
    if (!strpbrk(text, ",;\t|\"\r\n")) {
        put(to, text);
        return;
    }
    put(to, "\"");
    for (; *text; text++) {
        put(to, *text == '"' ? "\"\"" : (char[]){*text, '\0'});
    }
    put(to, "\"");
}

/* What is to be written: columns of the table that are kept, then predictions. */
typedef struct result {
    session *s;
    const model *m;
    reel_table *table;
    size_t *kept;
    size_t kept_count;
    series *predicted;
    series *all;    /* the probabilities of classes, or all quantiles; NULL: not asked for */
    size_t outputs; /* how many of them */
    int64_t rows;
} result;

/* The columns that --append and --keep ask for, from malloc. */
static bool choose_kept(const options *o, result *it)
{
    size_t all = reel_table_columns(it->table);
    it->kept = calloc(all + o->keep.count + 1, sizeof *it->kept);
    if (!it->kept) {
        return complain(it->s, "there is no memory for the columns");
    }
    for (size_t i = 0; o->append && i < all; i++) {
        it->kept[it->kept_count++] = i;
    }
    for (size_t i = 0; !o->append && i < o->keep.count; i++) {
        int64_t found = column_meant(it->s, it->table, "--keep", o->keep.texts[i], "");
        if (found < 0) {
            return false;
        }
        it->kept[it->kept_count++] = (size_t)found;
    }
    return true;
}

/* A number with no more digits than bring it back; nothing for a missing one. */
static void put_value(reel_file *to, double x, bool doubles)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", doubles ? 15 : 6, x);
    bool same = doubles ? strtod(text, NULL) == x : strtof(text, NULL) == (float)x;
    if (!same) {
        snprintf(text, sizeof text, "%.*g", doubles ? 17 : 9, x);
    }
    put(to, isnan(x) ? "" : text);
}

static void put_cell(reel_file *to, const result *it, size_t column, double x)
{
    if (!reel_table_is_text(it->table, column)) {
        put_value(to, x, reel_table_dtype(it->table) == REEL_F64);
    } else if (x >= 0) {
        put_field(to, reel_table_category(it->table, column, (size_t)x));
    }
    put(to, ",");
}

/* The prediction's column has the target's name, unless a column that is kept has it. */
static void put_head(reel_file *to, const result *it)
{
    const char *target = reel_encoder_target_name(it->m->encoder);
    static const char *const ends[] = {"", "_low", "_high"};
    bool there = false;
    for (size_t i = 0; i < it->kept_count; i++) {
        const char *name = reel_table_name(it->table, it->kept[i]);
        put_field(to, name);
        put(to, ",");
        there = there || strcmp(name, target) == 0;
    }
    for (int i = 0; i < (it->m->interval > 0 ? 3 : 1); i++) {
        char name[512];
        snprintf(name, sizeof name, "%s%s", target, i == 0 && there ? "_predicted" : ends[i]);
        put(to, i ? "," : "");
        put_field(to, name);
    }
    for (size_t k = 0; it->all && k < it->outputs; k++) {
        char name[512];
        if (it->m->shape.quantile_count) {
            snprintf(name, sizeof name, "%s_%g", target, it->m->quantiles[k]);
        } else {
            snprintf(name, sizeof name, "%s=%s", target, reel_encoder_class(it->m->encoder, k));
        }
        if (it->m->interval == 0) {
            put(to, ",");
            put_field(to, name);
        }
    }
    put(to, "\n");
}

/* The class or the number that is predicted, and what else is asked for. */
static void put_all(reel_file *to, const result *it, int64_t row)
{
    char number[40];
    if (it->m->shape.quantile_count) {
        snprintf(number, sizeof number, "%.*g", it->m->shape.dtype == REEL_F64 ? 17 : 9,
                 series_at(it->predicted, row));
        put(to, number);
    } else {
        put_field(to, reel_encoder_class(it->m->encoder, (size_t)series_at(it->predicted, row)));
    }
    for (size_t k = 0; it->all && k < it->outputs; k++) {
        snprintf(number, sizeof number, ",%.*g", it->m->shape.dtype == REEL_F64 ? 17 : 9,
                 series_row(it->all, row)[k]);
        put(to, number);
    }
    put(to, "\n");
}

/* With digits enough for the model's dtype. */
static void put_csv(reel_file *to, const result *it, series *const *values)
{
    int digits = it->m->shape.dtype == REEL_F64 ? 17 : 9;
    put_head(to, it);
    for (int64_t i = 0; i < it->rows; i++) {
        char line[120];
        double y = series_at(it->predicted, i);
        for (size_t k = 0; k < it->kept_count; k++) {
            put_cell(to, it, it->kept[k], series_at(values[k], i));
        }
        bool quantiles = it->m->shape.quantile_count && it->m->interval == 0;
        if (reel_encoder_classes(it->m->encoder) || quantiles) {
            put_all(to, it, i);
            continue;
        }
        if (it->m->interval > 0) {
            double low, high;
            model_interval(it->m, it->all ? series_row(it->all, i) : &y, &low, &high);
            snprintf(line, sizeof line, "%.*g,%.*g,%.*g\n", digits, y, digits, low, digits, high);
        } else {
            snprintf(line, sizeof line, "%.*g\n", digits, y);
        }
        put(to, line);
    }
}

static bool write_csv(result *it, const char *path)
{
    series **values = calloc(it->kept_count + 1, sizeof(series *));
    bool done = values != NULL;
    if (!values) {
        complain(it->s, "there is no memory for the columns");
    }
    for (size_t k = 0; values && done && k < it->kept_count; k++) {
        values[k] = column_series(it->s, it->table, it->kept[k], NULL);
        done = values[k] != NULL;
    }
    reel_file *to = path && done ? reel_file_create(it->s->r, path) : NULL;
    if (done && (to || !path)) {
        put_csv(to, it, values);
    }
    for (size_t k = 0; values && k < it->kept_count; k++) {
        series_free(values[k]);
    }
    free(values);
    if (!done) {
        return false;
    }
    return (path ? reel_file_commit(to) == REEL_OK : flushed(it->s));
}

static void all_json(reeli_json_writer *w, const result *it)
{
    bool quantiles = it->m->shape.quantile_count > 0;
    reeli_json_put_open(w, quantiles ? "quantiles" : "probabilities", '{');
    for (size_t k = 0; k < it->outputs; k++) {
        char name[32];
        snprintf(name, sizeof name, "%g", quantiles ? it->m->quantiles[k] : 0);
        reeli_json_put_open(w, quantiles ? name : reel_encoder_class(it->m->encoder, k), '[');
        for (int64_t i = 0; i < it->rows; i++) {
            reeli_json_put_number(w, NULL, series_row(it->all, i)[k]);
        }
        reeli_json_put_close(w, ']');
    }
    reeli_json_put_close(w, '}');
}

static bool write_json(result *it)
{
    reeli_json_writer w;
    report_begin(it->s, &w);
    reeli_json_put_text(&w, "target", reel_encoder_target_name(it->m->encoder));
    if (it->m->interval > 0) {
        reeli_json_put_number(&w, "interval", it->m->interval);
        reeli_json_put_number(&w, "half_width", it->m->half_width);
    }
    reeli_json_put_open(&w, "predictions", '[');
    bool classes = reel_encoder_classes(it->m->encoder) > 0;
    for (int64_t i = 0; i < it->rows; i++) {
        double y = series_at(it->predicted, i);
        classes ? reeli_json_put_text(&w, NULL, reel_encoder_class(it->m->encoder, (size_t)y))
                : reeli_json_put_number(&w, NULL, y);
    }
    reeli_json_put_close(&w, ']');
    if (it->all) {
        all_json(&w, it);
    }
    return report_end(it->s, &w);
}

static bool write_predictions(const options *o, result *it)
{
    bool to_file = o->out && strcmp(o->out, "-") != 0;
    if (to_file && !write_csv(it, o->out)) {
        return false;
    }
    return o->json ? write_json(it) : to_file || write_csv(it, NULL);
}

static bool run(session *s, const options *o, model *m)
{
    if (!output_check(s, o, o->out) || !model_load(s, m, o->files[0]) ||
        !output_may_replace(s, o, o->out, reel_encoder_target_name(m->encoder), true)) {
        return false;
    }
    if (o->probabilities && !reel_encoder_classes(m->encoder)) {
        return complain(s, "%s: --probabilities: the model predicts a number, and no class",
                        o->files[0]);
    }
    result it = {
        .s = s, .m = m, .table = read_table(s, o, o->files + 1, (size_t)o->file_count - 1, m)};
    it.outputs = m->shape.outputs > 1 ? (size_t)m->shape.outputs : 1;
    it.rows = it.table ? reel_table_rows(it.table) : 0;
    bool all = o->probabilities || m->shape.quantile_count;
    bool done = it.table && (it.predicted = model_predict(s, m, it.table, NULL, false)) &&
                (!all || (it.all = model_predict(s, m, it.table, NULL, true))) &&
                choose_kept(o, &it) && write_predictions(o, &it);
    series_free(it.predicted);
    series_free(it.all);
    free(it.kept);
    return done;
}

int predict(int argc, char **argv)
{
    return model_command(argv[0], predict_options(argc, argv), run);
}
