/* SPDX-License-Identifier: MIT */
/* What the library hands out beside tensors: freed, shared, one in the other, used from
 * callbacks. */
#include "check_reel.h"

#include <reel/reel.h>

static reel_module *linear(reel *r) { return reel_nn_linear(r, 2, 2); }

static reel_tensor *row(reel *r) { return reel_ones(r, REEL_F32, REEL_SHAPE(1, 2)); }

static reel_tensor *same(reel_module *m, reel_tensor *x, void *context)
{
    (void)m;
    (void)context;
    return x;
}

START_TEST(a_freed_module_is_told)
{
    reel *r = quiet_reel();
    reel_module *m = linear(r), *other = linear(r);
    reel_tensor_list list = reel_parameters(m);
    reel_module_free(m);
    ck_assert(reel_is_poison(reel_forward(m, row(r))));
    assert_error(r, REEL_ERR_OWNER, "forward: the module has been freed");
    reel_module_free(m);
    assert_error(r, REEL_ERR_OWNER, "module_free: the module has been freed");
    ck_assert_uint_eq(reel_parameters(m).count, 0);
    assert_error(r, REEL_ERR_OWNER, "parameters: the module has been freed");
    ck_assert_uint_eq(reel_state_count(m), 0);
    assert_error(r, REEL_ERR_OWNER, "state_count: the module has been freed");
    reel_train(m);
    assert_error(r, REEL_ERR_OWNER, "train: the module has been freed");
    ck_assert_int_eq(reel_module_add_child(other, "a", m), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "Linear: the module has been freed");
    ck_assert_ptr_null(reel_nn_sequential(r, REEL_MODULES(other, m)));
    assert_error(r, REEL_ERR_OWNER, "Sequential: the module has been freed");
    ck_assert_ptr_null(reel_optim_sgd(list, (reel_sgd_options){.lr = 1}));
    assert_error(r, REEL_ERR_OWNER, "SGD: a parameter, of shape (2, 2), has been freed");
    reel_free(r);
}
END_TEST

START_TEST(a_module_is_no_part_of_itself)
{
    static const char *const why = "'a' cannot be added: a module cannot be part of itself";
    reel *r = quiet_reel();
    reel_module *top = reel_nn_module(r, "top", same, NULL);
    reel_module *middle = reel_nn_module(r, "middle", same, NULL), *leaf = linear(r);
    reel_module_add_child(top, "left", middle);
    reel_module_add_child(top, "right", middle); /* in two places: no circle */
    reel_module_add_child(middle, "leaf", leaf);
    ck_assert(!reel_failed(r));
    ck_assert_int_eq(reel_module_add_child(top, "a", top), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, why);
    ck_assert_int_eq(reel_module_add_child(middle, "a", top), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, why);
    ck_assert_int_eq(reel_module_add_child(leaf, "a", top), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, why);
    ck_assert_uint_eq(reel_parameters(top).count, 2);
    ck_assert_uint_eq(reel_state_count(top), 4);
    reel_free(r);
}
END_TEST

START_TEST(too_many_levels_are_refused)
{
    reel *r = quiet_reel();
    reel_module *m = linear(r), *inner = m;
    int levels = 0;
    for (; inner && levels < 6000; levels++) {
        m = inner;
        inner = reel_nn_sequential(r, &m, 1);
    }
    assert_error(r, REEL_ERR_VALUE, "modules are in one another more than 5000 deep");
    ck_assert_int_gt(levels, 4000);
    ck_assert(!reel_is_poison(reel_forward(m, row(r))));
    ck_assert_uint_eq(reel_parameters(m).count, 2);
    reel_free(r);
}
END_TEST

