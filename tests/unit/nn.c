/* SPDX-License-Identifier: MIT */
/* Modules: Linear has PyTorch's bits, losses their reductions. Data: tests/generate/linear.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/nn_layers.h>
#include <reel/reduce.h>
#include <reel/views.h>

static uint32_t bits(const reel_tensor *t)
{
    float value = (float)reel_item(t);
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

START_TEST(a_single_weight_by_its_bits)
{
    static const struct {
        uint64_t seed;
        uint32_t weight, bias;
    } anchors[] = {
        {0, 0xbbf55400, 0x3f09545e}, {1, 0x3f03e84a, 0xbee1fc54}, {42, 0x3f43b8cc, 0x3f547b66}};
    reel *r = reel_new();
    for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++) {
        reel_manual_seed(r, anchors[i].seed);
        reel_module *layer = reel_nn_linear(r, 1, 1);
        ck_assert_uint_eq(bits(reel_parameter(layer, "weight")), anchors[i].weight);
        ck_assert_uint_eq(bits(reel_parameter(layer, "bias")), anchors[i].bias);
    }
    reel_free(r);
}
END_TEST

/* The records of a layer: its weight, its bias if it has one, and the random numbers after it. */
START_TEST(layers_are_drawn_as_pytorchs)
{
    reel *r = reel_new();
    reel_module *layer = NULL;
    FILE *file = open_records("linear/layers.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        if (strcmp(it.word[0], "after") == 0) {
            assert_record(&it, reel_rand(r, REEL_F32, REEL_SHAPE(3)), 0.0);
            continue;
        }
        if (strcmp(it.word[0], "weight") == 0) {
            reel_manual_seed(r, strtoull(it.word[1], NULL, 10));
            reel_linear_options options = {.no_bias = record_whole(&it, 4) == 0};
            layer = reel_nn_linear_with(r, record_whole(&it, 2), record_whole(&it, 3), &options);
        }
        reel_tensor *p = reel_parameter(layer, it.word[0]);
        assert_record(&it, reel_view(p, REEL_SHAPE(-1)), 0.0);
    }
    ck_assert_int_eq(count, 5 * (3 * 7 - 1));
    reel_free(r);
}
END_TEST

START_TEST(parameters_are_listed)
{
    reel *r = reel_new();
    reel_module *layer = reel_nn_linear(r, 3, 2);
    reel_tensor_list list = reel_parameters(layer);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_ptr_eq(list.r, r);
    ck_assert_ptr_eq(list.tensors[0], reel_parameter(layer, "weight"));
    ck_assert_ptr_eq(list.tensors[1], reel_parameter(layer, "bias"));
    ck_assert(reel_requires_grad(list.tensors[0]) && reel_is_leaf(list.tensors[0]));
    ck_assert_ptr_null(reel_parameter(layer, "gain"));
    reel_module *plain = reel_nn_linear_with(r, 3, 2, &(reel_linear_options){.no_bias = true});
    ck_assert_uint_eq(reel_parameters(plain).count, 1);
    ck_assert_ptr_null(reel_parameter(plain, "bias"));
    ck_assert_uint_eq(reel_parameters(reel_nn_l1_loss(r, (reel_l1_loss_options){0})).count, 0);
    reel_module_free(layer);
    reel_free(r);
}
END_TEST

/* A float64 layer is the float32 one, converted: module.double(). */
START_TEST(a_double_layer_has_the_same_values)
{
    reel *r = reel_new();
    reel_module *single = reel_nn_linear(r, 3, 2);
    reel_manual_seed(r, 0);
    reel_module *wide = reel_nn_linear_with(r, 3, 2, &(reel_linear_options){.dtype = REEL_F64});
    for (size_t i = 0; i < 2; i++) {
        reel_tensor *a = reel_parameters(single).tensors[i], *b = reel_parameters(wide).tensors[i];
        double x[6], y[6];
        ck_assert_int_eq(reel_dtype_of(b), REEL_F64);
        ck_assert_int_eq(reel_to_f64(a, x, reel_numel(a)), REEL_OK);
        ck_assert_int_eq(reel_to_f64(b, y, reel_numel(b)), REEL_OK);
        ck_assert_mem_eq(x, y, (size_t)reel_numel(a) * sizeof *x);
    }
    reel_free(r);
}
END_TEST

