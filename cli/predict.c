/* SPDX-License-Identifier: MIT */
/* reel predict: the target of rows that lack it. */
#include "commands.h"
#include "model.h"
#include "outputs.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

/* Where the CSV goes: a file that is written whole, or standard output (NULL), whose reader may go
 * away and end the program, as it does with others. */
static void put(reel_file *to, const char *text)
{
    if (to) {
        reel_file_write(to, text, strlen(text));
    } else {
        fputs(text, stdout);
    }
}

/* A text as one field of a CSV file: in quotes where it has to be. */
static void put_field(reel_file *to, const char *text)
{
    if (!strpbrk(text, ",;\t|\"\r\n")) {
        put(to, text);
        return;
    }
    put(to, "\"");
    for (; *text; text++) {
        put(to, *text == '"' ? "\"\"" : (char[]){*text, '\0'});
    }
    put(to, "\"");
}

/* A column with the target's name, and digits enough for the model's dtype. */
static void put_csv(reel_file *to, const model *m, const double *predicted, int64_t n)
{
    int digits = m->shape.dtype == REEL_F64 ? 17 : 9;
    put_field(to, reel_encoder_target_name(m->encoder));
    put(to, "\n");
    for (int64_t i = 0; i < n; i++) {
        char line[40];
        snprintf(line, sizeof line, "%.*g\n", digits, predicted[i]);
        put(to, line);
    }
}

static bool write_file(session *s, const char *path, const model *m, const double *predicted,
                       int64_t n)
{
    reel_file *to = reel_file_create(s->r, path);
    if (to) {
        put_csv(to, m, predicted, n);
    }
    return reel_file_commit(to) == REEL_OK;
}

static bool write_predictions(session *s, const options *o, const model *m, const double *predicted,
                              int64_t n)
{
    bool to_file = o->out && strcmp(o->out, "-") != 0;
    if (to_file && !write_file(s, o->out, m, predicted, n)) {
        return false;
    }
    if (!o->json) {
        if (!to_file) {
            put_csv(NULL, m, predicted, n);
        }
        return flushed(s);
    }
    reeli_json_writer w;
    report_begin(s, &w);
    reeli_json_put_text(&w, "target", reel_encoder_target_name(m->encoder));
    reeli_json_put_open(&w, "predictions", '[');
    for (int64_t i = 0; i < n; i++) {
        reeli_json_put_number(&w, NULL, predicted[i]);
    }
    reeli_json_put_close(&w, ']');
    return report_end(s, &w);
}

static bool run(session *s, const options *o, model *m)
{
    if (!output_check(s, o, o->out) || !model_load(s, m, o->files[0])) {
        return false;
    }
    reel_table *table = read_table(s, o, o->files[1], m);
    int64_t n = 0;
    double *predicted = table ? model_predict(s, m, table, NULL, &n) : NULL;
    bool done = predicted && write_predictions(s, o, m, predicted, n);
    free(predicted);
    return done;
}

int predict(int argc, char **argv)
{
    options o = predict_options(argc, argv);
    session s;
    model m = {0};
    bool done = session_begin(&s, argv[0], &o) && run(&s, &o, &m);
    model_free(&m);
    options_free(&o);
    return session_end(&s, done ? 0 : 1);
}
