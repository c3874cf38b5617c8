/* SPDX-License-Identifier: MIT */
/* Which rows go into which part. */
#include "split.h"
#include "counted.h"
#include "random.h"

#include <reel/loader.h>
#include <string.h>

bool reeli_rows_usable(reel *r, const char *what, const reel_tensor *t)
{
    if (!reeli_usable_as(r, what, "a tensor of rows", t)) {
        return false;
    }
    if (t->dtype != REEL_I64) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: rows must be int64, and are %s", what,
                    reel_dtype_name((reel_dtype)t->dtype));
    } else if (t->ndim != 1) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: rows must have one dim, and are of shape %s", what,
                    REELI_SHAPE_OF(t));
    }
    return t->dtype == REEL_I64 && t->ndim == 1;
}

/* Why there can be no parts of so many rows; REEL_OK if there can. */
static reel_status may_split(reel *r, const char *what, int64_t rows, const void *parts)
{
    if (!r) {
        return reel_error_status(r);
    }
    if (r->status == REEL_OK && rows < 0) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %lld rows are fewer than none", what, (long long)rows);
    }
    if (r->status == REEL_OK && !parts) {
        reeli_error(r, REEL_ERR_VALUE, "%s: the place for the parts is NULL", what);
    }
    if (r->status == REEL_OK) {
        (void)REELI_REFUSE(r, what, "rows cannot be dealt out");
    }
    return r->status;
}

static void free_parts(reel_tensor **parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        reel_tensor_free(parts[i]);
    }
}

/* Parts of these lengths in `made`, still to be filled; false when memory is out. */
static bool make_parts(reel *r, const char *what, const int64_t *lengths, size_t count,
                       reel_tensor **made)
{
    for (size_t i = 0; i < count; i++) {
        made[i] = reeli_create(r, what, REEL_I64, 1, &lengths[i]);
        if (reeli_bad(made[i])) {
            free_parts(made, i);
            return false;
        }
    }
    return true;
}

/* All rows, in random order if `shuffle`, one part after the other. Nothing is drawn before all
 * memory is there. */
static reel_status deal(reel *r, const char *what, int64_t rows, bool shuffle,
                        const int64_t *lengths, size_t count, reel_tensor **parts)
{
    reel_tensor *order = reeli_create(r, what, REEL_I64, 1, &rows);
    reel_tensor **made = reeli_bad(order) ? NULL : reeli_malloc(r, count * sizeof(reel_tensor *));
    if (!made) {
        reeli_no_memory(r, what);
    } else if (make_parts(r, what, lengths, count, made)) {
        int64_t *row = order->data;
        for (int64_t i = 0; i < rows; i++) {
            row[i] = i;
        }
        if (shuffle) {
            reeli_permute(&r->random, row, rows);
        }
        for (size_t i = 0; i < count; row += lengths[i++]) {
            memcpy(made[i]->data, row, (size_t)lengths[i] * sizeof *row);
            parts[i] = made[i];
        }
    }
    reeli_free(r, made, count * sizeof(reel_tensor *));
    reel_tensor_free(order);
    return r->status;
}

reel_status reel_random_split(reel *r, int64_t rows, const int64_t *lengths, size_t count,
                              reel_tensor **parts)
{
    static const char what[] = "random_split";
    int64_t left = rows;
    if (may_split(r, what, rows, parts) != REEL_OK) {
        return reel_error_status(r);
    }
    if (!reeli_list_given(r, what, lengths, count)) {
        return REEL_ERR_VALUE;
    }
    for (size_t i = 0; i < count; i++) {
        if (lengths[i] < 0 || lengths[i] > left) {
            return reeli_error(r, REEL_ERR_VALUE, "%s: length %lld of part %zu is %s", what,
                               (long long)lengths[i], i,
                               lengths[i] < 0 ? "negative" : "more than the rows that are left");
        }
        left -= lengths[i];
    }
    if (left) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: the lengths leave %lld of %s over", what,
                           (long long)left, REELI_COUNTED(rows, "row"));
    }
    return deal(r, what, rows, true, lengths, count, parts);
}

