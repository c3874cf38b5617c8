/* SPDX-License-Identifier: MIT */
/* How good a model is on some rows. */
#include "column_names.h"
#include "fitting.h"
#include "outputs.h"

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

static bool measure_classes(fitting *it, reel_table *table, reel_tensor *which, series *truth,
                            metrics *to)
{
    class_metrics *confusion = to == &it->test_metrics ? &it->test_confusion : &it->train_confusion;
    series *all = model_predict(it->s, &it->model, table, which, true);
    class_metrics_free(confusion);
    bool done = all && class_metrics_of(it->s, it->model.encoder, truth, all, confusion, to);
    series_free(all);
    return done;
}

static bool measure_quantiles(fitting *it, reel_table *table, reel_tensor *which, series *truth,
                              metrics *to)
{
    series *all = model_predict(it->s, &it->model, table, which, true);
    if (all) {
        metrics_of_quantiles(to, &it->model, truth, all);
    }
    series_free(all);
    return all != NULL;
}

static bool measure_numbers(fitting *it, reel_table *table, reel_tensor *which, series *truth,
                            metrics *to)
{
    series *predicted = model_predict(it->s, &it->model, table, which, false);
    bool test = to == &it->test_metrics;
    bool done = predicted && metrics_of(it->s, truth, predicted, to) &&
                (!it->model.shape.quantile_count || measure_quantiles(it, table, which, truth, to));
    if (done && it->o->loss == LOSS_BCE) {
        done = classification_of(it->s, truth, predicted,
                                 test ? &it->test_classes : &it->train_classes);
    }
    if (done && (test || !it->rows.test) &&
        !output_predictions(it->s, it->o->plot_predictions, truth, predicted, it->o->target)) {
        it->undrawn = true;
    }
    series_free(predicted);
    return done;
}

bool fit_measure(fitting *it, reel_table *table, reel_tensor *which, metrics *to)
{
    size_t target = 0;
    series *truth = fit_find_target(it->s, table, it->o->target, &target)
                        ? model_truth(it->s, &it->model, table, target, which)
                        : NULL;
    bool done =
        truth && (it->o->loss == LOSS_CROSS_ENTROPY ? measure_classes(it, table, which, truth, to)
                                                    : measure_numbers(it, table, which, truth, to));
    series_free(truth);
    return done;
}

bool fit_measure_all(fitting *it)
{
    reel_table *test = it->test_table ? it->test_table : it->table;
    return fit_measure(it, it->table, it->rows.train, &it->train_metrics) &&
           (!it->rows.test || fit_measure(it, test, it->rows.test, &it->test_metrics));
}