/* y = x Wᵀ + b with whole numbers, for one row, rows, and batches of rows. */
/* What the comment at REEL_MODULES says of this compiler: the first module draws first. */
START_TEST(modules_of_a_list_are_made_in_its_order)
{
    reel *r = reel_new();
    reel_module *alone[] = {reel_nn_linear(r, 2, 3), NULL};
    alone[1] = reel_nn_linear(r, 3, 1);
    reel_manual_seed(r, 0);
    reel_module *both =
        reel_nn_sequential(r, REEL_MODULES(reel_nn_linear(r, 2, 3), reel_nn_linear(r, 3, 1)));
    static const char *const names[] = {"0.weight", "1.weight"};
    for (int i = 0; i < 2; i++) {
        reel_tensor *same =
            reel_eq(reel_parameter(both, names[i]), reel_parameter(alone[i], "weight"));
        ck_assert_double_eq(reel_item(reel_all(same)), 1);
    }
    reel_free(r);
}
END_TEST

START_TEST(a_linear_layer_computes)
{
    reel *r = reel_new();
    reel_tensor *w = reel_from_f32(r, (float[]){1, 2, 3, 4, 5, 6}, REEL_SHAPE(2, 3));
    reel_tensor *b = reel_from_f32(r, (float[]){10, 20}, REEL_SHAPE(2));
    reel_tensor *x = reel_view(reel_arange(r, REEL_F32, 0, 12, 1), REEL_SHAPE(2, 2, 3));
    ck_assert_str_eq(reel_repr(reel_linear(x, w, b)), "tensor([[[ 18.,  37.],\n"
                                                      "         [ 36.,  82.]],\n\n"
                                                      "        [[ 54., 127.],\n"
                                                      "         [ 72., 172.]]])");
    reel_tensor *row = reel_select(reel_select(x, 0, 0), 0, 1);
    ck_assert_str_eq(reel_repr(reel_linear(row, w, b)), "tensor([36., 82.])");
    ck_assert_str_eq(reel_repr(reel_linear(row, w, NULL)), "tensor([26., 62.])");
    reel_free(r);
}
END_TEST

static double loss_of(reel *r, reel_module *loss)
{
    reel_tensor *x = reel_from_f32(r, (float[]){2.5f, 0, 2, 7}, REEL_SHAPE(4));
    reel_tensor *y = reel_from_f32(r, (float[]){3, -0.5f, 2, 8}, REEL_SHAPE(4));
    return reel_item(reel_loss(loss, x, y));
}

/* |d| = 0.5, 0.5, 0, 1. */
/* torch.manual_seed(0); e = torch.nn.Embedding(5, 3, padding_idx=2), and the gradient of
 * e(torch.tensor([1, 2, 4, 2])).pow(2).sum(), in PyTorch 1.13. */
