/* SPDX-License-Identifier: MIT */
/* The parts of a table: drawn by fractions, or listed in files of row numbers. */
#include "row_parts.h"
#include "column_names.h"
#include "column_series.h"
#include "counted.h"
#include "totals.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALIBRATION_SHARE 0.2
#define LATEST_SHARE 0.2
enum { FEWEST_TO_CALIBRATE = 50 };

/* The rows that have a value, or NULL: all. */
static bool find_present(session *s, reel_table *table, size_t target, reel_tensor **rows)
{
    *rows = NULL;
    if (reel_table_missing(table, target) == 0 && reel_table_rows(table) > 0) {
        return true;
    }
    reel_tensor *present = reel_table_present_rows(table, target);
    if (reel_is_poison(present)) {
        return false;
    }
    if (reel_numel(present) == 0) {
        return complain(s, "%s: no row has a value in the column '%s'", reel_table_path(table),
                        reel_table_name(table, target));
    }
    *rows = present;
    return true;
}

/* All but the last; false, and a message. */
static bool leave_last_out(session *s, reel_table *table, reel_tensor **rows)
{
    const int64_t count = rows_count(table, *rows) - 1;
    reel_tensor *all = *rows;
    *rows = rows_part(s, all, 0, count);
    reel_tensor_free(all);
    return !reel_is_poison(*rows);
}

bool rows_with_target(session *s, reel_table *table, size_t target, reel_tensor **rows)
{
    if (!find_present(s, table, target, rows)) {
        return false;
    }
    int64_t count = rows_count(table, *rows), without = reel_table_rows(table) - count;
    if (without) {
        notice(s, "%s: %s without a value of '%s' %s left out", reel_table_path(table),
               REELI_COUNTED(without, "row"), reel_table_name(table, target),
               reeli_one_or_many(without, "is", "are"));
    }
    if (last_is_total(s, table, target, *rows)) {
        int64_t row = rows_at(*rows, count - 1);
        notice(s, "%s:%" PRId64 ": the last row is the sum of those above it, and is left out",
               reel_table_row_path(table, row), reel_table_line(table, row));
        return leave_last_out(s, table, rows);
    }
    return !reel_failed(s->r);
}

/* For as long as the command runs. */
static reel_tensor *listed(session *s, const int64_t *rows, int64_t count)
{
    reel_tensor *made = reel_from_i64(s->r, rows, 1, &count), *kept = reel_keep(made);
    reel_tensor_free(made);
    return kept;
}

/* Parts *from into those marked and the others, both in ascending order; false, and a message. Both
 * have to be at least one. */
static bool part(session *s, reel_table *table, const bool *marked, reel_tensor **from,
                 reel_tensor **drawn)
{
    int64_t n = rows_count(table, *from), others = 0, taken = 0;
    int64_t *to = malloc((size_t)n * sizeof *to); /* the others from the front */
    for (int64_t i = 0; to && i < n; i++) {
        const int64_t row = rows_at(*from, i);
        to[marked[row] ? n - ++taken : others++] = row;
    }
    for (int64_t i = 0; to && i < taken / 2; i++) {
        const int64_t row = to[others + i];
        to[others + i] = to[n - 1 - i];
        to[n - 1 - i] = row;
    }
    if (!to) {
        return complain(s, "there is no memory for the rows");
    }
    reel_tensor_free(*from);
    *from = listed(s, to, others);
    *drawn = listed(s, to + others, taken);
    free(to);
    return !reel_failed(s->r);
}

/* A mark for each row of the table, none of them set, from malloc; NULL, and a message. */
static bool *marks_new(session *s, const reel_table *table)
{
    bool *marked = calloc((size_t)reel_table_rows(table), sizeof *marked);
    if (!marked) {
        complain(s, "there is no memory for the rows");
    }
    return marked;
}

/* Marks `count` rows of n at random. */
static bool mark_some(session *s, int64_t n, int64_t count, reel_tensor *from, bool *marked)
{
    reel_tensor *order = reel_randperm(s->r, n);
    for (int64_t i = n - count; !reel_is_poison(order) && i < n; i++) {
        marked[rows_at(from, reel_data_i64(order)[i])] = true;
    }
    bool done = !reel_is_poison(order);
    reel_tensor_free(order);
    return done;
}

/* Takes a share of *from out, at random. Both are at least one row. */
static bool draw(session *s, reel_table *table, double share, const char *option,
                 reel_tensor **from, reel_tensor **drawn)
{
    int64_t n = rows_count(table, *from);
    int64_t count = (int64_t)floor(share * (double)n + 0.5);
    count = count < 1 ? 1 : count;
    if (count >= n) {
        return complain(s, "%s %g: of %s that would leave none to train on", option, share,
                        REELI_COUNTED(n, "row"));
    }
    bool *marked = marks_new(s, table);
    bool done =
        marked && mark_some(s, n, count, *from, marked) && part(s, table, marked, from, drawn);
    free(marked);
    return done;
}

