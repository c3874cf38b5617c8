/* SPDX-License-Identifier: MIT */
/* The scripts of the pictures: curves of losses, predictions against what is true. */
#include "plot.h"
#include "gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)PLOT_MESSAGE == (int)GNUPLOT_MESSAGE, "one message");

enum {
    POINTS = 5000,
    SQUARES = 100 /* to a side */,
    MARKED = 60 /* epochs drawn as points, too */
};

/* Blue and vermilion of Okabe and Ito, which the colour-blind tell apart. */
#define BLUE "'#0072B2'"
#define VERMILION "'#D55E00'"
#define GREY "'#777777'"

bool plot_check(const char *path, char message[PLOT_MESSAGE])
{
    picture it;
    bool ok = picture_begin(&it, path, 1, 1, message) && picture_draw(&it, message);
    picture_end(&it);
    return ok;
}

/* Widens the range by the finite values; false if there is none. */
static bool range(const double *values, int64_t n, double *least, double *greatest)
{
    bool any = false;
    for (int64_t i = 0; values && i < n; i++) {
        if (isfinite(values[i])) {
            *least = fmin(*least, values[i]);
            *greatest = fmax(*greatest, values[i]);
            any = true;
        }
    }
    return any;
}

/* gnuplot leaves a gap where it reads NaN. */
static void number(FILE *to, double value)
{
    if (isfinite(value)) {
        fprintf(to, " %.9g", value);
    } else {
        fputs(" NaN", to);
    }
}

/* The epoch (1 is the first) with the least loss. */
static int64_t best_epoch(const double *losses, int64_t epochs)
{
    int64_t best = 1;
    for (int64_t i = 2; i <= epochs; i++) {
        best = losses[i - 1] < losses[best - 1] || isnan(losses[best - 1]) ? i : best;
    }
    return best;
}

/* A line for each epoch, or for each of POINTS evenly spaced ones, the last among them. */
static void loss_data(FILE *to, int64_t epochs, const double *train, const double *validation)
{
    int64_t count = epochs < POINTS ? epochs : POINTS;
    fprintf(to, "$losses << END_OF_DATA\n");
    for (int64_t k = 1; k <= count; k++) {
        int64_t epoch = (int64_t)((double)epochs * (double)k / (double)count + 0.5);
        fprintf(to, "%lld", (long long)epoch);
        number(to, train[epoch - 1]);
        number(to, validation ? validation[epoch - 1] : (double)NAN);
        fputc('\n', to);
    }
    fprintf(to, "END_OF_DATA\n");
}

static void axes(const picture *it)
{
    fprintf(it->script, "set format '%%.10g'\n");
    if (!picture_is_text(it)) {
        fprintf(it->script, "set border 3 linecolor rgb '#444444'\n"
                            "set tics nomirror out scale 0.6\n"
                            "set grid linecolor rgb '#dddddd' linetype 1 linewidth 0.6\n");
    }
}

static void loss_curves(const picture *it, int64_t epochs, const double *validation)
{
    FILE *to = it->script;
    const char *with = epochs <= MARKED ? "linespoints pointtype 7 pointsize 0.4" : "lines";
    if (picture_is_text(it)) {
        fprintf(to, "plot $losses using 1:2 with points pointtype 'o' title 'training'%s\n",
                validation ? ", $losses using 1:3 with points pointtype '*' title 'validation'"
                           : "");
        return;
    }
    fprintf(to,
            "plot $losses using 1:2 with %s linewidth 1.6 linecolor rgb " BLUE " title 'training'",
            with);
    if (validation) {
        int64_t best = best_epoch(validation, epochs);
        fprintf(to,
                ", $losses using 1:3 with %s linewidth 1.6 linecolor rgb " VERMILION
                " title 'validation'",
                with);
        fprintf(to,
                ", '-' using 1:2 with points pointtype 6 pointsize 1.2 linewidth 2 "
                "linecolor rgb '#222222' title 'least, epoch %lld'\n%lld",
                (long long)best, (long long)best);
        number(to, validation[best - 1]);
        fprintf(to, "\ne");
    }
    fprintf(to, "\n");
}

static bool drawn(picture *it, bool begun, char message[PLOT_MESSAGE])
{
    bool ok = begun && picture_draw(it, message) && picture_keep(it, message);
    picture_end(it);
    return ok;
}

static bool nothing(char message[PLOT_MESSAGE], const char *what)
{
    snprintf(message, PLOT_MESSAGE, "no picture: there are no finite %s", what);
    return false;
}

bool plot_losses(const char *path, int64_t epochs, const double *train, const double *validation,
                 const char *loss, char message[PLOT_MESSAGE])
{
    picture it;
    double least = HUGE_VAL, greatest = -HUGE_VAL;
    bool any = range(train, epochs, &least, &greatest);
    if (!range(validation, epochs, &least, &greatest) && !any) {
        return nothing(message, "losses");
    }
    bool begun = picture_begin(&it, path, 7.5, 4.5, message);
    if (begun) {
        axes(&it);
        loss_data(it.script, epochs, train, validation);
        fprintf(it.script,
                "set xlabel 'epoch'\nset xrange [%d:%lld]\nset key top right Left reverse\n",
                epochs > 1 ? 1 : 0, (long long)(epochs > 1 ? epochs : 2));
        fprintf(it.script, "%sset %s ",
                least > 0 && greatest > 100 * least ? "set logscale y\nset format y '%g'\n" : "",
                picture_is_text(&it) ? "title" : "ylabel");
        picture_text(&it, loss);
        fprintf(it.script, "\n");
        loss_curves(&it, epochs, validation);
    }
    return drawn(&it, begun, message);
}

