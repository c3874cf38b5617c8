/* SPDX-License-Identifier: MIT */
/* Expressions that one types: a descent through the grammar of expression.h that computes as it
 * reads. */
#include "expression.h"

#include "compiler.h"
#include "parse_number.h"

#include <math.h>
#include <reel/reel.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 100, ELEMENTS = 4096, ARGUMENTS = 3 };

typedef struct reader {
    reel *r;
    reel_dtype dtype;
    const char *text, *at;
    lab_scope *names;
    lab_mistake *why;
    int depth;
} reader;

static reel_tensor *sum(reader *in);

/* The first mistake is the one that is said. */
REELI_PRINTF(3, 4)
static reel_tensor *wrong(reader *in, const char *at, const char *format, ...)
{
    va_list arguments;
    if (!*in->why->text) {
        in->why->at = (int)(at - in->text);
        va_start(arguments, format);
        vsnprintf(in->why->text, LAB_SENTENCE, format, arguments);
        va_end(arguments);
    }
    return NULL;
}

/* What an operation of the library returned; its own sentence where that is poison. */
static reel_tensor *result(reader *in, const char *at, reel_tensor *t)
{
    return t && !reel_is_poison(t) ? t : wrong(in, at, "%s", reel_error(in->r));
}

static void skip_spaces(reader *in) { in->at += strspn(in->at, " \t\r"); }

static bool takes(reader *in, const char *mark)
{
    skip_spaces(in);
    const size_t length = strlen(mark);
    const bool there = strncmp(in->at, mark, length) == 0;
    in->at += there ? length : 0;
    return there;
}

static size_t name_length(const char *at)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return strchr(letters, *at) && *at
               ? strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                            "XYZ_0123456789")
               : 0;
}

reel_tensor *lab_look_up(const lab_scope *names, const char *name, size_t length)
{
    for (int i = names->count - 1; i >= 0; i--) {
        if (strlen(names->name[i]) == length && memcmp(names->name[i], name, length) == 0) {
            return names->value[i];
        }
    }
    return NULL;
}

/* Digits, a point, an exponent; no sign. */
static size_t number_length(const char *at)
{
    size_t length = strspn(at, "0123456789.");
    if (length > 0 && (at[length] == 'e' || at[length] == 'E')) {
        const size_t sign = at[length + 1] == '-' || at[length + 1] == '+';
        const size_t digits = strspn(at + length + 1 + sign, "0123456789");
        length += digits ? 1 + sign + digits : 0;
    }
    return length;
}

static bool read_number(reader *in, double *value)
{
    skip_spaces(in);
    char text[64];
    const size_t length = number_length(in->at);
    if (length == 0 || length >= sizeof text) {
        return false;
    }
    memcpy(text, in->at, length);
    text[length] = '\0';
    if (reeli_read_number(text, length, '.', value) != REELI_A_NUMBER) {
        return false;
    }
    in->at += length;
    return true;
}

/* The numbers of a list, row by row, and its shape. */
typedef struct list {
    double value[ELEMENTS];
    int64_t count, size[REEL_MAX_DIMS];
    int ndim;
} list;

static bool read_list(reader *in, list *l, int dim)
{
    const char *start = in->at;
    int64_t count = 0;
    do {
        skip_spaces(in);
        if (*in->at == '[' && dim + 1 < REEL_MAX_DIMS) {
            in->at++;
            if (!read_list(in, l, dim + 1)) {
                return false;
            }
        } else {
            const bool minus = takes(in, "-");
            if (l->count == ELEMENTS || (l->ndim && l->ndim != dim + 1) ||
                !read_number(in, &l->value[l->count])) {
                wrong(in, in->at, "a list holds numbers, or lists of one length: [[1, 2], [3, 4]]");
                return false;
            }
            l->value[l->count] *= minus ? -1 : 1;
            l->count++;
            l->ndim = dim + 1;
        }
        count++;
    } while (takes(in, ","));
    if (!takes(in, "]") || (l->size[dim] && l->size[dim] != count)) {
        wrong(in, l->size[dim] ? start : in->at,
              l->size[dim] ? "the rows of a list have one length"
                           : "here a ']' should end the list");
        return false;
    }
    l->size[dim] = count;
    return true;
}

static reel_tensor *list_value(reader *in)
{
    const char *start = in->at;
    list *l = calloc(1, sizeof *l);
    reel_tensor *t = NULL;
    if (!l) {
        return wrong(in, start, "out of memory");
    }
    in->at++;
    if (read_list(in, l, 0)) {
        t = reel_from_f64(in->r, l->value, l->ndim, l->size);
        t = result(in, start, in->dtype == REEL_F64 ? t : reel_to(t, in->dtype));
    }
    free(l);
    return t;
}

typedef reel_tensor *unary_function(reel_tensor *x);
typedef reel_tensor *binary_function(reel_tensor *a, reel_tensor *b);

