/* SPDX-License-Identifier: MIT */
/* reel export: a model in another language. */
#include "export.h"
#include "commands.h"
#include "outputs.h"
#include "report.h"
#include "whitening.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

exported_column *exported_columns(session *s, const model *m, size_t *count)
{
    *count = reel_encoder_columns(m->encoder);
    exported_column *columns = calloc(*count, sizeof *columns);
    if (!columns) {
        complain(s, "there is no memory for the columns");
        return NULL;
    }
    size_t first = 0;
    for (size_t c = 0; c < *count; c++) {
        exported_column *it = &columns[c];
        it->place = c;
        it->first = first;
        it->name = reel_encoder_column(m->encoder, c);
        it->count = reel_encoder_column_features(m->encoder, c);
        it->reference = reel_encoder_reference(m->encoder, c);
        for (size_t k = 0; k < it->count; k++) {
            reel_feature_kind kind = reel_encoder_column_feature(m->encoder, c, k).kind;
            it->text = it->text || (kind >= REEL_FEATURE_TEXT && kind <= REEL_FEATURE_MISSING);
            it->date = it->date || kind >= REEL_FEATURE_TREND;
            it->texts += kind == REEL_FEATURE_TEXT;
            it->missing = it->missing || kind == REEL_FEATURE_MISSING;
        }
        first += it->count;
    }
    return columns;
}

const char *exported_category(const model *m, const exported_column *column, size_t k)
{
    const char *text = reel_encoder_column_feature(m->encoder, column->place, k).text;
    return text ? text : "";
}

/* A text between quotes of one kind, which are doubled within. */
static void put_quoted(FILE *to, char quote, const char *text)
{
    fputc(quote, to);
    for (; text && *text; text++) {
        fputc(*text, to);
        *text == quote ? fputc(quote, to) : 0;
    }
    fputc(quote, to);
}

/* What a feature is, in a formula for people. */
static void put_plain_feature(FILE *to, const exported_column *c, const reel_feature *f)
{
    static const char *const parts[] = {"days", "year", "month", "weekday", "hour"};
    switch (f->kind) {
    case REEL_FEATURE_NUMBER:
        fputs(c->name, to);
        break;
    case REEL_FEATURE_TEXT:
        fprintf(to, "(%s = '%s')", c->name, f->text);
        break;
    case REEL_FEATURE_OTHERS:
        fprintf(to, "(%s is another text)", c->name);
        break;
    case REEL_FEATURE_MISSING:
        fprintf(to, "(%s is missing)", c->name);
        break;
    case REEL_FEATURE_TREND:
    case REEL_FEATURE_YEAR:
        fprintf(to, "%s(%s)", parts[f->kind - REEL_FEATURE_TREND], c->name);
        break;
    default:
        fprintf(to, "(%s(%s) = %d)", parts[f->kind - REEL_FEATURE_TREND], c->name, f->value);
    }
}

/* A text in SQL: a case for each feature, NULL first, for nothing equals it. */
static void put_sql_case(FILE *to, const model *m, const exported_column *c, const double *slopes)
{
    double missing = 0, others = 0;
    for (size_t k = c->texts; k < c->count; k++) {
        bool is_missing =
            reel_encoder_feature(m->encoder, c->first + k).kind == REEL_FEATURE_MISSING;
        *(is_missing ? &missing : &others) = slopes[c->first + k];
    }
    fputs("\n  + CASE WHEN ", to);
    put_quoted(to, '"', c->name);
    fprintf(to, " IS NULL THEN %.17g", missing);
    for (size_t k = 0; k < c->texts; k++) {
        fputs(" WHEN ", to);
        put_quoted(to, '"', c->name);
        fputs(" = ", to);
        put_quoted(to, '\'', exported_category(m, c, k));
        fprintf(to, " THEN %.17g", slopes[c->first + k]);
    }
    fprintf(to, " ELSE %.17g END", others);
}

static void put_term(FILE *to, const model *m, const exported_column *c, const double *slopes,
                     bool plain)
{
    if (!plain && c->text) {
        put_sql_case(to, m, c, slopes);
        return;
    }
    if (!plain) {
        fprintf(to, "\n  + %.17g * COALESCE(", slopes[c->first]);
        put_quoted(to, '"', c->name);
        fprintf(to, ", %.17g)", reel_encoder_median(m->encoder, c->first));
        return;
    }
    for (size_t k = 0; k < c->count; k++) {
        reel_feature feature = reel_encoder_feature(m->encoder, c->first + k);
        fprintf(to, "\n  %+.17g * ", slopes[c->first + k]);
        put_plain_feature(to, c, &feature);
    }
}

/* SQL's dialects have no function of dates in common, and none that leaves out what is below 0. */
static bool has_words(session *s, const model *m, const exported_column *columns, size_t count)
{
    if (reel_encoder_transform(m->encoder) == REEL_TRANSFORM_SQRT) {
        return complain(s, "--sql: the target is a square root, which SQL does not square by one "
                           "function: --c and --formula write it");
    }
    for (size_t i = 0; columns && i < count; i++) {
        if (columns[i].date) {
            return complain(
                s,
                "--sql: column '%s' has dates, whose parts each SQL finds in its own way: "
                "--c and --formula write them",
                columns[i].name);
        }
    }
    return columns != NULL;
}

/* Whether features are products. */
static bool has_terms(const model *m) { return reel_encoder_factors(m->encoder, 0) > 0; }

