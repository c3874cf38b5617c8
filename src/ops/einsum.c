/* SPDX-License-Identifier: MIT */
/*
 * Sums of products, written as einsum's equations: each dim of an operand has a label, and what the
 * result does not name is summed. Two operands at a time are one matrix product for each of a
 * batch.
 */
#include "ops.h"

#include <ctype.h>
#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/views.h>
#include <string.h>

/* Letters, in the order in which they stand in a result that is not given, and the dims of "...",
 * the last of which is the last of these labels. */
enum { LETTERS = 52, LABELS = LETTERS + REEL_MAX_DIMS, OPERANDS = 32 };

/* A tensor whose dims are labelled, each label once. */
typedef struct term {
    reel_tensor *t;
    int count;
    unsigned char label[REEL_MAX_DIMS];
} term;

/* The equation as it is read. */
typedef struct equation {
    reel *r;
    const char *text;
    int64_t size[LABELS]; /* 0: not among the operands; else the size plus 1 */
    int uses[LABELS];     /* in how many operands' dims it stands, minus those done with */
    bool kept[LABELS];    /* in the result */
    term result;
    int dots; /* the most dims that an operand's "..." stands for */
} equation;

static reel_tensor *wrong(const equation *e, const char *why)
{
    return reeli_fail(e->r, REEL_ERR_SHAPE, "einsum: \"%s\": %s", e->text, why);
}

static int label_of(char letter)
{
    return isupper((unsigned char)letter) ? letter - 'A' : letter - 'a' + LETTERS / 2;
}

/* Labels up to a comma, an arrow or the end; `dots` dims for "...". Returns where it stops, or
 * NULL. A label may stand twice. */
static const char *read_labels(const char *text, int dots, int *count, unsigned char *label)
{
    *count = 0;
    for (; *text && *text != ',' && *text != '-'; text++) {
        const bool ellipsis = strncmp(text, "...", 3) == 0;
        const int more = ellipsis ? dots : 1;
        if (*text == ' ') {
            continue;
        }
        if ((!ellipsis && !isalpha((unsigned char)*text)) || *count + more > REEL_MAX_DIMS) {
            return NULL;
        }
        for (int i = 0; i < more; i++) {
            label[(*count)++] = (unsigned char)(ellipsis ? LABELS - dots + i : label_of(*text));
        }
        text += ellipsis ? 2 : 0;
    }
    return text;
}

/* How many dims of t "..." stands for, in the part of the equation that begins here; -1: there are
 * too few or too many. */
static int dots_of(const char *text, const reel_tensor *t)
{
    int letters = 0;
    bool ellipsis = false;
    for (; *text && *text != ',' && *text != '-'; text++) {
        letters += isalpha((unsigned char)*text) != 0;
        ellipsis = ellipsis || *text == '.';
    }
    return t->ndim < letters || (!ellipsis && t->ndim > letters) ? -1 : t->ndim - letters;
}

/* Labels of one operand; a label that stands twice becomes the diagonal. False after an error. */
static bool label_operand(equation *e, term *x, int count, const unsigned char *label)
{
    x->count = 0;
    for (int d = 0; d < count; d++) {
        int before = 0;
        while (before < x->count && x->label[before] != label[d]) {
            before++;
        }
        if (before == x->count) {
            x->label[x->count++] = label[d];
            continue;
        }
        if (x->t->size[before] != x->t->size[x->count]) {
            wrong(e, "a label stands for two sizes of one operand");
            return false;
        }
        /* The diagonal is a new last dim: it goes back to where its label stands. */
        x->t = reel_movedim(reel_diagonal(x->t, 0, before, x->count), &(int64_t){-1},
                            &(int64_t){before}, 1);
        if (reeli_bad(x->t)) {
            return false;
        }
    }
    for (int d = 0; d < x->count; d++) {
        int64_t *size = &e->size[x->label[d]];
        if (*size != 0 && *size != 2 && x->t->size[d] != 1 && *size != x->t->size[d] + 1) {
            wrong(e, "a label stands for two sizes");
            return false;
        }
        *size = *size == 0 || *size == 2 ? x->t->size[d] + 1 : *size;
        e->uses[x->label[d]]++;
    }
    return true;
}

/* All operands. Returns where the equation stops or goes on with an arrow; NULL after an error. */
static const char *read_operands(equation *e, term *x, reel_tensor *const *t, int count)
{
    const char *text = e->text;
    for (int i = 0; i < count; i++) {
        unsigned char label[REEL_MAX_DIMS];
        int labels;
        x[i].t = t[i];
        const int dots = dots_of(text, t[i]);
        text = dots < 0 ? NULL : read_labels(text, dots, &labels, label);
        if (!text || labels != t[i]->ndim) {
            wrong(e, "the labels do not fit an operand's dims");
            return NULL;
        }
        if (!label_operand(e, &x[i], labels, label)) {
            return NULL;
        }
        e->dots = dots > e->dots ? dots : e->dots;
        if ((*text == ',') != (i < count - 1)) {
            wrong(e, "there is not one part for each operand");
            return NULL;
        }
        text += *text == ',';
    }
    return text;
}

/* The result's labels: those after the arrow, or the dims of "..." and the letters that stand once.
 */
static bool read_result(equation *e, const char *text)
{
    if (text[0] == '-') {
        text = text[1] == '>' ? read_labels(text + 2, e->dots, &e->result.count, e->result.label)
                              : NULL;
    } else {
        for (int i = LABELS - e->dots; i < LABELS; i++) {
            e->result.label[e->result.count++] = (unsigned char)i;
        }
        for (int i = 0; i < LETTERS && e->result.count < REEL_MAX_DIMS; i++) {
            if (e->uses[i] == 1) {
                e->result.label[e->result.count++] = (unsigned char)i;
            }
        }
    }
    if (!text || *text) {
        wrong(e, "what follows the operands is no result");
        return false;
    }
    for (int d = 0; d < e->result.count; d++) {
        const int label = e->result.label[d];
        if (e->kept[label] || e->size[label] == 0) {
            wrong(e, "a label of the result stands twice there, or in no operand");
            return false;
        }
        e->kept[label] = true;
    }
    return true;
}

