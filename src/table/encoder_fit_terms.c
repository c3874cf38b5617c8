/* SPDX-License-Identifier: MIT */
/* Terms as people write them, and what the training rows say of them. */
#include "counted.h"
#include "encoder_fit.h"
#include "row_file.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 256, MOST_TERMS = 1000, MOST_PARTS = 4, PIECE = 512 };

/* A list of terms, being read. */
typedef struct reading {
    reeli_fit *f;
    const char *text, *at;
} reading;

static bool refuse(const reading *it, const char *why)
{
    reeli_error(it->f->t->owned.r, REEL_ERR_VALUE, "%s: terms '%s': at '%.20s': %s", REELI_FIT,
                REELI_QUOTED(it->text), REELI_QUOTED(it->at), why);
    return false;
}

static void skip_spaces(reading *it)
{
    while (isspace((unsigned char)*it->at)) {
        it->at++;
    }
}

static bool take(reading *it, char mark)
{
    skip_spaces(it);
    bool there = *it->at == mark;
    it->at += there;
    return there;
}

/* A column's name: in quotes, or up to the next sign, without the spaces around it. */
static bool read_name(reading *it, char name[LONGEST_NAME])
{
    size_t length = 0;
    skip_spaces(it);
    char quote = *it->at == '"' || *it->at == '`' ? *it->at++ : '\0';
    while (*it->at && (quote ? *it->at != quote : !strchr("+,*:^()", *it->at))) {
        if (length + 1 == LONGEST_NAME) {
            return refuse(it, "the name is too long");
        }
        name[length++] = *it->at++;
    }
    if (quote && *it->at++ != quote) {
        it->at--;
        return refuse(it, "a quote that is not closed");
    }
    while (!quote && length > 0 && isspace((unsigned char)name[length - 1])) {
        length--;
    }
    name[length] = '\0';
    return length > 0 || refuse(it, "expected a column");
}

static bool read_degree(reading *it, int most, int *degree)
{
    skip_spaces(it);
    char *end;
    long x = strtol(it->at, &end, 10);
    if (end == it->at || x < 1 || x > most) {
        return refuse(it, "expected a whole number from 1 to 10");
    }
    it->at = end;
    *degree = (int)x;
    return true;
}

/* The column of this name among those that may be inputs; its place in the table. */
static bool find_column(reading *it, const char *name, reeli_factor *to)
{
    const reeli_fit *f = it->f;
    int64_t column = reeli_table_column_meant(f->t, REELI_FIT, name);
    const size_t *chosen = f->chosen.data;
    bool may = false;
    for (size_t i = 0; column >= 0 && i < f->chosen_count; i++) {
        may = may || chosen[i] == (size_t)column;
    }
    to->input = (size_t)column;
    return may ||
           (column >= 0 && refuse(it, "a column that is the target, or not among the features"));
}

/* name, name^2, I(name^2), log(name), poly(name, 3) */
static bool read_factor(reading *it, reeli_factor *to)
{
    char name[LONGEST_NAME];
    *to = (reeli_factor){.degree = 1};
    if (!read_name(it, name)) {
        return false;
    }
    bool call = take(it, '(');
    bool identity = call && strcmp(name, "I") == 0;
    for (int i = 1; call && !identity && reeli_function_names[i]; i++) {
        to->function =
            strcmp(name, reeli_function_names[i]) == 0 ? (reel_term_function)i : to->function;
    }
    if (call && !identity && (!to->function || to->function == REEL_FUNCTION_POWER)) {
        return refuse(it, "there are log, log1p, sqrt, exp, poly and I");
    }
    if ((call && !read_name(it, name)) || !find_column(it, name, to)) {
        return false;
    }
    if (to->function == REEL_FUNCTION_POLY) {
        if (!take(it, ',')) {
            return refuse(it, "expected a comma and a degree, as in poly(x, 3)");
        }
        if (!read_degree(it, REELI_MOST_DEGREE, &to->degree)) {
            return false;
        }
    } else if ((!call || identity) && take(it, '^')) {
        to->function = REEL_FUNCTION_POWER;
        if (!read_degree(it, REELI_MOST_DEGREE, &to->degree)) {
            return false;
        }
    }
    return !call || take(it, ')') || refuse(it, "expected ')'");
}

static bool same_factor(const reeli_factor *a, const reeli_factor *b)
{
    return a->input == b->input && a->function == b->function && a->degree == b->degree;
}

