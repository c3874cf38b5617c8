/* SPDX-License-Identifier: MIT */
/* How good a model is on some rows. */
#include "column_names.h"
#include "fitting.h"
#include "plot.h"

#include <stdlib.h>
#include <string.h>

bool fit_find_target(session *s, reel_table *table, const char *name, size_t *column)
{
    int64_t found = reel_table_find(table, name);
    if (found < 0) {
        no_such_column(s, table, "", name, " to predict");
        return false;
    }
    *column = (size_t)found;
    return true;
}

static bool measure_classes(fitting *it, reel_table *table, reel_tensor *which, size_t target,
                            metrics *to)
{
    int64_t n = 0;
    class_metrics *confusion = to == &it->test_metrics ? &it->test_confusion : &it->train_confusion;
    double *all = model_predict_all(it->s, &it->model, table, which, &n);
    double *truth = all ? model_truth(it->s, &it->model, table, target, which, &n) : NULL;
    class_metrics_free(confusion);
    bool done = truth && class_metrics_of(it->s, it->model.encoder, n, truth, all, confusion, to);
    free(all);
    free(truth);
    return done;
}

bool fit_measure(fitting *it, reel_table *table, reel_tensor *which, metrics *to)
{
    int64_t n = 0;
    size_t target = 0;
    if (!fit_find_target(it->s, table, it->o->target, &target)) {
        return false;
    }
    if (it->o->loss == LOSS_CROSS_ENTROPY) {
        return measure_classes(it, table, which, target, to);
    }
    double *truth = NULL, *predicted = model_predict(it->s, &it->model, table, which, &n);
    bool done = predicted && (truth = model_truth(it->s, &it->model, table, target, which, &n)) &&
                metrics_of(it->s, n, truth, predicted, to);
    if (done && it->model.shape.quantile_count) {
        double *all = model_predict_all(it->s, &it->model, table, which, &n);
        done = all != NULL;
        if (done) {
            metrics_of_quantiles(to, &it->model, truth, all);
        }
        free(all);
    }
    if (done && it->o->loss == LOSS_BCE) {
        done = classification_of(it->s, n, truth, predicted,
                                 to == &it->test_metrics ? &it->test_classes : &it->train_classes);
    }
    bool wanted = it->o->plot_predictions && (to == &it->test_metrics || !it->rows.test);
    char message[PLOT_MESSAGE];
    if (done && wanted &&
        !plot_predictions(it->o->plot_predictions, n, truth, predicted, it->o->target, message)) {
        it->undrawn = !complain(it->s, "%s", message);
    }
    free(truth);
    free(predicted);
    return done;
}

bool fit_measure_all(fitting *it)
{
    reel_table *test = it->test_table ? it->test_table : it->table;
    return fit_measure(it, it->table, it->rows.train, &it->train_metrics) &&
           (!it->rows.test || fit_measure(it, test, it->rows.test, &it->test_metrics));
}
