/* SPDX-License-Identifier: MIT */
/* What a user can do wrong: each a status and a sentence, and the program still runs afterwards. */
#include "check_reel.h"

#include <reel/reel.h>

static reel_tensor *numbers(reel *r, int ndim, const int64_t *size)
{
    return reel_randn(r, REEL_F32, ndim, size);
}

/* Mistakes. Each returns what the failed call returned. */

static reel_tensor *shapes_do_not_broadcast(reel *r)
{
    return reel_add(numbers(r, REEL_SHAPE(2, 3)), numbers(r, REEL_SHAPE(4)));
}
static reel_tensor *products_do_not_fit(reel *r)
{
    return reel_matmul(numbers(r, REEL_SHAPE(2, 3)), numbers(r, REEL_SHAPE(4, 5)));
}
static reel_tensor *one_dim_into_linear(reel *r)
{
    return reel_forward(reel_nn_linear(r, 1, 1), numbers(r, REEL_SHAPE(5)));
}
static reel_tensor *doubles_into_linear(reel *r)
{
    return reel_forward(reel_nn_linear(r, 2, 1), reel_ones(r, REEL_F64, REEL_SHAPE(5, 2)));
}
static reel_tensor *loss_shapes(reel *r)
{
    return reel_l1_loss(numbers(r, REEL_SHAPE(3)), numbers(r, REEL_SHAPE(4)), REEL_MEAN);
}
static reel_tensor *unknown_reduction(reel *r)
{
    reel_tensor *x = numbers(r, REEL_SHAPE(3));
    return reel_l1_loss(x, x, (reel_reduction)7);
}
static reel_tensor *reduction_from_a_wrong_name(reel *r)
{
    reel_module *m = reel_nn_l1_loss(
        r, (reel_l1_loss_options){.reduction = (reel_reduction)reel_reduction_from_name("avg")});
    reel_tensor *x = numbers(r, REEL_SHAPE(3));
    return reel_loss(m, x, x);
}
static reel_tensor *loss_of_bools(reel *r)
{
    reel_tensor *x = reel_ones(r, REEL_BOOL, REEL_SHAPE(3));
    return reel_mse_loss(x, x, REEL_MEAN);
}
static reel_tensor *mean_of_integers(reel *r)
{
    return reel_mean(reel_arange(r, REEL_I64, 0, 3, 1));
}
static reel_tensor *integer_leaf(reel *r)
{
    return reel_requires_grad_(reel_arange(r, REEL_I64, 0, 3, 1), true);
}
static reel_tensor *result_as_leaf(reel *r)
{
    reel_tensor *x = reel_requires_grad_(numbers(r, REEL_SHAPE(3)), true);
    return reel_requires_grad_(reel_exp(x), false);
}
static reel_tensor *dim_out_of_range(reel *r)
{
    return reel_sum_dim(numbers(r, REEL_SHAPE(2, 3)), (int64_t[]){2}, 1, false);
}
static reel_tensor *dim_named_twice(reel *r)
{
    return reel_sum_dim(numbers(r, REEL_SHAPE(2, 3)), (int64_t[]){1, -1}, 2, false);
}
static reel_tensor *shape_of_another_size(reel *r)
{
    return reel_view(numbers(r, REEL_SHAPE(2, 3)), REEL_SHAPE(4, -1));
}
static reel_tensor *no_such_dtype(reel *r)
{
    return reel_to(numbers(r, REEL_SHAPE(3)), (reel_dtype)9);
}
static reel_tensor *null_tensor(reel *r) { return reel_mul(numbers(r, REEL_SHAPE(3)), NULL); }
static reel_tensor *null_first(reel *r) { return reel_sub(NULL, numbers(r, REEL_SHAPE(3))); }
static reel_tensor *null_into_module(reel *r)
{
    return reel_forward(reel_nn_linear(r, 1, 1), NULL);
}
static reel_tensor *null_target(reel *r)
{
    return reel_loss(reel_nn_l1_loss(r, (reel_l1_loss_options){0}), numbers(r, REEL_SHAPE(3)),
                     NULL);
}
static reel_tensor *null_module(reel *r)
{
    return reel_forward(NULL, numbers(r, REEL_SHAPE(3, 1)));
}
static reel_tensor *loss_as_layer(reel *r)
{
    return reel_forward(reel_nn_l1_loss(r, (reel_l1_loss_options){0}), numbers(r, REEL_SHAPE(3)));
}
static reel_tensor *layer_as_loss(reel *r)
{
    reel_tensor *x = numbers(r, REEL_SHAPE(3, 1));
    return reel_loss(reel_nn_linear(r, 1, 1), x, x);
}

