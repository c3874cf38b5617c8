/* SPDX-License-Identifier: MIT */
/* A model in C99. */
#include "export_c.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
void put_c_string(FILE *to, const char *text)
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

static void put_member(const writing *w, size_t column)
{
    fputs("row->", w->to);
    put_identifier(w, column);
}

/* Whether a text is the row's. */
static void put_same(const writing *w, size_t column, const char *text)
{
    fprintf(w->to, "%s_same(", w->name);
    put_member(w, column);
    fputs(", ", w->to);
    put_c_string(w->to, text);
    fputc(')', w->to);
}

/* 1 where there is a text, and none of those that have a feature. */
static void put_others(const writing *w, size_t column)
{
    fputc('(', w->to);
    put_member(w, column);
    fputs(" ? 1", w->to);
    for (size_t k = 0; k < w->columns[column].texts; k++) {
        fputs(" - ", w->to);
        put_same(w, column, exported_category(w->m, &w->columns[column], k));
    }
    fputs(" : 0)", w->to);
}

/* The number that a feature is, NAN where it is missing, or 0 or 1. */
static void put_value(const writing *w, const reel_feature *it)
{
    FILE *to = w->to;
    switch (it->kind) {
    case REEL_FEATURE_TEXT:
        put_same(w, it->column, it->text);
        break;
    case REEL_FEATURE_OTHERS:
        put_others(w, it->column);
        break;
    case REEL_FEATURE_MISSING:
        fputc('(', to);
        put_member(w, it->column);
        fputs(" ? 0 : 1)", to);
        break;
    case REEL_FEATURE_YEAR:
        fputc('(', to);
        put_member(w, it->column);
        fputs(" != ", to);
        put_member(w, it->column);
        fprintf(to, " ? NAN : %s_date(", w->name);
        put_member(w, it->column);
        fputs(", 0))", to);
        break;
    case REEL_FEATURE_NUMBER:
    case REEL_FEATURE_TREND:
        put_member(w, it->column);
        fputs(it->kind == REEL_FEATURE_TREND ? " / 86400" : "", to);
        break;
    default:
        fprintf(to, "(%s_date(", w->name);
        put_member(w, it->column);
        fprintf(to, ", %d) == %d ? 1 : 0)", (int)(it->kind - REEL_FEATURE_YEAR), it->value);
    }
}

static bool is_number(const reel_feature *it)
{
    return it->kind == REEL_FEATURE_NUMBER || it->kind == REEL_FEATURE_TREND ||
           it->kind == REEL_FEATURE_YEAR;
}

static void put_array(const writing *w, const double *x, int n)
{
    for (int i = 0; i < n; i++) {
        fprintf(w->to, "%s%.17g", i ? ", " : "", x[i]);
    }
}

/* The beginning of the call of a function that gives NAN where it has no value. */
static void put_function(const writing *w, size_t f, size_t k, const reel_factor *it)
{
    static const char *const names[] = {"", "log", "log1p", "sqrt", "exp"};
    if (it->function == REEL_FUNCTION_POWER) {
        fprintf(w->to, "%s_power(%d, ", w->name, it->degree);
    } else if (it->function == REEL_FUNCTION_POLY) {
        fprintf(w->to, "%s_poly(%d, centers%zu_%zu, norms%zu_%zu, ", w->name, it->degree, f, k, f,
                k);
    } else {
        fprintf(w->to, "%s_%s(", w->name, names[it->function]);
    }
}

/* A missing number is the median; what a function has no value of is what the median's is. */
static void put_factor(const writing *w, size_t f, size_t k, const reel_factor *it)
{
    bool number = is_number(&it->feature), function = it->function != REEL_FUNCTION_NONE;
    if (function) {
        fprintf(w->to, "%s_or(", w->name);
        put_function(w, f, k, it);
    }
    number ? fprintf(w->to, "%s_or(", w->name) : 0;
    put_value(w, &it->feature);
    number ? fprintf(w->to, ", %.17g)", it->feature.median) : 0;
    if (function) {
        fputs("), ", w->to);
        put_function(w, f, k, it);
        fprintf(w->to, "%.17g))", it->feature.median);
    }
}

/* x[f] = (a * b - mean) / scale */
static void put_term(const writing *w, size_t f)
{
    reel_feature it = reel_encoder_feature(w->m->encoder, f);
    fprintf(w->to, "    x[%zu] = (%s)(((double)", f, w->real);
    for (size_t k = 0; k < reel_encoder_factors(w->m->encoder, f); k++) {
        reel_factor factor = reel_encoder_factor(w->m->encoder, f, k);
        fputs(k ? " * (double)" : "", w->to);
        put_factor(w, f, k, &factor);
    }
    fprintf(w->to, " - %.17g) / %.17g);\n", it.mean, it.scale);
}

