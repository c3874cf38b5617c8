/* SPDX-License-Identifier: MIT */
/* One run: the same weights from the seed alone, then the same learning rate and loss at every
 * step. */
#include "runner.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 8 };

/* What a run has in its file, and what we make of it. */
typedef struct run {
    reel *r;
    reel_safetensors *file;
    reason *why;
    json_t *model_spec, *loss_spec, *optimizer_spec, *scheduler_spec, *clip_spec;
    uint64_t seed;
    int64_t steps;
    reel_dtype dtype;

    reel_module *model, *loss;
    reel_optimizer *optimizer;
    reel_scheduler *scheduler; /* or NULL */
    reel_tensor *x, *y;
    double *losses, *losses_f64, *lrs; /* PyTorch's */
    double *ours, *strays;             /* what another order of the rows changes */
    double drift, stray;               /* the largest of each so far */
} run;

static json_t *metadata_json(run *it, const char *key)
{
    const char *text = reel_safetensors_metadata(it->file, key);
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    if (!json) {
        because(it->why, "the metadata '%s' is missing or no JSON", key);
    }
    return json;
}

static double metadata_number(run *it, const char *key)
{
    const char *text = reel_safetensors_metadata(it->file, key);
    char *end = NULL;
    double value = text ? strtod(text, &end) : -1;
    if (!text || end == text || *end || value < 0) {
        because(it->why, "the metadata '%s' is no number", key);
    }
    return value;
}

/* The named tensor's values as doubles, one for each step; NULL, with a reason, if it has
 * others. */
static double *series(run *it, const char *name)
{
    reel_tensor *t = reel_safetensors_tensor(it->file, name);
    double *values = calloc((size_t)it->steps + 1, sizeof *values);
    if (!values || reel_to_f64(t, values, it->steps) != REEL_OK) {
        because(it->why, "'%s' is not a number for each step: %s", name, reel_error(it->r));
        free(values);
        return NULL;
    }
    return values;
}

static bool read_dtype(run *it)
{
    const char *dtype = reel_safetensors_metadata(it->file, "dtype");
    it->dtype = dtype && strcmp(dtype, "float64") == 0 ? REEL_F64 : REEL_F32;
    return (dtype && strcmp(dtype, reel_dtype_name(it->dtype)) == 0) ||
           because(it->why, "the dtype is %s", dtype ? dtype : "missing");
}

static bool read_run(run *it)
{
    it->model_spec = metadata_json(it, "model");
    it->loss_spec = metadata_json(it, "loss");
    it->optimizer_spec = metadata_json(it, "optimizer");
    it->scheduler_spec = metadata_json(it, "scheduler");
    it->clip_spec = metadata_json(it, "clip_grad_norm");
    it->seed = (uint64_t)metadata_number(it, "seed");
    it->steps = (int64_t)metadata_number(it, "steps");
    if (it->why->text[0] || !read_dtype(it)) {
        return false;
    }
    it->x = reel_safetensors_tensor(it->file, "x");
    it->y = reel_safetensors_has(it->file, "y") ? reel_safetensors_tensor(it->file, "y") : it->x;
    it->losses = series(it, "losses");
    it->lrs = series(it, "lrs");
    if (reel_safetensors_has(it->file, "losses_f64")) {
        it->losses_f64 = series(it, "losses_f64");
    }
    return (!reel_failed(it->r) && !it->why->text[0]) || because(it->why, "%s", reel_error(it->r));
}

static bool make_all(run *it)
{
    reel_manual_seed(it->r, it->seed);
    it->model = make_model(it->r, it->model_spec, it->dtype, it->why);
    it->loss = it->model ? make_loss(it->r, it->loss_spec, it->why) : NULL;
    it->optimizer =
        it->loss ? make_optimizer(reel_parameters(it->model), it->optimizer_spec, it->why) : NULL;
    if (it->optimizer && !json_is_null(it->scheduler_spec)) {
        it->scheduler = make_scheduler(it->r, it->optimizer, it->scheduler_spec, it->why);
        return it->scheduler != NULL;
    }
    return it->optimizer != NULL;
}

/* Element i of a tensor as a double, and its bits in its dtype. */
static bool same_bits(reel_tensor *ours, reel_tensor *theirs, int64_t *at)
{
    int64_t count = reel_numel(ours);
    double *a = calloc((size_t)count + 1, sizeof *a), *b = calloc((size_t)count + 1, sizeof *b);
    bool same = a && b && reel_to_f64(ours, a, count) == REEL_OK &&
                reel_to_f64(theirs, b, count) == REEL_OK;
    for (*at = 0; same && *at < count; ++*at) {
        if (memcmp(&a[*at], &b[*at], sizeof *a) != 0) {
            same = false;
            break;
        }
    }
    free(a);
    free(b);
    return same;
}

static bool same_kind(reel_tensor *ours, reel_tensor *theirs)
{
    bool same =
        reel_dtype_of(ours) == reel_dtype_of(theirs) && reel_ndim(ours) == reel_ndim(theirs);
    for (int d = 0; same && d < reel_ndim(ours); d++) {
        same = reel_size(ours, d) == reel_size(theirs, d);
    }
    return same;
}

