/* SPDX-License-Identifier: MIT */
/* A model in C99. */
#include "export.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What is being written, and in which words. */
typedef struct writing {
    session *s;
    const model *m;
    FILE *to;
    const char *name, *real; /* the prefix of all names; float or double */
    exported_column *columns;
    size_t count;
} writing;

/* In the order of activation_names; F stands for the suffix of float's functions. */
static const char *const activations[] = {
    "x > 0 ? x : 0",
    "tanhF(x)",
    "1 / (1 + expF(-x))",
    "x / 2 * (1 + erfF(x * (REAL)0.70710678118654752))",
    "x / (1 + expF(-x))",
    "x > 0 ? x : (REAL)0.01 * x",
    "x > 0 ? x : expm1F(x)",
    "(REAL)1.0507009873554805 * (x > 0 ? x : (REAL)1.6732632423543772 * expm1F(x))",
    "x > 0 ? x : expm1F(x)",
    "x > 20 ? x : log1pF(expF(x))",
    "x * tanhF(x > 20 ? x : log1pF(expF(x)))",
    "x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6",
    "x / (1 + (x > 0 ? x : -x))",
    "x < 0 ? 0 : x > 6 ? 6 : x",
};

static bool in_double(const writing *w) { return w->m->shape.dtype == REEL_F64; }

/* A column's name with _ for each byte that no identifier has. */
static void to_identifier(const char *name, char *to, size_t size)
{
    size_t length = 0;
    if (!isalpha((unsigned char)*name)) {
        to[length++] = 'c';
    }
    for (; *name && length + 1 < size; name++) {
        to[length++] = isalnum((unsigned char)*name) ? *name : '_';
    }
    to[length] = '\0';
}

static bool is_keyword(const char *name)
{
    static const char *const all[] = {
        "auto",     "break",  "case",   "char",     "const",    "continue", "default",  "do",
        "double",   "else",   "enum",   "extern",   "float",    "for",      "goto",     "if",
        "inline",   "int",    "long",   "register", "restrict", "return",   "short",    "signed",
        "sizeof",   "static", "struct", "switch",   "typedef",  "union",    "unsigned", "void",
        "volatile", "while",  "class",  "new",      "delete",   "this",     "NULL",     "NAN"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* With the column's number where the name is taken. */
static void put_identifier(const writing *w, size_t column)
{
    char name[64], other[64];
    to_identifier(w->columns[column].name, name, sizeof name);
    bool taken = is_keyword(name);
    for (size_t i = 0; i < w->count && !taken; i++) {
        to_identifier(w->columns[i].name, other, sizeof other);
        taken = i != column && strcmp(name, other) == 0;
    }
    taken ? fprintf(w->to, "%s_%zu", name, column + 1) : fputs(name, w->to);
}

/* A string literal in ASCII. */
static void put_string(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '?';
        plain ? fputc(c, to) : fprintf(to, "\\%03o", c);
    }
    fputc('"', to);
}

/* A name in a comment, which nothing in it ends. */
static void put_comment(FILE *to, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        fputc(c < ' ' || c == 127 || c == '*' || c == '\\' ? '_' : c, to);
    }
}

static void put_number(const writing *w, double x)
{
    in_double(w) ? fprintf(w->to, "%.17g", x) : fprintf(w->to, "%.8ef", x);
}

static void put_numbers(const writing *w, const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        fputs(i == 0 ? "\n    " : i % 5 ? ", " : ",\n    ", w->to);
        put_number(w, x[i]);
    }
}

/* A parameter as a static array. */
static bool put_tensor(const writing *w, const char *name, const char *as, int64_t place)
{
    reel_tensor *t = reel_parameter(w->m->net, name);
    int64_t n = reel_numel(t);
    double *values = malloc((size_t)n * sizeof *values);
    bool done = values && reel_to_f64(t, values, n) == REEL_OK;
    if (done) {
        fprintf(w->to, "static const %s %s_%s%" PRId64 "[%" PRId64 "] = {", w->real, w->name, as,
                place, n);
        put_numbers(w, values, n);
        fputs("};\n", w->to);
    }
    free(values);
    return done || complain(w->s, "there is no memory to write the model");
}