/* From the outside in; and two towers, each allowed, that would be too high on one another. */
START_TEST(too_many_levels_whichever_way)
{
    static const char *const why = "modules are in one another more than 5000 deep";
    reel *r = quiet_reel();
    reel_module *top = reel_nn_module_list(r, NULL, 0), *last = top;
    int levels = 0;
    for (; !reel_failed(r) && levels < 6000; levels++) {
        reel_module *inner = reel_nn_module_list(r, NULL, 0);
        last = reel_module_append(last, inner) == REEL_OK ? inner : last;
    }
    assert_error(r, REEL_ERR_VALUE, why);
    ck_assert_int_eq(levels, 5000);
    reel_module_free(top);
    reel_module *towers[2];
    for (int i = 0; i < 2; i++) {
        towers[i] = linear(r);
        for (levels = 0; levels < 2600; levels++) {
            towers[i] = reel_nn_module_list(r, &towers[i], 1);
        }
    }
    reel_module *both = reel_nn_module_list(r, towers, 2); /* beside one another */
    ck_assert_uint_eq(reel_parameters(both).count, 4);
    for (last = towers[1]; reel_module_at(last, 0); last = reel_module_at(last, 0)) {
    }
    reel_module *third = linear(r);
    ck_assert_int_eq(reel_module_add_child(last, "third", third), REEL_OK);
    for (levels = 0; levels < 2600; levels++) {
        third = reel_nn_module_list(r, &third, 1);
    }
    ck_assert(!reel_failed(r));
    ck_assert_int_eq(reel_module_add_child(last, "fourth", third), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, why);
    ck_assert_int_eq(reel_module_add_child(last, "fifth", both), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "a module cannot be part of itself");
    ck_assert_int_eq(reel_module_add_child(last, "sixth", linear(r)), REEL_OK);
    reel_free(r);
}
END_TEST

START_TEST(names_of_many_members)
{
    reel *r = quiet_reel();
    reel_module *m = reel_nn_module(r, "m", same, NULL);
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name %d", i);
        ck_assert_int_eq(reel_module_add_child(m, name, linear(r)), REEL_OK);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name %d", i);
        ck_assert_int_eq(reel_module_add_child(m, name, linear(r)), REEL_ERR_VALUE);
        assert_error(r, REEL_ERR_VALUE, "there is a member of that name already");
    }
    ck_assert_int_eq(reel_module_add_child(m, "name 100", linear(r)), REEL_OK);
    reel_free(r);
}
END_TEST

/* As in PyTorch: m.a = m.b = Parameter(...); list(m.parameters()) has one, m.state_dict() two. */
START_TEST(tied_weights)
{
    reel *r = quiet_reel();
    reel_tensor *w = reel_ones(r, REEL_F32, REEL_SHAPE(2, 2)); /* older than what it is part of */
    reel_module *a = reel_nn_module(r, "a", same, NULL), *b = reel_nn_module(r, "b", same, NULL);
    reel_module *both = reel_nn_module_list(r, REEL_MODULES(a, b));
    ck_assert_int_eq(reel_module_add_parameter(a, "weight", w), REEL_OK);
    ck_assert_int_eq(reel_module_add_parameter(a, "again", w), REEL_OK);
    ck_assert_int_eq(reel_module_add_parameter(b, "weight", w), REEL_OK);
    ck_assert_uint_eq(reel_parameters(both).count, 1);
    ck_assert_int_eq(reel_parameter_count(both), 4);
    ck_assert_uint_eq(reel_state_count(both), 3);
    const reel_state_entry again = reel_state_at(both, 1);
    ck_assert_str_eq(again.name, "0.again");
    ck_assert_ptr_eq(reel_state_named(both, "1.weight"), w);
    ck_assert_ptr_nonnull(reel_optim_sgd(reel_parameters(both), (reel_sgd_options){.lr = 1}));
    reel_tensor_free(w);
    assert_error(r, REEL_ERR_OWNER, "tensor_free: its argument, of shape (2, 2), belongs to");
    reel_module_free(both);
    ck_assert(reel_is_poison(reel_exp(w)));
    assert_error(r, REEL_ERR_OWNER, "exp: its argument, of shape (2, 2), has been freed");
    reel_free(r);
}
END_TEST

START_TEST(what_is_shared_goes_with_the_last)
{
    reel *r = quiet_reel();
    reel_module *shared = linear(r);
    reel_module *a = reel_nn_sequential(r, &shared, 1), *b = reel_nn_sequential(r, &shared, 1);
    reel_module_free(shared);
    assert_error(r, REEL_ERR_OWNER, "module_free: the Linear is part of another module");
    reel_module_free(a);
    ck_assert(!reel_is_poison(reel_forward(b, row(r))));
    reel_module_free(b);
    reel_forward(shared, row(r));
    assert_error(r, REEL_ERR_OWNER, "forward: the module has been freed");
    reel_free(r);
}
END_TEST

