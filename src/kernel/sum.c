/* SPDX-License-Identifier: MIT */
/*
 * Large sums on the reel's threads. PyTorch's order (cpu/sums.h) is a tree: what a group of 4^power
 * rows comes to depends on nothing before it. So threads sum such groups apart, and the results are
 * joined in their order: the bits are those of one thread.
 */
#include "kernels.h"

#include <string.h>

enum {
    TERMS = REELI_BLOCK / 2, /* of a block: inputs and terms share the first cache */
    ROW_BYTES = 4 * 32,      /* of a cascade's row, four accumulators */
    INPUTS = 3
};

typedef struct terms {
    int level, dtype;
    reeli_map map; /* NULL: the terms are x[0] */
    const double *parameters;
    const char *const *x;
    int inputs;
    size_t element;
    int64_t n, part;                  /* in all, and in a group that is summed apart */
    unsigned char (*sums)[ROW_BYTES]; /* of the groups */
    const reeli_beside *beside;       /* NULL: nothing */
    const void *g;                    /* of that, repeated */
    bool stream;                      /* and its result goes past the caches */
    reeli_loss_pass *pass;            /* all of that in one loop; NULL: there is none */
} terms;

/* What is computed beside the terms from `from` on. It goes past the caches where it is large. */
static void go_beside(const terms *t, int64_t from, int64_t count)
{
    _Alignas(64) unsigned char block[TERMS * sizeof(double)];
    if (t->beside->signs) {
        reeli_signs_loops[t->level][t->dtype]()->take(count, t->x[0] + (size_t)from * t->element,
                                                      t->x[1] + (size_t)from * t->element,
                                                      t->beside->signs + from / 16);
        return;
    }
    char *y = (char *)t->beside->y + (size_t)from * t->element;
    const void *x[INPUTS + 2] = {t->g};
    for (int o = 0; o < t->inputs; o++) {
        x[o + 1] = t->x[o] + (size_t)from * t->element;
        REELI_PREFETCH((const char *)x[o + 1] + (size_t)count * t->element);
    }
    x[t->inputs + 1] = t->g;
    t->beside->map(count, t->stream ? (char *)block : y, x, t->parameters);
    if (t->stream) {
        reeli_stream_loops[t->level](y, block, (size_t)count * t->element);
    }
}

/* The terms from `from` on, at most TERMS, in memory or in `block`. */
static const void *block_of(const terms *t, int64_t from, int64_t count, void *block)
{
    const void *x[INPUTS];
    if (!t->map) {
        return t->x[0] + (size_t)from * t->element;
    }
    for (int o = 0; o < t->inputs; o++) {
        x[o] = t->x[o] + (size_t)from * t->element;
    }
    t->map(count, block, x, t->parameters);
    if (t->beside) {
        go_beside(t, from, count);
    }
    return block;
}

/* Adds the block of TERMS terms from `from` on, which is a part of a run of the first level. */
static void feed_block(const terms *t, reeli_cascade *c, int64_t from)
{
    _Alignas(64) unsigned char block[TERMS * sizeof(double)];
    const void *added = NULL;
    if (t->pass) {
        const float *const *x = (const float *const *)t->x;
        t->pass(TERMS / (4 * 8), c->sums, (const void *[]){t->g, x[0] + from, x[1] + from},
                t->parameters, t->stream ? (float *)t->beside->y + from : NULL);
    } else {
        added = block_of(t, from, TERMS, block);
    }
    reeli_cascade_feed_loops[t->level][t->dtype](c, added, TERMS);
}

/* Adds the terms from `from` to `to`, but for a last block; returns where that begins. */
static int64_t feed(const terms *t, reeli_cascade *c, int64_t from, int64_t to)
{
    for (; to - from > TERMS; from += TERMS) {
        feed_block(t, c, from);
    }
    return from;
}

static void sum_part(int64_t index, void *context)
{
    const terms *t = context;
    reeli_cascade c;
    reeli_cascade_begin_loops[t->level][t->dtype](&c, t->n);
    const int64_t last = feed(t, &c, index * t->part, (index + 1) * t->part);
    feed_block(t, &c, last);
    memcpy(t->sums[index], c.sums[2], sizeof t->sums[index]);
}

