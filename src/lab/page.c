/* SPDX-License-Identifier: MIT */
/* An expression's page: the one of its tape, and what only the lab knows of it. */
#include "page.h"

#include "html.h"

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
    fprintf(to, "</table></section>\n");
}

bool lab_write_page(lab_program *p, const reel_tensor *root, const char *title, const char *ask,
                    FILE *to)
{
    if (reel_tape_html(root, title, to) != REEL_OK) {
        return false;
    }
    write_proof(p, to);
    for (const char *const *line = lab_worksheet; *line; line++) {
        fprintf(to, "%s\n", *line);
    }
    if (*ask) {
        fprintf(to, "<script>location.hash || reel_steps.go(0, '%s');</script>\n", ask);
    }
    return true;
}
