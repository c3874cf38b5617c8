/* SPDX-License-Identifier: MIT */
/* Counts of true and predicted classes, and what follows from them. */
#include "class_metrics.h"
#include "shown_name.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_IN_A_TABLE = 12 }; /* classes; more columns than a terminal has say little */

/* The first of the largest, as `reel_model_predict` takes it. */
static int64_t most_probable(const double *p, int64_t n)
{
    int64_t best = 0;
    for (int64_t k = 1; k < n; k++) {
        best = p[k] > p[best] ? k : best;
    }
    return best;
}

bool class_metrics_of(session *s, const reel_encoder *encoder, series *truth, series *all,
                      class_metrics *it, metrics *figures)
{
    static const double least = 1e-15; /* so that one sure error is not the end */
    int64_t n = (int64_t)reel_encoder_classes(encoder), right = 0, rows = truth->n;
    double sum = 0;
    *it = (class_metrics){.rows = rows, .classes = n, .encoder = encoder};
    it->counts = calloc((size_t)((n + 1) * n), sizeof *it->counts);
    if (!it->counts) {
        return complain(s, "there is no memory to count %" PRId64 " classes", n);
    }
    for (int64_t i = 0; i < rows; i++) {
        const double *p = series_row(all, i);
        int64_t is = (int64_t)series_at(truth, i), taken = most_probable(p, n);
        it->counts[(is < 0 ? n : is) * n + taken]++;
        right += is == taken;
        sum -= log(fmax(is < 0 ? 0 : p[is], least));
    }
    *figures = metrics_none(rows);
    figures->accuracy = (double)right / (double)rows;
    figures->log_loss = sum / (double)rows;
    return true;
}

typedef struct one_class {
    int64_t rows, predicted, right;
    double precision, recall, f1; /* NaN: of nothing */
} one_class;

/* How many rows are of a class, or of none that is known. */
static int64_t rows_of(const class_metrics *it, int64_t k)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < it->classes; i++) {
        rows += it->counts[k * it->classes + i];
    }
    return rows;
}

static one_class look_at(const class_metrics *it, int64_t k)
{
    one_class c = {.rows = rows_of(it, k), .right = it->counts[k * it->classes + k]};
    for (int64_t i = 0; i <= it->classes; i++) {
        c.predicted += it->counts[i * it->classes + k];
    }
    c.precision = c.predicted ? (double)c.right / (double)c.predicted : (double)NAN;
    c.recall = c.rows ? (double)c.right / (double)c.rows : (double)NAN;
    c.f1 =
        c.predicted + c.rows ? 2 * (double)c.right / (double)(c.predicted + c.rows) : (double)NAN;
    return c;
}

static const char *name_of(const class_metrics *it, int64_t k)
{
    return k < it->classes ? reel_encoder_class(it->encoder, (size_t)k) : "(not known)";
}

static int name_width(const class_metrics *it)
{
    int width = 14;
    for (int64_t k = 0; k < it->classes; k++) {
        int length = shown_width(name_of(it, k));
        width = length > width && length <= 24 ? length : width;
    }
    return width;
}

static void print_share(FILE *to, double x)
{
    isnan(x) ? fprintf(to, " %10s", "-") : fprintf(to, " %10.4g", x);
}

static void print_confusion(FILE *to, const class_metrics *it, int width)
{
    fprintf(to, "\n%-*s", width, "true, taken for");
    for (int64_t k = 0; k < it->classes; k++) {
        fputc(' ', to);
        print_name(to, name_of(it, k), 10);
    }
    for (int64_t i = 0; i < it->classes + (rows_of(it, it->classes) > 0); i++) {
        fputc('\n', to);
        print_name(to, name_of(it, i), width);
        for (int64_t k = 0; k < it->classes; k++) {
            fprintf(to, " %-10" PRId64, it->counts[i * it->classes + k]);
        }
    }
    fputc('\n', to);
}

void class_metrics_print(FILE *to, const char *title, const class_metrics *it)
{
    if (it->rows == 0) {
        return;
    }
    int width = name_width(it) + 2;
    fputc('\n', to);
    print_name(to, title, width);
    fprintf(to, " %10s %10s %10s %10s\n", "rows", "precision", "recall", "F1");
    for (int64_t k = 0; k < it->classes; k++) {
        one_class c = look_at(it, k);
        print_name(to, name_of(it, k), width);
        fprintf(to, " %10" PRId64, c.rows);
        print_share(to, c.precision);
        print_share(to, c.recall);
        print_share(to, c.f1);
        fputc('\n', to);
    }
    if (it->classes <= MOST_IN_A_TABLE) {
        print_confusion(to, it, width);
    }
}

void class_metrics_json(reeli_json_writer *w, const char *key, const class_metrics *it)
{
    if (it->rows == 0) {
        return;
    }
    bool unknown = rows_of(it, it->classes) > 0;
    reeli_json_put_open(w, key, '[');
    for (int64_t i = 0; i < it->classes + unknown; i++) {
        one_class c = i < it->classes ? look_at(it, i) : (one_class){0};
        reeli_json_put_open(w, NULL, '{');
        reeli_json_put_text(w, "class", i < it->classes ? name_of(it, i) : NULL);
        if (i < it->classes) {
            reeli_json_put_integer(w, "rows", c.rows);
            reeli_json_put_number(w, "precision", c.precision);
            reeli_json_put_number(w, "recall", c.recall);
            reeli_json_put_number(w, "f1", c.f1);
        }
        reeli_json_put_open(w, "taken_for", '[');
        for (int64_t k = 0; k < it->classes; k++) {
            reeli_json_put_integer(w, NULL, it->counts[i * it->classes + k]);
        }
        reeli_json_put_close(w, ']');
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, ']');
}

void class_metrics_free(class_metrics *it) { free(it->counts); }