START_TEST(a_container_takes_all_or_nothing)
{
    reel *r = quiet_reel();
    reel_module *first = linear(r), *last = linear(r);
    ck_assert_ptr_null(reel_nn_sequential(r, REEL_MODULES(first, NULL, last)));
    assert_error(r, REEL_ERR_VALUE, "Sequential: '1' cannot be added: the module is NULL");
    ck_assert_ptr_null(
        reel_nn_module_dict(r, (const char *[]){"a", "a"}, REEL_MODULES(first, last)));
    assert_error(r, REEL_ERR_VALUE,
                 "ModuleDict: 'a' cannot be added: there is a member of that name");
    ck_assert_ptr_null(reel_nn_sequential(r, NULL, 3));
    assert_error(r, REEL_ERR_VALUE, "Sequential: the array of modules is NULL");
    ck_assert_ptr_null(reel_nn_module_list(r, &first, -1));
    assert_error(r, REEL_ERR_VALUE, "ModuleList: the number of modules is negative");
    ck_assert_ptr_null(reel_nn_module_dict(r, NULL, &first, 1));
    assert_error(r, REEL_ERR_VALUE, "ModuleDict: the array of names is NULL");
    ck_assert(!reel_is_poison(reel_forward(first, reel_forward(last, row(r)))));
    reel_module_free(first);
    reel_module_free(last);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

START_TEST(lists_and_dicts)
{
    reel *r = quiet_reel();
    reel_module *list = reel_nn_module_list(r, REEL_MODULES(linear(r), linear(r))),
                *third = linear(r);
    ck_assert_int_eq(reel_module_append(list, third), REEL_OK);
    ck_assert_ptr_eq(reel_module_at(list, 2), third);
    ck_assert_ptr_eq(reel_module_child(list, "2"), third);
    ck_assert_ptr_null(reel_module_at(list, 3));
    ck_assert_ptr_null(reel_module_at(list, -1));
    reel_forward(list, row(r));
    assert_error(r, REEL_ERR_STATE, "ModuleList: it has no forward; call its children");
    reel_module *dict =
        reel_nn_module_dict(r, (const char *[]){"x", "y"}, REEL_MODULES(list, linear(r)));
    const reel_state_entry last = reel_state_at(dict, 4);
    ck_assert_str_eq(last.name, "x.2.weight");
    ck_assert_uint_eq(reel_parameters(dict).count, 8);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* Does what a module's forward is not to do. */
static reel_tensor *reckless(reel_module *m, reel_tensor *x, void *context)
{
    reel *r = reel_of(x);
    switch (*(const int *)context) {
    case 0:
        reel_rewind(r);
        break;
    case 1:
        reel_module_free(m);
        break;
    case 2:
        reel_tensor_free(x);
        break;
    case 3:
        reel_free(r);
        break;
    default:
        reel_tensor_free(reel_zeros(r, REEL_F32, REEL_SHAPE(2))); /* its own: allowed */
        reel_module_free(linear(r));
    }
    return reel_mul_scalar(x, 2);
}

START_TEST(a_callback_breaks_nothing)
{
    static const char *const why[] = {
        "rewind: it cannot be called from a callback",
        "module_free: a callback cannot free what was there before it was called",
        "tensor_free: a callback cannot free what was there before it was called",
        "free: it cannot be called from a callback"};
    reel *r = quiet_reel();
    int deed = 0;
    reel_module *m = reel_nn_module(r, "m", reckless, &deed);
    reel_tensor *x = row(r);
    for (; deed < 4; deed++) {
        reel_forward(m, x);
        assert_error(r, REEL_ERR_STATE, why[deed]);
    }
    ck_assert(reel_item(reel_sum(reel_forward(m, x))) == 4);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* A handler that uses the reel, does what cannot be, and causes messages of its own. */
static void busy_handler(void *context, reel_level level, const char *message)
{
    reel **r = context;
    (void)level;
    (void)message;
    reel_rewind(*r);
    reel_add(row(*r), reel_ones(*r, REEL_F32, REEL_SHAPE(3)));
    reel_free(*r);
}

START_TEST(a_handler_may_use_the_reel)
{
    reel *r = quiet_reel();
    reel_set_message_handler(r, busy_handler, &r);
    reel_tensor *y = reel_exp(row(r));
    reel_add(y, reel_ones(r, REEL_F32, REEL_SHAPE(4)));
    assert_error(r, REEL_ERR_SHAPE, "add: shapes (1, 2) and (4,) do not broadcast");
    ck_assert(!reel_is_poison(reel_exp(y)));
    reel_free(r);
}
END_TEST

START_TEST(an_optimizer_outlives_its_parameters)
{
    reel *r = quiet_reel();
    reel_module *m = linear(r), *other = linear(r);
    reel_optimizer *adam = reel_optim_adam(reel_parameters(other), (reel_adam_options){.lr = 0.1});
    for (int i = 0; i < 20; i++) { /* its slots move */
        reel_add_param_group(adam, reel_parameters(linear(r)), NULL, 0);
    }
    reel_add_param_group(adam, reel_parameters(m), NULL, 0);
    reel_scheduler *steps = reel_lr_step(adam, (reel_lr_step_options){.step_size = 1});
    reel_ema *ema = reel_ema_new(reel_parameters(m), (reel_ema_options){0});
    reel_early_stopping *stopping = reel_early_stopping_new(m, (reel_early_stopping_options){0});
    ck_assert_int_eq(reel_step(adam), REEL_OK);
    reel_module_free(m);
    ck_assert_int_eq(reel_step(adam), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "Adam: parameter 42 of 44 has been freed");
    reel_zero_grad(adam);
    assert_error(r, REEL_ERR_OWNER, "Adam: parameter 42 of 44 has been freed");
    ck_assert_int_eq(reel_ema_update(ema), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "EMA: a parameter has been freed");
    reel_early_stopping_step(stopping, 1);
    assert_error(r, REEL_ERR_OWNER, "early_stopping_step: what the module held has been freed");
    ck_assert_int_eq(reel_scheduler_step(steps), REEL_OK);
    reel_optimizer_free(adam);
    ck_assert_int_eq(reel_scheduler_step(steps), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "StepLR: its optimizer has been freed");
    ck_assert_int_eq(reel_step(adam), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "step: the optimizer has been freed");
    ck_assert_ptr_null(reel_lr_step(adam, (reel_lr_step_options){.step_size = 1}));
    assert_error(r, REEL_ERR_OWNER, "scheduler: the optimizer has been freed");
    reel_free(r);
}
END_TEST

START_TEST(what_an_optimizer_remembers_is_its_own)
{
    reel *r = quiet_reel();
    reel_optimizer *adam =
        reel_optim_adam(reel_parameters(linear(r)), (reel_adam_options){.lr = 0.1});
    reel_named_tensors all = reel_optimizer_state_dict(adam);
    for (size_t i = 0; i < all.count; i++) {
        if (strstr(all.entries[i].name, "exp_avg")) {
            reel_tensor_free(all.entries[i].tensor);
            assert_error(r, REEL_ERR_OWNER, "belongs to a module, an optimizer");
        }
    }
    reel_free(r);
}
END_TEST

START_TEST(a_loader_outlives_its_tensors)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(4, 2)), *batch = NULL;
    reel_loader *loader = reel_loader_new(r, &x, 1, (reel_loader_options){.batch_size = 2});
    ck_assert(reel_loader_next(loader, &batch));
    reel_tensor_free(batch);
    assert_error(r, REEL_ERR_OWNER, "belongs to a module, an optimizer, a loader");
    reel_tensor_free(x);
    ck_assert(!reel_loader_next(loader, &batch));
    assert_error(r, REEL_ERR_OWNER, "loader: a tensor whose rows it hands out has been freed");
    reel_loader_free(loader);
    ck_assert(!reel_loader_next(loader, &batch));
    assert_error(r, REEL_ERR_OWNER, "loader_next: the loader has been freed");
    reel_exp(batch);
    assert_error(r, REEL_ERR_OWNER, "exp: its argument, of shape (2, 2), has been freed");
    reel_free(r);
}
END_TEST

START_TEST(tables_and_encoders)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_randn(r, REEL_F32, REEL_SHAPE(9, 2));
    reel_table *t = reel_table_from_tensor(r, x, (const char *[]){"a", "b"});
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "b"});
    ck_assert_ptr_nonnull(e);
    reel_encoder_free(e);
    ck_assert(reel_is_poison(reel_encode(e, t, NULL)));
    assert_error(r, REEL_ERR_OWNER, "encode: the encoder has been freed");
    ck_assert_uint_eq(reel_encoder_columns(e), 0);
    assert_error(r, REEL_ERR_OWNER, "encoder_columns: the encoder has been freed");
    reel_table_free(t);
    ck_assert_ptr_null(reel_table_name(t, 0));
    assert_error(r, REEL_ERR_OWNER, "table_name: the table has been freed");
    reel_table_free(t);
    assert_error(r, REEL_ERR_OWNER, "table_free: the table has been freed");
    reel_free(r);
}
END_TEST

