/* SPDX-License-Identifier: MIT */
/* A model as an ONNX graph: an input for each column, in doubles or texts; the encoder, the net,
 * the target. */
#include "export.h"

#ifdef REEL_HAS_ONNX
#include "onnx_graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is being written. */
typedef struct writing {
    session *s;
    const model *m;
    onnx_graph *g;
    exported_column *columns;
    size_t count;
    onnx_type real;      /* of the net */
    const char **number; /* of each column: a number or the seconds of a date, as they come */
    const char **texts;  /* of one of text: 0 or 1 for each of its features, (N, count) */
} writing;

static const char *two(const writing *w, const char *operation, const char *a, const char *b)
{
    return onnx_do(w->g, operation, a, b, NULL);
}

static const char *with(const writing *w, const char *operation, const char *a, double b)
{
    return two(w, operation, a, onnx_number(w->g, b));
}

static const char *one(const writing *w, const char *operation, const char *a)
{
    return onnx_do(w->g, operation, a, NULL, NULL);
}

/* x, but `otherwise` where it is NaN. */
static const char *or_else(const writing *w, const char *x, double otherwise)
{
    return onnx_do(w->g, "Where", one(w, "IsNaN", x), onnx_number(w->g, otherwise), x);
}

/* 1 where x is one of the values from `first` on, which stand side by side. */
static const char *is_each(const writing *w, const char *x, const double *values, int64_t n,
                           onnx_type type)
{
    const char *each = onnx_numbers(w->g, values, type, 1, n);
    return onnx_cast(w->g, two(w, "Equal", x, each), ONNX_DOUBLE);
}

/* 0 or 1 for each feature of a column of text. A missing text is "". */
static const char *text_features(const writing *w, const exported_column *c, const char *x)
{
    size_t n = c->count, known = 0;
    const char **texts = calloc(n + 2, sizeof *texts);
    int64_t *codes = calloc(n + 2, sizeof *codes), others = -1;
    double *places = calloc(n + 2, sizeof *places);
    const char *made = NULL;
    for (size_t k = 0; texts && codes && places && k < n; k++) {
        reel_feature it = reel_encoder_column_feature(w->m->encoder, c->place, k);
        places[k] = (double)k;
        others = it.kind == REEL_FEATURE_OTHERS ? (int64_t)k : others;
        if (it.kind != REEL_FEATURE_OTHERS) {
            texts[known] = it.kind == REEL_FEATURE_MISSING ? "" : it.text;
            codes[known++] = (int64_t)k;
        }
    }
    if (texts && codes && places) {
        if (c->reference) {
            texts[known] = c->reference;
            codes[known++] = -2;
        }
        if (!c->missing) {
            texts[known] = "";
            codes[known++] = -1;
        }
        const char *code = onnx_code(w->g, x, texts, codes, known, others);
        made = is_each(w, code, places, (int64_t)n, ONNX_INT64);
    }
    free(texts);
    free(codes);
    free(places);
    return made;
}

static const char *floor_of(const writing *w, const char *x, double by)
{
    return one(w, "Floor", with(w, "Div", x, by));
}

/* The year (0), the month (1), the day of the week (2), the hour (3) of seconds, as
 * src/table/date.c has them. */
static const char *date_part(const writing *w, const char *seconds, int part)
{
    const char *days = floor_of(w, seconds, 86400);
    if (part == 2) {
        const char *from = with(w, "Add", days, 3);
        return two(w, "Sub", from, with(w, "Mul", floor_of(w, from, 7), 7));
    }
    if (part == 3) {
        return floor_of(w, two(w, "Sub", seconds, with(w, "Mul", days, 86400)), 3600);
    }
    const char *z = with(w, "Add", days, 719468), *era = floor_of(w, z, 146097);
    const char *doe = two(w, "Sub", z, with(w, "Mul", era, 146097));
    const char *off = two(w, "Sub", doe, floor_of(w, doe, 1460));
    off = two(w, "Sub", two(w, "Add", off, floor_of(w, doe, 36524)), floor_of(w, doe, 146096));
    const char *yoe = floor_of(w, off, 365);
    const char *before = two(w, "Add", with(w, "Mul", yoe, 365), floor_of(w, yoe, 4));
    before = two(w, "Sub", before, floor_of(w, yoe, 100));
    const char *doy = two(w, "Sub", doe, before);
    const char *place = floor_of(w, with(w, "Add", with(w, "Mul", doy, 5), 2), 153);
    const char *early = with(w, "Less", place, 10);
    const char *month =
        onnx_do(w->g, "Where", early, with(w, "Add", place, 3), with(w, "Sub", place, 9));
    const char *year = two(w, "Add", yoe, with(w, "Mul", era, 400));
    const char *next =
        onnx_cast(w->g, early, ONNX_DOUBLE); /* January and February are the next's */
    return part == 1 ? month : two(w, "Add", year, with(w, "Sub", with(w, "Mul", next, -1), -1));
}