/* The rows of each part in their order: each row is asked which part it went to. */
static void sort_parts(int64_t rows, int64_t k, reel_tensor *const *parts, int64_t *part_of,
                       int64_t *placed)
{
    for (int64_t p = 0; p < k; p++) {
        placed[p] = 0;
        for (int64_t i = 0; i < parts[p]->numel; i++) {
            part_of[((const int64_t *)parts[p]->data)[i]] = p;
        }
    }
    for (int64_t row = 0; row < rows; row++) {
        const int64_t p = part_of[row];
        ((int64_t *)parts[p]->data)[placed[p]++] = row;
    }
}

reel_status reel_k_fold(reel *r, int64_t rows, int64_t k, bool shuffle, reel_tensor **parts)
{
    static const char what[] = "k_fold";
    if (may_split(r, what, rows, parts) != REEL_OK) {
        return reel_error_status(r);
    }
    if (k < 2 || k > rows) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: k must be from 2 to the %s, and is %lld", what,
                           REELI_COUNTED(rows, "row"), (long long)k);
    }
    reel_tensor *lengths = reeli_create(r, what, REEL_I64, 1, &k);
    reel_tensor *part_of = reeli_create(r, what, REEL_I64, 1, shuffle ? &rows : &k);
    if (!reeli_bad(lengths) && !reeli_bad(part_of)) {
        int64_t *length = lengths->data;
        for (int64_t i = 0; i < k; i++) {
            length[i] = rows / k + (i < rows % k);
        }
        if (deal(r, what, rows, shuffle, length, (size_t)k, parts) == REEL_OK && shuffle) {
            sort_parts(rows, k, parts, part_of->data, length);
        }
    }
    reel_tensor_free(part_of);
    reel_tensor_free(lengths);
    return r->status;
}

/* Marks the rows of `given` in taken; false, and an error, for one that is not there or comes
 * twice. */
static bool mark(reel *r, const char *what, const reel_tensor *given, int64_t rows, bool *taken)
{
    for (int64_t i = 0; i < given->numel; i++) {
        const int64_t row = ((const int64_t *)given->data)[i * given->stride[0]];
        const bool inside = row >= 0 && row < rows;
        if (!inside || taken[row]) {
            reeli_error(r, REEL_ERR_VALUE,
                        inside ? "%s: row %lld comes twice"
                               : "%s: there is no row %lld: rows are 0 to %lld",
                        what, (long long)row, (long long)(rows - 1));
            return false;
        }
        taken[row] = true;
    }
    return true;
}

/* The rows that are not taken; poison when memory is out. */
static reel_tensor *remaining(reel *r, const char *what, const bool *taken, int64_t rows,
                              int64_t count)
{
    reel_tensor *others = reeli_create(r, what, REEL_I64, 1, &count);
    int64_t *to = reeli_bad(others) ? NULL : others->data;
    for (int64_t i = 0; to && i < rows; i++) {
        if (!taken[i]) {
            *to++ = i;
        }
    }
    return others;
}

reel_status reel_split_rows(reel *r, int64_t rows, const reel_tensor *test, reel_tensor **train)
{
    static const char what[] = "split_rows";
    if (may_split(r, what, rows, train) != REEL_OK || !reeli_rows_usable(r, what, test)) {
        return reel_error_status(r) != REEL_OK ? reel_error_status(r) : REEL_ERR_OWNER;
    }
    reel_tensor *taken = reeli_create(r, what, REEL_BOOL, 1, &rows);
    if (reeli_bad(taken)) {
        return r->status;
    }
    reeli_fill(taken, 0);
    if (mark(r, what, test, rows, taken->data)) {
        reel_tensor *others = remaining(r, what, taken->data, rows, rows - test->numel);
        *train = reeli_bad(others) ? *train : others;
    }
    reel_tensor_free(taken);
    return r->status;
}
