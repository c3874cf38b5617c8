/* SPDX-License-Identifier: MIT */
/* Figures of probabilities: ranks for the area under the curve, bins for the calibration. */
#include "classification.h"
#include "model.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { FEW_CLASSES = 6 };

/* What the target's values are like. */
typedef struct look {
    int64_t zeros, ones, n;
    double most, sum;
    bool whole;    /* from 0 on */
    int different; /* values, as far as they are few */
    double values[FEW_CLASSES];
} look;

static void remember(look *it, double y)
{
    bool known = it->different > FEW_CLASSES;
    for (int k = 0; !known && k < it->different; k++) {
        known = it->values[k] == y;
    }
    if (!known && it->different < FEW_CLASSES) {
        it->values[it->different] = y;
    }
    it->different += !known;
}

static look look_at(series *values)
{
    look it = {.n = values->n, .whole = true};
    for (int64_t i = 0; i < it.n; i++) {
        double y = series_at(values, i);
        it.zeros += y == 0;
        it.ones += y == 1;
        it.most = y > it.most ? y : it.most;
        it.sum += y;
        remember(&it, y);
        it.whole = it.whole && y >= 0 && y == floor(y);
    }
    return it;
}

/* Whether a column of text has numbers in it. */
static bool has_numbers(const reel_table *table, size_t column)
{
    bool any = false;
    for (size_t i = 0; !any && i < reel_table_categories(table, column); i++) {
        const char *text = reel_table_category(table, column, i);
        char *end;
        double x = strtod(text, &end);
        any = end != text && !*end && isfinite(x);
    }
    return any;
}

bool loss_choose(session *s, options *o, reel_table *table, size_t target, reel_tensor *rows)
{
    if (o->loss >= 0) {
        return true;
    }
    o->loss = LOSS_L1;
    if (o->transform || !isnan(o->interval) || o->no_intercept) {
        return true;
    }
    if (reel_table_is_text(table, target) && has_numbers(table, target)) {
        return true; /* which ends with an error: they may be meant to be quantities */
    }
    if (reel_table_is_text(table, target)) {
        if (o->bootstrap) {
            return complain(s, "--bootstrap is for lines of one number, and '%s' has classes",
                            reel_table_name(table, target));
        }
        o->loss = LOSS_CROSS_ENTROPY;
        notice(s, "the values of '%s' are text: --loss cross_entropy, which predicts a class",
               reel_table_name(table, target));
        return true;
    }
    series *values = column_series(s, table, target, rows);
    if (!values) {
        return false;
    }
    look it = look_at(values);
    series_free(values);
    if (it.zeros && it.ones && it.zeros + it.ones == it.n) {
        o->loss = LOSS_BCE;
        notice(s, "all values of '%s' are 0 or 1: --loss bce, which predicts the probability of 1",
               reel_table_name(table, target));
    } else if (it.whole && it.zeros && it.most > 1 && it.sum < 10 * (double)it.n) {
        notice(s, "the values of '%s' look like counts, whose rate --loss poisson predicts",
               reel_table_name(table, target));
    } else if (it.whole && it.different > 1 && it.different <= FEW_CLASSES &&
               it.n >= FEW_CLASSES * it.different) {
        notice(
            s,
            "'%s' has %d values, which are whole numbers: if they are no quantities but classes, "
            "--loss cross_entropy tells them apart",
            reel_table_name(table, target), it.different);
    }
    return true;
}

typedef struct pair {
    double predicted, truth;
} pair;

static int by_predicted(const void *a, const void *b)
{
    double x = ((const pair *)a)->predicted, y = ((const pair *)b)->predicted;
    return (x > y) - (x < y);
}