/* Whether two terms are the same, in whatever order. */
static bool same_term(const reeli_term *a, const reeli_term *b)
{
    size_t found = 0;
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            found += same_factor(&a->factors[i], &b->factors[k]);
        }
    }
    return a->count == b->count && found == a->count;
}

static bool add_term(reeli_fit *f, const reeli_term *term)
{
    reel_encoder *e = f->e;
    for (size_t i = 0; i < e->terms.count; i++) {
        if (same_term(reeli_term_of(e, i), term)) {
            return true;
        }
    }
    if (e->terms.count == MOST_TERMS) {
        reeli_error(f->t->owned.r, REEL_ERR_VALUE, "%s: there are more than 1000 terms", REELI_FIT);
        return false;
    }
    if (!reeli_buffer_grow(f->t->owned.r, &e->terms, (e->terms.count + 1) * sizeof *term)) {
        reeli_no_memory(f->t->owned.r, REELI_FIT);
        return false;
    }
    *reeli_term_of(e, e->terms.count++) = *term;
    return true;
}

/* The product of those parts of a*b:c that the bits of `which` name. */
static bool add_product(reading *it, const reeli_term *parts, size_t count, unsigned which)
{
    reeli_term product = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; which >> i & 1 && k < parts[i].count; k++) {
            bool there = false;
            for (size_t j = 0; j < product.count; j++) {
                there = there || same_factor(&product.factors[j], &parts[i].factors[k]);
            }
            if (!there && product.count == REELI_MOST_FACTORS) {
                return refuse(it, "a product of more than four factors");
            }
            if (!there) {
                product.factors[product.count++] = parts[i].factors[k];
            }
        }
    }
    return add_term(it->f, &product);
}

/* a:b, or a*b, which is a, b and a:b. */
static bool read_product(reading *it)
{
    reeli_term parts[MOST_PARTS];
    size_t count = 0;
    do {
        if (count == MOST_PARTS) {
            return refuse(it, "a product of more than four factors");
        }
        reeli_term *part = &parts[count++];
        *part = (reeli_term){.count = 0};
        do {
            if (part->count == REELI_MOST_FACTORS) {
                return refuse(it, "a product of more than four factors");
            }
            if (!read_factor(it, &part->factors[part->count++])) {
                return false;
            }
        } while (take(it, ':'));
    } while (take(it, '*'));
    for (unsigned which = 1; which < 1U << count; which++) {
        if (!add_product(it, parts, count, which)) {
            return false;
        }
    }
    return true;
}

/* Whether a column has been named, in `named`. */
static void mark_named(const reeli_fit *f, bool *named)
{
    memset(named, 0, f->t->columns * sizeof *named);
    for (size_t i = 0; i < f->e->terms.count; i++) {
        const reeli_term *term = reeli_term_of(f->e, i);
        for (size_t k = 0; term->count == 1 && k < term->count; k++) {
            named[term->factors[k].input] = true;
        }
    }
}

/* All columns of which there is no term yet. */
static bool add_others(reeli_fit *f)
{
    const size_t *chosen = f->chosen.data;
    bool *named = reeli_fit_room(f, &f->words, f->t->columns, sizeof *named), ok = named != NULL;
    if (ok) {
        mark_named(f, named);
    }
    for (size_t i = 0; ok && i < f->chosen_count; i++) {
        reeli_term term = {.factors = {{.input = chosen[i], .degree = 1}}, .count = 1};
        ok = named[chosen[i]] || add_term(f, &term);
    }
    return ok;
}

static int by_order(const void *a, const void *b)
{
    const reeli_term *x = a, *y = b;
    return x->count != y->count ? (x->count > y->count) - (x->count < y->count)
                                : (x->first > y->first) - (x->first < y->first);
}

/* Only the columns that are in a term are looked at; the others are told of. */
static bool choose_named(reeli_fit *f)
{
    size_t *chosen = f->chosen.data, count = 0, left = 0;
    bool *named = reeli_fit_room(f, &f->words, f->t->columns, sizeof *named);
    const char *first = NULL;
    if (!named) {
        return false;
    }
    memset(named, 0, f->t->columns * sizeof *named);
    for (size_t i = 0; i < f->e->terms.count; i++) {
        for (size_t k = 0; k < reeli_term_of(f->e, i)->count; k++) {
            named[reeli_term_of(f->e, i)->factors[k].input] = true;
        }
    }
    for (size_t i = 0; i < f->chosen_count; i++) {
        if (named[chosen[i]]) {
            chosen[count++] = chosen[i];
        } else if (left++ == 0) {
            first = reel_table_name(f->t, chosen[i]);
        }
    }
    f->chosen_count = count;
    if (left) {
        reeli_warn(f->t->owned.r, "%s%s, '%s'%s, %s in no term and left out; . is all columns",
                   REELI_TABLE_TEXT_OF(f->t), REELI_COUNTED(left, "column"), REELI_QUOTED(first),
                   left == 1 ? "" : " the first", reeli_one_or_many((int64_t)left, "is", "are"));
    }
    return true;
}