static bool check_entry(run *it, const reel_state_entry *e, const char *prefix, bool bits)
{
    char name[REEL_STATE_NAME_SIZE + 16];
    int64_t at = 0;
    snprintf(name, sizeof name, "%s%s", prefix, e->name);
    if (!reel_safetensors_has(it->file, name)) {
        return because(it->why, "PyTorch's model has no %s", e->name);
    }
    reel_tensor *theirs = reel_safetensors_tensor(it->file, name);
    if (!same_kind(e->tensor, theirs)) {
        return because(it->why, "%s has another shape or dtype", name);
    }
    if ((bits || reel_dtype_of(theirs) == REEL_I64) && !same_bits(e->tensor, theirs, &at)) {
        return because(it->why, "%s differs at element %lld", name, (long long)at);
    }
    return true;
}

/* The model's state against that in the file under this prefix: names, shapes, dtypes and whole
 * numbers, or with `bits` everything. (Trained weights cannot be held to more than the losses that
 * they make: where a gradient is nothing but rounding, Adam makes steps of it.) */
static bool check_state(run *it, const char *prefix, bool bits)
{
    size_t ours = reel_state_count(it->model), theirs = 0;
    for (size_t i = 0; i < reel_safetensors_count(it->file); i++) {
        theirs += strncmp(reel_safetensors_name(it->file, i), prefix, strlen(prefix)) == 0;
    }
    if (ours != theirs) {
        return because(it->why, "the model has %zu tensors, PyTorch's has %zu", ours, theirs);
    }
    for (size_t i = 0; i < ours; i++) {
        reel_state_entry e = reel_state_at(it->model, i);
        if (!check_entry(it, &e, prefix, bits)) {
            return false;
        }
    }
    return true;
}

/* What the optimizer remembers under PyTorch's name, "optim.0.exp_avg": a tensor, or a number. */
static bool check_remembered(run *it, const char *name, const reel_named_tensors *ours)
{
    enum { LENGTH = sizeof "optim." - 1 };
    reel_tensor *theirs = reel_safetensors_tensor(it->file, name), *found = NULL;
    for (size_t i = 0; i < ours->count; i++) {
        const char *own = ours->entries[i].name;
        if (strncmp(own, "state.", LENGTH) == 0 && strcmp(own + LENGTH, name + LENGTH) == 0) {
            found = ours->entries[i].tensor;
        }
    }
    if (!found || reel_numel(found) != reel_numel(theirs)) {
        return because(it->why, "the optimizer has %s %s", found ? "another" : "no", name);
    }
    reel_tensor *far = reel_max(reel_abs(reel_sub(reel_to(found, REEL_F64), theirs)));
    const double off = reel_item(far), size = reel_item(reel_max(reel_abs(theirs)));
    const double allowed = (it->dtype == REEL_F32 ? 1e-3 : 1e-6) * size + 1e-12;
    return off <= allowed ||
           because(it->why, "the optimizer's %s is %.2g off, %.2g allowed", name, off, allowed);
}

/* All that it remembers, where the file has it: as many tensors as PyTorch's, and of the numbers
 * those that it has, too. (SGD's keeps count of the steps, whose first one makes its momentum.) */
static bool check_optimizer(run *it)
{
    const reel_named_tensors ours = reel_optimizer_state_dict(it->optimizer);
    size_t count = 0, theirs = 0;
    bool any = false;
    for (size_t i = 0; i < ours.count; i++) {
        count += strncmp(ours.entries[i].name, "state.", strlen("state.")) == 0 &&
                 reel_ndim(ours.entries[i].tensor) > 0;
    }
    for (size_t i = 0; i < reel_safetensors_count(it->file); i++) {
        const char *name = reel_safetensors_name(it->file, i);
        if (strncmp(name, "optim.", strlen("optim.")) == 0) {
            any = true;
            theirs += reel_ndim(reel_safetensors_tensor(it->file, name)) > 0;
            if (!check_remembered(it, name, &ours)) {
                return false;
            }
        }
    }
    reel_rewind(it->r);
    return !any || theirs == count ||
           because(it->why, "the optimizer remembers %zu tensors, PyTorch's %zu", count, theirs);
}

static reel_tensor *gradients(void *context)
{
    run *it = context;
    reel_zero_grad(it->optimizer);
    reel_tensor *loss = reel_loss(it->loss, run_model(it->model, it->model_spec, it->x), it->y);
    reel_backward(loss);
    return loss;
}

/* One step; its loss is that before the step. */
static double train_step(run *it)
{
    double loss;
    if (strcmp(type_of(it->optimizer_spec), "LBFGS") == 0) {
        reel_step_with(it->optimizer, gradients, it, &loss);
        return loss;
    }
    loss = reel_item(gradients(it));
    if (!json_is_null(it->clip_spec)) {
        reel_clip_grad_norm(reel_parameters(it->model), json_number_value(it->clip_spec),
                            (reel_clip_options){0});
    }
    reel_step(it->optimizer);
    return loss;
}

