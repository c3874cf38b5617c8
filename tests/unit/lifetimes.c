/* SPDX-License-Identifier: MIT */
/* Tensors that are gone are errors with a sentence, whatever has become of them, for as long as the
 * reel lives. */
#include "check_reel.h"

#include <reel/reel.h>

#define REWOUND "was made before the last reel_rewind; keep such a result with reel_keep"

static reel_tensor *ones(reel *r, int64_t rows, int64_t columns)
{
    return reel_ones(r, REEL_F32, REEL_SHAPE(rows, columns));
}

static reel_tensor *leaf(reel *r, int64_t n)
{
    return reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(n)), true);
}

START_TEST(what_a_step_left_is_told)
{
    reel *r = quiet_reel();
    reel_tensor *x = ones(r, 5, 1), *y = reel_exp(x), *view = reel_t(y);
    reel_tensor *number = reel_number(r, 2), *kept = reel_keep(y);
    reel_rewind(r);
    ck_assert(reel_is_poison(reel_add(y, x)));
    assert_error(r, REEL_ERR_OWNER, "add: its first argument, of shape (5, 1), " REWOUND);
    ck_assert(reel_is_poison(reel_where(reel_gt(x, x), x, view)));
    assert_error(r, REEL_ERR_OWNER, "where: its third argument, of shape (1, 5), " REWOUND);
    ck_assert(reel_is_poison(reel_mul(x, number)));
    assert_error(r, REEL_ERR_OWNER, "mul: its second argument, of shape (), " REWOUND);
    ck_assert(reel_is_poison(reel_cat((reel_tensor *[]){x, x, y}, 3, 0)));
    assert_error(r, REEL_ERR_OWNER, "cat: its third argument, of shape (5, 1), " REWOUND);
    ck_assert(!reel_is_poison(reel_add(kept, x)));
    ck_assert(!reel_failed(r));
    for (int i = 0; i < 3; i++) { /* the next steps tell no less */
        reel_exp(x);
        reel_rewind(r);
        ck_assert(isnan(reel_item(reel_sum(y))));
        assert_error(r, REEL_ERR_OWNER, "sum: its argument, of shape (5, 1), " REWOUND);
    }
    reel_free(r);
}
END_TEST

START_TEST(what_was_freed_is_told)
{
    reel *r = quiet_reel();
    reel_tensor *x = ones(r, 2, 3), *row = reel_select(x, 0, 1), *same = reel_detach(x);
    reel_tensor_free(x);
    reel_tensor_free(x);
    assert_error(r, REEL_ERR_OWNER, "tensor_free: its argument, of shape (2, 3), has been freed");
    ck_assert(reel_is_poison(reel_exp(x)));
    assert_error(r, REEL_ERR_OWNER, "exp: its argument, of shape (2, 3), has been freed");
    ck_assert(reel_is_poison(reel_exp(row)));
    assert_error(r, REEL_ERR_OWNER, "of shape (3,), is a view of a tensor that has been freed");
    ck_assert_ptr_null(reel_data_f32(same));
    assert_error(r, REEL_ERR_OWNER, "data_f32: its argument, of shape (2, 3), is a view");
    reel_free(r);
}
END_TEST

START_TEST(what_has_an_owner_is_not_freed)
{
    static const char *const why =
        "tensor_free: its argument, of shape (1, 4), belongs to a module, an optimizer";
    reel *r = quiet_reel();
    reel_module *m = reel_nn_linear(r, 4, 1);
    reel_backward(reel_sum(reel_forward(m, ones(r, 2, 4))));
    reel_tensor *w = reel_parameter(m, "weight"), *g = reel_grad(w);
    reel_tensor_free(w);
    assert_error(r, REEL_ERR_OWNER, why);
    reel_tensor_free(g);
    assert_error(r, REEL_ERR_OWNER, why);
    ck_assert(!reel_is_poison(reel_mul(w, g)));
    reel_module_free(m);
    ck_assert(reel_is_poison(reel_exp(w)));
    assert_error(r, REEL_ERR_OWNER, "exp: its argument, of shape (1, 4), has been freed");
    ck_assert(reel_is_poison(reel_exp(g)));
    assert_error(r, REEL_ERR_OWNER, "exp: its argument, of shape (1, 4), has been freed");
    reel_free(r);
}
END_TEST

