/* SPDX-License-Identifier: MIT */
/*
 * Splits, loaders and early stopping while allocation k fails, once or from then on, for every k
 * until none fails: what fails has changed nothing, the random numbers included, and whoever tries
 * again gets what an undisturbed run gets. An epoch asks for no memory at all.
 */
#include "faulty.h"

#include <reel/reel.h>

enum { ROWS = 10, COLUMNS = 3, MOST = 64 };

/* Tries again what has failed for want of memory; for good means: there is memory again after a
 * while. */
static bool again(reel *r, faulty *f, bool done)
{
    if (!done) {
        ck_assert_int_eq(reel_error_status(r), REEL_ERR_MEMORY);
        reel_clear_error(r);
        f->for_good = false;
    }
    return !done;
}

#define UNTIL(condition)                                                                           \
    while (again(r, f, condition)) {                                                               \
    }

/* Writes down what the rows are; returns how many. */
static int note(int64_t *to, reel_tensor *rows)
{
    ck_assert_int_le(reel_numel(rows), ROWS);
    ck_assert_int_eq(reel_to_i64(rows, to, reel_numel(rows)), REEL_OK);
    return (int)reel_numel(rows);
}

/* All that there is, once; what came out of it in `seen`. */
static int run(reel *r, faulty *f, int64_t seen[MOST])
{
    reel_tensor *parts[2], *folds[3] = {NULL}, *train, *x, *batch;
    reel_module *model;
    reel_loader *loader;
    reel_early_stopping *stopping;
    int count = 0;
    UNTIL(reel_random_split(r, ROWS, (int64_t[]){4, 6}, 2, parts) == REEL_OK)
    UNTIL(reel_k_fold(r, ROWS, 3, true, folds) == REEL_OK)
    UNTIL(reel_split_rows(r, ROWS, parts[0], &train) == REEL_OK)
    UNTIL(!reel_is_poison(x = reel_arange(r, REEL_I64, 0, ROWS, 1)))
    UNTIL((loader = reel_loader_new(
               r, (reel_tensor *[]){x}, 1,
               (reel_loader_options){.batch_size = 3, .shuffle = true, .rows = parts[1]})))
    count += note(seen + count, parts[0]);
    count += note(seen + count, folds[1]);
    count += note(seen + count, train);
    const long calls = f->calls;
    for (int epoch = 0; epoch < 3; epoch++) {
        while (reel_loader_next(loader, &batch)) {
            count += note(seen + count, batch);
        }
    }
    ck_assert_int_eq(f->calls, calls); /* no epoch asks for memory */
    UNTIL((model = reel_nn_linear(r, COLUMNS, 1)))
    UNTIL((stopping = reel_early_stopping_new(model, (reel_early_stopping_options){0})))
    ck_assert(!reel_early_stopping_step(stopping, 1));
    UNTIL(reel_early_stopping_state_dict(stopping).count > 0)
    ck_assert_int_eq(reel_early_stopping_restore(stopping), REEL_OK);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    return count;
}

START_TEST(every_allocation)
{
    int64_t expected[MOST], seen[MOST];
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    const int count = run(r, &f, expected);
    const long calls = f.calls;
    faulty_end(&f, r);
    ck_assert_int_gt(calls, 20);
    for (long at = 0; at < calls; at++) {
        f = (faulty){.fail_at = at, .for_good = _i};
        r = faulty_reel(&f);
        if (r) {
            ck_assert_int_eq(run(r, &f, seen), count);
            ck_assert_mem_eq(seen, expected, (size_t)count * sizeof *seen);
            faulty_end(&f, r);
        }
        ck_assert_int_eq(f.blocks, 0);
    }
}
END_TEST

/* Whoever gives up at the first failure, too, loses nothing. */
START_TEST(nothing_is_left_of_what_was_begun)
{
    for (long at = 0, survived = 0; !survived; at++) {
        faulty f = {.fail_at = -1};
        reel *r = faulty_reel(&f);
        reel_tensor *x[] = {reel_zeros(r, REEL_F32, REEL_SHAPE(ROWS, COLUMNS)),
                            reel_zeros(r, REEL_F64, REEL_SHAPE(ROWS))};
        reel_module *model = reel_nn_linear(r, COLUMNS, 1);
        reel_state_dict(model); /* so that the arena has its first block, which it keeps */
        const long blocks = f.blocks;
        f.fail_at = f.calls + at;
        reel_loader *loader =
            reel_loader_new(r, x, 2, (reel_loader_options){.batch_size = 4, .shuffle = true});
        reel_early_stopping *stopping =
            loader ? reel_early_stopping_new(model, (reel_early_stopping_options){0}) : NULL;
        survived = stopping != NULL;
        ck_assert(survived || reel_error_status(r) == REEL_ERR_MEMORY);
        reel_loader_free(loader);
        reel_early_stopping_free(stopping);
        ck_assert_int_le(f.blocks, blocks + 2); /* what is left of two handles waits */
        faulty_end(&f, r);
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, every_allocation, 0, 2);
    tcase_add_test(cases, nothing_is_left_of_what_was_begun);
}

int main(void) { return run_suite("loader", add_cases); }
