/* SPDX-License-Identifier: MIT */
/* The tape for people: a table of its steps, and a graph in Graphviz's language. */
#include "c_locale.h"
#include "tape.h"

#include <reel/autograd.h>
#include <string.h>

/* In how the tape is shown a tensor is known by its name, else by the step that made it, else by
 * what it is. */
enum { LABEL = 64 };

size_t reel_tape_length(const reel *r)
{
    size_t length = 0;
    for (const reeli_node *n = r ? r->tape : NULL; n; n = n->previous) {
        length++;
    }
    return length;
}

/* The steps are numbered from the first recorded one on: 1, 2, …; 0 for what is not on the tape. */
size_t reeli_step_of(const reel *r, const reeli_node *wanted)
{
    size_t after = 0;
    for (const reeli_node *n = r->tape; n; n = n->previous) {
        if (n == wanted) {
            return reel_tape_length(r) - after;
        }
        after++;
    }
    return 0;
}

static const char *label(char text[LABEL], const reel *r, const reel_tensor *t,
                         const reeli_node *from)
{
    if (t->leaf && t->leaf->name[0]) {
        snprintf(text, LABEL, "%s", t->leaf->name);
    } else if (from) {
        snprintf(text, LABEL, "#%zu", reeli_step_of(r, from));
    } else {
        snprintf(text, LABEL, "%s", reeli_requires_grad(t) ? "leaf" : "constant");
    }
    return text;
}

/* One value as it is; more of them as the first and last. */
static const char *values(char text[LABEL], const reel_tensor *t)
{
    if (!t) {
        snprintf(text, LABEL, "-");
    } else if (t->numel == 0) {
        snprintf(text, LABEL, "[]");
    } else if (t->numel == 1) {
        reeli_format(text, LABEL, "%.4f", reeli_load(t, 0));
    } else {
        int64_t last = 0;
        for (int d = 0; d < t->ndim; d++) {
            last += (t->size[d] - 1) * t->stride[d];
        }
        reeli_format(text, LABEL, t->numel == 2 ? "[%.4f, %.4f]" : "[%.4f, ..., %.4f]",
                     reeli_load(t, 0), reeli_load(t, last));
    }
    return text;
}

static void print_row(const reel *r, const reeli_node *n, size_t step, FILE *stream)
{
    char inputs[4 * LABEL] = "", text[LABEL], value[LABEL], gradient[LABEL];
    const bool named = n->out->leaf && n->out->leaf->name[0];
    snprintf(text, LABEL, "%s%s%s", named ? n->out->leaf->name : "", named ? " = " : "",
             n->op->name);
    fprintf(stream, "%4zu  %-16s ", step, text);
    size_t at = 0;
    for (int i = 0; i < n->inputs && at + 1 < sizeof inputs; i++) {
        int wrote = snprintf(inputs + at, sizeof inputs - at, i ? ", %s" : "%s",
                             label(text, r, n->in[i].t, n->in[i].from));
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    fprintf(stream, "%-20s %-12s %-24s %s\n", inputs, REELI_SHAPE_OF(n->out), values(value, n->out),
            values(gradient, reeli_grad(n->out)));
}

/* The tape is linked from its end; the table starts at its beginning. */
static void print_from(const reel *r, size_t length, FILE *stream)
{
    for (size_t step = 1; step <= length; step++) {
        const reeli_node *n = r->tape;
        for (size_t back = length - step; back > 0; back--) {
            n = n->previous;
        }
        print_row(r, n, step, stream);
    }
}

void reel_tape_print(const reel *r, FILE *stream)
{
    if (!r || !stream) {
        return;
    }
    fprintf(stream, "%4s  %-16s %-20s %-12s %-24s %s\n", "step", "operation", "inputs", "shape",
            "value", "gradient");
    print_from(r, reel_tape_length(r), stream);
}

/* What a value is called in the graph's source: after the step that made it, or, a leaf, after its
 * first use on the way back from the root: step and input. So the same tape gives the same text. */
static const char *dot_name(char text[LABEL], const reel *r, const reeli_node *root,
                            const reel_tensor *t, const reeli_node *from)
{
    if (from || !root) {
        snprintf(text, LABEL, "v%zu", from ? reeli_step_of(r, from) : 0);
        return text;
    }
    for (const reeli_node *n = root; n; n = n->previous) {
        for (int i = 0; n->gradient && i < n->inputs; i++) {
            if (n->in[i].t == t && !n->in[i].from) {
                snprintf(text, LABEL, "leaf%zu_%d", reeli_step_of(r, n), i);
                return text;
            }
        }
    }
    return "";
}

/* A value's box: name, data and grad. What has a meaning in a label is left out of the name. */
static void dot_box(const char *id, const reel *r, const reel_tensor *t, const reeli_node *from,
                    FILE *stream)
{
    char text[LABEL], value[LABEL], gradient[LABEL];
    label(text, r, t, from);
    for (char *c = text; *c; c++) {
        *c = strchr("\"\\|{}<>", *c) ? '_' : *c;
    }
    fprintf(stream, "  %s [shape=record, label=\"{ %s | data %s | grad %s }\"];\n", id, text,
            values(value, t), values(gradient, reeli_grad(t)));
}

static void dot_operation(const reel *r, const reeli_node *root, const reeli_node *n, FILE *stream)
{
    const size_t step = reeli_step_of(r, n);
    char id[LABEL], own[LABEL];
    fprintf(stream, "  op%zu [label=\"%s\"];\n  op%zu -> v%zu;\n", step, n->op->name, step, step);
    for (int i = 0; i < n->inputs; i++) {
        const char *name = dot_name(id, r, root, n->in[i].t, n->in[i].from);
        snprintf(own, LABEL, "leaf%zu_%d", step, i);
        if (strcmp(name, own) == 0) {
            dot_box(name, r, n->in[i].t, NULL, stream);
        }
        fprintf(stream, "  %s -> op%zu;\n", name, step);
    }
}

/* A node's `gradient` is free outside of backward: it marks what root came from, its own result if
 * so. */
static void mark(reeli_node *root)
{
    root->gradient = root->out;
    for (reeli_node *n = root; n; n = n->previous) {
        for (int i = 0; n->gradient && i < n->inputs; i++) {
            if (n->in[i].from) {
                n->in[i].from->gradient = n->in[i].from->out;
            }
        }
    }
}

void reel_tape_dot(const reel_tensor *root, FILE *stream)
{
    if (!stream || !reeli_usable("tape_dot", root)) {
        return;
    }
    const reel *r = root->r;
    char id[LABEL];
    fprintf(stream, "digraph reel {\n  rankdir=LR;\n");
    if (!root->node) {
        dot_box(dot_name(id, r, NULL, root, NULL), r, root, NULL, stream);
    } else {
        mark(root->node);
    }
    for (reeli_node *n = root->node; n; n = n->previous) {
        if (n->gradient) {
            dot_box(dot_name(id, r, root->node, n->out, n), r, n->out, n, stream);
            dot_operation(r, root->node, n, stream);
        }
    }
    for (reeli_node *n = root->node; n; n = n->previous) {
        n->gradient = NULL;
    }
    fprintf(stream, "}\n");
}
