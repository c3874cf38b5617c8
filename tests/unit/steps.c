/* SPDX-License-Identifier: MIT */
/* What a step leaves behind: nothing that piles up, and within marks nothing at all. */
#include "check_reel.h"
#include "faulty.h"

#include <reel/reel.h>
#include <stdio.h>

static reel_tensor *weight(reel *r)
{
    return reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2, 2)), true);
}

/* A step of an autoencoder's kind: a first state, noise, a batch that is made by hand. */
static reel_tensor *recurrent_step(reel *r, reel_tensor *w, int64_t rows)
{
    float values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    reel_tensor *x = reel_from_f32(r, values, REEL_SHAPE(rows, 2));
    reel_tensor *h = reel_zeros(r, REEL_F32, REEL_SHAPE(rows, 2));
    h = reel_tanh(reel_add(reel_mm(x, w), h));
    return reel_mean(reel_add(h, reel_randn_like(h)));
}

START_TEST(what_every_step_makes_does_not_pile_up)
{
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    reel_tensor *start = reel_zeros(r, REEL_F32, REEL_SHAPE(4, 2)), *w = weight(r);
    reel_tensor *lost = NULL;
    long blocks = 0;
    for (int i = 0; i < 300; i++) {
        reel_backward(recurrent_step(r, w, i % 4 == 3 ? 3 : 4)); /* the last batch is smaller */
        if (i % 10 == 0) {
            reel_ones(r, REEL_F64, REEL_SHAPE(3)); /* now and then there is more: that stays */
        }
        if (i == 50) {
            lost = reel_full(r, REEL_F32, 1, REEL_SHAPE(2));
        } else if (i == 51) {
            ck_assert(reel_item(reel_sum(lost)) == 2); /* until the end of the next step */
            reel_full(r, REEL_F32, 1, REEL_SHAPE(2));
        } else if (i == 52) {
            ck_assert(reel_is_poison(reel_exp(lost)));
            assert_error(r, REEL_ERR_OWNER,
                         "was made in a step, and the next has made one like it");
        }
        reel_rewind(r);
        blocks = i == 100 ? f.blocks : blocks;
    }
    ck_assert_msg(f.blocks <= blocks + 20, "%ld blocks became %ld", blocks, f.blocks);
    ck_assert(reel_item(reel_sum(start)) == 0 && !reel_is_poison(w));
    ck_assert(!reel_failed(r));
    faulty_end(&f, r);
}
END_TEST

/* The gradients of n parts of one result meet in one tensor of its size, not in n of them. */
START_TEST(parts_of_one_take_the_room_of_one)
{
    enum { ROWS = 1000, WIDE = 16, WITHIN = 8 << 20 }; /* a thousand would take 64 MB */
    void *memory = malloc(WITHIN);
    reel *r = reel_new_with(&(reel_options){.memory = memory, .memory_size = WITHIN});
    reel_tensor *x = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(ROWS, WIDE)), true);
    reel_tensor *y = reel_square(x), *sum = reel_number(r, 0);
    for (int i = 0; i < ROWS; i++) {
        sum = reel_add(sum, reel_sum(reel_mul_scalar(reel_select(y, 0, i), i)));
    }
    ck_assert_msg(reel_backward(sum) == REEL_OK, "%s", reel_error(r));
    for (int i = 0; i < ROWS; i++) {
        ck_assert(reel_data_f32(reel_grad(x))[i * WIDE + 3] == 2 * (float)i);
    }
    reel_free(r);
    free(memory);
}
END_TEST

