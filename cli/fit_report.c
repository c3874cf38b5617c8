/* SPDX-License-Identifier: MIT */
/* What `reel fit` says in the end, in text or JSON. */
#include "fitting.h"
#include "plot.h"
#include "report.h"
#include "shown_name.h"
#include "statistics_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *fit_path(const options *o) { return o->out ? o->out : "model.safetensors"; }

static void losses_json(reeli_json_writer *w, const char *key, const double *losses, int64_t count)
{
    reeli_json_put_open(w, key, '[');
    for (int64_t i = 0; i < count; i++) {
        reeli_json_put_number(w, NULL, losses[i]);
    }
    reeli_json_put_close(w, ']');
}

static bool report_json(const fitting *it)
{
    const options *o = it->o;
    const training *t = &it->training;
    char shape[16 * MAX_HIDDEN];
    reeli_json_writer w;
    shape_text(&it->model.shape, shape, sizeof shape);
    report_begin(it->s, &w);
    reeli_json_put_text(&w, "table", o->files[0]);
    reeli_json_put_text(&w, "target", o->target);
    reeli_json_put_text(&w, "model", shape);
    reeli_json_put_integer(&w, "parameters", reel_parameter_count(it->model.net));
    reeli_json_put_json(&w, "training", it->model.training);
    losses_json(&w, "loss", t->losses, t->epochs);
    metrics_json(&w, "training_metrics", &it->train_metrics);
    classification_json(&w, "training_classification", &it->train_classes);
    classification_json(&w, "test_classification", &it->test_classes);
    class_metrics_json(&w, "training_classes", &it->train_confusion);
    class_metrics_json(&w, "test_classes", &it->test_confusion);
    reeli_json_put_bool(&w, "interrupted", t->interrupted);
    reeli_json_put_text(&w, "out", it->kept ? fit_path(o) : NULL);
    folds_json(&w, &it->folds);
    folds_json(&w, &it->repeats);
    if (it->model.interval > 0) {
        reeli_json_put_number(&w, "interval", it->model.interval);
        reeli_json_put_number(&w, "half_width", it->model.half_width);
    }
    if (it->rows.test) {
        metrics_json(&w, "test_metrics", &it->test_metrics);
    }
    if (it->validation.x) {
        losses_json(&w, "validation_loss", t->validation_losses, t->epochs);
        reeli_json_put_integer(&w, "best_epoch", t->best);
    }
    if (!o->hidden_count) {
        coefficients_json(&w, it->s, &it->model);
        statistics_json(&w, &it->statistics, &it->model);
    }
    return report_end(it->s, &w);
}

bool fit_report(const fitting *it)
{
    const options *o = it->o;
    if (o->json) {
        return report_json(it);
    }
    const char *titles[] = {"training", "test"};
    const metrics *columns[] = {&it->train_metrics, &it->test_metrics};
    putchar('\n');
    metrics_print(stdout, titles, columns, it->rows.test ? 2 : 1, o->loss == LOSS_QUANTILE);
    classification_print(stdout, "training", &it->train_classes);
    classification_print(stdout, "test", &it->test_classes);
    class_metrics_print(stdout, "training", &it->train_confusion);
    class_metrics_print(stdout, "test", &it->test_confusion);
    folds_print(stdout, &it->folds);
    folds_print(stdout, &it->repeats);
    if (it->repeats.count) {
        printf("the network of seed %" PRId64 " is kept: its loss is least on the rows to %s on\n",
               it->seed, it->validation.x ? "validate" : "train");
    }
    if (it->statistics.features) {
        statistics_print(stdout, &it->statistics, &it->model);
    } else if (!o->hidden_count) {
        coefficients_print(stdout, it->s, &it->model);
    }
    if (it->model.interval > 0 && it->model.shape.quantile_count) {
        printf("\ninterval: from quantile %g to %g, moved so that it holds the true value with "
               "probability %g\n",
               it->model.quantiles[0], it->model.quantiles[it->model.shape.quantile_count - 1],
               it->model.interval);
    } else if (it->model.interval > 0) {
        printf("\ninterval: a prediction ± %.6g%s%s holds the true value with probability %g\n",
               it->model.half_width, o->transform ? " of its " : "",
               o->transform ? transform_names[o->transform] : "", it->model.interval);
    }
    if (it->kept) {
        printf("\n%s has the model: reel predict ", fit_path(o));
        print_shell_word(stdout, fit_path(o));
        printf(" TABLE\n");
    }
    return flushed(it->s);
}

bool fit_draw_losses(const fitting *it)
{
    const options *o = it->o;
    const training *t = &it->training;
    char axis[64], message[PLOT_MESSAGE];
    if (!o->plot) {
        return true;
    }
    snprintf(axis, sizeof axis, "%s loss%s", loss_names[o->loss],
             o->loss == LOSS_CROSS_ENTROPY ? "" : " (standardised target)");
    const char *path = strcmp(o->plot, "-") == 0 ? NULL : o->plot;
    const double *validation = it->validation.x ? t->validation_losses : NULL;
    return plot_losses(path, t->epochs, t->losses, validation, axis, message) ||
           complain(it->s, "%s", message);
}
