/* SPDX-License-Identifier: MIT */
/*
 * Gradients against differences. The function's result is made one number, Σ w y, with weights w of
 * both signs that nothing cancels by chance; then one backward gives all gradients, and two values
 * of the function each element's difference.
 *
 * Every evaluation is taken back: the arena, the tape and the random numbers are as they were.
 */
#include "tape.h"

#include <math.h>
#include <reel/elementwise.h>
#include <reel/gradcheck.h>
#include <reel/reduce.h>
#include <string.h>

/* One check being done. */
typedef struct check {
    const char *name; /* of the public function, for its errors */
    reel *r;
    reel_function function;
    void *context;
    reel_tensor *const *inputs;
    size_t count;
    reel_gradcheck_options options;
    reel_gradcheck_report report;
    reeli_mark mark;
    reeli_node *tape;
    reeli_mt19937 random;
} check;

/* Weight j: between 0.5 and 1.5 in size, of changing sign. */
static double weight(int64_t j)
{
    const double fraction = fmod((double)(j + 1) * 0.61803398874989485, 1);
    return fraction < 0.35 ? -0.5 - fraction : 0.5 + fraction;
}

static reel_tensor *weights(const reel_tensor *like)
{
    reel_tensor *w = reeli_empty_like(like, "gradcheck", REEL_F64);
    for (int64_t j = 0; !reeli_bad(w) && j < w->numel; j++) {
        ((double *)w->data)[j] = weight(j);
    }
    return w;
}

/* y = function(inputs), which the caller takes back; poison after an error. */
static reel_tensor *evaluate(check *c)
{
    c->r->random = c->random;
    reeli_visit visit;
    reeli_enter_callback(c->r, &visit, NULL, false);
    reel_tensor *y = c->function(c->inputs, c->count, c->context);
    reeli_leave_callback(c->r, &visit);
    if (c->r->status != REEL_OK) {
        return c->r->poison;
    }
    if (!y || !reeli_usable_as(c->r, c->name, "what the function returned", y)) {
        return reeli_fail(c->r, REEL_ERR_OWNER, "%s: the function returned %s", c->name,
                          y ? "poison" : "NULL");
    }
    if (y->dtype != REEL_F64) {
        return reeli_fail(c->r, REEL_ERR_DTYPE,
                          "%s: the function's result is %s; differences need float64", c->name,
                          reel_dtype_name((reel_dtype)y->dtype));
    }
    return y;
}

static void take_back(check *c)
{
    c->r->tape = c->tape;
    c->r->random = c->random;
    reeli_arena_release(&c->r->arena, &c->mark);
}

/* Σ w y of the inputs as they are now; false after an error. */
static bool value(check *c, double *sum)
{
    reel_tensor *y = evaluate(c);
    *sum = 0;
    if (!reeli_bad(y) && !(y->flags & REELI_CONTIGUOUS)) {
        reel_tensor *rows = reeli_empty_like(y, c->name, REEL_F64);
        if (!reeli_bad(rows)) {
            reeli_copy(rows, y);
        }
        y = rows;
    }
    const bool sound = !reeli_bad(y);
    for (int64_t j = 0; sound && j < y->numel; j++) {
        *sum += weight(j) * ((const double *)y->data)[j];
    }
    take_back(c);
    return sound;
}

/* Σ w y with *x moved by `step`. */
static bool value_at(check *c, double *x, double step, double *sum)
{
    const double was = *x;
    *x = was + step;
    const bool sound = value(c, sum);
    *x = was;
    return sound;
}

static double allowed(const check *c, double difference)
{
    return c->options.atol + c->options.rtol * fabs(difference);
}

/* Two estimates of one derivative are of a kink or a jump if they differ by more than rounding and
 * curvature explain. */
static bool disagree(const check *c, double a, double b)
{
    return fabs(a - b) > fmax(allowed(c, b), 0.01 * fmax(fabs(a), fabs(b)));
}

/* Whether the function has no derivative within eps of x, given its values at x - eps and x +
 * eps. */
