/* SPDX-License-Identifier: MIT */
/* Figures of a model as a table, coefficients in the units of the table, and what is JSON. */
#include "report.h"

#include "counted.h"
#include "regression_metrics.h"
#include "shown_name.h"
#include "whitening.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

metrics metrics_none(int64_t rows)
{
    const double none = (double)NAN;
    return (metrics){.rows = rows,
                     .mean_absolute_error = none,
                     .root_mean_squared_error = none,
                     .r2 = none,
                     .median_absolute_error = none,
                     .coverage = none,
                     .accuracy = none,
                     .log_loss = none};
}

/* True values and predictions. */
typedef struct both {
    series *truth, *predicted;
} both;

static void read_both(void *of, int64_t first, int64_t count, double *p, double *t)
{
    const both *it = of;
    for (int64_t i = 0; i < count; i++) {
        p[i] = series_at(it->predicted, first + i);
        t[i] = series_at(it->truth, first + i);
    }
}

bool metrics_of(session *s, series *truth, series *predicted, metrics *it)
{
    both these = {truth, predicted};
    reeli_pairs pairs = {.all = truth->n, .read = read_both, .of = &these};
    *it = metrics_none(truth->n);
    it->mean_absolute_error = reeli_mean_absolute_error(&pairs);
    it->root_mean_squared_error = reeli_root_mean_squared_error(&pairs);
    it->r2 = reeli_r2_score(&pairs);
    it->median_absolute_error = reeli_median_absolute_error(&pairs);
    it->coverage = reeli_quantile_coverage(&pairs);
    return !reel_failed(s->r);
}

void metrics_of_quantiles(metrics *it, const model *m, series *truth, series *all)
{
    it->quantiles = m->shape.quantile_count;
    for (size_t k = 0; k < it->quantiles; k++) {
        it->quantile[k] = m->quantiles[k];
        it->share[k] = 0;
    }
    for (int64_t i = 0; i < it->rows; i++) {
        const double y = series_at(truth, i), *row = series_row(all, i);
        for (size_t k = 0; k < it->quantiles; k++) {
            it->share[k] += y <= row[k];
        }
    }
    for (size_t k = 0; k < it->quantiles; k++) {
        it->share[k] /= (double)it->rows;
    }
}

static void print_row(FILE *to, const char *name, const metrics *const *columns, int count,
                      size_t offset)
{
    fprintf(to, "%-24s", name);
    for (int i = 0; i < count; i++) {
        double x;
        memcpy(&x, (const char *)columns[i] + offset, sizeof x);
        fprintf(to, " %14.6g", x);
    }
    fputc('\n', to);
}

void metrics_print(FILE *to, const char *const *titles, const metrics *const *columns, int count,
                   bool coverage)
{
    fprintf(to, "%-24s", "");
    for (int i = 0; i < count; i++) {
        fprintf(to, " %14s", titles[i]);
    }
    fprintf(to, "\n%-24s", "rows");
    for (int i = 0; i < count; i++) {
        fprintf(to, " %14s", thousands(columns[i]->rows));
    }
    fputc('\n', to);
    if (!isnan(columns[0]->accuracy)) {
        print_row(to, "accuracy", columns, count, offsetof(metrics, accuracy));
        print_row(to, "log loss", columns, count, offsetof(metrics, log_loss));
        return;
    }
    print_row(to, "mean absolute error", columns, count, offsetof(metrics, mean_absolute_error));
    print_row(to, "root mean squared error", columns, count,
              offsetof(metrics, root_mean_squared_error));
    print_row(to, "R squared", columns, count, offsetof(metrics, r2));
    print_row(to, "median absolute error", columns, count,
              offsetof(metrics, median_absolute_error));
    for (size_t k = 0; k < columns[0]->quantiles; k++) {
        char name[40];
        snprintf(name, sizeof name, "share at or below %g", columns[0]->quantile[k]);
        print_row(to, name, columns, count, offsetof(metrics, share) + k * sizeof(double));
    }
    if (coverage && !columns[0]->quantiles) {
        print_row(to, "share at or below", columns, count, offsetof(metrics, coverage));
    }
}

void metrics_json(reeli_json_writer *w, const char *key, const metrics *it)
{
    reeli_json_put_open(w, key, '{');
    reeli_json_put_integer(w, "rows", it->rows);
    if (!isnan(it->accuracy)) {
        reeli_json_put_number(w, "accuracy", it->accuracy);
        reeli_json_put_number(w, "log_loss", it->log_loss);
        reeli_json_put_close(w, '}');
        return;
    }
    reeli_json_put_number(w, "mean_absolute_error", it->mean_absolute_error);
    reeli_json_put_number(w, "root_mean_squared_error", it->root_mean_squared_error);
    reeli_json_put_number(w, "r2_score", it->r2);
    reeli_json_put_number(w, "median_absolute_error", it->median_absolute_error);
    reeli_json_put_number(w, "quantile_coverage", it->coverage);
    if (it->quantiles) {
        reeli_json_put_open(w, "share_at_or_below", '{');
    }
    for (size_t k = 0; k < it->quantiles; k++) {
        char name[40];
        snprintf(name, sizeof name, "%g", it->quantile[k]);
        reeli_json_put_number(w, name, it->share[k]);
    }
    if (it->quantiles) {
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, '}');
}

const char *model_kind(const model *m)
{
    if (m->shape.hidden_count) {
        return activation_names[m->shape.activation];
    }
    switch (reel_encoder_transform(m->encoder)) {
    case REEL_TRANSFORM_LOGISTIC:
    case REEL_TRANSFORM_CLASS:
        return "logistic regression";
    case REEL_TRANSFORM_RATE:
        return "Poisson regression";
    default:
        return "linear regression";
    }
}

