/* SPDX-License-Identifier: MIT */
/* The tape as PyTorch's users know it: what accumulates, what is recorded, what is refused. Values
 * are derivatives done by hand. */
#include "check_reel.h"

#include <reel/reel.h>

static reel_tensor *leaf(reel *r, double value)
{
    return reel_requires_grad_(reel_scalar(r, REEL_F64, value), true);
}

static reel_tensor *leaves(reel *r, int64_t n, const double *values)
{
    return reel_requires_grad_(reel_from_f64(r, values, 1, &n), true);
}

/* x³, of which the second and third derivative are known. */
static reel_tensor *cube(reel_tensor *x) { return reel_mul(reel_square(x), x); }

static void assert_values(const reel_tensor *t, int64_t n, const double *expected)
{
    double got[16];
    ck_assert_ptr_nonnull(t);
    ck_assert_int_eq(reel_to_f64(t, got, n), REEL_OK);
    for (int64_t i = 0; i < n; i++) {
        ck_assert_msg(is_close(got[i], expected[i], 1e-14), "[%d] is %.17g, not %.17g", (int)i,
                      got[i], expected[i]);
    }
}
#define assert_tensor(t, ...)                                                                      \
    assert_values(t, (int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)),                  \
                  (double[]){__VA_ARGS__})

START_TEST(gradients_accumulate)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 3);
    ck_assert_ptr_null(reel_grad(x));
    ck_assert_int_eq(reel_backward(reel_square(x)), REEL_OK);
    assert_tensor(reel_grad(x), 6);
    ck_assert_int_eq(reel_backward(reel_mul_scalar(x, 10)), REEL_OK);
    assert_tensor(reel_grad(x), 16);
    reel_zero_grad_of(x);
    ck_assert_ptr_null(reel_grad(x));
    ck_assert_int_eq(reel_backward(reel_square(x)), REEL_OK);
    assert_tensor(reel_grad(x), 6);
    reel_free(r);
}
END_TEST

START_TEST(gradients_survive_a_rewind)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 3);
    reel_backward(cube(x));
    reel_rewind(r);
    reel_exp(x); /* takes the place of what was */
    assert_tensor(reel_grad(x), 27);
    reel_backward(cube(x));
    reel_rewind(r);
    assert_tensor(reel_grad(x), 54);
    reel_backward_with(cube(x), &(reel_backward_options){.create_graph = true});
    reel_rewind(r);
    reel_exp(x);
    assert_tensor(reel_grad(x), 81);
    ck_assert(!reel_requires_grad(reel_grad(x)));
    reel_backward(cube(x));
    assert_tensor(reel_grad(x), 108);
    reel_free(r);
}
END_TEST

START_TEST(one_tensor_used_often)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 2);
    reel_tensor *s = reel_mul(x, x);
    reel_tensor *y = reel_add(reel_mul(s, s), reel_add(s, x)); /* x⁴ + x² + x */
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    assert_tensor(reel_grad(x), 4 * 8 + 2 * 2 + 1);
    reel_zero_grad_of(x);
    reel_backward(reel_sub(x, x));
    assert_tensor(reel_grad(x), 0);
    reel_zero_grad_of(x);
    reel_tensor *m = leaves(r, 4, (double[]){1, 2, 3, 4});
    reel_tensor *square = reel_view(m, REEL_SHAPE(2, 2));
    reel_backward(reel_sum(reel_matmul(square, square)));
    assert_tensor(reel_grad(m), 3 + 4, 7 + 4, 3 + 6, 7 + 6); /* row sums and column sums of it */
    reel_free(r);
}
END_TEST

/* A leaf may be a loss of itself. */
START_TEST(backward_from_a_leaf)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 2);
    ck_assert_int_eq(reel_backward(x), REEL_OK);
    assert_tensor(reel_grad(x), 1);
    ck_assert_int_eq(reel_backward(x), REEL_OK);
    assert_tensor(reel_grad(x), 2);
    reel_free(r);
}
END_TEST

START_TEST(broadcast_inputs_get_sums)
{
    reel *r = reel_new();
    reel_tensor *row = leaves(r, 3, (double[]){1, 2, 3}), *number = leaf(r, 5);
    reel_tensor *column =
        reel_requires_grad_(reel_from_f64(r, (double[]){10, 20}, REEL_SHAPE(2, 1)), true);
    reel_tensor *y = reel_mul(reel_mul(column, row), number); /* y[i][j] = c[i] r[j] n */
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_OK);
    assert_tensor(reel_grad(row), 150, 150, 150);
    assert_tensor(reel_grad(column), 30, 30);
    assert_tensor(reel_grad(number), 180);
    ck_assert_int_eq(reel_ndim(reel_grad(column)), 2);
    ck_assert_int_eq(reel_ndim(reel_grad(number)), 0);
    reel_free(r);
}
END_TEST

