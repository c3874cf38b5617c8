/* SPDX-License-Identifier: MIT */
/* The tape as a picture, in Graphviz's language: to be read from the last row. */
#include "names.h"

#include <reel/autograd.h>
#include <string.h>

/* A value's box: name, data and grad. What has a meaning in a label is left out of the name. Leaves
 * that learn, constants and results differ in lightness too, for a beamer has few colours. */
static void dot_box(const char *id, const reel_tensor *t, const reeli_node *from, FILE *stream)
{
    char text[REELI_LABEL], value[REELI_LABEL], gradient[REELI_LABEL];
    reeli_label(text, t, from);
    t = reeli_shown(t);
    const char *fill = from ? "#ffffff" : reeli_requires_grad(t) ? "#ffd966" : "#d9d9d9";
    for (char *c = text; *c; c++) {
        *c = strchr("\"\\|{}<>", *c) ? '_' : *c;
    }
    fprintf(stream,
            "  %s [shape=record, style=filled, fillcolor=\"%s\", label=\"{ %s%s%s | data %s", id,
            fill, text, t->ndim ? " " : "", t->ndim ? REELI_SHAPE_OF(t) : "",
            reeli_values_text(value, t));
    if (reeli_requires_grad(t)) {
        fprintf(stream, " | grad %s", reeli_values_text(gradient, reeli_grad(t)));
    }
    fprintf(stream, " }\"];\n");
}

static void dot_operation(const reeli_look *look, const reeli_node *n, FILE *stream)
{
    const unsigned long step = n->step;
    char id[REELI_LABEL];
    fprintf(stream, "  op%lu [label=\"%s\", style=filled, fillcolor=\"#9fc5e8\"];\n", step,
            n->op->name);
    fprintf(stream, "  op%lu -> v%lu;\n", step, step);
    for (int i = 0; i < n->inputs; i++) {
        const char *name = reeli_id(id, look, n->in[i].t, n->in[i].from);
        if (reeli_names_leaf(look, n, i)) {
            dot_box(name, n->in[i].t, NULL, stream);
        }
        fprintf(stream, "  %s -> op%lu;\n", name, step);
    }
}

void reel_tape_dot(const reel_tensor *root, FILE *stream)
{
    reeli_look look;
    char id[REELI_LABEL];
    if (!stream || !reeli_look_at(&look, "tape_dot", root)) {
        return;
    }
    fprintf(stream, "digraph reel {\n  rankdir=LR;\n  ranksep=0.3;\n"
                    "  node [fontname=\"Helvetica\", fontsize=16, penwidth=1.5];\n"
                    "  edge [penwidth=1.5];\n");
    if (!root->node) {
        dot_box(reeli_id(id, &look, root, NULL), root, NULL, stream);
    }
    for (const reeli_node *n = root->node; n; n = n->previous) {
        if (n->gradient) {
            dot_box(reeli_id(id, &look, n->out, n), n->out, n, stream);
            dot_operation(&look, n, stream);
        }
    }
    fprintf(stream, "}\n");
    reeli_look_away(&look);
}