void shape_text(const network_shape *shape, char *text, size_t size)
{
    int64_t outputs = shape->outputs ? shape->outputs : 1;
    int length = snprintf(text, size, "%" PRId64, shape->features);
    for (size_t i = 0; i <= shape->hidden_count && (size_t)length < size; i++) {
        int64_t width = i < shape->hidden_count ? shape->hidden[i] : outputs;
        length += snprintf(text + length, size - (size_t)length, "-%" PRId64, width);
    }
}

const char *thousands(int64_t n)
{
    static char texts[4][REELI_COUNTED_SIZE];
    static int next;
    return reeli_counted(texts[next++ % 4], n, "");
}

/* Those of output `row` from malloc, the intercept first; NULL, and a message. */
static double *coefficients(session *s, const model *it, int64_t row)
{
    double *all = calloc((size_t)it->shape.features + 1, sizeof *all);
    if (!all) {
        complain(s, "there is no memory for the coefficients");
    } else if (!linear_coefficients(it->encoder, it->net, row, all + 1, all)) {
        free(all);
        all = NULL;
    } else if (it->no_intercept) {
        all[0] = 0; /* but for rounding */
    }
    return all;
}

/* How many lines there are; of classes all but the first, to which the others are relative. */
static int64_t lines_of(const model *it, int64_t *first)
{
    *first = reel_encoder_classes(it->encoder) > 0;
    return it->shape.outputs ? it->shape.outputs : 1;
}

const char *line_label(const model *it, int64_t row, char *text, size_t size)
{
    const char *name = reel_encoder_target_name(it->encoder);
    if (reel_encoder_classes(it->encoder)) {
        snprintf(text, size, "log P(%s=%s) / P(%s=%s)", name,
                 reel_encoder_class(it->encoder, (size_t)row), name,
                 reel_encoder_class(it->encoder, 0));
        return text;
    }
    target_label(it->encoder, text, size);
    size_t length = strlen(text);
    if (it->shape.quantile_count) {
        snprintf(text + length, size - length, " at %g", it->quantiles[row]);
    }
    return text;
}

const char *line_key(const model *it, int64_t row, char text[32])
{
    if (!it->shape.quantile_count) {
        return reel_encoder_class(it->encoder, (size_t)row);
    }
    snprintf(text, 32, "%g", it->quantiles[row]);
    return text;
}

void coefficients_print(FILE *to, session *s, const model *it)
{
    int digits = it->shape.dtype == REEL_F64 ? 15 : 7;
    int width = (int)strlen("intercept");
    int64_t row, lines = lines_of(it, &row);
    for (size_t i = 0; i < (size_t)it->shape.features; i++) {
        int length = shown_width(reel_encoder_feature_name(it->encoder, i));
        width = length > width && length <= 40 ? length : width;
    }
    for (; row < lines; row++) {
        char label[200], shown[200];
        double *all = coefficients(s, it, row);
        if (!all) {
            return;
        }
        line_label(it, row, label, sizeof label);
        fprintf(to, "\n%s =\n", shown_text(label, shown, sizeof shown));
        fprintf(to, "  %-*s %*.*g\n", width, "intercept", digits + 8, digits, all[0]);
        for (size_t i = 0; i < (size_t)it->shape.features; i++) {
            fputs("  ", to);
            print_name(to, reel_encoder_feature_name(it->encoder, i), width);
            fprintf(to, " %*.*g\n", digits + 8, digits, all[i + 1]);
        }
        free(all);
    }
}

/* The members of one line. */
static void line_json(reeli_json_writer *w, session *s, const model *it, int64_t row)
{
    double *all = coefficients(s, it, row);
    reeli_json_put_number(w, "intercept", all ? all[0] : (double)NAN);
    reeli_json_put_open(w, "coefficients", '{');
    for (size_t i = 0; all && i < (size_t)it->shape.features; i++) {
        reeli_json_put_number(w, reel_encoder_feature_name(it->encoder, i), all[i + 1]);
    }
    reeli_json_put_close(w, '}');
    free(all);
}

void coefficients_json(reeli_json_writer *w, session *s, const model *it)
{
    int64_t row, lines = lines_of(it, &row);
    if (lines == 1) {
        line_json(w, s, it, 0);
        return;
    }
    reeli_json_put_open(w, "lines", '{');
    for (; row < lines; row++) {
        reeli_json_put_open(w, line_key(it, row, (char[32]){0}), '{');
        line_json(w, s, it, row);
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, '}');
}

void report_begin(session *s, reeli_json_writer *w)
{
    *w = (reeli_json_writer){.r = s->r, .indent = 2};
    reeli_json_put_open(w, NULL, '{');
}

bool report_end(session *s, reeli_json_writer *w)
{
    reeli_json_put_open(w, "warnings", '[');
    for (size_t i = 0; i < reeli_text_count(&s->warnings); i++) {
        reeli_json_put_text(w, NULL, reeli_text_at(&s->warnings, i));
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_close(w, '}');
    size_t length;
    const char *text = reeli_json_written(w, &length);
    if (text) {
        puts(text);
    } else {
        complain(s, "there is no memory for the JSON");
    }
    reeli_json_writer_free(w);
    return text && flushed(s);
}

bool flushed(session *s)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return complain(s, "standard output: %s", strerror(errno));
    }
    return true;
}
