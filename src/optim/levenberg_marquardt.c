/* SPDX-License-Identifier: MIT */
/*
 * Levenberg-Marquardt with J = Q R. A trial solves
 *
 *   | R D⁻¹ |         | -Qᵀr |
 *   | √mu I | D d  =  |   0  |,
 *
 * which has 2 n rows however many residuals there are, for the velocity v, and with the residuals'
 * second derivative along v on the right for the acceleration a; d = v + a / 2.
 */
#include "jacobian.h"
#include "parameter_vector.h"
#include "qr.h"

#include <math.h>
#include <string.h>

static const double probe = 0.1;      /* how far along v the second derivative is looked for */
static const double most_bend = 0.75; /* of |a| over |v|: beyond it the path cannot be trusted */
static const double forget = 0.7; /* what is left of D after a step, where J's column is shorter */
enum { POLISHES = 10, TRIALS = 200 };

/* What is remembered: D in `scale`. */
typedef struct memory {
    double damping, growth, converged;
    int64_t n;
    bool moved; /* the last step ended with a move, from x to `work` */
    reel_tensor *scale, *x, *work, *d, *before;
} memory;

/* A step under way. `rows` is the number of residuals, or of parameters if that is larger. */
typedef struct run {
    reeli_flat flat;
    const memory *m;
    const double *value;
    int64_t n, count, rows;
    bool can_retreat;            /* to flat.x, from where the parameters have come */
    double damping, growth, sum; /* Σ r² where the parameters are */
    double *J, *diagonal;        /* Q and R */
    double *turned;              /* Qᵀr */
    double *r, *trial;           /* residuals here, and at a trial */
    double *scale, *system, *pivot, *right, *v;
    size_t size; /* of the memory that all of them are parts of, from J on */
} run;

static void free_memory(reel_optimizer *o)
{
    memory *m = o->memory;
    reeli_let_go(m->scale);
    reeli_let_go(m->x);
    reeli_let_go(m->work);
    reeli_let_go(m->d);
    reeli_let_go(m->before);
    reeli_free(o->owned.r, m, sizeof *m);
}

/* The elements of t as doubles, row by row. */
static void take(const reel_tensor *t, double *to)
{
    int64_t stride[REEL_MAX_DIMS], at = 1;
    for (int d = t->ndim - 1; d >= 0; d--) {
        stride[d] = at;
        at *= t->size[d];
    }
    reeli_move_strided(t->r, t->ndim, t->size, (reeli_operand){to, stride, REEL_F64},
                       (reeli_operand){t->data, t->stride, t->dtype});
}

static double squares(int64_t n, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sum;
}

static bool all_finite(int64_t n, const double *x)
{
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}

/* Memory for so many residuals. False, and an error: there is none. */
static bool make_room(run *w, int64_t count)
{
    const int64_t n = w->n, rows = count > n ? count : n;
    int64_t cells = 0;
    reel *r = w->flat.o->owned.r;
    bool fits = reeli_multiply(rows + 2 * n + 8, n, &cells) && reeli_add(cells, 3 * rows, &cells) &&
                cells < INT64_MAX / 16;
    w->count = count;
    w->rows = rows;
    w->size = fits ? (size_t)cells * sizeof(double) : 0;
    w->J = fits ? reeli_malloc(r, w->size) : NULL;
    if (!w->J) {
        w->size = 0;
        reeli_no_memory(r, w->flat.o->rule->name);
        return false;
    }
    memset(w->J, 0, w->size);
    w->turned = w->J + rows * n;
    w->r = w->turned + rows;
    w->trial = w->r + rows;
    w->system = w->trial + rows;
    w->diagonal = w->system + 2 * n * n;
    w->scale = w->diagonal + n;
    w->pivot = w->scale + n;
    w->v = w->pivot + n;
    w->right = w->v + n;
    return true;
}

static reel_tensor *residuals(run *w, bool record)
{
    reel_tensor *r = reeli_call(w->flat.o, w->flat.closure, w->flat.context, record);
    if (r && w->size == 0 && !make_room(w, r->numel)) {
        return NULL;
    }
    if (r && r->numel != w->count) {
        reeli_error(r->r, REEL_ERR_SHAPE,
                    "%s: the closure returned %lld residuals, and %lld before",
                    w->flat.o->rule->name, (long long)r->numel, (long long)w->count);
        return NULL;
    }
    return r;
}

/* The residuals at x + t d into `trial`, and the sum of their squares. False: the closure
 * failed. */
