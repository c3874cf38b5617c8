/* SPDX-License-Identifier: MIT */
/* The net of a model in C99, and rows to test it by. */
#include "export_c.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In the order of activation_names; F stands for the suffix of float's functions. */
static const char *const activations[] = {
    "x > 0 ? x : 0",
    "tanhF(x)",
    "1 / (1 + expF(-x))",
    "x / 2 * (1 + erfF(x * (REAL)0.70710678118654752))",
    "x / (1 + expF(-x))",
    "x > 0 ? x : (REAL)0.01 * x",
    "x > 0 ? x : expm1F(x)",
    "(REAL)1.0507009873554805 * (x > 0 ? x : (REAL)1.6732632423543772 * expm1F(x))",
    "x > 0 ? x : expm1F(x)",
    "x > 20 ? x : log1pF(expF(x))",
    "x * tanhF(x > 20 ? x : log1pF(expF(x)))",
    "x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6",
    "x / (1 + (x > 0 ? x : -x))",
    "x < 0 ? 0 : x > 6 ? 6 : x",
};

static void put_number(const writing *w, double x)
{
    in_double(w) ? fprintf(w->to, "%.17g", x) : fprintf(w->to, "%.8ef", x);
}

static void put_numbers(const writing *w, const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        fputs(i == 0 ? "\n    " : i % 5 ? ", " : ",\n    ", w->to);
        put_number(w, x[i]);
    }
}

/* A parameter as a static array. */
static bool put_tensor(const writing *w, const char *name, const char *as, int64_t place)
{
    reel_tensor *t = reel_parameter(w->m->net, name);
    int64_t n = reel_numel(t);
    double *values = malloc((size_t)n * sizeof *values);
    bool done = values && reel_to_f64(t, values, n) == REEL_OK;
    if (done) {
        fprintf(w->to, "static const %s %s_%s%" PRId64 "[%" PRId64 "] = {", w->real, w->name, as,
                place, n);
        put_numbers(w, values, n);
        fputs("};\n", w->to);
    }
    free(values);
    return done || complain(w->s, "there is no memory to write the model");
}

static int64_t outputs_of(const writing *w)
{
    return w->m->shape.outputs > 1 ? w->m->shape.outputs : 1;
}

static void put_activation(const writing *w)
{
    fprintf(w->to, "static %s %s_activation(%s x)\n{\n    return ", w->real, w->name, w->real);
    for (const char *at = activations[w->m->shape.activation]; *at; at++) {
        if (*at == 'F') {
            fputs(in_double(w) ? "" : "f", w->to);
        } else if (strncmp(at, "REAL", 4) == 0) {
            fputs(w->real, w->to);
            at += 3;
        } else {
            fputc(*at, w->to);
        }
    }
    fputs(";\n}\n\n", w->to);
}

static void put_dense(const writing *w)
{
    fprintf(w->to,
            "/* y = W x + b, W row by row */\n"
            "static void %s_dense(int rows, int columns, const %s *W, const %s *b, const %s *x, "
            "%s *y)\n{\n    int i, j;\n    for (i = 0; i < rows; i++) {\n        %s sum = 0;\n"
            "        for (j = 0; j < columns; j++) {\n            sum += W[i * columns + j] * x[j];"
            "\n        }\n        y[i] = sum + b[i];\n    }\n}\n\n",
            w->name, w->real, w->real, w->real, w->real, w->real);
}

/* y = the outputs of the last layer, as doubles. */
static void put_forward(const writing *w)
{
    const network_shape *shape = &w->m->shape;
    int64_t width = shape->features, widest = width, outputs = outputs_of(w);
    for (size_t i = 0; i < shape->hidden_count; i++) {
        widest = shape->hidden[i] > widest ? shape->hidden[i] : widest;
    }
    int64_t most = shape->hidden_count && widest > outputs ? widest : outputs;
    bool counted = shape->hidden_count || outputs > 1;
    fprintf(w->to,
            "static void %s_net(const %s_row *row, double *to)\n{\n    %s x[%" PRId64
            "], y[%" PRId64 "];\n%s    %s_encode(row, x);\n",
            w->name, w->name, w->real, widest, most, counted ? "    int i;\n" : "", w->name);
    for (size_t i = 0; i <= shape->hidden_count; i++) {
        bool last = i == shape->hidden_count;
        int64_t rows = last ? outputs : shape->hidden[i];
        fprintf(w->to, "    %s_dense(%" PRId64 ", %" PRId64 ", %s_weight%zu, %s_bias%zu, x, y);\n",
                w->name, rows, width, w->name, i, w->name, i);
        if (!last) {
            fprintf(w->to,
                    "    for (i = 0; i < %" PRId64 "; i++) {\n"
                    "        x[i] = %s_activation(y[i]);\n    }\n",
                    rows, w->name);
        }
        width = rows;
    }
    if (outputs == 1) {
        fputs("    to[0] = (double)y[0];\n}\n\n", w->to);
    } else {
        fprintf(w->to,
                "    for (i = 0; i < %" PRId64 "; i++) {\n        to[i] = (double)y[i];\n"
                "    }\n}\n\n",
                outputs);
    }
}