/* All that may be held by more than a variable, each made anew in every step. */
START_TEST(what_is_held_stays)
{
    reel *r = quiet_reel();
    reel_tensor *kept[5], *named[5], *leaf[5], *loaded[5], *member[5];
    reel_loader *loader[5];
    reel_module *m = reel_nn_module_list(r, NULL, 0);
    for (int i = 0; i < 5; i++) {
        kept[i] = reel_keep(reel_ones(r, REEL_F32, REEL_SHAPE(2)));
        named[i] = reel_set_name(reel_ones(r, REEL_F32, REEL_SHAPE(2)), "n");
        leaf[i] = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true);
        loaded[i] = reel_ones(r, REEL_F32, REEL_SHAPE(2));
        loader[i] = reel_loader_new(r, &loaded[i], 1, (reel_loader_options){0});
        member[i] = reel_ones(r, REEL_F32, REEL_SHAPE(2));
        char name[8];
        snprintf(name, sizeof name, "b%d", i);
        reel_module_add_buffer(m, name, member[i]);
        reel_rewind(r);
    }
    for (int i = 0; i < 5; i++) {
        reel_tensor *batch;
        reel_tensor *const all[] = {kept[i], named[i], leaf[i], loaded[i], member[i]};
        for (int k = 0; k < 5; k++) {
            ck_assert_msg(reel_item(reel_sum(all[k])) == 2, "%d of step %d is gone", k, i);
        }
        ck_assert(reel_loader_next(loader[i], &batch));
    }
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(a_mark_ends_what_came_after_it)
{
    reel *r = quiet_reel();
    reel_tensor *w = weight(r), *x = reel_ones(r, REEL_F32, REEL_SHAPE(1, 2));
    reel_tensor *loss = reel_sum(reel_square(reel_mm(x, w)));
    const size_t length = reel_tape_length(r);
    const uint64_t outer = reel_mark(r);
    reel_tensor *seen = NULL;
    for (int i = 0; i < 3; i++) {
        reel_tensor *y = reel_mm(x, w);
        const uint64_t inner = reel_mark(r);
        seen = reel_exp(y);
        reel_set_name(loss, "loss"); /* which lies after the mark, and is gone with it */
        reel_rewind_to(r, inner);
        ck_assert(reel_is_poison(reel_exp(seen)));
        assert_error(r, REEL_ERR_OWNER, "was made before the last reel_rewind");
        ck_assert(!reel_is_poison(reel_exp(y)));
        reel_rewind_to(r, outer);
        ck_assert(reel_is_poison(reel_exp(y)));
        reel_clear_error(r);
        reel_rewind_to(r, inner);
        assert_error(r, REEL_ERR_STATE, "rewind_to: there is no such mark");
    }
    ck_assert_uint_eq(reel_tape_length(r), length);
    ck_assert_int_eq(reel_backward(loss), REEL_OK);
    ck_assert(reel_item(reel_sum(reel_grad(w))) == 16); /* 2 (x w) x, x w = (2, 2) */
    reel_rewind(r);
    reel_rewind_to(r, outer);
    assert_error(r, REEL_ERR_STATE, "rewind_to: there is no such mark");
    reel_free(r);
}
END_TEST

/* What was recorded before the mark, and changed or differentiated after it. */
START_TEST(what_is_older_than_a_mark_forgets_what_is_not)
{
    reel *r = quiet_reel();
    reel_tensor *w = weight(r), *state = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 2));
    reel_tensor *y = reel_square(w);
    const uint64_t mark = reel_mark(r);
    reel_retain_grad(y);
    reel_backward_with(reel_sum(reel_mul(y, y)), &(reel_backward_options){.create_graph = true});
    reel_add_(state, y);
    reel_mul_(y, y);
    reel_rewind_to(r, mark);
    reel_add(w, w); /* in the place of what is gone */
    ck_assert(reel_item(reel_sum(reel_grad(w))) == 16 && !reel_requires_grad(reel_grad(w)));
    ck_assert(reel_item(reel_sum(state)) == 4 && !reel_requires_grad(state));
    ck_assert_ptr_null(reel_grad(y));
    ck_assert(!reel_is_poison(reel_exp(y)));
    ck_assert_int_eq(reel_backward(reel_sum(reel_square(w))), REEL_OK);
    reel_rewind(r);
    ck_assert(reel_item(reel_sum(reel_grad(w))) == 24);
    reel_free(r);
}
END_TEST

/* A tensor of the user's that an operation in place has put on the tape is a result: the gradient
 * that it retains goes with the mark, and comes again. */
START_TEST(a_gradient_that_was_retained_after_a_mark)
{
    reel *r = quiet_reel();
    reel_tensor *w = reel_requires_grad_(reel_full(r, REEL_F32, 3, REEL_SHAPE(2)), true);
    reel_tensor *x = reel_full(r, REEL_F32, 2, REEL_SHAPE(2));
    reel_retain_grad(reel_mul_(x, w));
    for (int i = 0; i < 3; i++) {
        const uint64_t mark = reel_mark(r);
        reel_backward_with(reel_sum(reel_square(x)),
                           &(reel_backward_options){.retain_graph = true});
        ck_assert(reel_item(reel_sum(reel_grad(x))) == 24);
        reel_rewind_to(r, mark);
        ck_assert_ptr_null(reel_grad(x));
        ck_assert(reel_item(reel_sum(x)) == 12);
        reel_zero_grad_of(w);
    }
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

static int warnings;

static void count_warning(void *context, reel_level level, const char *message)
{
    (void)context;
    warnings += level == REEL_WARNING && strstr(message, "without a reel_rewind") != NULL;
}

/* One warning. */
START_TEST(a_loop_that_forgets_to_rewind)
{
    reel *r = reel_new();
    reel_set_message_handler(r, count_warning, NULL);
    reel_tensor *w = weight(r);
    for (int i = 0; i < 3000; i++) {
        reel_backward(reel_sum(reel_square(w)));
    }
    ck_assert_int_eq(warnings, 1);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, what_every_step_makes_does_not_pile_up);
    tcase_add_test(cases, parts_of_one_take_the_room_of_one);
    tcase_add_test(cases, what_is_held_stays);
    tcase_add_test(cases, a_mark_ends_what_came_after_it);
    tcase_add_test(cases, what_is_older_than_a_mark_forgets_what_is_not);
    tcase_add_test(cases, a_gradient_that_was_retained_after_a_mark);
    tcase_add_test(cases, a_loop_that_forgets_to_rewind);
}

int main(void) { return run_suite("steps", add_cases); }