/* What feature `it` is of its row: with medians for what is missing, not scaled; (N, 1). */
static const char *raw_feature(const writing *w, const reel_feature *it, size_t k)
{
    const char *x = w->number[it->column];
    double value = it->value;
    switch (it->kind) {
    case REEL_FEATURE_NUMBER:
        return or_else(w, x, it->median);
    case REEL_FEATURE_TREND:
        return or_else(w, with(w, "Div", x, 86400), it->median);
    case REEL_FEATURE_YEAR:
        return or_else(w, date_part(w, x, 0), it->median);
    case REEL_FEATURE_MONTH:
    case REEL_FEATURE_WEEKDAY:
    case REEL_FEATURE_HOUR:
        return is_each(w, date_part(w, x, (int)(it->kind - REEL_FEATURE_YEAR)), &value, 1,
                       ONNX_DOUBLE);
    default: {
        const char *place = onnx_numbers(w->g, &(double){(double)k}, ONNX_INT64, 0, 1);
        const char *y = two(w, "Gather", w->texts[it->column], place);
        onnx_attribute(w->g, "axis", 1);
        return y;
    }
    }
}

/* x where it is above `least`, or not below it; else what the median is. */
static const char *within(const writing *w, const char *x, const char *least, double bound,
                          double median)
{
    return onnx_do(w->g, "Where", with(w, least, x, bound), x, onnx_number(w->g, median));
}

static const char *polynomial(const writing *w, const char *x, const reel_factor *f)
{
    const char *before = NULL, *now = onnx_number(w->g, 1);
    for (int k = 1; k <= f->degree; k++) {
        const char *next = two(w, "Mul", with(w, "Sub", x, f->centers[k - 1]), now);
        if (before) {
            double ratio = f->norms[k - 1] / f->norms[k - 2];
            next = two(w, "Sub", next, with(w, "Mul", before, ratio));
        }
        before = now;
        now = next;
    }
    return with(w, "Div", now, sqrt(f->norms[f->degree]));
}

static const char *factor(const writing *w, const reel_factor *f, size_t k)
{
    const char *x = raw_feature(w, &f->feature, k);
    double median = f->feature.median;
    switch (f->function) {
    case REEL_FUNCTION_LOG:
        return one(w, "Log", within(w, x, "Greater", 0, median));
    case REEL_FUNCTION_LOG1P:
        return one(w, "Log", with(w, "Add", within(w, x, "Greater", -1, median), 1));
    case REEL_FUNCTION_SQRT:
        return one(w, "Sqrt", within(w, x, "GreaterOrEqual", 0, median));
    case REEL_FUNCTION_EXP:
        return one(w, "Exp", x);
    case REEL_FUNCTION_POWER:
        return with(w, "Pow", x, f->degree);
    case REEL_FUNCTION_POLY:
        return polynomial(w, x, f);
    default:
        return x;
    }
}

/* Which of its column's features a factor's text or date is. */
static size_t place_of(const writing *w, const reel_feature *it)
{
    size_t n = reel_encoder_column_features(w->m->encoder, it->column), k = 0;
    for (; k < n; k++) {
        reel_feature other = reel_encoder_column_feature(w->m->encoder, it->column, k);
        if (other.kind == it->kind && other.value == it->value && other.text == it->text) {
            break;
        }
    }
    return k;
}

/* Feature f, scaled; (N, 1). */
static const char *feature(const writing *w, size_t f)
{
    reel_feature it = reel_encoder_feature(w->m->encoder, f);
    const char *x = NULL;
    for (size_t k = 0; k < reel_encoder_factors(w->m->encoder, f); k++) {
        reel_factor part = reel_encoder_factor(w->m->encoder, f, k);
        const char *y = factor(w, &part, place_of(w, &part.feature));
        x = x ? two(w, "Mul", x, y) : y;
    }
    x = x ? x : raw_feature(w, &it, place_of(w, &it));
    return it.mean == 0 && it.scale == 1 ? x : with(w, "Div", with(w, "Sub", x, it.mean), it.scale);
}

static bool put_inputs(writing *w)
{
    w->number = calloc(w->count, sizeof *w->number);
    w->texts = calloc(w->count, sizeof *w->texts);
    for (size_t c = 0; w->number && w->texts && c < w->count; c++) {
        bool text = w->columns[c].text;
        w->number[c] = onnx_input(w->g, w->columns[c].name, text ? ONNX_TEXT : ONNX_DOUBLE, 1);
        w->texts[c] = text ? text_features(w, &w->columns[c], w->number[c]) : NULL;
    }
    return w->number && w->texts;
}

