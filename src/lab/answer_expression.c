/* SPDX-License-Identifier: MIT */
/* An expression's answer: its value, its gradients as they are printed, and the proof. */
#include "answers.h"
#include "page.h"

#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>

lab_program lab_program_of(const lab_experiment *e, const char *pieces[LAB_PIECES])
{
    reel *r = lab_reel();
    reel_retain_all_grads(r, true);
    reel_set_trace(r, true);
    for (int i = 0; i < e->values; i++) {
        pieces[i] = e->value[i];
    }
    pieces[e->values] = e->program;
    return (lab_program){.r = r,
                         .dtype = e->single ? REEL_F32 : REEL_F64,
                         .pieces = pieces,
                         .count = e->values + 1,
                         .constants = e->constants,
                         .update = e->update};
}

void lab_put_error(reeli_json_writer *w, const char *text, int piece, int at)
{
    reeli_json_put_open(w, "error", '{');
    reeli_json_put_text(w, "text", text);
    if (piece >= 0) {
        reeli_json_put_integer(w, "piece", piece);
        reeli_json_put_integer(w, "at", at);
    }
    reeli_json_put_close(w, '}');
}

static bool write_tape(lab_program *p, const reel_tensor *root, bool page, FILE *to)
{
    return !page ? reel_tape_json(root, to) == REEL_OK
           : p   ? lab_write_page(p, root, p->pieces[p->count - 1], "", to)
                 : reel_tape_html(root, NULL, to) == REEL_OK;
}

static void put_tape(reeli_json_writer *w, lab_program *p, const reel_tensor *root, bool page)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    const bool written = stream && write_tape(p, root, page, stream);
    if (stream && fclose(stream) == 0 && written) {
        (page ? reeli_json_put_text : reeli_json_put_json)(w, page ? "page" : "tape", text);
    }
    free(text);
}

void lab_put_tape(reeli_json_writer *w, lab_program *p, const reel_tensor *root, lab_wants wants)
{
    if (wants.page) {
        put_tape(w, p, root, true);
    }
    if (wants.tape) {
        put_tape(w, p, root, false);
    }
}

static void put_digits(reeli_json_writer *w, const char *key, double value, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, isnan(value) ? fabs(value) : value);
    reeli_json_put_text(w, key, text);
}

static void put_number(reeli_json_writer *w, const char *key, double value)
{
    put_digits(w, key, value, 6);
}

static void put_proven(const lab_proof *it, void *context)
{
    reeli_json_writer *w = context;
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_text(w, "name", it->name);
    reeli_json_put_integer(w, "element", it->element);
    if (it->has_gradient) {
        put_number(w, "gradient", it->gradient);
    } else {
        reeli_json_put_text(w, "gradient", "None");
    }
    put_number(w, "nudged", it->nudged);
    reeli_json_put_close(w, '}');
}

/* Each gradient beside what nudging gives. */
static void put_proof(reeli_json_writer *w, lab_program *p)
{
    reeli_json_put_open(w, "gradients", '[');
    lab_prove(p, put_proven, w);
    reeli_json_put_close(w, ']');
}

static void put_nudge(const lab_nudge *it, void *context)
{
    reeli_json_writer *w = context;
    reeli_json_put_open(w, NULL, '{');
    put_number(w, "h", it->h);
    put_digits(w, "one", it->one, 9);
    put_digits(w, "both", it->both, 9);
    put_digits(w, "apart", it->apart, 2);
    reeli_json_put_close(w, '}');
}

/* "a.grad = tensor(24., dtype=torch.float64)": what the programs of code.c print. */
static void put_prints(reeli_json_writer *w, const lab_program *p)
{
    for (int k = 0; k < p->inputs.count; k++) {
        if (reel_requires_grad(p->inputs.value[k])) {
            char line[LAB_PROGRAM];
            reel_tensor *grad = reel_grad(p->inputs.value[k]);
            snprintf(line, sizeof line, "%s.grad = %s", p->inputs.name[k],
                     grad ? reel_repr(grad) : "None");
            reeli_json_put_text(w, NULL, line);
        }
    }
}

/* And what comes of a step. */
static void put_moved(const lab_update *it, void *context)
{
    char line[LAB_PROGRAM];
    snprintf(line, sizeof line, "%s = %s", it->name, reel_repr(reel_detach(it->after)));
    reeli_json_put_text(context, NULL, line);
}

/* Forward and backward as often as asked, gradients adding up; the last result. */
static reel_tensor *run(reeli_json_writer *w, lab_program *p, int times)
{
    reel_tensor *root = NULL;
    bool fine = lab_read_inputs(p);
    reeli_json_put_open(w, "prints", '[');
    for (int i = 0; fine && i < times; i++) {
        reel_rewind(p->r);
        root = lab_run_program(p);
        fine = root && lab_go_back(p, root);
        if (fine) {
            put_prints(w, p);
        }
    }
    if (fine) {
        lab_updates(p, put_moved, w);
    }
    reeli_json_put_close(w, ']');
    return fine ? root : NULL;
}

void lab_put_expression(reeli_json_writer *w, const lab_experiment *e, lab_wants wants)
{
    const char *pieces[LAB_PIECES];
    lab_program p = lab_program_of(e, pieces);
    reel_tensor *root = run(w, &p, e->times);
    if (root) {
        reeli_json_put_text(w, "value", reel_repr(root));
        lab_put_tape(w, &p, root, wants);
        put_proof(w, &p);
        reeli_json_put_open(w, "nudges", '[');
        lab_nudges(&p, e->nudges, put_nudge, w);
        reeli_json_put_close(w, ']');
    } else {
        lab_put_error(w, p.why.text, p.at, p.why.at);
    }
    reel_free(p.r);
}