static const struct {
    reel_tensor *(*mistake)(reel *r);
    reel_status status;
    const char *operation, *values; /* both in the sentence */
} mistakes[] = {
    {shapes_do_not_broadcast, REEL_ERR_SHAPE, "add:", "(2, 3) and (4,)"},
    {products_do_not_fit, REEL_ERR_SHAPE, "matmul:", "(2, 3) and (4, 5)"},
    {one_dim_into_linear, REEL_ERR_SHAPE, "linear:", "(5,)"},
    {doubles_into_linear, REEL_ERR_DTYPE, "linear:", "float64 and float32"},
    {loss_shapes, REEL_ERR_SHAPE, "l1_loss:", "(3,) and (4,)"},
    {unknown_reduction, REEL_ERR_VALUE, "l1_loss:", "reduction 7"},
    {reduction_from_a_wrong_name, REEL_ERR_VALUE, "l1_loss:", "reduction -1"},
    {loss_of_bools, REEL_ERR_DTYPE, "mse_loss:", "bool"},
    {mean_of_integers, REEL_ERR_DTYPE, "mean:", "int64"},
    {integer_leaf, REEL_ERR_DTYPE, "requires_grad_:", "int64"},
    {result_as_leaf, REEL_ERR_STATE, "requires_grad_:", "exp"},
    {dim_out_of_range, REEL_ERR_SHAPE, "sum:", "dim 2"},
    {dim_named_twice, REEL_ERR_SHAPE, "sum:", "dim 1"},
    {shape_of_another_size, REEL_ERR_SHAPE, "view:", "(2, 3)"},
    {no_such_dtype, REEL_ERR_DTYPE, "to:", "dtype 9"},
    {null_tensor, REEL_ERR_OWNER, "mul:", "NULL"},
    {null_first, REEL_ERR_OWNER, "sub:", "NULL"},
    {null_into_module, REEL_ERR_OWNER, "Linear:", "NULL"},
    {null_target, REEL_ERR_OWNER, "l1_loss:", "NULL"},
    {null_module, REEL_ERR_OWNER, "forward:", "module is NULL"},
    {loss_as_layer, REEL_ERR_VALUE, "L1Loss:", "reel_loss"},
    {layer_as_loss, REEL_ERR_VALUE, "Linear:", "reel_forward"},
};
enum { MISTAKES = sizeof mistakes / sizeof *mistakes };

/* One step of training: what has to go on working. */
static void assert_still_runs(reel *r)
{
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(4, 1));
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.5});
    double before = reel_item(reel_parameter(model, "bias"));
    reel_tensor *loss = reel_mse_loss(reel_forward(model, x), reel_zeros_like(x), REEL_MEAN);
    ck_assert_int_eq(reel_backward(loss), REEL_OK);
    ck_assert_int_eq(reel_step(sgd), REEL_OK);
    ck_assert(reel_item(reel_parameter(model, "bias")) != before);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_optimizer_free(sgd);
    reel_module_free(model);
    reel_rewind(r);
}