/* All features, (N, features), in the net's type. */
static const char *encoder(writing *w)
{
    size_t n = reel_encoder_features(w->m->encoder), count = 0;
    const char **parts = calloc(n + 1, sizeof *parts), *all = NULL;
    bool terms = reel_encoder_factors(w->m->encoder, 0) > 0;
    for (size_t f = 0; parts && f < n;) {
        reel_feature it = reel_encoder_feature(w->m->encoder, f);
        const exported_column *c = &w->columns[it.column];
        bool whole = !terms && c->text;
        parts[count++] = whole ? w->texts[it.column] : feature(w, f);
        f += whole ? c->count : 1;
    }
    if (parts) {
        all = onnx_cast(w->g, onnx_concat(w->g, parts, count), w->real);
    }
    free(parts);
    return all;
}

/* A number in the net's type. */
static const char *real(const writing *w, double x)
{
    return onnx_numbers(w->g, &x, w->real, 1, 1);
}

static const char *by(const writing *w, const char *operation, const char *x, double y)
{
    return two(w, operation, x, real(w, y));
}

static const char *where_positive(const writing *w, const char *x, const char *else_)
{
    return onnx_do(w->g, "Where", by(w, "Greater", x, 0), x, else_);
}

static const char *softplus(const writing *w, const char *x)
{
    const char *soft = one(w, "Log", by(w, "Add", one(w, "Exp", by(w, "Min", x, 20)), 1));
    return onnx_do(w->g, "Where", by(w, "Greater", x, 20), x, soft);
}

/* exp(x) - 1 of what is below 0, x of the rest. */
static const char *elu(const writing *w, const char *x, double scale)
{
    const char *low = by(w, "Sub", one(w, "Exp", by(w, "Min", x, 0)), 1);
    return where_positive(w, x, by(w, "Mul", low, scale));
}

static const char *gelu(const writing *w, const char *x)
{
    const char *z = by(w, "Mul", x, sqrt(0.5)); /* erf is for floats alone where it is run */
    const char *e = onnx_cast(w->g, one(w, "Erf", onnx_cast(w->g, z, ONNX_FLOAT)), w->real);
    return two(w, "Mul", by(w, "Mul", x, 0.5), by(w, "Add", e, 1));
}

/* In the order of activation_names. */
static const char *activation(const writing *w, const char *x)
{
    switch (w->m->shape.activation) {
    case 0:
        return one(w, "Relu", x);
    case 1:
        return one(w, "Tanh", x);
    case 2:
        return one(w, "Sigmoid", x);
    case 3:
        return gelu(w, x);
    case 4:
        return two(w, "Mul", x, one(w, "Sigmoid", x));
    case 5:
        return where_positive(w, x, by(w, "Mul", x, 0.01));
    case 7:
        return by(w, "Mul", elu(w, x, 1.6732632423543772), 1.0507009873554805);
    case 6:
    case 8:
        return elu(w, x, 1);
    case 9:
        return softplus(w, x);
    case 10:
        return two(w, "Mul", x, one(w, "Tanh", softplus(w, x)));
    case 11:
        return by(w, "Div", two(w, "Mul", x, by(w, "Min", by(w, "Max", by(w, "Add", x, 3), 0), 6)),
                  6);
    case 12:
        return two(w, "Div", x, by(w, "Add", one(w, "Abs", x), 1));
    default:
        return by(w, "Min", by(w, "Max", x, 0), 6);
    }
}

static const char *parameter(const writing *w, const char *name, int64_t rows, int64_t columns)
{
    size_t n = (size_t)((rows ? rows : 1) * columns);
    double *values = malloc((n + 1) * sizeof *values);
    const char *made = NULL;
    if (values && reel_to_f64(reel_parameter(w->m->net, name), values, (int64_t)n) == REEL_OK) {
        made = onnx_numbers(w->g, values, w->real, rows, columns);
    }
    free(values);
    return made;
}

/* The net's outputs, as doubles. */
static const char *net(const writing *w, const char *x, int64_t outputs)
{
    const network_shape *shape = &w->m->shape;
    int64_t width = shape->features;
    size_t step = shape->dropout > 0 ? 3 : 2;
    for (size_t i = 0; i <= shape->hidden_count; i++) {
        bool last = i == shape->hidden_count;
        int64_t size = last ? outputs : shape->hidden[i];
        char weight[32], bias[32];
        snprintf(weight, sizeof weight, "%zu.weight", i * step);
        snprintf(bias, sizeof bias, "%zu.bias", i * step);
        const char *W = parameter(w, weight, size, width), *b = parameter(w, bias, 0, size);
        x = W && b ? onnx_do(w->g, "Gemm", x, W, b) : NULL;
        onnx_attribute(w->g, "transB", 1);
        x = last ? x : activation(w, x);
        width = size;
    }
    return onnx_cast(w->g, x, ONNX_DOUBLE);
}