static void schedule(run *it, double loss)
{
    if (it->scheduler && strcmp(type_of(it->scheduler_spec), "ReduceLROnPlateau") == 0) {
        reel_scheduler_step_metric(it->scheduler, loss);
    } else if (it->scheduler) {
        reel_scheduler_step(it->scheduler);
    }
}

/* How far our loss may be from PyTorch's: no further than rounding takes float32 from float64 in
 * PyTorch, and a run from itself; whoever looks at no more than signs strays further. */
static double tolerance(run *it, int64_t step)
{
    const double size = fabs(it->losses[step]);
    const bool signs = strcmp(type_of(it->optimizer_spec), "Rprop") == 0;
    if (it->losses_f64) {
        it->drift = fmax(it->drift, fabs(it->losses[step] - it->losses_f64[step]));
    }
    it->stray = fmax(it->stray, it->strays[step]);
    return (it->dtype == REEL_F32 || signs ? 1e-5 : 1e-9) * size + 4 * it->drift + 16 * it->stray;
}

static bool compare(run *it, int64_t step)
{
    const double ours = it->ours[step], theirs = it->losses[step], allowed = tolerance(it, step);
    bool same = fabs(ours - theirs) <= allowed || (isnan(ours) && isnan(theirs)) || ours == theirs;
    return same ||
           because(it->why, "the loss of step %lld is %.9g, not %.9g: %.2g off, %.2g allowed",
                   (long long)step, ours, theirs, fabs(ours - theirs), allowed);
}

/* To the bit; but cosines are the C library's, and Python's were glibc's. Each step's rate follows
 * from the one before, so an error in the last place grows. */
static bool is_same_rate(double ours, double theirs)
{
#ifdef __GLIBC__
    return ours == theirs;
#else
    return fabs(ours - theirs) <= 16 * DBL_EPSILON * fabs(theirs);
#endif
}

/* All steps; their losses into `losses`. */
static bool train(run *it, double *losses)
{
    for (int64_t step = 0; step < it->steps; step++) {
        double lr = reel_lr(it->optimizer, 0);
        if (!is_same_rate(lr, it->lrs[step])) {
            return because(it->why, "the learning rate of step %lld is %.17g, not %.17g",
                           (long long)step, lr, it->lrs[step]);
        }
        losses[step] = train_step(it);
        schedule(it, losses[step]);
        reel_rewind(it->r);
        if (reel_failed(it->r)) {
            return because(it->why, "step %lld: %s", (long long)step, reel_error(it->r));
        }
    }
    return true;
}

/* t's rows from row `first` on, then those before it. */
static reel_tensor *turned(reel_tensor *t, int64_t first)
{
    const int64_t rows = reel_size(t, 0);
    reel_tensor *parts[] = {reel_narrow(t, 0, first, rows - first), reel_narrow(t, 0, 0, first)};
    return reel_keep(reel_cat(parts, 2, 0));
}

/* The same training with the rows in other orders differs by nothing but rounding. Kinks, and lines
 * that are searched, make much of a last digit: how much, is seen here. */
static bool stray(run *it)
{
    double *other = calloc((size_t)it->steps + 1, sizeof *other);
    run twin = *it;
    bool sound = other != NULL;
    it->strays = calloc((size_t)it->steps + 1, sizeof *it->strays);
    for (int64_t k = 1; k < ORDERS && sound && it->strays; k++) {
        const int64_t first = k * reel_size(it->x, 0) / ORDERS;
        twin.x = turned(it->x, first);
        twin.y = turned(it->y, first);
        sound = make_all(&twin) && train(&twin, other);
        for (int64_t step = 0; sound && step < it->steps; step++) {
            it->strays[step] = fmax(it->strays[step], fabs(other[step] - it->ours[step]));
        }
    }
    free(other);
    return sound && it->strays;
}

static bool train_and_compare(run *it)
{
    it->ours = calloc((size_t)it->steps + 1, sizeof *it->ours);
    bool sound = it->ours && train(it, it->ours) && check_state(it, "final.", false) &&
                 check_optimizer(it) && stray(it);
    for (int64_t step = 0; sound && step < it->steps; step++) {
        sound = compare(it, step);
    }
    return sound;
}

static bool train_and_print(run *it)
{
    it->ours = calloc((size_t)it->steps + 1, sizeof *it->ours);
    if (!it->ours || !train(it, it->ours)) {
        return false;
    }
    for (int64_t step = 0; step < it->steps; step++) {
        printf("%.17g\n", it->ours[step]);
    }
    return true;
}

static void free_run(run *it)
{
    json_decref(it->model_spec);
    json_decref(it->loss_spec);
    json_decref(it->optimizer_spec);
    json_decref(it->scheduler_spec);
    json_decref(it->clip_spec);
    free(it->losses);
    free(it->losses_f64);
    free(it->lrs);
    free(it->ours);
    free(it->strays);
}

outcome replay(reel *r, reel_safetensors *file, bool losses, reason *why)
{
    run it = {.r = r, .file = file, .why = why};
    bool passed = read_run(&it) && make_all(&it) && check_state(&it, "init.", true) &&
                  (losses ? train_and_print(&it) : train_and_compare(&it));
    free_run(&it);
    return passed ? PASSED : FAILED;
}
