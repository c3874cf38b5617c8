/* SPDX-License-Identifier: MIT */
/* reel explain: an expression's forward and backward pass, step by step, and the proof by
 * nudging. */
#include "commands.h"
#include "expression.h"
#include "outputs.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECES = 64,
    SHOWN = 64,
    KEY_DTYPE = 256,
    KEY_CONSTANT,
    KEY_TABLE,
    KEY_DOT,
    KEY_JSON,
    KEY_HTML
};

typedef struct request {
    const char *name;           /* "reel explain" */
    const char *pieces[PIECES]; /* of the program, and names with values, as they were given */
    int count;
    const char *constants; /* names with commas between them */
    const char *dot, *json, *html;
    bool table, single;
} request;

static const struct argp_option explain_options[] = {
    {"constant", KEY_CONSTANT, "NAMES", 0, "Names that want no gradient, with commas between them",
     0},
    {"dtype", KEY_DTYPE, "TYPE", 0, "float64 (as it is) or float32", 0},
    {"table", KEY_TABLE, NULL, 0, "Print the tape as a table instead", 0},
    {"dot", KEY_DOT, "FILE", 0,
     "Write the graph in Graphviz's language, to draw with dot -Tsvg; - is standard output", 1},
    {"html", KEY_HTML, "FILE", 0, "Write a page to step through in a browser; - is standard output",
     1},
    {"json", KEY_JSON, "FILE", 0, "Write the tape as JSON; - is standard output", 1},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    request *q = state->input;
    switch (key) {
    case KEY_CONSTANT:
        q->constants = argument;
        return 0;
    case KEY_TABLE:
        q->table = true;
        return 0;
    case KEY_DOT:
        q->dot = argument;
        return 0;
    case KEY_HTML:
        q->html = argument;
        return 0;
    case KEY_JSON:
        q->json = argument;
        return 0;
    case KEY_DTYPE:
        q->single = strcmp(argument, "float32") == 0;
        if (!q->single && strcmp(argument, "float64") != 0) {
            argp_error(state, "--dtype: '%s' is none of float64, float32", argument);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (q->count == PIECES) {
            argp_error(state, "more than %d parts of an expression", PIECES);
        }
        q->pieces[q->count++] = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which expression? As in: reel explain 'b = a + a; c = b * b' a=3");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp explain_parser = {
    explain_options,
    parse,
    "EXPRESSION... [NAME=NUMBERS...]",
    "Computes an expression and its gradients, and shows every step: forward, and backward along "
    "each "
    "edge.\v"
    "An expression is a program of statements: NAME = E, or E alone, with ; between them. In E are "
    "numbers, names, lists ([1, 2], [[1, 2], [3, 4]]), + - * / @ ^ < >, parentheses, and abs, "
    "relu, "
    "leaky_relu, sigmoid, tanh, exp, log, sqrt, sin, cos, square, sum, mean, max, min, where, "
    "detach, "
    "matmul, mse_loss and l1_loss, as PyTorch has them. Gradients are those of the last "
    "statement.\n\n"
    "  reel explain 'b = a + a; c = b * b' a=3\n"
    "  reel explain 's = w*x + b; y = tanh(s); loss = (y - t)^2' w=0.75 b=-1 x=2 t=1 --constant "
    "x,t\n"
    "  reel explain 'l1_loss(X @ w, y)' 'X=[[1,2],[3,4]]' 'w=[0.5,-1]' 'y=[0,1]' --constant X,y\n",
    NULL,
    NULL,
    NULL};

static bool is_constant(const request *q, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = q->constants; at && *at;) {
        const size_t part = strcspn(at, ",");
        if (part == length && strncmp(at, name, length) == 0) {
            return true;
        }
        at += part + (at[part] == ',');
    }
    return false;
}

static bool complain_at(const request *q, const char *text, const mistake *why)
{
    fprintf(stderr, "%s: %s\n", q->name, why->text);
    const size_t start = (size_t)why->at;
    fprintf(stderr, "  %s\n  %*s^\n", text, (int)start, "");
    return false;
}

static reel_tensor *leaf_like(reel *r, reel_dtype dtype, reel_tensor *t)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < reel_ndim(t); d++) {
        size[d] = reel_size(t, d);
    }
    reel_tensor *own = reel_full(r, dtype, 0, reel_ndim(t), size);
    return reel_copy_(own, t);
}

/* The names that have numbers, as leaves. */
static bool read_inputs(const request *q, reel *r, scope *inputs)
{
    for (int i = 0; i < q->count; i++) {
        mistake why;
        if (!is_assignment_of_numbers(q->pieces[i])) {
            continue;
        }
        scope made = {0};
        reel_tensor *t =
            run_expression(r, q->single ? REEL_F32 : REEL_F64, q->pieces[i], &made, &why);
        if (!t) {
            return complain_at(q, q->pieces[i], &why);
        }
        reel_tensor *own = leaf_like(r, q->single ? REEL_F32 : REEL_F64, t);
        reel_requires_grad_(reel_set_name(own, made.name[0]), !is_constant(q, made.name[0]));
        snprintf(inputs->name[inputs->count], NAME_SIZE, "%s", made.name[0]);
        inputs->value[inputs->count++] = own;
    }
    return reel_error_status(r) == REEL_OK;
}

