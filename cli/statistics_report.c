/* SPDX-License-Identifier: MIT */
/* Coefficients with what is known of them, in text and in JSON. */
#include "statistics_report.h"
#include "counted.h"
#include "report.h"
#include "shown_name.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *name_of(const reel_encoder *encoder, int64_t j)
{
    return j ? reel_encoder_feature_name(encoder, (size_t)j - 1) : "intercept";
}

static void print_number(FILE *to, int width, int digits, double x)
{
    isnan(x) ? fprintf(to, " %*s", width, "-") : fprintf(to, " %*.*g", width, digits, x);
}

/* What is left of 0 by rounding is 0 for people. */
static double unless_noise(double x, double size) { return fabs(x) < 1e-12 * size ? 0 : x; }

/* Beside what a coefficient is noise: its error, and what moves the target by its deviation. */
static double size_of(const line_statistics *it, const model *m, int64_t at, int64_t j)
{
    double scale = reel_encoder_target_scale(m->encoder);
    return fmax(it->error[at], j ? scale / reel_encoder_scale(m->encoder, (size_t)j - 1) : scale);
}

static void print_summary(FILE *to, const line_statistics *it, bool several)
{
    fputc('\n', to);
    if (!several) {
        static const char *const words[] = {"residuals: from ", ", quartiles ", ", ", ", ", " to "};
        static const int order[] = {0, 4, 1, 2, 3};
        double most = fmax(-it->residuals[0], it->residuals[4]);
        for (int k = 0; k < 5; k++) {
            int q = order[k];
            fprintf(to, "%s%.5g", words[q], unless_noise(it->residuals[q], most));
        }
        fputc('\n', to);
    }
    static const char *const sources[] = {NULL, "a sandwich for errors that differ from row to row",
                                          "the curvature of the likelihood", "samples of the rows"};
    if (it->source == ERRORS_BY_BOOTSTRAP) {
        fprintf(to, "standard errors: the deviation over %" PRId64 " %s; %s of freedom\n",
                it->samples, sources[it->source], REELI_COUNTED(it->freedom, "degree"));
    } else if (it->source != ERRORS_OF_SQUARES) {
        fprintf(to, "standard errors: %s; %s of freedom\n", sources[it->source],
                REELI_COUNTED(it->freedom, "degree"));
    }
    if (!isnan(it->deviance)) {
        fprintf(to, "deviance: %.6g, of the mean alone %.6g", it->deviance, it->null_deviance);
        isnan(it->aic) ? 0 : fprintf(to, "; AIC %.6g", it->aic);
        fputc('\n', to);
    }
    if (isnan(it->sigma)) {
        return;
    }
    fprintf(to, "residual standard error: %.6g on %s of freedom\n", it->sigma,
            REELI_COUNTED(it->freedom, "degree"));
    fprintf(to, "R squared: %.6g, adjusted %.6g; F: %.5g on %" PRId64 " and %" PRId64 ", p %.3g\n",
            it->r2, it->adjusted_r2, it->f, it->f_freedom, it->freedom, it->f_p);
}

static void print_line(FILE *to, const line_statistics *it, const model *m, int64_t line, int width)
{
    char label[200], shown[200];
    line_label(m, line + (reel_encoder_classes(m->encoder) > 0), label, sizeof label);
    fprintf(to, "\n%s =\n  %-*s %14s %11s %8s %9s %11s %11s %7s\n",
            shown_text(label, shown, sizeof shown), width, "", "estimate", "std. error",
            it->source == ERRORS_BY_CURVATURE ? "z" : "t", "p", "from", "to (95 %)", "VIF");
    for (int64_t j = 0; j <= it->features; j++) {
        int64_t at = line * (it->features + 1) + j;
        fputs("  ", to);
        print_name(to, name_of(m->encoder, j), width);
        print_number(to, 14, 8, unless_noise(it->estimate[at], size_of(it, m, at, j)));
        print_number(to, 11, 5, it->error[at]);
        print_number(to, 8, 4, unless_noise(it->t[at], 1));
        print_number(to, 9, 3, it->p[at]);
        print_number(to, 11, 5, it->low[at]);
        print_number(to, 11, 5, it->high[at]);
        print_number(to, 7, 3, it->inflation[at]);
        fputc('\n', to);
    }
}

void statistics_print(FILE *to, const line_statistics *it, const model *m)
{
    int width = (int)strlen("intercept");
    for (int64_t j = 1; j <= it->features; j++) {
        int length = shown_width(name_of(m->encoder, j));
        width = length > width && length <= 40 ? length : width;
    }
    for (int64_t line = 0; line < it->lines; line++) {
        print_line(to, it, m, line, width);
    }
    print_summary(to, it, it->lines > 1 || reel_encoder_classes(m->encoder) > 0);
}

/* A figure of each coefficient; of classes and several quantiles for each. */
static void column_json(reeli_json_writer *w, const char *key, const line_statistics *it,
                        const double *values, const model *m)
{
    const reel_encoder *encoder = m->encoder;
    bool classes = reel_encoder_classes(encoder) > 0, several = classes || it->lines > 1;
    several ? reeli_json_put_open(w, key, '{') : (void)0;
    for (int64_t line = 0; line < it->lines; line++) {
        char text[32];
        reeli_json_put_open(w, several ? line_key(m, line + classes, text) : key, '{');
        for (int64_t j = 0; j <= it->features; j++) {
            reeli_json_put_number(w, name_of(encoder, j), *values++);
        }
        reeli_json_put_close(w, '}');
    }
    several ? reeli_json_put_close(w, '}') : (void)0;
}

void statistics_json(reeli_json_writer *w, const line_statistics *it, const model *m)
{
    const reel_encoder *encoder = m->encoder;
    if (!it->features) {
        return;
    }
    reeli_json_put_open(w, "statistics", '{');
    column_json(w, "standard_error", it, it->error, m);
    column_json(w, it->source == ERRORS_BY_CURVATURE ? "z" : "t", it, it->t, m);
    column_json(w, "p", it, it->p, m);
    column_json(w, "low", it, it->low, m);
    column_json(w, "high", it, it->high, m);
    column_json(w, "variance_inflation", it, it->inflation, m);
    if (!isnan(it->deviance)) {
        reeli_json_put_number(w, "deviance", it->deviance);
        reeli_json_put_number(w, "null_deviance", it->null_deviance);
        reeli_json_put_number(w, "aic", it->aic);
    }
    if (it->samples) {
        reeli_json_put_integer(w, "bootstrap", it->samples);
    }
    reeli_json_put_number(w, "condition_number", it->condition);
    reeli_json_put_integer(w, "degrees_of_freedom", it->freedom);
    reeli_json_put_number(w, "residual_standard_error", it->sigma);
    reeli_json_put_number(w, "r2", it->r2);
    reeli_json_put_number(w, "adjusted_r2", it->adjusted_r2);
    reeli_json_put_number(w, "f", it->f);
    reeli_json_put_integer(w, "f_degrees_of_freedom", it->f_freedom);
    reeli_json_put_number(w, "f_p", it->f_p);
    if (!reel_encoder_classes(encoder) && it->lines == 1) {
        reeli_json_put_open(w, "residual_quantiles", '[');
        for (int q = 0; q < 5; q++) {
            reeli_json_put_number(w, NULL, it->residuals[q]);
        }
        reeli_json_put_close(w, ']');
    }
    reeli_json_put_close(w, '}');
}
