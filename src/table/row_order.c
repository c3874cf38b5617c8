/* SPDX-License-Identifier: MIT */
/*
 * Rows in any order, with the disk read and written in long pieces: a distribution sort. The
 * order's places are cut into buckets that memory holds. The file is gone through once, and each
 * row is written, with its place, to the end of its bucket's part of a second file; then one bucket
 * after the other is read back, and its rows are put in their places.
 */
#include "row_shuffle.h"
#include "scratch_file.h"

#include <string.h>

enum { PIECE = 1 << 20 };

/* A row with its place before it. */
static size_t record_bytes(const reel_row_file *f) { return f->row_bytes + sizeof(uint32_t); }

static int64_t rows_in_bucket(const reeli_row_order *o, int64_t bucket)
{
    int64_t left = o->count - bucket * o->bucket_rows;
    return left < o->bucket_rows ? left : o->bucket_rows;
}

/* How many rows are read at once, of the file and of the second one. */
static int64_t rows_in_piece(const reel_row_file *f)
{
    return record_bytes(f) < PIECE ? (int64_t)(PIECE / record_bytes(f)) : 1;
}

/* Memory that is changed for another size; false when it is out. */
static bool hold(reel_row_file *f, char **memory, size_t *bytes, size_t wanted)
{
    if (!*memory || *bytes != wanted) {
        reeli_free(f->owned.r, *memory, *bytes);
        *bytes = wanted;
        *memory = reeli_malloc(f->owned.r, wanted);
    }
    return *memory || reeli_row_order_no_memory(f);
}

/* Where rows go lies at the end of the work: of all rows, if there is as much before it, as a
 * shuffle takes. If there is room for the rows as well, they go to their places at once. */
static bool furnish(reel_row_file *f, reeli_row_places *p)
{
    reeli_row_order *o = &f->order;
    const int64_t where = f->rows * (int64_t)sizeof *p->where;
    const int64_t rows = o->count * (int64_t)f->row_bytes, before = rows > where ? rows : where;
    const int64_t least = (int64_t)f->row_bytes, given = (int64_t)f->memory;
    const int64_t memory = given > least ? given : least;
    o->in_memory = before + where <= memory;
    o->bucket_rows = o->in_memory ? o->count : memory / least;
    p->block_rows = 2 * where <= memory ? f->rows : memory / 16;
    return hold(f, &o->piece, &o->piece_bytes, (size_t)rows_in_piece(f) * record_bytes(f)) &&
           hold(f, &o->work, &o->work_bytes, (size_t)(o->in_memory ? before + where : memory));
}

static bool send(reeli_row_order *o, const char *row, size_t bytes, uint32_t place)
{
    char *to = reeli_row_parts_add(&o->parts, place / o->bucket_rows);
    if (to) {
        memcpy(to, &place, sizeof place);
        memcpy(to + sizeof place, row, bytes);
    }
    return to != NULL;
}

/* Rows `first` to `first` + `count` - 1, whose places are `where`. */
static bool deal_out(reel_row_file *f, int64_t first, int64_t count, const uint32_t *where)
{
    reeli_row_order *o = &f->order;
    if (!reeli_row_file_get(f, first, count, o->piece)) {
        return false;
    }
    for (int64_t i = 0; i < count; i++) {
        const char *row = o->piece + (size_t)i * f->row_bytes;
        if (where[i] == (uint32_t)REELI_NOWHERE) {
            continue;
        }
        if (o->in_memory) {
            memcpy(o->work + where[i] * f->row_bytes, row, f->row_bytes);
        } else if (!send(o, row, f->row_bytes, where[i])) {
            return false;
        }
    }
    return true;
}

static bool go_through(reel_row_file *f, reeli_row_places *p)
{
    const int64_t most = rows_in_piece(f);
    for (int64_t first = 0; first < f->rows; first += p->block_rows) {
        const int64_t rest = f->rows - first, rows = rest < p->block_rows ? rest : p->block_rows;
        if (!reeli_row_places_look(p, first)) {
            return false;
        }
        for (int64_t at = 0; at < rows; at += most) {
            const int64_t count = rows - at < most ? rows - at : most;
            if (!deal_out(f, first + at, count, p->where + at)) {
                return false;
            }
        }
    }
    return true;
}

