/* SPDX-License-Identifier: MIT */
/* Which texts of a column become features. */
#include "counted.h"
#include "encoder_fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_CATEGORIES = 50, FEW_TEXTS = 20, FEWEST_NAMES = 5 };

/* A text that comes. */
typedef struct word {
    const char *text;
    int64_t count;
    size_t code;
} word;

static int by_text(const void *a, const void *b)
{
    return strcmp(((const word *)a)->text, ((const word *)b)->text);
}

/* The most frequent first; of those that come as often, the one that came first. */
static int by_count(const void *a, const void *b)
{
    const word *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : (x->code > y->code) - (x->code < y->code);
}

/* Whether two texts are a no and a yes, in this order, or the other way round. */
static bool are_opposites(const word *words, bool *swapped)
{
    static const char *const pairs[][2] = {
        {"false", "true"}, {"no", "yes"}, {"n", "y"}, {"f", "t"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        for (int k = 0; k < 2; k++) {
            if (strcasecmp(words[k].text, pairs[i][0]) == 0 &&
                strcasecmp(words[!k].text, pairs[i][1]) == 0) {
                *swapped = k == 1;
                return true;
            }
        }
    }
    return false;
}

static bool add_text(reel *r, reeli_text_set *set, const char *text)
{
    return reeli_text_set_add(r, set, text, strlen(text));
}

/* The input of `count` texts, of which `most` have a feature. */
static bool make_input(reeli_fit *f, word *words, size_t count, size_t most, reeli_input *input)
{
    reel *r = f->t->owned.r;
    bool swapped, ok = true;
    if (count > most) {
        qsort(words, count, sizeof *words, by_count);
        count = most;
        input->others = true;
    }
    qsort(words, count, sizeof *words, by_text);
    if (count == 2 && !input->others && are_opposites(words, &swapped)) {
        ok = add_text(r, &input->texts, words[!swapped].text) &&
             add_text(r, &input->reference, words[swapped].text);
        count = 0;
    }
    for (size_t i = 0; ok && i < count; i++) {
        ok = add_text(r, &input->texts, words[i].text);
    }
    return ok;
}

/* The texts that come, which f->words is for. */
static word *collect(reeli_fit *f, size_t column, const int64_t *counts, size_t different)
{
    word *words = reeli_fit_room(f, &f->words, different, sizeof *words);
    for (size_t i = 0, n = 0; words && n < different; i++) {
        if (counts[i] > 0) {
            words[n++] = (word){reel_table_category(f->t, column, i), counts[i], i};
        }
    }
    return words;
}

static bool add_texts(reeli_fit *f, size_t column, const reeli_look *look, size_t different)
{
    int64_t most = f->options->max_categories ? f->options->max_categories : MAX_CATEGORIES;
    bool more = (uint64_t)different > (uint64_t)most;
    word *words = collect(f, column, look->counts, different);
    reeli_input input = {.kind = REELI_INPUT_TEXT, .missing = look->numbers.missing > 0};
    if (more) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' has %zu different texts: the %lld most frequent are told apart, "
                   "the others are one category",
                   REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(reel_table_name(f->t, column)),
                   different, (long long)most);
    }
    bool ok = words && make_input(f, words, different, more ? (size_t)most : different, &input);
    if (words && !ok) {
        reeli_no_memory(f->t->owned.r, REELI_FIT);
    }
    ok = ok && reeli_fit_add(f, column, look->hash, &input);
    if (!ok) {
        reeli_input_free(f->t->owned.r, &input);
    }
    return ok;
}

/* Whether texts tell rows apart and nothing else, and nobody has asked for them by name. */
static bool are_names(const reeli_fit *f, size_t column, size_t different, int64_t there)
{
    bool asked = f->options->feature_count > 0 || reeli_column_of(f->t, column)->named;
    bool unique = (int64_t)different == there && different >= FEWEST_NAMES;
    return !asked && (unique || (different > FEW_TEXTS && 2 * (int64_t)different > there));
}

bool reeli_fit_text(reeli_fit *f, size_t column, const reeli_look *look)
{
    const int64_t missing = look->numbers.missing, *counts = look->counts;
    char format[REELI_FORMATS_SIZE];
    size_t different = 0;
    for (size_t i = 0; i < reel_table_categories(f->t, column); i++) {
        different += counts[i] > 0;
    }
    if (different == 0 || (different == 1 && missing == 0)) {
        const reeli_reason reason = different ? REELI_LEFT_CONSTANT : REELI_LEFT_EMPTY;
        reeli_fit_leave_out(f, &(reeli_left_out){.reason = reason, .column = column});
        return true;
    }
    if (reeli_fit_are_dates(f, column, counts, format)) {
        return reeli_fit_dates(f, column, look->hash, format);
    }
    reeli_fit_hint_at_text(f, column, counts);
    if (are_names(f, column, different, f->rows.count - missing)) {
        reeli_fit_leave_out(f, &(reeli_left_out){.reason = REELI_LEFT_NAMES,
                                                 .column = column,
                                                 .different = different,
                                                 .there = f->rows.count - missing});
    } else if (!reeli_fit_is_repeated(f, column, look->hash)) {
        return add_texts(f, column, look, different);
    }
    return true;
}
