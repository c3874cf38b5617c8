/* SPDX-License-Identifier: MIT */
/* reel explain: an expression's forward and backward pass, step by step, and the proof by
 * nudging. */
#include "commands.h"
#include "explain_ask.h"
#include "lesson_text.h"
#include "outputs.h"
#include "page.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECES = 64,
    KEY_DTYPE = 256,
    KEY_CONSTANT,
    KEY_TABLE,
    KEY_DOT,
    KEY_JSON,
    KEY_HTML,
    KEY_LESSON,
    KEY_LESSONS,
    KEY_SEED,
    KEY_ASK
};

typedef struct request {
    const char *name;           /* "reel explain" */
    const char *pieces[PIECES]; /* of the program, and names with values, as they were given */
    int count;
    const char *constants; /* names with commas between them */
    const char *dot, *json, *html;
    const char *lesson; /* its name */
    uint64_t seed;      /* of its questions, or of values */
    const char *ask;    /* NULL: nothing is asked */
    char drawn[PIECES][LAB_NAME + 8];
    bool table, single, lessons, draws;
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
    {"lessons", KEY_LESSONS, NULL, 0, "List the lessons", 2},
    {"lesson", KEY_LESSON, "LESSON", 0,
     "Show a lesson instead of an expression; with --html, as a page", 2},
    {"seed", KEY_SEED, "N", 0,
     "Other numbers in the lesson's questions; for an expression, numbers for names that have none",
     2},
    {"ask", KEY_ASK, "WHAT", OPTION_ARG_OPTIONAL,
     "Ask, and look at the answers: a lesson's questions, an expression's gradients; with all, its "
     "values, too. With --html the page asks for each product, part (as it is), or all",
     2},
    {0},
};

