/* SPDX-License-Identifier: MIT */
/* Kinds of faults that random sequences of calls have found (tests/fuzz/api.c): callbacks that
 * reach into what calls them, what outlives what it refers to, numbers at the edges. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>

static reel_tensor *leaf(reel *r)
{
    return reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true);
}

static reel_optimizer *sgd(reel *r, reel_module **module)
{
    *module = reel_nn_linear(r, 2, 2);
    return reel_optim_sgd(reel_parameters(*module), (reel_sgd_options){.lr = 0.1, .momentum = 0.9});
}

START_TEST(lists_that_are_null)
{
    static const size_t counts[] = {1, SIZE_MAX, (size_t)INT64_MAX + 1};
    reel *r = quiet_reel();
    reel_module *m;
    reel_optimizer *o = sgd(r, &m);
    reel_ema *ema = reel_ema_new(reel_parameters(m), (reel_ema_options){0});
    reel_tensor *x = leaf(r), *part = NULL;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const size_t n = counts[i];
        const reel_tensor_list list = {r, NULL, n};
        ck_assert_int_eq(reel_gradients(x, NULL, n, NULL, &part), REEL_ERR_VALUE);
        reel_clear_error(r);
        ck_assert_int_eq(reel_random_split(r, 3, NULL, n, &part), REEL_ERR_VALUE);
        reel_clear_error(r);
        ck_assert_int_eq(reel_optimizer_load_state_dict(o, NULL, n), REEL_ERR_VALUE);
        reel_clear_error(r);
        ck_assert_int_eq(reel_ema_load_state_dict(ema, NULL, n), REEL_ERR_VALUE);
        reel_clear_error(r);
        ck_assert_ptr_null(reel_ema_new(list, (reel_ema_options){0}));
        reel_clear_error(r);
        ck_assert(isnan(reel_clip_grad_norm(list, 1, (reel_clip_options){0})));
        assert_error(r, REEL_ERR_VALUE, "is NULL");
    }
    reel_free(r);
}
END_TEST

static bool forward(reel_call *call)
{
    const bool kept = !reel_is_poison(reel_call_keep(call, 0, REEL_F32, 2, NULL));
    return kept || call->context;
}

START_TEST(arrays_of_custom_operations)
{
    reel *r = quiet_reel();
    reel_tensor *x = leaf(r);
    const reel_custom_op op = {.name = "two\nlines", .forward = forward, .outputs = 2};
    ck_assert_int_eq(reel_custom_all(&op, r, &x, 1, NULL), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "is NULL");
    ck_assert(reel_is_poison(reel_custom(&op, NULL, &x, 1)));
    assert_error(r, REEL_ERR_VALUE, "two lines: in its forward"); /* in one line */
    reel_free(r);
}
END_TEST

static double free_optimizer(void *context, size_t group, int64_t epoch)
{
    (void)group, (void)epoch;
    reel_optimizer_free(context);
    return 0.5;
}

typedef struct growing {
    reel *r;
    reel_optimizer *o;
} growing;

static double add_groups(void *context, size_t group, int64_t epoch)
{
    growing *g = context;
    for (int i = 0; i < 20 && epoch == 1 && group == 0; i++) {
        reel_tensor *x = leaf(g->r);
        reel_add_param_group(g->o, (reel_tensor_list){g->r, &x, 1}, NULL, 0);
    }
    return 0.5;
}

static double free_by_cycle(void *context, double cycle)
{
    (void)cycle;
    return free_optimizer(context, 0, 0);
}