/* The same range for both axes, a little wider than the values. */
typedef struct frame {
    double from, to;
} frame;

static int cell(frame f, double value)
{
    int i = (int)((value - f.from) / (f.to - f.from) * (double)SQUARES);
    return i < 0 ? 0 : i >= SQUARES ? SQUARES - 1 : i;
}

/* How many rows lie in each square: x y count. */
static bool density_data(FILE *to, frame f, int64_t n, const double *truth, const double *predicted)
{
    int64_t *count = calloc(SQUARES * SQUARES, sizeof *count);
    double side = (f.to - f.from) / (double)SQUARES;
    if (!count) {
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(truth[i]) && isfinite(predicted[i])) {
            count[cell(f, truth[i]) * SQUARES + cell(f, predicted[i])]++;
        }
    }
    fprintf(to, "$rows << END_OF_DATA\n");
    for (int k = 0; k < SQUARES * SQUARES; k++) {
        if (count[k] > 0) {
            int column = k / SQUARES, row = k % SQUARES;
            fprintf(to, "%.9g %.9g %lld\n", f.from + (column + 0.5) * side,
                    f.from + (row + 0.5) * side, (long long)count[k]);
        }
    }
    fprintf(to, "END_OF_DATA\nside = %.9g\n", 0.52 * side); /* no seams between them */
    free(count);
    return true;
}

static void point_data(FILE *to, int64_t n, const double *truth, const double *predicted)
{
    fprintf(to, "$rows << END_OF_DATA\n");
    for (int64_t i = 0; i < n; i++) {
        number(to, truth[i]);
        number(to, predicted[i]);
        fputc('\n', to);
    }
    fprintf(to, "END_OF_DATA\n");
}

/* 1, 2 or 5 times a power of ten: at most 6 of it are the range. */
static double tick_step(frame f)
{
    double least = (f.to - f.from) / 6, power = pow(10, floor(log10(least)));
    return least <= power       ? power
           : least <= 2 * power ? 2 * power
           : least <= 5 * power ? 5 * power
                                : 10 * power;
}

static void prediction_axes(const picture *it, frame f, const char *name)
{
    axes(it);
    fprintf(it->script, "set key top left Left reverse\nset rmargin 4\n%s",
            picture_is_text(it) ? "" : "set size square\n");
    for (const char *axis = "xy"; *axis; axis++) {
        fprintf(it->script, "set %crange [%.9g:%.9g]\nset %ctics %.9g\n", *axis, f.from, f.to,
                *axis, tick_step(f));
    }
    for (int y = 0; y < 2; y++) {
        char label[PLOT_MESSAGE];
        snprintf(label, sizeof label, "%s %s", y ? "predicted" : "true", name);
        fprintf(it->script, "set %clabel ", y ? 'y' : 'x');
        picture_text(it, label);
        fprintf(it->script, "\n");
    }
}

static void prediction_marks(const picture *it, bool dense)
{
    FILE *to = it->script;
    if (dense) {
        fprintf(to, "set logscale cb\nset cblabel 'rows in a square'\nset format cb '%%g'\n"
                    "set palette defined (0 '#deebf7', 0.5 '#4292c6', 1 '#08306b')\n"
                    "plot $rows using 1:2:(side):(side):3 with boxxyerror fillstyle solid 1 "
                    "noborder fillcolor palette notitle");
    } else if (picture_is_text(it)) {
        fprintf(to,
                "plot x with dots notitle, $rows using 1:2 with points pointtype '*' notitle\n");
        return;
    } else {
        fprintf(to, "plot $rows using 1:2 with points pointtype 7 pointsize 0.4 "
                    "linecolor rgb '#990072B2' notitle");
    }
    fprintf(to, ", x with lines linewidth 1.2 dashtype 2 linecolor rgb " GREY
                " title 'predicted = true'\n");
}

bool plot_predictions(const char *path, int64_t n, const double *truth, const double *predicted,
                      const char *name, char message[PLOT_MESSAGE])
{
    picture it;
    double least = HUGE_VAL, greatest = -HUGE_VAL;
    if (!range(truth, n, &least, &greatest) || !range(predicted, n, &least, &greatest)) {
        return nothing(message, "values");
    }
    double margin = greatest > least ? 0.03 * (greatest - least) : fmax(fabs(least), 1) / 10;
    frame f = {least - margin, greatest + margin};
    bool dense = n > POINTS && path && strcmp(path, "-") != 0;
    bool begun = picture_begin(&it, path, dense ? 6.6 : 5.8, 5.4, message);
    if (begun) {
        prediction_axes(&it, f, name);
        if (!dense) {
            point_data(it.script, n, truth, predicted);
        } else if (!density_data(it.script, f, n, truth, predicted)) {
            snprintf(message, PLOT_MESSAGE, "no memory for the picture");
            begun = false;
        }
        prediction_marks(&it, dense);
    }
    return drawn(&it, begun, message);
}