/* A lesson, or the list of them, needs no expression. */
static error_t parse_lesson(int key, char *argument, struct argp_state *state)
{
    request *q = state->input;
    char *end;
    switch (key) {
    case KEY_LESSONS:
        q->lessons = true;
        return 0;
    case KEY_LESSON:
        q->lesson = argument;
        return 0;
    case KEY_SEED:
        q->seed = strtoull(argument, &end, 10);
        if (*end || end == argument || *argument == '-') {
            argp_error(state, "--seed: '%s' is no whole number", argument);
        }
        q->draws = true;
        return 0;
    case KEY_ASK:
        q->ask = argument ? argument : "part";
        if (strcmp(q->ask, "product") != 0 && strcmp(q->ask, "part") != 0 &&
            strcmp(q->ask, "all") != 0) {
            argp_error(state, "--ask: '%s' is none of product, part, all", argument);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

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
        if (!q->lesson && !q->lessons) {
            argp_error(state, "which expression? As in: reel explain 'b = a + a; c = b * b' a=3");
        }
        return 0;
    default:
        return parse_lesson(key, argument, state);
    }
}

static const struct argp explain_parser = {
    explain_options,
    parse,
    "EXPRESSION... [NAME=NUMBERS...]\n--lesson=LESSON\n--lessons",
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

static bool complain_of(const request *q, const lab_program *p)
{
    fprintf(stderr, "%s: %s\n", q->name, p->why.text);
    if (p->at >= 0) {
        fprintf(stderr, "  %s\n  %*s^\n", p->pieces[p->at], p->why.at, "");
    }
    return false;
}

static void print_number(double value)
{
    if (isnan(value)) {
        printf(" %14s", "nan");
    } else {
        printf(" %14.6g", value);
    }
}

static void print_proof(const lab_proof *it, void *context)
{
    char name[2 * LAB_NAME];
    (void)context;
    snprintf(name, sizeof name, it->element < 0 ? "%s" : "%s, element %lld", it->name,
             (long long)it->element);
    printf("  %-20s", name);
    if (it->has_gradient) {
        print_number(it->gradient);
    } else {
        printf(" %14s", "None");
    }
    print_number(it->nudged);
    printf("%s\n", it->has_gradient ? "" : "   (no path leads here)");
}

/* Each gradient beside (f(x + h) - f(x - h)) / 2h. */
static void prove(lab_program *p)
{
    printf("\nGradients, and what nudging each number by %g up and down gives:\n",
           lab_step_of_slope(p));
    lab_prove(p, print_proof, NULL);
}

typedef bool writer(const void *what, FILE *stream);

static bool write_dot(const void *root, FILE *stream)
{
    reel_tape_dot(root, stream);
    return true;
}

static bool write_json(const void *root, FILE *stream)
{
    return reel_tape_json(root, stream) == REEL_OK;
}

/* A tape with the program that it is of, and what its page asks for. */
typedef struct shown_tape {
    lab_program *program;
    const reel_tensor *root;
    const char *ask;
} shown_tape;

/* Called as its statements are. */
static bool write_html(const void *what, FILE *stream)
{
    const shown_tape *it = what;
    const lab_program *p = it->program;
    char title[LAB_PROGRAM] = "";
    for (int i = 0; i < p->count; i++) {
        const size_t at = strlen(title);
        if (!lab_gives_number(p->pieces[i])) {
            snprintf(title + at, sizeof title - at, "%s%s", at ? "; " : "", p->pieces[i]);
        }
    }
    return lab_write_page(it->program, it->root, title, it->ask, stream);
}

static bool write_file(const request *q, reel *r, const char *path, writer *write, const void *what)
{
    if (!path) {
        return true;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    bool done = stream && write(what, stream);
    done = stream && fclose(stream) == 0 && done && output_write(r, path, text, size);
    if (!done) {
        fprintf(stderr, "%s: %s\n", q->name,
                reel_failed(r) ? reel_error(r) : "there is no memory for what it writes");
    }
    free(text);
    return done;
}

static bool show(const request *q, lab_program *p, const reel_tensor *root)
{
    const bool to_files = q->dot || q->json || q->html;
    if (q->table) {
        reel_tape_print(p->r, stdout);
    } else if (q->ask && !to_files) {
        return explain_ask_program(p, root, strcmp(q->ask, "all") == 0);
    } else if (!to_files) {
        reel_tape_explain(root, stdout);
        prove(p);
    }
    return write_file(q, p->r, q->dot, write_dot, root) &&
           write_file(q, p->r, q->json, write_json, root) &&
           write_file(q, p->r, q->html, write_html, &(shown_tape){p, root, q->ask ? q->ask : ""});
}

static bool run(request *q, reel *r)
{
    if (q->draws) {
        q->count = lab_draw_values(q->pieces, q->count, PIECES, q->drawn, q->constants, q->seed);
    }
    lab_program p = {.r = r,
                     .dtype = q->single ? REEL_F32 : REEL_F64,
                     .pieces = q->pieces,
                     .count = q->count,
                     .constants = q->constants};
    reel_retain_all_grads(r, true);
    reel_set_trace(r, true);
    reel_tensor *root = lab_read_inputs(&p) ? lab_run_program(&p) : NULL;
    if (!root || !lab_go_back(&p, root)) {
        return complain_of(q, &p);
    }
    return show(q, &p, root);
}

/* A lesson with the seed of its questions. */
typedef struct shown_lesson {
    const lab_lesson *lesson;
    uint64_t seed;
} shown_lesson;

static bool write_lesson(const void *what, FILE *stream)
{
    const shown_lesson *it = what;
    lab_write_lesson(it->lesson, it->seed, stream);
    return true;
}

static bool show_lesson(const request *q, reel *r)
{
    lab_lesson *lesson = lab_find_lesson(r, q->lesson, 0);
    bool done = true;
    if (!lesson) {
        fprintf(stderr, "%s: there is no lesson '%s'; there are:\n", q->name, q->lesson);
        lab_print_lessons(stderr);
        return false;
    }
    if (q->ask && !q->html) {
        done = explain_ask_lesson(lesson, q->seed);
    } else if (q->html) {
        done = write_file(q, r, q->html, write_lesson, &(shown_lesson){lesson, q->seed});
    } else {
        lab_print_lesson(lesson, q->seed, stdout);
    }
    free(lesson);
    return done;
}

static bool do_as_asked(request *q, reel *r)
{
    if (q->lessons) {
        lab_print_lessons(stdout);
        return true;
    }
    return q->lesson ? show_lesson(q, r) : run(q, r);
}

int explain(int argc, char **argv)
{
    request q = {.name = argv[0]};
    argp_parse(&explain_parser, argc, argv, 0, NULL, &q);
    reel *r = lab_reel();
    if (!r) {
        fprintf(stderr, "%s: out of memory\n", q.name);
        return 1;
    }
    bool done = do_as_asked(&q, r);
    reel_free(r);
    if (done && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "%s: standard output: %s\n", q.name, strerror(errno));
        done = false;
    }
    return done ? 0 : 1;
}
