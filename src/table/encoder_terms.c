/* SPDX-License-Identifier: MIT */
/* Terms: products of columns and of functions of them, row by row. */
#include "encoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const reeli_function_names[] = {"none", "log",   "log1p", "sqrt",
                                            "exp",  "power", "poly",  NULL};

size_t reeli_factor_features(const reel_encoder *e, const reeli_factor *factor)
{
    if (factor->function == REEL_FUNCTION_NONE) {
        return reeli_input_features(reeli_input_of(e, factor->input));
    }
    return factor->function == REEL_FUNCTION_POLY ? (size_t)factor->degree : 1;
}

void reeli_term_parts(const reel_encoder *e, const reeli_term *term, size_t k,
                      size_t parts[REELI_MOST_FACTORS])
{
    for (size_t i = 0; i < term->count; i++) {
        size_t count = reeli_factor_features(e, &term->factors[i]);
        parts[i] = k % count;
        k /= count;
    }
}

double reeli_monic_polynomial(const reeli_factor *f, int degree, double x)
{
    double before = 0, now = 1;
    for (int k = 1; k <= degree; k++) {
        double ratio = k > 1 ? f->norms[k - 1] / f->norms[k - 2] : 0;
        double next = (x - f->centers[k - 1]) * now - ratio * before;
        before = now;
        now = next;
    }
    return now;
}

/* The polynomial of a degree from 1 on, of length 1 over the training rows. */
static double polynomial(const reeli_factor *f, int degree, double x)
{
    return reeli_monic_polynomial(f, degree, x) / sqrt(f->norms[degree]);
}

static double function_at(const reeli_factor *f, size_t part, double x)
{
    switch (f->function) {
    case REEL_FUNCTION_LOG:
        return x > 0 ? log(x) : (double)NAN;
    case REEL_FUNCTION_LOG1P:
        return x > -1 ? log1p(x) : (double)NAN;
    case REEL_FUNCTION_SQRT:
        return x >= 0 ? sqrt(x) : (double)NAN;
    case REEL_FUNCTION_EXP:
        return exp(x);
    case REEL_FUNCTION_POWER:
        return pow(x, f->degree);
    case REEL_FUNCTION_POLY:
        return polynomial(f, (int)part + 1, x);
    default:
        return x;
    }
}

double reeli_factor_value(const reel_encoder *e, const reeli_factor *factor, size_t part,
                          const double *base, int64_t *odd)
{
    const reeli_input *input = reeli_input_of(e, factor->input);
    if (factor->function == REEL_FUNCTION_NONE) {
        return base[input->first + part];
    }
    double y = function_at(factor, part, base[input->first]);
    if (isnan(y)) {
        ++*odd;
        y = function_at(factor, part, input->median);
    }
    return y;
}

void reeli_terms_apply(const reel_encoder *e, const double *base, double *to, int64_t *odd)
{
    const double *scales = e->scales.data;
    for (size_t t = 0; t < e->terms.count; t++) {
        const reeli_term *term = reeli_term_of(e, t);
        for (size_t k = 0; k < term->features; k++) {
            size_t parts[REELI_MOST_FACTORS], f = term->first + k;
            double product = 1;
            reeli_term_parts(e, term, k, parts);
            for (size_t i = 0; i < term->count; i++) {
                product *= reeli_factor_value(e, &term->factors[i], parts[i], base, odd);
            }
            to[f] = (product - scales[2 * f]) / scales[2 * f + 1];
        }
    }
}

/* The term that feature i is of. */
static const reeli_term *term_with(const reel_encoder *e, size_t i)
{
    size_t t = e->terms.count - 1;
    while (reeli_term_of(e, t)->first > i) {
        t--;
    }
    return reeli_term_of(e, t);
}

reel_feature reeli_term_feature(const reel_encoder *e, size_t i)
{
    const double *scales = e->scales.data;
    return (reel_feature){.kind = REEL_FEATURE_TERM,
                          .column = term_with(e, i)->factors[0].input,
                          .mean = scales[2 * i],
                          .scale = scales[2 * i + 1]};
}

