/* SPDX-License-Identifier: MIT */
/* Which rows belong to which fold, and what their models' errors are like. */
#include "folds.h"
#include "column_names.h"
#include "counted.h"
#include "jobs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The rows of a fold, or all the others. */
static reel_tensor *rows_of(session *s, const int64_t *fold, reel_tensor *rows, int64_t n,
                            int64_t which, bool others)
{
    int64_t count = 0;
    int64_t *chosen = malloc((size_t)n * sizeof *chosen);
    for (int64_t i = 0; chosen && i < n; i++) {
        if ((fold[i] == which) != others) {
            chosen[count++] = rows_at(rows, i);
        }
    }
    reel_tensor *made = chosen ? reel_from_i64(s->r, chosen, 1, &count) : NULL;
    free(chosen);
    if (!made) {
        complain(s, "there is no memory for the folds");
    }
    return made;
}

typedef struct entry {
    double value;
    int64_t row;
} entry;

static int by_value(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value)
                                : (x->row > y->row) - (x->row < y->row);
}

/* The number of each row's group, in the order of the values, of which missing ones are one; how
 * many there are, 0 without memory. Without values each row is a group. */
static int64_t find_groups(series *value, int64_t n, int64_t *group)
{
    entry *all = malloc((size_t)n * sizeof *all);
    int64_t count = 0;
    for (int64_t i = 0; all && i < n; i++) {
        double x = value ? series_at(value, i) : (double)i;
        all[i] = (entry){isnan(x) ? (double)INFINITY : x, i};
    }
    if (all) {
        qsort(all, (size_t)n, sizeof *all, by_value);
    }
    for (int64_t i = 0; all && i < n; i++) {
        count += i == 0 || all[i].value != all[i - 1].value;
        group[all[i].row] = count - 1;
    }
    free(all);
    return count;
}

/* Groups in a random order, dealt out in turn. */
static bool deal(session *s, const options *o, int64_t groups, int64_t n, int64_t *group)
{
    if (groups == 0) {
        return complain(s, "there is no memory for the folds");
    }
    if (groups < o->folds) {
        return complain(s, "--folds %" PRId64 ": there %s only %s", o->folds,
                        reeli_one_or_many(groups, "is", "are"),
                        REELI_COUNTED(groups, o->group ? "group" : "row"));
    }
    reel_tensor *order = reel_keep(reel_randperm(s->r, groups));
    for (int64_t i = 0; i < n && !reel_is_poison(order); i++) {
        group[i] = reel_data_i64(order)[group[i]] % o->folds;
    }
    bool done = !reel_is_poison(order);
    reel_tensor_free(order);
    reel_rewind(s->r);
    return done;
}

static int64_t *choose_folds(session *s, const options *o, reel_table *table, reel_tensor *rows)
{
    int64_t n = rows_count(table, rows);
    int64_t *fold = calloc((size_t)n + 1, sizeof *fold);
    series *value = NULL;
    bool done = true;
    if (!fold) {
        complain(s, "there is no memory for the folds");
        return NULL;
    }
    if (o->group) {
        int64_t column = column_meant(s, table, "--group", o->group, " to group by");
        value = column >= 0 ? column_series(s, table, (size_t)column, rows) : NULL;
        done = value != NULL;
    }
    done = done && deal(s, o, find_groups(value, n, fold), n, fold);
    series_free(value);
    if (!done) {
        free(fold);
    }
    return done ? fold : NULL;
}

/* What a fold's job is to know. */
typedef struct dealt {
    session *s;
    const int64_t *fold; /* of each row */
    reel_tensor *rows;
    int64_t n;
    fold_fit fit;
    void *context;
} dealt;

static bool run_fold(void *context, int64_t k, job_result *result)
{
    const dealt *it = context;
    metrics *measured = calloc(1, sizeof *measured);
    *result = (job_result){measured, sizeof *measured};
    if (!measured) {
        return complain(it->s, "there is no memory for the folds");
    }
    reel_tensor *test = rows_of(it->s, it->fold, it->rows, it->n, k, false);
    reel_tensor *train = test ? rows_of(it->s, it->fold, it->rows, it->n, k, true) : NULL;
    bool done = train && it->fit(it->context, train, test, measured);
    reel_tensor_free(test);
    return done;
}

