/* SPDX-License-Identifier: MIT */
/* A training's answer: the losses, the parameters, what the model says between the points, why it
 * stopped, and the tape of the step that would come next. */
#include "answers.h"
#include "surface.h"
#include "training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CURVE = 61 /* places of x where the model is asked */ };

/* What one training left of each step. */
typedef struct record {
    char digits[LAB_STEPS][LAB_LOSS];
    double loss[LAB_STEPS];
    float weight[LAB_STEPS + 1],
        bias[LAB_STEPS + 1]; /* a line's, before each step and at the end */
    int steps;
} record;

static void note_line(record *it, const lab_training *t)
{
    if (t->e->layers == 0) {
        it->weight[it->steps] = (float)lab_weight(t);
        it->bias[it->steps] = (float)lab_bias(t);
    }
}

/* As many steps as asked, or as can be: false if that were fewer. */
static bool train(record *it, lab_training *t)
{
    it->steps = 0;
    note_line(it, t);
    while (it->steps < t->e->steps) {
        if (!lab_step(t, it->digits[it->steps], &it->loss[it->steps])) {
            return false;
        }
        it->steps++;
        note_line(it, t);
    }
    return true;
}

static void put_floats(reeli_json_writer *w, const char *key, const float *values, int count)
{
    reeli_json_put_open(w, key, '[');
    for (int i = 0; i < count; i++) {
        reeli_json_put_number(w, NULL, (double)values[i]);
    }
    reeli_json_put_close(w, ']');
}

static void put_doubles(reeli_json_writer *w, const char *key, const double *values, int count)
{
    reeli_json_put_open(w, key, '[');
    for (int i = 0; i < count; i++) {
        reeli_json_put_number(w, NULL, values[i]);
    }
    reeli_json_put_close(w, ']');
}

static void put_record(reeli_json_writer *w, const record *it, bool line)
{
    reeli_json_put_integer(w, "steps", it->steps);
    put_doubles(w, "loss", it->loss, it->steps);
    reeli_json_put_open(w, "digits", '[');
    for (int i = 0; i < it->steps; i++) {
        reeli_json_put_text(w, NULL, it->digits[i]);
    }
    reeli_json_put_close(w, ']');
    if (line) {
        put_floats(w, "weight", it->weight, it->steps + 1);
        put_floats(w, "bias", it->bias, it->steps + 1);
    }
}

/* From a tenth left of the first point to a tenth right of the last. */
static void put_curve(reeli_json_writer *w, lab_training *t)
{
    double low = t->e->point[0][0], high = low, x[CURVE], y[CURVE];
    for (int i = 1; i < t->e->points; i++) {
        low = fmin(low, t->e->point[i][0]);
        high = fmax(high, t->e->point[i][0]);
    }
    const double margin = high > low ? (high - low) / 10 : 1;
    for (int i = 0; i < CURVE; i++) {
        x[i] = low - margin + (high - low + 2 * margin) * i / (CURVE - 1);
    }
    if (lab_predict(t, CURVE, x, y)) {
        reeli_json_put_open(w, "curve", '{');
        put_doubles(w, "x", x, CURVE);
        put_doubles(w, "y", y, CURVE);
        reeli_json_put_close(w, '}');
    }
}

/* The names, values and gradients of all parameters, as they are printed. */
static void put_parameters(reeli_json_writer *w, const lab_training *t)
{
    const reel_named_tensors all = reel_state_dict(t->model);
    reeli_json_put_open(w, "parameters", '[');
    for (size_t i = 0; i < all.count; i++) {
        reel_tensor *grad = reel_grad(all.entries[i].tensor);
        reeli_json_put_open(w, NULL, '{');
        reeli_json_put_text(w, "name", all.entries[i].name);
        reeli_json_put_text(w, "value", reel_repr(all.entries[i].tensor));
        reeli_json_put_text(w, "grad", grad ? reel_repr(grad) : "None");
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, ']');
}

/* Forward and backward as they would come next, without a step. */
static void put_next(reeli_json_writer *w, lab_training *t, lab_wants wants)
{
    reel_set_trace(t->r, true);
    reel_retain_all_grads(t->r, true);
    reel_tensor *loss = reel_set_name(lab_loss(t), "loss");
    if (t->e->zero_grad) {
        reel_zero_grad(t->optimizer);
    }
    if (reel_backward(loss) == REEL_OK) {
        reeli_json_put_text(w, "now", reel_item_repr(loss));
        put_parameters(w, t);
        lab_put_tape(w, NULL, loss, wants);
    }
}

static void put_stopped(reeli_json_writer *w, const lab_training *t, const record *it)
{
    char why[LAB_SENTENCE];
    snprintf(why, sizeof why,
             "after %d steps the loss is %s: it has grown beyond what float32 holds. A smaller "
             "learning rate, or data of a smaller scale, would help",
             it->steps, it->digits[it->steps]);
    reeli_json_put_text(w, "stopped", reel_failed(t->r) ? reel_error(t->r) : why);
}

void lab_put_training(reeli_json_writer *w, const lab_experiment *e, lab_wants wants)
{
    reel *r = lab_reel();
    record *it = calloc(1, sizeof *it);
    lab_training t;
    if (r && it && lab_begin(&t, r, e)) {
        const bool whole = train(it, &t);
        put_record(w, it, e->layers == 0);
        if (!whole) {
            put_stopped(w, &t, it);
        }
        put_curve(w, &t);
        if (wants.surface && e->layers == 0) {
            lab_put_surface(w, &t, it->weight, it->bias, it->steps + 1);
        }
        put_next(w, &t, wants);
        if (*t.warned) {
            reeli_json_put_text(w, "warned", t.warned);
        }
    } else {
        lab_put_error(w, r && it ? reel_error(r) : "memory is out", -1, -1);
    }
    free(it);
    reel_free(r);
}
