/* SPDX-License-Identifier: MIT */
/* The arena: alignment, no overlap, the same addresses after a reset, marks, and refusals. */
#include "faulty.h"

#include "state.h"

enum { PIECES = 300 };

/* Sizes of every kind: empty, odd, from where alignment changes, larger than a block. */
static size_t size_of(int i)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1023, 1024, 1025, 5000, 40000, 300000};
    return sizes[i % 12];
}

static void fill(reel *r, char **piece)
{
    for (int i = 0; i < PIECES; i++) {
        piece[i] = reeli_arena_alloc(r, size_of(i));
        ck_assert_ptr_nonnull(piece[i]);
        uintptr_t align = size_of(i) >= REELI_LARGE ? REELI_LARGE_ALIGN : REELI_ALIGN;
        ck_assert_msg((uintptr_t)piece[i] % align == 0, "piece %d of %zu bytes lies crooked", i,
                      size_of(i));
        memset(piece[i], i, size_of(i));
    }
    for (int i = 0; i < PIECES; i++) { /* each byte is still its piece's */
        size_t own = 0;
        while (own < size_of(i) && piece[i][own] == (char)i) {
            own++;
        }
        ck_assert_uint_eq(own, size_of(i));
    }
}

START_TEST(pieces_do_not_overlap_and_come_back)
{
    static char *first[PIECES], *second[PIECES];
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    fill(r, first);
    long calls = f.calls;
    for (int round = 0; round < 3; round++) {
        reeli_arena_reset(r);
        fill(r, second);
        ck_assert_mem_eq(first, second, sizeof first);
    }
    ck_assert_int_eq(f.calls, calls);
    faulty_end(&f, r);
}
END_TEST

START_TEST(a_mark_gives_back_what_came_after)
{
    static const size_t sizes[] = {16, 2000, 200000, 3000000};
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    reeli_mark start = reeli_arena_mark(&r->arena); /* of an arena without a block */
    char *before = reeli_arena_alloc(r, 100);
    memset(before, 7, 100);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        reeli_mark mark = reeli_arena_mark(&r->arena);
        char *a = reeli_arena_alloc(r, sizes[i]);
        reeli_arena_alloc(r, sizes[i]);
        reeli_arena_release(&r->arena, &mark);
        ck_assert_ptr_eq(reeli_arena_alloc(r, sizes[i]), a);
        reeli_arena_release(&r->arena, &mark);
    }
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(before[i], 7);
    }
    reeli_arena_release(&r->arena, &start);
    ck_assert_ptr_eq(reeli_arena_alloc(r, 100), before);
    faulty_end(&f, r);
}
END_TEST

START_TEST(what_cannot_be_had_is_null)
{
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    ck_assert_ptr_null(reeli_arena_alloc(r, SIZE_MAX));
    ck_assert_ptr_null(reeli_arena_alloc(r, SIZE_MAX - 15));
    ck_assert_ptr_null(reeli_arena_alloc(r, SIZE_MAX / 2));
    f.fail_at = f.calls;
    ck_assert_ptr_null(reeli_arena_alloc(r, 100));
    char *a = reeli_arena_alloc(r, 100);
    ck_assert_ptr_nonnull(a);
    f.fail_at = f.calls;
    ck_assert_ptr_null(reeli_arena_alloc(r, 1000000));
    ck_assert_ptr_eq((char *)reeli_arena_alloc(r, 16), a + 112); /* it goes on where it was */
    faulty_end(&f, r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, pieces_do_not_overlap_and_come_back);
    tcase_add_test(cases, a_mark_gives_back_what_came_after);
    tcase_add_test(cases, what_cannot_be_had_is_null);
}

int main(void) { return run_suite("arena", add_cases); }
