/* SPDX-License-Identifier: MIT */
/* Tensors' rows in batches. */
#include "loader.h"
#include "counted.h"
#include "kernels.h"
#include "random.h"
#include "split.h"

#include <string.h>

/* A tensor whose rows are handed out, or NULL: the stream's are. Both kinds of batch lie in the
 * memory of the first. */
typedef struct source {
    reel_tensor *from;
    reeli_watch watch;         /* of that */
    reel_tensor *batch, *last; /* full; the last one, NULL if that is full as well */
    size_t row_bytes;
} source;

struct reel_loader {
    reeli_owned owned;
    int64_t batch_size, rows, batches;
    int64_t next; /* the batch that comes next; 0 begins an epoch */
    bool shuffle;
    bool lost;               /* whether one of the tensors is gone */
    int64_t *chosen;         /* the rows of the options, or NULL: all */
    int64_t *order;          /* the epoch's, or NULL: as they come, or the stream shuffles them */
    reeli_row_stream stream; /* of the first source; its owner is NULL if there is none */
    size_t count;
    source sources[];
};

static void free_loader(reeli_owned *it)
{
    reel_loader *l = (reel_loader *)(void *)it;
    const size_t size = (size_t)l->rows * sizeof(int64_t);
    reeli_free(it->r, l->chosen, size);
    reeli_free(it->r, l->order, size);
    for (size_t i = 0; i < l->count; i++) {
        reeli_unwatch(&l->sources[i].watch);
        reeli_let_go(l->sources[i].last);
        reeli_let_go(l->sources[i].batch);
    }
}

/* Whether t's rows can be handed out, and are as many as those of the first. */
static bool may_load(reel *r, const reel_tensor *t, const reel_tensor *first, int64_t rows)
{
    if (!reeli_usable_as(r, "loader", "a tensor", t)) {
        return false;
    }
    if (t->ndim && first && t->size[0] != rows) {
        reeli_error(r, REEL_ERR_SHAPE,
                    "loader: tensors of shapes %s and %s have different numbers of rows",
                    REELI_SHAPE_OF(first), REELI_SHAPE_OF(t));
        return false;
    }
    if (t->ndim == 0 || t->size[0] != rows) {
        reeli_error(r, REEL_ERR_SHAPE,
                    t->ndim ? "loader: a tensor of shape %s has not the file's %s"
                            : "loader: a tensor of shape %s has no rows",
                    REELI_SHAPE_OF(t), REELI_COUNTED(rows, "row"));
        return false;
    }
    if (!(t->flags & REELI_PERSISTENT) || reeli_requires_grad(t)) {
        reeli_error(r, REEL_ERR_VALUE,
                    reeli_requires_grad(t)
                        ? "loader: a tensor of shape %s wants a gradient, which batches do not give"
                        : "loader: a result of shape %s is gone at the next reel_rewind: load what "
                          "reel_keep makes of it",
                    REELI_SHAPE_OF(t));
        return false;
    }
    return true;
}

/* How many rows each source has. */
static int64_t rows_of(const reeli_row_stream *stream, reel_tensor *const *tensors)
{
    return stream ? stream->rows : tensors[0]->ndim ? tensors[0]->size[0] : 0;
}

static bool may_make(reel *r, const reeli_row_stream *stream, reel_tensor *const *tensors,
                     size_t count, const reel_loader_options *options)
{
    if ((!tensors && count) || (!stream && count == 0)) {
        reeli_error(r, REEL_ERR_VALUE, "loader: there are no tensors");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!reeli_usable_as(r, "loader", "a tensor", tensors[i]) ||
            !may_load(r, tensors[i], stream ? NULL : tensors[0], rows_of(stream, tensors))) {
            return false;
        }
    }
    const reel_tensor *rows = options->rows;
    if (options->batch_size < 0) {
        reeli_error(r, REEL_ERR_VALUE, "loader: batch_size must be positive, and is %lld",
                    (long long)options->batch_size);
        return false;
    }
    if (rows && !reeli_rows_usable(r, "loader", rows)) {
        return false;
    }
    if (options->shuffle && (rows ? rows->numel : rows_of(stream, tensors)) == 0) {
        reeli_error(r, REEL_ERR_VALUE, "loader: there are no rows to shuffle");
        return false;
    }
    return true;
}