/* A factor in a formula for people. */
static void put_factor(FILE *to, const exported_column *columns, const reel_factor *f)
{
    static const char *const names[] = {"", "log", "log1p", "sqrt", "exp"};
    const exported_column *c = &columns[f->feature.column];
    if (f->function == REEL_FUNCTION_NONE) {
        put_plain_feature(to, c, &f->feature);
    } else if (f->function == REEL_FUNCTION_POWER) {
        fprintf(to, "%s^%d", c->name, f->degree);
    } else {
        fprintf(to, "%s(%s)", names[f->function], c->name);
    }
}

static void put_products(FILE *to, const model *m, const exported_column *columns,
                         const double *slopes)
{
    for (size_t i = 0; i < reel_encoder_features(m->encoder); i++) {
        fprintf(to, "\n  %+.17g", slopes[i]);
        for (size_t k = 0; k < reel_encoder_factors(m->encoder, i); k++) {
            reel_factor f = reel_encoder_factor(m->encoder, i, k);
            fputs(" * ", to);
            put_factor(to, columns, &f);
        }
    }
}

/* A polynomial is written by its recurrence, which no formula is. */
static bool has_formula(session *s, const model *m, bool plain)
{
    if (has_terms(m) && !plain) {
        return complain(s, "--sql: the model has terms: --c writes them, and --formula most");
    }
    for (size_t i = 0; i < reel_encoder_features(m->encoder); i++) {
        for (size_t k = 0; k < reel_encoder_factors(m->encoder, i); k++) {
            if (reel_encoder_factor(m->encoder, i, k).function == REEL_FUNCTION_POLY) {
                return complain(s, "--formula: poly has no formula that is short: I(x^2) has, and "
                                   "--c writes both");
            }
        }
    }
    return true;
}

bool export_expression(session *s, const model *m, bool plain, FILE *to)
{
    size_t count;
    exported_column *columns = exported_columns(s, m, &count);
    double *slopes = calloc((size_t)m->shape.features, sizeof *slopes), intercept = 0;
    bool done = columns && slopes && has_formula(s, m, plain) &&
                (plain || has_words(s, m, columns, count)) &&
                linear_coefficients(m->encoder, m->net, 0, slopes, &intercept);
    if (done) {
        fprintf(to, "%s Made by `reel export`\n", plain ? "#" : "--");
        char label[200];
        reel_transform transform = plain ? REEL_TRANSFORM_NONE : reel_encoder_transform(m->encoder);
        plain ? fprintf(to, "%s = ", target_label(m->encoder, label, sizeof label)) : 0;
        static const char *const undone[] = {"", "EXP(", "EXP(", "", "1 / (1 + EXP(-(", "EXP("};
        fputs(undone[transform], to);
        fprintf(to, "%.17g", m->no_intercept ? 0 : intercept);
        if (has_terms(m)) {
            put_products(to, m, columns, slopes);
        }
        for (size_t i = 0; !has_terms(m) && i < count; i++) {
            put_term(to, m, &columns[i], slopes, plain);
        }
        static const char *const ends[] = {"", ")", ") - 1", "", ")))", ")"};
        fputs(ends[transform], to);
        fputc('\n', to);
    }
    free(columns);
    free(slopes);
    reel_rewind(s->r);
    return done;
}

/* In memory first: half a program must not be taken for all of it. */
static bool write_one(session *s, const model *m, const char *name, int kind, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    bool made = to && (kind == 0   ? export_c(s, m, name, to)
                       : kind == 3 ? export_onnx(s, m, to)
                                   : export_expression(s, m, kind == 2, to));
    if (!to || fclose(to) != 0) {
        made = complain(s, "%s: there is no memory for it", path);
    }
    made = made && output_write(s->r, path, text, size) && flushed(s);
    free(text);
    return made;
}

static bool is_identifier(const char *name)
{
    for (const char *at = name; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_') {
            return false;
        }
    }
    return isalpha((unsigned char)*name) || *name == '_';
}

static bool run(session *s, const options *o, model *m)
{
    const char *paths[] = {o->c, o->sql, o->formula, o->onnx};
    const char *name = o->name ? o->name : "model";
    if (!o->c && !o->sql && !o->formula && !o->onnx) {
        return complain(s, "say what is to be written: --c FILE, --onnx FILE, --sql FILE or "
                           "--formula FILE");
    }
    if (!is_identifier(name)) {
        return complain(s, "--name: '%s' is no name in C", name);
    }
    for (int i = 0; i < 4; i++) {
        if (!output_check(s, o, paths[i]) ||
            !output_may_replace(s, o, paths[i], "reel export", false)) {
            return false;
        }
    }
    if (!model_load(s, m, o->files[0])) {
        return false;
    }
    if ((o->sql || o->formula) && m->shape.outputs > 1) {
        return complain(s,
                        "%s: --sql and --formula are for lines of one number, and this one has "
                        "several: --c writes any model",
                        o->files[0]);
    }
    if ((o->sql || o->formula) && m->shape.hidden_count) {
        return complain(s,
                        "%s: --sql and --formula are for lines, and this is a network: --c writes "
                        "any model",
                        o->files[0]);
    }
    bool done = true;
    for (int i = 0; done && i < 4; i++) {
        done = !paths[i] || write_one(s, m, name, i, paths[i]);
    }
    return done;
}

int export_model(int argc, char **argv)
{
    return model_command(argv[0], export_options(argc, argv), run);
}
