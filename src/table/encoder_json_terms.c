/* SPDX-License-Identifier: MIT */
/*
 * Terms in JSON, after the inputs that they name:
 *
 *   [{"factors": [{"input": "area"},
 *                 {"input": "x", "function": "power", "degree": 2},
 *                 {"input": "x", "function": "poly", "centers": [1, 2], "norms": [9, 8, 7]}],
 *     "means": [1.5, 2], "scales": [1, 1]}]
 *
 * A mean and a scale for each of the term's features.
 */
#include "encoder_json.h"

#include <string.h>

static void put_numbers(reeli_json_writer *w, const char *key, const double *x, size_t count,
                        size_t step)
{
    reeli_json_put_open(w, key, '[');
    for (size_t i = 0; i < count; i++) {
        reeli_json_put_number(w, NULL, x[i * step]);
    }
    reeli_json_put_close(w, ']');
}

static void put_factor(reeli_json_writer *w, const reel_encoder *e, const reeli_factor *f)
{
    reeli_json_put_open(w, NULL, '{');
    reeli_json_put_text(w, "input", reeli_input_name(e, f->input));
    if (f->function) {
        reeli_json_put_text(w, "function", reeli_function_names[f->function]);
    }
    if (f->function == REEL_FUNCTION_POWER) {
        reeli_json_put_integer(w, "degree", f->degree);
    }
    if (f->function == REEL_FUNCTION_POLY) {
        put_numbers(w, "centers", f->centers, (size_t)f->degree, 1);
        put_numbers(w, "norms", f->norms, (size_t)f->degree + 1, 1);
    }
    reeli_json_put_close(w, '}');
}

void reeli_put_terms(reeli_json_writer *w, const reel_encoder *e)
{
    const double *scales = e->scales.data;
    reeli_json_put_open(w, "terms", '[');
    for (size_t i = 0; i < e->terms.count; i++) {
        const reeli_term *term = reeli_term_of(e, i);
        reeli_json_put_open(w, NULL, '{');
        reeli_json_put_open(w, "factors", '[');
        for (size_t k = 0; k < term->count; k++) {
            put_factor(w, e, &term->factors[k]);
        }
        reeli_json_put_close(w, ']');
        put_numbers(w, "means", scales + 2 * term->first, term->features, 2);
        put_numbers(w, "scales", scales + 2 * term->first + 1, term->features, 2);
        reeli_json_put_close(w, '}');
    }
    reeli_json_put_close(w, ']');
}

/* Terms being read: the one at hand, and all their numbers one after the other. */
typedef struct decoder {
    reeli_json *json;
    reel_encoder *e;
    reeli_term term;
    size_t centers, norms; /* how many the factor at hand has */
    reeli_buffer means, scales;
} decoder;

static reeli_factor *at_hand(decoder *d) { return &d->term.factors[d->term.count]; }

static bool read_input(void *context)
{
    decoder *d = context;
    if (!reeli_json_text(d->json)) {
        return false;
    }
    int64_t found = reeli_text_set_find(&d->e->names, d->json->text.data, d->json->text.count);
    at_hand(d)->input = (size_t)found;
    return found >= 0 || reeli_json_refuse(d->json, "a factor of an input that is not there");
}

static bool read_function(void *context)
{
    decoder *d = context;
    if (!reeli_json_text(d->json)) {
        return false;
    }
    int found = 1;
    while (reeli_function_names[found] &&
           strcmp(reeli_function_names[found], d->json->text.data) != 0) {
        found++;
    }
    at_hand(d)->function = (reel_term_function)found;
    return reeli_function_names[found] ||
           reeli_json_refuse(d->json, "a function that is not known");
}

static bool read_degree(void *context)
{
    decoder *d = context;
    int64_t degree;
    if (!reeli_json_integer(d->json, &degree)) {
        return false;
    }
    at_hand(d)->degree = (int)degree;
    return (degree > 0 && degree <= REELI_MOST_DEGREE) ||
           reeli_json_refuse(d->json, "a power that is none");
}

static bool read_few(decoder *d, double *to, size_t most, size_t *count)
{
    bool more = false;
    *count = 0;
    if (!reeli_json_expect(d->json, '[')) {
        return false;
    }
    while (reeli_json_next(d->json, ']', &more)) {
        if (*count == most) {
            return reeli_json_refuse(d->json, "a polynomial of too high a degree");
        }
        if (!reeli_json_number(d->json, &to[(*count)++])) {
            return false;
        }
    }
    return !more;
}

static bool read_centers(void *context)
{
    decoder *d = context;
    return read_few(d, at_hand(d)->centers, REELI_MOST_DEGREE, &d->centers);
}

static bool read_norms(void *context)
{
    decoder *d = context;
    double *norms = at_hand(d)->norms;
    bool ok = read_few(d, norms, REELI_MOST_DEGREE + 1, &d->norms);
    for (size_t i = 0; ok && i < d->norms; i++) {
        ok = norms[i] > 0 || reeli_json_refuse(d->json, "a norm that is not positive");
    }
    return ok;
}

