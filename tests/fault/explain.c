/* SPDX-License-Identifier: MIT */
/* A traced backward and its JSON when the Nth allocation fails, once or from then on: all of it
 * comes out, or an error and nothing. */
#include "faulty.h"

#include <reel/reel.h>
#include <stdio.h>

/* Of a chain with a value used twice; false after an error. */
static bool explain(faulty *f, FILE *stream)
{
    reel *r = faulty_reel(f);
    if (!r) {
        return false;
    }
    reel_set_trace(r, true);
    reel_tensor *x = reel_requires_grad_(reel_ones(r, REEL_F64, REEL_SHAPE(100)), true), *y = x;
    for (int i = 0; i < 40; i++) {
        y = reel_tanh(reel_add(y, x));
    }
    y = reel_sum(y);
    reel_backward(y);
    const bool done = reel_tape_json(y, stream) == REEL_OK;
    ck_assert(done == (reel_error_status(r) == REEL_OK));
    const bool page = reel_tape_html(y, NULL, stream) == REEL_OK;
    reel_tape_print(r, stream);
    faulty_end(f, r);
    return done && page;
}

START_TEST(each_allocation)
{
    faulty whole = {.fail_at = -1};
    FILE *stream = tmpfile();
    ck_assert(explain(&whole, stream) && whole.calls > 10);
    const long length = ftell(stream);
    for (long at = 0; at < whole.calls; at++) {
        rewind(stream);
        faulty f = {.fail_at = at, .for_good = _i};
        const bool done = explain(&f, stream);
        ck_assert_msg(!done || ftell(stream) == length, "allocation %ld", at);
    }
    fclose(stream);
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_loop_test(cases, each_allocation, 0, 2); }

int main(void) { return run_suite("explain", add_cases); }
