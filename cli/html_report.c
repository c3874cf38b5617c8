/* SPDX-License-Identifier: MIT */
/* The page is made in memory, and written whole. */
#include "html_report.h"
#include "html.h"
#include "outputs.h"
#include "statistics_report.h"
#include "svg_chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 25, MOST_ROWS = 500, MOST_CURVES = 24 };

/* What the page is made of. */
typedef struct page {
    const fitting *of;
    FILE *to;
    int64_t n;
    double *truth, *predicted, *residual; /* of the rows to test on, or of those trained on */
} page;

static void put_head(const page *p)
{
    const options *o = p->of->o;
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>", p->to);
    reeli_put_html(p->to, o->target);
    fputs(" from ", p->to);
    reeli_put_html(p->to, o->files[0]);
    fputs("</title>\n<style>body{font:16px/1.5 sans-serif;max-width:62em;margin:2em auto;padding:0 "
          "1em}"
          "pre{overflow-x:auto;background:#f4f4f4;padding:1em}svg{width:29em;max-width:100%;font:"
          "11px "
          "sans-serif}.frame{fill:none;stroke:#888}.title{font-weight:bold;font-size:13px}"
          ".guide{stroke:#888;stroke-dasharray:4}circle{fill:#0072b2;fill-opacity:.5}"
          "polyline{fill:none;stroke:#0072b2;stroke-width:2}</style>\n<h1>",
          p->to);
    reeli_put_html(p->to, o->target);
    fputs("</h1>\n<p>Made by <code>reel fit</code> from ", p->to);
    reeli_put_html(p->to, o->files[0]);
    fprintf(p->to, ", %s rows.</p>\n", thousands(reel_table_rows(p->of->table)));
}

/* What is printed by functions of FILE, as text of the page. */
static bool put_figures(const page *p)
{
    const fitting *it = p->of;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (!to) {
        return false;
    }
    const char *titles[] = {"training", "test"};
    const metrics *columns[] = {&it->train_metrics, &it->test_metrics};
    metrics_print(to, titles, columns, it->rows.test ? 2 : 1, it->o->loss == LOSS_QUANTILE);
    classification_print(to, "training", &it->train_classes);
    classification_print(to, "test", &it->test_classes);
    folds_print(to, &it->folds);
    if (it->statistics.features) {
        statistics_print(to, &it->statistics, it->model.encoder);
    } else if (!it->o->hidden_count) {
        coefficients_print(to, it->s, &it->model);
    }
    bool done = fclose(to) == 0;
    fputs("<h2>How good it is</h2>\n<pre>", p->to);
    reeli_put_html(p->to, done ? text : "");
    fputs("</pre>\n", p->to);
    free(text);
    return done;
}

static void put_notes(const page *p)
{
    const reeli_text_set *notes = &p->of->s->warnings;
    if (reeli_text_count(notes) == 0) {
        return;
    }
    fputs("<h2>What was noticed</h2>\n<ul>\n", p->to);
    for (size_t i = 0; i < reeli_text_count(notes); i++) {
        fputs("<li>", p->to);
        reeli_put_html(p->to, reeli_text_at(notes, i));
        fputs("</li>\n", p->to);
    }
    fputs("</ul>\n", p->to);
}

static void put_losses(const page *p)
{
    const training *t = &p->of->training;
    double *epochs = malloc(((size_t)t->epochs + 1) * sizeof *epochs);
    for (int64_t i = 0; epochs && i < t->epochs; i++) {
        epochs[i] = (double)i + 1;
    }
    if (epochs) {
        put_chart(p->to, &(chart){.title = "The training's loss",
                                  .x_label = "epoch",
                                  .y_label = loss_names[p->of->o->loss],
                                  .n = t->epochs,
                                  .x = epochs,
                                  .y = t->losses,
                                  .line = true});
    }
    free(epochs);
}

