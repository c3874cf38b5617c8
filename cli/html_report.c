/* SPDX-License-Identifier: MIT */
/* The page is made in memory, and written whole. */
#include "html_report.h"
#include "counted.h"
#include "export.h"
#include "html.h"
#include "importance.h"
#include "outputs.h"
#include "statistics_report.h"
#include "svg_chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 25, MOST_ROWS = 500, MOST_CURVES = 24, MOST_BARS = 20 };

/* Colours of Okabe and Ito, which people tell apart who see fewer of them. */
static const char style[] =
    ":root{color-scheme:light "
    "dark;--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#cc79a7;--s4:#e69f00;"
    "--s5:#56b4e9;--ground:#fff;--ink:#1a1a1a;--soft:#f2f2f2;--line:#767676}"
    "@media(prefers-color-scheme:dark){:root{--s0:#56b4e9;--s1:#f0905a;--s2:#3fc79a;--s3:#e29ac3;"
    "--s4:#e69f00;--s5:#f0e442;--ground:#16181b;--ink:#e6e6e6;--soft:#24272b;--line:#949494}}"
    "body{font:16px/1.5 sans-serif;max-width:62em;margin:2em auto;padding:0 1em;"
    "background:var(--ground);color:var(--ink);overflow-wrap:break-word}"
    "pre{overflow-x:auto;background:var(--soft);padding:1em;font-size:13px}"
    "svg{width:29em;max-width:100%;font:11px sans-serif;fill:var(--ink)}"
    ".frame{fill:none;stroke:var(--line)}.title{font-weight:bold;font-size:13px}"
    ".guide{stroke:var(--line);stroke-dasharray:4}circle{fill:var(--s0);fill-opacity:.5}"
    "polyline{fill:none;stroke-width:2}polyline.s0{stroke:var(--s0)}polyline.s1{stroke:var(--s1)}"
    "polyline.s2{stroke:var(--s2)}polyline.s3{stroke:var(--s3)}polyline.s4{stroke:var(--s4)}"
    "polyline.s5{stroke:var(--s5)}.bar.s0,.name.s0{fill:var(--s0)}.bar.s1,.name.s1{fill:var(--s1)}"
    ".bar.s2,.name.s2{fill:var(--s2)}.bar.s3,.name.s3{fill:var(--s3)}"
    ".bar.s4,.name.s4{fill:var(--s4)}.bar.s5,.name.s5{fill:var(--s5)}"
    "@media(max-width:480px){svg{font-size:13px}.title{font-size:16px}}";

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
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
          "<meta name=\"generator\" content=\"reel fit\">\n<title>",
          p->to);
    reeli_put_html(p->to, o->target);
    fputs(" from ", p->to);
    reeli_put_html(p->to, o->files[0]);
    fputs("</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<style>",
          p->to);
    fputs(style, p->to);
    fputs("</style>\n<h1>", p->to);
    reeli_put_html(p->to, o->target);
    fputs("</h1>\n<p>Made by <code>reel fit</code> from ", p->to);
    reeli_put_html(p->to, o->files[0]);
    fprintf(p->to, ", %s.</p>\n", REELI_COUNTED(reel_table_rows(p->of->table), "row"));
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
    class_metrics_print(to, "training", &it->train_confusion);
    class_metrics_print(to, "test", &it->test_confusion);
    folds_print(to, &it->folds);
    folds_print(to, &it->repeats);
    if (it->statistics.features) {
        statistics_print(to, &it->statistics, &it->model);
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
    if (reel_encoder_classes(p->of->model.encoder)) {
        fputs("<h2>The training</h2>\n", p->to);
        put_losses(p);
        return;
    }
    fprintf(p->to, "<h2>Predictions and residuals of the %s</h2>\n", rows);
    put_chart(p->to, &(chart){"Predicted and true", "true", "predicted", p->n, p->truth,
                              p->predicted, false, 1, 0, NULL});
    put_chart(p->to, &(chart){"Residuals", "predicted", "true less predicted", p->n, p->predicted,
                              p->residual, false, 2, 0, NULL});
    put_losses(p);
}

/* What the predictions are called: the classes, as many as there are colours. */
static int name_outputs(const page *p, const char **names)
{
    const reel_encoder *e = p->of->model.encoder;
    size_t count = reel_encoder_classes(e);
    int curves = count > MOST_SERIES ? MOST_SERIES : (int)count;
    for (int s = 0; s < curves; s++) {
        names[s] = reel_encoder_class(e, (size_t)s);
    }
    return curves ? curves : 1;
}