/* Copies the rows of the options; false, and an error, for one that is not there. */
static bool choose(reel_loader *l, const reel_tensor *rows, int64_t bound)
{
    for (int64_t i = 0; i < l->rows; i++) {
        const int64_t row = ((const int64_t *)rows->data)[i * rows->stride[0]];
        if (row < 0 || row >= bound) {
            const reel_tensor *from = l->sources[0].from;
            reeli_error(l->owned.r, REEL_ERR_VALUE,
                        from ? "loader: there is no row %lld: the tensors are of %s"
                             : "loader: there is no row %lld in the file",
                        (long long)row, from ? REELI_SHAPE_OF(from) : "");
            return false;
        }
        l->chosen[i] = row;
    }
    return true;
}

/* The tensors for batches of t's rows, or the stream's. The last one is made without elements, and
 * lies where the full one does. False when memory is out. */
static bool make_batches(reel_loader *l, source *s, reel_tensor *t, int64_t last)
{
    reel *r = l->owned.r;
    int64_t size[REEL_MAX_DIMS] = {0, l->stream.columns};
    const int dtype = t ? t->dtype : (int)l->stream.dtype, ndim = t ? t->ndim : 2;
    if (t) {
        memcpy(size, t->size, sizeof size);
    }
    size[0] = l->batch_size;
    s->from = t;
    reeli_watch_for(t ? reeli_owned_of(t) : l->stream.owner, &s->watch, &l->lost);
    s->batch = reeli_create_part(r, "loader", dtype, ndim, size);
    if (reeli_bad(s->batch)) {
        return false;
    }
    const int64_t row = l->batch_size ? s->batch->numel / l->batch_size : 0;
    s->row_bytes = (size_t)row * reeli_element_size(dtype);
    if (last) {
        size[0] = 0;
        s->last = reeli_create_part(r, "loader", dtype, ndim, size);
        if (reeli_bad(s->last)) {
            return false;
        }
        s->last->size[0] = last;
        s->last->numel = last * row;
        s->last->data = s->batch->data;
    }
    return true;
}

/* Memory for all that an epoch needs. */
static bool furnish(reel_loader *l, reel_tensor *const *tensors, size_t count,
                    const reel_loader_options *options, int64_t bound)
{
    reel *r = l->owned.r;
    const size_t size = (size_t)l->rows * sizeof(int64_t);
    const int64_t last = options->drop_last ? 0 : l->rows % (l->batch_size ? l->batch_size : 1);
    l->chosen = options->rows ? reeli_malloc(r, size) : NULL;
    const bool order = options->shuffle && (options->rows || count > 0);
    l->order = order ? reeli_malloc(r, size) : NULL;
    if ((options->rows && !l->chosen) || (order && !l->order)) {
        reeli_no_memory(r, "loader");
        return false;
    }
    const size_t before = l->stream.owner ? 1 : 0; /* of the stream */
    while (l->count < count + before) {
        const size_t i = l->count++; /* one of the two batches may be there, after a failure */
        if (!make_batches(l, &l->sources[i], i < before ? NULL : tensors[i - before], last)) {
            return false;
        }
    }
    return !options->rows || choose(l, options->rows, bound);
}

REELI_RARE static reel_loader *new_loader(reel *r, const reeli_row_stream *stream,
                                          reel_tensor *const *tensors, size_t count,
                                          reel_loader_options options)
{
    if (!r || r->status != REEL_OK || !may_make(r, stream, tensors, count, &options)) {
        return NULL;
    }
    const size_t sources = count + (stream != NULL);
    reel_loader *l = reeli_own(r, "loader", sizeof *l + sources * sizeof *l->sources, free_loader);
    if (!l) {
        reeli_no_memory(r, "loader");
        return NULL;
    }
    const int64_t asked = options.batch_size ? options.batch_size : 1;
    const int64_t bound = rows_of(stream, tensors);
    l->stream = stream ? *stream : (reeli_row_stream){.owner = NULL};
    l->rows = options.rows ? options.rows->numel : bound;
    l->batch_size = asked < l->rows ? asked : l->rows;
    l->batches = l->rows / asked + (!options.drop_last && l->rows % asked > 0);
    l->shuffle = options.shuffle;
    if (!furnish(l, tensors, count, &options, bound)) {
        reeli_disown(&l->owned);
        return NULL;
    }
    return l;
}

