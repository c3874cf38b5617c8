/* SPDX-License-Identifier: MIT */
/*
 * A shuffle that memory does not hold: reeli_permute's, to the row. Its step i swaps places i and
 * j, its partner, drawn from those from i on; so place i is settled then, with what j held. Places
 * are cut into buckets, which are gone through in order. What a bucket's places hold is in memory;
 * a step whose partner lies in a later bucket goes to that bucket's part of a scratch file, and is
 * done when that comes, before its own. The steps that a part gets are counted before, by a copy of
 * the generator.
 */
#include "row_shuffle.h"
#include "random.h"

#include <string.h>

/* That a row goes to a place. */
typedef struct pair {
    uint32_t row, place;
} pair;

/* That place `place` gets what `partner` holds, which then holds `row`. */
typedef struct step {
    uint32_t place, partner, row;
} step;

typedef struct shuffle {
    reeli_row_places *places;
    const reeli_row_list *list;
    int64_t bucket_places, begin, end; /* the bucket's places */
    uint32_t *held;                    /* what row each of them holds */
    reeli_row_parts steps;
} shuffle;

int64_t reeli_row_list_count(const reeli_row_list *list)
{
    const reel_row_file_part *p = &list->part;
    return p->batch_size
               ? list->count / p->batch_size * (p->end - p->first) + p->last_end - p->last_first
               : list->count;
}

/* Which of the part's rows a place has; -1: none. */
static int64_t own_place(const reeli_row_list *list, int64_t place)
{
    const reel_row_file_part *p = &list->part;
    if (p->batch_size == 0) {
        return place;
    }
    const int64_t batch = place / p->batch_size, at = place % p->batch_size;
    const bool full = batch < list->count / p->batch_size;
    const int64_t first = full ? p->first : p->last_first, end = full ? p->end : p->last_end;
    return at < first || at >= end ? -1 : batch * (p->end - p->first) + at - first;
}

static bool set(reeli_row_places *p, pair it, int64_t first)
{
    uint32_t *where = &p->where[it.row - first];
    if (*where != (uint32_t)REELI_NOWHERE) {
        return reeli_row_order_refuse(p->pairs.f, "row ", it.row, " comes twice");
    }
    *where = it.place;
    return true;
}

/* A block that has all its rows gets one more: finds which. */
static bool refuse_again(reeli_row_places *p, int64_t block, uint32_t row)
{
    return reeli_row_parts_put(&p->pairs, block) &&
           reeli_row_places_look(p, block * p->block_rows) &&
           reeli_row_order_refuse(p->pairs.f, "row ", row, " comes twice");
}

static bool put(reeli_row_places *p, uint32_t row, int64_t place)
{
    const pair it = {row, (uint32_t)place};
    if (p->pairs.count == 1) {
        return set(p, it, 0);
    }
    const int64_t block = row / p->block_rows;
    if (p->pairs.next[block] + p->pairs.held[block] == (block + 1) * p->block_rows) {
        return refuse_again(p, block, row);
    }
    pair *to = reeli_row_parts_add(&p->pairs, block);
    if (to) {
        *to = it;
    }
    return to != NULL;
}

/* A step whose partner is in memory. */
static bool settle(shuffle *s, step it)
{
    uint32_t *partner = &s->held[it.partner - s->begin];
    const uint32_t row = *partner;
    const int64_t place = own_place(s->list, it.place);
    *partner = it.row;
    return place < 0 || put(s->places, row, place);
}

/* Counts the steps to come of each bucket's part, and with them where each begins. */
static void count_steps(shuffle *s)
{
    reeli_mt19937 random = *s->list->random;
    int64_t *next = s->steps.next, before = 0;
    for (int64_t i = 0; i + 1 < s->list->count; i++) {
        const int64_t bucket = reeli_partner(&random, s->list->count, i) / s->bucket_places;
        next[bucket] += bucket > i / s->bucket_places;
    }
    for (int64_t b = 0; b < s->steps.count; b++) {
        const int64_t count = next[b];
        next[b] = before;
        before += count;
    }
}

/* Does the steps that went to a bucket. */
static bool catch_up(shuffle *s, int64_t bucket)
{
    const reeli_row_parts *p = &s->steps;
    const step *it = (const step *)(const void *)p->f->order.piece;
    int64_t count;
    if (!reeli_row_parts_put(&s->steps, bucket)) {
        return false;
    }
    for (int64_t at = p->next[bucket - 1]; at < p->next[bucket]; at += count) {
        count = reeli_row_parts_get(p, at, p->next[bucket]);
        for (int64_t i = 0; i < count; i++) {
            if (!settle(s, it[i])) {
                return false;
            }
        }
        if (count == 0) {
            return false;
        }
    }
    return true;
}

/* Step i of the bucket at hand. */
static bool take_step(shuffle *s, int64_t i, int64_t partner)
{
    const step it = {(uint32_t)i, (uint32_t)partner, s->held[i - s->begin]};
    if (partner < s->end) {
        return settle(s, it);
    }
    step *to = reeli_row_parts_add(&s->steps, partner / s->bucket_places);
    if (to) {
        *to = it;
    }
    return to != NULL;
}