START_TEST(what_is_recorded)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 2), *constant = reel_scalar(r, REEL_F64, 3);
    reel_tensor *y = reel_mul(x, constant);
    ck_assert(reel_requires_grad(y) && !reel_is_leaf(y) && reel_is_leaf(x));
    ck_assert_uint_eq(reel_tape_length(r), 1);
    ck_assert(!reel_requires_grad(reel_exp(constant)) && reel_is_leaf(reel_exp(constant)));
    ck_assert(!reel_requires_grad(reel_gt(x, constant)));
    ck_assert(!reel_requires_grad(reel_to(x, REEL_I64)));
    ck_assert_uint_eq(reel_tape_length(r), 1);
    bool was = reel_set_grad_enabled(r, false);
    ck_assert(was && !reel_grad_enabled(r));
    reel_tensor *quiet = reel_square(x);
    ck_assert(!reel_requires_grad(quiet) && reel_is_leaf(quiet));
    ck_assert(!reel_set_grad_enabled(r, was));
    ck_assert_uint_eq(reel_tape_length(r), 1);
    reel_tensor *apart = reel_detach(y);
    ck_assert(!reel_requires_grad(apart) && reel_item(apart) == 6);
    reel_requires_grad_(x, false);
    ck_assert(!reel_requires_grad(reel_square(x)));
    reel_rewind(r);
    ck_assert_uint_eq(reel_tape_length(r), 0);
    reel_free(r);
}
END_TEST

/* x detach(x): the gradient takes the detached one for a constant. */
START_TEST(detached_is_constant)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 5);
    reel_backward(reel_mul(x, reel_detach(x)));
    assert_tensor(reel_grad(x), 5);
    reel_free(r);
}
END_TEST

START_TEST(a_second_backward)
{
    reel *r = quiet_reel();
    reel_tensor *x = leaf(r, 2), *y = cube(x);
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    ck_assert_int_eq(reel_backward(y), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "backward: the graph has been used already");
    assert_tensor(reel_grad(x), 12);
    y = cube(x);
    const reel_backward_options retain = {.retain_graph = true};
    ck_assert_int_eq(reel_backward_with(y, &retain), REEL_OK);
    ck_assert_int_eq(reel_backward_with(y, &retain), REEL_OK);
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    assert_tensor(reel_grad(x), 48);
    ck_assert_int_eq(reel_backward(y), REEL_ERR_STATE);
    reel_clear_error(r);
    reel_tensor *shared = reel_square(x); /* two losses of one part */
    reel_tensor *first = reel_exp(shared), *second = reel_neg(shared);
    ck_assert_int_eq(reel_backward(first), REEL_OK);
    ck_assert_int_eq(reel_backward(second), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "at square");
    reel_free(r);
}
END_TEST

START_TEST(what_backward_starts_from)
{
    reel *r = quiet_reel();
    reel_tensor *x = leaves(r, 3, (double[]){1, 2, 3});
    reel_tensor *y = reel_square(x);
    ck_assert_int_eq(reel_backward(y), REEL_ERR_SHAPE);
    assert_error(r, REEL_ERR_SHAPE, "backward: a tensor of shape (3,) needs a gradient");
    ck_assert_int_eq(reel_backward(reel_scalar(r, REEL_F64, 1)), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "requires no gradient");
    reel_backward_options options = {.gradient =
                                         reel_from_f64(r, (double[]){1, 10, 100}, REEL_SHAPE(3))};
    ck_assert_int_eq(reel_backward_with(y, &options), REEL_OK);
    assert_tensor(reel_grad(x), 2, 40, 600);
    options.gradient = reel_ones(r, REEL_F64, REEL_SHAPE(2));
    ck_assert_int_eq(reel_backward_with(reel_square(x), &options), REEL_ERR_SHAPE);
    assert_error(r, REEL_ERR_SHAPE, "float64 (2,), the tensor float64 (3,)");
    options.gradient = reel_ones(r, REEL_F32, REEL_SHAPE(3));
    ck_assert_int_eq(reel_backward_with(reel_square(x), &options), REEL_ERR_DTYPE);
    assert_error(r, REEL_ERR_DTYPE, "float32 (3,), the tensor float64 (3,)");
    assert_tensor(reel_grad(x), 2, 40, 600);
    reel_tensor *one = reel_square(leaves(r, 1, (double[]){4}));
    ck_assert_int_eq(reel_backward(one), REEL_OK); /* one element, whatever its dims */
    reel_free(r);
}
END_TEST