START_TEST(each_mistake_is_a_sentence)
{
    reel *r = quiet_reel();
    for (int i = 0; i < MISTAKES; i++) {
        reel_tensor *t = mistakes[i].mistake(r);
        ck_assert_msg(reel_is_poison(t) && t != NULL, "%s gives no poison", mistakes[i].operation);
        ck_assert_msg(reel_error_status(r) == mistakes[i].status, "status %d: %s",
                      (int)reel_error_status(r), reel_error(r));
        ck_assert_msg(
            strncmp(reel_error(r), mistakes[i].operation, strlen(mistakes[i].operation)) == 0,
            "\"%s\" does not start with %s", reel_error(r), mistakes[i].operation);
        assert_error(r, mistakes[i].status, mistakes[i].values);
        assert_still_runs(r);
    }
    reel_free(r);
}
END_TEST

START_TEST(optimizers_refuse)
{
    static const struct {
        reel_sgd_options options;
        const char *part;
    } bad[] = {
        {{.lr = -0.1}, "lr must not be negative, and is -0.1"},
        {{.lr = DOUBLE_NAN}, "lr must not be negative, and is nan"},
        {{.lr = 0.1, .momentum = -1}, "momentum must not be negative, and is -1"},
        {{.lr = 0.1, .weight_decay = -2}, "weight_decay must not be negative, and is -2"},
        {{.lr = 0.1, .nesterov = true}, "nesterov needs a momentum"},
        {{.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .nesterov = true},
         "no dampening, and is 0.5"},
    };
    reel *r = quiet_reel();
    reel_module *model = reel_nn_linear(r, 1, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_ptr_null(reel_optim_sgd(reel_parameters(model), bad[i].options));
        ck_assert_msg(strncmp(reel_error(r), "SGD: ", 5) == 0, "%s", reel_error(r));
        assert_error(r, REEL_ERR_VALUE, bad[i].part);
    }
    const reel_sgd_options good = {.lr = 0.1};
    ck_assert_ptr_null(reel_optim_sgd((reel_tensor_list){r, NULL, 0}, good));
    assert_error(r, REEL_ERR_VALUE, "SGD: the list of parameters is empty");
    reel_tensor *whole = reel_arange(r, REEL_I64, 0, 3, 1), *none = NULL;
    ck_assert_ptr_null(reel_optim_sgd((reel_tensor_list){r, &whole, 1}, good));
    assert_error(r, REEL_ERR_VALUE, "SGD: a int64 tensor of shape (3,)");
    ck_assert_ptr_null(reel_optim_sgd((reel_tensor_list){r, &none, 1}, good));
    assert_error(r, REEL_ERR_OWNER, "SGD: a parameter is NULL");
    ck_assert_ptr_null(reel_optim_sgd(reel_parameters(NULL), good));
    ck_assert(!reel_failed(r));
    assert_still_runs(r);
    reel_free(r);
}
END_TEST

START_TEST(modules_refuse)
{
    reel *r = quiet_reel();
    ck_assert_ptr_null(reel_nn_linear(r, 0, 1));
    assert_error(r, REEL_ERR_VALUE, "Linear: 0 to 1 features");
    ck_assert_ptr_null(reel_nn_linear(r, 2, -3));
    assert_error(r, REEL_ERR_VALUE, "Linear: 2 to -3 features");
    ck_assert_ptr_null(reel_nn_linear_with(r, 1, 1, &(reel_linear_options){.dtype = REEL_I64}));
    assert_error(r, REEL_ERR_VALUE, "int64");
    ck_assert_ptr_null(reel_nn_linear(r, INT64_MAX / 2, 3));
    assert_error(r, REEL_ERR_SHAPE, "too many");
    assert_still_runs(r);
    reel_free(r);
}
END_TEST

