/* SPDX-License-Identifier: MIT */
/* Expressions in C and in Python: the same descent as expression.c's, which has found the text to
 * be right before. In C an operation's name goes before what is written already. */
#include "code.h"
#include "compiler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct writing {
    lab_text *to;
    const char *at;
    bool python, single;
} writing;

static void put(lab_text *t, size_t where, const char *format, va_list arguments)
{
    char piece[LAB_PROGRAM];
    const int length = vsnprintf(piece, sizeof piece, format, arguments);
    if (t->failed || length < 0 || (size_t)length >= sizeof piece) {
        t->failed = true;
        return;
    }
    if (t->length + (size_t)length + 1 > t->room) {
        const size_t room = 2 * t->room + (size_t)length + 256;
        char *more = realloc(t->text, room);
        t->failed = !more;
        if (!more) {
            return;
        }
        t->text = more;
        t->room = room;
    }
    memmove(t->text + where + length, t->text + where, t->length - where);
    memcpy(t->text + where, piece, (size_t)length);
    t->length += (size_t)length;
    t->text[t->length] = '\0';
}

void lab_write(lab_text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put(t, t->length, format, arguments);
    va_end(arguments);
}

void lab_insert(lab_text *t, size_t where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put(t, where, format, arguments);
    va_end(arguments);
}

const char *lab_free_name(char to[LAB_PIECE], const char *name, size_t length)
{
    static const char taken[] = " r i F torch for in is if else while int long main lambda del def "
                                "not and or as do auto char return double float const case break ";
    char word[LAB_PIECE];
    snprintf(word, sizeof word, " %.*s ", (int)length, name);
    snprintf(to, LAB_PIECE, "%.*s%s", (int)length, name, strstr(taken, word) ? "_" : "");
    return to;
}

static const char *shape_of(char shape[LAB_PIECE], const char *list, size_t length)
{
    size_t opened[8] = {0}, numbers = 0, deepest = 0, depth = 0;
    for (size_t i = 0; i < length; i++) {
        if (list[i] == '[' && depth < 7) {
            opened[depth++]++;
            deepest = depth > deepest ? depth : deepest;
        }
        depth -= list[i] == ']' && depth > 0;
        numbers += strchr("0123456789.", list[i]) && (i == 0 || strchr("[,- ", list[i - 1]));
    }
    opened[deepest] = numbers;
    shape[0] = '\0';
    for (size_t d = 0; d < deepest; d++) {
        snprintf(shape + strlen(shape), LAB_PIECE - strlen(shape), "%s%zu", d ? ", " : "",
                 opened[d + 1] / opened[d]);
    }
    return shape;
}

static void write_list(lab_text *t, const char *list, size_t length, bool python, bool single)
{
    char shape[LAB_PIECE];
    if (python) {
        lab_write(t, "torch.tensor(%.*s, dtype=torch.float%s)", (int)length, list,
                  single ? "32" : "64");
        return;
    }
    lab_write(t, single ? "reel_from_f32(r, (float[]){" : "reel_from_f64(r, (double[]){");
    for (size_t i = 0; i < length; i++) {
        if (!strchr("[]", list[i])) {
            lab_write(t, "%c", list[i]);
        }
    }
    lab_write(t, "}, REEL_SHAPE(%s))", shape_of(shape, list, length));
}

void lab_write_value(lab_text *t, const char *value, bool python, bool single)
{
    value += strspn(value, " \t");
    if (*value == '[') {
        write_list(t, value, (size_t)(strrchr(value, ']') - value) + 1, python, single);
    } else if (python) {
        lab_write(t, "torch.tensor(%s, dtype=torch.float%s)", value, single ? "32" : "64");
    } else {
        lab_write(t, "reel_scalar(r, REEL_F%s, %s)", single ? "32" : "64", value);
    }
}

static void sum(writing *w);

static bool takes(writing *w, const char *mark)
{
    w->at += strspn(w->at, " \t\r");
    const bool there = strncmp(w->at, mark, strlen(mark)) == 0;
    w->at += there ? strlen(mark) : 0;
    return there;
}

/* An operation on what is written from `start` on and on what `read` writes. */
static void binary(writing *w, size_t start, const char *python, const char *c,
                   void (*read)(writing *w))
{
    if (!w->python) {
        lab_insert(w->to, start, "%s(", c);
    }
    lab_write(w->to, "%s", w->python ? python : ", ");
    read(w);
    lab_write(w->to, "%s", w->python ? "" : ")");
}

/* Names that are not torch.name and reel_name(x). */
static const struct {
    const char *name;
    int arguments;
    const char *python, *c, *more; /* and what else C's function is given */
} functions[] = {
    {"leaky_relu", 1, "F.leaky_relu", "reel_leaky_relu", ", 0.01"},
    {"mse_loss", 2, "F.mse_loss", "reel_mse_loss", ", REEL_MEAN"},
    {"l1_loss", 2, "F.l1_loss", "reel_l1_loss", ", REEL_MEAN"},
    {"detach", 1, "torch.Tensor.detach", "reel_detach", ""},
    {"max", 2, "torch.maximum", "reel_maximum", ""},
    {"min", 2, "torch.minimum", "reel_minimum", ""},
    {"sum", 2, "torch.sum", "reel_sum_dim", ""},
    {"mean", 2, "torch.mean", "reel_mean_dim", ""},
};