bool reeli_fit_read_terms(reeli_fit *f)
{
    reading it = {.f = f, .text = f->options->terms, .at = f->options->terms};
    bool others = false;
    do {
        skip_spaces(&it);
        if (*it.at == '.' && strchr(" \t\n,+", it.at[1])) { /* or the end */
            others = true;
            it.at++;
        } else if (!read_product(&it)) {
            return false;
        }
    } while (take(&it, ',') || take(&it, '+'));
    if (*it.at) {
        return refuse(&it, "expected a comma, '+', '*' or ':'");
    }
    if (others && !add_others(f)) {
        return false;
    }
    for (size_t i = 0; i < f->e->terms.count; i++) {
        reeli_term_of(f->e, i)->first = i;
    }
    qsort(f->e->terms.data, f->e->terms.count, sizeof(reeli_term), by_order);
    return choose_named(f);
}

/* The inputs of the columns that terms name; a column of its own that was left out leaves its term
 * out, in a product it is an error. */
static bool find_inputs(reeli_fit *f)
{
    const reeli_kept *kept = f->kept.data;
    reel_encoder *e = f->e;
    size_t count = 0;
    for (size_t i = 0; i < e->terms.count; i++) {
        reeli_term term = *reeli_term_of(e, i);
        bool there = true;
        for (size_t k = 0; k < term.count; k++) {
            size_t column = term.factors[k].input, j = 0;
            while (j < e->inputs.count && kept[j].column != column) {
                j++;
            }
            there = there && j < e->inputs.count;
            term.factors[k].input = j;
            if (j < e->inputs.count && term.factors[k].function &&
                reeli_input_of(e, j)->kind != REELI_INPUT_NUMBERS) {
                reeli_error(f->t->owned.r, REEL_ERR_VALUE,
                            "%s: terms: column '%s' holds no numbers, of which there are functions",
                            REELI_FIT, REELI_QUOTED(reel_table_name(f->t, column)));
                return false;
            }
        }
        if (there) {
            *reeli_term_of(e, count++) = term;
        }
    }
    e->terms.count = count;
    return true;
}

/* The columns' features of the training rows, in memory, or in a file like the table. */
typedef struct base_rows {
    reel_tensor *all;
    reel_row_file *file;
    int64_t width, first, count; /* the piece of the file that is at hand */
    double *piece;               /* (PIECE, width) */
} base_rows;

static bool begin_rows(reeli_fit *f, base_rows *it)
{
    reel *r = f->t->owned.r;
    *it = (base_rows){.width = (int64_t)f->e->base};
    if (f->t->pages.rows == 0) {
        it->all = reeli_encode_base(f->e, f->t, f->rows);
        return !reeli_bad(it->all);
    }
    it->piece = reeli_malloc(r, PIECE * f->e->base * sizeof(double));
    if (!it->piece) {
        reeli_no_memory(r, REELI_FIT);
        return false;
    }
    it->file = reeli_encode_base_to_file(f->e, f->t, f->rows, f->t->memory);
    return it->file != NULL;
}

static void end_rows(reeli_fit *f, base_rows *it)
{
    if (it->all && !reeli_bad(it->all)) {
        reel_tensor_free(it->all);
    }
    reel_row_file_free(it->file);
    reeli_free(f->t->owned.r, it->piece, PIECE * f->e->base * sizeof(double));
}

/* Row i; NULL, and an error. */
static const double *row_at(base_rows *it, int64_t i)
{
    if (it->all) {
        return (const double *)it->all->data + i * it->width;
    }
    if (i < it->first || i >= it->first + it->count) {
        int64_t left = it->file->rows - i;
        it->first = i;
        it->count = left < PIECE ? left : PIECE;
        if (!reeli_row_file_get(it->file, i, it->count, it->piece)) {
            it->count = 0;
            return NULL;
        }
    }
    return it->piece + (i - it->first) * it->width;
}