START_TEST(a_schedule_is_a_callback)
{
    reel *r = quiet_reel();
    reel_module *m;
    growing g = {r, sgd(r, &m)};
    reel_scheduler *s = reel_lr_lambda(g.o, add_groups, &g);
    reel_step(g.o);
    ck_assert_int_eq(reel_scheduler_step(s), REEL_OK);
    ck_assert(reel_lr(g.o, 0) == 0.05);
    ck_assert_uint_eq(reel_param_groups(g.o), 21);
    reel_scheduler *freeing = reel_lr_lambda(sgd(r, &m), free_optimizer, g.o);
    ck_assert_ptr_nonnull(freeing);
    assert_error(r, REEL_ERR_STATE, "a callback cannot free what was there before it was called");
    reel_lr_cyclic(sgd(r, &m),
                   (reel_lr_cyclic_options){
                       .base_lr = 0.1, .max_lr = 1, .scale_fn = free_by_cycle, .context = g.o});
    assert_error(r, REEL_ERR_STATE, "a callback cannot free what was there before it was called");
    s = reel_lr_multiplicative(sgd(r, &m), free_optimizer, g.o);
    reel_scheduler_step(s);
    assert_error(r, REEL_ERR_STATE, "a callback cannot free what was there before it was called");
    ck_assert_uint_eq(reel_param_groups(g.o), 21);
    reel_free(r);
}
END_TEST

START_TEST(modes_that_there_are_not)
{
    reel *r = quiet_reel();
    reel_module *m;
    reel_lr_cyclic(sgd(r, &m), (reel_lr_cyclic_options){.mode = (reel_cyclic_mode)-1});
    assert_error(r, REEL_ERR_VALUE, "CyclicLR: the mode must be one of them");
    reel_lr_one_cycle(
        sgd(r, &m),
        (reel_lr_one_cycle_options){.total_steps = 5, .anneal_strategy = (reel_anneal_strategy)2});
    assert_error(r, REEL_ERR_VALUE, "OneCycleLR: anneal_strategy must be one of them");
    const reel_norm_options options = {.no_affine = true, .dtype = (reel_dtype)-1};
    ck_assert_ptr_null(reel_nn_batch_norm1d(r, 2, &options));
    assert_error(r, REEL_ERR_DTYPE, "BatchNorm1d: it is float32 or float64");
    reel_free(r);
}
END_TEST

START_TEST(an_epoch_that_is_no_number)
{
    reel *r = quiet_reel();
    reel_module *m;
    reel_scheduler *s =
        reel_lr_exponential(sgd(r, &m), (reel_lr_exponential_options){.gamma = 0.9});
    const double bad[] = {1e300, -1e300, DOUBLE_NAN};
    for (size_t k = 0; k < 3; k++) {
        reel_named_tensor entries[8];
        const reel_named_tensors state = reel_scheduler_state_dict(s);
        ck_assert_uint_le(state.count, 8);
        for (size_t i = 0; i < state.count; i++) {
            entries[i] = state.entries[i];
            if (strcmp(entries[i].name, "last_epoch") == 0) {
                entries[i].tensor = reel_scalar(r, REEL_F64, bad[k]);
            }
        }
        ck_assert_int_eq(reel_scheduler_load_state_dict(s, entries, state.count), REEL_OK);
        ck_assert_int_eq(reel_scheduler_last_epoch(s), 0);
    }
    reel_free(r);
}
END_TEST