/* A standardised target in its own units. */
static const char *decode(const writing *w, const char *y)
{
    const reel_encoder *e = w->m->encoder;
    y = with(w, "Add", with(w, "Mul", y, reel_encoder_target_scale(e)),
             reel_encoder_target_mean(e));
    switch (reel_encoder_transform(e)) {
    case REEL_TRANSFORM_LOG:
    case REEL_TRANSFORM_RATE:
        return one(w, "Exp", y);
    case REEL_TRANSFORM_LOG1P:
        return with(w, "Sub", one(w, "Exp", y), 1);
    case REEL_TRANSFORM_SQRT: {
        const char *root = with(w, "Max", y, 0);
        return two(w, "Mul", root, root);
    }
    case REEL_TRANSFORM_LOGISTIC:
        return one(w, "Sigmoid", y);
    default:
        return y;
    }
}

static void put_classes(const writing *w, const char *y, int64_t outputs)
{
    const char **texts = calloc((size_t)outputs, sizeof *texts);
    for (int64_t k = 0; texts && k < outputs; k++) {
        texts[k] = reel_encoder_class(w->m->encoder, (size_t)k);
    }
    const char *p = one(w, "Softmax", y);
    onnx_attribute(w->g, "axis", 1);
    const char *most = one(w, "ArgMax", y);
    onnx_attribute(w->g, "axis", 1);
    if (texts) {
        onnx_output(w->g, reel_encoder_target_name(w->m->encoder), ONNX_TEXT, 1,
                    onnx_decode(w->g, most, texts, (size_t)outputs));
        onnx_output(w->g, "probabilities", ONNX_DOUBLE, outputs, p);
    }
    free(texts);
}

static const char *column_of(const writing *w, const char *x, size_t k)
{
    const char *y = two(w, "Gather", x, onnx_numbers(w->g, &(double){(double)k}, ONNX_INT64, 0, 1));
    onnx_attribute(w->g, "axis", 1);
    return y;
}

static void put_ends(const writing *w, const char *low, const char *high)
{
    const char *target = reel_encoder_target_name(w->m->encoder), *const ends[] = {"low", "high"};
    for (int i = 0; i < 2; i++) {
        char name[512];
        snprintf(name, sizeof name, "%s_%s", target, ends[i]);
        onnx_output(w->g, name, ONNX_DOUBLE, 1, i ? high : low);
    }
}

static void put_quantiles(const writing *w, const char *y, int64_t outputs)
{
    const char *all = onnx_sort(w->g, decode(w, y), outputs);
    size_t middle = model_middle(w->m), last = (size_t)outputs - 1;
    onnx_output(w->g, reel_encoder_target_name(w->m->encoder), ONNX_DOUBLE, 1,
                column_of(w, all, middle));
    onnx_output(w->g, "quantiles", ONNX_DOUBLE, outputs, all);
    if (w->m->interval > 0) {
        put_ends(w, column_of(w, all, 0), column_of(w, all, last));
    }
}

static void put_number(const writing *w, const char *y)
{
    double half = w->m->half_width / reel_encoder_target_scale(w->m->encoder);
    onnx_output(w->g, reel_encoder_target_name(w->m->encoder), ONNX_DOUBLE, 1, decode(w, y));
    if (w->m->interval > 0) {
        put_ends(w, decode(w, with(w, "Sub", y, half)), decode(w, with(w, "Add", y, half)));
    }
}

bool export_onnx(session *s, const model *m, FILE *to)
{
    writing w = {.s = s, .m = m, .g = onnx_graph_new()};
    int64_t outputs = m->shape.outputs > 1 ? m->shape.outputs : 1;
    size_t size = 0;
    unsigned char *bytes = NULL;
    w.real = m->shape.dtype == REEL_F64 ? ONNX_DOUBLE : ONNX_FLOAT;
    w.columns = exported_columns(s, m, &w.count);
    if (w.g && w.columns && put_inputs(&w)) {
        const char *y = net(&w, encoder(&w), outputs);
        if (reel_encoder_classes(m->encoder)) {
            put_classes(&w, y, outputs);
        } else if (m->shape.quantile_count) {
            put_quantiles(&w, y, outputs);
        } else {
            put_number(&w, y);
        }
        bytes = y ? onnx_graph_pack(w.g, &size) : NULL;
    }
    bool done = bytes ? fwrite(bytes, 1, size, to) == size
                      : complain(s, "there is no memory for the graph");
    free(bytes);
    free(w.columns);
    free(w.number);
    free(w.texts);
    onnx_graph_free(w.g);
    reel_rewind(s->r);
    return done;
}
#else
bool export_onnx(session *s, const model *m, FILE *to)
{
    (void)m;
    (void)to;
    return complain(s, "--onnx: this reel was built without protobuf-c, which writes it");
}
#endif
