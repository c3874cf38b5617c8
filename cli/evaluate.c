/* SPDX-License-Identifier: MIT */
/* reel evaluate: how good a model is on a table. */
#include "commands.h"
#include "model.h"
#include "outputs.h"
#include "plot.h"
#include "report.h"
#include "row_parts.h"

#include <stdlib.h>
#include <string.h>

/* Whether the model was trained for a quantile. */
static void find_quantile(void *context, const char *key, const char *value)
{
    bool *quantile = context;
    *quantile =
        *quantile || (strcmp(key, "loss") == 0 && strcmp(value, loss_names[LOSS_QUANTILE]) == 0);
}

static bool report(session *s, const options *o, const model *m, const metrics *measured)
{
    if (o->json) {
        reeli_json_writer w;
        report_begin(s, &w);
        reeli_json_put_text(&w, "model", o->files[0]);
        reeli_json_put_text(&w, "table", o->files[1]);
        reeli_json_put_text(&w, "target", reel_encoder_target_name(m->encoder));
        metrics_json(&w, "metrics", measured);
        return report_end(s, &w);
    }
    bool quantile = false;
    model_each_of_training(s, m, find_quantile, &quantile);
    metrics_print(stdout, &(const char *){"test"}, &measured, 1, quantile);
    return flushed(s);
}

static bool measure(session *s, const options *o, const model *m, reel_table *table)
{
    const char *name = reel_encoder_target_name(m->encoder);
    int64_t column = reel_table_find(table, name), n = 0;
    if (column < 0) {
        return complain(s, "%s: there is no column '%s', which the model predicts", o->files[1],
                        name);
    }
    reel_tensor *rows = rows_with_target(s, table, (size_t)column);
    double *predicted = rows ? model_predict(s, m, table, rows, &n) : NULL;
    double *truth = predicted ? column_values(s, table, (size_t)column, rows, &n) : NULL;
    metrics measured;
    char message[PLOT_MESSAGE];
    bool done =
        truth && metrics_of(s, n, truth, predicted, &measured) && report(s, o, m, &measured);
    if (done && o->plot_predictions &&
        !plot_predictions(o->plot_predictions, n, truth, predicted, name, message)) {
        done = complain(s, "%s", message);
    }
    free(predicted);
    free(truth);
    return done;
}

static bool run(session *s, const options *o, model *m)
{
    char message[PLOT_MESSAGE];
    if (!output_check(s, o, o->plot_predictions)) {
        return false;
    }
    if (o->plot_predictions && !plot_check(o->plot_predictions, message)) {
        return complain(s, "%s", message);
    }
    reel_table *table = NULL;
    return model_load(s, m, o->files[0]) && (table = read_table(s, o, o->files[1], m)) &&
           measure(s, o, m, table);
}

int evaluate(int argc, char **argv)
{
    options o = evaluate_options(argc, argv);
    session s;
    model m = {0};
    bool done = session_begin(&s, argv[0], &o) && run(&s, &o, &m);
    model_free(&m);
    options_free(&o);
    return session_end(&s, done ? 0 : 1);
}