reel_loader *reel_loader_new(reel *r, reel_tensor *const *tensors, size_t count,
                             reel_loader_options options)
{
    return new_loader(r, NULL, tensors, count, options);
}

reel_loader *reeli_loader_of_stream(reel *r, const reeli_row_stream *stream,
                                    reel_tensor *const *tensors, size_t count,
                                    reel_loader_options options)
{
    return new_loader(r, stream, tensors, count, options);
}

/* PyTorch's iterator draws a seed for its workers, of which there are none, and its sampler one for
 * a generator of its own. */
static bool begin_epoch(reel_loader *l)
{
    reeli_mt19937 *random = &l->owned.r->random, own;
    reeli_mt_next64(random);
    if (l->shuffle) {
        reeli_mt_seed(&own, reeli_mt_next64(random));
    }
    if (l->order) {
        for (int64_t i = 0; i < l->rows; i++) {
            l->order[i] = l->chosen ? l->chosen[i] : i;
        }
        reeli_permute(&own, l->order, l->rows);
    }
    const reeli_row_stream *s = &l->stream;
    return !s->owner || s->begin(s->owner, l->order ? l->order : l->chosen,
                                 l->shuffle && !l->order ? &own : NULL, l->rows);
}

/* As a tensor that was just made: without a history or a gradient. Whoever saved what it held
 * before can see that it has changed. */
static void renew(reel_tensor *t)
{
    t->version++;
    t->node = NULL;
    reeli_drop_grad(t->leaf);
    t->flags &= ~(REELI_REQUIRES_GRAD | REELI_RETAIN_GRAD);
}

static reel_tensor *fill(const reel_loader *l, const source *s, int64_t from, int64_t rows)
{
    const int64_t *order = l->order ? l->order : l->chosen;
    if (!s->from) {
        if (!l->stream.next(l->stream.owner, rows, s->batch->data)) {
            return l->owned.r->poison;
        }
    } else if (order) {
        reeli_gather_rows(s->batch->data, s->from->data, s->row_bytes, order + from, rows,
                          l->rows - from);
    } else if (s->row_bytes) {
        memcpy(s->batch->data, (const char *)s->from->data + (size_t)from * s->row_bytes,
               (size_t)rows * s->row_bytes);
    }
    renew(s->batch);
    if (s->last) {
        renew(s->last);
    }
    return rows == l->batch_size ? s->batch : s->last;
}

bool reel_loader_next(reel_loader *l, reel_tensor **batch)
{
    if (!REELI_ALIVE(l, "loader_next") || l->owned.r->status != REEL_OK ||
        REELI_REFUSE(l->owned.r, "loader", "a batch cannot be filled")) {
        return false;
    }
    if (l->lost) {
        reeli_error(l->owned.r, REEL_ERR_OWNER,
                    "loader: a tensor whose rows it hands out has been freed");
        return false;
    }
    if (!batch) {
        reeli_error(l->owned.r, REEL_ERR_VALUE, "loader: the place for the batch is NULL");
        return false;
    }
    if (l->next == 0 && !begin_epoch(l)) {
        return false;
    }
    if (l->next == l->batches) {
        l->next = 0;
        return false;
    }
    const int64_t from = l->next++ * l->batch_size, left = l->rows - from;
    for (size_t i = 0; i < l->count; i++) {
        batch[i] = fill(l, &l->sources[i], from, left < l->batch_size ? left : l->batch_size);
    }
    return l->owned.r->status == REEL_OK;
}

void reel_loader_reset(reel_loader *l)
{
    if (REELI_ALIVE(l, "loader_reset")) {
        l->next = 0;
    }
}

int64_t reel_loader_batches(const reel_loader *l)
{
    return REELI_ALIVE(l, "loader_batches") ? l->batches : 0;
}

void reel_loader_free(reel_loader *l)
{
    if (REELI_ALIVE(l, "loader_free")) {
        reeli_free_handle(&l->owned, "loader_free");
    }
}
