/* SPDX-License-Identifier: MIT */
/*
 * The slopes of operations for people: what dy/da, dy/db and dy/dc are, of y = f(a, b, c). The
 * library computes them from elementwise.def and ops/; these lines are how a book writes them.
 */
#include "names.h"

#include <string.h>

enum { RULE_INPUTS = 3 };

/* One that begins with a colon is a sentence. */
static const struct {
    const char *op, *slope[RULE_INPUTS];
} rules[] = {
    {"add", {"1", "1"}},
    {"sub", {"1", "-1"}},
    {"neg", {"-1"}},
    {"mul", {"b", "a"}},
    {"div", {"1 / b", "-a / b^2"}},
    {"pow", {"b * a^(b - 1)", "y * log(a)"}},
    {"square", {"2 * a"}},
    {"cube", {"3 * a^2"}},
    {"sqrt", {"1 / (2 * y)"}},
    {"rsqrt", {"-y^3 / 2"}},
    {"reciprocal", {"-y^2"}},
    {"exp", {"y"}},
    {"log", {"1 / a"}},
    {"sin", {"cos(a)"}},
    {"cos", {"-sin(a)"}},
    {"tanh", {"1 - y^2"}},
    {"sigmoid", {"y * (1 - y)"}},
    {"abs", {"sign(a)"}},
    {"relu", {":1 where a > 0, else 0"}},
    {"leaky_relu", {":1 where a > 0, else its slope"}},
    {"softplus", {"sigmoid(a)"}},
    {"silu", {"sigmoid(a) * (1 + a * (1 - sigmoid(a)))"}},
    {"maximum",
     {":1 where a > b, half where equal, else 0", ":1 where b > a, half where equal, else 0"}},
    {"minimum",
     {":1 where a < b, half where equal, else 0", ":1 where b < a, half where equal, else 0"}},
    {"clamp", {":1 within the bounds, else 0"}},
    {"where",
     {NULL, ":1 where the condition holds, else 0", ":0 where the condition holds, else 1"}},
    {"sum", {":1 for each element"}},
    {"mean", {":1/n for each of the n elements"}},
    {"max", {":1 at the largest, else 0"}},
    {"min", {":1 at the smallest, else 0"}},
    {"l1_loss", {"sign(a - b) / n", "-sign(a - b) / n"}},
    {"mse_loss", {"2 * (a - b) / n", "-2 * (a - b) / n"}},
    {"huber_loss", {":(a - b) / n, held within delta / n"}},
    {"smooth_l1_loss", {":(a - b) / (beta n), held within 1 / n"}},
    {"mm", {":times b transposed, from the right", ":times a transposed, from the left"}},
    {"linear", {":times b", ":itself transposed, times a", ":summed over the rows"}},
    {"reshape", {":in the shape that it had"}},
    {"permute", {":in the order that it had"}},
    {"expand", {":summed where it was stretched"}},
    {"slice", {":1 in the part, else 0"}},
};

/* A slope without g, in the letters a, b, c and y; NULL if it has no short form. */
static const char *rule_of(const reeli_op *op, int input)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules && input < RULE_INPUTS; i++) {
        if (strcmp(rules[i].op, op->name) == 0) {
            return rules[i].slope[input];
        }
    }
    return NULL;
}

/* A slope's letters a, b, c and y stand alone; other words have more letters. */
static const char *meant(char name[REELI_LABEL], const reeli_node *n, const char *rule,
                         const char *at)
{
    const char *letters = "abcy", *which = strchr(letters, *at);
    const bool alone = (at == rule || !strchr("abcdefghijklmnopqrstuvwxyz", at[-1])) &&
                       (at[1] == '\0' || !strchr("abcdefghijklmnopqrstuvwxyz", at[1]));
    if (!which || !alone || (*which != 'y' && which - letters >= n->inputs)) {
        return NULL;
    }
    if (*which == 'y') {
        return reeli_label(name, n->out, n);
    }
    const reeli_edge *e = &n->in[which - letters];
    return reeli_label(name, e->t, e->from);
}

static void add(char text[REELI_RULE], const char *piece, size_t length)
{
    const size_t at = strlen(text), room = REELI_RULE - 1 - at;
    const size_t some = length < room ? length : room;
    memcpy(text + at, piece, some);
    text[at + some] = '\0';
}

static void add_named(char text[REELI_RULE], const reeli_node *n, const char *rule)
{
    for (const char *c = rule; *c; c++) {
        char name[REELI_LABEL];
        const char *named = meant(name, n, rule, c);
        add(text, named ? named : c, named ? strlen(named) : 1);
    }
}

const char *reeli_rule_text(char text[REELI_RULE], const reeli_node *n, int input)
{
    const char *rule = rule_of(n->op, input);
    text[0] = '\0';
    if (!rule) {
        return text;
    }
    const bool minus = strcmp(rule, "-1") == 0, sentence = *rule == ':';
    add(text, minus ? "-g" : "g", minus ? 2 : 1);
    if (sentence) {
        add(text, ": ", 2);
        add_named(text, n, rule + 1);
    } else if (!minus && strcmp(rule, "1") != 0) {
        const bool sum = strstr(rule, " - ") || strstr(rule, " + ") || *rule == '-';
        add(text, sum ? " * (" : " * ", sum ? 4 : 3);
        add_named(text, n, rule);
        add(text, ")", sum);
    }
    const reel_tensor *x = n->in[input].t;
    if (n->op->formula && !reeli_bad(x) && !reeli_bad(n->out) && x->numel < n->out->numel) {
        static const char stretched[] = ", summed where it was stretched";
        add(text, stretched, sizeof stretched - 1);
    }
    return text;
}