START_TEST(a_tape_of_what_was_freed)
{
    char text[1 << 16] = "";
    reel *r = quiet_reel();
    reel_tensor *x = reel_set_name(leaf(r), "weight");
    reel_tensor *y = reel_mul(x, reel_ones(r, REEL_F32, REEL_SHAPE(2)));
    reel_tensor_free(x);
    FILE *stream = fmemopen(text, sizeof text, "w");
    ck_assert_ptr_nonnull(stream);
    reel_tape_print(r, stream);
    reel_tape_dot(y, stream);
    reel_tape_explain(y, stream);
    ck_assert_int_eq(reel_tape_json(y, stream), REEL_OK);
    ck_assert_int_eq(reel_tape_html(y, NULL, stream), REEL_OK);
    fclose(stream);
    ck_assert_ptr_nonnull(strstr(text, "freed"));
    ck_assert_ptr_null(strstr(text, "weight ="));
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

static void record_something(void *context, reel_level level, const char *message)
{
    (void)level, (void)message;
    reel_tensor **x = context;
    reel_exp(x[0]);        /* which the tape has then */
    reel_mul_(x[1], x[0]); /* and the history of an older tensor */
}

/* Errors come amid work whose memory is given back at its end, and with it what a handler has
 * recorded by then. */
START_TEST(what_a_handler_records)
{
    reel *r = quiet_reel();
    reel_module *m;
    reel_optimizer *o = sgd(r, &m);
    reel_tensor *x[2] = {leaf(r), reel_ones(r, REEL_F32, REEL_SHAPE(2))};
    reel_tensor *loss = reel_sum(reel_exp(x[0]));
    reel_set_message_handler(r, record_something, x);
    reel_early_stopping *stopping =
        reel_early_stopping_new(m, (reel_early_stopping_options){.patience = 1});
    ck_assert_int_ne(reel_save_state(m, "/nowhere/at/all"), REEL_OK);
    reel_clear_error(r);
    reel_early_stopping_load_state_dict(stopping, NULL, 1);
    reel_clear_error(r);
    ck_assert(isnan(reel_clip_grad_norm(reel_parameters(m), -1, (reel_clip_options){0})) ||
              !reel_failed(r));
    reel_clear_error(r);
    for (int i = 0; i < 50; i++) { /* over what was there */
        reel_randn(r, REEL_F32, REEL_SHAPE(1000));
        reel_exp(reel_ones(r, REEL_F32, REEL_SHAPE(1000)));
    }
    ck_assert_uint_gt(reel_tape_length(r), 0);
    ck_assert_int_eq(reel_backward(loss), REEL_OK);
    ck_assert(reel_get(reel_grad(x[0]), (int64_t[]){0}) > 2.7);
    ck_assert_int_eq(reel_step(o), REEL_OK);
    reel_free(r);
}
END_TEST

static reel_tensor *record_in_a_hook(reel_tensor *gradient, void *context)
{
    reel *r = reel_of(gradient);
    const bool was = reel_set_grad_enabled(r, true);
    reel_mul_(context, reel_exp(gradient));
    reel_tensor *x = leaf(r);
    reel_mul_(context, x);
    reel_set_grad_enabled(r, was);
    return NULL;
}

START_TEST(what_a_hook_records)
{
    reel *r = quiet_reel();
    reel_tensor *x = leaf(r), *kept = reel_ones(r, REEL_F32, REEL_SHAPE(2));
    reel_tensor *result = reel_exp(kept);
    reel_register_hook(x, record_in_a_hook, result);
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul(x, x))), REEL_OK);
    for (int i = 0; i < 50; i++) {
        reel_exp(reel_ones(r, REEL_F32, REEL_SHAPE(1000)));
    }
    ck_assert_uint_gt(reel_tape_length(r), 1); /* which goes through all of it */
    ck_assert(reel_get(result, (int64_t[]){1}) > 2.7);
    reel_free(r);
}
END_TEST

static reel_tensor *rewind_first(void *context)
{
    reel_tensor **x = context;
    reel *r = reel_of(x[0]);
    reel_rewind(r);
    reel_mark(r);
    reel_tensor *loss = reel_sum(reel_square(x[0]));
    reel_backward(loss);
    return loss;
}

START_TEST(a_mark_before_a_closure_that_rewinds)
{
    reel *r = quiet_reel();
    reel_tensor *x = leaf(r);
    reel_optimizer *o = reel_optim_sgd((reel_tensor_list){r, &x, 1}, (reel_sgd_options){.lr = 0.1});
    reel_exp(x);
    const uint64_t mark = reel_mark(r);
    ck_assert_int_eq(reel_step_with(o, rewind_first, &x, NULL), REEL_OK);
    for (int i = 0; i < 50; i++) {
        reel_exp(reel_ones(r, REEL_F32, REEL_SHAPE(1000)));
    }
    reel_rewind_to(r, mark);
    assert_error(r, REEL_ERR_STATE, "there is no such mark");
    reel_free(r);
}
END_TEST

static bool end_capture(reel_call *call, int output, reel_output_shape *shape)
{
    (void)output, (void)shape;
    ck_assert_ptr_null(reel_capture_end(reel_of(call->in[0])));
    return true;
}

static bool do_nothing(reel_call *call) { return call->inputs > 0; }

