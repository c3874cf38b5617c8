/* SPDX-License-Identifier: MIT */
/* Adafactor: of a matrix's mean squares of gradients only rows and columns are remembered. */
#include "optimizer.h"

#include <assert.h>
#include <float.h>
#include <math.h>

enum { STEP };
enum { ROW_VAR, COL_VAR, VARIANCE };

static double get(const void *x, int dtype, int64_t i)
{
    return dtype == REEL_F32 ? (double)((const float *)x)[i] : ((const double *)x)[i];
}

static void set(void *x, int dtype, int64_t i, double value)
{
    if (dtype == REEL_F32) {
        ((float *)x)[i] = (float)value;
    } else {
        ((double *)x)[i] = value;
    }
}

/* A parameter's step: matrices of rows and columns, or a vector with one row. Of those that are not
 * there, pointers are NULL. */
typedef struct factors {
    int dtype;
    int64_t matrices, rows, columns;
    void *p, *row, *column, *variance;
    const void *g;
    double weight; /* of the newest squares in the averages */
    double eps1;
} factors;

static double square_of(const factors *f, int64_t i)
{
    const double g = get(f->g, f->dtype, i);
    return g * g;
}

static void average(const factors *f, void *state, int64_t i, double newest)
{
    const double old = get(state, f->dtype, i);
    set(state, f->dtype, i, old + f->weight * (newest - old));
}

/* The averages of one matrix's rows and columns. */
static void take_in(const factors *f, int64_t matrix)
{
    const int64_t first = matrix * f->rows * f->columns;
    for (int64_t i = 0; i < f->rows; i++) {
        double sum = 0;
        for (int64_t j = 0; j < f->columns; j++) {
            sum += square_of(f, first + i * f->columns + j);
        }
        average(f, f->row, matrix * f->rows + i, sum / (double)f->columns);
    }
    for (int64_t j = 0; j < f->columns; j++) {
        double sum = 0;
        for (int64_t i = 0; i < f->rows; i++) {
            sum += square_of(f, first + i * f->columns + j);
        }
        average(f, f->column, matrix * f->columns + j, sum / (double)f->rows);
    }
}

/* Over one matrix: Σ update², or (step ≠ 0) p -= step update; with update = g / √v. */
static double go_over(const factors *f, int64_t matrix, double step)
{
    double mean = 0, sum = 0;
    for (int64_t i = 0; f->row && i < f->rows; i++) {
        mean += get(f->row, f->dtype, matrix * f->rows + i) / (double)f->rows;
    }
    mean = fmax(mean, f->eps1);
    for (int64_t i = 0; i < f->rows; i++) {
        for (int64_t j = 0; j < f->columns; j++) {
            const int64_t at = (matrix * f->rows + i) * f->columns + j;
            const double v = f->row ? get(f->row, f->dtype, matrix * f->rows + i) *
                                          get(f->column, f->dtype, matrix * f->columns + j) / mean
                                    : get(f->variance, f->dtype, at);
            const double update = get(f->g, f->dtype, at) / sqrt(fmax(v, f->eps1 * f->eps1));
            sum += update * update;
            if (step != 0) {
                set(f->p, f->dtype, at, get(f->p, f->dtype, at) - step * update);
            }
        }
    }
    return sum;
}

static double root_mean_square(const factors *f)
{
    const int64_t n = f->matrices * f->rows * f->columns;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const double x = get(f->p, f->dtype, i);
        sum += x * x;
    }
    return sqrt(sum / (double)n);
}

static void shrink(const factors *f, double factor)
{
    for (int64_t i = 0; factor != 1 && i < f->matrices * f->rows * f->columns; i++) {
        set(f->p, f->dtype, i, get(f->p, f->dtype, i) * factor);
    }
}

static void update(const factors *f, const double *value, double rate)
{
    double sum = 0;
    assert(f->row ? f->column != NULL : f->variance != NULL);
    shrink(f, 1 - value[REELI_lr] * value[REELI_weight_decay]);
    for (int64_t k = 0; k < f->matrices; k++) {
        if (f->row) {
            take_in(f, k);
        }
        for (int64_t j = 0; !f->row && j < f->columns; j++) {
            average(f, f->variance, j, square_of(f, j));
        }
        sum += go_over(f, k, 0);
    }
    const double n = (double)(f->matrices * f->rows * f->columns);
    const double clip = fmax(1, sqrt(sum / n) / value[REELI_d]);
    for (int64_t k = 0; k < f->matrices; k++) {
        go_over(f, k, (value[REELI_maximize] != 0 ? -rate : rate) / clip);
    }
}

static void move(reel *r, reeli_slot *slot, const void *gradient, const double *value, void *work)
{
    (void)r, (void)work;
    const reel_tensor *p = slot->parameter;
    const double t = ++slot->number[STEP];
    factors f = {.dtype = p->dtype,
                 .matrices = 1,
                 .rows = 1,
                 .columns = p->numel,
                 .p = p->data,
                 .g = gradient,
                 .weight = pow(t, value[REELI_beta2_decay]),
                 .eps1 = value[REELI_eps1]};
    if (p->numel == 0) {
        return;
    }
    if (f.eps1 == 0) {
        f.eps1 = p->dtype == REEL_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    }
    if (p->ndim > 1) {
        f.rows = p->size[p->ndim - 2];
        f.columns = p->size[p->ndim - 1];
        f.matrices = p->numel / (f.rows * f.columns);
        f.row = slot->state[ROW_VAR]->data;
        f.column = slot->state[COL_VAR]->data;
    } else {
        f.variance = slot->state[VARIANCE]->data;
    }
    update(&f, value,
           fmax(value[REELI_eps2], root_mean_square(&f)) * fmin(value[REELI_lr], 1 / sqrt(t)));
}

/* Of matrices the rows' and the columns', of vectors each element's. */
static int shape(const reel_tensor *p, int state, int64_t *size)
{
    for (int d = 0; d < p->ndim; d++) {
        const int gone = state == ROW_VAR ? 1 : 2;
        size[d] = state != VARIANCE && d == p->ndim - gone ? 1 : p->size[d];
    }
    return (p->ndim > 1) == (state != VARIANCE) ? p->ndim : -1;
}

static const reeli_rule rule = {
    .name = "Adafactor",
    .settings = REELI_BIT(lr) | REELI_BIT(beta2_decay) | REELI_BIT(eps1) | REELI_BIT(eps2) |
                REELI_BIT(d) | REELI_BIT(weight_decay) | REELI_BIT(maximize),
    .state = {"row_var", "col_var", "variance"},
    .number = {"step"},
    .shape = shape,
    .move = move,
};

reel_optimizer *reel_optim_adafactor(reel_tensor_list parameters, reel_adafactor_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1e-2),
        [REELI_beta2_decay] = reeli_or(options.beta2_decay, -0.8),
        [REELI_eps1] = options.eps[0],
        [REELI_eps2] = reeli_or(options.eps[1], 1e-3),
        [REELI_d] = reeli_or(options.d, 1),
        [REELI_weight_decay] = options.weight_decay,
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&rule, parameters, value);
}