static bool at_kink(check *c, double *x, const double around[2], bool *kink)
{
    const double eps = c->options.eps;
    double here, near[2];
    if (!value(c, &here) || !value_at(c, x, -eps / 2, &near[0]) ||
        !value_at(c, x, eps / 2, &near[1])) {
        return false;
    }
    *kink = disagree(c, (here - around[0]) / eps, (around[1] - here) / eps) ||
            disagree(c, (around[1] - around[0]) / (2 * eps), (near[1] - near[0]) / eps);
    return true;
}

/* Compares one element's gradient; false after an error. */
static bool compare(check *c, size_t input, int64_t i, double analytic)
{
    const reel_tensor *t = c->inputs[input];
    double *x = (double *)t->data + reeli_element_offset(t, i), around[2];
    if (!value_at(c, x, -c->options.eps, &around[0]) ||
        !value_at(c, x, c->options.eps, &around[1])) {
        return false;
    }
    const double numeric = (around[1] - around[0]) / (2 * c->options.eps);
    double error = analytic == numeric ? 0 : fabs(analytic - numeric) / allowed(c, numeric);
    error = isnan(error) ? (double)INFINITY : error;
    bool kink = false;
    if (error > 1 && c->options.skip_kinks && !at_kink(c, x, around, &kink)) {
        return false;
    }
    if (kink) {
        c->report.skipped++;
        return true;
    }
    if (error > c->report.error || c->report.checked == 0) {
        c->report.input = input;
        c->report.element = i;
        c->report.analytic = analytic;
        c->report.numeric = numeric;
        c->report.error = error;
    }
    c->report.checked++;
    return true;
}

/* Whether input i is to be compared: it requires grad, and is not there under a smaller number. */
static bool is_checked(const check *c, size_t i)
{
    for (size_t before = 0; before < i; before++) {
        if (c->inputs[before] == c->inputs[i]) {
            return false;
        }
    }
    return reeli_requires_grad(c->inputs[i]);
}

/* Copies the gradients of all checked inputs, one after the other, into `out`. */
static bool copy_gradients(check *c, reel_tensor *const *gradients, double *out)
{
    for (size_t i = 0; i < c->count; i++) {
        const reel_tensor *x = c->inputs[i], *dx = gradients[i];
        if (!is_checked(c, i)) {
            continue;
        }
        if (!dx) {
            memset(out, 0, (size_t)x->numel * sizeof *out);
        } else if (!reeli_same_shape(x, dx) || dx->dtype != REEL_F64) {
            reeli_error(c->r, REEL_ERR_SHAPE,
                        "%s: the gradient of input %zu is %s %s, the input %s", c->name, i,
                        reel_dtype_name((reel_dtype)dx->dtype), REELI_SHAPE_OF(dx),
                        REELI_SHAPE_OF(x));
            return false;
        } else if (reel_to_f64(dx, out, x->numel) != REEL_OK) {
            return false;
        }
        out += x->numel;
    }
    return true;
}

/* All gradients by one backward. */
static bool differentiate(check *c, double *out)
{
    reel_tensor **gradients = reeli_arena_alloc(c->r, (c->count + 1) * sizeof(reel_tensor *));
    if (!gradients) {
        reeli_no_memory(c->r, c->name);
        return false;
    }
    reel_tensor *y = evaluate(c);
    bool sound = !reeli_bad(y);
    for (size_t i = 0; i < c->count; i++) {
        gradients[i] = NULL;
    }
    if (sound && reeli_requires_grad(y)) {
        reel_tensor *w = weights(y);
        sound = !reeli_bad(w) &&
                reel_gradients(y, c->inputs, c->count, &(reel_backward_options){.gradient = w},
                               gradients) == REEL_OK;
    }
    sound = sound && copy_gradients(c, gradients, out);
    take_back(c);
    return sound;
}

static bool compare_all(check *c, const double *gradients)
{
    for (size_t i = 0; i < c->count; i++) {
        const int64_t numel = is_checked(c, i) ? c->inputs[i]->numel : 0;
        for (int64_t k = 0; k < numel; k++) {
            if (!compare(c, i, k, *gradients++)) {
                return false;
            }
        }
    }
    return true;
}