START_TEST(captures_end_where_they_began)
{
    static const reel_custom_op op = {.name = "own", .forward = do_nothing, .shape = end_capture};
    reel *r = quiet_reel();
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(2));
    reel_capture_begin(r);
    reel_custom(&op, NULL, &x, 1);
    assert_error(r, REEL_ERR_STATE, "capture_end: it cannot be called from a callback");
    ck_assert_ptr_null(reel_capture_end(r));
    assert_error(r, REEL_ERR_STATE, "capture_end: something failed since reel_capture_begin");
    reel_capture_begin(r);
    reel_clip_grad_norm((reel_tensor_list){r, NULL, 0}, 1, (reel_clip_options){0});
    reel_graph *empty = reel_capture_end(r);
    ck_assert_int_eq(reel_replay(empty), REEL_OK);
    reel_free(r);
}
END_TEST

static reel_tensor *stale;

static reel_tensor *return_stale(reel_module *m, reel_tensor *x, void *context)
{
    (void)m, (void)x, (void)context;
    return stale;
}

START_TEST(what_is_kept_or_returned_is_looked_at)
{
    reel *r = quiet_reel();
    reel_tensor *poison = reel_zeros(r, REEL_F32, -1, NULL);
    reel_clear_error(r);
    ck_assert_ptr_null(reel_nn_bce_loss(r, poison, REEL_MEAN));
    assert_error(r, REEL_ERR_STATE, "BCELoss: its weight is poison");
    const reel_cross_entropy_options options = {.weight = poison};
    ck_assert_ptr_null(reel_nn_cross_entropy(r, &options));
    assert_error(r, REEL_ERR_STATE, "CrossEntropyLoss: its weight is poison");
    reel_module *m = reel_nn_module(r, "own", return_stale, NULL);
    stale = reel_exp(leaf(r));
    reel_rewind(r);
    ck_assert(reel_is_poison(reel_forward(m, leaf(r))));
    assert_error(r, REEL_ERR_OWNER, "own: what its forward returned");
    reel_free(r);
}
END_TEST

START_TEST(sizes_of_what_has_no_elements)
{
    reel *r = quiet_reel();
    ck_assert(reel_is_poison(reel_zeros(r, REEL_F32, REEL_SHAPE(INT64_MAX, 2, 0))));
    assert_error(r, REEL_ERR_SHAPE, "too many elements");
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(INT64_MAX / 8, 0));
    ck_assert(!reel_is_poison(x));
    ck_assert(reel_is_poison(reel_repeat(x, (int64_t[]){9, 2}, 2)));
    assert_error(r, REEL_ERR_SHAPE, "too many elements");
    ck_assert(reel_is_poison(reel_reshape(x, REEL_SHAPE(0, INT64_MAX, INT64_MAX))));
    assert_error(r, REEL_ERR_SHAPE, "too many elements");
    reel_tensor *image = reel_ones(r, REEL_F32, REEL_SHAPE(1, 1, 2));
    ck_assert(reel_is_poison(reel_pad_image(image, (int64_t[]){-2, 1}, 2, REEL_PAD_CIRCULAR)));
    assert_error(r, REEL_ERR_SHAPE, "one must stay");
    ck_assert(reel_is_poison(reel_pad(image, (int64_t[]){INT64_MAX - 1, -2}, 2, 0)));
    assert_error(r, REEL_ERR_SHAPE, "");
    const reel_dims large = REEL_DIMS(INT32_MAX);
    const reel_pool_options padded = {
        .padding = REEL_DIMS(INT32_MAX / 2), .stride = REEL_DIMS(INT32_MAX), .ceil_mode = true};
    ck_assert_double_eq(reel_item(reel_max_pool1d(image, large, padded)), 1); /* at once */
    const reel_conv_options wide = {
        .dilation = REEL_DIMS(INT64_MAX), .same = true, .pad_mode = REEL_PAD_REFLECT};
    ck_assert(reel_is_poison(reel_forward(reel_nn_conv1d(r, 1, 1, REEL_DIMS(3), wide), image)));
    assert_error(r, REEL_ERR_VALUE, "dilation must be");
    x = reel_zeros(r, REEL_F32, REEL_SHAPE(0, INT64_MAX / 8));
    ck_assert(!reel_is_poison(reel_init_sparse(x, 0.5, 1))); /* at once */
    ck_assert_int_eq(reel_size(reel_unique_dim(x, 0).values, 0), 0);
    reel_free(r);
}
END_TEST

