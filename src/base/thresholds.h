/* SPDX-License-Identifier: MIT */
/*
 * Sizes at which something else begins: all of them, with what each decides. They were measured on
 * the machines of docs/performance.md's pages, and decide how long a result takes and, at most, its
 * last digit.
 *
 * A build with REELI_STRESS has the second, tiny values, so that tests of a few elements meet every
 * edge: several blocks, several pieces on several threads, results that stream, a second block of
 * the arena. One with REEL_SMALL, which is what a machine without an operating system gets, has the
 * third: little memory, and a small stack.
 */
#ifndef REELI_THRESHOLDS_H
#define REELI_THRESHOLDS_H

#if !defined(REEL_SMALL) && !defined(__unix__) && !defined(__APPLE__) && !defined(_WIN32) &&       \
    !defined(__wasm__)
#define REEL_SMALL
#endif

#if defined(REELI_STRESS)
#define REELI_SIZE(usual, tiny, small) tiny
#elif defined(REEL_SMALL)
#define REELI_SIZE(usual, tiny, small) small
#else
#define REELI_SIZE(usual, tiny, small) usual
#endif

enum {
    /* Loops over elements. A block stays in the first cache: it is what buffers on the stack hold,
     * and what a loop of several passes handles at a time. A multiple of 64. */
    REELI_BLOCK = REELI_SIZE(1024, 64, 64),
    /* A loop of so many elements is shared among threads: below, handing it over costs more than it
     * saves. In pieces of so many: whole blocks, so that each element is computed as in one go. */
    REELI_SHARED_FROM = REELI_SIZE(1 << 17, 128, 1 << 17),
    REELI_PIECE = REELI_SIZE(1 << 15, 64, 1 << 15),
    /* A result of so many bytes is written past the caches, which would not keep it. */
    REELI_STREAM_FROM = REELI_SIZE(8 << 20, 256, 8 << 20),

    /* A number beside so few elements lies in memory once for each, and is an operand like any
     * other. */
    REELI_FEW = REELI_SIZE(64, 4, 1),

    /* Matrix products, by their multiply-adds; kernel/product.c chooses. In one go and without a
     * choice below the first, in plain loops, not tiles, below the second. */
    REELI_SMALL_PRODUCT = REELI_SIZE(512, 2, 512),
    REELI_TINY_PRODUCT = REELI_SIZE(32, 1, 32),
    /* And below such a depth, or five times that of rows times depth, where rows lie side by side:
     * a tile is not begun and ended for so few sums. */
    REELI_LEAST_DEPTH = REELI_SIZE(3, 1, 3),
    /* With a vector, from which on the matrix is read once, front to back. The smaller ones
     * add up in BLAS's order, on which the steps of L-BFGS depend, so it is the same in every
     * build. */
    REELI_VECTORS_FROM = 4096,
    /* From which on threads share one, and of a piece. */
    REELI_SHARED_PRODUCT = REELI_SIZE(1 << 20, 256, 1 << 20),
    /* From which on OpenBLAS is quicker where there are no tiles and each fused multiply-add is a
     * call, of floats and of doubles. And of a piece: it packs its operands for each. */
    REELI_BLAS_FROM_F32 = 512,
    REELI_BLAS_FROM_F64 = 4096,
    REELI_BLAS_PIECE = REELI_SIZE(1 << 28, 1 << 12, 1 << 28),
    /* A panel of the right operand that tiles read again and again: half of a small first cache. */
    REELI_PANEL_BYTES = REELI_SIZE(16384, 512, 2048),
    /* How deep a block usually is of a product that packs both sides: less reads C more often, more
     * leaves no first cache's room for a panel of 16 floats. And the least panels of one. */
    REELI_PACKED_DEPTH = REELI_SIZE(384, 8, 32),
    REELI_LEAST_PANELS = REELI_SIZE(12, 1, 12),
    /* The most rows of a block: more results, a page apart, drive packed ones from the cache. */
    REELI_PACKED_ROWS = REELI_SIZE(576, 48, 576),
    /* Bytes from row to row of the right operand from which on they share a cache's set, and are
     * another page each. Where few tiles use them, and they are not packed, so many are taken
     * together, and read on along. */
    REELI_FAR = REELI_SIZE(32768, 256, 32768),
    REELI_FAR_DEPTH = REELI_SIZE(16, 3, 16),
    /* A first and a second cache, where the CPU does not say. */
    REELI_FIRST_CACHE = REELI_SIZE(32 << 10, 1056, 8 << 10),
    REELI_SECOND_CACHE = REELI_SIZE(512 << 10, 4096, 512 << 10),
    /* Where a vector weighs a matrix's rows: the least rows, or columns, of a piece, where there
     * are more, and the most pieces of rows, each of which has sums of its own. */
    REELI_LEAST_ROWS = REELI_SIZE(512, 4, 512),
    REELI_LEAST_COLUMNS = REELI_SIZE(64, 8, 64),
    REELI_MOST_ROW_PIECES = 256,
    /* Of a batch, below which PyTorch rounds each product before it is added: this one is no cost
     * of ours, and decides bits. */
    REELI_PLAIN_PRODUCT = 400,

    /* How long a worker looks for a round before it sleeps, in ns: what is done between two rounds
     * of a step of training often takes less than to wake a thread and wait for it. */
    REELI_LOOKING = REELI_SIZE(200000, 0, 200000),

    /* Of a file that several processes read: bytes that they read at a time, and the least that one
     * of them does, which is worth its messages. */
    REELI_TEAM_ROUND = REELI_SIZE(4 << 20, 64 << 10, 4 << 20),
    REELI_TEAM_PART = REELI_SIZE(128 << 10, 2 << 10, 128 << 10),
    /* Of a table that is kept while it is read: bytes until it is first noted how far that is. */
    REELI_FIRST_NOTE = REELI_SIZE(8 << 20, 128 << 10, 8 << 20),

    /* The arena's first block, in bytes; each is twice the one before, up to the second size. The
     * first is what a small model's step needs, the second some memory of a large one's. */
    REELI_FIRST_BLOCK = REELI_SIZE(32 << 10, 512, 2 << 10),
    REELI_LARGEST_BLOCK = REELI_SIZE(4 << 20, 4096, 16 << 10),
    /* Within memory that the caller gave all are alike, so that its size decides nothing else. */
    REELI_FIXED_BLOCK = REELI_SIZE(4 << 10, 512, 1 << 10)
};

#endif
