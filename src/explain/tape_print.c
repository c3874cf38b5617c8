/* SPDX-License-Identifier: MIT */
/* The tape for people: a table of its steps. */
#include "names.h"

#include <reel/autograd.h>
#include <string.h>

static void print_inputs(const reeli_node *n, FILE *stream)
{
    char inputs[4 * REELI_LABEL] = "", text[REELI_LABEL];
    size_t at = 0;
    for (int i = 0; i < n->inputs && at + 1 < sizeof inputs; i++) {
        int wrote = snprintf(inputs + at, sizeof inputs - at, i ? ", %s" : "%s",
                             reeli_label(text, n->in[i].t, n->in[i].from));
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    fprintf(stream, "%-20s ", inputs);
}

/* "w += g * x": what comes to each input that wants it. */
static void print_rules(const reeli_node *n, FILE *stream)
{
    const char *between = "";
    for (int i = 0; i < n->inputs; i++) {
        char text[REELI_LABEL], rule[REELI_RULE];
        if (n->in[i].wanted && *reeli_rule_text(rule, n, i)) {
            fprintf(stream, "%s%s += %s", between, reeli_label(text, n->in[i].t, n->in[i].from),
                    rule);
            between = "; ";
        }
    }
    fprintf(stream, "\n");
}

static void print_row(const reeli_node *n, FILE *stream)
{
    char text[REELI_LABEL], value[REELI_LABEL], gradient[REELI_LABEL];
    const reel_tensor *out = reeli_shown(n->out);
    const bool named = out->leaf && out->leaf->name[0];
    snprintf(text, sizeof text, "%s%s%s", named ? out->leaf->name : "", named ? " = " : "",
             n->op->name);
    fprintf(stream, "%4lu  %-16s ", (unsigned long)n->step, text);
    print_inputs(n, stream);
    fprintf(stream, "%-12s %-24s %-24s ", REELI_SHAPE_OF(out), reeli_values_text(value, out),
            reeli_values_text(gradient, reeli_grad(out)));
    print_rules(n, stream);
}

/* Whose gradient `it` went into: a result's, or a leaf's. */
static bool same_end(const reeli_arrival *it, const reeli_arrival *other)
{
    const reeli_edge *a = &it->n->in[it->input], *b = &other->n->in[other->input];
    return a->from == b->from && a->t == b->t;
}

/* Of a value that several uses sent something: "a: 12.0000 from step 2 + 12.0000 from step 1 = …",
 * at the last of them, where `before` is. */
static void print_sum(const reel *r, const reeli_arrival *last, FILE *stream)
{
    char text[REELI_LABEL];
    const char *between = "";
    const reeli_edge *e = &last->n->in[last->input];
    fprintf(stream, "  %s: ", reeli_label(text, e->t, e->from));
    for (const reeli_arrival *it = r->first_arrival; it != last->next; it = it->next) {
        if (same_end(it, last)) {
            if (!*between && it->before) {
                fprintf(stream, "%s from before + ", reeli_values_text(text, it->before));
            }
            fprintf(stream, "%s%s from step %lu", between, reeli_values_text(text, it->amount),
                    (unsigned long)it->n->step);
            between = " + ";
        }
    }
    fprintf(stream, " = %s\n", reeli_values_text(text, last->after));
}

static bool is_last_of_several(const reeli_arrival *it)
{
    for (const reeli_arrival *later = it->next; it->before && later; later = later->next) {
        if (same_end(it, later)) {
            return false;
        }
    }
    return it->before;
}

static void print_sums(const reel *r, FILE *stream)
{
    bool headed = false;
    for (const reeli_arrival *it = r->first_arrival; it; it = it->next) {
        if (is_last_of_several(it)) {
            fprintf(stream, "%s",
                    headed ? "" : "A value that is used more than once has a sum as gradient:\n");
            headed = true;
            print_sum(r, it, stream);
        }
    }
}

void reel_tape_print(const reel *r, FILE *stream)
{
    if (!r || !stream) {
        return;
    }
    fprintf(stream, "%4s  %-16s %-20s %-12s %-24s %-24s %s\n", "step", "operation", "inputs",
            "shape", "value", "gradient g", "backward");
    reeli_number_tape(r);
    reeli_node *first = reeli_turn(r->tape);
    for (const reeli_node *n = first; n; n = n->previous) {
        print_row(n, stream);
    }
    reeli_turn(first);
    print_sums(r, stream);
}