/* As PyTorch's: sequences of no rows have a result, and weights whose gradients are 0; however many
 * steps of nothing there are, they take no time, and nothing hangs on them twice. */
static void check_no_rows(reel_module *net, int64_t steps)
{
    reel *r = reel_of(reel_parameter(net, "weight_hh_l0"));
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(steps, 0, 3));
    reel_requires_grad_(x, true);
    const reel_rnn_result y = reel_forward_rnn(net, x, (reel_rnn_state){0});
    ck_assert_int_eq(reel_size(y.output, 0), steps);
    ck_assert_int_eq(reel_size(y.output, 1), 0);
    ck_assert_int_eq(reel_size(y.output, 2), 64);
    reel_tensor *all = reel_sum(y.output);
    ck_assert_int_eq(reel_backward_with(all, &(reel_backward_options){.create_graph = true}),
                     REEL_OK);
    reel_tensor *gradient = reel_grad(reel_parameter(net, "weight_hh_l0"));
    ck_assert_double_eq(reel_item(reel_sum(reel_abs(gradient))), 0);
    reel_backward(reel_sum(reel_square(gradient)));
    reel_clear_error(r);
    ck_assert_int_eq(reel_size(reel_grad(x), 0), steps);
}

START_TEST(recurrent_nets_on_no_rows)
{
    reel *r = quiet_reel();
    reel_module *nets[] = {reel_nn_lstm(r, 3, 64, NULL), reel_nn_gru(r, 3, 64, NULL),
                           reel_nn_rnn(r, 3, 64, NULL)};
    for (int i = 0; i < 3; i++) {
        check_no_rows(nets[i], 2);
        check_no_rows(nets[i], (int64_t)1 << 40);
    }
    reel_free(r);
}
END_TEST

/* A range of no width in float32 is PyTorch's of one, to each side of it. */
START_TEST(bins_without_a_width)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_from_f32(r, (float[]){0, 3e38F, 1}, REEL_SHAPE(3));
    reel_tensor *y = reel_histc(x, 4, 0, 1e-300);
    ck_assert(reel_item(reel_sum(y)) == 3);
    y = reel_histc(x, 4, 0, 3e38);
    ck_assert(reel_get(y, (int64_t[]){0}) == 2 && reel_get(y, (int64_t[]){3}) == 1);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(a_freed_table_has_no_lines)
{
    reel *r = quiet_reel();
    reel_table *t = reel_table_from_tensor(r, reel_ones(r, REEL_F32, REEL_SHAPE(3, 2)), NULL);
    ck_assert_int_eq(reel_table_line(t, 1), 2);
    reel_table_free(t);
    ck_assert_int_eq(reel_table_line(t, 1), 0);
    assert_error(r, REEL_ERR_OWNER, "the table has been freed");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, lists_that_are_null);
    tcase_add_test(cases, arrays_of_custom_operations);
    tcase_add_test(cases, a_schedule_is_a_callback);
    tcase_add_test(cases, modes_that_there_are_not);
    tcase_add_test(cases, an_epoch_that_is_no_number);
    tcase_add_test(cases, a_tape_of_what_was_freed);
    tcase_add_test(cases, what_a_handler_records);
    tcase_add_test(cases, what_a_hook_records);
    tcase_add_test(cases, a_mark_before_a_closure_that_rewinds);
    tcase_add_test(cases, captures_end_where_they_began);
    tcase_add_test(cases, what_is_kept_or_returned_is_looked_at);
    tcase_add_test(cases, sizes_of_what_has_no_elements);
    tcase_add_test(cases, recurrent_nets_on_no_rows);
    tcase_add_test(cases, bins_without_a_width);
    tcase_add_test(cases, a_freed_table_has_no_lines);
}

int main(void) { return run_suite("sequences", add_cases); }
