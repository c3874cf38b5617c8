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
    size_t texts = 0, feature = 0;
    const char *const *text = reel_encoder_text_columns(m->encoder, &texts);
    for (size_t i = 0; i < *count; i++) {
        exported_column *it = &columns[i];
        *it = (exported_column){reel_encoder_column(m->encoder, i), false, feature, 1};
        for (size_t t = 0; t < texts; t++) {
            it->text = it->text || strcmp(text[t], it->name) == 0;
        }
        size_t length = strlen(it->name), all = reel_encoder_features(m->encoder);
        for (size_t f = feature + 1; it->text && f < all; f++, it->count++) {
            const char *name = reel_encoder_feature_name(m->encoder, f);
            if (strncmp(name, it->name, length) != 0 || name[length] != '=') {
                break;
            }
        }
        feature += it->count;
    }
    return columns;
}

const char *exported_category(const model *m, const exported_column *column, size_t k)
{
    return reel_encoder_feature_name(m->encoder, column->first + k) + strlen(column->name) + 1;
}

/* A text between quotes of one kind, which are doubled within. */
static void put_quoted(FILE *to, char quote, const char *text)
{
    fputc(quote, to);
    for (; *text; text++) {
        fputc(*text, to);
        *text == quote ? fputc(quote, to) : 0;
    }
    fputc(quote, to);
}

static void put_term(FILE *to, const model *m, const exported_column *c, const double *slopes,
                     bool plain)
{
    if (!c->text) {
        if (plain) {
            fprintf(to, "\n  %+.17g * %s", slopes[c->first], c->name);
        } else {
            fprintf(to, "\n  + %.17g * COALESCE(", slopes[c->first]);
            put_quoted(to, '"', c->name);
            fprintf(to, ", %.17g)", reel_encoder_median(m->encoder, c->first));
        }
        return;
    }
    if (!plain) {
        fputs("\n  + CASE ", to);
        put_quoted(to, '"', c->name);
    }
    for (size_t k = 0; k < c->count; k++) {
        const char *category = exported_category(m, c, k);
        if (plain) {
            fprintf(to, "\n  %+.17g * (%s = '%s')", slopes[c->first + k], c->name, category);
        } else {
            fputs(" WHEN ", to);
            put_quoted(to, '\'', category);
            fprintf(to, " THEN %.17g", slopes[c->first + k]);
        }
    }
    fputs(plain ? "" : " ELSE 0 END", to);
}

bool export_expression(session *s, const model *m, bool plain, FILE *to)
{
    size_t count;
    exported_column *columns = exported_columns(s, m, &count);
    double *slopes = calloc((size_t)m->shape.features, sizeof *slopes), intercept = 0;
    bool done = columns && slopes && linear_coefficients(m->encoder, m->net, slopes, &intercept);
    if (done) {
        fprintf(to, "%s Made by `reel export`\n", plain ? "#" : "--");
        plain ? fprintf(to, "%s = ", reel_encoder_target_name(m->encoder)) : 0;
        fprintf(to, "%.17g", m->no_intercept ? 0 : intercept);
        for (size_t i = 0; i < count; i++) {
            put_term(to, m, &columns[i], slopes, plain);
        }
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
    bool made =
        to && (kind == 0 ? export_c(s, m, name, to) : export_expression(s, m, kind == 2, to));
    made = to && fclose(to) == 0 && made;
    if (!made) {
        complain(s, "%s: there is no memory for it", path);
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
    const char *paths[] = {o->c, o->sql, o->formula};
    const char *name = o->name ? o->name : "model";
    if (!o->c && !o->sql && !o->formula) {
        return complain(s, "say what is to be written: --c FILE, --sql FILE or --formula FILE");
    }
    if (!is_identifier(name)) {
        return complain(s, "--name: '%s' is no name in C", name);
    }
    for (int i = 0; i < 3; i++) {
        if (!output_check(s, o, paths[i]) ||
            !output_may_replace(s, o, paths[i], "reel export", false)) {
            return false;
        }
    }
    if (!model_load(s, m, o->files[0])) {
        return false;
    }
    if ((o->sql || o->formula) && m->shape.hidden_count) {
        return complain(s,
                        "%s: --sql and --formula are for lines, and this is a network: --c writes "
                        "any model",
                        o->files[0]);
    }
    bool done = true;
    for (int i = 0; done && i < 3; i++) {
        done = !paths[i] || write_one(s, m, name, i, paths[i]);
    }
    return done;
}

int export_model(int argc, char **argv)
{
    return model_command(argv[0], export_options(argc, argv), run);
}