/* The tape leads to what was freed: backward says so, and changes no gradient. */
START_TEST(a_tape_outlives_what_it_leads_to)
{
    reel *r = quiet_reel();
    reel_tensor *a = leaf(r, 3), *b = leaf(r, 3), *c = leaf(r, 3);
    reel_tensor *product = reel_sum(reel_mul(a, b)), *sum = reel_sum(reel_add(a, c));
    reel_tensor_free(b);
    ck_assert_int_eq(reel_backward(product), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER,
                 "backward: what mul saved as its input, of shape (3,), has been freed");
    reel_tensor_free(c);
    for (int i = 0; i < 200; i++) { /* nor is its place another's, as long as there is a tape */
        reel_tensor_free(reel_zeros(r, REEL_F64, REEL_SHAPE(2)));
    }
    ck_assert_int_eq(reel_backward(sum), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "backward: a leaf, of shape (3,), has been freed");
    ck_assert_ptr_null(reel_grad(a));
    reel_free(r);
}
END_TEST

START_TEST(results_go_with_their_graph)
{
    reel *r = quiet_reel();
    reel_tensor *x = ones(r, 3, 1);
    reel_capture_begin(r);
    reel_tensor *y = reel_exp(x), *inner = reel_t(y), *frozen = reel_t(x);
    reel_graph *graph = reel_capture_end(r);
    reel_tensor *view = reel_unsqueeze(y, 0);
    ck_assert(!reel_is_poison(reel_exp(view)) && !reel_is_poison(frozen));
    reel_graph_free(graph);
    ck_assert(reel_is_poison(reel_add(y, x)));
    assert_error(r, REEL_ERR_OWNER,
                 "of shape (3, 1), was made by a captured step that has been freed");
    ck_assert(reel_is_poison(reel_exp(inner)));
    assert_error(r, REEL_ERR_OWNER,
                 "of shape (1, 3), was made by a captured step that has been freed");
    ck_assert(reel_is_poison(reel_exp(view)));
    assert_error(r, REEL_ERR_OWNER,
                 "of shape (1, 3, 1), is a view of a tensor that has been freed");
    reel_free(r);
}
END_TEST

START_TEST(views_within_a_graph_follow_what_is_freed)
{
    reel *r = quiet_reel();
    reel_tensor *x = ones(r, 3, 1);
    reel_capture_begin(r);
    reel_tensor *view = reel_t(x);
    ck_assert_ptr_nonnull(reel_capture_end(r));
    reel_tensor_free(x);
    ck_assert(reel_is_poison(reel_exp(view)));
    assert_error(r, REEL_ERR_OWNER, "of shape (1, 3), is a view of a tensor that has been freed");
    reel_free(r);
}
END_TEST

/* What is made within a gradient of the user's, and handed out of it. */
static reel_tensor *seen;

static reel_tensor *spy_gradient(reel_call *call, int input)
{
    (void)input;
    return seen = reel_mul_scalar(call->g[0], 2);
}

static bool spy_forward(reel_call *call)
{
    return reel_to_f32(call->in[0], reel_data_f32(call->out[0]), reel_numel(call->in[0])) ==
           REEL_OK;
}

START_TEST(what_a_callback_made_is_gone_after_it)
{
    static const reel_custom_op spy = {
        .name = "spy", .forward = spy_forward, .gradient = spy_gradient};
    reel *r = quiet_reel();
    reel_tensor *x = leaf(r, 3);
    reel_backward(reel_sum(reel_custom(&spy, NULL, &x, 1)));
    for (int i = 0; i < 100; i++) {
        reel_exp(x);
    }
    ck_assert(reel_is_poison(reel_exp(seen)));
    assert_error(r, REEL_ERR_OWNER, "of shape (3,), was made within a callback or a backward");
    reel_free(r);
}
END_TEST

/* One stale tensor, used so many rewinds after it was made: in how many of 200 programs it was
 * told. Each begins a little further on. */