static bool look(run *w, double t, double *sum)
{
    reeli_flat_move(&w->flat, t);
    const reel_tensor *r = residuals(w, false);
    if (r) {
        take(r, w->trial);
        *sum = squares(w->count, w->trial);
    }
    return r != NULL;
}

enum outcome { MOVED, ARRIVED, FAILED, OUTSIDE };

/* Residuals and Jacobian where the parameters are, and J = Q R. OUTSIDE: they are not finite there.
 * FAILED, and an error: they cannot be had. */
static enum outcome linearize(run *w)
{
    reel_optimizer *o = w->flat.o;
    reel_tensor *r = residuals(w, true);
    if (!r) {
        return FAILED;
    }
    reel_tensor **parameters = reeli_arena_alloc(o->owned.r, o->slots * sizeof *parameters);
    if (!parameters) {
        reeli_no_memory(o->owned.r, o->rule->name);
        return FAILED;
    }
    for (size_t k = 0; k < o->slots; k++) {
        parameters[k] = o->slot[k].parameter;
    }
    take(r, w->r);
    w->sum = squares(w->count, w->r);
    if (!reeli_jacobian(r, parameters, o->slots,
                        (reel_jacobian)reeli_as_count(w->value[REELI_jacobian]), w->rows, w->J)) {
        return FAILED;
    }
    if (!isfinite(w->sum) || !all_finite(w->rows * w->n, w->J)) {
        return OUTSIDE;
    }
    reeli_qr(w->rows, w->n, w->J, w->diagonal);
    memset(w->turned, 0, (size_t)w->rows * sizeof *w->turned);
    memcpy(w->turned, w->r, (size_t)w->count * sizeof *w->turned);
    reeli_qr_turn(w->rows, w->n, w->J, w->turned);
    return MOVED;
}

/* As linearize, with an error where it is not finite. */
static bool linearize_or_fail(run *w)
{
    const enum outcome outcome = linearize(w);
    if (outcome == OUTSIDE) {
        reeli_error(
            w->flat.o->owned.r, REEL_ERR_VALUE, "%s: the %s not finite", w->flat.o->rule->name,
            isfinite(w->sum) ? "residuals' derivatives are" : "sum of the residuals' squares is");
    }
    return outcome == MOVED;
}

/* Where the sum is finite but its derivatives are not, the move that led there is taken back, and
 * the next one is to be shorter. Where the search begins, all has to be finite. */
static bool linearize_or_retreat(run *w)
{
    if (!w->can_retreat) {
        return linearize_or_fail(w);
    }
    const enum outcome outcome = linearize(w);
    if (outcome != OUTSIDE) {
        return outcome == MOVED;
    }
    reeli_flat_move(&w->flat, 0);
    w->damping *= 10 * w->growth;
    w->growth *= 2;
    return linearize_or_fail(w);
}

/* R's element in row i of column j. */
static double triangle(const run *w, int64_t i, int64_t j)
{
    return i < j ? w->J[j * w->rows + i] : i == j ? w->diagonal[i] : 0;
}

/* D: the norms of J's columns, or what is left of longer ones before. */
static void rescale(run *w)
{
    for (int64_t j = 0; j < w->n; j++) {
        double norm = 0;
        for (int64_t i = 0; i <= j; i++) {
            norm = hypot(norm, triangle(w, i, j));
        }
        w->scale[j] = fmax(norm, forget * w->scale[j]);
        w->scale[j] = w->scale[j] > 0 ? w->scale[j] : 1;
    }
}

/* The largest element of D⁻¹Jᵀr, which is 0 at a minimum. */
static double slope(const run *w)
{
    double largest = 0;
    for (int64_t j = 0; j < w->n; j++) {
        double sum = 0;
        for (int64_t i = 0; i <= j; i++) {
            sum += triangle(w, i, j) * w->turned[i];
        }
        largest = fmax(largest, fabs(sum) / w->scale[j]);
    }
    return largest;
}

/* The system for this mu, ready to be solved. */
static void prepare(run *w, double mu)
{
    const int64_t n = w->n;
    memset(w->system, 0, (size_t)(2 * n * n) * sizeof *w->system);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i <= j; i++) {
            w->system[j * 2 * n + i] = triangle(w, i, j) / w->scale[j];
        }
        w->system[j * 2 * n + n + j] = sqrt(mu);
    }
    reeli_qr(2 * n, n, w->system, w->pivot);
}

/* D x of the x that the system has for -right[0, n) on its right; in place of right. */
static void solve(const run *w)
{
    const int64_t n = w->n;
    for (int64_t i = 0; i < n; i++) {
        w->right[i] = -w->right[i];
        w->right[n + i] = 0;
    }
    reeli_qr_turn(2 * n, n, w->system, w->right);
    reeli_qr_solve(2 * n, n, w->system, w->pivot, w->right);
}