/* x[f] = what feature f is of the row. */
static void put_feature(const writing *w, size_t f)
{
    reel_feature it = reel_encoder_feature(w->m->encoder, f);
    if (it.kind == REEL_FEATURE_TERM) {
        put_term(w, f);
        return;
    }
    fprintf(w->to, "    x[%zu] = ", f);
    if (is_number(&it)) {
        fprintf(w->to, "%s_number(", w->name);
        put_value(w, &it);
        fprintf(w->to, ", %.17g, %.17g, %.17g);\n", it.median, it.mean, it.scale);
    } else {
        put_value(w, &it);
        fputs(";\n", w->to);
    }
}

/* What the terms' functions are made of, as far as they are used. */
static void put_functions(const writing *w)
{
    static const char *const bodies[] = {
        NULL,
        "(double x) { return x > 0 ? log(x) : NAN; }\n",
        "(double x) { return x > -1 ? log1p(x) : NAN; }\n",
        "(double x) { return x >= 0 ? sqrt(x) : NAN; }\n",
        "(double x) { return exp(x); }\n",
        "(int n, double x) { return pow(x, n); }\n",
        "(int n, const double *centers, const double *norms, double x)\n{\n"
        "    double before = 0, now = 1;\n    int k;\n    for (k = 1; k <= n; k++) {\n"
        "        double next = (x - centers[k - 1]) * now -\n"
        "                      (k > 1 ? norms[k - 1] / norms[k - 2] : 0) * before;\n"
        "        before = now;\n        now = next;\n    }\n    return now / sqrt(norms[n]);\n}\n"};
    static const char *const names[] = {"", "log", "log1p", "sqrt", "exp", "power", "poly"};
    bool used[REEL_FUNCTION_POLY + 1] = {false}, numbers = false;
    for (size_t f = 0; f < reel_encoder_features(w->m->encoder); f++) {
        for (size_t k = 0; k < reel_encoder_factors(w->m->encoder, f); k++) {
            reel_factor it = reel_encoder_factor(w->m->encoder, f, k);
            used[it.function] = true;
            numbers = numbers || is_number(&it.feature);
        }
    }
    if (numbers) {
        fprintf(w->to, "static double %s_or(double x, double y) { return x == x ? x : y; }\n",
                w->name);
    }
    for (int i = 1; i <= REEL_FUNCTION_POLY; i++) {
        used[i] ? fprintf(w->to, "static double %s_%s%s", w->name, names[i], bodies[i]) : 0;
    }
    fputs(numbers ? "\n" : "", w->to);
}

/* The polynomials' numbers, at the beginning of the encoder. */
static void put_polynomials(const writing *w)
{
    for (size_t f = 0; f < reel_encoder_features(w->m->encoder); f++) {
        for (size_t k = 0; k < reel_encoder_factors(w->m->encoder, f); k++) {
            reel_factor it = reel_encoder_factor(w->m->encoder, f, k);
            if (it.function == REEL_FUNCTION_POLY) {
                fprintf(w->to, "    static const double centers%zu_%zu[] = {", f, k);
                put_array(w, it.centers, it.degree);
                fprintf(w->to, "}, norms%zu_%zu[] = {", f, k);
                put_array(w, it.norms, it.degree + 1);
                fputs("};\n", w->to);
            }
        }
    }
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
    put_functions(w);
    if (has_kind(w, false) && !reel_encoder_factors(w->m->encoder, 0)) {
        fprintf(to,
                "static %s %s_number(double x, double median, double mean, double scale)\n{\n"
                "    return (%s)(((x == x ? x : median) - mean) / scale);\n}\n\n",
                w->real, w->name, w->real);
    }
    if (has_dates(w)) {
        put_calendar(w);
    }
    fprintf(to, "static void %s_encode(const %s_row *row, %s *x)\n{\n", w->name, w->name, w->real);
    put_polynomials(w);
    for (size_t f = 0; f < reel_encoder_features(w->m->encoder); f++) {
        put_feature(w, f);
    }
    fputs("}\n\n", to);
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
    put_c_declarations(&w);
    bool done = put_c_layers(&w);
    if (done) {
        put_encoder(&w);
        put_c_net(&w);
        done = put_c_self_test(&w);
        fprintf(to, "\n#ifdef %s_MAIN\nint main(void) { return %s_self_test(); }\n#endif\n", name,
                name);
    }
    free(w.columns);
    reel_rewind(s->r);
    return done;
}
