/* SPDX-License-Identifier: MIT */
/* A traced backward and its JSON when the Nth allocation fails, once or from then on: all of it
 * comes out, or an error and nothing. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>

/* Fails the allocation numbered `at`, and those after it if `forever`. */
typedef struct budget {
    int count, at;
    bool forever;
} budget;

static void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    budget *b = context;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    b->count++;
    return b->count == b->at || (b->forever && b->count > b->at) ? NULL : realloc(block, new_size);
}

/* Of a chain with a value used twice; false after an error. */
static bool explain(budget *b, FILE *stream)
{
    reel *r = reel_new_with(
        &(reel_options){.allocator = allocate, .allocator_context = b, .handler = ignore_message});
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
    reel_free(r);
    return done && page;
}

START_TEST(each_allocation)
{
    budget whole = {0};
    FILE *stream = tmpfile();
    ck_assert(explain(&whole, stream) && whole.count > 10);
    const long length = ftell(stream);
    for (int at = 1; at <= whole.count; at++) {
        rewind(stream);
        budget b = {.at = at, .forever = _i};
        const bool done = explain(&b, stream);
        ck_assert_msg(!done || ftell(stream) == length, "allocation %d", at);
    }
    fclose(stream);
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_loop_test(cases, each_allocation, 0, 2); }

int main(void) { return run_suite("explain", add_cases); }