START_TEST(reels_do_not_mix)
{
    reel *r = quiet_reel(), *other = quiet_reel();
    reel_tensor *x = numbers(r, REEL_SHAPE(3, 1)), *stranger = numbers(other, REEL_SHAPE(3, 1));
    ck_assert(reel_is_poison(reel_add(x, stranger)));
    assert_error(r, REEL_ERR_OWNER,
                 "add: its second argument, of shape (3, 1), belongs to another reel");
    ck_assert(reel_is_poison(reel_forward(reel_nn_linear(r, 1, 1), stranger)));
    assert_error(r, REEL_ERR_OWNER,
                 "Linear: its argument, of shape (3, 1), belongs to another reel");
    reel_module *loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    ck_assert(reel_is_poison(reel_loss(loss, x, stranger)));
    assert_error(r, REEL_ERR_OWNER,
                 "l1_loss: its second argument, of shape (3, 1), belongs to another reel");
    ck_assert_ptr_null(
        reel_optim_sgd((reel_tensor_list){r, &stranger, 1}, (reel_sgd_options){.lr = 1}));
    assert_error(r, REEL_ERR_OWNER, "SGD: a parameter, of shape (3, 1), belongs to another reel");
    reel_requires_grad_(x, true);
    reel_backward_options options = {.gradient = stranger};
    ck_assert_int_eq(reel_backward_with(reel_neg(x), &options), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER,
                 "backward: the gradient, of shape (3, 1), belongs to another reel");
    ck_assert(!reel_failed(other));
    assert_still_runs(r);
    assert_still_runs(other);
    reel_free(r);
    reel_free(other);
}
END_TEST

START_TEST(poison_passes_through_chains)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_requires_grad_(numbers(r, REEL_SHAPE(2, 3)), true);
    reel_tensor *bad = reel_add(x, numbers(r, REEL_SHAPE(4)));
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", reel_error(r));
    reel_tensor *chain = reel_mean(reel_tanh(reel_mul(reel_t(reel_matmul(bad, x)), x)));
    ck_assert_ptr_eq(chain, bad);
    ck_assert(reel_is_poison(reel_l1_loss(x, bad, REEL_MEAN)));
    ck_assert(reel_is_poison(reel_unsqueeze(reel_select(bad, 0, 5), 9)));
    ck_assert(reel_is_poison(reel_keep(bad)) && reel_is_poison(reel_detach(bad)));
    ck_assert(isnan(reel_item(bad)) && isnan(reel_get(bad, NULL)));
    ck_assert_str_eq(reel_repr(bad), "poison");
    ck_assert_str_eq(reel_item_repr(bad), "poison");
    ck_assert(reel_ndim(bad) == 0 && reel_numel(bad) == 0 && reel_size(bad, 0) == -1);
    ck_assert(!reel_grad(bad) && !reel_requires_grad(bad) && reel_data_f32(bad) == NULL);
    float out;
    ck_assert_int_eq(reel_to_f32(bad, &out, 1), REEL_ERR_SHAPE);
    ck_assert_int_eq(reel_set(bad, NULL, 1), REEL_ERR_SHAPE);
    reel_tensor_free(bad);
    reel_tape_dot(bad, stdout);
    ck_assert_str_eq(reel_error(r), sentence);
    ck_assert_int_eq(reel_backward(chain), REEL_ERR_SHAPE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_backward(chain), REEL_ERR_OWNER); /* poison stays poison */
    ck_assert_ptr_null(reel_grad(x));
    ck_assert(!reel_failed(r));
    assert_still_runs(r);
    reel_free(r);
}
END_TEST

/* The first error stays until it is cleared; until then nothing trains, and nothing changes. */
START_TEST(the_first_error_sticks)
{
    reel *r = quiet_reel();
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.5});
    reel_tensor *bias = reel_parameter(model, "bias");
    reel_tensor *loss = reel_sum(reel_forward(model, numbers(r, REEL_SHAPE(3, 1))));
    reel_backward(loss);
    double before = reel_item(bias), gradient = reel_item(reel_grad(bias));
    mean_of_integers(r);
    shapes_do_not_broadcast(r);
    ck_assert_int_eq(reel_error_status(r), REEL_ERR_DTYPE);
    ck_assert(strstr(reel_error(r), "mean:") == reel_error(r));
    ck_assert_int_eq(reel_backward(reel_sum(reel_forward(model, numbers(r, REEL_SHAPE(3, 1))))),
                     REEL_ERR_DTYPE);
    ck_assert_int_eq(reel_step(sgd), REEL_ERR_DTYPE);
    ck_assert(reel_item(bias) == before && reel_item(reel_grad(bias)) == gradient);
    reel_clear_error(r);
    ck_assert_str_eq(reel_error(r), "");
    ck_assert_int_eq(reel_step(sgd), REEL_OK);
    ck_assert(reel_item(bias) == before - 0.5 * gradient);
    reel_free(r);
}
END_TEST