/* v, and how much the sum would fall by it if r were linear. */
static double velocity(run *w, double mu)
{
    prepare(w, mu);
    memcpy(w->right, w->turned, (size_t)w->n * sizeof *w->right);
    solve(w);
    memcpy(w->v, w->right, (size_t)w->n * sizeof *w->v);
    double fall = 2 * mu * squares(w->n, w->v);
    for (int64_t i = 0; i < w->n; i++) {
        double forward = 0;
        for (int64_t j = i; j < w->n; j++) {
            forward += triangle(w, i, j) / w->scale[j] * w->v[j];
        }
        w->right[i] = forward; /* J v in Q's coordinates */
        fall += forward * forward;
    }
    return fall;
}

/* Puts v, and half of a, into the flat direction d. */
static void direct(const run *w, bool bend)
{
    double *d = w->flat.d->data;
    for (int64_t j = 0; j < w->n; j++) {
        d[j] = (w->v[j] + (bend ? w->right[j] / 2 : 0)) / w->scale[j];
    }
}

/* Turns `right` from J v into a. *ratio is |a| / |v|, infinite where it cannot be had. False: the
 * closure failed. */
static bool acceleration(run *w, double *ratio)
{
    double sum;
    direct(w, false);
    if (!look(w, probe, &sum)) {
        return false;
    }
    for (int64_t i = 0; i < w->count; i++) {
        w->trial[i] = (w->trial[i] - w->r[i]) / probe;
    }
    for (int64_t i = w->count; i < w->rows; i++) {
        w->trial[i] = 0;
    }
    if (!all_finite(w->count, w->trial)) {
        *ratio = (double)INFINITY;
        return true;
    }
    reeli_qr_turn(w->rows, w->n, w->J, w->trial);
    for (int64_t i = 0; i < w->n; i++) {
        w->right[i] = 2 / probe * (w->trial[i] - w->right[i]);
    }
    solve(w);
    *ratio = sqrt(squares(w->n, w->right) / squares(w->n, w->v));
    return true;
}

/* Raises mu until the sum falls; leaves the parameters there, or where they were if it cannot
 * fall. */
static enum outcome descend(run *w)
{
    double mu = w->damping, growth = w->growth;
    for (int i = 0; i < TRIALS && isfinite(mu); i++, mu *= growth, growth *= 2) {
        const double fall = velocity(w, mu);
        double ratio, sum;
        if (!(fall > w->value[REELI_tolerance_change] * w->sum)) {
            break;
        }
        if (!acceleration(w, &ratio)) {
            return FAILED;
        }
        direct(w, ratio <= most_bend);
        if (!look(w, 1, &sum)) {
            return FAILED;
        }
        if (sum < w->sum && ratio <= most_bend) {
            const double share = 2 * (w->sum - sum) / fall - 1;
            w->damping = mu * fmax(1.0 / 3, 1 - share * share * share);
            w->growth = 2;
            return MOVED;
        }
    }
    reeli_flat_move(&w->flat, 0);
    return ARRIVED;
}

/* Reads the parameters into x. */
static void gather(const run *w, reel_tensor *x)
{
    double *to = x->data;
    for (size_t k = 0; k < w->flat.o->slots; k++) {
        const reel_tensor *p = w->flat.o->slot[k].parameter;
        reeli_move(p->numel, to, REEL_F64, 1, p->data, p->dtype, 1);
        to += p->numel;
    }
}

/* Close to the minimum the sum no longer tells one place from another, but its derivative does:
 * undamped moves as long as they lower that. False: the closure failed. */
static bool polish(run *w)
{
    for (int i = 0; i < POLISHES; i++) {
        const double before = slope(w), sum = w->sum;
        velocity(w, 0);
        direct(w, false);
        if (!all_finite(w->n, w->flat.d->data)) {
            return true;
        }
        gather(w, w->flat.x);
        reeli_flat_move(&w->flat, 1);
        const enum outcome outcome = linearize(w);
        if (outcome == FAILED) {
            return false;
        }
        if (outcome == OUTSIDE || !(slope(w) < before && w->sum <= sum * (1 + 1e-11))) {
            reeli_flat_move(&w->flat, 0);
            return true;
        }
    }
    return true;
}

