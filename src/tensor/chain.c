/* SPDX-License-Identifier: MIT */
/*
 * At a captured step's end, maps that follow one another over the same few elements become one
 * entry, whose loop keeps the elements in registers. All results are still written: whoever reads
 * one, in the step or after it, finds it.
 */
#include "capture.h"

enum { VALUE = -1 };

/* A map that can be a link: a formula's value, or its gradient for an input, as `u code v` of two
 * of the map's operands. */
typedef struct link_kind {
    const reeli_formula *formula;
    int8_t part;
    uint8_t code, u, v;
} link_kind;

/* A gradient's operands are g, the inputs and the result. */
static const link_kind kinds[] = {
    {&reeli_formula_add, VALUE, REELI_LINK_ADD, 0, 1},
    {&reeli_formula_mul, VALUE, REELI_LINK_MUL, 0, 1},
    {&reeli_formula_mul, 0, REELI_LINK_MUL, 0, 2},
    {&reeli_formula_mul, 1, REELI_LINK_MUL, 0, 1},
    {&reeli_formula_sub, VALUE, REELI_LINK_SUB, 0, 1},
    {&reeli_formula_sub, 1, REELI_LINK_NEG, 0, 0},
    {&reeli_formula_div, VALUE, REELI_LINK_DIV, 0, 1},
    {&reeli_formula_div, 0, REELI_LINK_DIV, 0, 2},
    {&reeli_formula_neg, VALUE, REELI_LINK_NEG, 0, 0},
    {&reeli_formula_neg, 0, REELI_LINK_NEG, 0, 0},
    {&reeli_formula_abs, VALUE, REELI_LINK_ABS, 0, 0},
    {&reeli_formula_abs, 0, REELI_LINK_TIMES_SIGN, 0, 1},
    {&reeli_formula_square, VALUE, REELI_LINK_MUL, 0, 0},
    {&reeli_formula_square, 0, REELI_LINK_TIMES_TWICE, 0, 1},
    {&reeli_formula_relu, VALUE, REELI_LINK_RELU, 0, 0},
    {&reeli_formula_relu, 0, REELI_LINK_GATE, 0, 2},
    {&reeli_formula_exp, 0, REELI_LINK_MUL, 0, 2},
    {&reeli_formula_tanh, 0, REELI_LINK_TANH_SLOPE, 0, 2},
    {&reeli_formula_tanh, VALUE, REELI_LINK_TANH, 0, 0},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const link_kind *kind_of(int level, reeli_map map)
{
    for (int i = 0; i < KINDS; i++) {
        const reeli_formula *f = kinds[i].formula;
        if (map == (kinds[i].part == VALUE
                        ? reeli_value_map(f, level, REEL_F32)
                        : reeli_gradient_map(f, kinds[i].part, level, REEL_F32))) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* How many entries from this one on can be one chain. */
static size_t chain_length(int level, const reeli_capture_entry *first,
                           const reeli_capture_entry *end)
{
    const reeli_capture_entry *e = first;
    if (e->kind == REELI_CAPTURED_MAP && reeli_chain_loops[level](e->n)) {
        while (e < end && e->kind == REELI_CAPTURED_MAP && e->n == first->n &&
               kind_of(level, e->map)) {
            e++;
        }
    }
    return (size_t)(e - first);
}

static bool overlap(const void *x, const void *y, size_t bytes)
{
    const uintptr_t distance = (uintptr_t)x - (uintptr_t)y;
    return distance < bytes || -distance < bytes;
}

/* How many links before link i its operand x of so many bytes was made, if it is in a register
 * still; else 0. */
static uint8_t made_before(const reeli_link *links, size_t i, const void *x, size_t bytes)
{
    for (size_t back = 1; back <= REELI_LINKS_BACK && back <= i; back++) {
        const reeli_link *l = &links[i - back];
        if (l->sum && overlap(x, l->sum, bytes)) {
            return 0;
        }
        if (overlap(x, l->y, bytes)) { /* the last word on x */
            return x == l->y ? (uint8_t)back : 0;
        }
    }
    return 0;
}

/* What is the same of v and u; -1: there is none. */
static int turned(int code)
{
    return code == REELI_LINK_SUB                             ? REELI_LINK_SUB_FROM
           : code == REELI_LINK_DIV                           ? REELI_LINK_DIV_INTO
           : code == REELI_LINK_ADD || code == REELI_LINK_MUL ? code
                                                              : -1;
}

static reeli_link make_link(int level, const reeli_capture_entry *e, const reeli_link *links,
                            size_t i)
{
    const link_kind *kind = kind_of(level, e->map);
    const void *u = e->x[kind->u], *v = e->x[kind->v];
    const size_t bytes = (size_t)e->n * sizeof(float);
    const uint8_t from = made_before(links, i, u, bytes), second = made_before(links, i, v, bytes);
    const int other = turned(kind->code);
    if (second && (!from || second < from) && other >= 0) {
        return (reeli_link){v, u, e->y, NULL, (uint8_t)other, second};
    }
    return (reeli_link){u, v, e->y, NULL, kind->code, from};
}

/* Whether the link only adds to a sum what the last one made, which has none yet. */
static bool sums_up(const reeli_link *l, const reeli_link *last)
{
    return l->code == REELI_LINK_ADD && l->from == 1 && l->y == l->v && !last->sum;
}

/* Whether what the link writes is written anew before anything reads it there, so that nobody ever
 * finds it: one of the next links does so, and the others before that lie elsewhere. */
static bool is_overwritten(const reeli_link *l, const reeli_link *end, size_t bytes)
{
    for (const reeli_link *next = l + 1; next < end && next <= l + REELI_LINKS_BACK; next++) {
        if ((next->from == 0 && overlap(l->y, next->u, bytes)) || overlap(l->y, next->v, bytes) ||
            (next->sum && overlap(l->y, next->sum, bytes))) {
            return false;
        }
        if (next->y == l->y) {
            return true;
        }
    }
    return false;
}

/* The chain into its first entry, and room for what is not worth its place in memory. False: there
 * is no memory for it. */
static bool join(reel *r, reeli_capture_entry *first, size_t length)
{
    const size_t bytes = (size_t)first->n * sizeof(float);
    reeli_link *links = reeli_arena_alloc(r, length * sizeof *links + bytes);
    if (!links) {
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        const reeli_link l = make_link(r->level, first + i, links, count);
        if (count > 0 && sums_up(&l, &links[count - 1])) {
            links[count - 1].sum = l.y;
        } else {
            links[count++] = l;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (is_overwritten(&links[i], links + count, bytes)) {
            links[i].y = links + length;
        }
    }
    first->map = reeli_chain_loops[r->level](first->n);
    first->x[0] = links;
    first->x[1] = links + count;
    return true;
}

void reeli_join_maps(reel *r)
{
    reeli_buffer *entries = &r->capture->entries;
    reeli_capture_entry *to = entries->data, *e = to, *const end = e ? e + entries->count : NULL;
    while (e < end) {
        const size_t length = chain_length(r->level, e, end);
        const bool joined = length > 1 && join(r, e, length);
        *to++ = *e;
        e += joined ? length : 1;
    }
    entries->count = (size_t)(to - (reeli_capture_entry *)entries->data);
}