/* What was found, as a status and, if it is wrong, a sentence. */
static reel_status verdict(const check *c)
{
    const reel_gradcheck_report *it = &c->report;
    if (it->checked == 0 && it->skipped > 0) {
        return reeli_error(c->r, REEL_ERR_VALUE,
                           "%s: all %lld elements are at kinks: nothing could be compared", c->name,
                           (long long)it->skipped);
    }
    if (it->error <= 1) {
        return REEL_OK;
    }
    return reeli_error(c->r, REEL_ERR_VALUE,
                       "%s: element %lld of input %zu of shape %s has gradient %.10g, but by "
                       "differences %.10g (%.3g is allowed between them)",
                       c->name, (long long)it->element, it->input,
                       REELI_SHAPE_OF(c->inputs[it->input]), it->analytic, it->numeric,
                       allowed(c, it->numeric));
}

static bool repeats_elements(const reel_tensor *t)
{
    for (int d = 0; d < t->ndim; d++) {
        if (t->size[d] > 1 && t->stride[d] == 0) {
            return true;
        }
    }
    return false;
}

/* Whether input i can be checked; the error if not. */
static bool sound_input(const check *c, size_t i)
{
    const reel_tensor *x = c->inputs[i];
    if (!x || !reeli_usable_as(c->r, c->name, "an input", x)) {
        reeli_error(c->r, REEL_ERR_OWNER, "%s: input %zu is %s", c->name, i, x ? "poison" : "NULL");
        return false;
    }
    if (!reeli_requires_grad(x)) {
        return true;
    }
    if (x->dtype != REEL_F64) {
        reeli_error(c->r, REEL_ERR_DTYPE, "%s: input %zu is %s; differences need float64", c->name,
                    i, reel_dtype_name((reel_dtype)x->dtype));
        return false;
    }
    if (x->node || repeats_elements(x)) {
        reeli_error(
            c->r, REEL_ERR_STATE, "%s: input %zu of shape %s %s", c->name, i, REELI_SHAPE_OF(x),
            x->node ? "is no leaf; give a tensor that you created" : "repeats its elements");
        return false;
    }
    return true;
}

/* The number of elements to compare; -1, and an error, if the inputs are no inputs for a check. */
static int64_t count_elements(const check *c)
{
    int64_t elements = 0;
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        if (!sound_input(c, i)) {
            return -1;
        }
        any = any || reeli_requires_grad(c->inputs[i]);
        elements += is_checked(c, i) ? c->inputs[i]->numel : 0;
    }
    if (!any) {
        reeli_error(c->r, REEL_ERR_STATE, "%s: no input requires grad", c->name);
        return -1;
    }
    return elements;
}

static void set_defaults(reel_gradcheck_options *options)
{
    options->eps = options->eps > 0 ? options->eps : 1e-6;
    options->atol = options->atol == 0 && !signbit(options->atol) ? 1e-5 : fmax(options->atol, 0);
    options->rtol = options->rtol == 0 && !signbit(options->rtol) ? 1e-3 : fmax(options->rtol, 0);
}

/* The reel of a check that can begin; NULL, with *status, if none can. */
static reel *begin(reel_function function, reel_tensor *const *inputs, size_t count,
                   reel_status *status)
{
    reel *r = NULL;
    for (size_t i = 0; inputs && i < count && !r; i++) {
        r = inputs[i] ? reeli_reel_of(inputs[i]) : NULL;
    }
    *status = r ? r->status : REEL_ERR_OWNER;
    if (r && *status == REEL_OK && !function) {
        *status = reeli_error(r, REEL_ERR_VALUE, "gradcheck: the function is NULL");
    }
    if (r && *status == REEL_OK && REELI_REFUSE(r, "gradcheck", "gradients cannot be checked")) {
        *status = r->status;
    }
    return *status == REEL_OK ? r : NULL;
}

static reel_status run(check *c)
{
    reel *r = c->r;
    set_defaults(&c->options);
    c->mark = reeli_arena_mark(&r->arena);
    c->tape = r->tape;
    c->random = r->random;
    const int64_t elements = count_elements(c);
    if (elements < 0) {
        return r->status;
    }
    const size_t bytes = (size_t)elements * sizeof(double);
    double *gradients = reeli_malloc(r, bytes);
    if (!gradients) {
        return reeli_no_memory(r, c->name), r->status;
    }
    const bool was_enabled = reel_set_grad_enabled(r, true);
    const bool done = differentiate(c, gradients) && compare_all(c, gradients);
    reel_set_grad_enabled(r, was_enabled);
    reeli_free(r, gradients, bytes);
    return done ? verdict(c) : r->status;
}