START_TEST(a_graph_is_told_what_has_gone)
{
    reel *r = quiet_reel();
    reel_module *m = linear(r);
    reel_tensor *x = row(r);
    reel_capture_begin(r);
    reel_forward(m, x);
    reel_graph *graph = reel_capture_end(r);
    ck_assert_int_eq(reel_replay(graph), REEL_OK);
    reel_module_free(m);
    ck_assert_int_eq(reel_replay(graph), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "replay: a tensor, module or optimizer that the step uses");
    reel_graph_free(graph);
    ck_assert_int_eq(reel_replay(graph), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "replay: the captured step has been freed");
    reel_free(r);
}
END_TEST

START_TEST(joined_parameters)
{
    reel *r = quiet_reel();
    reel_module *a = linear(r), *b = linear(r);
    const reel_tensor_list lists[] = {reel_parameters(a), reel_parameters(b), reel_parameters(a)};
    reel_tensor_list all = reel_join_parameters(lists, 3);
    ck_assert_uint_eq(all.count, 4);
    ck_assert_ptr_eq(all.tensors[2], reel_parameter(b, "weight"));
    ck_assert_ptr_nonnull(reel_optim_sgd(all, (reel_sgd_options){.lr = 1}));
    ck_assert_uint_eq(reel_join_parameters(NULL, 2).count, 0);
    ck_assert(!reel_failed(r));
    reel_module_free(b);
    ck_assert_uint_eq(reel_join_parameters(&all, 1).count, 0);
    assert_error(r, REEL_ERR_OWNER,
                 "join_parameters: a parameter, of shape (2, 2), has been freed");
    reel_free(r);
}
END_TEST