static bool has_dates(const writing *w)
{
    bool any = false;
    for (size_t i = 0; i < w->count; i++) {
        any = any || w->columns[i].date;
    }
    return any;
}

static void put_row(const writing *w)
{
    fprintf(w->to,
            "/* A row: NAN for a number that is missing, NULL for a text.%s */\n"
            "typedef struct %s_row {\n",
            has_dates(w)
                ? " A date is in seconds since 1970-01-01 00:00,\n * by the clock that the "
                  "table was written by: what timegm gives; NAN for a missing one."
                : "",
            w->name);
    for (size_t i = 0; i < w->count; i++) {
        fputs(w->columns[i].text ? "    const char *" : "    double ", w->to);
        put_identifier(w, i);
        fputs("; /* ", w->to);
        put_comment(w->to, w->columns[i].name);
        fputs(" */\n", w->to);
    }
    fprintf(w->to, "} %s_row;\n\n", w->name);
}

/* The calendar, as src/table/date.c has it. */
static void put_calendar(const writing *w)
{
    fprintf(w->to,
            "/* Part of a date: 0 the year, 1 the month, 2 the day of the week from Monday, 3 the "
            "hour; "
            "-1 for NAN. */\n"
            "static int %s_date(double s, int part)\n{\n"
            "    long days, z, era, doe, yoe, doy, month;\n"
            "    if (s != s) {\n        return -1;\n    }\n"
            "    days = (long)(s / 86400);\n    days -= (double)days * 86400 > s;\n"
            "    z = days + 719468;\n    era = (z >= 0 ? z : z - 146096) / 146097;\n"
            "    doe = z - era * 146097;\n"
            "    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;\n"
            "    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);\n"
            "    month = (5 * doy + 2) / 153;\n"
            "    month = month < 10 ? month + 3 : month - 9;\n"
            "    return part == 0   ? (int)(yoe + era * 400 + (month <= 2))\n"
            "           : part == 1 ? (int)month\n"
            "           : part == 2 ? (int)(((days + 3) %% 7 + 7) %% 7)\n"
            "                       : (int)((s - (double)days * 86400) / 3600);\n}\n\n",
            w->name);
}

/* x[f] = what feature f is of the row. */
static void put_feature(const writing *w, size_t f, const exported_column *c)
{
    FILE *to = w->to;
    reel_feature it = reel_encoder_feature(w->m->encoder, f);
    fprintf(to, "    x[%zu] = ", f);
    if (it.kind == REEL_FEATURE_OTHERS) { /* what is there, and in none of the features before */
        fputs("row->", to);
        put_identifier(w, it.column);
        fputs(" ? 1", to);
        for (size_t k = 0; k < c->texts; k++) {
            fprintf(to, " - x[%zu]", c->first + k);
        }
        fputs(" : 0;\n", to);
        return;
    }
    bool number = it.kind == REEL_FEATURE_NUMBER || it.kind == REEL_FEATURE_TREND;
    if (number || it.kind == REEL_FEATURE_TEXT) {
        fprintf(to, "%s_%s(row->", w->name, number ? "number" : "same");
    } else if (it.kind == REEL_FEATURE_YEAR) {
        fprintf(to, "%s_number(row->", w->name);
        put_identifier(w, it.column);
        fputs(" != row->", to);
        put_identifier(w, it.column);
        fprintf(to, " ? NAN : %s_date(row->", w->name);
    } else {
        fprintf(to, it.kind == REEL_FEATURE_MISSING ? "row->" : "%s_date(row->", w->name);
    }
    put_identifier(w, it.column);
    switch (it.kind) {
    case REEL_FEATURE_TEXT:
        fputs(", ", to);
        put_string(to, it.text);
        fputs(")", to);
        break;
    case REEL_FEATURE_MISSING:
        fputs(" ? 0 : 1", to);
        break;
    case REEL_FEATURE_NUMBER:
    case REEL_FEATURE_TREND:
    case REEL_FEATURE_YEAR:
        fprintf(to, "%s, %.17g, %.17g, %.17g)",
                it.kind == REEL_FEATURE_TREND  ? " / 86400"
                : it.kind == REEL_FEATURE_YEAR ? ", 0)"
                                               : "",
                it.median, it.mean, it.scale);
        break;
    default:
        fprintf(to, ", %d) == %d ? 1 : 0", (int)(it.kind - REEL_FEATURE_YEAR), it.value);
    }
    fputs(";\n", to);
}

