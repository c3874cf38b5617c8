/* SPDX-License-Identifier: MIT */
/*
 * Large matrix products in blocks. A block is so many tiles of rows by so much of the depth that
 * its packed left operand takes about half of a second cache, and so a few rows more make no second
 * one. Threads pack it together, and the right operand's columns, for all blocks of rows; and then
 * multiply it by one panel of these each. Blocks of the depth follow one another, for each element
 * is one chain: how large they are decides no bit.
 */
#include "packed_product.h"

#include "pool.h"

enum {
    LEAST_TILES = 2,
    TILES_OF_JOB = 4,     /* packed by one thread in one go */
    COLUMNS_OF_JOB = 128, /* the same */
    LEAST_JOBS = 16       /* for threads, if panels are few: then a panel's tiles are shared, too */
};

static const reeli_packing *packing_of(const reel *r, int dtype)
{
    return reeli_is_float(dtype) ? reeli_packing_loops[r->level][dtype]() : NULL;
}

bool reeli_has_tiles(const reel *r, int dtype) { return packing_of(r, dtype) != NULL; }

bool reeli_may_pack(const reel *r, const reeli_gemm *p)
{
    const reeli_packing *how = packing_of(r, p->dtype);
    const int64_t rest = r->second_cache / (p->a.stride[1] == 1 ? 2 : 4);
    return how && p->m >= LEAST_TILES * how->rows && p->n >= REELI_LEAST_PANELS * how->columns &&
           p->k >= rest / (p->n * (int64_t)reeli_element_size(p->dtype));
}

typedef struct block {
    reeli_packed at;
    const reeli_packing *how;
    int64_t last;                   /* behind its tiles */
    int64_t columns, panels, parts; /* of it; and of its tiles, for each panel */
} block;

static int64_t left_jobs(const block *b)
{
    return reeli_parts(b->last - b->at.first, TILES_OF_JOB);
}

/* Jobs for the left tiles, then those for the right columns. */
static void pack_some(int64_t job, void *context)
{
    const block *b = context;
    const int64_t tile = b->at.first + job * TILES_OF_JOB;
    if (tile < b->last) {
        b->how->pack_left(&b->at, tile, reeli_least(tile + TILES_OF_JOB, b->last));
    } else {
        const int64_t column = (job - left_jobs(b)) * COLUMNS_OF_JOB;
        b->how->pack_right(&b->at, b->at.column + column,
                           reeli_least(b->columns - column, COLUMNS_OF_JOB));
    }
}

static void multiply_some(int64_t job, void *context)
{
    const block *b = context;
    const int64_t part = job / b->panels, tiles = b->last - b->at.first;
    b->how->multiply(&b->at, b->at.column + job % b->panels * b->how->columns,
                     b->at.first + part * tiles / b->parts,
                     b->at.first + (part + 1) * tiles / b->parts);
}

/* All rows, by the block's columns and its part of the depth. */
static void multiply_rows(reel *r, block *b, int64_t blocks)
{
    for (int64_t i = 0; i < blocks; i++) {
        b->at.first = i * b->at.tiles / blocks;
        b->last = (i + 1) * b->at.tiles / blocks;
        b->parts = b->panels >= LEAST_JOBS
                       ? 1
                       : reeli_least(reeli_parts(LEAST_JOBS, b->panels), b->last - b->at.first);
        reeli_parallel(r, left_jobs(b) + (i > 0 ? 0 : reeli_parts(b->columns, COLUMNS_OF_JOB)),
                       pack_some, b);
        reeli_parallel(r, b->panels * b->parts, multiply_some, b);
    }
}

/* A panel is read for each tile: from the first cache, if three quarters of that hold it. So it is
 * as deep as that at most, but not where that would be half as deep as usual, or less. */
static int64_t depth_of(const reel *r, const reeli_packing *how, size_t element)
{
    const int64_t fit = r->first_cache / 4 * 3 / (how->columns * (int64_t)element);
    return 2 * fit > how->depth ? reeli_least(fit, how->depth) : how->depth;
}

bool reeli_packed_product(reel *r, const reeli_gemm *p)
{
    const reeli_packing *how = packing_of(r, p->dtype);
    const size_t element = reeli_element_size(p->dtype);
    block b = {.at = {.p = p, .tiles = reeli_parts(p->m, how->rows)}, .how = how};
    const int64_t depths = reeli_parts(p->k, depth_of(r, how, element));
    const int64_t depth = reeli_parts(p->k, depths);
    const int64_t tile = (how->rows * depth + how->spare) * (int64_t)element;
    const int64_t fit = r->second_cache / 2 / tile, usual = fit < LEAST_TILES ? LEAST_TILES : fit;
    const int64_t near = (b.at.tiles + usual / 2) / usual, blocks = near > 0 ? near : 1;
    const int64_t width =
        reeli_least(reeli_parts(p->n, how->columns) * how->columns, REELI_PACKED_COLUMNS);
    b.at.left = reeli_arena_alloc(r, (size_t)(reeli_parts(b.at.tiles, blocks) * tile));
    b.at.right = reeli_arena_alloc(r, (size_t)(width * depth) * element);
    const bool fits = b.at.left && b.at.right;
    for (; fits && b.at.column < p->n; b.at.column += REELI_PACKED_COLUMNS) {
        b.columns = reeli_least(p->n - b.at.column, REELI_PACKED_COLUMNS);
        b.panels = reeli_parts(b.columns, how->columns);
        for (int64_t d = 0; d < depths; d++) {
            b.at.start = d * p->k / depths;
            b.at.depth = (d + 1) * p->k / depths - b.at.start;
            multiply_rows(r, &b, blocks);
        }
    }
    return fits;
}