static int count_told(reel *r, reel_tensor *x, int live, int rewinds)
{
    int told = 0;
    for (int start = 0; start < 200; start++) {
        for (int k = 0; k < start % 13; k++) {
            reel_neg(x);
        }
        reel_tensor *stale = reel_neg(x);
        for (int i = 0; i < rewinds; i++) {
            for (int k = 0; k < live; k++) {
                reel_neg(x);
            }
            reel_rewind(r);
        }
        for (int k = 0; k < live; k++) {
            reel_neg(x);
        }
        reel_neg(stale);
        told += reel_failed(r);
        reel_clear_error(r);
    }
    return told;
}

/* Steps of one length and of many lengths; the distances at which addresses could come back. */
START_TEST(a_stale_tensor_is_told_much_later)
{
    static const int lengths[] = {1, 3, 5, 19, 20, 21, 40, 80, 320};
    reel *r = quiet_reel();
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(2));
    const int live = lengths[_i];
    for (int n = 1; n <= 24; n++) {
        ck_assert_msg(count_told(r, x, live, n) == 200, "%d live, %d rewinds later", live, n);
    }
    int told = 0, uses = 0;
    for (int n = 25; n <= (live > 100 ? 75 : 225); n += 4, uses += 200) {
        told += count_told(r, x, live, n);
    }
    ck_assert_msg(told >= uses * 0.95, "%d live: %d of %d were told", live, told, uses);
    reel_free(r);
}
END_TEST

/* A freed tensor's address is not handed out again soon, nor that of its neighbour. */
START_TEST(a_freed_tensor_is_told_much_later)
{
    reel *r = quiet_reel();
    reel_tensor *lasting = reel_zeros(r, REEL_F32, REEL_SHAPE(1));
    for (int start = 0; start < 25; start++) {
        reel_tensor *freed = reel_zeros(r, REEL_F32, REEL_SHAPE(1));
        reel_tensor_free(freed);
        for (int i = 0; i < 400; i++) {
            reel_tensor_free(reel_ones(r, REEL_F32, REEL_SHAPE(1)));
            reel_tensor_free(freed);
            ck_assert(reel_failed(r));
            reel_clear_error(r);
        }
    }
    ck_assert(reel_item(lasting) == 0);
    reel_free(r);
}
END_TEST

/* A captured step's result, changed, named and asked for gradients in a step of its own: when that
 * ends it forgets what lay in it. */
START_TEST(results_of_graphs_outlive_what_is_noted_of_them)
{
    reel *r = quiet_reel();
    reel_tensor *x = ones(r, 3, 1), *w = leaf(r, 1);
    reel_capture_begin(r);
    reel_tensor *y = reel_exp(x), *z = reel_exp(x);
    reel_graph *graph = reel_capture_end(r);
    reel_add_(y, w);
    reel_set_name(z, "z");
    reel_requires_grad_(z, true);
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul(y, z))), REEL_OK);
    ck_assert_ptr_nonnull(reel_grad(z));
    reel_rewind(r);
    reel_mul_scalar(reel_full(r, REEL_F32, 1e30, REEL_SHAPE(4000)), 1); /* where that lay */
    ck_assert(!reel_requires_grad(y) && !reel_requires_grad(z));
    ck_assert_ptr_null(reel_grad(z));
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_ERR_STATE);
    reel_clear_error(r);
    ck_assert(reel_item(reel_sum(reel_sub(y, z))) == 3);
    ck_assert_int_eq(reel_replay(graph), REEL_OK);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, what_a_step_left_is_told);
    tcase_add_test(cases, what_was_freed_is_told);
    tcase_add_test(cases, what_has_an_owner_is_not_freed);
    tcase_add_test(cases, a_tape_outlives_what_it_leads_to);
    tcase_add_test(cases, results_go_with_their_graph);
    tcase_add_test(cases, results_of_graphs_outlive_what_is_noted_of_them);
    tcase_add_test(cases, views_within_a_graph_follow_what_is_freed);
    tcase_add_test(cases, what_a_callback_made_is_gone_after_it);
    tcase_add_loop_test(cases, a_stale_tensor_is_told_much_later, 0, 9);
    tcase_add_test(cases, a_freed_tensor_is_told_much_later);
}

int main(void) { return run_suite("lifetimes", add_cases); }