static reel_tensor *leaky_relu(reel_tensor *x) { return reel_leaky_relu(x, 0.01); }
static reel_tensor *mse_loss(reel_tensor *a, reel_tensor *b)
{
    return reel_mse_loss(a, b, REEL_MEAN);
}
static reel_tensor *l1_loss(reel_tensor *a, reel_tensor *b)
{
    return reel_l1_loss(a, b, REEL_MEAN);
}

/* By their names in PyTorch. */
static const struct {
    const char *name;
    unary_function *unary;
    binary_function *binary;
} functions[] = {
    {"abs", reel_abs, NULL},          {"relu", reel_relu, NULL},
    {"leaky_relu", leaky_relu, NULL}, {"sigmoid", reel_sigmoid, NULL},
    {"tanh", reel_tanh, NULL},        {"exp", reel_exp, NULL},
    {"log", reel_log, NULL},          {"sqrt", reel_sqrt, NULL},
    {"sin", reel_sin, NULL},          {"cos", reel_cos, NULL},
    {"square", reel_square, NULL},    {"sum", reel_sum, NULL},
    {"mean", reel_mean, NULL},        {"max", reel_max, reel_maximum},
    {"min", reel_min, reel_minimum},  {"detach", reel_detach, NULL},
    {"maximum", NULL, reel_maximum},  {"minimum", NULL, reel_minimum},
    {"matmul", NULL, reel_matmul},    {"mse_loss", NULL, mse_loss},
    {"l1_loss", NULL, l1_loss},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* sum(x, 0), mean(x, 1): over one dim. */
static reel_tensor *over_dim(reader *in, const char *at, bool mean, reel_tensor *x,
                             reel_tensor *dim)
{
    if (reel_numel(dim) != 1) {
        return wrong(in, at, "the dim to sum over is a number");
    }
    const double number = reel_item(dim);
    if (!(fabs(number) <= REEL_MAX_DIMS) || number != floor(number)) {
        return wrong(in, at, "the dim to sum over is a whole number, such as 0 or -1");
    }
    const int64_t d = (int64_t)number;
    return result(in, at, (mean ? reel_mean_dim : reel_sum_dim)(x, &d, 1, false));
}

static bool is(const char *name, const char *at, size_t length)
{
    return strlen(name) == length && strncmp(name, at, length) == 0;
}

/* A copy is held, for detach's result shares x's memory, which may be nudged. */
static reel_tensor *detached(reader *in, reel_tensor *x)
{
    lab_held *held = in->names->held;
    if (held && held->again && held->next < held->count) {
        return held->value[held->next++];
    }
    reel_tensor *y = reel_detach(x);
    if (held && !held->again && held->count < LAB_HELD) {
        held->value[held->count++] = reel_clone(y);
    }
    return y;
}

static reel_tensor *apply(reader *in, const char *at, size_t length, int count,
                          reel_tensor *const *x)
{
    const bool sums = is("sum", at, length), means = is("mean", at, length);
    if (count == 3 && is("where", at, length)) {
        return result(in, at, reel_where(x[0], x[1], x[2]));
    }
    if (count == 1 && is("detach", at, length)) {
        return result(in, at, detached(in, x[0]));
    }
    if (count == 2 && (sums || means)) {
        return over_dim(in, at, means, x[0], x[1]);
    }
    for (int i = 0; i < FUNCTIONS; i++) {
        if (!is(functions[i].name, at, length)) {
            continue;
        }
        if (count == 1 && functions[i].unary) {
            return result(in, at, functions[i].unary(x[0]));
        }
        if (count == 2 && functions[i].binary) {
            return result(in, at, functions[i].binary(x[0], x[1]));
        }
        return wrong(in, at, "%s takes %d argument%s, and here %s %d", functions[i].name,
                     functions[i].unary ? 1 : 2, functions[i].unary ? "" : "s",
                     count == 1 ? "is" : "are", count);
    }
    return wrong(in, at,
                 "there is no function '%.*s'; there are abs, relu, leaky_relu, sigmoid, tanh, "
                 "exp, log, sqrt, sin, cos, square, sum, mean, max, min, where, detach, matmul, "
                 "mse_loss and l1_loss",
                 (int)length, at);
}

static reel_tensor *call(reader *in, const char *name, size_t length)
{
    reel_tensor *x[ARGUMENTS];
    int count = 0;
    do {
        if (count == ARGUMENTS) {
            return wrong(in, in->at, "no function takes more than %d arguments", ARGUMENTS);
        }
        x[count] = sum(in);
        if (!x[count++]) {
            return NULL;
        }
    } while (takes(in, ","));
    if (!takes(in, ")")) {
        return wrong(in, in->at, "here a ')' should end what %.*s is called with", (int)length,
                     name);
    }
    return apply(in, name, length, count, x);
}

static reel_tensor *named(reader *in)
{
    const char *name = in->at;
    const size_t length = name_length(name);
    in->at += length;
    if (takes(in, "(")) {
        return call(in, name, length);
    }
    reel_tensor *t = lab_look_up(in->names, name, length);
    if (!t && !*in->why->text) {
        snprintf(in->why->missing, LAB_NAME, "%.*s", (int)length, name);
    }
    return t ? t
             : wrong(in, name, "'%.*s' has no value; give it one, as in %.*s=3", (int)length, name,
                     (int)length, name);
}

static reel_tensor *value(reader *in)
{
    double number;
    skip_spaces(in);
    if (name_length(in->at) > 0) {
        return named(in);
    }
    if (*in->at == '[') {
        return list_value(in);
    }
    const char *start = in->at;
    if (takes(in, "(")) {
        reel_tensor *t = sum(in);
        return !t || takes(in, ")") ? t
                                    : wrong(in, in->at, "here a ')' should close the one before");
    }
    if (read_number(in, &number)) {
        return result(in, start, reel_number(in->r, number));
    }
    return wrong(in, in->at,
                 *in->at ? "a number, a name, '(' or '[' should be here, not '%.1s'"
                         : "the expression ends where a number or a name should be%.1s",
                 in->at);
}

static reel_tensor *sign(reader *in)
{
    if (in->depth == DEPTH) {
        return wrong(in, in->at, "this is nested too deeply");
    }
    in->depth++;
    const char *at = (skip_spaces(in), in->at);
    reel_tensor *t;
    if (takes(in, "-")) {
        t = sign(in);
        t = t ? result(in, at, reel_neg(t)) : NULL;
    } else {
        t = value(in);
        at = in->at;
        if (t && (takes(in, "^") || takes(in, "**"))) {
            reel_tensor *exponent = sign(in);
            const bool two = exponent && reel_numel(exponent) == 1 &&
                             !reel_requires_grad(exponent) && reel_item(exponent) == 2;
            t = !exponent ? NULL : result(in, at, two ? reel_square(t) : reel_pow(t, exponent));
        }
    }
    in->depth--;
    return t;
}

static reel_tensor *product(reader *in)
{
    reel_tensor *t = sign(in);
    while (t) {
        const char *at = (skip_spaces(in), in->at);
        binary_function *f = takes(in, "*")   ? reel_mul
                             : takes(in, "/") ? reel_div
                             : takes(in, "@") ? reel_matmul
                                              : NULL;
        if (!f) {
            break;
        }
        reel_tensor *other = sign(in);
        t = other ? result(in, at, f(t, other)) : NULL;
    }
    return t;
}

static reel_tensor *sum(reader *in)
{
    reel_tensor *t = product(in);
    while (t) {
        const char *at = (skip_spaces(in), in->at);
        binary_function *f = takes(in, "+")   ? reel_add
                             : takes(in, "-") ? reel_sub
                             : takes(in, "<") ? reel_lt
                             : takes(in, ">") ? reel_gt
                                              : NULL;
        if (!f) {
            break;
        }
        reel_tensor *other = f == reel_lt || f == reel_gt ? sum(in) : product(in);
        t = other ? result(in, at, f(t, other)) : NULL;
    }
    return t;
}

static bool name_it(reader *in, const char *name, size_t length, reel_tensor *t)
{
    lab_scope *s = in->names;
    if (length >= LAB_NAME || s->count == LAB_NAMES) {
        wrong(in, name,
              length >= LAB_NAME ? "names have up to 31 characters" : "these are too many names");
        return false;
    }
    snprintf(s->name[s->count], LAB_NAME, "%.*s", (int)length, name);
    s->value[s->count] = t;
    reel_set_name(t, s->name[s->count++]);
    return true;
}

static reel_tensor *statement(reader *in)
{
    skip_spaces(in);
    const char *name = in->at;
    const size_t length = name_length(name);
    const char *after = name + length + strspn(name + length, " \t");
    const bool names = length > 0 && *after == '=' && after[1] != '=';
    in->at = names ? after + 1 : in->at;
    reel_tensor *t = sum(in);
    skip_spaces(in);
    if (t && *in->at && !strchr(";\n#", *in->at)) {
        return wrong(in, in->at,
                     *in->at == '=' ? "'=' gives a name a value, and there is no '=='"
                                    : "an operation should be here, not '%.1s'",
                     in->at);
    }
    return t && names && !name_it(in, name, length, t) ? NULL : t;
}

reel_tensor *lab_run_expression(reel *r, reel_dtype dtype, const char *text, lab_scope *names,
                                lab_mistake *why)
{
    reader in = {.r = r, .dtype = dtype, .text = text, .at = text, .names = names, .why = why};
    reel_tensor *last = NULL;
    why->text[0] = why->missing[0] = '\0';
    for (;;) {
        in.at += strspn(in.at, " \t\r\n;");
        if (*in.at == '#') {
            in.at += strcspn(in.at, "\n");
        } else if (*in.at == '\0') {
            break;
        } else if (!(last = statement(&in))) {
            return NULL;
        }
    }
    return last ? last : wrong(&in, text, "there is nothing to compute");
}

bool lab_gives_number(const char *text)
{
    const size_t length = name_length(text);
    return length > 0 && text[length] == '=' &&
           strspn(text + length + 1, "0123456789.,-+eE[] \t") == strlen(text + length + 1);
}