static bool read_factor(decoder *d)
{
    static const reeli_json_key keys[] = {{"input", read_input},
                                          {"function", read_function},
                                          {"degree", read_degree},
                                          {"centers", read_centers},
                                          {"norms", read_norms}};
    enum { INPUT = 1, FUNCTION = 2, DEGREE = 4, CENTERS = 8, NORMS = 16 };
    unsigned seen;
    if (d->term.count == REELI_MOST_FACTORS) {
        return reeli_json_refuse(d->json, "a term of too many factors");
    }
    *at_hand(d) = (reeli_factor){.degree = 1};
    d->centers = d->norms = 0;
    if (!reeli_json_object(d->json, keys, 5, d, &seen)) {
        return false;
    }
    reeli_factor *f = at_hand(d);
    unsigned wanted = INPUT | (f->function ? FUNCTION : 0) |
                      (f->function == REEL_FUNCTION_POWER ? DEGREE : 0) |
                      (f->function == REEL_FUNCTION_POLY ? CENTERS | NORMS : 0);
    bool poly = f->function == REEL_FUNCTION_POLY;
    bool numbers = (seen & INPUT) && reeli_input_of(d->e, f->input)->kind == REELI_INPUT_NUMBERS;
    if (seen != wanted || (f->function && !numbers) ||
        (poly && (d->centers < 1 || d->norms != d->centers + 1))) {
        return reeli_json_refuse(d->json, "a factor that is none");
    }
    f->degree = poly ? (int)d->centers : f->degree;
    d->term.count++;
    return true;
}

static bool read_factors(void *context)
{
    decoder *d = context;
    bool more = false;
    if (!reeli_json_expect(d->json, '[')) {
        return false;
    }
    while (reeli_json_next(d->json, ']', &more)) {
        if (!read_factor(d)) {
            return false;
        }
    }
    return !more && (d->term.count > 0 || reeli_json_refuse(d->json, "a term of nothing"));
}

/* More numbers behind those that are there. */
static bool read_many(decoder *d, reeli_buffer *to, bool positive)
{
    bool more = false;
    double x;
    if (!reeli_json_expect(d->json, '[')) {
        return false;
    }
    while (reeli_json_next(d->json, ']', &more)) {
        if (!reeli_json_number(d->json, &x)) {
            return false;
        }
        if (positive && !(x > 0)) {
            return reeli_json_refuse(d->json, "a scale that is not positive");
        }
        if (!reeli_buffer_grow(d->json->r, to, (to->count + 1) * sizeof x)) {
            reeli_no_memory(d->json->r, d->json->what);
            return false;
        }
        ((double *)to->data)[to->count++] = x;
    }
    return !more;
}

static bool read_means(void *context)
{
    decoder *d = context;
    return read_many(d, &d->means, false);
}

static bool read_scales(void *context)
{
    decoder *d = context;
    return read_many(d, &d->scales, true);
}

static bool read_term(decoder *d)
{
    static const reeli_json_key keys[] = {
        {"factors", read_factors}, {"means", read_means}, {"scales", read_scales}};
    unsigned seen;
    d->term = (reeli_term){.count = 0};
    if (!reeli_json_object(d->json, keys, 3, d, &seen)) {
        return false;
    }
    if (seen != 7) {
        return reeli_json_refuse(d->json, "a term without factors, means or scales");
    }
    reeli_buffer *terms = &d->e->terms;
    if (!reeli_buffer_grow(d->json->r, terms, (terms->count + 1) * sizeof d->term)) {
        reeli_no_memory(d->json->r, d->json->what);
        return false;
    }
    *reeli_term_of(d->e, terms->count++) = d->term;
    return true;
}

static bool read_all(decoder *d)
{
    bool more = false;
    if (!reeli_json_expect(d->json, '[')) {
        return false;
    }
    while (reeli_json_next(d->json, ']', &more)) {
        if (!read_term(d)) {
            return false;
        }
    }
    return !more && (d->e->terms.count > 0 || reeli_json_refuse(d->json, "no term at all"));
}

bool reeli_read_terms(reeli_json *json, reel_encoder *e, reeli_buffer *scales)
{
    decoder d = {.json = json, .e = e};
    bool ok = read_all(&d);
    if (ok && d.means.count != d.scales.count) {
        ok = reeli_json_refuse(json, "as many means as scales are expected");
    }
    size_t count = d.means.count;
    if (ok && !reeli_buffer_reserve(json->r, scales, (2 * count + 1) * sizeof(double))) {
        reeli_no_memory(json->r, json->what);
        ok = false;
    }
    for (size_t i = 0; ok && i < count; i++) {
        ((double *)scales->data)[2 * i] = ((const double *)d.means.data)[i];
        ((double *)scales->data)[2 * i + 1] = ((const double *)d.scales.data)[i];
    }
    scales->count = ok ? 2 * count : 0;
    reeli_buffer_free(json->r, &d.means);
    reeli_buffer_free(json->r, &d.scales);
    return ok;
}