static void call(writing *w, const char *name, size_t length)
{
    const size_t start = w->to->length;
    int arguments = 0;
    do {
        lab_write(w->to, "%s", arguments++ ? ", " : "");
        const size_t begin = w->to->length;
        w->at += strspn(w->at, " \t");
        const char *from = w->at;
        sum(w);
        if (arguments == 2 && !w->python && length <= 4 &&
            (strncmp(name, "sum", length) == 0 || strncmp(name, "mean", length) == 0)) {
            w->to->length = begin; /* the dim is a number */
            lab_write(w->to, "(int64_t[]){%.*s}, 1, false", (int)(w->at - from), from);
        }
    } while (takes(w, ","));
    takes(w, ")");
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strlen(functions[i].name) == length && functions[i].arguments == arguments &&
            strncmp(functions[i].name, name, length) == 0) {
            lab_insert(w->to, start, "%s(", w->python ? functions[i].python : functions[i].c);
            lab_write(w->to, "%s)", w->python ? "" : functions[i].more);
            return;
        }
    }
    lab_insert(w->to, start, "%s%.*s(", w->python ? "torch." : "reel_", (int)length, name);
    lab_write(w->to, ")");
}

static bool in_name(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void named(writing *w)
{
    char own[LAB_PIECE];
    const char *name = w->at;
    while (in_name(*w->at)) {
        w->at++;
    }
    const size_t length = (size_t)(w->at - name);
    if (takes(w, "(")) {
        call(w, name, length);
    } else {
        lab_write(w->to, "%s", lab_free_name(own, name, length));
    }
}

static void list(writing *w)
{
    const char *start = w->at;
    int depth = 0;
    do {
        depth += (*w->at == '[') - (*w->at == ']');
        w->at++;
    } while (depth > 0 && *w->at);
    write_list(w->to, start, (size_t)(w->at - start), w->python, w->single);
}

static void number(writing *w)
{
    const char *start = w->at;
    w->at += strspn(w->at, "0123456789.");
    if (*w->at == 'e' || *w->at == 'E') {
        w->at += 1 + strspn(w->at + 1, "+-0123456789");
    }
    lab_write(w->to, w->python ? "%.*s" : "reel_number(r, %.*s)", (int)(w->at - start), start);
}

static void value(writing *w)
{
    w->at += strspn(w->at, " \t\r");
    if (*w->at == '[') {
        list(w);
    } else if (takes(w, "(")) {
        lab_write(w->to, "%s", w->python ? "(" : "");
        sum(w);
        takes(w, ")");
        lab_write(w->to, "%s", w->python ? ")" : "");
    } else if (strchr("0123456789.", *w->at)) {
        number(w);
    } else {
        named(w);
    }
}

/* a^2 is a square, as the tape has it. */
static bool takes_square(writing *w)
{
    w->at += strspn(w->at, " \t\r");
    const bool there = *w->at == '2' && !in_name(w->at[1]) && w->at[1] != '.';
    w->at += there;
    return there;
}

static void sign(writing *w)
{
    const size_t start = w->to->length;
    if (takes(w, "-")) {
        lab_write(w->to, w->python ? "-" : "reel_neg(");
        sign(w);
        lab_write(w->to, "%s", w->python ? "" : ")");
        return;
    }
    value(w);
    if (takes(w, "^") || takes(w, "**")) {
        if (!w->python && takes_square(w)) {
            lab_insert(w->to, start, "reel_square(");
            lab_write(w->to, ")");
        } else {
            binary(w, start, " ** ", "reel_pow", sign);
        }
    }
}

static void product(writing *w)
{
    const size_t start = w->to->length;
    sign(w);
    for (;;) {
        if (takes(w, "*")) {
            binary(w, start, " * ", "reel_mul", sign);
        } else if (takes(w, "/")) {
            binary(w, start, " / ", "reel_div", sign);
        } else if (takes(w, "@")) {
            binary(w, start, " @ ", "reel_matmul", sign);
        } else {
            return;
        }
    }
}

static void sum(writing *w)
{
    const size_t start = w->to->length;
    product(w);
    for (;;) {
        if (takes(w, "+")) {
            binary(w, start, " + ", "reel_add", product);
        } else if (takes(w, "-")) {
            binary(w, start, " - ", "reel_sub", product);
        } else if (takes(w, "<")) {
            binary(w, start, " < ", "reel_lt", sum);
        } else if (takes(w, ">")) {
            binary(w, start, " > ", "reel_gt", sum);
        } else {
            return;
        }
    }
}

static void statement(writing *w, const char *indent, char last[LAB_PIECE])
{
    const char *name = w->at, *end = name;
    while (in_name(*end)) {
        end++;
    }
    const char *after = end + strspn(end, " \t");
    if (*after == '=') {
        lab_free_name(last, name, (size_t)(end - name));
        w->at = after + 1;
    } else {
        snprintf(last, LAB_PIECE, "result");
    }
    lab_write(w->to, "%s%s%s = ", indent, w->python ? "" : "reel_tensor *", last);
    sum(w);
    lab_write(w->to, w->python ? "\n" : ";\n");
    w->at += strcspn(w->at, ";\n");
}

void lab_write_statements(lab_text *t, const char *program, const char *indent, bool python,
                          bool single, char last[LAB_PIECE])
{
    writing w = {.to = t, .at = program, .python = python, .single = single};
    for (;;) {
        w.at += strspn(w.at, " \t\r\n;");
        if (*w.at == '\0') {
            return;
        }
        if (*w.at == '#') {
            w.at += strcspn(w.at, "\n");
        } else {
            statement(&w, indent, last);
        }
    }
}
