/* SPDX-License-Identifier: MIT */
/*
 * Rows in any order, with the disk read and written in long pieces: a distribution sort. The
 * order's places are cut into buckets that memory holds. The file is gone through once, and each
 * row is written, with its place, to the end of its bucket's part of a second file; then one bucket
 * after the other is read back, and its rows are put in their places.
 */
#include "row_file.h"
#include "scratch_file.h"

#include <string.h>

static const char what[] = "row_file";
enum { PIECE = 1 << 20 };
static const uint32_t nowhere = UINT32_MAX;

static bool no_memory(reel_row_file *f)
{
    reeli_no_memory(f->owned.r, what);
    return false;
}

static bool refuse(reel_row_file *f, const char *before, int64_t number, const char *after)
{
    reeli_error(f->owned.r, REEL_ERR_VALUE, "%s: %s%lld%s", what, before, (long long)number, after);
    return false;
}

/* A row with its place before it. */
static size_t record_bytes(const reel_row_file *f) { return f->row_bytes + sizeof(uint32_t); }

static int64_t rows_in_bucket(const reeli_row_order *o, int64_t bucket)
{
    int64_t left = o->count - bucket * o->bucket_rows;
    return left < o->bucket_rows ? left : o->bucket_rows;
}

static int64_t buckets_of(const reeli_row_order *o)
{
    return (o->count + o->bucket_rows - 1) / o->bucket_rows;
}

/* How many rows are read at once, of the file and of the second one. */
static int64_t rows_in_piece(const reel_row_file *f)
{
    return record_bytes(f) < PIECE ? (int64_t)(PIECE / record_bytes(f)) : 1;
}

static bool furnish(reel_row_file *f)
{
    reel *r = f->owned.r;
    reeli_row_order *o = &f->order;
    size_t rows = f->memory / f->row_bytes;
    rows = rows < (size_t)f->rows ? rows : (size_t)f->rows;
    o->bucket_rows = rows > 0 ? (int64_t)rows : 1;
    if (!o->piece) {
        o->piece_bytes = (size_t)rows_in_piece(f) * record_bytes(f);
        o->piece = reeli_malloc(r, o->piece_bytes);
    }
    if (!o->where || o->where_rows != f->rows) {
        reeli_free(r, o->where, (size_t)o->where_rows * sizeof *o->where);
        o->where_rows = f->rows;
        o->where = reeli_malloc(r, (size_t)f->rows * sizeof *o->where);
        reeli_free(r, o->work, o->work_bytes);
        o->work_bytes = (size_t)o->bucket_rows * f->row_bytes;
        o->work = reeli_malloc(r, o->work_bytes);
    }
    return (o->piece && o->where && o->work) || no_memory(f);
}

static bool find_places(reel_row_file *f, const int64_t *rows)
{
    reeli_row_order *o = &f->order;
    memset(o->where, 0xff, (size_t)f->rows * sizeof *o->where);
    for (int64_t i = 0; i < o->count; i++) {
        if (rows[i] < 0 || rows[i] >= f->rows) {
            return refuse(f, "there is no row ", rows[i], "");
        }
        if (o->where[rows[i]] != nowhere) {
            return refuse(f, "row ", rows[i], " comes twice");
        }
        o->where[rows[i]] = (uint32_t)i;
    }
    return true;
}

/* What is on its way to each bucket's part of the second file. */
typedef struct outgoing {
    int64_t room;          /* records, of each bucket */
    int64_t *held, *there; /* of each: records in memory, and in the file */
} outgoing;

static bool write_out(reel_row_file *f, const outgoing *out, int64_t bucket)
{
    const size_t record = record_bytes(f);
    const int64_t first = bucket * f->order.bucket_rows + out->there[bucket];
    const char *from = f->order.work + (size_t)(bucket * out->room) * record;
    const size_t bytes = (size_t)out->held[bucket] * record;
    out->there[bucket] += out->held[bucket];
    out->held[bucket] = 0;
    return reeli_scratch_write(f->owned.r, what, NULL, f->order.descriptor, from, bytes,
                               first * (int64_t)record);
}

static bool send(reel_row_file *f, const outgoing *out, const char *row, uint32_t place)
{
    const size_t record = record_bytes(f);
    const int64_t bucket = place / f->order.bucket_rows;
    char *to = f->order.work + (size_t)(bucket * out->room + out->held[bucket]) * record;
    memcpy(to, &place, sizeof place);
    memcpy(to + sizeof place, row, f->row_bytes);
    return ++out->held[bucket] < out->room || write_out(f, out, bucket);
}

