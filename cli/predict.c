/* SPDX-License-Identifier: MIT */
/* reel predict: the target of rows that lack it. */
#include "commands.h"
#include "model.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A text as one field of a CSV file: in quotes where it has to be. */
static void write_field(FILE *to, const char *text)
{
    if (!strpbrk(text, ",;\t|\"\r\n")) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++) {
        fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, to);
    }
    fputc('"', to);
}

/* A column with the target's name, and digits enough for the model's dtype. */
static bool write_csv(FILE *to, const model *m, const double *predicted, int64_t n)
{
    int digits = m->shape.dtype == REEL_F64 ? 17 : 9;
    write_field(to, reel_encoder_target_name(m->encoder));
    fputc('\n', to);
    for (int64_t i = 0; i < n; i++) {
        fprintf(to, "%.*g\n", digits, predicted[i]);
    }
    return fflush(to) == 0 && !ferror(to);
}

/* Written beside its place first: half a file must not be taken for all the predictions. */
static bool write_file(session *s, const char *path, const model *m, const double *predicted,
                       int64_t n)
{
    size_t size = strlen(path) + sizeof ".XXXXXX";
    char *beside = malloc(size);
    int descriptor = -1;
    if (beside) {
        snprintf(beside, size, "%s.XXXXXX", path);
        descriptor = mkstemp(beside);
    }
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    bool written = file && write_csv(file, m, predicted, n);
    written = file && fclose(file) == 0 && written && rename(beside, path) == 0;
    if (!written) {
        complain(s, "%s: %s", path, strerror(errno));
        if (descriptor >= 0) {
            unlink(beside);
        }
    }
    free(beside);
    return written;
}

static bool write_predictions(session *s, const options *o, const model *m, const double *predicted,
                              int64_t n)
{
    if (o->out && !write_file(s, o->out, m, predicted, n)) {
        return false;
    }
    if (!o->json) {
        return o->out || write_csv(stdout, m, predicted, n) ||
               complain(s, "standard output: %s", strerror(errno));
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
    if (!model_load(s, m, o->files[0])) {
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