static bool has_kind(const writing *w, bool text)
{
    bool any = false;
    for (size_t i = 0; i < w->count; i++) {
        any = any || (text ? w->columns[i].texts > 0 : !w->columns[i].text);
    }
    return any;
}

static void put_encoder(const writing *w)
{
    FILE *to = w->to;
    fputs("\n#ifndef NULL\n#define NULL ((void *)0)\n#endif\n\n", to);
    if (has_kind(w, true)) {
        fprintf(to,
                "static %s %s_same(const char *a, const char *b)\n{\n"
                "    while (a && *a && *a == *b) {\n        a++;\n        b++;\n    }\n"
                "    return a && *a == *b ? 1 : 0;\n}\n\n",
                w->real, w->name);
    }
    if (has_kind(w, false)) {
        fprintf(to,
                "static %s %s_number(double x, double median, double mean, double scale)\n{\n"
                "    return (%s)(((x == x ? x : median) - mean) / scale);\n}\n\n",
                w->real, w->name, w->real);
    }
    if (has_dates(w)) {
        put_calendar(w);
    }
    fprintf(to, "static void %s_encode(const %s_row *row, %s *x)\n{\n", w->name, w->name, w->real);
    for (size_t f = 0; f < reel_encoder_features(w->m->encoder); f++) {
        put_feature(w, f, &w->columns[reel_encoder_feature(w->m->encoder, f).column]);
    }
    fputs("}\n\n", to);
}

static void put_activation(const writing *w)
{
    fprintf(w->to, "static %s %s_activation(%s x)\n{\n    return ", w->real, w->name, w->real);
    for (const char *at = activations[w->m->shape.activation]; *at; at++) {
        if (*at == 'F') {
            fputs(in_double(w) ? "" : "f", w->to);
        } else if (strncmp(at, "REAL", 4) == 0) {
            fputs(w->real, w->to);
            at += 3;
        } else {
            fputc(*at, w->to);
        }
    }
    fputs(";\n}\n\n", w->to);
}

static void put_dense(const writing *w)
{
    fprintf(w->to,
            "/* y = W x + b, W row by row */\n"
            "static void %s_dense(int rows, int columns, const %s *W, const %s *b, const %s *x, "
            "%s *y)\n{\n    int i, j;\n    for (i = 0; i < rows; i++) {\n        %s sum = 0;\n"
            "        for (j = 0; j < columns; j++) {\n            sum += W[i * columns + j] * x[j];"
            "\n        }\n        y[i] = sum + b[i];\n    }\n}\n\n",
            w->name, w->real, w->real, w->real, w->real, w->real);
}

static void put_predict(const writing *w)
{
    const network_shape *shape = &w->m->shape;
    int64_t width = shape->features, widest = width;
    for (size_t i = 0; i < shape->hidden_count; i++) {
        widest = shape->hidden[i] > widest ? shape->hidden[i] : widest;
    }
    fprintf(w->to,
            "double %s_predict(const %s_row *row)\n{\n    %s x[%" PRId64 "], y[%" PRId64 "];\n"
            "%s    %s_encode(row, x);\n",
            w->name, w->name, w->real, widest, shape->hidden_count ? widest : 1,
            shape->hidden_count ? "    int i;\n" : "", w->name);
    for (size_t i = 0; i <= shape->hidden_count; i++) {
        bool last = i == shape->hidden_count;
        int64_t rows = last ? 1 : shape->hidden[i];
        fprintf(w->to, "    %s_dense(%" PRId64 ", %" PRId64 ", %s_weight%zu, %s_bias%zu, x, y);\n",
                w->name, rows, width, w->name, i, w->name, i);
        if (!last) {
            fprintf(w->to,
                    "    for (i = 0; i < %" PRId64 "; i++) {\n"
                    "        x[i] = %s_activation(y[i]);\n    }\n",
                    rows, w->name);
        }
        width = rows;
    }
    static const char *const undone[] = {"", "exp(", "expm1(", "", "1 / (1 + exp(-(", "exp("};
    double mean = reel_encoder_target_mean(w->m->encoder);
    double scale = reel_encoder_target_scale(w->m->encoder);
    reel_transform transform = reel_encoder_transform(w->m->encoder);
    if (transform == REEL_TRANSFORM_SQRT) {
        fprintf(w->to,
                "    double root = %.17g + %.17g * (double)y[0];\n"
                "    return root > 0 ? root * root : 0;\n}\n",
                mean, scale);
    } else {
        bool plain = transform == REEL_TRANSFORM_NONE;
        fprintf(w->to, "    return %s%.17g + %.17g * (double)y[0]%s;\n}\n", undone[transform], mean,
                scale,
                plain                                  ? ""
                : transform == REEL_TRANSFORM_LOGISTIC ? ")))"
                                                       : ")");
    }
}