/* The target of an output, in its own units. */
static void put_decode(const writing *w)
{
    static const char *const undone[] = {"", "exp(", "expm1(", "", "1 / (1 + exp(-(", "exp("};
    static const char *const ends[] = {"", ")", ")", "", ")))", ")"};
    double mean = reel_encoder_target_mean(w->m->encoder);
    double scale = reel_encoder_target_scale(w->m->encoder);
    reel_transform transform = reel_encoder_transform(w->m->encoder);
    fprintf(w->to, "static double %s_decode(double y)\n{\n", w->name);
    if (transform == REEL_TRANSFORM_SQRT) {
        fprintf(w->to,
                "    double root = %.17g + %.17g * y;\n"
                "    return root > 0 ? root * root : 0;\n}\n\n",
                mean, scale);
    } else {
        fprintf(w->to, "    return %s%.17g + %.17g * y%s;\n}\n\n", undone[transform], mean, scale,
                ends[transform]);
    }
}

static void put_predict(const writing *w)
{
    fprintf(w->to,
            "double %s_predict(const %s_row *row)\n{\n    double y;\n    %s_net(row, &y);\n"
            "    return %s_decode(y);\n}\n",
            w->name, w->name, w->name, w->name);
}

/* The ends of the interval around it, by the width that calibration has found: of a transformed
 * target in the transform's units. */
static void put_interval(const writing *w)
{
    const char *n = w->name;
    double scale = reel_encoder_target_scale(w->m->encoder);
    double zero = -reel_encoder_target_mean(w->m->encoder) / scale, half = w->m->half_width;
    bool root = reel_encoder_transform(w->m->encoder) == REEL_TRANSFORM_SQRT;
    fprintf(w->to,
            "\ndouble %s_interval(const %s_row *row, double *low, double *high)\n{\n"
            "    double y;\n    %s_net(row, &y);\n",
            n, n, n);
    if (reel_encoder_transform(w->m->encoder) == REEL_TRANSFORM_NONE) {
        fprintf(w->to, "    y = %s_decode(y);\n    *low = y - %.17g;\n    *high = y + %.17g;\n", n,
                half, half);
        fputs("    return y;\n}\n", w->to);
        return;
    }
    root ? fprintf(w->to, "    y = y > %.17g ? y : %.17g;\n", zero, zero) : 0;
    fprintf(w->to,
            "    *low = %s_decode(y - %.17g);\n    *high = %s_decode(y + %.17g);\n"
            "    return %s_decode(y);\n}\n",
            n, half / scale, n, half / scale, n);
}

/* The outermost quantiles, which calibration has moved. */
static void put_quantile_interval(const writing *w)
{
    const char *n = w->name;
    int64_t count = outputs_of(w);
    fprintf(w->to,
            "\ndouble %s_interval(const %s_row *row, double *low, double *high)\n{\n"
            "    double all[%" PRId64 "];\n    %s_all(row, all);\n    *low = all[0];\n"
            "    *high = all[%" PRId64 "];\n    return all[%zu];\n}\n",
            n, n, count, n, count - 1, model_middle(w->m));
}

static void put_classes(const writing *w)
{
    const char *n = w->name;
    int64_t count = outputs_of(w);
    fprintf(w->to, "const char *const %s_classes[%" PRId64 "] = {", n, count);
    for (int64_t k = 0; k < count; k++) {
        fputs(k ? ", " : "", w->to);
        put_c_string(w->to, reel_encoder_class(w->m->encoder, (size_t)k));
    }
    fprintf(w->to,
            "};\n\nint %s_all(const %s_row *row, double *all)\n{\n"
            "    int i, most = 0;\n    double largest, sum = 0;\n    %s_net(row, all);\n"
            "    for (i = 1; i < %" PRId64 "; i++) {\n"
            "        most = all[i] > all[most] ? i : most;\n    }\n    largest = all[most];\n"
            "    for (i = 0; i < %" PRId64 "; i++) {\n"
            "        all[i] = exp(all[i] - largest);\n        sum += all[i];\n    }\n"
            "    for (i = 0; i < %" PRId64 "; i++) {\n        all[i] /= sum;\n    }\n"
            "    return most;\n}\n\n"
            "int %s_predict(const %s_row *row)\n{\n    double all[%" PRId64 "];\n"
            "    return %s_all(row, all);\n}\n",
            n, n, n, count, count, count, n, n, count, n);
}