/* Goes through the file; `out` NULL: all goes to its place in memory. */
static bool go_through(reel_row_file *f, const outgoing *out)
{
    reeli_row_order *o = &f->order;
    const int64_t most = rows_in_piece(f);
    for (int64_t first = 0; first < f->rows; first += most) {
        const int64_t count = f->rows - first < most ? f->rows - first : most;
        if (!reeli_row_file_get(f, first, count, o->piece)) {
            return false;
        }
        for (int64_t i = 0; i < count; i++) {
            const char *row = o->piece + (size_t)i * f->row_bytes;
            const uint32_t place = o->where[first + i];
            if (place == nowhere) {
                continue;
            }
            if (!out) {
                memcpy(o->work + place * f->row_bytes, row, f->row_bytes);
            } else if (!send(f, out, row, place)) {
                return false;
            }
        }
    }
    return true;
}

static bool distribute(reel_row_file *f)
{
    reel *r = f->owned.r;
    reeli_row_order *o = &f->order;
    const int64_t buckets = buckets_of(o);
    const size_t counts = 2 * (size_t)buckets * sizeof(int64_t);
    outgoing out = {.room = (int64_t)(o->work_bytes / record_bytes(f)) / buckets};
    if (out.room == 0) {
        return refuse(f, "", (int64_t)f->memory, " bytes of memory are too few for so many rows");
    }
    if (o->descriptor < 0 && (o->descriptor = reeli_scratch_open(r, what, NULL)) < 0) {
        return false;
    }
    out.held = reeli_malloc(r, counts);
    if (!out.held) {
        return no_memory(f);
    }
    memset(out.held, 0, counts);
    out.there = out.held + buckets;
    bool done = go_through(f, &out);
    for (int64_t b = 0; done && b < buckets; b++) {
        done = write_out(f, &out, b);
    }
    reeli_free(r, out.held, counts);
    return done;
}

/* Reads a bucket back, its rows into their places. */
static bool bring_in(reel_row_file *f, int64_t bucket)
{
    reeli_row_order *o = &f->order;
    const size_t record = record_bytes(f);
    const int64_t begin = bucket * o->bucket_rows, all = rows_in_bucket(o, bucket);
    const int64_t most = rows_in_piece(f);
    for (int64_t first = 0; first < all; first += most) {
        const int64_t count = all - first < most ? all - first : most;
        if (!reeli_scratch_read(f->owned.r, what, NULL, o->descriptor, o->piece,
                                (size_t)count * record, (begin + first) * (int64_t)record)) {
            return false;
        }
        for (int64_t i = 0; i < count; i++) {
            uint32_t place;
            memcpy(&place, o->piece + (size_t)i * record, sizeof place);
            memcpy(o->work + ((int64_t)place - begin) * (int64_t)f->row_bytes,
                   o->piece + (size_t)i * record + sizeof place, f->row_bytes);
        }
    }
    o->bucket = bucket;
    return true;
}

bool reeli_row_order_begin(reel_row_file *f, const int64_t *rows, int64_t count)
{
    reeli_row_order *o = &f->order;
    o->as_they_lie = !rows;
    o->count = count;
    o->at = 0;
    o->bucket = -1;
    if (!rows) {
        return true;
    }
    if (f->rows >= (int64_t)nowhere) {
        return refuse(f, "", f->rows, " rows are more than can be put in order");
    }
    if (!furnish(f) || !find_places(f, rows)) {
        return false;
    }
    if (o->count > o->bucket_rows) {
        return distribute(f);
    }
    o->bucket = 0;
    return go_through(f, NULL);
}

bool reeli_row_order_next(reel_row_file *f, int64_t rows, void *to)
{
    reeli_row_order *o = &f->order;
    char *put = to;
    if (rows > o->count - o->at) {
        return refuse(f, "only ", o->count - o->at, " rows of the order are left");
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
    reel *r = f->owned.r;
    reeli_row_order *o = &f->order;
    reeli_free(r, o->where, (size_t)o->where_rows * sizeof *o->where);
    reeli_free(r, o->work, o->work_bytes);
    reeli_free(r, o->piece, o->piece_bytes);
    if (o->descriptor >= 0) {
        reeli_scratch_close(o->descriptor);
    }
}
