/* SPDX-License-Identifier: MIT */
/* An expression's answer: its value, its gradients as they are printed, and the proof. */
#include "answers.h"

#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROVEN = 64 /* elements of an input */ };

static void silent(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

reel *lab_reel(void) { return reel_new_with(&(reel_options){.handler = silent}); }

int lab_pieces(const lab_experiment *e, const char *pieces[LAB_PIECES])
{
    for (int i = 0; i < e->values; i++) {
        pieces[i] = e->value[i];
    }
    pieces[e->values] = e->program;
    return e->values + 1;
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

/* What `write` writes, as a text or as JSON. */
static void put_written(reeli_json_writer *w, const char *key, bool is_json,
                        const reel_tensor *root, bool (*write)(const reel_tensor *, FILE *))
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    const bool written = stream && write(root, stream);
    if (stream && fclose(stream) == 0 && written) {
        (is_json ? reeli_json_put_json : reeli_json_put_text)(w, key, text);
    }
    free(text);
}

static bool write_page(const reel_tensor *root, FILE *stream)
{
    return reel_tape_html(root, NULL, stream) == REEL_OK;
}

static bool write_tape(const reel_tensor *root, FILE *stream)
{
    return reel_tape_json(root, stream) == REEL_OK;
}

void lab_put_tape(reeli_json_writer *w, const reel_tensor *root, lab_wants wants)
{
    if (wants.page) {
        put_written(w, "page", false, root, write_page);
    }
    if (wants.tape) {
        put_written(w, "tape", true, root, write_tape);
    }
}

static void put_number(reeli_json_writer *w, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, isnan(value) ? "nan" : "%.6g", value);
    reeli_json_put_text(w, key, text);
}

/* Each gradient beside what nudging gives. */
static void put_proof(reeli_json_writer *w, lab_program *p)
{
    reeli_json_put_open(w, "gradients", '[');
    for (int k = 0; k < p->inputs.count; k++) {
        reel_tensor *x = p->inputs.value[k], *grad = reel_grad(x);
        const int64_t n = reel_requires_grad(x) ? reel_numel(x) : 0;
        for (int64_t i = 0; i < n && n <= PROVEN; i++) {
            double all[PROVEN];
            reeli_json_put_open(w, NULL, '{');
            reeli_json_put_text(w, "name", p->inputs.name[k]);
            reeli_json_put_integer(w, "element", reel_ndim(x) ? i : -1);
            if (grad && reel_to_f64(grad, all, n) == REEL_OK) {
                put_number(w, "gradient", all[i]);
            } else {
                reeli_json_put_text(w, "gradient", "None");
            }
            put_number(w, "nudged", lab_slope(p, x, i));
            reeli_json_put_close(w, '}');
        }
    }
    reeli_json_put_close(w, ']');
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
    reeli_json_put_close(w, ']');
    return fine ? root : NULL;
}

void lab_put_expression(reeli_json_writer *w, const lab_experiment *e, lab_wants wants)
{
    const char *pieces[LAB_PIECES];
    lab_program p = {.r = lab_reel(),
                     .dtype = e->single ? REEL_F32 : REEL_F64,
                     .pieces = pieces,
                     .count = lab_pieces(e, pieces),
                     .constants = e->constants};
    reel_retain_all_grads(p.r, true);
    reel_set_trace(p.r, true);
    reel_tensor *root = run(w, &p, e->times);
    if (root) {
        reeli_json_put_text(w, "value", reel_repr(root));
        lab_put_tape(w, root, wants);
        put_proof(w, &p);
    } else {
        lab_put_error(w, p.why.text, p.at, p.why.at);
    }
    reel_free(p.r);
}
