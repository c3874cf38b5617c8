/* SPDX-License-Identifier: MIT */
/* Iteratively reweighted least squares over all rows, in double. */
#include "line_solver.h"
#include "cholesky.h"
#include "column_qr.h"
#include "line_vertex.h"
#include "optimizers.h"
#include "softmax_solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 2048 };
static const double most_work = 2e11; /* products of all steps together */

/* The line's weights, its bias last, and the system for the next step. */
typedef struct line {
    training *of;
    const options *o;
    matrix *x, *y;
    int64_t n, k, size; /* size: k, or k + 1 with a bias */
    double *at, *best;  /* weights */
    double *system;     /* size x size, row by row, its lower triangle */
    double *right, *row;
    double now, least; /* the loss at `at` when it was last seen to, and at `best` */
} line;

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* What the loss is of what is predicted and is to be. */
static double loss_at(const options *o, double predicted, double target)
{
    double r = predicted - target, a = fabs(r);
    switch ((loss_kind)o->loss) {
    case LOSS_L1:
        return a;
    case LOSS_MSE:
        return r * r;
    case LOSS_HUBER:
        return a <= o->delta ? r * r / 2 : o->delta * (a - o->delta / 2);
    case LOSS_SMOOTH_L1:
        return a < o->delta ? r * r / 2 / o->delta : a - o->delta / 2;
    case LOSS_QUANTILE:
        return a / 2 - (o->quantile - 0.5) * r;
    case LOSS_LOG_COSH:
        return a + log1p(exp(-2 * a)) - log(2);
    case LOSS_BCE:
        return fmax(predicted, 0) + log1p(exp(-fabs(predicted))) - predicted * target;
    case LOSS_POISSON:
        return exp(predicted) - predicted * target;
    case LOSS_CROSS_ENTROPY:
        break; /* softmax_solver.c */
    }
    return 0;
}

/* The curvature of the parabola that touches the loss at r, its corner rounded off by `corner`; of
 * odds and rates, the loss's own. */
static double curvature(const options *o, double predicted, double target, double corner)
{
    double r = predicted - target, share = 1 / (1 + exp(-predicted));
    switch ((loss_kind)o->loss) {
    case LOSS_L1:
        return 1 / hypot(r, corner);
    case LOSS_MSE:
        return 2;
    case LOSS_HUBER:
        return fabs(r) <= o->delta ? 1 : o->delta / fabs(r);
    case LOSS_SMOOTH_L1:
        return 1 / fmax(fabs(r), o->delta);
    case LOSS_QUANTILE:
        return 0.5 / hypot(r, corner);
    case LOSS_LOG_COSH:
        return fabs(r) > 1e-4 ? tanh(r) / r : 1;
    case LOSS_BCE:
        return share * (1 - share);
    case LOSS_POISSON:
        return exp(predicted);
    case LOSS_CROSS_ENTROPY:
        break; /* softmax_solver.c */
    }
    return 0;
}

/* The loss's slope, of which the parabola's is the same; `curve` is its curvature. */
static double slope(const options *o, double predicted, double target, double curve)
{
    if (o->loss == LOSS_BCE) {
        return 1 / (1 + exp(-predicted)) - target;
    }
    if (o->loss == LOSS_POISSON) {
        return exp(predicted) - target;
    }
    double tilt = o->loss == LOSS_QUANTILE ? o->quantile - 0.5 : 0;
    return curve * (predicted - target) - tilt;
}

static void take_row(const line *it, int64_t i)
{
    matrix_row(it->x, i, it->row);
    it->row[it->k] = 1;
}

static double target_of(const line *it, int64_t i) { return matrix_number(it->y, i, 0); }

static double weight_of(const line *it, int64_t i)
{
    return it->y->columns == 2 ? matrix_number(it->y, i, 1) : 1;
}

/* The mean of the rows' losses, whose sum is given, and the penalties. */
static double with_penalties(const line *it, const double *w, double sum)
{
    double penalty = 0;
    for (int64_t j = 0; j < it->k; j++) {
        penalty += it->o->l1_penalty * fabs(w[j]) + it->o->weight_decay / 2 * w[j] * w[j];
    }
    return sum / (double)it->n + penalty;
}

static double objective(const line *it, const double *w)
{
    double sum = 0;
    for (int64_t i = 0; i < it->n; i++) {
        take_row(it, i);
        sum += weight_of(it, i) * loss_at(it->o, dot(it->size, it->row, w), target_of(it, i));
    }
    return with_penalties(it, w, sum);
}

/* The system of the parabolas that touch at `at`: H d = -gradient; and the loss there, which costs
 * no other way through the rows. `straight`: signs stay, and so do weights of 0, so that the L1
 * penalty is a straight line. */
