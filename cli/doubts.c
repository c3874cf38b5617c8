/* SPDX-License-Identifier: MIT */
/* Doubts about the target, about columns and about the rows to test on. */
#include "doubts.h"
#include "counted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 3 }; /* names in a sentence */

static void doubt_quantile(session *s, const options *o, series *y)
{
    double q = o->loss == LOSS_QUANTILE ? o->quantile : 0.5;
    int64_t n = y->n, same = 0;
    if (o->loss != LOSS_L1 && o->loss != LOSS_QUANTILE) {
        return;
    }
    const double value = series_kth(y, (int64_t)(q * (double)(n - 1)));
    for (int64_t i = 0; i < n; i++) {
        same += series_at(y, i) == value;
    }
    if (2 * same > n && same < n) {
        notice(s,
               "%.0f %% of the values of '%s' are the same: a %s is likely to predict that value "
               "whatever the row; --loss mse predicts means",
               100 * (double)same / (double)n, o->target,
               o->loss == LOSS_L1 ? "median" : "quantile");
    }
}

/* Beyond Tukey's outer fences, as where the encoder has a robust scale. */
static void doubt_squares(session *s, const options *o, series *y)
{
    int64_t n = y->n, far = 0;
    if (o->loss != LOSS_MSE) {
        return;
    }
    double low = series_kth(y, n / 4), high = series_kth(y, n - 1 - n / 4);
    double fence = 3 * (high - low);
    for (int64_t i = 0; i < n; i++) {
        far += series_at(y, i) < low - fence || series_at(y, i) > high + fence;
    }
    if (fence > 0 && far > 0) {
        notice(s,
               "%s of '%s' %s far from the others, and a squared error follows %s: --loss huber "
               "and --loss l1 do less",
               REELI_COUNTED(far, "value"), o->target, reeli_one_or_many(far, "lies", "lie"),
               reeli_one_or_many(far, "it", "them"));
    }
}

bool doubt_training(session *s, const options *o, matrix *y, int64_t parameters)
{
    series *targets = series_new(s, y->rows, 1);
    bool done = targets != NULL;
    for (int64_t i = 0; done && i < y->rows; i++) {
        done = series_set(targets, i, matrix_number(y, i, 0));
    }
    if (done && parameters >= y->rows && o->l1_penalty == 0) {
        notice(s,
               "%s for %s can fit any target: how well they do says nothing of other rows; --folds "
               "does",
               REELI_COUNTED(parameters, "parameter"), REELI_COUNTED(y->rows, "row"));
    }
    if (done) {
        doubt_quantile(s, o, targets);
        doubt_squares(s, o, targets);
    }
    series_free(targets);
    return done;
}

bool doubt_test(session *s, const model *m, reel_table *table, reel_tensor *rows)
{
    matrix *x = model_matrix(s, m, table, rows);
    int64_t n = x ? x->rows : 0, k = m->shape.features, worst = 0;
    double *row = calloc(2 * (size_t)k, sizeof *row), *mean = row + k;
    for (int64_t i = 0; row && i < n; i++) {
        matrix_row(x, i, row);
        for (int64_t j = 0; j < k; j++) {
            mean[j] += row[j] / (double)n;
        }
    }
    for (int64_t j = 0; row && j < k; j++) {
        bool number = reel_encoder_mean(m->encoder, (size_t)j) != 0;
        mean[j] = number ? mean[j] : 0; /* columns of 0 and 1 are not standardised */
        worst = fabs(mean[j]) > fabs(mean[worst]) ? j : worst;
    }
    if (row && n && fabs(mean[worst]) > 1 + 4 / sqrt((double)n)) {
        notice(s,
               "the test's rows are unlike those trained on: '%s' is %.2g standard deviations "
               "%s on the average",
               reel_encoder_feature_name(m->encoder, (size_t)worst), fabs(mean[worst]),
               mean[worst] > 0 ? "higher" : "lower");
    }
    bool done = row || complain(s, "there is no memory to look at the test");
    free(row);
    matrix_free(x);
    reel_rewind(s->r);
    return done && !reel_failed(s->r);
}