typedef struct log {
    int count[2];
    char last[512];
} log_of_messages;

static void keep_message(void *context, reel_level level, const char *message)
{
    log_of_messages *log = context;
    log->count[level]++;
    snprintf(log->last, sizeof log->last, "%s", message);
}

START_TEST(messages_go_to_the_handler)
{
    log_of_messages log = {{0}, ""};
    reel *r = reel_new_with(&(reel_options){.handler = keep_message, .handler_context = &log});
    mean_of_integers(r);
    ck_assert_int_eq(log.count[REEL_ERROR], 1);
    ck_assert_str_eq(log.last, reel_error(r));
    reel_tensor *bad = shapes_do_not_broadcast(r); /* not recorded any more, but told */
    ck_assert_int_eq(log.count[REEL_ERROR], 2);
    ck_assert(strstr(log.last, "add:") == log.last && strstr(reel_error(r), "mean:"));
    ck_assert(strchr(log.last, '\n') == NULL);
    reel_tanh(reel_exp(reel_sum(bad)));
    ck_assert_int_eq(log.count[REEL_ERROR], 2); /* poison is silent */
    reel_clear_error(r);
    reel_tensor *wide = numbers(r, REEL_SHAPE(3, 1)), *flat = numbers(r, REEL_SHAPE(3));
    ck_assert(!reel_is_poison(reel_l1_loss(wide, flat, REEL_MEAN)));
    ck_assert_int_eq(log.count[REEL_WARNING], 1);
    ck_assert(strstr(log.last, "(3, 1)") && strstr(log.last, "(3,)") && strstr(log.last, "(3, 3)"));
    reel_mse_loss(wide, flat, REEL_NONE);
    ck_assert_int_eq(log.count[REEL_WARNING], 2);
    reel_l1_loss(flat, flat, REEL_MEAN);
    reel_nn_l1_loss(r, (reel_l1_loss_options){.reduction = REEL_SUM});
    ck_assert_int_eq(log.count[REEL_WARNING], 2);
    reel_nn_l1_loss(r, (reel_l1_loss_options){.reduce = REEL_FALSE});
    ck_assert_int_eq(log.count[REEL_WARNING], 3);
    ck_assert(!reel_failed(r)); /* a warning is no error */
    reel_free(r);
}
END_TEST

START_TEST(reading_refuses)
{
    reel *r = quiet_reel();
    reel_tensor *t = reel_arange(r, REEL_F32, 0, 6, 1);
    reel_tensor *m = reel_t(reel_view(t, REEL_SHAPE(2, 3)));
    double out[6];
    ck_assert(isnan(reel_item(t)));
    assert_error(r, REEL_ERR_SHAPE, "item: a tensor of shape (6,) has 6 elements");
    ck_assert(isnan(reel_get(m, (int64_t[]){3, 0})));
    assert_error(r, REEL_ERR_VALUE, "get: index 3 is out of range for dim 0 of shape (3, 2)");
    ck_assert_int_eq(reel_to_f64(t, out, 5), REEL_ERR_SHAPE);
    assert_error(r, REEL_ERR_SHAPE, "to_f64: room for 5 elements, but shape (6,) has 6");
    ck_assert_int_eq(reel_to_f64(t, NULL, 6), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "to_f64");
    ck_assert_ptr_null(reel_data_f64(t));
    assert_error(r, REEL_ERR_DTYPE, "data_f64: the tensor is float32");
    ck_assert_ptr_null(reel_data_f32(m));
    assert_error(r, REEL_ERR_SHAPE, "data_f32: the tensor of shape (3, 2) is not contiguous");
    ck_assert_int_eq(reel_size(t, 1), -1);
    assert_error(r, REEL_ERR_SHAPE, "size: there is no dim 1 in shape (6,)");
    reel_requires_grad_(t, true);
    ck_assert_int_eq(reel_set(t, (int64_t[]){0}, 1), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "set: a tensor of shape (6,) that requires grad");
    assert_still_runs(r);
    reel_free(r);
}
END_TEST