/* In order, by insertion: there are few. */
static void put_quantiles(const writing *w)
{
    const char *n = w->name;
    int64_t count = outputs_of(w);
    fprintf(w->to,
            "void %s_all(const %s_row *row, double *all)\n{\n    int i, k;\n    %s_net(row, all);\n"
            "    for (i = 0; i < %" PRId64 "; i++) {\n        double y = %s_decode(all[i]);\n"
            "        for (k = i; k > 0 && all[k - 1] > y; k--) {\n"
            "            all[k] = all[k - 1];\n        }\n        all[k] = y;\n    }\n}\n\n"
            "double %s_predict(const %s_row *row)\n{\n    double all[%" PRId64 "];\n"
            "    %s_all(row, all);\n    return all[%zu];\n}\n",
            n, n, n, count, n, n, n, count, n, model_middle(w->m));
}

void put_c_declarations(const writing *w)
{
    const char *n = w->name;
    if (w->m->shape.quantile_count) {
        fputs("/* The quantiles", w->to);
        for (size_t k = 0; k < w->m->shape.quantile_count; k++) {
            fprintf(w->to, "%s %g", k ? "," : "", w->m->quantiles[k]);
        }
        fprintf(w->to, ", and of them %g. */\nvoid %s_all(const %s_row *row, double *all);\n",
                w->m->quantiles[model_middle(w->m)], n, n);
        fprintf(w->to, "double %s_predict(const %s_row *row);\n", n, n);
    } else if (reel_encoder_classes(w->m->encoder)) {
        fprintf(w->to,
                "/* The classes; the number of the most probable one; the same, with the "
                "probability\n * of each in `all`. */\n"
                "extern const char *const %s_classes[%" PRId64 "];\n"
                "int %s_predict(const %s_row *row);\nint %s_all(const %s_row *row, double *all);\n",
                n, outputs_of(w), n, n, n, n);
    } else {
        fprintf(w->to, "double %s_predict(const %s_row *row);\n", n, n);
    }
    if (w->m->interval > 0) {
        fprintf(w->to,
                "/* The same, with the ends of an interval that holds the true value with "
                "probability\n * %g. */\n"
                "double %s_interval(const %s_row *row, double *low, double *high);\n",
                w->m->interval, n, n);
    }
    fprintf(w->to, "int %s_self_test(void);\n\n", n);
}

void put_c_net(const writing *w)
{
    if (w->m->shape.hidden_count) {
        put_activation(w);
    }
    put_dense(w);
    put_forward(w);
    if (reel_encoder_classes(w->m->encoder)) {
        put_classes(w);
    } else {
        put_decode(w);
        w->m->shape.quantile_count ? put_quantiles(w) : put_predict(w);
    }
    if (w->m->interval > 0) {
        w->m->shape.quantile_count ? put_quantile_interval(w) : put_interval(w);
    }
}

enum { TESTED = 3 };

/* A column's number in test row i: something near what it was trained on. */
static double test_number(const writing *w, const exported_column *column, size_t i)
{
    reel_feature it = reel_encoder_column_feature(w->m->encoder, column->place, 0);
    return it.median + ((double)i - 1) * (0.5 + (double)(column->first % 3) / 4) * it.scale;
}

/* The date of test row i, in seconds: near the trend's or the year's median, or in 2024. */
static double test_date(const writing *w, const exported_column *column, size_t i)
{
    enum { DAY = 86400, IN_2024 = 19800, SOME_DAYS = 40, SOME_HOURS = 5 };
    reel_feature it = reel_encoder_column_feature(w->m->encoder, column->place, 0);
    double days = it.kind == REEL_FEATURE_TREND  ? floor(it.median)
                  : it.kind == REEL_FEATURE_YEAR ? floor(365.2425 * (it.median - 1969.5))
                                                 : IN_2024;
    return days * DAY + (double)i * (SOME_DAYS * DAY + SOME_HOURS * 3600);
}

