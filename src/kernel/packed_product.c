/* SPDX-License-Identifier: MIT */
/*
 * Large matrix products in blocks. A block is so many tiles of rows by so much of the depth that
 * its packed left operand takes three quarters of a second cache at most. Threads pack it together.
 * Then each takes a panel of the right operand's columns, packs it, and multiplies the block by it
 * while it is in its first cache: one packed by another thread would come from that one's. Blocks
 * of the depth follow one another, for each element is one chain: how large they are decides no
 * bit.
 */
#include "packed_product.h"

#include "pool.h"

enum {
    LEAST_TILES = 2,
    TILES_OF_JOB = 4 /* packed by one thread in one go */
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
    int64_t last;  /* behind its tiles */
    int64_t panel; /* bytes of one; each thread has its own */
} block;

static void pack_tiles(int64_t job, void *context)
{
    const block *b = context;
    const int64_t tile = b->at.first + job * TILES_OF_JOB;
    b->how->pack_left(&b->at, tile, reeli_least(tile + TILES_OF_JOB, b->last));
}

static void multiply_panel(int64_t panel, int64_t place, void *context)
{
    const block *b = context;
    reeli_packed at = b->at;
    at.column = panel * b->how->columns;
    at.right = (char *)at.right + place * b->panel;
    b->how->multiply(&at, b->last);
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
    const int64_t panels = reeli_parts(p->n, how->columns);
    const int64_t depths = reeli_parts(p->k, depth_of(r, how, element));
    const int64_t depth = reeli_parts(p->k, depths);
    const int64_t tile = (how->rows * depth + how->spare) * element;
    const int64_t fit = r->second_cache / 4 * 3 / tile;
    block b = {.at = {.p = p, .tiles = reeli_parts(p->m, how->rows)}, .how = how};
    const int64_t blocks = reeli_parts(b.at.tiles, fit < LEAST_TILES ? LEAST_TILES : fit);
    b.panel = how->columns * depth * element;
    b.at.left = reeli_arena_alloc(r, (size_t)(reeli_parts(b.at.tiles, blocks) * tile));
    b.at.right = reeli_arena_alloc(r, (size_t)(reeli_working_places(r, panels) * b.panel));
    const bool fits = b.at.left && b.at.right;
    for (int64_t i = 0; fits && i < depths * blocks; i++) {
        const int64_t d = i / blocks, rows = i % blocks;
        b.at.start = d * p->k / depths;
        b.at.depth = (d + 1) * p->k / depths - b.at.start;
        b.at.first = rows * b.at.tiles / blocks;
        b.last = (rows + 1) * b.at.tiles / blocks;
        reeli_parallel(r, reeli_parts(b.last - b.at.first, TILES_OF_JOB), pack_tiles, &b);
        reeli_parallel_placed(r, panels, multiply_panel, &b);
    }
    return fits;
}