/* Every function takes the lack of a reel or a tensor. */
START_TEST(null_is_tolerated)
{
    reel_free(NULL);
    reel_rewind(NULL);
    reel_clear_error(NULL);
    reel_manual_seed(NULL, 1);
    reel_set_message_handler(NULL, NULL, NULL);
    reel_retain_all_grads(NULL, true);
    reel_retain_grad(NULL);
    reel_zero_grad(NULL);
    reel_zero_grad_of(NULL);
    reel_tensor_free(NULL);
    reel_module_free(NULL);
    reel_optimizer_free(NULL);
    reel_tape_print(NULL, stdout);
    reel_tape_dot(NULL, stdout);
    ck_assert(reel_failed(NULL) && reel_error_status(NULL) != REEL_OK && *reel_error(NULL));
    ck_assert(!reel_add(NULL, NULL) && !reel_neg(NULL) && !reel_matmul(NULL, NULL));
    ck_assert(!reel_add_scalar(NULL, 1) && !reel_where(NULL, NULL, NULL) && !reel_t(NULL));
    ck_assert(!reel_sum(NULL) && !reel_l1_loss(NULL, NULL, REEL_MEAN) && !reel_detach(NULL));
    ck_assert(!reel_linear(NULL, NULL, NULL) && !reel_keep(NULL) && !reel_grad(NULL));
    ck_assert(!reel_nn_linear(NULL, 1, 1) && !reel_forward(NULL, NULL) &&
              !reel_loss(NULL, NULL, NULL));
    ck_assert(!reel_nn_mse_loss(NULL, (reel_mse_loss_options){0}) &&
              !reel_parameter(NULL, "weight"));
    ck_assert(!reel_requires_grad_(NULL, true) && !reel_set_name(NULL, "x") && !reel_of(NULL));
    ck_assert(!reel_optim_sgd((reel_tensor_list){0}, (reel_sgd_options){.lr = -1}));
    ck_assert(reel_backward(NULL) != REEL_OK && reel_step(NULL) != REEL_OK);
    ck_assert(reel_set(NULL, NULL, 0) != REEL_OK && reel_to_f32(NULL, NULL, 0) != REEL_OK);
    ck_assert(isnan(reel_item(NULL)) && reel_numel(NULL) == 0 && reel_tape_length(NULL) == 0);
    ck_assert(!reel_grad_enabled(NULL) && !reel_set_grad_enabled(NULL, true));
}
END_TEST

#define STALE ", was made before the last reel_rewind; keep such a result with reel_keep"

