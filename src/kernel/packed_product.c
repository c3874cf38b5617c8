/* SPDX-License-Identifier: MIT */
/*
 * Large matrix products in blocks. A block is so many tiles of rows by so much of the depth that
 * its packed left operand takes three quarters of a second cache at most. Threads pack it together.
 * Then each takes some of the right operand's columns, packs them into panels, and multiplies the
 * block by these while they are in its own caches: what another thread packed would come from that
 * one's. Blocks of the depth follow one another, for each element is one chain: how large they are
 * decides no bit.
 */
#include "packed_product.h"

#include "pool.h"

enum {
    LEAST_TILES = 2,
    TILES_OF_JOB = 4,     /* packed by one thread in one go */
    COLUMNS_OF_JOB = 128, /* the same, where a row's lie side by side: it is read through */
    JOBS_OF_THREAD = 4    /* at least, or jobs are of a panel */
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
    int64_t last;    /* behind its tiles */
    int64_t columns; /* of a job, whole panels */
    int64_t room;    /* bytes for these, which each thread has */
} block;

static void pack_tiles(int64_t job, void *context)
{
    const block *b = context;
    const int64_t tile = b->at.first + job * TILES_OF_JOB;
    b->how->pack_left(&b->at, tile, reeli_least(tile + TILES_OF_JOB, b->last));
}

static void multiply_columns(int64_t job, int64_t place, void *context)
{
    const block *b = context;
    reeli_packed at = b->at;
    at.column = job * b->columns;
    at.right = (char *)at.right + place * b->room;
    b->how->multiply(&at, reeli_least(b->columns, at.p->n - at.column), b->last);
}

/* All rows and columns, by the block's part of the depth. */
static void multiply_rows(reel *r, block *b, int64_t blocks)
{
    for (int64_t i = 0; i < blocks; i++) {
        b->at.first = i * b->at.tiles / blocks;
        b->last = (i + 1) * b->at.tiles / blocks;
        reeli_parallel(r, reeli_parts(b->last - b->at.first, TILES_OF_JOB), pack_tiles, b);
        reeli_parallel_placed(r, reeli_parts(b->at.p->n, b->columns), multiply_columns, b);
    }
}

static int64_t columns_of_job(const reel *r, const reeli_gemm *p, const reeli_packing *how)
{
    const int64_t jobs = (int64_t)r->threads * JOBS_OF_THREAD;
    const int64_t together = reeli_least(p->n / jobs, COLUMNS_OF_JOB) / how->columns;
    return p->b.stride[1] == 1 && together > 1 ? together * how->columns : how->columns;
}

/* A panel is read for each tile: from the first cache, if three quarters of that hold it. So it is
 * as deep as that at most, but not where that would be half as deep as usual, or less. */
static int64_t depth_of(const reel *r, const reeli_packing *how, int64_t element)
{
    const int64_t fit = r->first_cache / 4 * 3 / (how->columns * element);
    return 2 * fit > how->depth ? reeli_least(fit, how->depth) : how->depth;
}

bool reeli_packed_product(reel *r, const reeli_gemm *p)
{
    const reeli_packing *how = packing_of(r, p->dtype);
    const int64_t element = (int64_t)reeli_element_size(p->dtype);
    const int64_t depths = reeli_parts(p->k, depth_of(r, how, element));
    const int64_t depth = reeli_parts(p->k, depths);
    const int64_t tile = (how->rows * depth + how->spare) * element;
    const int64_t fit = reeli_least(r->second_cache / 4 * 3 / tile, REELI_PACKED_ROWS / how->rows);
    block b = {.at = {.p = p, .tiles = reeli_parts(p->m, how->rows)},
               .how = how,
               .columns = columns_of_job(r, p, how)};
    const int64_t blocks = reeli_parts(b.at.tiles, reeli_most(fit, LEAST_TILES));
    const int64_t places = reeli_working_places(r, reeli_parts(p->n, b.columns));
    b.room = b.columns * depth * element;
    b.at.left = reeli_arena_alloc(r, (size_t)(reeli_parts(b.at.tiles, blocks) * tile));
    b.at.right = reeli_arena_alloc(r, (size_t)(places * b.room));
    const bool fits = b.at.left && b.at.right;
    for (int64_t d = 0; fits && d < depths; d++) {
        b.at.start = d * p->k / depths;
        b.at.depth = (d + 1) * p->k / depths - b.at.start;
        multiply_rows(r, &b, blocks);
    }
    return fits;
}