static void assemble(line *it, double corner, bool straight)
{
    const options *o = it->o;
    int64_t m = it->size;
    double n = (double)it->n, sum = 0;
    memset(it->system, 0, (size_t)(m * m) * sizeof *it->system);
    memset(it->right, 0, (size_t)m * sizeof *it->right);
    for (int64_t i = 0; i < it->n; i++) {
        take_row(it, i);
        double predicted = dot(m, it->row, it->at), target = target_of(it, i);
        double counts = weight_of(it, i), share = counts / n;
        double curve = curvature(o, predicted, target, corner), weight = curve * share;
        double down = slope(o, predicted, target, curve) * share;
        sum += counts * loss_at(o, predicted, target);
        for (int64_t a = 0; a < m; a++) {
            double scaled = weight * it->row[a];
            for (int64_t b = 0; b <= a; b++) {
                it->system[a * m + b] += scaled * it->row[b];
            }
            it->right[a] -= down * it->row[a];
        }
    }
    it->now = with_penalties(it, it->at, sum);
    for (int64_t j = 0; j < it->k; j++) {
        double pull = o->weight_decay;
        pull += o->l1_penalty > 0 && !straight ? o->l1_penalty / hypot(it->at[j], corner) : 0;
        it->system[j * m + j] += pull;
        it->right[j] -= pull * it->at[j];
        if (straight && it->at[j] == 0) {
            it->system[j * m + j] += 1e30;
        } else if (straight) {
            it->right[j] -= copysign(o->l1_penalty, it->at[j]);
        }
    }
}

/* Keeps `at`, where the loss is `now`, if it is no worse; how much better it is, as a share. */
static double keep(line *it, double now)
{
    if (!(now < it->least)) {
        return 0;
    }
    double gain = (it->least - now) / fmax(fabs(it->least), 1e-300);
    memcpy(it->best, it->at, (size_t)it->size * sizeof *it->best);
    it->least = now;
    return gain;
}

static void move(const line *it)
{
    cholesky_factor(it->size, it->system); /* what has no pivot does not move */
    cholesky_solve(it->size, it->system, it->right);
    for (int64_t j = 0; j < it->size; j++) {
        it->at[j] += it->right[j];
    }
}

static bool has_corner(const options *o)
{
    return o->loss == LOSS_L1 || o->loss == LOSS_QUANTILE || o->l1_penalty > 0;
}

/* Steps with a corner that gets sharper each time by `sharpens`, until it is `last` or nothing is
 * gained any more. */
static void descend(line *it, double first_corner, double sharpens, double last)
{
    double per_step = (double)it->n * (double)it->size * (double)it->size;
    double corner = has_corner(it->o) ? first_corner : 0;
    int idle = 0;
    memcpy(it->at, it->best, (size_t)it->size * sizeof *it->at);
    assemble(it, corner, false);
    for (int i = 0; i < LINE_MOST_STEPS && i * per_step < most_work && idle < 3; i++) {
        if ((last > 0 && corner <= last) || training_interrupted(it->of)) {
            return;
        }
        const bool sharp = corner <= 1e-10;
        corner = fmax(corner * sharpens, has_corner(it->o) ? 1e-11 : 0);
        move(it);
        assemble(it, corner, false);
        double gain = keep(it, it->now);
        progress_epoch(it->of->progress, i + 1, it->least, (double)NAN, false);
        idle = sharp && gain < 1e-13 ? idle + 1 : 0;
    }
}

/* Between the corners of the penalty the loss has its own pace: of squares it takes one step. */
static void settle(line *it)
{
    double gain = 1;
    memcpy(it->at, it->best, (size_t)it->size * sizeof *it->at);
    for (int i = 0; i < 50 && gain > 1e-14; i++) {
        assemble(it, 1e-11, true);
        move(it);
        for (int64_t j = 0; j < it->k; j++) {
            it->at[j] = it->best[j] == 0 ? 0 : it->at[j];
        }
        gain = keep(it, objective(it, it->at));
    }
}

/* Weights that are next to 0 become 0 if that costs nothing. */
static void zero_weights(line *it)
{
    static const double limits[] = {1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        memcpy(it->at, it->best, (size_t)it->size * sizeof *it->at);
        for (int64_t j = 0; j < it->k; j++) {
            it->at[j] = fabs(it->at[j]) < limits[i] ? 0 : it->at[j];
        }
        double now = objective(it, it->at);
        if (now <= it->least * (1 + 1e-7)) {
            memcpy(it->best, it->at, (size_t)it->size * sizeof *it->best);
            return;
        }
    }
}

static bool read_net(line *it, reel_module *net)
{
    reel_tensor *bias = reel_parameter(net, "0.bias");
    it->at[it->k] = bias ? reel_item(bias) : 0;
    return reel_to_f64(reel_parameter(net, "0.weight"), it->at, it->k) == REEL_OK;
}

