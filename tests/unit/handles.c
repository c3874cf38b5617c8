/* SPDX-License-Identifier: MIT */
/* What the library hands out beside tensors: freed, shared, one in the other, used from callbacks. */
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
    ck_assert_str_eq(reel_state_at(both, 1).name, "0.again");
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
    ck_assert_str_eq(reel_state_at(dict, 4).name, "x.2.weight");
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

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, a_freed_module_is_told);
    tcase_add_test(cases, a_module_is_no_part_of_itself);
    tcase_add_test(cases, too_many_levels_are_refused);
    tcase_add_test(cases, tied_weights);
    tcase_add_test(cases, what_is_shared_goes_with_the_last);
    tcase_add_test(cases, a_container_takes_all_or_nothing);
    tcase_add_test(cases, lists_and_dicts);
    tcase_add_test(cases, a_callback_breaks_nothing);
    tcase_add_test(cases, a_handler_may_use_the_reel);
}

int main(void) { return run_suite("handles", add_cases); }
