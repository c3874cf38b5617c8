/* SPDX-License-Identifier: MIT */
/* Rows in a file without a name, read and written by their numbers. */
#include "row_file.h"
#include "capture.h"
#include "counted.h"
#include "loader.h"
#include "scratch_file.h"
#include "split.h"

#include <string.h>

enum { LEAST_MEMORY = 1 << 16 };

static void destroy(reeli_owned *it)
{
    reel_row_file *f = (reel_row_file *)(void *)it;
    reeli_row_order_free(f);
    if (f->descriptor >= 0) {
        reeli_scratch_close(f->descriptor);
    }
}

static bool may_make(reel *r, reel_dtype dtype, int64_t columns)
{
    static const char what[] = "row_file_new";
    if (!reeli_is_float((int)dtype)) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: numbers are float32 or float64, not dtype %d", what,
                    (int)dtype);
        return false;
    }
    if (columns < 1 || columns > INT32_MAX) {
        reeli_error(r, REEL_ERR_VALUE, "%s: there are no rows of %lld numbers", what,
                    (long long)columns);
        return false;
    }
    return !REELI_REFUSE(r, what, "a file cannot be made");
}

reel_row_file *reel_row_file_new(reel *r, reel_dtype dtype, int64_t columns, int64_t memory)
{
    if (!r || r->status != REEL_OK || !may_make(r, dtype, columns)) {
        return NULL;
    }
    reel_row_file *f = reeli_own(r, "row file", sizeof *f, destroy);
    if (!f) {
        reeli_no_memory(r, "row_file_new");
        return NULL;
    }
    f->dtype = dtype;
    f->columns = columns;
    f->row_bytes = (size_t)columns * reeli_element_size((int)dtype);
    f->memory = memory > LEAST_MEMORY ? (size_t)memory / 4 * 4 : LEAST_MEMORY;
    f->order.parts.f = f;
    f->order.descriptor = -1;
    f->descriptor = reeli_scratch_open(r, "row_file_new", NULL);
    if (f->descriptor < 0) {
        reeli_disown(&f->owned);
        return NULL;
    }
    return f;
}

int64_t reel_row_file_rows(const reel_row_file *f)
{
    return REELI_ALIVE(f, "row_file_rows") ? f->rows : 0;
}

int64_t reel_row_file_columns(const reel_row_file *f)
{
    return REELI_ALIVE(f, "row_file_columns") ? f->columns : 0;
}

reel_dtype reel_row_file_dtype(const reel_row_file *f)
{
    return REELI_ALIVE(f, "row_file_dtype") ? f->dtype : REEL_F32;
}

bool reeli_row_file_get(reel_row_file *f, int64_t first, int64_t rows, void *to)
{
    return reeli_scratch_read(f->owned.r, "row_file", NULL, f->descriptor, to,
                              (size_t)rows * f->row_bytes, first * (int64_t)f->row_bytes);
}

bool reeli_row_file_put(reel_row_file *f, int64_t first, int64_t rows, const void *from)
{
    bool done = reeli_scratch_write(f->owned.r, "row_file", NULL, f->descriptor, from,
                                    (size_t)rows * f->row_bytes, first * (int64_t)f->row_bytes);
    f->rows = done && first + rows > f->rows ? first + rows : f->rows;
    return done;
}

/* Whether t has whole rows of the file, one after the other. */
static bool may_move(reel_row_file *f, const char *what, const reel_tensor *t)
{
    reel *r = f->owned.r;
    if (r->status != REEL_OK || !reeli_usable_as(r, what, "a tensor of rows", t) ||
        REELI_REFUSE(r, what, "a file cannot be read or written")) {
        return false;
    }
    if (t->dtype != (int)f->dtype) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: the file's rows are %s, not %s", what,
                    reel_dtype_name(f->dtype), reel_dtype_name((reel_dtype)t->dtype));
        return false;
    }
    if (t->ndim != 2 || t->size[1] != f->columns || !reel_is_contiguous(t)) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: expected contiguous rows of %lld numbers, got shape %s",
                    what, (long long)f->columns, REELI_SHAPE_OF(t));
        return false;
    }
    return true;
}

static bool are_there(reel_row_file *f, const char *what, int64_t first, int64_t rows, int64_t most)
{
    if (first < 0 || first > most || rows > most - first) {
        reeli_error(f->owned.r, REEL_ERR_VALUE, "%s: the file of %s has no row %lld", what,
                    REELI_COUNTED(f->rows, "row"),
                    (long long)(first < 0 || first > most ? first : most));
        return false;
    }
    return true;
}