/* By the sum of the ones' ranks, of which those that tie have the mean. */
static double area(pair *all, int64_t n)
{
    double ranks = 0, ones = 0;
    qsort(all, (size_t)n, sizeof *all, by_predicted);
    for (int64_t i = 0; i < n;) {
        int64_t end = i;
        while (end < n && all[end].predicted == all[i].predicted) {
            end++;
        }
        for (int64_t k = i; k < end; k++) {
            ranks += all[k].truth * ((double)(i + 1 + end) / 2);
            ones += all[k].truth;
        }
        i = end;
    }
    double zeros = (double)n - ones;
    return ones > 0 && zeros > 0 ? (ranks - ones * (ones + 1) / 2) / (ones * zeros) : (double)NAN;
}

static void count(classification *it, double truth, double p)
{
    static const double least = 1e-15; /* so that one sure error is not the end */
    int bin = (int)(p * CALIBRATION_BINS);
    bin = bin < 0 ? 0 : bin < CALIBRATION_BINS ? bin : CALIBRATION_BINS - 1;
    it->counts[truth > 0.5][p >= 0.5]++;
    it->log_loss -= log(fmax(truth > 0.5 ? p : 1 - p, least));
    it->in_bin[bin]++;
    it->predicted[bin] += p;
    it->true_in[bin] += truth;
}

bool classification_of(session *s, series *truth, series *predicted, classification *it)
{
    const int64_t n = truth->n;
    *it = (classification){.rows = n};
    pair *all = malloc(((size_t)n + 1) * sizeof *all);
    if (!all) {
        return complain(s, "there is no memory for the ranks of %" PRId64 " predictions", n);
    }
    for (int64_t i = 0; i < n; i++) {
        all[i] = (pair){series_at(predicted, i), series_at(truth, i)};
        count(it, all[i].truth, all[i].predicted);
    }
    it->auc = area(all, n);
    it->log_loss /= (double)n;
    it->accuracy = (double)(it->counts[0][0] + it->counts[1][1]) / (double)n;
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        it->predicted[b] /= (double)it->in_bin[b];
        it->true_in[b] /= (double)it->in_bin[b];
    }
    free(all);
    return true;
}

void classification_print(FILE *to, const char *title, const classification *it)
{
    if (it->rows == 0) {
        return;
    }
    fprintf(to, "\n%-24s %14s\naccuracy %30.6g\narea under the ROC curve %14.6g\nlog loss %30.6g\n",
            "probabilities", title, it->accuracy, it->auc, it->log_loss);
    fprintf(to, "\n%-24s %14s %14s\n", "", "predicted 0", "predicted 1");
    for (int t = 0; t < 2; t++) {
        fprintf(to, "true %d%18s %14" PRId64 " %14" PRId64 "\n", t, "", it->counts[t][0],
                it->counts[t][1]);
    }
    fprintf(to, "\n%-24s %14s %14s\n", "calibration: rows", "mean predicted", "share of 1");
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        if (it->in_bin[b]) {
            fprintf(to, "%-24" PRId64 " %14.3f %14.3f\n", it->in_bin[b], it->predicted[b],
                    it->true_in[b]);
        }
    }
}

void classification_json(reeli_json_writer *w, const char *key, const classification *it)
{
    if (it->rows == 0) {
        return;
    }
    reeli_json_put_open(w, key, '{');
    reeli_json_put_number(w, "accuracy", it->accuracy);
    reeli_json_put_number(w, "auc", it->auc);
    reeli_json_put_number(w, "log_loss", it->log_loss);
    reeli_json_put_integer(w, "true_negatives", it->counts[0][0]);
    reeli_json_put_integer(w, "false_positives", it->counts[0][1]);
    reeli_json_put_integer(w, "false_negatives", it->counts[1][0]);
    reeli_json_put_integer(w, "true_positives", it->counts[1][1]);
    reeli_json_put_open(w, "calibration", '[');
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        if (it->in_bin[b]) {
            reeli_json_put_open(w, NULL, '{');
            reeli_json_put_integer(w, "rows", it->in_bin[b]);
            reeli_json_put_number(w, "predicted", it->predicted[b]);
            reeli_json_put_number(w, "true", it->true_in[b]);
            reeli_json_put_close(w, '}');
        }
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_close(w, '}');
}