static bool run(folds *it, session *s, const reel_table *table, dealt *of)
{
    const int64_t cells = of->n * (int64_t)reel_table_columns(table);
    const jobs all = {.count = it->count,
                      .bytes = cells * 2 * (int64_t)sizeof(double), /* encoded, too */
                      .name = "folds",
                      .each = run_fold,
                      .context = of};
    it->parts = calloc((size_t)it->count, sizeof *it->parts);
    if (!it->parts) {
        return complain(s, "there is no memory for the folds");
    }
    job_result *results = jobs_run(s, &all);
    for (int64_t k = 0; results && k < it->count && results[k].data; k++) {
        memcpy(&it->parts[k], results[k].data, sizeof *it->parts);
    }
    if (interrupted(s)) {
        it->count = 0; /* of those that are left nothing is known */
    }
    jobs_free(results, all.count);
    return results != NULL;
}

bool folds_run(folds *it, session *s, const options *o, reel_table *table, reel_tensor *rows,
               fold_fit fit, void *context)
{
    *it = (folds){.count = o->folds, .what = "folds"};
    if (it->count == 0) {
        return true;
    }
    reel_tensor *state = reel_keep(reel_get_rng_state(s->r));
    int64_t *fold = choose_folds(s, o, table, rows);
    dealt of = {s, fold, rows, rows_count(table, rows), fit, context};
    bool done = fold && run(it, s, table, &of) && reel_set_rng_state(s->r, state) == REEL_OK;
    free(fold);
    reel_tensor_free(state);
    return done;
}

/* A figure of each fold by its place in struct metrics; their mean and standard deviation. */
static void summarise(const folds *it, size_t offset, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (int64_t k = 0; k < it->count; k++) {
        sum += *(const double *)(const void *)((const char *)&it->parts[k] + offset);
    }
    *mean = sum / (double)it->count;
    for (int64_t k = 0; k < it->count; k++) {
        double x = *(const double *)(const void *)((const char *)&it->parts[k] + offset) - *mean;
        squares += x * x;
    }
    *deviation = sqrt(squares / (double)(it->count - 1));
}

static const struct figure {
    const char *name, *key;
    size_t offset;
} figures[] = {
    {"mean absolute error", "mean_absolute_error", offsetof(metrics, mean_absolute_error)},
    {"root mean squared error", "root_mean_squared_error",
     offsetof(metrics, root_mean_squared_error)},
    {"accuracy", "accuracy", offsetof(metrics, accuracy)},
    {"log loss", "log_loss", offsetof(metrics, log_loss)},
    {"R squared", "r2_score", offsetof(metrics, r2)},
    {"median absolute error", "median_absolute_error", offsetof(metrics, median_absolute_error)},
    {"share at or below", "quantile_coverage", offsetof(metrics, coverage)},
};
enum { FIGURES = sizeof figures / sizeof *figures };

void folds_print(FILE *to, const folds *it)
{
    if (it->count == 0) {
        return;
    }
    char title[48];
    snprintf(title, sizeof title, "%" PRId64 " %s", it->count, it->what);
    fprintf(to, "\n%-24s %14s %14s\n", title, "mean", "std. deviation");
    for (int i = 0; i < FIGURES - 1; i++) {
        double mean, deviation;
        summarise(it, figures[i].offset, &mean, &deviation);
        if (isfinite(mean)) {
            fprintf(to, "%-24s %14.6g %14.6g\n", figures[i].name, mean, deviation);
        }
    }
}

void folds_json(reeli_json_writer *w, const folds *it)
{
    if (it->count == 0) {
        return;
    }
    reeli_json_put_open(w, it->what, '{');
    reeli_json_put_integer(w, "count", it->count);
    for (int i = 0; i < FIGURES; i++) {
        double mean, deviation;
        summarise(it, figures[i].offset, &mean, &deviation);
        if (isnan(mean)) {
            continue;
        }
        reeli_json_put_open(w, figures[i].key, '{');
        reeli_json_put_number(w, "mean", mean);
        reeli_json_put_number(w, "standard_deviation", deviation);
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, '}');
}

void folds_free(folds *it) { free(it->parts); }