static int place_of(const term *x, int label)
{
    for (int d = 0; d < x->count; d++) {
        if (x->label[d] == label) {
            return d;
        }
    }
    return -1;
}

/* x with its dims in the order of `label`, new ones of size 1 where it has none. */
static reel_tensor *arrange(const term *x, int count, const unsigned char *label)
{
    int64_t order[REEL_MAX_DIMS], size[REEL_MAX_DIMS];
    int own = 0;
    for (int i = 0; i < count; i++) {
        const int at = place_of(x, label[i]);
        size[i] = at < 0 ? 1 : x->t->size[at];
        if (at >= 0) {
            order[own++] = at;
        }
    }
    return reel_reshape(own == x->t->ndim ? reel_permute(x->t, order) : x->t, count, size);
}

/* Sums the dims whose label nobody needs any more; no label is left of them. */
static bool sum_out(const equation *e, term *x)
{
    unsigned dims = 0;
    int count = 0;
    for (int d = 0; d < x->count; d++) {
        const bool needed = e->kept[x->label[d]] || e->uses[x->label[d]] > 1;
        dims |= needed ? 0 : 1U << d;
        x->label[needed ? count++ : count] = x->label[d];
    }
    x->count = count;
    x->t = dims ? reeli_sum_dims(x->t, dims, false) : x->t;
    return !reeli_bad(x->t);
}

/* The labels of a product of two: those of a batch, of rows, of columns, and those that are summed.
 */
typedef struct parts {
    unsigned char label[4][REEL_MAX_DIMS];
    int count[4];
    int64_t size[4];
} parts;

enum { BATCH, ROWS, COLUMNS, SUMMED };

static void add_label(parts *p, const equation *e, int kind, int label)
{
    if (p->count[kind] < REEL_MAX_DIMS) {
        p->label[kind][p->count[kind]++] = (unsigned char)label;
        p->size[kind] *= e->size[label] - 1;
    }
}

static parts sort_labels(const equation *e, const term *a, const term *b)
{
    parts p = {.size = {1, 1, 1, 1}};
    for (int d = 0; d < a->count; d++) {
        const int label = a->label[d];
        const bool both = place_of(b, label) >= 0, needed = e->kept[label] || e->uses[label] > 2;
        add_label(&p, e, !both ? ROWS : needed ? BATCH : SUMMED, label);
    }
    for (int d = 0; d < b->count; d++) {
        if (place_of(a, b->label[d]) < 0) {
            add_label(&p, e, COLUMNS, b->label[d]);
        }
    }
    return p;
}

/* An operand of the product as (batch, first, second). */
static reel_tensor *as_batch(const equation *e, const term *x, const parts *p, int first,
                             int second)
{
    const int kinds[] = {BATCH, first, second};
    unsigned char label[REEL_MAX_DIMS];
    int64_t size[REEL_MAX_DIMS];
    int count = 0;
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < p->count[kinds[k]]; i++) {
            size[count] = e->size[p->label[kinds[k]][i]] - 1; /* a size of 1 repeats */
            label[count++] = p->label[kinds[k]][i];
        }
    }
    reel_tensor *t = arrange(x, count, label);
    t = reeli_bad(t) ? t : reel_expand(t, count, size);
    return reel_reshape(t, 3, (int64_t[]){p->size[BATCH], p->size[first], p->size[second]});
}

/* a b, which takes the place of a. */
static bool multiply(equation *e, term *a, const term *b)
{
    const parts p = sort_labels(e, a, b);
    if (p.count[BATCH] + p.count[ROWS] + p.count[COLUMNS] > REEL_MAX_DIMS) {
        wrong(e, "an intermediate result has too many dims");
        return false;
    }
    reel_tensor *product =
        reel_bmm(as_batch(e, a, &p, ROWS, SUMMED), as_batch(e, b, &p, SUMMED, COLUMNS));
    int64_t size[REEL_MAX_DIMS];
    a->count = 0;
    for (int kind = BATCH; kind <= COLUMNS; kind++) {
        for (int i = 0; i < p.count[kind]; i++) {
            const int label = p.label[kind][i];
            e->uses[label] -= kind == BATCH;
            size[a->count] = e->size[label] - 1;
            a->label[a->count++] = (unsigned char)label;
        }
    }
    a->t = reel_reshape(product, a->count, size);
    return !reeli_bad(a->t);
}

reel_tensor *reel_einsum(const char *text, reel_tensor *const *tensors, int count)
{
    if (count < 1 || !tensors || !reeli_all_usable("einsum", count, tensors)) {
        return tensors && count > 0 ? reeli_poison_for(count, tensors) : NULL;
    }
    equation e = {.r = tensors[0]->r, .text = text ? text : ""};
    term x[OPERANDS];
    if (count > OPERANDS) {
        return wrong(&e, "there are too many operands");
    }
    if (!reeli_one_dtype("einsum", count > 1 ? count : 0, tensors)) {
        return e.r->poison;
    }
    const char *rest = read_operands(&e, x, tensors, count);
    if (!rest || !read_result(&e, rest) || !sum_out(&e, &x[0])) {
        return e.r->poison;
    }
    for (int i = 1; i < count; i++) {
        if (!sum_out(&e, &x[i]) || !multiply(&e, &x[0], &x[i])) {
            return e.r->poison;
        }
    }
    return arrange(&x[0], e.result.count, e.result.label);
}