/* A column's cell in test row i. */
static reel_cell test_cell(const writing *w, const exported_column *column, size_t i)
{
    if (column->text) {
        return (reel_cell){exported_category(w->m, column, i % column->texts), 0};
    }
    return (reel_cell){NULL, column->date ? test_date(w, column, i) : test_number(w, column, i)};
}

/* The model's answers to the test's rows, (TESTED, outputs). */
static bool test_answers(const writing *w, double *answers)
{
    reel_model *m = model_handle(w->s, w->m);
    reel_cell *cells = m ? calloc(w->count * TESTED, sizeof *cells) : NULL;
    for (size_t i = 0; cells && i < TESTED * w->count; i++) {
        cells[i] = test_cell(w, &w->columns[i % w->count], i / w->count);
    }
    bool done = cells ? reel_model_predict_all(m, cells, TESTED, answers) == REEL_OK
                      : complain(w->s, "there is no memory for the self-test");
    free(cells);
    reel_model_free(m);
    return done;
}

/* What the answers' errors are compared with. */
static double test_size(const writing *w, const double *answers, int64_t count)
{
    const reel_encoder *e = w->m->encoder;
    double size = reel_encoder_target_scale(e) + fabs(reel_encoder_target_mean(e)) * 1e-3;
    for (int64_t i = 0; i < count && reel_encoder_transform(e); i++) {
        size += fabs(answers[i]);
    }
    return size;
}

static void put_test_rows(const writing *w)
{
    for (size_t i = 0; i < TESTED; i++) {
        fputs("        {", w->to);
        for (size_t c = 0; c < w->count; c++) {
            reel_cell cell = test_cell(w, &w->columns[c], i);
            fputs(c ? ", " : "", w->to);
            if (cell.text) {
                put_c_string(w->to, cell.text);
            } else {
                fprintf(w->to, "%.17g", cell.number);
            }
        }
        fputs("},\n", w->to);
    }
}

bool put_c_self_test(const writing *w)
{
    bool ends = w->m->interval > 0 && outputs_of(w) == 1; /* low and high are tested, too */
    int64_t each = ends ? 3 : outputs_of(w), count = TESTED * each;
    double *answers = calloc((size_t)count, sizeof *answers);
    if (!answers || !test_answers(w, answers)) {
        free(answers);
        return false;
    }
    for (int64_t i = TESTED - 1; ends && i >= 0; i--) {
        answers[3 * i] = answers[i];
        model_interval(w->m, &answers[3 * i], &answers[3 * i + 1], &answers[3 * i + 2]);
    }
    fprintf(w->to,
            "\n/* How many of %d rows do not get what `reel predict` says of them. */\n"
            "int %s_self_test(void)\n{\n    static const %s_row rows[%d] = {\n",
            TESTED, w->name, w->name, TESTED);
    put_test_rows(w);
    fprintf(w->to, "    };\n    static const double expected[%" PRId64 "] = {", count);
    for (int64_t i = 0; i < count; i++) {
        fprintf(w->to, "%s%.17g", i ? ", " : "", answers[i]);
    }
    double most = (in_double(w) ? 1e-10 : 1e-4) * test_size(w, answers, count);
    fprintf(w->to,
            "};\n    int i, wrong = 0;\n    double all[%" PRId64 "];\n"
            "    for (i = 0; i < %" PRId64 "; i++) {\n        double off;\n",
            each, count);
    if (ends) {
        fprintf(w->to, "        all[0] = %s_interval(&rows[i / 3], &all[1], &all[2]);\n", w->name);
    } else {
        fprintf(w->to, "        %s%s_%s(&rows[i / %" PRId64 "]%s);\n", each == 1 ? "all[0] = " : "",
                w->name, each == 1 ? "predict" : "all", each, each == 1 ? "" : ", all");
    }
    fprintf(w->to,
            "        off = all[i %% %" PRId64 "] - expected[i];\n"
            "        wrong += !((off < 0 ? -off : off) <= %g);\n    }\n"
            "    return wrong;\n}\n",
            each, most);
    free(answers);
    return true;
}

bool put_c_layers(const writing *w)
{
    const network_shape *shape = &w->m->shape;
    size_t place = 0, step = shape->dropout > 0 ? 3 : 2;
    for (size_t i = 0; i <= shape->hidden_count; i++, place += step) {
        char weight[32], bias[32];
        snprintf(weight, sizeof weight, "%zu.weight", place);
        snprintf(bias, sizeof bias, "%zu.bias", place);
        if (!put_tensor(w, weight, "weight", (int64_t)i) ||
            !put_tensor(w, bias, "bias", (int64_t)i)) {
            return false;
        }
    }
    return true;
}
