/* SPDX-License-Identifier: MIT */
/* An allocator that fails on demand, counts, and checks that sizes given back are those asked for.
 * Without Check, FAULTY_REQUIRE(holds, format, ...) is what ends the program. */
#ifndef FAULTY_H
#define FAULTY_H

#ifndef FAULTY_REQUIRE
#include "check_reel.h"
#define FAULTY_REQUIRE ck_assert_msg
#endif

#include <reel/base.h>
#include <stdlib.h>
#include <string.h>

typedef struct faulty {
    long calls;    /* for memory, so far */
    long fail_at;  /* which of them fails, counted from 0; -1: none */
    bool for_good; /* and whether all after it do */
    long blocks;   /* alive */
    size_t bytes;  /* of those */
    size_t limit;  /* of bytes; 0: none */
} faulty;

enum { FAULTY_HEAD = 16, FAULTY_MARK = 0x5ee1 };

/* Before each block lie its size and a mark. */
static inline size_t *faulty_head(void *block)
{
    return (size_t *)(void *)((char *)block - FAULTY_HEAD);
}

static inline void faulty_forget(faulty *f, void *block, size_t size)
{
    size_t *head = faulty_head(block);
    FAULTY_REQUIRE(head[1] == FAULTY_MARK, "memory is given back that is not alive");
    FAULTY_REQUIRE(head[0] == size, "%zu bytes are given back of a block of %zu", size, head[0]);
    head[1] = 0;
    f->blocks--;
    f->bytes -= size;
}

static inline bool faulty_fails(faulty *f, size_t size)
{
    long call = f->calls++;
    bool now = f->fail_at >= 0 && (call == f->fail_at || (f->for_good && call > f->fail_at));
    return now || (f->limit > 0 && (size > f->limit || f->bytes > f->limit - size));
}

/* A reel_allocator. A block never grows in place, so that whoever keeps an old address is found
 * out. */
static inline void *faulty_allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    faulty *f = context;
    char *fresh = NULL;
    if (new_size > 0) {
        fresh = faulty_fails(f, new_size) ? NULL : malloc(FAULTY_HEAD + new_size);
        if (!fresh) {
            return NULL;
        }
        fresh += FAULTY_HEAD;
        faulty_head(fresh)[0] = new_size;
        faulty_head(fresh)[1] = FAULTY_MARK;
        memset(fresh, 0xA5, new_size); /* nobody counts on zeros */
        f->blocks++;
        f->bytes += new_size;
    }
    if (block) {
        if (fresh) {
            memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        }
        faulty_forget(f, block, old_size);
        free(faulty_head(block));
    }
    return fresh;
}

#ifdef CHECK_REEL_H
static inline reel *faulty_reel(faulty *f)
{
    return reel_new_with(&(reel_options){
        .allocator = faulty_allocate, .allocator_context = f, .handler = ignore_message});
}
#endif

/* Frees the reel: then nothing may be left. */
static inline void faulty_end(faulty *f, reel *r)
{
    reel_free(r);
    FAULTY_REQUIRE(f->blocks == 0 && f->bytes == 0, "%ld blocks of %zu bytes are lost", f->blocks,
                   f->bytes);
}

#endif