/* Adds a name to a list of them, "a, b", where there is room. */
static void add_name(char *text, size_t size, const char *name)
{
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s", length ? ", " : "", name);
}

/* Column j, and the first of those that make it up. */
static bool name_combination(session *s, const options *o, reel_encoder *encoder,
                             const column_qr *qr, int64_t j)
{
    double *weights = calloc((size_t)qr->rank + 1, sizeof *weights);
    if (!weights) {
        return complain(s, "there is no memory for a combination of columns");
    }
    column_qr_combination(qr, j, weights);
    char text[200] = "";
    int named = 0;
    for (int64_t a = 0; a < qr->rank; a++) {
        if (fabs(weights[a]) > 1e-6 && named++ < FEW) {
            add_name(text, sizeof text, reel_encoder_feature_name(encoder, (size_t)qr->chosen[a]));
        }
    }
    const char *name = reel_encoder_feature_name(encoder, (size_t)j);
    if (named) {
        notice(s, "%s: '%s' follows from %s%s and gets the coefficient 0", o->files[0], name, text,
               named > FEW ? ", …" : "");
    } else {
        notice(s, "%s: '%s' is the same in all rows and gets the coefficient 0", o->files[0], name);
    }
    free(weights);
    return true;
}

bool doubt_columns(session *s, const options *o, reel_encoder *encoder, const coordinates *c)
{
    const column_qr *qr = &c->qr;
    int64_t count = c->triangle ? qr->columns - qr->rank : 0, told = count > FEW + 1 ? FEW : count;
    int64_t place = 0;
    char text[200] = "";
    bool done = true;
    for (int64_t j = 0; done && count && j < qr->columns; j++) {
        if (qr->rank_of[j] >= 0) {
            continue;
        }
        if (place++ < told) {
            done = name_combination(s, o, encoder, qr, j);
        } else if (place <= told + FEW) {
            add_name(text, sizeof text, reel_encoder_feature_name(encoder, (size_t)j));
        }
    }
    if (done && count > told) {
        notice(s, "%s: %s more columns follow from others and get the coefficient 0: %s%s",
               o->files[0], REELI_COUNTED(count - told, ""), text, count > told + FEW ? ", …" : "");
    }
    reel_rewind(s->r);
    return done;
}

void doubt_coefficients(session *s, const options *o, reel_encoder *encoder,
                        const line_statistics *it)
{
    static const double large_inflation = 10; /* Marquardt's rule, 1970 */
    static const double large_condition = 30; /* Belsley's, Kuh's and Welsch's, 1980 */
    int64_t worst = 0, count = 0;
    for (int64_t j = 1; j <= it->features; j++) {
        bool large = it->inflation[j] > large_inflation;
        count += large;
        worst = large && (!worst || it->inflation[j] > it->inflation[worst]) ? j : worst;
    }
    if (worst) {
        notice(s,
               "%s: '%s' is nearly a combination of other columns (variance inflation %.3g)%s: its "
               "coefficient is uncertain, predictions need not be",
               o->files[0], reel_encoder_feature_name(encoder, (size_t)worst - 1),
               it->inflation[worst], count > 1 ? ", and it is not the only one" : "");
    }
    if (it->features && it->endless) {
        notice(s,
               "%s: the likelihood goes on growing with %s, as where some rows are told apart "
               "without an error: %s no end, and no standard %s",
               o->files[0], REELI_COUNTED(it->endless, "coefficient"),
               it->endless == 1 ? "it has" : "they have", it->endless == 1 ? "error" : "errors");
    }
    if (it->features && it->condition > large_condition) {
        notice(s,
               "%s: the columns' condition number is %.3g: some combinations of coefficients are "
               "hardly told apart",
               o->files[0], it->condition);
    }
    reel_rewind(s->r);
}