static bool iterate(run *w, double *first, bool *converged)
{
    const int64_t most = reeli_as_count(w->value[REELI_max_iter]);
    for (int64_t i = 0; i < most; i++) {
        if (!linearize_or_retreat(w)) {
            return false;
        }
        *first = i == 0 ? w->sum : *first;
        if (i == 0) {
            memcpy(w->scale, w->m->scale->data, (size_t)w->n * sizeof *w->scale);
        }
        rescale(w);
        gather(w, w->flat.x);
        const enum outcome outcome = descend(w);
        w->can_retreat = outcome == MOVED;
        if (outcome != MOVED) {
            *converged = outcome == ARRIVED && polish(w);
            return *converged;
        }
    }
    return true;
}

static bool vector(const reel_optimizer *o, reel_tensor **t)
{
    const memory *m = o->memory;
    if (!*t) {
        reel_tensor *made = reeli_create_part(o->owned.r, o->rule->name, REEL_F64, 1, &m->n);
        if (reeli_bad(made)) {
            return false;
        }
        reeli_fill(made, 0);
        *t = made;
    }
    return true;
}

/* Whether the parameters are still where the last move has put them, but for their dtype. */
static bool is_where_it_went(const memory *m)
{
    const double *now = m->before->data, *then = m->work->data;
    bool same = true;
    for (int64_t i = 0; same && i < m->n; i++) {
        same = fabs(now[i] - then[i]) <= 1e-6 * fabs(then[i]);
    }
    return same;
}

static reel_status step(reel_optimizer *o, reel_closure closure, void *context, double *loss)
{
    memory *m = o->memory;
    run w = {.flat = {.o = o,
                      .closure = closure,
                      .context = context,
                      .dtype = REEL_F64,
                      .n = m->n,
                      .x = m->x,
                      .work = m->work,
                      .d = m->d},
             .m = m,
             .value = o->group[0].value,
             .n = m->n,
             .damping = m->damping,
             .growth = m->growth};
    bool converged = false;
    gather(&w, m->before);
    w.can_retreat = m->moved && is_where_it_went(m);
    if (iterate(&w, loss, &converged)) {
        m->damping = w.damping;
        m->growth = w.growth;
        m->converged = converged;
        m->moved = w.can_retreat;
        if (w.size) {
            memcpy(m->scale->data, w.scale, (size_t)w.n * sizeof *w.scale);
        }
    } else {
        *loss = (double)NAN;
        w.flat.x = m->before;
        reeli_flat_move(&w.flat, 0);
    }
    reeli_free(o->owned.r, w.J, w.size);
    return o->owned.r->status;
}

static bool remember(reel_optimizer *o, reeli_items *items, const reel_named_tensor *given,
                     size_t count)
{
    (void)given;
    (void)count;
    memory *m = o->memory;
    reeli_remember(items, NULL, &m->damping, "state.0.damping");
    reeli_remember(items, NULL, &m->growth, "state.0.growth");
    reeli_remember(items, NULL, &m->converged, "state.0.converged");
    reeli_remember(items, m->scale, NULL, "state.0.scale");
    return true;
}

static const reeli_rule rule = {
    .name = "LevenbergMarquardt",
    .settings = REELI_BIT(damping) | REELI_BIT(max_iter) | REELI_BIT(tolerance_change) |
                REELI_BIT(jacobian),
    .step = step,
    .remember = remember,
    .free = free_memory,
};

static bool make_memory(reel_optimizer *o)
{
    memory *m = o->memory = reeli_malloc(o->owned.r, sizeof *m);
    if (!m) {
        reeli_no_memory(o->owned.r, o->rule->name);
        return false;
    }
    memset(m, 0, sizeof *m);
    m->damping = o->group[0].value[REELI_damping];
    m->growth = 2;
    for (size_t k = 0; k < o->slots; k++) {
        m->n += o->slot[k].parameter->numel;
    }
    return vector(o, &m->scale) && vector(o, &m->x) && vector(o, &m->work) && vector(o, &m->d) &&
           vector(o, &m->before);
}

reel_optimizer *reel_optim_levenberg_marquardt(reel_tensor_list parameters,
                                               reel_levenberg_marquardt_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_damping] = reeli_or(options.damping, 1e-3),
        [REELI_max_iter] = options.max_iter != 0 ? (double)options.max_iter : 1,
        [REELI_tolerance_change] = reeli_or(options.tolerance_change, 1e-14),
        [REELI_jacobian] = options.jacobian,
    };
    reel_optimizer *o = reeli_optimizer_new(&rule, parameters, value);
    if (o && !make_memory(o)) {
        reel_optimizer_free(o);
        return NULL;
    }
    return o;
}

bool reel_converged(const reel_optimizer *optimizer)
{
    return REELI_ALIVE(optimizer, "converged") && optimizer->rule == &rule &&
           ((const memory *)optimizer->memory)->converged != 0;
}