START_TEST(a_changed_saved_tensor)
{
    reel *r = quiet_reel();
    reel_tensor *x = leaf(r, 2), *c = reel_scalar(r, REEL_F64, 3);
    reel_tensor *y = reel_mul(x, c), *z = reel_add(x, c);
    ck_assert_int_eq(reel_set(reel_detach(c), NULL, 4), REEL_OK); /* through a view, too */
    ck_assert_int_eq(reel_backward(y), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "backward: mul saved its input of shape ()");
    ck_assert_ptr_null(reel_grad(x));
    ck_assert_int_eq(reel_backward(z), REEL_OK); /* a sum saves nothing */
    reel_zero_grad_of(x);
    y = reel_exp(x);
    reel_set(reel_detach(y), NULL, 0);
    ck_assert_int_eq(reel_backward(y), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "exp saved its result");
    reel_optimizer *sgd =
        reel_optim_sgd((reel_tensor_list){r, &x, 1}, (reel_sgd_options){.lr = 0.1});
    y = reel_square(x);
    reel_backward_with(y, &(reel_backward_options){.retain_graph = true});
    reel_step(sgd);
    ck_assert_int_eq(reel_backward(y), REEL_ERR_STATE); /* the step changed x */
    assert_error(r, REEL_ERR_STATE, "square saved its input");
    assert_tensor(reel_grad(x), 4);
    reel_free(r);
}
END_TEST

/* A failure in the middle: the leaf whose gradient was ready before it has none all the same. */
START_TEST(a_failed_backward_changes_nothing)
{
    reel *r = quiet_reel();
    reel_tensor *early = leaf(r, 2), *late = leaf(r, 3), *c = reel_scalar(r, REEL_F64, 5);
    reel_backward(reel_add(early, late));
    reel_tensor *broken = reel_mul(late, c);
    reel_tensor *y = reel_add(broken, reel_square(early));
    reel_set(c, NULL, 6);
    ck_assert_int_eq(reel_backward(y), REEL_ERR_STATE);
    reel_clear_error(r);
    assert_tensor(reel_grad(early), 1);
    assert_tensor(reel_grad(late), 1);
    ck_assert_int_eq(reel_backward(reel_mul(early, late)), REEL_OK);
    assert_tensor(reel_grad(early), 4);
    assert_tensor(reel_grad(late), 3);
    reel_free(r);
}
END_TEST

START_TEST(derivatives_of_derivatives)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 2), *d[3];
    const reel_backward_options create = {.create_graph = true};
    ck_assert_int_eq(reel_gradients(cube(x), &x, 1, &create, &d[0]), REEL_OK);
    ck_assert_int_eq(reel_gradients(d[0], &x, 1, &create, &d[1]), REEL_OK);
    ck_assert_int_eq(reel_gradients(d[1], &x, 1, &create, &d[2]), REEL_OK);
    assert_tensor(d[0], 12);
    assert_tensor(d[1], 12);
    assert_tensor(d[2], 6);
    ck_assert(reel_requires_grad(d[0]) && reel_requires_grad(d[1]));
    ck_assert_ptr_null(reel_grad(x));
    reel_tensor *t = reel_tanh(x); /* tanh'' = -2 tanh (1 - tanh²) */
    reel_gradients(t, &x, 1, &create, &d[0]);
    reel_gradients(d[0], &x, 1, NULL, &d[1]);
    double y = tanh(2.0);
    assert_tensor(d[1], -2 * y * (1 - y * y));
    reel_free(r);
}
END_TEST

/* As torch.autograd.grad: an input that is there twice gets its gradient twice. Of many, each its
 * own. */
START_TEST(gradients_of_many_inputs)
{
    reel *r = quiet_reel();
    enum { MANY = 40 };
    reel_tensor *x[MANY], *d[MANY], *sum = reel_zeros(r, REEL_F64, REEL_SHAPE(1));
    for (int i = 0; i < MANY; i++) {
        x[i] = i % 10 == 9 ? x[i - 5] : leaf(r, i);
        sum = reel_add(sum, i % 10 == 9 ? reel_mul_scalar(x[i], 0) : reel_square(x[i]));
    }
    ck_assert_int_eq(reel_gradients(sum, x, MANY, NULL, d), REEL_OK);
    for (int i = 0; i < MANY; i++) {
        assert_tensor(d[i], 2 * (i % 10 == 9 ? i - 5 : i));
    }
    x[3] = NULL;
    ck_assert_int_eq(reel_gradients(sum, x, MANY, NULL, d), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "gradients: an input is NULL");
    ck_assert(reel_is_poison(d[0]) && reel_is_poison(d[MANY - 1]));
    reel_free(r);
}
END_TEST

