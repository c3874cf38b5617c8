/* SPDX-License-Identifier: MIT */
/* reel evaluate: how good a model is on a table. */
#include "class_metrics.h"
#include "classification.h"
#include "column_names.h"
#include "commands.h"
#include "importance.h"
#include "model.h"
#include "outputs.h"
#include "plot.h"
#include "report.h"
#include "row_parts.h"
#include "shown_name.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether the model was trained for a quantile. */
static void find_quantile(void *context, const char *key, const char *value)
{
    bool *quantile = context;
    *quantile =
        *quantile || (strcmp(key, "loss") == 0 && strcmp(value, loss_names[LOSS_QUANTILE]) == 0);
}

/* A model on the rows of a table that have a target. */
typedef struct evaluation {
    session *s;
    const options *o;
    const model *m;
    reel_table *table;
    reel_tensor *rows;
    series *truth, *predicted;
    series *all; /* of classes their probabilities, of quantiles all; NULL: there is one number */
    metrics measured;
    class_metrics confusion;
    classification classes;
    double inside;      /* the share of true values within the model's interval; NaN: it has none */
    double *importance; /* of the columns; NULL: not asked for */
} evaluation;

/* All that is predicted of each row. */
static series *all_of(const evaluation *it) { return it->all ? it->all : it->predicted; }

static double share_inside(const evaluation *it)
{
    int64_t inside = 0;
    if (!(it->m->interval > 0)) {
        return (double)NAN;
    }
    for (int64_t i = 0; i < it->truth->n; i++) {
        double low, high, y = series_at(it->truth, i);
        model_interval(it->m, series_row(all_of(it), i), &low, &high);
        inside += y >= low && y <= high;
    }
    return (double)inside / (double)it->truth->n;
}

static bool report_json(const evaluation *it)
{
    reeli_json_writer w;
    report_begin(it->s, &w);
    reeli_json_put_text(&w, "model", it->o->files[0]);
    reeli_json_put_text(&w, "table", it->o->files[1]);
    reeli_json_put_text(&w, "target", reel_encoder_target_name(it->m->encoder));
    metrics_json(&w, "metrics", &it->measured);
    classification_json(&w, "classification", &it->classes);
    class_metrics_json(&w, "classes", &it->confusion);
    if (it->m->interval > 0) {
        reeli_json_put_number(&w, "interval", it->m->interval);
        reeli_json_put_number(&w, "inside", it->inside);
    }
    if (it->importance) {
        reeli_json_put_open(&w, "importance", '{');
        for (size_t i = 0; i < reel_encoder_columns(it->m->encoder); i++) {
            reeli_json_put_number(&w, reel_encoder_column(it->m->encoder, i), it->importance[i]);
        }
        reeli_json_put_close(&w, '}');
    }
    return report_end(it->s, &w);
}

static bool report(const evaluation *it)
{
    if (it->o->json) {
        return report_json(it);
    }
    bool quantile = false;
    model_each_of_training(it->s, it->m, find_quantile, &quantile);
    const metrics *measured = &it->measured;
    metrics_print(stdout, &(const char *){"test"}, &measured, 1, quantile);
    classification_print(stdout, "test", &it->classes);
    class_metrics_print(stdout, "test", &it->confusion);
    if (it->m->interval > 0) {
        printf("inside the %4g interval    %13.6g\n", it->m->interval, it->inside);
    }
    if (it->importance) {
        printf("\nshuffled                 the %s grows by\n",
               it->confusion.rows ? "log loss" : "error");
    }
    for (size_t i = 0; it->importance && i < reel_encoder_columns(it->m->encoder); i++) {
        print_name(stdout, reel_encoder_column(it->m->encoder, i), 24);
        printf(" %18.6g\n", it->importance[i]);
    }
    return flushed(it->s);
}

static bool find_metrics(evaluation *it)
{
    if (reel_encoder_classes(it->m->encoder)) {
        return class_metrics_of(it->s, it->m->encoder, it->truth, it->all, &it->confusion,
                                &it->measured);
    }
    bool done = metrics_of(it->s, it->truth, it->predicted, &it->measured);
    if (it->m->shape.quantile_count) {
        metrics_of_quantiles(&it->measured, it->m, it->truth, all_of(it));
    }
    return done;
}

/* Of a model of probabilities. */
static bool classify(evaluation *it)
{
    return reel_encoder_transform(it->m->encoder) != REEL_TRANSFORM_LOGISTIC ||
           classification_of(it->s, it->truth, it->predicted, &it->classes);
}

static bool find_importance(evaluation *it)
{
    if (!it->o->importance) {
        return true;
    }
    it->importance = importance_of(it->s, it->m, it->table, it->rows, it->truth);
    return it->importance != NULL;
}

static bool measure(session *s, const options *o, const model *m, reel_table *table)
{
    const char *name = reel_encoder_target_name(m->encoder);
    int64_t column = reel_table_find(table, name);
    if (column < 0) {
        no_such_column(s, table, "", name, ", which the model predicts");
        return false;
    }
    evaluation it = {.s = s, .o = o, .m = m, .table = table};
    bool several = reel_encoder_classes(m->encoder) || m->shape.outputs > 1;
    bool done = rows_with_target(s, table, (size_t)column, &it.rows) &&
                (it.predicted = model_predict(s, m, table, it.rows, false)) &&
                (!several || (it.all = model_predict(s, m, table, it.rows, true))) &&
                (it.truth = model_truth(s, m, table, (size_t)column, it.rows)) &&
                find_metrics(&it) && find_importance(&it) && classify(&it);
    if (done) {
        it.inside = share_inside(&it);
        done = report(&it);
    }
    done = done && output_predictions(s, o->plot_predictions, it.truth, it.predicted, name);
    series_free(it.predicted);
    series_free(it.all);
    series_free(it.truth);
    class_metrics_free(&it.confusion);
    free(it.importance);
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
    return model_load(s, m, o->files[0]) &&
           (table = read_table(s, o, o->files + 1, (size_t)o->file_count - 1, m)) &&
           measure(s, o, m, table);
}

int evaluate(int argc, char **argv)
{
    return model_command(argv[0], evaluate_options(argc, argv), run);
}