/* A handle's address is another one's only much later, and its memory no more than is needed. */
START_TEST(freed_handles_do_not_pile_up)
{
    reel *r = quiet_reel();
    reel_module *first = reel_nn_relu(r);
    reel_module_free(first);
    for (int i = 0; i < 5000; i++) {
        reel_module *m = reel_nn_relu(r);
        ck_assert(i >= 200 || m != first);
        reel_module_free(m);
    }
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, a_freed_module_is_told);
    tcase_add_test(cases, a_module_is_no_part_of_itself);
    tcase_add_test(cases, too_many_levels_are_refused);
    tcase_add_test(cases, too_many_levels_whichever_way);
    tcase_add_test(cases, names_of_many_members);
    tcase_add_test(cases, tied_weights);
    tcase_add_test(cases, what_is_shared_goes_with_the_last);
    tcase_add_test(cases, a_container_takes_all_or_nothing);
    tcase_add_test(cases, lists_and_dicts);
    tcase_add_test(cases, a_callback_breaks_nothing);
    tcase_add_test(cases, a_handler_may_use_the_reel);
    tcase_add_test(cases, an_optimizer_outlives_its_parameters);
    tcase_add_test(cases, what_an_optimizer_remembers_is_its_own);
    tcase_add_test(cases, a_loader_outlives_its_tensors);
    tcase_add_test(cases, tables_and_encoders);
    tcase_add_test(cases, a_graph_is_told_what_has_gone);
    tcase_add_test(cases, joined_parameters);
    tcase_add_test(cases, freed_handles_do_not_pile_up);
}

int main(void) { return run_suite("handles", add_cases); }
