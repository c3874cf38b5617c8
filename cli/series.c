/* SPDX-License-Identifier: MIT */
/* A window of the file is at hand at a time. */
#include "series.h"
#include "counted.h"
#include "selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 << 15 }; /* numbers */

bool series_is_large(const session *s, int64_t n, int64_t width)
{
    return (double)n * (double)width * sizeof(double) > (double)s->memory / 16;
}

static int64_t rows_at_once(const series *it)
{
    return it->width < WINDOW ? WINDOW / it->width : 1;
}

/* Its name says that it lasts for more than a step. */
static reel_tensor *window_of(reel *r, int64_t rows, int64_t width)
{
    return reel_set_name(reel_zeros(r, REEL_F64, 2, (int64_t[]){rows, width}), "rows of a file");
}

static series *series_of(session *s, series is)
{
    series *it = malloc(sizeof *it);
    bool done = it != NULL;
    for (int i = 0; done && is.file && i < 2; i++) {
        const int64_t most = rows_at_once(&is);
        is.windows[i] = window_of(s->r, i ? is.n % most : most, is.width);
        done = !reel_is_poison(is.windows[i]);
    }
    if (done) {
        *it = is;
        return it;
    }
    complain(s, "there is no memory for %s", REELI_COUNTED(is.n, "row"));
    free(is.all);
    reel_tensor_free(is.windows[0]);
    reel_tensor_free(is.windows[1]);
    reel_row_file_free(is.file);
    free(it);
    return NULL;
}

series *series_new(session *s, int64_t n, int64_t width)
{
    series is = {.n = n, .width = width};
    if (series_is_large(s, n, width)) {
        is.file = reel_row_file_new(s->r, REEL_F64, width, 0);
        return is.file ? series_of(s, is) : NULL;
    }
    is.all = calloc((size_t)(n * width) + 1, sizeof *is.all);
    if (!is.all) {
        complain(s, "there is no memory for %s", REELI_COUNTED(n, "number"));
    }
    return is.all ? series_of(s, is) : NULL;
}

series *series_of_file(session *s, reel_row_file *file)
{
    series is = {.n = reel_row_file_rows(file), .width = reel_row_file_columns(file), .file = file};
    return file ? series_of(s, is) : NULL;
}

void series_free(series *it)
{
    if (it) {
        free(it->all);
        reel_tensor_free(it->windows[0]);
        reel_tensor_free(it->windows[1]);
        reel_row_file_free(it->file);
    }
    free(it);
}

/* Has the window at hand that row i is in, or will be. */
static void hold(series *it, int64_t i)
{
    const int64_t most = rows_at_once(it), left = it->n - (i - i % most);
    if (i >= it->first && i < it->first + it->held) {
        return;
    }
    it->first = i - i % most;
    it->held = left < most ? left : most;
    it->window = it->windows[it->held < most];
    if (it->first < reel_row_file_rows(it->file)) {
        reel_row_file_read(it->file, it->first, it->window);
    }
}

double *series_row(series *it, int64_t i)
{
    if (it->all) {
        return it->all + i * it->width;
    }
    hold(it, i);
    return reel_data_f64(it->window) + (i - it->first) * it->width;
}

bool series_put(series *it, int64_t first, int64_t count, const double *rows)
{
    bool done = true;
    for (int64_t i = first; done && i < first + count; i++) {
        memcpy(series_row(it, i), rows + (i - first) * it->width, (size_t)it->width * sizeof *rows);
        if (it->file && i + 1 == it->first + it->held) {
            done = reel_row_file_write(it->file, it->first, it->window) == REEL_OK;
        }
    }
    return done;
}

bool series_set(series *it, int64_t i, double x) { return series_put(it, i, 1, &x); }

double *series_copy(session *s, series *it)
{
    double *copy = it ? malloc((size_t)(it->n * it->width + 1) * sizeof *copy) : NULL;
    for (int64_t i = 0; copy && i < it->n; i++) {
        memcpy(copy + i * it->width, series_row(it, i), (size_t)it->width * sizeof *copy);
    }
    if (it && !copy) {
        complain(s, "there is no memory for %s", REELI_COUNTED(it->n, "row"));
    }
    return copy;
}

/* A series being gone through. */
typedef struct walk {
    series *of;
    int64_t at;
} walk;

static void begin(void *of) { ((walk *)of)->at = 0; }

static int64_t next(void *of, const double **block)
{
    walk *it = of;
    const int64_t left = it->of->n - it->at;
    if (left == 0) {
        return 0;
    }
    *block = series_row(it->of, it->at);
    const int64_t count = it->of->all ? left : it->of->held;
    it->at += count;
    return count;
}

double series_kth(series *it, int64_t k)
{
    walk all = {it, 0};
    return reeli_kth_number(&(reeli_numbers){&all, begin, next}, k, NULL);
}

double series_quantile(series *it, double q)
{
    const double at = q * (double)(it->n - 1), below = floor(at);
    const int64_t k = (int64_t)below;
    walk all = {it, 0};
    const reeli_numbers numbers = {&all, begin, next};
    if (k + 1 >= it->n) {
        return reeli_kth_number(&numbers, k, NULL);
    }
    double low;
    const double high = reeli_kth_number(&numbers, k + 1, &low);
    return low + (at - below) * (high - low);
}