/* Σ (dL/dw)² as a penalty: its gradient goes through the first one. L = (w x - t)² / 2 per element.
 * */
START_TEST(a_penalty_on_a_gradient)
{
    reel *r = reel_new();
    reel_tensor *w = leaf(r, 3), *g;
    const double x = 2, t = 1, dw = (3 * x - t) * x;
    reel_tensor *error = reel_sub_scalar(reel_mul_scalar(w, x), t);
    reel_tensor *loss = reel_mul_scalar(reel_square(error), 0.5);
    reel_gradients(loss, &w, 1, &(reel_backward_options){.create_graph = true}, &g);
    assert_tensor(g, dw);
    ck_assert_int_eq(reel_backward(reel_add(reel_square(g), loss)), REEL_OK);
    assert_tensor(reel_grad(w), 2 * dw * x * x + dw);
    reel_free(r);
}
END_TEST

/* As PyTorch's backward(create_graph=True): the leaf's own gradient can be differentiated. */
START_TEST(a_leafs_recorded_gradient)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 2);
    reel_backward_with(cube(x), &(reel_backward_options){.create_graph = true});
    reel_tensor *first = reel_grad(x);
    assert_tensor(first, 12);
    ck_assert(reel_requires_grad(first));
    reel_zero_grad_of(x);
    ck_assert_int_eq(reel_backward(first), REEL_OK);
    assert_tensor(reel_grad(x), 12);
    reel_free(r);
}
END_TEST

START_TEST(gradients_of_chosen_inputs)
{
    reel *r = quiet_reel();
    reel_tensor *a = leaf(r, 2), *b = leaf(r, 3), *other = leaf(r, 4);
    reel_tensor *middle = reel_mul(a, b), *y = reel_square(middle);
    reel_tensor *inputs[] = {a, middle, other, b}, *g[4];
    ck_assert_int_eq(
        reel_gradients(y, inputs, 4, &(reel_backward_options){.retain_graph = true}, g), REEL_OK);
    assert_tensor(g[0], 36);
    assert_tensor(g[1], 12);
    ck_assert_ptr_null(g[2]);
    assert_tensor(g[3], 24);
    ck_assert(!reel_grad(a) && !reel_grad(b) && !reel_requires_grad(g[0]));
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    assert_tensor(reel_grad(a), 36);
    ck_assert_int_eq(reel_gradients(y, inputs, 4, NULL, g), REEL_ERR_STATE);
    ck_assert(reel_is_poison(g[0]) && reel_is_poison(g[3]));
    reel_clear_error(r);
    assert_tensor(reel_grad(a), 36);
    reel_free(r);
}
END_TEST

/* A shared weight may stand in the list twice; and a leaf that wants no gradient any more gets
 * none. */
START_TEST(inputs_listed_twice_and_taken_back)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_requires_grad_(reel_from_f64(r, (double[]){1, 2}, REEL_SHAPE(2)), true);
    reel_tensor *unused = reel_requires_grad_(reel_ones(r, REEL_F64, REEL_SHAPE(2)), true);
    reel_tensor *in[] = {x, unused, x, unused}, *g[4];
    ck_assert_int_eq(reel_gradients(reel_sum(reel_mul(x, x)), in, 4, NULL, g), REEL_OK);
    assert_tensor(g[0], 2, 4);
    assert_tensor(g[2], 2, 4);
    ck_assert(g[1] == NULL && g[3] == NULL);

    reel_tensor *y = reel_sum(reel_mul(x, unused));
    reel_requires_grad_(x, false);
    ck_assert_int_eq(reel_backward(y), REEL_OK);
    ck_assert_ptr_null(reel_grad(x));
    assert_tensor(reel_grad(unused), 1, 2);
    reel_free(r);
}
END_TEST

