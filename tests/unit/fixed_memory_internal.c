/* SPDX-License-Identifier: MIT */
/* The allocator within a caller's memory: blocks that come, grow, shrink and go at random never
 * overlap and keep their bytes, and once all are gone the memory is whole again. */
#include "check_reel.h"
#include "fixed_memory.h"

#include <stdint.h>

enum { SIZE = 20000, BLOCKS = 40, EDGE = 64 };

typedef struct block {
    unsigned char *at;
    size_t size;
} block;

static uint32_t state;
static uint32_t random_below(uint32_t limit)
{
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % limit;
}

static unsigned char mark_of(const block *b) { return (unsigned char)((uintptr_t)b * 37 >> 3); }

static void check_block(const block *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (b->at[i] != mark_of(b)) {
            ck_abort_msg("byte %zu of a block was written by another", i);
        }
    }
}

/* One block comes, goes, or changes its size. Returns whether memory was had. */
static bool change(reeli_fixed_memory *m, block *b)
{
    const size_t size = random_below(3) ? 1 + random_below(1200) : 0;
    if (!b->at && !size) {
        return true;
    }
    unsigned char *at = reeli_fixed_allocator(m, b->at, b->size, size);
    if (size && !at) {
        return false; /* what was there stays */
    }
    b->at = at;
    check_block(b, b->size < size ? b->size : size);
    ck_assert((uintptr_t)at % 16 == 0);
    b->size = size;
    memset(at ? at : (unsigned char[1]){0}, mark_of(b), size);
    return true;
}

/* The largest block that there is room for. */
static size_t largest(reeli_fixed_memory *m)
{
    size_t size = SIZE;
    void *at;
    while (size && !(at = reeli_fixed_allocator(m, NULL, 0, size))) {
        size--;
    }
    if (size) {
        reeli_fixed_allocator(m, at, size, 0);
    }
    return size;
}

/* Memory that begins at any address, with bytes on both sides that must stay. */
START_TEST(blocks_stay_apart)
{
    static unsigned char all[EDGE + SIZE + EDGE];
    memset(all, 0xEE, sizeof all);
    unsigned char *memory = all + EDGE / 2 + _i;
    reeli_fixed_memory *m = reeli_fixed_memory_new(memory, SIZE);
    const size_t whole = largest(m);
    ck_assert_uint_ge(whole, SIZE - 100);
    block blocks[BLOCKS] = {{NULL, 0}};
    int refused = 0;
    for (int k = 0; k < 20000; k++) {
        const int at = (int)random_below(BLOCKS);
        refused += !change(m, &blocks[at]);
        const block *other = &blocks[random_below(BLOCKS)];
        check_block(other, other->size);
    }
    ck_assert_int_gt(refused, 0);
    for (int k = 0; k < BLOCKS; k++) {
        reeli_fixed_allocator(m, blocks[k].at, blocks[k].size, 0);
    }
    ck_assert_uint_eq(largest(m), whole);
    ck_assert_uint_le(reeli_fixed_peak(m), SIZE);
    for (unsigned char *at = all; at < all + sizeof all; at++) {
        if ((at < memory || at >= memory + SIZE) && *at != 0xEE) {
            ck_abort_msg("byte %td was written", at - memory);
        }
    }
}
END_TEST

START_TEST(what_does_not_fit)
{
    _Alignas(16) unsigned char memory[256];
    ck_assert_ptr_null(reeli_fixed_memory_new(memory, 0));
    ck_assert_ptr_null(reeli_fixed_memory_new(memory, 32));
    ck_assert_ptr_null(reeli_fixed_memory_new(memory, SIZE_MAX));
    ck_assert_ptr_null(reeli_fixed_allocator(NULL, NULL, 0, 1));
    reeli_fixed_memory *m = reeli_fixed_memory_new(memory, sizeof memory);
    ck_assert_ptr_null(reeli_fixed_allocator(m, NULL, 0, sizeof memory));
    ck_assert_ptr_null(reeli_fixed_allocator(m, NULL, 0, SIZE_MAX));
    void *at = reeli_fixed_allocator(m, NULL, 0, 100);
    ck_assert_ptr_null(reeli_fixed_allocator(m, at, 100, SIZE_MAX - 8));
    ck_assert_uint_le(reeli_fixed_peak(m), 16 + 32 + 112);
    ck_assert_ptr_null(reeli_fixed_allocator(m, at, 100, 0));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, blocks_stay_apart, 0, 17);
    tcase_add_test(cases, what_does_not_fit);
}

int main(void) { return run_suite("fixed_memory", add_cases); }