/* Marks the rows that the file lists. */
static bool read_marks(session *s, const char *path, FILE *file, int64_t rows, bool *marked)
{
    char word[32];
    for (long number = 1; fscanf(file, "%31s", word) == 1; number++) {
        char *end;
        errno = 0;
        long long row = strtoll(word, &end, 10);
        if (*end || errno || !isdigit((unsigned char)*word)) {
            return complain(s, "%s: number %ld: expected a row's number, found '%s'", path, number,
                            word);
        }
        if (row >= rows) {
            return complain(
                s, "%s: number %ld: there is no row %lld: the table has %" PRId64 ", from 0 on",
                path, number, row, rows);
        }
        if (marked[row]) {
            return complain(s, "%s: number %ld: row %lld is there twice", path, number, row);
        }
        marked[row] = true;
    }
    return true;
}

/* Whether some of the rows with a target are marked, and some are not. */
static bool are_some(session *s, const char *path, reel_table *table, const bool *marked,
                     reel_tensor *from)
{
    const int64_t n = rows_count(table, from);
    int64_t taken = 0;
    for (int64_t i = 0; i < n; i++) {
        taken += marked[rows_at(from, i)];
    }
    return taken == n   ? complain(s, "%s: all rows are listed: none is left to train on", path)
           : taken == 0 ? complain(s, "%s: no row with a target is listed", path)
                        : true;
}

static bool take_listed(session *s, const char *path, reel_table *table, reel_tensor **from,
                        reel_tensor **listed)
{
    const int64_t rows = reel_table_rows(table);
    FILE *file = fopen(path, "r");
    if (!file) {
        return complain(s, "%s: %s", path, strerror(errno));
    }
    bool *marked = marks_new(s, table);
    bool done = marked && read_marks(s, path, file, rows, marked) &&
                are_some(s, path, table, marked, *from) && part(s, table, marked, from, listed);
    free(marked);
    fclose(file);
    return done;
}

/* When a row is from. */
typedef struct moment {
    double value;
    const char *text; /* NULL: it is the value */
    int64_t row;
} moment;

static int by_time(const void *a, const void *b)
{
    const moment *x = a, *y = b;
    int order = x->text && y->text ? strcmp(x->text, y->text)
                                   : (x->value > y->value) - (x->value < y->value);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* The rows in the order of a column, what is missing first; from malloc. */
static moment *in_order(session *s, reel_table *table, size_t column, reel_tensor *rows)
{
    const int64_t n = rows_count(table, rows);
    series *values = column_series(s, table, column, rows);
    moment *all = values ? malloc((size_t)n * sizeof *all) : NULL;
    bool text = reel_table_is_text(table, column);
    for (int64_t i = 0; all && i < n; i++) {
        double x = series_at(values, i);
        x = isnan(x) ? -(double)INFINITY : x;
        const char *word = text && x >= 0 ? reel_table_category(table, column, (size_t)x) : "";
        all[i] = (moment){x, text ? word : NULL, rows_at(rows, i)};
    }
    if (all) {
        qsort(all, (size_t)n, sizeof *all, by_time);
    } else if (values) {
        complain(s, "there is no memory for the rows");
    }
    series_free(values);
    return all;
}

static bool take_latest(session *s, const options *o, reel_table *table, reel_tensor **from,
                        reel_tensor **latest)
{
    int64_t column = column_meant(s, table, "--time", o->time, ""), n = rows_count(table, *from);
    double share = isnan(o->test_fraction) ? LATEST_SHARE : o->test_fraction;
    int64_t count = (int64_t)floor(share * (double)n + 0.5), rest = n - (count < 1 ? 1 : count);
    if (column < 0 || rest < 1) {
        return column >= 0 &&
               complain(s, "--time: too few rows to train on are left of %" PRId64, n);
    }
    moment *all = in_order(s, table, (size_t)column, *from);
    bool *marked = all ? marks_new(s, table) : NULL;
    for (int64_t i = rest; marked && i < n; i++) {
        marked[all[i].row] = true;
    }
    bool done = marked && part(s, table, marked, from, latest);
    free(marked);
    free(all);
    return done;
}

bool rows_choose(session *s, const options *o, reel_table *table, size_t target, row_parts *it)
{
    *it = (row_parts){.train = NULL};
    if (!rows_with_target(s, table, target, &it->train)) {
        return false;
    }
    if (o->time) {
        return take_latest(s, o, table, &it->train, &it->test);
    }
    if (!isnan(o->test_fraction) &&
        !draw(s, table, o->test_fraction, "--test-fraction", &it->train, &it->test)) {
        return false;
    }
    return !o->test_rows || take_listed(s, o->test_rows, table, &it->train, &it->test);
}

bool rows_hold_out(session *s, const options *o, reel_table *table, row_parts *it)
{
    bool quantile = o->hidden_count && o->loss == LOSS_QUANTILE;
    bool calibrated = quantile || !isnan(o->interval);
    bool enough = rows_count(table, it->train) >= FEWEST_TO_CALIBRATE || !isnan(o->interval);
    if (calibrated && enough &&
        !draw(s, table, CALIBRATION_SHARE, quantile ? "--loss quantile" : "--interval", &it->train,
              &it->calibration)) {
        return false;
    }
    if (quantile && !it->calibration) {
        notice(s, "%s: fewer than %d rows are too few to correct the network's quantile on",
               reel_table_path(table), FEWEST_TO_CALIBRATE);
    }
    double share = !isnan(o->validation_fraction) ? o->validation_fraction : 0.1;
    bool wanted = !isnan(o->validation_fraction) || o->patience;
    return !wanted || draw(s, table, share, "--validation-fraction", &it->train, &it->validation);
}
