/* SPDX-License-Identifier: MIT */
/* The tape for people: a table of its steps, and a graph in Graphviz's language. */
#include "tape.h"

#include <reel/autograd.h>

/* In how the tape is shown a tensor is known by its name, else by the step that made it, else by what
 * it is. */
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
static size_t step_of(const reel *r, const reeli_node *wanted)
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

static const char *label(char text[LABEL], const reel *r, const reel_tensor *t, const reeli_node *from)
{
    if (t->leaf && t->leaf->name[0]) {
        snprintf(text, LABEL, "%s", t->leaf->name);
    } else if (from) {
        snprintf(text, LABEL, "#%zu", step_of(r, from));
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
        snprintf(text, LABEL, "%.4f", reeli_load(t, 0));
    } else {
        int64_t last = 0;
        for (int d = 0; d < t->ndim; d++) {
            last += (t->size[d] - 1) * t->stride[d];
        }
        snprintf(text, LABEL, t->numel == 2 ? "[%.4f, %.4f]" : "[%.4f, ..., %.4f]", reeli_load(t, 0),
                 reeli_load(t, last));
    }
    return text;
}

static void print_row(const reel *r, const reeli_node *n, size_t step, FILE *stream)
{
    char inputs[4 * LABEL] = "", text[LABEL], value[LABEL], gradient[LABEL];
    size_t at = 0;
    for (int i = 0; i < n->inputs && at + 1 < sizeof inputs; i++) {
        int wrote = snprintf(inputs + at, sizeof inputs - at, i ? ", %s" : "%s",
                             label(text, r, n->in[i].t, n->in[i].from));
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    fprintf(stream, "%4zu  %-12s %-24s %-12s %-24s %s\n", step, n->op->name, inputs, REELI_SHAPE_OF(n->out),
            values(value, n->out), values(gradient, reeli_grad(n->out)));
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
    fprintf(stream, "%4s  %-12s %-24s %-12s %-24s %s\n", "step", "operation", "inputs", "shape", "value", "gradient");
    print_from(r, reel_tape_length(r), stream);
}

/* A value's box: name, data and grad. Names are quoted by their writer, so quotes are left out. */
static void dot_box(const reel *r, const reel_tensor *t, const reeli_node *from, FILE *stream)
{
    char text[LABEL], value[LABEL], gradient[LABEL];
    label(text, r, t, from);
    for (char *c = text; *c; c++) {
        *c = *c == '"' || *c == '\\' || *c == '|' || *c == '{' || *c == '}' || *c == '<' || *c == '>' ? '_' : *c;
    }
    fprintf(stream, "  \"%p\" [shape=record, label=\"{ %s | data %s | grad %s }\"];\n", (const void *)t, text,
            values(value, t), values(gradient, reeli_grad(t)));
}

static void dot_operation(const reel *r, const reeli_node *n, FILE *stream)
{
    fprintf(stream, "  \"%p op\" [label=\"%s\"];\n", (const void *)n, n->op->name);
    fprintf(stream, "  \"%p op\" -> \"%p\";\n", (const void *)n, (const void *)n->out);
    for (int i = 0; i < n->inputs; i++) {
        if (!n->in[i].from) {
            dot_box(r, n->in[i].t, NULL, stream);
        }
        fprintf(stream, "  \"%p\" -> \"%p op\";\n", (const void *)n->in[i].t, (const void *)n);
    }
}

/* Whether `n` is reached from root is found by marking: a node's `gradient` is free outside of backward,
 * and points to its own result while it is marked. */
void reel_tape_dot(const reel_tensor *root, FILE *stream)
{
    if (!root || !stream || !reeli_usable(reeli_reel_of(root), "tape_dot", root)) {
        return;
    }
    const reel *r = root->r;
    fprintf(stream, "digraph reel {\n  rankdir=LR;\n");
    dot_box(r, root, root->node, stream);
    if (root->node) {
        root->node->gradient = root->node->out;
    }
    for (reeli_node *n = root->node; n; n = n->previous) {
        if (!n->gradient) {
            continue;
        }
        n->gradient = NULL;
        if (n->out != root) {
            dot_box(r, n->out, n, stream);
        }
        dot_operation(r, n, stream);
        for (int i = 0; i < n->inputs; i++) {
            if (n->in[i].from) {
                n->in[i].from->gradient = n->in[i].from->out;
            }
        }
    }
    fprintf(stream, "}\n");
}