START_TEST(results_keep_gradients_if_asked)
{
    reel *r = reel_new();
    reel_tensor *x = leaf(r, 2), *kept = reel_square(x), *not_kept = reel_neg(kept);
    reel_retain_grad(kept);
    reel_backward(reel_square(not_kept));
    assert_tensor(reel_grad(kept), 2 * 4);
    ck_assert_ptr_null(reel_grad(not_kept));
    assert_tensor(reel_grad(x), 4 * 8);
    reel_retain_all_grads(r, true);
    reel_tensor *s = reel_square(x), *n = reel_neg(s);
    reel_backward(reel_square(n));
    assert_tensor(reel_grad(s), 8);
    assert_tensor(reel_grad(n), -8);
    reel_free(r);
}
END_TEST

/* What mixing dtypes and empty tensors does to gradients. */
START_TEST(odd_shapes)
{
    reel *r = reel_new();
    reel_tensor *none = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(0, 3)), true);
    ck_assert_int_eq(reel_backward(reel_sum(reel_square(none))), REEL_OK);
    ck_assert_int_eq(reel_size(reel_grad(none), 0), 0);
    reel_tensor *x = leaves(r, 6, (double[]){1, 2, 3, 4, 5, 6});
    reel_tensor *turned = reel_t(reel_view(x, REEL_SHAPE(2, 3)));
    reel_tensor *weight = reel_view(reel_arange(r, REEL_F64, 1, 7, 1), REEL_SHAPE(3, 2));
    reel_backward(reel_sum(reel_mul(turned, weight)));
    assert_tensor(reel_grad(x), 1, 3, 5, 2, 4, 6);
    ck_assert(reel_is_contiguous(reel_grad(x)));
    reel_free(r);
}
END_TEST

/* Central differences of a chain of every kind of operation. */
static reel_tensor *chain(reel_tensor *x, reel_tensor *w)
{
    reel_tensor *h = reel_tanh(reel_matmul(reel_view(x, REEL_SHAPE(2, 3)), w));
    reel_tensor *e = reel_div(reel_exp(h), reel_add_scalar(reel_square(h), 1));
    reel_tensor *m = reel_mean_dim(reel_log(e), (int64_t[]){0}, 1, true);
    return reel_add(reel_l1_loss(e, reel_expand(m, REEL_SHAPE(2, 2)), REEL_SUM),
                    reel_sum(reel_sqrt(reel_select(e, 1, 0))));
}

START_TEST(finite_differences_agree)
{
    enum { N = 6 };
    static const double values[N] = {0.3, -1.2, 0.7, 1.9, -0.4, 0.8}, h = 1e-6;
    reel *r = reel_new();
    reel_tensor *x = leaves(r, N, values);
    reel_tensor *w = reel_from_f64(r, (double[]){0.5, -1, 0.25, 2, -0.75, 1}, REEL_SHAPE(3, 2));
    ck_assert_int_eq(reel_backward(chain(x, w)), REEL_OK);
    for (int i = 0; i < N; i++) {
        double side[2], moved[N];
        for (int k = 0; k < 2; k++) {
            memcpy(moved, values, sizeof moved);
            moved[i] += k ? h : -h;
            side[k] = reel_item(chain(leaves(r, N, moved), w));
        }
        double got = reel_get(reel_grad(x), (int64_t[]){i});
        ck_assert_double_gt(fabs(got), 1e-3);
        assert_close(got, (side[1] - side[0]) / (2 * h), 1e-7);
    }
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, gradients_accumulate);
    tcase_add_test(cases, gradients_survive_a_rewind);
    tcase_add_test(cases, one_tensor_used_often);
    tcase_add_test(cases, backward_from_a_leaf);
    tcase_add_test(cases, broadcast_inputs_get_sums);
    tcase_add_test(cases, what_is_recorded);
    tcase_add_test(cases, detached_is_constant);
    tcase_add_test(cases, a_second_backward);
    tcase_add_test(cases, what_backward_starts_from);
    tcase_add_test(cases, a_changed_saved_tensor);
    tcase_add_test(cases, a_failed_backward_changes_nothing);
    tcase_add_test(cases, derivatives_of_derivatives);
    tcase_add_test(cases, gradients_of_many_inputs);
    tcase_add_test(cases, a_penalty_on_a_gradient);
    tcase_add_test(cases, a_leafs_recorded_gradient);
    tcase_add_test(cases, gradients_of_chosen_inputs);
    tcase_add_test(cases, inputs_listed_twice_and_taken_back);
    tcase_add_test(cases, results_keep_gradients_if_asked);
    tcase_add_test(cases, odd_shapes);
    tcase_add_test(cases, finite_differences_agree);
}

int main(void) { return run_suite("autograd", add_cases); }
