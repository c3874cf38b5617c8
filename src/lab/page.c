/* SPDX-License-Identifier: MIT */
/* An expression's page: the one of its tape, and what only the lab knows of it. */
#include "page.h"

#include "html.h"
#include "json_write.h"

#include <math.h>
#include <reel/reel.h>

static void write_number(double value, FILE *to)
{
    fprintf(to, isnan(value) ? "<td>nan" : "<td>%.6g", value);
}

static void write_row(const lab_proof *it, void *context)
{
    FILE *to = context;
    fprintf(to, it->element < 0 ? "<tr><td>%s" : "<tr><td>%s, element %lld", it->name,
            (long long)it->element);
    if (it->has_gradient) {
        write_number(it->gradient, to);
    } else {
        fprintf(to, "<td>None");
    }
    write_number(it->nudged, to);
    fprintf(to, "\n");
}

static void write_moved(const lab_update *it, void *context)
{
    FILE *to = context;
    fprintf(to, "<p>%s = %s after the step.</p>\n", it->name, reel_repr(reel_detach(it->after)));
}

/* As the page is read without scripts and in print; its last step shows the table once more. */
static void write_proof(lab_program *p, FILE *to)
{
    fprintf(
        to,
        "<section id=\"proof\" aria-label=\"Proof\"><h2>Gradients, and what nudging gives</h2>\n"
        "<p>Each number moved by %g up and down: the difference of the two results, divided by "
        "the distance.</p>\n<table><thead><tr><th scope=\"col\">of<th scope=\"col\">gradient"
        "<th scope=\"col\">by nudging</thead><tbody>\n",
        lab_step_of_slope(p));
    lab_prove(p, write_row, to);
    fprintf(to, "</table>\n");
    lab_updates(p, write_moved, to);
    fprintf(to, "</section>\n");
}

/* Up to 64 elements, as texts. */
static void put_elements(reeli_json_writer *w, const char *key, reel_tensor *t)
{
    const int64_t n = reel_numel(t);
    double all[64];
    reeli_json_put_open(w, key, '[');
    for (int64_t i = 0; n <= 64 && reel_to_f64(t, all, n) == REEL_OK && i < n; i++) {
        char text[40];
        snprintf(text, sizeof text, "%.6g", all[i]);
        reeli_json_put_text(w, NULL, isnan(all[i]) ? "nan" : text);
    }
    reeli_json_put_close(w, ']');
}

static void put_update(const lab_update *it, void *context)
{
    reeli_json_writer *w = context;
    if (it->grad && reel_numel(it->before) <= 64) {
        reeli_json_put_open(w, NULL, '{');
        reeli_json_put_text(w, "name", it->name);
        put_elements(w, "before", it->before);
        put_elements(w, "grad", it->grad);
        put_elements(w, "after", it->after);
        put_elements(w, "added", it->added);
        put_elements(w, "whole", it->whole);
        reeli_json_put_close(w, '}');
    }
}

/* Steps that the tape does not have: each parameter's own, before the last. */
static void write_updates(lab_program *p, FILE *to)
{
    size_t length;
    reeli_json_writer w = {.r = p->r};
    reeli_json_put_open(&w, NULL, '[');
    lab_updates(p, put_update, &w);
    reeli_json_put_close(&w, ']');
    const char *all = p->update > 0 ? reeli_json_written(&w, &length) : NULL;
    if (all) {
        fprintf(to, "<script>reel_steps.update('%g', %s);</script>\n", p->update, all);
    }
    reeli_json_writer_free(&w);
}

bool lab_write_page(lab_program *p, const reel_tensor *root, const char *title, const char *ask,
                    FILE *to)
{
    if (reel_tape_html(root, title, to) != REEL_OK) {
        return false;
    }
    write_proof(p, to);
    write_updates(p, to);
    for (const char *const *line = lab_worksheet; *line; line++) {
        fprintf(to, "%s\n", *line);
    }
    if (*ask) {
        fprintf(to, "<script>location.hash || reel_steps.go(0, '%s');</script>\n", ask);
    }
    return true;
}
