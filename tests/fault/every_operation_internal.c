/* SPDX-License-Identifier: MIT */
/*
 * Every operation, forward and backward, while memory runs out: after so many bytes of the arena,
 * for every number of bytes, and at each allocation of its own. Each time the error is a clean one,
 * no gradient has changed, the same call succeeds afterwards with the same numbers, and nothing is
 * lost.
 */
#include "faulty.h"
#include "samples.h"

enum { STEP = 48, NUMBERS = 512 }; /* no tensor or node is smaller than a step */

/* A sample's result and gradients, one after the other. */
typedef struct outcome {
    int count;
    double number[NUMBERS];
} outcome;

static void take(outcome *all, const reel_tensor *t)
{
    ck_assert_int_le(all->count + (int)t->numel, NUMBERS);
    ck_assert_int_eq(reel_to_f64(t, all->number + all->count, t->numel), REEL_OK);
    all->count += (int)t->numel;
}

/* Whether all went well; then what came out. */
static bool run(const sample *it, reel_tensor *const *x, outcome *all)
{
    const bool differentiable = !(it->traits & (SAMPLE_FLAT | SAMPLE_REFUSES));
    reel_tensor *y = it->call(it, x);
    reel_tensor *loss = differentiable ? reel_sum(reel_mul(y, y)) : y;
    if (reeli_bad(loss) || (differentiable && reel_backward(loss) != REEL_OK)) {
        return false;
    }
    all->count = 0;
    take(all, y);
    for (int i = 0; i < count_inputs(it) && differentiable; i++) {
        take(all, reel_grad(x[i]));
    }
    return true;
}

static void forget(const sample *it, reel_tensor *const *x)
{
    for (int i = 0; i < count_inputs(it); i++) {
        reel_zero_grad_of(x[i]);
    }
    reel_clear_error(r);
    reel_rewind(r);
}

static void assert_failed_cleanly(const sample *it, reel_tensor *const *x, long where)
{
    ck_assert_msg(reel_error_status(r) == REEL_ERR_MEMORY, "%s, %ld: \"%s\"", describe(it), where,
                  reel_error(r));
    for (int i = 0; i < count_inputs(it); i++) {
        ck_assert_msg(!reel_grad(x[i]), "%s, %ld: a gradient has changed", describe(it), where);
    }
    ck_assert(reel_grad_enabled(r) && !r->walking && !r->within && !r->elements_hidden);
}

static void assert_same(const sample *it, const outcome *a, const outcome *b, long where)
{
    ck_assert_int_eq(a->count, b->count);
    for (int k = 0; k < a->count; k++) {
        ck_assert_msg(is_close(a->number[k], b->number[k], 0),
                      "%s, %ld: number %d is %.17g, not %.17g", describe(it), where, k,
                      a->number[k], b->number[k]);
    }
}

/* The arena has a block of `room` bytes from the start. */
static void set_up(const sample *it, faulty *f, reel_tensor **x, size_t room)
{
    f->fail_at = -1;
    r = faulty_reel(f);
    if (room > 0) {
        ck_assert_ptr_nonnull(reeli_arena_alloc(r, room));
        reel_rewind(r);
    }
    make_inputs(it, usual_sizes, REEL_F64, false, x);
    fill_inputs(it, x, count_inputs(it));
    reel_rewind(r);
}

static void check_arena_runs_out(const sample *it)
{
    reel_tensor *x[SAMPLE_INPUTS];
    faulty f = {0};
    outcome expected, got;
    set_up(it, &f, x, 32 << 10);      /* which is enough */
    ck_assert(run(it, x, &expected)); /* now the leaves have their buffers */
    forget(it, x);
    for (size_t bytes = 0;; bytes += STEP) {
        f.fail_at = f.calls;
        f.for_good = true;
        r->arena.at = r->arena.end - bytes;
        bool done = run(it, x, &got);
        f.fail_at = -1;
        if (done) {
            ck_assert_uint_gt(bytes, 0); /* else there was another block, and no limit */
            assert_same(it, &expected, &got, (long)bytes);
            break;
        }
        assert_failed_cleanly(it, x, (long)bytes);
        forget(it, x);
        ck_assert_msg(run(it, x, &got), "%s, %zu: %s", describe(it), bytes, reel_error(r));
        assert_same(it, &expected, &got, (long)bytes);
        forget(it, x);
    }
    faulty_end(&f, r);
}

START_TEST(arena_runs_out) { for_share(_i, check_arena_runs_out); }
END_TEST

static void check_allocation_fails(const sample *it)
{
    outcome expected, got;
    for (int for_good = 0; for_good < 2; for_good++) {
        for (long k = 0;; k++) {
            reel_tensor *x[SAMPLE_INPUTS];
            faulty f = {0};
            set_up(it, &f, x, 0);
            const long before = f.calls;
            f.fail_at = before + k;
            f.for_good = for_good;
            bool done = run(it, x, &got);
            const bool reached = f.calls > before + k;
            f.fail_at = -1;
            if (!done) {
                assert_failed_cleanly(it, x, k);
                forget(it, x);
                ck_assert(run(it, x, &got));
            }
            if (k > 0) {
                assert_same(it, &expected, &got, k);
            }
            expected = got;
            faulty_end(&f, r);
            if (!reached) {
                break;
            }
            ck_assert_msg(!done, "%s: allocation %ld fails unnoticed", describe(it), k);
        }
    }
}

START_TEST(allocation_fails) { for_share(_i, check_allocation_fails); }
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, arena_runs_out, 0, SHARES);
    tcase_add_loop_test(cases, allocation_fails, 0, SHARES);
}

int main(void) { return run_suite("every operation without memory", add_cases); }