/* As snprintf: "log(x)", "I(x^2)", "poly(x, 3)1", "district=Hills". */
static size_t factor_name(const reel_encoder *e, const reeli_factor *f, size_t part, char *text,
                          size_t size)
{
    const char *name = reeli_input_name(e, f->input);
    if (f->function == REEL_FUNCTION_NONE) {
        reel_feature it = reeli_input_feature(e, f->input, part);
        return reeli_feature_name(e, &it, text, size);
    }
    int length = f->function == REEL_FUNCTION_POWER
                     ? snprintf(text, size, "I(%s^%d)", name, f->degree)
                 : f->function == REEL_FUNCTION_POLY
                     ? snprintf(text, size, "poly(%s, %d)%zu", name, f->degree, part + 1)
                     : snprintf(text, size, "%s(%s)", reeli_function_names[f->function], name);
    return length < 0 ? 0 : (size_t)length;
}

/* The factors' names with colons between them; the length. */
static size_t write_name(const reel_encoder *e, size_t i, char *text, size_t size)
{
    const reeli_term *term = term_with(e, i);
    size_t parts[REELI_MOST_FACTORS], length = 0;
    reeli_term_parts(e, term, i - term->first, parts);
    for (size_t k = 0; k < term->count; k++) {
        if (k && text) {
            text[length] = ':';
        }
        length += k > 0;
        length += factor_name(e, &term->factors[k], parts[k], text ? text + length : NULL,
                              text ? size - length : 0);
    }
    return length;
}

const char *reeli_term_name(const reel_encoder *e, size_t i)
{
    size_t size = write_name(e, i, NULL, 0) + 1;
    char *text = reeli_arena_alloc(e->owned.r, size);
    if (!text) {
        reeli_no_memory(e->owned.r, "encoder_feature_name");
        return NULL;
    }
    write_name(e, i, text, size);
    return text;
}

size_t reel_encoder_factors(const reel_encoder *e, size_t i)
{
    return i < reel_encoder_features(e) && e->terms.count ? term_with(e, i)->count : 0;
}

reel_factor reel_encoder_factor(const reel_encoder *e, size_t i, size_t k)
{
    reel_factor it = {.feature.mean = (double)NAN};
    if (k >= reel_encoder_factors(e, i)) {
        return it;
    }
    const reeli_term *term = term_with(e, i);
    const reeli_factor *f = &term->factors[k];
    size_t parts[REELI_MOST_FACTORS];
    reeli_term_parts(e, term, i - term->first, parts);
    bool plain = f->function == REEL_FUNCTION_NONE, poly = f->function == REEL_FUNCTION_POLY;
    it.feature = reeli_input_feature(e, f->input, plain ? parts[k] : 0);
    it.feature.mean = 0;
    it.feature.scale = 1;
    it.function = f->function;
    it.degree = poly ? (int)parts[k] + 1 : f->degree;
    it.centers = poly ? f->centers : NULL;
    it.norms = poly ? f->norms : NULL;
    return it;
}

bool reeli_term_is_text(const reel_encoder *e, size_t i)
{
    const reeli_term *term = term_with(e, i);
    size_t parts[REELI_MOST_FACTORS];
    reeli_term_parts(e, term, i - term->first, parts);
    for (size_t k = 0; k < term->count; k++) {
        reel_feature it = reeli_input_feature(e, term->factors[k].input, parts[k]);
        bool number = term->factors[k].function || it.kind == REEL_FEATURE_NUMBER ||
                      it.kind == REEL_FEATURE_TREND || it.kind == REEL_FEATURE_YEAR;
        if (number) {
            return false;
        }
    }
    return true;
}

bool reeli_encoder_finish_terms(reel_encoder *e, const char *what)
{
    static const size_t most = 1 << 20;
    size_t features = 0;
    for (size_t i = 0; i < e->terms.count; i++) {
        reeli_term *term = reeli_term_of(e, i);
        term->first = features;
        term->features = 1;
        for (size_t k = 0; k < term->count; k++) {
            size_t count = reeli_factor_features(e, &term->factors[k]);
            if (count == 0 || count > most / term->features) {
                reeli_error(e->owned.r, REEL_ERR_VALUE,
                            "%s: terms: a product of more than a million features", what);
                return false;
            }
            term->features *= count;
        }
        features += term->features;
        if (features > most) {
            reeli_error(e->owned.r, REEL_ERR_VALUE, "%s: terms of more than a million features",
                        what);
            return false;
        }
    }
    e->features = features;
    if (!reeli_buffer_reserve(e->owned.r, &e->scales, 2 * (features + 1) * sizeof(double))) {
        reeli_no_memory(e->owned.r, what);
        return false;
    }
    return true;
}