START_TEST(padding_of_an_embedding_stays_zeros)
{
    static const float weight[] = {
        1.5409961F,   -0.2934289F,  -2.1787894F, 0.56843126F, -1.0845224F, -1.3985955F, 0, 0, 0,
        -0.40334353F, -0.59663534F, 0.18203649F, -0.8566746F, 1.1006042F,  -1.0711874F};
    static const float grad[] = {0, 0, 0, 1.1368625F, -2.1690447F, -2.797191F, 0,          0,
                                 0, 0, 0, 0,          -1.7133492F, 2.2012084F, -2.1423748F};
    for (int64_t padding = 2; padding >= -3; padding -= 5) {
        reel *r = quiet_reel();
        reel_manual_seed(r, 0);
        reel_module *e = reel_nn_embedding(r, 5, 3, padding, REEL_F32);
        reel_tensor *rows = reel_from_i64(r, (int64_t[]){1, 2, 4, 2}, REEL_SHAPE(4));
        reel_backward(reel_sum(reel_square(reel_forward(e, rows))));
        for (int i = 0; i < 15; i++) {
            ck_assert(reel_data_f32(reel_parameter(e, "weight"))[i] == weight[i]);
            ck_assert(reel_data_f32(reel_grad(reel_parameter(e, "weight")))[i] == grad[i]);
        }
        ck_assert_ptr_null(reel_nn_embedding(r, 5, 3, 5, REEL_F32));
        assert_error(r, REEL_ERR_VALUE, "Embedding: padding_idx 5 is none of its 5 rows");
        reel_manual_seed(r, 0); /* and of bags */
        e = reel_nn_embedding_bag(r, 5, 3, REEL_BAG_SUM, padding, REEL_F32);
        reel_tensor *bag = reel_forward(e, reel_unsqueeze(rows, 0));
        for (int i = 0; i < 3; i++) {
            assert_close(reel_data_f32(bag)[i], weight[3 + i] + weight[12 + i], 1e-6);
        }
        ck_assert_ptr_null(reel_nn_embedding_bag(r, 5, 3, (reel_bag)3, 0, REEL_F32));
        assert_error(r, REEL_ERR_VALUE, "EmbeddingBag: there is no mode 3");
        reel_free(r);
    }
}
END_TEST

START_TEST(losses_reduce)
{
    reel *r = quiet_reel(); /* the older flags warn */
    ck_assert(loss_of(r, reel_nn_l1_loss(r, (reel_l1_loss_options){0})) == 0.5);
    ck_assert(loss_of(r, reel_nn_l1_loss(r, (reel_l1_loss_options){.reduction = REEL_SUM})) == 2);
    ck_assert(loss_of(r, reel_nn_mse_loss(r, (reel_mse_loss_options){0})) == 0.375);
    ck_assert(loss_of(r, reel_nn_mse_loss(
                             r, (reel_mse_loss_options){.size_average = REEL_FALSE})) == 1.5);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* PyTorch's legacy_get_string: an unset flag is true; reduce = false decides before size_average.
 * */
START_TEST(older_flags_decide)
{
    static const struct {
        reel_legacy_flag size_average, reduce;
        reel_reduction expected;
    } table[] = {
        {REEL_UNSET, REEL_UNSET, REEL_MEAN}, {REEL_TRUE, REEL_UNSET, REEL_MEAN},
        {REEL_UNSET, REEL_TRUE, REEL_MEAN},  {REEL_FALSE, REEL_UNSET, REEL_SUM},
        {REEL_FALSE, REEL_TRUE, REEL_SUM},   {REEL_TRUE, REEL_FALSE, REEL_NONE},
        {REEL_UNSET, REEL_FALSE, REEL_NONE}, {REEL_FALSE, REEL_FALSE, REEL_NONE},
        {REEL_TRUE, REEL_TRUE, REEL_MEAN},
    };
    reel *r = quiet_reel();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ck_assert_int_eq(reel_legacy_reduction(r, table[i].size_average, table[i].reduce),
                         table[i].expected);
    }
    ck_assert_int_eq(reel_reduction_from_name("mean"), REEL_MEAN);
    ck_assert_int_eq(reel_reduction_from_name("sum"), REEL_SUM);
    ck_assert_int_eq(reel_reduction_from_name("none"), REEL_NONE);
    ck_assert_int_eq(reel_reduction_from_name("median"), -1);
    ck_assert_int_eq(reel_reduction_from_name(NULL), -1);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, a_single_weight_by_its_bits);
    tcase_add_test(cases, layers_are_drawn_as_pytorchs);
    tcase_add_test(cases, parameters_are_listed);
    tcase_add_test(cases, a_double_layer_has_the_same_values);
    tcase_add_test(cases, modules_of_a_list_are_made_in_its_order);
    tcase_add_test(cases, a_linear_layer_computes);
    tcase_add_test(cases, padding_of_an_embedding_stays_zeros);
    tcase_add_test(cases, losses_reduce);
    tcase_add_test(cases, older_flags_decide);
}

int main(void) { return run_suite("nn", add_cases); }