/* The output that curve s is of: of quantiles the middle one. */
static size_t output_of(const asked_rows *rows, int curves, int s)
{
    return curves > 1 ? (size_t)s : rows->outputs / 2;
}

/* Two standard deviations around the mean of a column of numbers, as far as there are values. */
static void find_ends(const asked_rows *rows, size_t column, double *low, double *high)
{
    double sum = 0, squares = 0, least = (double)INFINITY, most = -least, n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        double x = rows->cells[(size_t)i * rows->columns + column].number;
        if (isfinite(x)) {
            sum += x;
            n++;
            least = fmin(least, x);
            most = fmax(most, x);
        }
    }
    for (int64_t i = 0; i < rows->n; i++) {
        double off = rows->cells[(size_t)i * rows->columns + column].number - sum / n;
        squares += isfinite(off) ? off * off : 0;
    }
    *low = fmax(least, sum / n - 2 * sqrt(squares / n));
    *high = fmin(most, sum / n + 2 * sqrt(squares / n));
}

static void put_number_dependence(const page *p, asked_rows *rows, size_t column, int curves,
                                  const char *const *names)
{
    double at[GRID], mean[GRID * MOST_SERIES], low, high;
    const char *name = reel_encoder_column(p->of->model.encoder, column);
    find_ends(rows, column, &low, &high);
    for (int g = 0; g < GRID && low < high; g++) {
        at[g] = low + (high - low) * g / (GRID - 1);
        for (int s = 0; s < curves; s++) {
            mean[s * GRID + g] =
                asked_mean(rows, column, (reel_cell){NULL, at[g]}, output_of(rows, curves, s));
        }
    }
    if (low < high) {
        put_chart(p->to, &(chart){name, name, curves > 1 ? "mean probability" : "mean prediction",
                                  GRID, at, mean, true, 0, curves, names});
    }
}

/* The mean predictions with each of the column's texts, from `first` on the encoder's features. */
static void put_text_dependence(const page *p, asked_rows *rows, const exported_column *column,
                                size_t place, int curves, const char *const *names)
{
    const char *labels[MOST_BARS + 1];
    double values[(MOST_BARS + 1) * MOST_SERIES];
    int n = 0, count = (int)column->texts < MOST_BARS ? (int)column->texts : MOST_BARS;
    for (int k = 0; k <= count; k++) {
        bool known = k < count;
        const char *text = known ? exported_category(&p->of->model, column, (size_t)k) : NULL;
        labels[n] = known ? text : column->reference ? column->reference : "(missing)";
        text = known ? text : column->reference;
        if (!known && !column->reference && !column->missing) {
            break;
        }
        for (int s = 0; s < curves; s++) {
            values[n * curves + s] =
                asked_mean(rows, place, (reel_cell){text, (double)NAN}, output_of(rows, curves, s));
        }
        n++;
    }
    put_bars(p->to, &(bars){column->name, curves > 1 ? "mean probability" : "mean prediction", n,
                            labels, values, curves, names});
}

static bool put_dependences(const page *p)
{
    const fitting *it = p->of;
    const char *names[MOST_SERIES] = {0};
    asked_rows rows;
    size_t count = 0;
    int curves = name_outputs(p, names), pictures = 0;
    exported_column *columns = exported_columns(it->s, &it->model, &count);
    bool done = asked_of(&rows, it->s, &it->model, it->table, it->rows.train, MOST_ROWS) && columns;
    fputs("<h2>What each column does, on the average</h2>\n", p->to);
    for (size_t c = 0; done && c < count && pictures < MOST_CURVES; c++) {
        if (columns[c].text) {
            put_text_dependence(p, &rows, &columns[c], c, curves, names);
        } else if (!columns[c].date) {
            put_number_dependence(p, &rows, c, curves, names);
        }
        pictures += !columns[c].date;
    }
    asked_free(&rows);
    free(columns);
    return done && !reel_failed(it->s->r);
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
    series *predicted = model_predict(it->s, &it->model, table, rows, false);
    series *truth = model_truth(it->s, &it->model, table, (size_t)column, rows);
    p->n = rows_count(table, rows);
    p->predicted = series_copy(it->s, predicted);
    p->truth = p->predicted ? series_copy(it->s, truth) : NULL;
    series_free(predicted);
    series_free(truth);
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