/* A tensor of before the rewind. */
START_TEST(a_stale_tensor_is_a_sentence)
{
    reel *r = quiet_reel();
    reel_tensor *x = numbers(r, REEL_SHAPE(3));
    reel_tensor *stale = reel_exp(x);
    reel_rewind(r);
    ck_assert(reel_is_poison(reel_add(x, stale)));
    assert_error(r, REEL_ERR_OWNER, "add: its second argument, of shape (3,)" STALE);
    ck_assert(reel_is_poison(reel_neg(stale)));
    assert_error(r, REEL_ERR_OWNER, "neg: its argument, of shape (3,)" STALE);
    ck_assert(reel_is_poison(reel_add_scalar(stale, 1)));
    assert_error(r, REEL_ERR_OWNER, "add: its argument, of shape (3,)" STALE);
    ck_assert(reel_is_poison(reel_unsqueeze(stale, 0)));
    assert_error(r, REEL_ERR_OWNER, "unsqueeze: its argument, of shape (3,)" STALE);
    ck_assert(reel_is_poison(reel_matmul(stale, x)));
    assert_error(r, REEL_ERR_OWNER, STALE);
    ck_assert(reel_is_poison(reel_l1_loss(x, stale, REEL_MEAN)));
    assert_error(r, REEL_ERR_OWNER, "l1_loss: its second argument, of shape (3,)" STALE);
    ck_assert(reel_is_poison(reel_forward(reel_nn_linear(r, 3, 1), stale)));
    assert_error(r, REEL_ERR_OWNER, "Linear: its argument, of shape (3,)" STALE);
    ck_assert(reel_is_poison(reel_keep(stale)));
    assert_error(r, REEL_ERR_OWNER, "keep: its argument, of shape (3,)" STALE);
    ck_assert(reel_is_poison(reel_full_like(stale, 1)));
    assert_error(r, REEL_ERR_OWNER, "full_like: its argument, of shape (3,)" STALE);
    ck_assert_int_eq(reel_backward(stale), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "backward: its argument, of shape (3,)" STALE);
    ck_assert_ptr_null(reel_grad(stale));
    assert_error(r, REEL_ERR_OWNER, "grad: its argument, of shape (3,)" STALE);
    assert_still_runs(r);
    reel_free(r);
}
END_TEST

START_TEST(reading_a_stale_tensor_is_a_sentence)
{
    reel *r = quiet_reel();
    reel_tensor *stale = reel_sum(numbers(r, REEL_SHAPE(3)));
    float out;
    reel_rewind(r);
    ck_assert(isnan(reel_item(stale)));
    assert_error(r, REEL_ERR_OWNER, "item: its argument, of shape ()" STALE);
    ck_assert_str_eq(reel_item_repr(stale), "poison");
    assert_error(r, REEL_ERR_OWNER, "item_repr: its argument, of shape ()" STALE);
    ck_assert_str_eq(reel_repr(stale), "poison");
    assert_error(r, REEL_ERR_OWNER, "repr: its argument, of shape ()" STALE);
    ck_assert_int_eq(reel_to_f32(stale, &out, 1), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "to_f32: its argument, of shape ()" STALE);
    ck_assert_ptr_null(reel_data_f32(stale));
    assert_error(r, REEL_ERR_OWNER, "data_f32: its argument, of shape ()" STALE);
    ck_assert_int_eq(reel_set(stale, NULL, 1), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "set: its argument, of shape ()" STALE);
    ck_assert(reel_ndim(stale) == 0 && reel_numel(stale) == 0);
    assert_error(r, REEL_ERR_OWNER, "ndim: its argument, of shape ()" STALE);
    reel_tensor_free(stale);
    assert_error(r, REEL_ERR_OWNER, "tensor_free: its argument, of shape ()" STALE);
    ck_assert_ptr_eq(reel_of(stale), r);
    assert_still_runs(r);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, each_mistake_is_a_sentence);
    tcase_add_test(cases, optimizers_refuse);
    tcase_add_test(cases, modules_refuse);
    tcase_add_test(cases, reels_do_not_mix);
    tcase_add_test(cases, poison_passes_through_chains);
    tcase_add_test(cases, the_first_error_sticks);
    tcase_add_test(cases, messages_go_to_the_handler);
    tcase_add_test(cases, reading_refuses);
    tcase_add_test(cases, null_is_tolerated);
    tcase_add_test(cases, a_stale_tensor_is_a_sentence);
    tcase_add_test(cases, reading_a_stale_tensor_is_a_sentence);
}

int main(void) { return run_suite("errors", add_cases); }
