/* SPDX-License-Identifier: MIT */
/*
 * Sizes at which something else begins: all of them, with what each decides. They were measured on
 * the machines of docs/performance.md and are none of the results': those are the same whatever
 * stands here, to the bit where architecture.md says so.
 *
 * A build with REELI_STRESS has the second, tiny values, so that tests of a few elements meet every
 * edge: several blocks, several pieces on several threads, results that stream, a second block of
 * the arena.
 */
#ifndef REELI_THRESHOLDS_H
#define REELI_THRESHOLDS_H

#ifdef REELI_STRESS
#define REELI_SIZE(usual, tiny) tiny
#else
#define REELI_SIZE(usual, tiny) usual
#endif

enum {
    /* Loops over elements. A block stays in the first cache: it is what buffers on the stack hold,
     * and what a loop of several passes handles at a time. A multiple of 64. */
    REELI_BLOCK = REELI_SIZE(1024, 64),
    /* A loop of so many elements is shared among threads: below, handing it over costs more than it
     * saves. In pieces of so many: whole blocks, so that each element is computed as in one go. */
    REELI_SHARED_FROM = REELI_SIZE(1 << 17, 128),
    REELI_PIECE = REELI_SIZE(1 << 15, 64),
    /* A result of so many bytes is written past the caches, which would not keep it. */
    REELI_STREAM_FROM = REELI_SIZE(8 << 20, 256),

    /* How often a worker looks for a round before it sleeps, some 50 µs: steps of training follow one
     * another faster than threads wake. */
    REELI_SPINS = REELI_SIZE(2000, 0),

    /* The arena's first block, in bytes; each is twice the one before, up to the second size. The
     * first is what a small model's step needs, the second some memory of a large one's. */
    REELI_FIRST_BLOCK = REELI_SIZE(32 << 10, 512),
    REELI_LARGEST_BLOCK = REELI_SIZE(4 << 20, 4096)
};

#endif