/* Goes through the file, whose rows go to their buckets' parts through `bytes` of the work. */
static bool distribute(reel_row_file *f, reeli_row_places *p, int64_t bytes)
{
    reeli_row_order *o = &f->order;
    o->parts.record = record_bytes(f);
    o->parts.count = o->count / o->bucket_rows + 1;
    o->parts.memory = o->work;
    bool done = reeli_row_parts_begin(&o->parts, bytes);
    for (int64_t b = 0; done && b < o->parts.count; b++) {
        o->parts.next[b] = b * o->bucket_rows;
    }
    done = done && go_through(f, p) && reeli_row_parts_put_all(&o->parts);
    reeli_row_parts_free(&o->parts);
    return done;
}

/* Reads a bucket back, its rows into their places. */
static bool bring_in(reel_row_file *f, int64_t bucket)
{
    reeli_row_order *o = &f->order;
    const int64_t begin = bucket * o->bucket_rows, end = begin + rows_in_bucket(o, bucket);
    int64_t count;
    for (int64_t first = begin; first < end; first += count) {
        count = reeli_row_parts_get(&o->parts, first, end);
        const char *it = o->piece;
        for (int64_t i = 0; i < count; i++, it += o->parts.record) {
            uint32_t place;
            memcpy(&place, it, sizeof place);
            memcpy(o->work + ((int64_t)place - begin) * (int64_t)f->row_bytes, it + sizeof place,
                   f->row_bytes);
        }
        if (count == 0) {
            return false;
        }
    }
    o->bucket = bucket;
    return true;
}

static bool put_in_order(reel_row_file *f, const reeli_row_list *list)
{
    reeli_row_order *o = &f->order;
    reeli_row_places places = {.where = NULL};
    if (!furnish(f, &places)) {
        return false;
    }
    const int64_t where = places.block_rows * (int64_t)sizeof *places.where;
    const int64_t before = (int64_t)o->work_bytes - where;
    places.where = (uint32_t *)(void *)(o->work + before);
    const int64_t base = o->count * (int64_t)record_bytes(f); /* behind the rows */
    bool done = reeli_row_places_find(f, &places, list, o->work, before, base) &&
                (o->in_memory ? go_through(f, &places) : distribute(f, &places, before));
    reeli_row_parts_free(&places.pairs);
    o->bucket = o->in_memory ? 0 : -1;
    return done;
}

static void release(reel_row_file *f)
{
    reeli_row_order *o = &f->order;
    reeli_free(f->owned.r, o->work, o->work_bytes);
    reeli_free(f->owned.r, o->piece, o->piece_bytes);
    o->work = o->piece = NULL;
}

bool reeli_row_order_begin(reel_row_file *f, const reeli_row_list *list)
{
    reeli_row_order *o = &f->order;
    o->as_they_lie = !list->rows && !list->random;
    o->count = reeli_row_list_count(list);
    o->at = 0;
    if (o->as_they_lie) {
        release(f);
        return true;
    }
    if (f->rows >= UINT32_MAX) {
        return reeli_row_order_refuse(f, "", f->rows, " rows are more than can be put in order");
    }
    return put_in_order(f, list);
}

bool reeli_row_order_next(reel_row_file *f, int64_t rows, void *to)
{
    reeli_row_order *o = &f->order;
    char *put = to;
    if (rows > o->count - o->at) {
        return reeli_row_order_refuse(f, "only ", o->count - o->at, " rows of the order are left");
    }
    if (o->as_they_lie) {
        o->at += rows;
        return reeli_row_file_get(f, o->at - rows, rows, to);
    }
    while (rows > 0) {
        const int64_t bucket = o->at / o->bucket_rows, from = o->at % o->bucket_rows;
        if (bucket != o->bucket && !bring_in(f, bucket)) {
            return false;
        }
        const int64_t left = rows_in_bucket(o, bucket) - from, now = rows < left ? rows : left;
        memcpy(put, o->work + (size_t)from * f->row_bytes, (size_t)now * f->row_bytes);
        put += (size_t)now * f->row_bytes;
        o->at += now;
        rows -= now;
    }
    return true;
}

void reeli_row_order_free(reel_row_file *f)
{
    release(f);
    if (f->order.descriptor >= 0) {
        reeli_scratch_close(f->order.descriptor);
    }
}
