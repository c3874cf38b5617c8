/* SPDX-License-Identifier: MIT */
/* Targets that are classes: which there are, and which one a text or a number is. */
#include "c_locale.h"
#include "counted.h"
#include "encoder_fit.h"
#include "parse_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 1000, FEWEST_NAMES = 5, FEW_CLASSES = 20 };
static const double most_whole = 9007199254740992; /* 2^53: from there on neighbours are one */

size_t reel_encoder_classes(const reel_encoder *e)
{
    return REELI_ALIVE(e, "encoder_classes") ? reeli_text_count(&e->classes) : 0;
}

const char *reel_encoder_class(const reel_encoder *e, size_t i)
{
    return i < reel_encoder_classes(e) ? reeli_text_at(&e->classes, i) : NULL;
}

bool reeli_text_is_number(const char *text, double *x)
{
    char plain[64];
    size_t length = strlen(text);
    if (length >= sizeof plain) {
        return false;
    }
    memcpy(plain, text, length + 1);
    return reeli_read_number(plain, length, '.', x) == REELI_A_NUMBER;
}

int64_t reeli_class_of_number(const reel_encoder *e, double x)
{
    char text[32];
    if (!(fabs(x) < most_whole) || x != floor(x)) {
        return -1;
    }
    snprintf(text, sizeof text, "%.0f", x + 0.0); /* one zero alone */
    int64_t found = reeli_text_set_find(&e->classes, text, strlen(text));
    for (size_t i = 0; found < 0 && i < reeli_text_count(&e->classes); i++) {
        double other;
        if (reeli_text_is_number(reeli_text_at(&e->classes, i), &other) && other == x) {
            found = (int64_t)i;
        }
    }
    return found;
}

