/* SPDX-License-Identifier: MIT */
/* The parts of a table: drawn by fractions, or listed in files of row numbers. */
#include "row_parts.h"
#include "column_names.h"
#include "counted.h"
#include "model.h"
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

reel_tensor *rows_with_target(session *s, reel_table *table, size_t target)
{
    reel_tensor *present = reel_table_present_rows(table, target);
    if (reel_is_poison(present)) {
        return NULL;
    }
    int64_t without = reel_table_rows(table) - reel_numel(present);
    if (reel_numel(present) == 0) {
        complain(s, "%s: no row has a value in the column '%s'", reel_table_path(table),
                 reel_table_name(table, target));
        return NULL;
    }
    if (without) {
        notice(s, "%s: %s without a value of '%s' %s left out", reel_table_path(table),
               REELI_COUNTED(without, "row"), reel_table_name(table, target),
               reeli_one_or_many(without, "is", "are"));
    }
    int64_t last = reel_numel(present) - 1;
    if (last_is_total(s, table, target, present)) {
        int64_t row = reel_data_i64(present)[last];
        reel_tensor *all = present;
        notice(s, "%s:%" PRId64 ": the last row is the sum of those above it, and is left out",
               reel_table_row_path(table, row), reel_table_line(table, row));
        present = reel_from_i64(s->r, reel_data_i64(all), 1, &last);
        reel_tensor_free(all);
    }
    return reel_is_poison(present) ? NULL : present;
}

/* Takes a share of *from out, at random. Both are at least one row. */
static bool draw(session *s, double share, const char *option, reel_tensor **from,
                 reel_tensor **drawn)
{
    int64_t n = reel_numel(*from);
    int64_t count = (int64_t)floor(share * (double)n + 0.5);
    count = count < 1 ? 1 : count;
    if (count >= n) {
        return complain(s, "%s %g: of %s that would leave none to train on", option, share,
                        REELI_COUNTED(n, "row"));
    }
    reel_tensor *parts[2];
    if (reel_random_split(s->r, n, (int64_t[]){n - count, count}, 2, parts) != REEL_OK) {
        return false;
    }
    reel_tensor *rest = reel_keep(reel_index_select(*from, 0, parts[0]));
    *drawn = reel_keep(reel_index_select(*from, 0, parts[1]));
    reel_tensor_free(parts[0]);
    reel_tensor_free(parts[1]);
    reel_tensor_free(*from);
    *from = rest;
    reel_rewind(s->r);
    return !reel_failed(s->r);
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

/* Parts *from into those marked and the others. */
static bool part(session *s, const char *path, const bool *marked, reel_tensor **from,
                 reel_tensor **listed)
{
    int64_t n = reel_numel(*from), others = 0, test = 0;
    int64_t *row = reel_data_i64(*from);
    int64_t *to = malloc((size_t)n * sizeof *to); /* the others from the front, then those listed */
    for (int64_t i = 0; to && i < n; i++) {
        to[marked[row[i]] ? n - ++test : others++] = row[i];
    }
    if (!to || !others || !test) {
        free(to);
        return !to       ? complain(s, "there is no memory for the rows")
               : !others ? complain(s, "%s: all rows are listed: none is left to train on", path)
                         : complain(s, "%s: no row with a target is listed", path);
    }
    reel_tensor_free(*from);
    *from = reel_from_i64(s->r, to, 1, &others);
    *listed = reel_from_i64(s->r, to + others, 1, &test);
    free(to);
    return !reel_failed(s->r);
}

static bool take_listed(session *s, const char *path, int64_t rows, reel_tensor **from,
                        reel_tensor **listed)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        return complain(s, "%s: %s", path, strerror(errno));
    }
    bool *marked = calloc((size_t)rows, sizeof *marked);
    bool done =
        marked && read_marks(s, path, file, rows, marked) && part(s, path, marked, from, listed);
    if (!marked) {
        complain(s, "there is no memory for the rows");
    }
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
    int64_t n = 0;
    double *values = column_values(s, table, column, rows, &n);
    moment *all = values ? malloc((size_t)n * sizeof *all) : NULL;
    bool text = reel_table_is_text(table, column);
    for (int64_t i = 0; all && i < n; i++) {
        double x = isnan(values[i]) ? -(double)INFINITY : values[i];
        const char *word = text && x >= 0 ? reel_table_category(table, column, (size_t)x) : "";
        all[i] = (moment){x, text ? word : NULL, reel_data_i64(rows)[i]};
    }
    if (all) {
        qsort(all, (size_t)n, sizeof *all, by_time);
    } else if (values) {
        complain(s, "there is no memory for the rows");
    }
    free(values);
    return all;
}

static bool take_latest(session *s, const options *o, reel_table *table, reel_tensor **from,
                        reel_tensor **latest)
{
    int64_t column = column_meant(s, table, "--time", o->time, ""), n = reel_numel(*from);
    double share = isnan(o->test_fraction) ? LATEST_SHARE : o->test_fraction;
    int64_t count = (int64_t)floor(share * (double)n + 0.5), rest = n - (count < 1 ? 1 : count);
    if (column < 0 || rest < 1) {
        return column >= 0 &&
               complain(s, "--time: too few rows to train on are left of %" PRId64, n);
    }
    moment *all = in_order(s, table, (size_t)column, *from);
    int64_t *rows = all ? malloc((size_t)n * sizeof *rows) : NULL;
    for (int64_t i = 0; rows && i < n; i++) {
        rows[i] = all[i].row;
    }
    if (rows) {
        int64_t last = n - rest;
        reel_tensor_free(*from);
        *from = reel_from_i64(s->r, rows, 1, &rest);
        *latest = reel_from_i64(s->r, rows + rest, 1, &last);
    }
    free(rows);
    free(all);
    return rows && !reel_failed(s->r);
}

bool rows_choose(session *s, const options *o, reel_table *table, size_t target, row_parts *it)
{
    *it = (row_parts){.train = rows_with_target(s, table, target)};
    if (!it->train) {
        return false;
    }
    if (o->time) {
        return take_latest(s, o, table, &it->train, &it->test);
    }
    if (!isnan(o->test_fraction) &&
        !draw(s, o->test_fraction, "--test-fraction", &it->train, &it->test)) {
        return false;
    }
    return !o->test_rows ||
           take_listed(s, o->test_rows, reel_table_rows(table), &it->train, &it->test);
}

bool rows_hold_out(session *s, const options *o, reel_table *table, row_parts *it)
{
    bool quantile = o->hidden_count && o->loss == LOSS_QUANTILE;
    bool calibrated = quantile || !isnan(o->interval);
    bool enough = reel_numel(it->train) >= FEWEST_TO_CALIBRATE || !isnan(o->interval);
    if (calibrated && enough &&
        !draw(s, CALIBRATION_SHARE, quantile ? "--loss quantile" : "--interval", &it->train,
              &it->calibration)) {
        return false;
    }
    if (quantile && !it->calibration) {
        notice(s, "%s: fewer than %d rows are too few to correct the network's quantile on",
               reel_table_path(table), FEWEST_TO_CALIBRATE);
    }
    double share = !isnan(o->validation_fraction) ? o->validation_fraction : 0.1;
    bool wanted = !isnan(o->validation_fraction) || o->patience;
    return !wanted || draw(s, share, "--validation-fraction", &it->train, &it->validation);
}