reel_status reel_row_file_write(reel_row_file *f, int64_t first, reel_tensor *rows)
{
    static const char what[] = "row_file_write";
    if (!REELI_ALIVE(f, what)) {
        return REEL_ERR_OWNER;
    }
    reel *r = f->owned.r;
    return may_move(f, what, rows) && are_there(f, what, first, 0, f->rows) &&
                   reeli_row_file_put(f, first, rows->size[0], rows->data)
               ? r->status
               : reeli_failure(r);
}

reel_status reel_row_file_read(reel_row_file *f, int64_t first, reel_tensor *to)
{
    static const char what[] = "row_file_read";
    if (!REELI_ALIVE(f, what)) {
        return REEL_ERR_OWNER;
    }
    reel *r = f->owned.r;
    if (!may_move(f, what, to) || !are_there(f, what, first, to->size[0], f->rows)) {
        return reeli_failure(r);
    }
    to->version++;
    return reeli_row_file_get(f, first, to->size[0], to->data) ? r->status : reeli_failure(r);
}

reel_status reel_row_file_order(reel_row_file *f, const reel_tensor *rows)
{
    static const char what[] = "row_file_order";
    if (!REELI_ALIVE(f, what)) {
        return REEL_ERR_OWNER;
    }
    reel *r = f->owned.r;
    if (r->status != REEL_OK || REELI_REFUSE(r, what, "rows cannot be put in order") ||
        (rows && !reeli_rows_usable(r, what, rows))) {
        return reeli_failure(r);
    }
    if (rows && !reel_is_contiguous(rows)) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: the rows' numbers do not lie side by side", what);
        return reeli_failure(r);
    }
    const reeli_row_list list = {.rows = rows ? rows->data : NULL,
                                 .count = rows ? rows->numel : f->rows};
    return reeli_row_order_begin(f, &list) ? r->status : reeli_failure(r);
}

/* Whether batches of the file's rows have such a part. */
static bool has_part(reel_row_file *f, const char *what, const reel_row_file_part *p)
{
    const int64_t last = p->batch_size > 0 ? f->rows % p->batch_size : 0;
    const bool has = p->batch_size >= 0 && p->first >= 0 && p->first <= p->end &&
                     p->end <= p->batch_size && p->last_first >= 0 &&
                     p->last_first <= p->last_end && p->last_end <= last;
    if (!has) {
        reeli_error(f->owned.r, REEL_ERR_VALUE, "%s: batches of %lld of %s have no such part", what,
                    (long long)p->batch_size, REELI_COUNTED(f->rows, "row"));
    }
    return has;
}

reel_status reel_row_file_shuffle(reel_row_file *f, reel_row_file_part part)
{
    static const char what[] = "row_file_shuffle";
    if (!REELI_ALIVE(f, what)) {
        return REEL_ERR_OWNER;
    }
    reel *r = f->owned.r;
    if (r->status != REEL_OK || REELI_REFUSE(r, what, "rows cannot be put in order") ||
        !has_part(f, what, &part)) {
        return reeli_failure(r);
    }
    reeli_mt19937 random;
    reeli_mt_seed(&random, reeli_mt_next64(&r->random));
    const reeli_row_list list = {.count = f->rows, .random = &random, .part = part};
    return reeli_row_order_begin(f, &list) ? r->status : reeli_failure(r);
}

reel_status reel_row_file_next(reel_row_file *f, reel_tensor *to)
{
    static const char what[] = "row_file_next";
    if (!REELI_ALIVE(f, what)) {
        return REEL_ERR_OWNER;
    }
    reel *r = f->owned.r;
    if (!may_move(f, what, to)) {
        return reeli_failure(r);
    }
    to->version++;
    return reeli_row_order_next(f, to->size[0], to->data) ? r->status : reeli_failure(r);
}

static bool begin_epoch(void *owner, const int64_t *order, reeli_mt19937 *shuffle, int64_t count)
{
    const reeli_row_list list = {.rows = order, .random = shuffle, .count = count};
    return reeli_row_order_begin(owner, &list);
}

static bool next_rows(void *owner, int64_t rows, void *to)
{
    return reeli_row_order_next(owner, rows, to);
}

reel_loader *reel_row_file_loader(reel_row_file *f, reel_tensor *const *tensors, size_t count,
                                  reel_loader_options options)
{
    if (!REELI_ALIVE(f, "row_file_loader")) {
        return NULL;
    }
    const reeli_row_stream stream = {.owner = &f->owned,
                                     .dtype = f->dtype,
                                     .rows = f->rows,
                                     .columns = f->columns,
                                     .begin = begin_epoch,
                                     .next = next_rows};
    return reeli_loader_of_stream(f->owned.r, &stream, tensors, count, options);
}

void reel_row_file_free(reel_row_file *f)
{
    if (REELI_ALIVE(f, "row_file_free")) {
        reeli_free_handle(&f->owned, "row_file_free");
    }
}