/* As many groups as there are, on the threads; returns where the rest begins. */
static int64_t sum_parts(reel *r, terms *t, reeli_cascade *c)
{
    const int64_t parts = t->n / t->part;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    t->sums = parts > 1 ? reeli_arena_alloc(r, (size_t)parts * sizeof *t->sums) : NULL;
    if (!t->sums) { /* one thread needs no memory */
        return 0;
    }
    reeli_parallel(r, parts, sum_part, t);
    for (int64_t i = 0; i < parts; i++) {
        reeli_cascade_join_loops[t->level][t->dtype](c, t->sums[i]);
    }
    reeli_arena_release(&r->arena, &mark);
    return parts * t->part;
}

void reeli_sum(reel *r, int dtype, reeli_map map, int64_t n, int inputs, const void *const *x,
               const double *parameters, void *sum)
{
    _Alignas(64) unsigned char block[TERMS * sizeof(double)];
    const bool shared = n >= REELI_SHARED_FROM && r->threads > 1 && reeli_is_float(dtype);
    if (shared || (map && n > TERMS)) {
        reeli_sum_beside(r, dtype, map, n, inputs, x, parameters, NULL, sum);
        return;
    }
    if (map) {
        map(n, block, x, parameters);
    }
    reeli_sum_loops[r->level][dtype](map ? block : x[0], 1, n, sum);
}

void reeli_sum_beside(reel *r, int dtype, reeli_map map, int64_t n, int inputs,
                      const void *const *x, const double *parameters, const reeli_beside *beside,
                      void *sum)
{
    _Alignas(64) unsigned char block[TERMS * sizeof(double)], g[TERMS * sizeof(double)];
    const int level = r->level;
    const bool shared = n >= REELI_SHARED_FROM && r->threads > 1 && reeli_is_float(dtype);
    const char *data[INPUTS];
    for (int o = 0; o < inputs; o++) {
        data[o] = x[o];
    }
    terms t = {.level = level,
               .dtype = dtype,
               .map = map,
               .parameters = parameters,
               .x = data,
               .inputs = inputs,
               .element = reeli_element_size(dtype),
               .n = n,
               .beside = beside && (beside->signs || beside->g) ? beside : NULL,
               .g = g};
    if (beside && beside->g) {
        reeli_move(TERMS, g, dtype, 1, beside->g, dtype, 0);
        t.stream = (size_t)n * t.element >= REELI_STREAM_FROM && ((uintptr_t)beside->y & 63) == 0;
    }
    if (beside && !beside->signs && (t.stream || !beside->g)) {
        t.pass = beside->pass;
    }
    reeli_cascade c;
    reeli_cascade_begin_loops[level][dtype](&c, n);
    t.part = (ROW_BYTES / (int64_t)t.element) << 2 * c.power;
    const int64_t from = feed(&t, &c, shared ? sum_parts(r, &t, &c) : 0, n);
    reeli_cascade_end_loops[level][dtype](&c, block_of(&t, from, n - from, block), n - from, sum);
}

/* Numbers for signs, over pieces. */
typedef struct spreading {
    int level, dtype;
    size_t element;
    int64_t n;
    const uint32_t *signs;
    const void *values;
    char *y;
    bool stream;
} spreading;

static void spread_piece(int64_t index, void *context)
{
    _Alignas(64) unsigned char block[REELI_BLOCK * sizeof(double)];
    const spreading *s = context;
    const reeli_signs *how = reeli_signs_loops[s->level][s->dtype]();
    const int64_t first = index * REELI_PIECE, left = s->n - first;
    const int64_t last = first + (left < REELI_PIECE ? left : REELI_PIECE);
    for (int64_t i = first; i < last; i += REELI_BLOCK) {
        const int64_t count = last - i < REELI_BLOCK ? last - i : REELI_BLOCK;
        char *y = s->y + (size_t)i * s->element;
        how->spread(count, s->signs + i / 16, s->values, s->stream ? (char *)block : y);
        if (s->stream) {
            reeli_stream_loops[s->level](y, block, (size_t)count * s->element);
        }
    }
}

void reeli_spread_signs(reel *r, int dtype, int64_t n, const uint32_t *signs, const void *values,
                        void *y)
{
    spreading s = {r->level, dtype, reeli_element_size(dtype), n, signs, values, y, false};
    s.stream = (size_t)n * s.element >= REELI_STREAM_FROM && ((uintptr_t)y & 63) == 0;
    reeli_parallel(r, (n - 1) / REELI_PIECE + 1, spread_piece, &s);
}

/* Many sums: of rows, or of columns. */
typedef struct lines {
    int level, dtype;
    const char *x;
    char *sums;
    size_t element;
    int64_t outer, n, inner, piece;
} lines;