int64_t reel_encoder_class_of(const reel_encoder *e, const char *text)
{
    double x;
    if (!REELI_ALIVE(e, "encoder_class_of") || !text) {
        return -1;
    }
    int64_t found = reeli_text_set_find(&e->classes, text, strlen(text));
    return found < 0 && reeli_text_is_number(text, &x) ? reeli_class_of_number(e, x) : found;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add(reeli_fit *f, const char *text)
{
    bool added = reeli_text_set_add(f->t->owned.r, &f->e->classes, text, strlen(text));
    if (!added) {
        reeli_no_memory(f->t->owned.r, REELI_FIT);
    }
    return added;
}

/* Which texts come. */
static bool find_texts(const reeli_fit *f, bool *comes)
{
    reeli_cursor codes;
    bool ok = reeli_cursor_open(&codes, f->t, f->target);
    for (int64_t k = 0; ok && k < f->rows.count; k++) {
        int32_t code = reeli_code_at(&codes, reeli_row(f->rows, reeli_fit_place(f, k)));
        if (code >= 0) {
            comes[code] = true;
        }
    }
    reeli_cursor_close(&codes);
    return ok && f->t->owned.r->status == REEL_OK;
}

/* The texts that come, in order. */
static bool add_texts(reeli_fit *f)
{
    size_t all = reel_table_categories(f->t, f->target), count = 0;
    bool *comes = reeli_fit_room(f, &f->values, all, sizeof *comes), ok = true;
    const char **texts = comes ? reeli_fit_room(f, &f->words, all, sizeof *texts) : NULL;
    if (!texts) {
        return false;
    }
    memset(comes, 0, all * sizeof *comes);
    if (!find_texts(f, comes)) {
        return false;
    }
    for (size_t i = 0; i < all; i++) {
        if (comes[i]) {
            texts[count++] = reel_table_category(f->t, f->target, i);
        }
    }
    qsort(texts, count, sizeof *texts, by_text);
    for (size_t i = 0; ok && i < count && i <= MOST_CLASSES; i++) {
        ok = add(f, texts[i]);
    }
    return ok;
}

/* Where a number is among sorted ones, or would be. */
static size_t place_of(const double *sorted, size_t count, double x)
{
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        if (sorted[middle] < x) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* The target's numbers, all of them whole, each once and in order, as long as they may be
 * classes. */
static bool read_numbers(const reeli_fit *f, double *sorted, size_t *count)
{
    reeli_cursor numbers;
    bool ok = reeli_cursor_open(&numbers, f->t, f->target);
    for (int64_t k = 0; ok && k < f->rows.count; k++) {
        int64_t row = reeli_row(f->rows, reeli_fit_place(f, k));
        double x = reeli_number_at(&numbers, row) + 0.0;
        ok = x == floor(x) && fabs(x) < most_whole;
        const size_t at = place_of(sorted, *count, x);
        if (!ok) {
            reeli_error(f->t->owned.r, REEL_ERR_VALUE,
                        "%s: the target, %g, can be no class: expected texts or whole numbers",
                        REELI_CELL_TEXT_OF(f->t, row, f->target), x);
        } else if (*count <= MOST_CLASSES && (at == *count || sorted[at] != x)) {
            memmove(sorted + at + 1, sorted + at, (*count - at) * sizeof *sorted);
            sorted[at] = x;
            ++*count;
        }
    }
    reeli_cursor_close(&numbers);
    return ok && f->t->owned.r->status == REEL_OK;
}

static bool add_numbers(reeli_fit *f)
{
    size_t count = 0;
    double *sorted = reeli_fit_room(f, &f->values, MOST_CLASSES + 1, sizeof *sorted);
    bool ok = sorted && read_numbers(f, sorted, &count);
    for (size_t i = 0; ok && i < count; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.0f", sorted[i]);
        ok = add(f, text);
    }
    return ok;
}

bool reeli_fit_classes(reeli_fit *f)
{
    if (!(reel_table_is_text(f->t, f->target) ? add_texts(f) : add_numbers(f))) {
        return false;
    }
    size_t count = reeli_text_count(&f->e->classes);
    bool names = count > MOST_CLASSES ||
                 ((int64_t)count == f->rows.count && count >= FEWEST_NAMES) ||
                 (count > FEW_CLASSES && 2 * (int64_t)count > f->rows.count);
    if (count < 2 || names) {
        bool more = count > MOST_CLASSES;
        reeli_error(
            f->t->owned.r, REEL_ERR_VALUE, "%s: %scolumn '%s' is the target and has %s%s in %s: %s",
            REELI_FIT, REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(reel_table_name(f->t, f->target)),
            more ? "more than " : "", REELI_COUNTED(more ? MOST_CLASSES : count, "different value"),
            REELI_COUNTED(f->rows.count, "row"),
            count < 2 ? "there is nothing to tell apart"
                      : "they tell rows apart, and are no classes");
        return false;
    }
    f->e->target_mean = 0;
    f->e->target_scale = 1;
    return true;
}

/* Says that a row has no class, or none that is known; false. */
static bool refuse(const reel_table *t, size_t column, int64_t row, const char *text)
{
    reeli_error(t->owned.r, REEL_ERR_VALUE,
                text ? "%s: the class '%s' was not seen in training"
                     : "%s: the target is missing: leave out the rows without one%s",
                REELI_CELL_TEXT_OF(t, row, column), text ? REELI_QUOTED(text) : "");
    return false;
}

/* The classes of the rows; those of texts by a list of theirs. */
static bool fill_classes(const reel_encoder *e, reeli_cursor *cells, reeli_rows rows,
                         const reeli_buffer *order, const int64_t *of_text, reel_tensor *to)
{
    int64_t bad = INT64_MAX;
    char number[32] = "";
    const char *text = NULL;
    for (int64_t k = 0; k < rows.count; k++) {
        int64_t i = reeli_by_block(order, k), row = reeli_row(rows, i), found = -1;
        int32_t code = of_text ? reeli_code_at(cells, row) : -1;
        double x = of_text ? (double)NAN : reeli_number_at(cells, row);
        if (of_text) {
            found = code >= 0 ? of_text[code] : -1;
        } else if (!isnan(x)) {
            found = reeli_class_of_number(e, x);
        }
        if (found < 0 && i < bad) {
            bad = i;
            reeli_format(number, sizeof number, "%.17g", x);
            text = code >= 0  ? reel_table_category(cells->t, cells->column, (size_t)code)
                   : isnan(x) ? NULL
                              : number;
        }
        reeli_store(to, i, (double)found);
    }
    return cells->t->owned.r->status == REEL_OK &&
           (bad == INT64_MAX || refuse(cells->t, cells->column, reeli_row(rows, bad), text));
}

reel_tensor *reeli_encode_classes(const reel_encoder *e, reel_table *t, size_t column,
                                  reeli_rows rows)
{
    static const char what[] = "encode_target";
    reel *r = t->owned.r;
    int64_t size[] = {rows.count, 1};
    size_t texts = reel_table_categories(t, column);
    reeli_cursor cells = {.window = NULL};
    reeli_buffer order = {NULL, 0, 0}, of_text = {NULL, 0, 0};
    reel_tensor *to = reeli_create(r, what, (int)t->dtype, 2, size);
    bool text = reel_table_is_text(t, column), ok = !reeli_bad(to);
    if (ok && text && !reeli_buffer_reserve(r, &of_text, (texts + 1) * sizeof(int64_t))) {
        reeli_no_memory(r, what);
        ok = false;
    }
    int64_t *classes = of_text.data;
    for (size_t k = 0; ok && classes && k < texts; k++) {
        classes[k] = reel_encoder_class_of(e, reel_table_category(t, column, k));
    }
    ok = ok && reeli_cursor_open(&cells, t, column) && reeli_rows_by_block(t, what, rows, &order) &&
         fill_classes(e, &cells, rows, &order, of_text.data, to);
    reeli_cursor_close(&cells);
    reeli_buffer_free(r, &order);
    reeli_buffer_free(r, &of_text);
    if (!ok && !reeli_bad(to)) {
        reel_tensor_free(to);
    }
    return ok ? to : r->poison;
}