static void put_pictures(const page *p)
{
    const char *rows = p->of->rows.test ? "rows to test on" : "rows that were trained on";
    fprintf(p->to, "<h2>Predictions and residuals of the %s</h2>\n", rows);
    put_chart(p->to, &(chart){"Predicted and true", "true", "predicted", p->n, p->truth,
                              p->predicted, false, 1});
    put_chart(p->to, &(chart){"Residuals", "predicted", "true less predicted", p->n, p->predicted,
                              p->residual, false, 2});
    put_losses(p);
}

/* The mean prediction of some rows where feature f is each of GRID values. */
static bool dependence(const page *p, reel_tensor *x, size_t f, double *at, double *mean)
{
    const model *m = &p->of->model;
    reel_feature feature = reel_encoder_feature(m->encoder, f);
    int64_t n = reel_size(x, 0);
    double *predicted = malloc(((size_t)n + 1) * sizeof *predicted);
    bool done = predicted != NULL;
    for (int g = 0; done && g < GRID; g++) {
        double standard = -2 + 4.0 * g / (GRID - 1);
        reel_fill_(reel_narrow(x, 1, (int64_t)f, 1), standard);
        done = network_predict(m->net, x, predicted);
        at[g] = feature.mean + feature.scale * standard;
        mean[g] = 0;
        for (int64_t i = 0; done && i < n; i++) {
            mean[g] += reel_encoder_decode(m->encoder, predicted[i]) / (double)n;
        }
    }
    free(predicted);
    return done;
}

static bool put_dependences(const page *p)
{
    const fitting *it = p->of;
    int64_t all = reel_size(it->features, 0), most = all < MOST_ROWS ? all : MOST_ROWS;
    int curves = 0;
    bool done = true;
    fputs("<h2>What each column does, on the average</h2>\n", p->to);
    for (size_t f = 0; done && f < (size_t)reel_size(it->features, 1) && curves < MOST_CURVES;
         f++) {
        double at[GRID], mean[GRID];
        reel_feature feature = reel_encoder_feature(it->model.encoder, f);
        if (feature.kind != REEL_FEATURE_NUMBER) {
            continue;
        }
        reel_tensor *x = reel_keep(reel_narrow(it->features, 0, 0, most));
        done = dependence(p, x, f, at, mean);
        const char *name = reel_encoder_column(it->model.encoder, feature.column);
        if (done && ++curves) {
            put_chart(p->to, &(chart){name, name, "mean prediction", GRID, at, mean, true, 0});
        }
        reel_tensor_free(x);
    }
    return done;
}

static bool put_page(page *p)
{
    put_head(p);
    bool done = put_figures(p);
    put_notes(p);
    put_pictures(p);
    return done && put_dependences(p) && fputs("</html>\n", p->to) >= 0;
}

/* The rows that the pictures are of. */
static bool find_rows(page *p)
{
    const fitting *it = p->of;
    reel_table *table = it->rows.test && it->test_table ? it->test_table : it->table;
    reel_tensor *rows = it->rows.test ? it->rows.test : it->rows.train;
    int64_t column = reel_table_find(table, it->o->target);
    p->predicted = model_predict(it->s, &it->model, table, rows, &p->n);
    p->truth = p->predicted ? column_values(it->s, table, (size_t)column, rows, &p->n) : NULL;
    p->residual = p->truth ? malloc(((size_t)p->n + 1) * sizeof *p->residual) : NULL;
    for (int64_t i = 0; p->residual && i < p->n; i++) {
        p->residual[i] = p->truth[i] - p->predicted[i];
    }
    return p->residual || complain(it->s, "there is no memory for the report");
}

bool html_report(const fitting *it)
{
    char *text = NULL;
    size_t size = 0;
    if (!it->o->report) {
        return true;
    }
    page p = {.of = it, .to = open_memstream(&text, &size)};
    bool done = p.to && find_rows(&p) && put_page(&p);
    done = p.to && fclose(p.to) == 0 && done;
    done = done ? output_write(it->s->r, it->o->report, text, size) && !reel_failed(it->s->r)
                : complain(it->s, "%s: the report could not be made", it->o->report);
    free(text);
    free(p.truth);
    free(p.predicted);
    free(p.residual);
    return done;
}