enum { TESTED = 3 };

/* Number j of test row i: something near what it was trained on. */
static double test_number(const writing *w, size_t feature, size_t i)
{
    return reel_encoder_median(w->m->encoder, feature) +
           ((double)i - 1) * (0.5 + (double)(feature % 3) / 4) *
               reel_encoder_scale(w->m->encoder, feature);
}

/* The date of test row i, in seconds: near the trend's or the year's median, or in 2024. */
static double test_date(const writing *w, const exported_column *column, size_t i)
{
    enum { DAY = 86400, IN_2024 = 19800, SOME_DAYS = 40, SOME_HOURS = 5 };
    reel_feature it = reel_encoder_feature(w->m->encoder, column->first);
    double days = it.kind == REEL_FEATURE_TREND  ? floor(it.median)
                  : it.kind == REEL_FEATURE_YEAR ? floor(365.2425 * (it.median - 1969.5))
                                                 : IN_2024;
    return days * DAY + (double)i * (SOME_DAYS * DAY + SOME_HOURS * 3600);
}

/* A feature of test row i, before it is scaled. */
static double test_feature(const writing *w, size_t feature, size_t i)
{
    reel_feature it = reel_encoder_feature(w->m->encoder, feature);
    const exported_column *column = &w->columns[it.column];
    if (it.kind == REEL_FEATURE_NUMBER) {
        return test_number(w, feature, i);
    }
    if (!column->date) {
        return it.kind == REEL_FEATURE_TEXT && feature - column->first == i % column->texts;
    }
    double seconds = test_date(w, column, i);
    time_t moment = (time_t)floor(seconds);
    struct tm is = {0};
    gmtime_r(&moment, &is);
    switch (it.kind) {
    case REEL_FEATURE_TREND:
        return seconds / 86400;
    case REEL_FEATURE_YEAR:
        return is.tm_year + 1900;
    case REEL_FEATURE_MONTH:
        return is.tm_mon + 1 == it.value;
    case REEL_FEATURE_WEEKDAY:
        return (is.tm_wday + 6) % 7 == it.value;
    default:
        return is.tm_hour == it.value;
    }
}

/* The net's answers to the test's rows. */
static bool test_answers(const writing *w, double *answers)
{
    const model *m = w->m;
    int64_t k = m->shape.features;
    double *x = calloc((size_t)k * TESTED, sizeof *x);
    for (size_t i = 0; x && i < TESTED; i++) {
        for (size_t f = 0; f < (size_t)k; f++) {
            x[i * (size_t)k + f] = (test_feature(w, f, i) - reel_encoder_mean(m->encoder, f)) /
                                   reel_encoder_scale(m->encoder, f);
        }
    }
    reel_tensor *exact = x ? reel_from_f64(w->s->r, x, 2, (int64_t[]){TESTED, k}) : NULL;
    reel_tensor *input = x ? reel_keep(reel_to(exact, m->shape.dtype)) : NULL;
    bool done = x && network_predict(m->net, input, answers);
    for (int i = 0; done && i < TESTED; i++) {
        answers[i] = reel_encoder_decode(m->encoder, answers[i]);
    }
    if (x) {
        reel_tensor_free(exact);
        reel_tensor_free(input);
    }
    free(x);
    return done || complain(w->s, "there is no memory for the self-test");
}