reel_status reel_gradcheck(reel_function function, void *context, reel_tensor *const *inputs,
                           size_t count, const reel_gradcheck_options *options,
                           reel_gradcheck_report *report)
{
    reel_status status;
    check c = {.name = "gradcheck", .function = function, .context = context, .inputs = inputs};
    c.count = count;
    c.options = options ? *options : (reel_gradcheck_options){0};
    c.r = begin(function, inputs, count, &status);
    status = c.r ? run(&c) : status;
    if (report) {
        *report = c.report;
    }
    return status;
}

/* The function whose gradients a second-order check is about. */
typedef struct first_order {
    reel_function function;
    void *context;
} first_order;

/* Σ w dL/dx over all inputs x, where L = Σ g y and g is the last input. */
static reel_tensor *sum_of_gradients(reel_tensor *const *inputs, size_t count, void *context)
{
    first_order *it = context;
    reel_tensor *g = inputs[--count];
    reel *r = g->r;
    reel_tensor *y = it->function(inputs, count, it->context);
    reel_tensor *sum = reeli_zeros(r, "gradgradcheck", REEL_F64, 0, NULL);
    reel_tensor **dx = reeli_arena_alloc(r, (count + 1) * sizeof(reel_tensor *));
    if (!dx) {
        return reeli_no_memory(r, "gradgradcheck");
    }
    if (reeli_bad(y) || !reeli_requires_grad(y)) {
        return reeli_bad(y) ? y : sum;
    }
    if (reel_gradients(y, inputs, count,
                       &(reel_backward_options){.gradient = g, .create_graph = true},
                       dx) != REEL_OK) {
        return r->poison;
    }
    for (size_t i = 0; i < count; i++) {
        sum = dx[i] ? reel_add(sum, reel_sum(reel_mul(dx[i], weights(dx[i])))) : sum;
    }
    return sum;
}

/* The inputs and, as the last, a gradient for the function's result to start from; NULL after an
 * error. Beside the memory of the arena it is the last input that the caller gives back. */
static reel_tensor **with_gradient(check *c)
{
    reel *r = c->r;
    c->mark = reeli_arena_mark(&r->arena);
    c->tape = r->tape;
    c->random = r->random;
    reel_tensor *y = count_elements(c) < 0 ? r->poison : evaluate(c);
    reel_tensor *g = reeli_bad(y) ? y : reeli_create(r, c->name, REEL_F64, y->ndim, y->size);
    take_back(c);
    reel_tensor **all =
        reeli_bad(g) ? NULL : reeli_arena_alloc(r, (c->count + 1) * sizeof(reel_tensor *));
    if (reeli_bad(g) || !all) {
        reel_tensor_free(g);
        return reeli_bad(g) ? NULL : (reeli_no_memory(r, c->name), NULL);
    }
    for (int64_t j = 0; j < g->numel; j++) {
        ((double *)g->data)[j] = weight(j + 3);
    }
    for (size_t i = 0; i < c->count; i++) {
        all[i] = c->inputs[i];
    }
    all[c->count] = reel_requires_grad_(g, true);
    return all;
}

reel_status reel_gradgradcheck(reel_function function, void *context, reel_tensor *const *inputs,
                               size_t count, const reel_gradcheck_options *options,
                               reel_gradcheck_report *report)
{
    reel_status status;
    check c = {.name = "gradgradcheck", .function = function, .context = context, .inputs = inputs};
    c.count = count;
    c.options = options ? *options : (reel_gradcheck_options){0};
    c.r = begin(function, inputs, count, &status);
    reel_tensor **all = c.r ? with_gradient(&c) : NULL;
    if (all) {
        const reeli_mark mark = c.mark;
        first_order first = {function, context};
        c.function = sum_of_gradients;
        c.context = &first;
        c.inputs = all;
        c.count = count + 1;
        status = run(&c);
        reel_tensor_free(all[count]);
        reeli_arena_release(&c.r->arena, &mark);
    } else {
        status = c.r ? c.r->status : status;
    }
    if (report) {
        *report = c.report;
    }
    return status;
}