static bool write_net(const line *it, reel_module *net)
{
    reel_tensor *weight = reel_parameter(net, "0.weight"), *bias = reel_parameter(net, "0.bias");
    for (int64_t j = 0; j < it->k; j++) {
        reel_set(reel_detach(weight), (int64_t[]){0, j}, it->best[j]);
    }
    if (bias) {
        reel_set(reel_detach(bias), (int64_t[]){0}, it->best[it->k]);
    }
    reel_rewind(it->x->r);
    return !reel_failed(it->x->r);
}

static bool is_due(const training *it)
{
    const options *o = it->o;
    double k = (double)it->x->columns, work = (double)it->x->rows * k * k;
    bool decays_apart = o->weight_decay > 0 && o->optimizer == OPTIMIZER_ADAMW;
    return !it->validation_x && !it->interrupted && !decays_apart && k <= (double)MOST_COLUMNS &&
           work < most_work / (o->loss == LOSS_MSE && o->l1_penalty == 0 ? 4 : 40);
}

/* The line of one quantile out of several, or into its place. */
static void copy_line(reel_module *from, int64_t a, reel_module *to, int64_t b)
{
    static const char *const names[] = {"0.weight", "0.bias"};
    for (int i = 0; i < 2; i++) {
        reel_tensor *x = reel_parameter(from, names[i]), *y = reel_parameter(to, names[i]);
        reel_copy_(reel_select(reel_detach(y), 0, b), reel_select(reel_detach(x), 0, a));
    }
    reel_rewind(reel_of(reel_parameter(to, names[0])));
}

/* Lines of several quantiles have nothing to do with one another. */
static bool solve_each(training *of)
{
    reel *r = of->session->r;
    options o = *of->o;
    training one = *of;
    network_shape shape = {.features = of->x->columns, .dtype = of->x->dtype};
    one.o = &o;
    one.net = network_new(r, &shape);
    bool done = one.net != NULL;
    for (size_t k = 0; done && k < of->o->quantile_count && !training_interrupted(of); k++) {
        o.quantile = of->o->quantiles[k];
        copy_line(of->net, (int64_t)k, one.net, 0);
        done = line_solve(&one);
        copy_line(one.net, 0, of->net, (int64_t)k);
    }
    reel_module_free(one.net);
    return done;
}

/* Of a quantile the minimum is a corner, also with an L1 penalty, and can be had to the last digit:
 * then `there`. */
static bool go_to_corner(const line *it, bool *there)
{
    const options *o = it->o;
    double penalty = o->l1_penalty * (double)it->n;
    quantile_problem p = {it->of, it->x, it->y, it->n, it->k, it->size, 0.5, penalty / 2};
    if (o->loss == LOSS_QUANTILE) {
        p.q = o->quantile;
        p.penalty = penalty;
    }
    return quantile_vertex(&p, it->best, there);
}

/* With a corner a few steps lead near enough for the way along the edges, of which each is cheaper
 * than a step, and there are fewer. Where they are too many, all steps come first. */
static bool find_minimum(line *it)
{
    const options *o = it->o;
    const bool quantile = o->loss == LOSS_L1 || o->loss == LOSS_QUANTILE;
    bool at_corner = quantile && o->weight_decay == 0, there = false;
    if (at_corner) {
        descend(it, 0.1, 0.7, 0.01);
        if (!go_to_corner(it, &there) || there) {
            return there;
        }
    }
    descend(it, 0.1, 0.9, 0);
    if (o->l1_penalty > 0) {
        zero_weights(it);
        descend(it, 1e-5, 0.9, 0); /* from there the others find their places */
        zero_weights(it);
        settle(it);
    }
    return !at_corner || go_to_corner(it, &there);
}

bool line_solve(training *of)
{
    if (of->o->loss == LOSS_CROSS_ENTROPY) {
        return softmax_solve(of);
    }
    if (reel_size(reel_parameter(of->net, "0.weight"), 0) > 1) {
        return solve_each(of);
    }
    if (!is_due(of)) {
        return true;
    }
    line it = {.of = of, .o = of->o, .x = of->x, .y = of->y};
    it.n = it.x->rows;
    it.k = it.x->columns;
    it.size = it.k + (reel_parameter(of->net, "0.bias") != NULL);
    size_t m = (size_t)it.k + 1;
    double *memory = malloc((m * m + 4 * m) * sizeof *memory);
    if (!memory) {
        return complain(of->session, "there is no memory for the line's equations");
    }
    it.system = memory;
    it.at = it.system + m * m;
    it.best = it.at + m;
    it.right = it.best + m;
    it.row = it.right + m;
    bool done = read_net(&it, of->net);
    if (done) {
        memcpy(it.best, it.at, m * sizeof *it.best);
        it.least = objective(&it, it.at);
        done = find_minimum(&it) && write_net(&it, of->net);
    }
    free(memory);
    return done;
}