/* Partners are drawn some steps ahead, so that memory can be told early. */
static bool go_through_bucket(shuffle *s)
{
    int64_t partner[32];
    const int64_t room = sizeof partner / sizeof *partner, last = s->list->count - 1;
    for (int64_t first = s->begin; first < s->end; first += room) {
        const int64_t count = s->end - first < room ? s->end - first : room;
        for (int64_t i = first; i < first + count; i++) {
            const int64_t j = i < last ? reeli_partner(s->list->random, last + 1, i) : i;
            REELI_PREFETCH(&s->held[(j < s->end ? j : i) - s->begin]);
            partner[i - first] = j;
        }
        for (int64_t i = 0; i < count; i++) {
            if (!take_step(s, first + i, partner[i])) {
                return false;
            }
        }
    }
    return true;
}

static bool go_through(shuffle *s)
{
    for (int64_t b = 0; b * s->bucket_places < s->list->count; b++) {
        const int64_t left = s->list->count - b * s->bucket_places;
        s->begin = b * s->bucket_places;
        s->end = s->begin + (left < s->bucket_places ? left : s->bucket_places);
        for (int64_t i = s->begin; i < s->end; i++) {
            s->held[i - s->begin] = (uint32_t)i;
        }
        if ((b > 0 && !catch_up(s, b)) || !go_through_bucket(s)) {
            return false;
        }
    }
    return true;
}

/* Two thirds of the memory are for a bucket, the rest for steps to others. */
static bool shuffle_rows(reeli_row_places *p, const reeli_row_list *list, void *work, int64_t bytes)
{
    const int64_t all = (int64_t)sizeof(uint32_t) * list->count;
    shuffle s = {.places = p, .list = list, .held = work};
    if (all <= bytes) {
        s.bucket_places = list->count;
        return go_through(&s);
    }
    s.bucket_places = bytes / 6;
    const int64_t held = s.bucket_places * (int64_t)sizeof(uint32_t);
    s.steps = (reeli_row_parts){
        .f = p->pairs.f,
        .record = sizeof(step),
        .base = p->pairs.base + (int64_t)sizeof(pair) * p->pairs.f->rows,
        .count = (list->count - 1) / s.bucket_places + 1,
        .memory = (char *)work + held,
    };
    bool done = reeli_row_parts_begin(&s.steps, bytes - held);
    if (done) {
        count_steps(&s);
        done = go_through(&s);
    }
    reeli_row_parts_free(&s.steps);
    return done;
}

static bool take_list(reeli_row_places *p, const reeli_row_list *list)
{
    reel_row_file *f = p->pairs.f;
    for (int64_t i = 0; i < list->count; i++) {
        if (list->rows[i] < 0 || list->rows[i] >= f->rows) {
            return reeli_row_order_refuse(f, "there is no row ", list->rows[i], "");
        }
        if (!put(p, (uint32_t)list->rows[i], i)) {
            return false;
        }
    }
    return true;
}

static void clear(reeli_row_places *p)
{
    memset(p->where, REELI_NOWHERE, (size_t)p->block_rows * sizeof *p->where);
}

/* One block's places are set at once; those of several take the same memory on their way. */
static bool prepare(reeli_row_places *p, int64_t rows)
{
    reeli_row_parts *pairs = &p->pairs;
    pairs->record = sizeof(pair);
    pairs->count = p->block_rows < rows ? (rows - 1) / p->block_rows + 1 : 1;
    if (pairs->count == 1) {
        clear(p);
        return true;
    }
    pairs->memory = (char *)p->where;
    bool done = reeli_row_parts_begin(pairs, p->block_rows * (int64_t)sizeof *p->where);
    for (int64_t b = 0; done && b < pairs->count; b++) {
        pairs->next[b] = b * p->block_rows;
    }
    return done;
}

bool reeli_row_places_find(reel_row_file *f, reeli_row_places *p, const reeli_row_list *list,
                           void *work, int64_t bytes, int64_t base)
{
    p->pairs = (reeli_row_parts){.f = f, .base = base};
    return prepare(p, f->rows) &&
           (list->rows ? take_list(p, list) : shuffle_rows(p, list, work, bytes)) &&
           (p->pairs.count == 1 || reeli_row_parts_put_all(&p->pairs));
}

bool reeli_row_places_look(reeli_row_places *p, int64_t first)
{
    if (p->pairs.count == 1) {
        return true;
    }
    const int64_t end = p->pairs.next[first / p->block_rows];
    const pair *it = (const pair *)(const void *)p->pairs.f->order.piece;
    int64_t count;
    clear(p);
    for (int64_t at = first; at < end; at += count) {
        count = reeli_row_parts_get(&p->pairs, at, end);
        for (int64_t i = 0; i < count; i++) {
            if (!set(p, it[i], first)) {
                return false;
            }
        }
        if (count == 0) {
            return false;
        }
    }
    return true;
}