/* The sum over the rows of p(x)², or of x p(x)², of the polynomial p of a degree; false, and an
 * error. */
static bool sum_squares(reeli_fit *f, const reeli_factor *it, base_rows *base, int degree,
                        bool times_x, double *sum)
{
    size_t column = reeli_input_of(f->e, it->input)->first;
    *sum = 0;
    for (int64_t i = 0; i < f->rows.count; i++) {
        const double *row = row_at(base, i);
        if (!row) {
            return false;
        }
        double p = reeli_monic_polynomial(it, degree, row[column]);
        *sum += times_x ? row[column] * p * p : p * p;
    }
    return true;
}

/* Stieltjes's recurrence: each polynomial from the two before it.
 * Source: R's poly, which finds the same by a QR decomposition. */
static bool fit_polynomial(reeli_fit *f, reeli_factor *it, base_rows *base)
{
    it->norms[0] = (double)f->rows.count;
    for (int k = 1; k <= it->degree; k++) {
        double center, norm;
        if (!sum_squares(f, it, base, k - 1, true, &center)) {
            return false;
        }
        it->centers[k - 1] = center / it->norms[k - 1];
        if (!sum_squares(f, it, base, k, false, &norm)) {
            return false;
        }
        it->norms[k] = norm;
        if (!(norm > 1e-20 * it->norms[k - 1]) || !isfinite(norm)) {
            reeli_error(f->t->owned.r, REEL_ERR_VALUE,
                        "%s: terms: column '%s' has too few different values for a polynomial of "
                        "degree %d",
                        REELI_FIT, REELI_QUOTED(reeli_input_name(f->e, it->input)), it->degree);
            return false;
        }
    }
    return true;
}

/* Mean and deviation of the features over the rows. Products of 0 and 1 stay as they are. */
static bool fit_scales(reeli_fit *f, base_rows *base)
{
    reel_encoder *e = f->e;
    size_t count = e->features;
    double *scales = e->scales.data, n = (double)f->rows.count;
    double *made = reeli_fit_room(f, &f->values, 2 * count, sizeof *made), *sums = made + count;
    for (size_t k = 0; made && k < count; k++) {
        scales[2 * k] = 0;
        scales[2 * k + 1] = 1;
    }
    for (int pass = 0; made && pass < 2; pass++) {
        int64_t odd = 0;
        memset(sums, 0, count * sizeof *sums);
        for (int64_t i = 0; i < f->rows.count; i++) {
            const double *row = row_at(base, i);
            if (!row) {
                return false;
            }
            reeli_terms_apply(e, row, made, &odd);
            for (size_t k = 0; k < count; k++) {
                sums[k] += pass ? made[k] * made[k] / n : made[k] / n;
            }
        }
        for (size_t k = 0; pass == 0 && k < count; k++) {
            scales[2 * k] = sums[k];
        }
    }
    for (size_t k = 0; made && k < count; k++) {
        double scale = sqrt(sums[k]);
        bool texts = reeli_term_is_text(e, k);
        scales[2 * k] = texts ? 0 : scales[2 * k];
        scales[2 * k + 1] = texts || !isnormal(scale) ? 1 : scale;
        if (!isfinite(scales[2 * k]) || !isfinite(scale)) {
            reeli_error(f->t->owned.r, REEL_ERR_VALUE,
                        "%s: terms: '%s' has values that are no numbers", REELI_FIT,
                        reeli_term_name(e, k));
            return false;
        }
    }
    return made != NULL;
}

bool reeli_fit_terms(reeli_fit *f)
{
    if (!find_inputs(f)) {
        return false;
    }
    for (size_t i = 0; i < f->e->inputs.count; i++) {
        reeli_input_of(f->e, i)->raw = true;
    }
    base_rows base;
    bool ok = begin_rows(f, &base);
    for (size_t i = 0; ok && i < f->e->terms.count; i++) {
        reeli_term *term = reeli_term_of(f->e, i);
        for (size_t k = 0; ok && k < term->count; k++) {
            ok = term->factors[k].function != REEL_FUNCTION_POLY ||
                 fit_polynomial(f, &term->factors[k], &base);
        }
    }
    ok = ok && reeli_encoder_finish_terms(f->e, REELI_FIT) && fit_scales(f, &base);
    end_rows(f, &base);
    return ok;
}