/* What the answers' errors are compared with. */
static double test_size(const writing *w, const double *answers)
{
    const reel_encoder *e = w->m->encoder;
    double size = reel_encoder_target_scale(e) + fabs(reel_encoder_target_mean(e)) * 1e-3;
    for (int i = 0; i < TESTED && reel_encoder_transform(e); i++) {
        size += fabs(answers[i]);
    }
    return size;
}

static bool put_self_test(const writing *w)
{
    double answers[TESTED] = {0};
    if (!test_answers(w, answers)) {
        return false;
    }
    fprintf(w->to,
            "\n/* How many of %d rows do not get what `reel predict` says of them. */\n"
            "int %s_self_test(void)\n{\n    static const %s_row rows[%d] = {\n",
            TESTED, w->name, w->name, TESTED);
    for (size_t i = 0; i < TESTED; i++) {
        fputs("        {", w->to);
        for (size_t c = 0; c < w->count; c++) {
            const exported_column *column = &w->columns[c];
            fputs(c ? ", " : "", w->to);
            if (column->text) {
                put_string(w->to, exported_category(w->m, column, i % column->texts));
            } else if (column->date) {
                fprintf(w->to, "%.17g", test_date(w, column, i));
            } else {
                fprintf(w->to, "%.17g", test_number(w, column->first, i));
            }
        }
        fputs("},\n", w->to);
    }
    fprintf(w->to,
            "    };\n    static const double expected[%d] = {%.17g, %.17g, %.17g};\n"
            "    int i, wrong = 0;\n    for (i = 0; i < %d; i++) {\n"
            "        double off = %s_predict(&rows[i]) - expected[i];\n"
            "        wrong += !((off < 0 ? -off : off) <= %g);\n    }\n"
            "    return wrong;\n}\n",
            TESTED, answers[0], answers[1], answers[2], TESTED, w->name,
            (in_double(w) ? 1e-10 : 1e-4) * test_size(w, answers));
    return true;
}

static bool put_layers(const writing *w)
{
    const network_shape *shape = &w->m->shape;
    size_t place = 0, step = shape->dropout > 0 ? 3 : 2;
    for (size_t i = 0; i <= shape->hidden_count; i++, place += step) {
        char weight[32], bias[32];
        snprintf(weight, sizeof weight, "%zu.weight", place);
        snprintf(bias, sizeof bias, "%zu.bias", place);
        if (!put_tensor(w, weight, "weight", (int64_t)i) ||
            !put_tensor(w, bias, "bias", (int64_t)i)) {
            return false;
        }
    }
    return true;
}

static void put_head(const writing *w)
{
    fputs("/* Predicts ", w->to);
    put_comment(w->to, reel_encoder_target_name(w->m->encoder));
    fprintf(w->to,
            ". Made by `reel export`.\n"
            " * No allocation, no files, nothing but libm. With -D %s_MAIN it is a program that\n"
            " * tests itself: it exits with 0 if all is well. */\n#include <math.h>\n\n",
            w->name);
}

bool export_c(session *s, const model *m, const char *name, FILE *to)
{
    writing w = {.s = s, .m = m, .to = to, .name = name};
    w.real = m->shape.dtype == REEL_F64 ? "double" : "float";
    w.columns = exported_columns(s, m, &w.count);
    if (!w.columns) {
        return false;
    }
    put_head(&w);
    put_row(&w);
    fprintf(to, "double %s_predict(const %s_row *row);\nint %s_self_test(void);\n\n", name, name,
            name);
    bool done = put_layers(&w);
    if (done) {
        put_encoder(&w);
        if (m->shape.hidden_count) {
            put_activation(&w);
        }
        put_dense(&w);
        put_predict(&w);
        done = put_self_test(&w);
        fprintf(to, "\n#ifdef %s_MAIN\nint main(void) { return %s_self_test(); }\n#endif\n", name,
                name);
    }
    free(w.columns);
    reel_rewind(s->r);
    return done;
}