static void sum_blocks(int64_t index, void *context)
{
    const lines *l = context;
    const int64_t first = index * l->piece, rest = l->outer - first;
    for (int64_t o = first; o < first + (rest < l->piece ? rest : l->piece); o++) {
        const char *x = l->x + (size_t)(o * l->n * l->inner) * l->element;
        char *sums = l->sums + (size_t)(o * l->inner) * l->element;
        if (l->inner > 1) {
            reeli_sum_columns_loops[l->level][l->dtype](x, l->n, l->inner, 0, l->inner, sums);
        } else {
            reeli_sum_loops[l->level][l->dtype](x, 1, l->n, sums);
        }
    }
}

static void sum_some_columns(int64_t index, void *context)
{
    const lines *l = context;
    const int64_t first = index * l->piece, rest = l->inner - first;
    reeli_sum_columns_loops[l->level][l->dtype](
        l->x, l->n, l->inner, first, first + (rest < l->piece ? rest : l->piece), l->sums);
}

void reeli_sum_lines(reel *r, int dtype, int64_t outer, int64_t n, int64_t inner, const void *x,
                     void *sums)
{
    if (outer == 1 && inner == 1 && n < REELI_SHARED_FROM) { /* a few of which are a small step's */
        reeli_sum_loops[r->level][dtype](x, 1, n, sums);
        return;
    }
    lines l = {r->level, dtype, x, sums, reeli_element_size(dtype), outer, n, inner, outer};
    const int64_t block = n * inner;
    if (inner == 1 && block >= REELI_SHARED_FROM) {
        for (int64_t o = 0; o < outer; o++) {
            reeli_sum(r, dtype, NULL, n, 1, (const void *[]){l.x + (size_t)(o * n) * l.element},
                      NULL, l.sums + (size_t)o * l.element);
        }
    } else if (outer == 1 && block >= REELI_SHARED_FROM) {
        l.piece = 64;
        reeli_parallel(r, (inner - 1) / l.piece + 1, sum_some_columns, &l);
    } else if (outer * block >= REELI_SHARED_FROM) {
        l.piece = REELI_PIECE / block + 1;
        reeli_parallel(r, (outer - 1) / l.piece + 1, sum_blocks, &l);
    } else if (outer > 0) {
        sum_blocks(0, &l);
    }
}

typedef struct channels {
    lines of;   /* images as blocks, of rows that are channels */
    char *room; /* for copies that lie side by side; NULL: added where they lie */
} channels;

static void sum_channel(int64_t channel, int64_t place, void *context)
{
    const channels *c = context;
    const lines *l = &c->of;
    const size_t bytes = (size_t)l->inner * l->element, image = (size_t)l->n * bytes;
    const char *x = l->x + (size_t)channel * bytes;
    char *sum = l->sums + (size_t)channel * l->element;
    if (!c->room) {
        reeli_cascade all;
        reeli_cascade_begin_loops[l->level][l->dtype](&all, l->outer * l->inner);
        for (int64_t i = 1; i < l->outer; i++, x += image) {
            reeli_cascade_feed_loops[l->level][l->dtype](&all, x, l->inner);
        }
        reeli_cascade_end_loops[l->level][l->dtype](&all, x, l->inner, sum);
        return;
    }
    char *row = c->room + (size_t)(place * l->outer) * bytes;
    for (int64_t i = 0; i < l->outer; i++, x += image) {
        memcpy(row + (size_t)i * bytes, x, bytes);
    }
    reeli_sum_loops[l->level][l->dtype](row, 1, l->outer * l->inner, sum);
}

bool reeli_sum_channels(reel *r, int dtype, int64_t batch, int64_t count, int64_t inner,
                        const void *x, void *sums)
{
    const lines all = {r->level, dtype, x, sums, reeli_element_size(dtype), batch, count, inner, 0};
    const bool shared = batch * count * inner >= REELI_SHARED_FROM;
    const int64_t places = shared ? reeli_working_places(r, count) : 1;
    const reeli_mark mark = reeli_arena_mark(&r->arena);
    const bool whole = (size_t)inner * all.element % ROW_BYTES == 0; /* rows of a cascade */
    channels c = {all, NULL};
    if (!whole) {
        c.room = reeli_arena_alloc(r, (size_t)(places * batch * inner) * all.element);
    }
    const bool ready = whole || c.room;
    if (ready && shared) {
        reeli_parallel_placed(r, count, sum_channel, &c);
    }
    for (int64_t i = 0; ready && !shared && i < count; i++) {
        sum_channel(i, 0, &c);
    }
    reeli_arena_release(&r->arena, &mark);
    return ready;
}