/* The program is what gives no name a number, one piece after the other. */
static reel_tensor *run_program(const request *q, reel *r, const scope *inputs, bool loud)
{
    scope names = *inputs;
    reel_tensor *last = NULL;
    bool any = false;
    for (int i = 0; i < q->count; i++) {
        mistake why;
        if (is_assignment_of_numbers(q->pieces[i])) {
            continue;
        }
        any = true;
        last = run_expression(r, q->single ? REEL_F32 : REEL_F64, q->pieces[i], &names, &why);
        if (!last) {
            if (loud) {
                complain_at(q, q->pieces[i], &why);
            }
            return NULL;
        }
    }
    if (!any && loud) {
        fprintf(stderr, "%s: there are numbers and no expression\n", q->name);
    }
    return last;
}

/* The result with element i of x moved by `by`; NaN where it cannot be computed. */
static double nudged(const request *q, reel *r, const scope *inputs, reel_tensor *x, int64_t i,
                     double by)
{
    int64_t index[REEL_MAX_DIMS];
    const uint64_t mark = reel_mark(r);
    const int ndim = reel_ndim(x);
    for (int d = ndim - 1; d >= 0; d--) {
        index[d] = i % reel_size(x, d);
        i /= reel_size(x, d);
    }
    const double was = reel_get(x, index);
    reel_set(x, index, was + by);
    reel_tensor *y = run_program(q, r, inputs, false);
    const double value = y ? reel_item(y) : (double)NAN;
    reel_set(x, index, was);
    reel_clear_error(r);
    reel_rewind_to(r, mark);
    return value;
}

static void print_number(double value)
{
    if (isnan(value)) {
        printf(" %14s", "nan");
    } else {
        printf(" %14.6g", value);
    }
}

/* Element i of a gradient; of none, None, as PyTorch says it. */
static void print_gradient(const reel_tensor *grad, int64_t i)
{
    double all[SHOWN];
    if (grad) {
        reel_to_f64(grad, all, reel_numel(grad));
        print_number(all[i]);
    } else {
        printf(" %14s", "None");
    }
}

/* Each gradient beside (f(x + h) - f(x - h)) / 2h. */
static void prove(const request *q, reel *r, const scope *inputs)
{
    const double h = q->single ? 1e-2 : 1e-6;
    const bool was = reel_set_grad_enabled(r, false);
    printf("\nGradients, and what nudging each number by %g up and down gives:\n", h);
    for (int k = 0; k < inputs->count; k++) {
        reel_tensor *x = inputs->value[k];
        const int64_t n = reel_requires_grad(x) ? reel_numel(x) : 0;
        for (int64_t i = 0; i < n && n <= SHOWN; i++) {
            char name[2 * NAME_SIZE];
            snprintf(name, sizeof name, reel_ndim(x) ? "%s, element %lld" : "%s", inputs->name[k],
                     (long long)i);
            const double slope =
                (nudged(q, r, inputs, x, i, h) - nudged(q, r, inputs, x, i, -h)) / (2 * h);
            printf("  %-20s", name);
            print_gradient(reel_grad(x), i);
            print_number(slope);
            printf("%s\n", reel_grad(x) ? "" : "   (no path leads here)");
        }
    }
    reel_set_grad_enabled(r, was);
}

typedef reel_status writer(const reel_tensor *root, FILE *stream);

static reel_status write_dot(const reel_tensor *root, FILE *stream)
{
    reel_tape_dot(root, stream);
    return REEL_OK;
}

static reel_status write_html(const reel_tensor *root, FILE *stream)
{
    return reel_tape_html(root, NULL, stream);
}

static bool write_file(const request *q, reel *r, const char *path, writer *write,
                       const reel_tensor *root)
{
    if (!path) {
        return true;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    bool done = stream && write(root, stream) == REEL_OK;
    done = stream && fclose(stream) == 0 && done && output_write(r, path, text, size);
    if (!done) {
        fprintf(stderr, "%s: %s\n", q->name,
                reel_failed(r) ? reel_error(r) : "there is no memory for what it writes");
    }
    free(text);
    return done;
}

static bool show(const request *q, reel *r, const scope *inputs, const reel_tensor *root)
{
    const bool to_files = q->dot || q->json || q->html;
    if (q->table) {
        reel_tape_print(r, stdout);
    } else if (!to_files) {
        reel_tape_explain(root, stdout);
        prove(q, r, inputs);
    }
    return write_file(q, r, q->dot, write_dot, root) &&
           write_file(q, r, q->json, reel_tape_json, root) &&
           write_file(q, r, q->html, write_html, root);
}

static bool run(const request *q, reel *r)
{
    scope inputs = {0};
    reel_retain_all_grads(r, true);
    reel_set_trace(r, true);
    if (!read_inputs(q, r, &inputs)) {
        return false;
    }
    reel_tensor *root = run_program(q, r, &inputs, true);
    if (root && reel_requires_grad(root) && reel_backward(root) != REEL_OK) {
        fprintf(stderr, "%s: %s%s\n", q->name, reel_error(r),
                reel_numel(root) != 1 ? ": let the expression end with sum(...) or mean(...)" : "");
        return false;
    }
    return root && show(q, r, &inputs, root);
}

static void no_message(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

int explain(int argc, char **argv)
{
    request q = {.name = argv[0]};
    argp_parse(&explain_parser, argc, argv, 0, NULL, &q);
    reel *r = reel_new_with(&(reel_options){.handler = no_message});
    if (!r) {
        fprintf(stderr, "%s: out of memory\n", q.name);
        return 1;
    }
    bool done = run(&q, r);
    reel_free(r);
    if (done && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "%s: standard output: %s\n", q.name, strerror(errno));
        done = false;
    }
    return done ? 0 : 1;
}
