/* SPDX-License-Identifier: MIT */
/* The tape in sentences: the forward pass from the first row to the last, and the backward pass
 * from the last to the first, with the numbers put into the rules. */
#include "names.h"

#include <reel/autograd.h>
#include <stdarg.h>
#include <string.h>

void reeli_say(const reeli_sheet *to, const char *format, ...)
{
    char text[REELI_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (const char *c = text; *c; c++) {
        if (to->html && strchr("<>&", *c)) {
            fprintf(to->stream, "&#%d;", *c);
        } else {
            fputc(*c, to->stream);
        }
    }
}

static void say_inputs(const reeli_node *n, const reeli_sheet *to)
{
    char text[REELI_LABEL];
    reeli_say(to, "%s(", n->op->name);
    for (int i = 0; i < n->inputs; i++) {
        reeli_say(to, "%s%s", i ? ", " : "", reeli_label(text, n->in[i].t, n->in[i].from));
    }
    reeli_say(to, ")");
}

static void say_forward(const reeli_look *look, const reeli_sheet *to)
{
    char text[REELI_LABEL], value[REELI_LABEL];
    reeli_node *first = reeli_turn(look->root->node);
    reeli_say(to, "Forward, each row from rows above it:\n");
    for (const reeli_node *n = first; n; n = n->previous) {
        for (int i = 0; n->gradient && i < n->inputs; i++) {
            const reel_tensor *t = reeli_shown(n->in[i].t);
            if (reeli_names_leaf(look, n, i) && t->leaf && t->leaf->name[0]) {
                reeli_say(to, "      %s = %s\n", t->leaf->name, reeli_values_text(value, t));
            }
        }
        if (n->gradient) {
            reeli_say(to, "%4lu  %s = ", (unsigned long)n->step, reeli_label(text, n->out, n));
            say_inputs(n, to);
            reeli_say(to, " = %s\n", reeli_values_text(value, n->out));
        }
    }
    reeli_turn(first);
}

/* "  to s: g * (1 - y^2) = -1.0758 * 0.7864 = -0.8460, and with the 1.0000 that had come 0.1540" */
static void say_arrival(const reeli_arrival *it, const reeli_sheet *to)
{
    char text[REELI_LABEL], rule[REELI_RULE];
    const reeli_edge *e = &it->n->in[it->input];
    reeli_say(to, "      to %s: ", reeli_label(text, e->t, e->from));
    if (*reeli_rule_text(rule, it->n, it->input)) {
        reeli_say(to, "%s = ", rule);
    }
    if (it->local) {
        reeli_say(to, "%s * ", reeli_values_text(text, it->upstream));
        reeli_say(to, "%s = ", reeli_values_text(text, it->local));
    }
    reeli_say(to, "%s", reeli_values_text(text, it->amount));
    if (it->before) {
        reeli_say(to, ", added to the %s that had come: ", reeli_values_text(text, it->before));
        reeli_say(to, "%s", reeli_values_text(text, it->after));
    }
    reeli_say(to, "\n");
}

static void say_backward(const reeli_look *look, const reeli_sheet *to)
{
    char text[REELI_LABEL];
    const reeli_node *last = NULL;
    for (const reeli_arrival *it = look->r->first_arrival; it; it = it->next) {
        if (!it->n->gradient) {
            continue;
        }
        if (!last) {
            reeli_say(to, "\nBackward, from the last row to the first; g is the gradient that has "
                          "come to a row's result:\n");
        }
        if (it->n != last) {
            reeli_say(to, "%4lu  %s = ", (unsigned long)it->n->step,
                      reeli_label(text, it->n->out, it->n));
            say_inputs(it->n, to);
            reeli_say(to, ": g = %s\n", reeli_values_text(text, it->upstream));
        }
        say_arrival(it, to);
        last = it->n;
    }
}

void reeli_explain(const reeli_look *look, const reeli_sheet *to)
{
    say_forward(look, to);
    say_backward(look, to);
}

void reel_tape_explain(const reel_tensor *root, FILE *stream)
{
    reeli_look look;
    if (stream && reeli_look_at(&look, "tape_explain", root)) {
        reeli_explain(&look, &(reeli_sheet){stream, false});
        reeli_look_away(&look);
    }
}
