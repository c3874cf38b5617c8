/* SPDX-License-Identifier: MIT */
/* Operations of the user's own: on the tape like any other, and their failures reported in their
 * name. */
#include "check_reel.h"

#include <reel/reel.h>

static reel *r;

static reel_tensor *leaf(int n, const double *values)
{
    int64_t size = n;
    return reel_requires_grad_(reel_from_f64(r, values, 1, &size), true);
}

static double at(reel_tensor *t, int64_t i) { return reel_get(t, &i); }

/* y = x³ */
static bool cube_forward(reel_call *call)
{
    const double *x = reel_data_f64(call->in[0]);
    double *y = reel_data_f64(call->out[0]);
    for (int64_t i = 0; i < reel_numel(call->in[0]); i++) {
        y[i] = x[i] * x[i] * x[i];
    }
    return true;
}

static reel_tensor *cube_gradient(reel_call *call, int input)
{
    return reel_mul(call->g[0], reel_mul_scalar(reel_square(call->in[input]), 3));
}

static bool cube_gradient_data(reel_call *call, int input, reel_tensor *dx)
{
    const double *x = reel_data_f64(call->in[input]), *g = reel_data_f64(call->g[0]);
    double *d = reel_data_f64(dx);
    for (int64_t i = 0; i < reel_numel(dx); i++) {
        d[i] = 3 * x[i] * x[i] * g[i];
    }
    return true;
}

static const reel_custom_op cube = {.name = "cube",
                                    .forward = cube_forward,
                                    .gradient = cube_gradient,
                                    .unread = REEL_UNREAD_OUTPUTS};
static const reel_custom_op cube_loops = {
    .name = "cube", .forward = cube_forward, .gradient_data = cube_gradient_data};

static reel_tensor *use(reel_tensor *const *x, size_t count, void *context)
{
    return reel_custom(context, NULL, x, (int)count);
}

static reel_tensor *once(const reel_custom_op *op, void *context, reel_tensor *x)
{
    return reel_custom(op, context, &x, 1);
}

/* The context of a check is not const; these operations are not changed. */
static void *as_context(const reel_custom_op *op)
{
    static reel_custom_op copy;
    copy = *op;
    return &copy;
}

START_TEST(gradients_in_operations_and_in_loops)
{
    r = quiet_reel();
    reel_tensor *x = leaf(3, (double[]){-1, 0.5, 2});
    reel_tensor *y = once(&cube, NULL, x);
    ck_assert(at(y, 0) == -1 && at(y, 1) == 0.125 && at(y, 2) == 8);
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_OK);
    ck_assert(at(reel_grad(x), 0) == 3 && at(reel_grad(x), 2) == 12);
    reel_zero_grad_of(x);
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul_scalar(once(&cube_loops, NULL, x), 2))),
                     REEL_OK);
    ck_assert(at(reel_grad(x), 0) == 6 && at(reel_grad(x), 2) == 24);
    ck_assert_int_eq(reel_gradcheck(use, as_context(&cube), &x, 1, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_gradgradcheck(use, as_context(&cube), &x, 1, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_gradcheck(use, as_context(&cube_loops), &x, 1, NULL, NULL), REEL_OK);
    reel_free(r);
}
END_TEST

/* The first derivative of a graph with loops in it may be recorded; only going through them is
 * refused. */
START_TEST(second_derivative_of_loops_is_refused)
{
    r = quiet_reel();
    reel_tensor *x = leaf(2, (double[]){1, 2}), *dx, *ddx;
    reel_backward_options record = {.create_graph = true};
    reel_tensor *y = reel_sum(once(&cube_loops, NULL, x));
    ck_assert_int_eq(reel_gradients(y, &x, 1, &record, &dx), REEL_OK);
    ck_assert(at(dx, 1) == 12 && reel_requires_grad(dx));
    ck_assert_int_eq(reel_gradients(reel_sum(dx), &x, 1, NULL, &ddx), REEL_ERR_STATE);
    ck_assert(reel_is_poison(ddx));
    assert_error(
        r, REEL_ERR_STATE,
        "cube: it cannot be differentiated twice: its gradient is computed in plain loops");
    ck_assert_int_eq(reel_gradgradcheck(use, as_context(&cube_loops), &x, 1, NULL, NULL),
                     REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "cube: ");
    reel_custom_op both = cube;
    both.gradient_data = cube_gradient_data;
    ck_assert_int_eq(reel_gradcheck(use, &both, &x, 1, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_gradgradcheck(use, &both, &x, 1, NULL, NULL), REEL_OK);
    reel_free(r);
}
END_TEST

/* dx = 3 x² with x² read past the tape: right at first order, not a function of x at second. */
static reel_tensor *peeking_gradient(reel_call *call, int input)
{
    return reel_mul_scalar(call->g[0], 3 * pow(reel_item(call->in[input]), 2));
}

START_TEST(reading_elements_is_refused_while_recording)
{
    r = quiet_reel();
    const reel_custom_op op = {
        .name = "peek", .forward = cube_forward, .gradient = peeking_gradient};
    reel_tensor *x = leaf(1, (double[]){2});
    ck_assert_int_eq(reel_gradcheck(use, as_context(&op), &x, 1, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_gradgradcheck(use, as_context(&op), &x, 1, NULL, NULL), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "peek: in its gradient: item: elements cannot be read");
    ck_assert(reel_item(x) == 2);
    reel_free(r);
}
END_TEST

/* y = eˣ, which it keeps for the gradient. */
static bool kept_forward(reel_call *call)
{
    const int64_t n = reel_numel(call->in[0]);
    reel_tensor *kept = reel_call_keep(call, 0, REEL_F64, 1, &n);
    if (reel_is_poison(kept)) {
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        reel_data_f64(kept)[i] = reel_data_f64(call->out[0])[i] =
            exp(reel_data_f64(call->in[0])[i]);
    }
    return true;
}

static reel_tensor *kept_gradient(reel_call *call, int input)
{
    (void)input;
    return reel_mul(call->g[0], call->kept[0]);
}

static reel_tensor *output_gradient(reel_call *call, int input)
{
    (void)input;
    return reel_mul(call->g[0], call->out[0]);
}

START_TEST(kept_tensors)
{
    r = quiet_reel();
    const reel_custom_op op = {
        .name = "kept_exp", .forward = kept_forward, .gradient = kept_gradient};
    const reel_custom_op of_output = {
        .name = "exp2nd", .forward = kept_forward, .gradient = output_gradient};
    reel_tensor *x = leaf(2, (double[]){0.5, -1});
    ck_assert_int_eq(reel_gradcheck(use, as_context(&op), &x, 1, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_gradgradcheck(use, as_context(&op), &x, 1, NULL, NULL), REEL_ERR_STATE);
    assert_error(
        r, REEL_ERR_STATE,
        "kept_exp: it cannot be differentiated twice: its gradient uses what forward kept");
    ck_assert_int_eq(reel_gradgradcheck(use, as_context(&of_output), &x, 1, NULL, NULL), REEL_OK);
    reel_free(r);
}
END_TEST

static bool keep_badly(reel_call *call)
{
    const int which = *(int *)call->context;
    reel_call_keep(call, which ? 0 : 7, which ? (reel_dtype)9 : REEL_F64, 0, NULL);
    return true;
}

START_TEST(keeping_badly_is_an_error)
{
    r = quiet_reel();
    const reel_custom_op op = {.name = "hoarder", .forward = keep_badly};
    reel_tensor *x = leaf(1, (double[]){1});
    ck_assert(reel_is_poison(once(&op, &(int){0}, x)));
    assert_error(r, REEL_ERR_STATE, "hoarder: it cannot keep in slot 7");
    ck_assert(reel_is_poison(once(&op, &(int){1}, x)));
    assert_error(r, REEL_ERR_DTYPE, "hoarder: there is no dtype 9");
    reel_free(r);
}
END_TEST

/* (sum, products) of a (n,) and b (n,): two outputs of different shapes. */
static bool pair_shape(reel_call *call, int output, reel_output_shape *shape)
{
    if (reel_numel(call->in[0]) != reel_numel(call->in[1])) {
        return reel_call_fail(call, REEL_ERR_SHAPE, "%lld and %lld elements",
                              (long long)reel_numel(call->in[0]),
                              (long long)reel_numel(call->in[1]));
    }
    shape->ndim = output == 0 ? 0 : shape->ndim;
    return true;
}

static bool pair_forward(reel_call *call)
{
    const double *a = reel_data_f64(call->in[0]), *b = reel_data_f64(call->in[1]);
    double *sum = reel_data_f64(call->out[0]), *products = reel_data_f64(call->out[1]);
    *sum = 0;
    for (int64_t i = 0; i < reel_numel(call->in[0]); i++) {
        *sum += a[i] + b[i];
        products[i] = a[i] * b[i];
    }
    return true;
}

static reel_tensor *pair_gradient(reel_call *call, int input)
{
    return reel_add(call->g[0], reel_mul(call->g[1], call->in[1 - input]));
}

static const reel_custom_op pair = {.name = "pair",
                                    .forward = pair_forward,
                                    .gradient = pair_gradient,
                                    .shape = pair_shape,
                                    .outputs = 2};

static reel_tensor *pair_loss(reel_tensor *const *x, size_t count, void *context)
{
    reel_tensor *y[2];
    (void)context;
    reel_custom_all(&pair, NULL, x, (int)count, y);
    return reel_mul(reel_square(y[0]), y[1]);
}

START_TEST(several_outputs)
{
    r = quiet_reel();
    reel_tensor *x[] = {leaf(3, (double[]){1, 2, 3}), leaf(3, (double[]){-1, 0.5, 4})}, *y[2];
    ck_assert_int_eq(reel_custom_all(&pair, NULL, x, 2, y), REEL_OK);
    ck_assert_int_eq(reel_ndim(y[0]), 0);
    ck_assert(reel_item(y[0]) == 9.5 && at(y[1], 2) == 12);
    ck_assert_int_eq(reel_gradcheck(pair_loss, NULL, x, 2, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_gradgradcheck(pair_loss, NULL, x, 2, NULL, NULL), REEL_OK);
    ck_assert_int_eq(reel_backward(y[0]), REEL_OK); /* the other output's gradient is zero */
    ck_assert(at(reel_grad(x[1]), 0) == 1);
    x[1] = leaf(2, (double[]){1, 2});
    ck_assert_int_eq(reel_custom_all(&pair, NULL, x, 2, y), REEL_ERR_SHAPE);
    ck_assert(reel_is_poison(y[0]) && reel_is_poison(y[1]));
    assert_error(r, REEL_ERR_SHAPE, "pair: 3 and 2 elements");
    reel_free(r);
}
END_TEST

START_TEST(layouts_and_dtypes)
{
    r = quiet_reel();
    reel_custom_op wide = cube;
    wide.as_double = true;
    reel_tensor *x =
        reel_requires_grad_(reel_from_f32(r, (float[]){1, 2, 3, 4}, REEL_SHAPE(2, 2)), true);
    reel_tensor *y = once(&wide, NULL, reel_t(x));
    ck_assert_int_eq(reel_dtype_of(y), REEL_F32);
    ck_assert(reel_get(y, (int64_t[]){0, 1}) == 27);
    ck_assert_int_eq(reel_backward(reel_sum(y)), REEL_OK);
    ck_assert_int_eq(reel_dtype_of(reel_grad(x)), REEL_F32);
    ck_assert(reel_get(reel_grad(x), (int64_t[]){1, 0}) == 27);
    reel_tensor *square = reel_requires_grad_(reel_randn(r, REEL_F64, REEL_SHAPE(3, 2)), true);
    reel_tensor *turned = reel_requires_grad_(reel_detach(reel_t(square)), true);
    ck_assert_int_eq(reel_gradcheck(use, as_context(&cube), &turned, 1, NULL, NULL), REEL_OK);
    reel_tensor *empty = reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(0, 2)), true);
    ck_assert_int_eq(reel_backward(reel_sum(once(&cube, NULL, empty))), REEL_OK);
    ck_assert_int_eq(reel_numel(reel_grad(empty)), 0);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* Recorded under its name; what it saved is watched, unless its gradient does not read it. */
START_TEST(on_the_tape)
{
    r = quiet_reel();
    char text[2048] = "";
    reel_tensor *x = leaf(2, (double[]){1, 2}), *middle = reel_neg(x),
                *y = once(&cube, NULL, middle);
    ck_assert_uint_eq(reel_tape_length(r), 2);
    FILE *stream = tmpfile();
    reel_tape_print(r, stream);
    rewind(stream);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, stream), 0);
    fclose(stream);
    ck_assert_ptr_nonnull(strstr(text, "2  cube "));
    reel_tensor *loss = reel_sum(y);
    reel_data_f64(y)[0] = 5; /* unread: may change, and writing through data is not seen anyway */
    bool was = reel_set_grad_enabled(r, false);
    ck_assert_int_eq(reel_set(reel_detach(y), (int64_t[]){0}, 7), REEL_OK);
    ck_assert_int_eq(reel_backward_with(loss, &(reel_backward_options){.retain_graph = true}),
                     REEL_OK);
    ck_assert_int_eq(reel_set(reel_detach(middle), (int64_t[]){0}, 7), REEL_OK);
    reel_set_grad_enabled(r, was);
    ck_assert_int_eq(reel_backward(loss), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE,
                 "backward: cube saved its input of shape (2,), which has been changed in place");
    reel_set_grad_enabled(r, false);
    reel_tensor *plain = once(&cube, NULL, x);
    ck_assert(!reel_requires_grad(plain) && at(plain, 1) == 8);
    reel_free(r);
}
END_TEST

static bool fail_silently(reel_call *call)
{
    (void)call;
    return false;
}

static bool fail_inside(reel_call *call)
{
    reel_add(call->in[0], reel_reshape(call->in[0], REEL_SHAPE(9)));
    return true; /* not looked at: the error tells */
}

static bool wrong_dtype(reel_call *call) { return reel_data_f32(call->in[0]) != NULL; }

static bool rewinding(reel_call *call)
{
    reel_rewind(reel_of(call->in[0]));
    return true;
}

START_TEST(failing_forward)
{
    r = quiet_reel();
    reel_tensor *x = leaf(2, (double[]){1, 2});
    const reel_custom_op silent = {.name = "mute", .forward = fail_silently};
    const reel_custom_op inside = {.name = "outer", .forward = fail_inside};
    const reel_custom_op dtype = {.name = "float_only", .forward = wrong_dtype};
    const reel_custom_op rewind = {.name = "time_machine", .forward = rewinding};
    ck_assert(reel_is_poison(once(&silent, NULL, x)));
    assert_error(r, REEL_ERR_STATE, "mute: its forward failed");
    ck_assert(reel_is_poison(once(&inside, NULL, x)));
    assert_error(r, REEL_ERR_SHAPE, "outer: in its forward: reshape: ");
    ck_assert(reel_is_poison(once(&dtype, NULL, x)));
    assert_error(r, REEL_ERR_DTYPE, "float_only: in its forward: data_f32: ");
    ck_assert(reel_is_poison(once(&rewind, NULL, x)));
    assert_error(r, REEL_ERR_STATE, "time_machine: in its forward: rewind: ");
    reel_reshape(x, REEL_SHAPE(9)); /* afterwards errors are nobody's */
    ck_assert(strncmp(reel_error(r), "reshape: ", 9) == 0);
    ck_assert(reel_grad_enabled(r));
    reel_free(r);
}
END_TEST

static reel_tensor *bad_gradient(reel_call *call, int input)
{
    reel_tensor *g = call->g[0];
    (void)input;
    switch (*(int *)call->context) {
    case 0:
        return reel_reshape(g, REEL_SHAPE(9));
    case 1:
        return reel_sum(g);
    case 2:
        reel_call_fail(call, REEL_ERR_VALUE, "no slope at %d", 3);
        return NULL;
    case 3:
        reel_backward(reel_sum(reel_exp(call->in[0])));
        return g;
    default:
        return NULL;
    }
}

START_TEST(failing_gradient)
{
    r = quiet_reel();
    reel_tensor *x = leaf(2, (double[]){1, 2});
    const reel_custom_op op = {.name = "bad", .forward = cube_forward, .gradient = bad_gradient};
    static const struct {
        reel_status status;
        const char *part;
    } expected[] = {
        {REEL_ERR_SHAPE, "bad: in its gradient: reshape: "},
        {REEL_ERR_SHAPE,
         "bad: its gradient for input 0 has shape (), which does not sum to the input's (2,)"},
        {REEL_ERR_VALUE, "bad: no slope at 3"},
        {REEL_ERR_STATE, "bad: in its gradient: backward: it cannot be called"}};
    for (int which = 0; which < 5; which++) {
        reel_tensor *loss = reel_sum(once(&op, &which, x));
        reel_status status = reel_backward(loss);
        if (which < 4) {
            ck_assert_int_eq(status, expected[which].status);
            ck_assert_ptr_null(reel_grad(x));
            assert_error(r, expected[which].status, expected[which].part);
        } else { /* NULL stands for zeros */
            ck_assert_int_eq(status, REEL_OK);
            ck_assert(at(reel_grad(x), 1) == 0);
        }
    }
    reel_free(r);
}
END_TEST

START_TEST(bad_operations_and_inputs)
{
    r = quiet_reel();
    reel_tensor *x = leaf(2, (double[]){1, 2}), *many[8] = {x, x, x, x, x, x, x, x}, *out[1];
    ck_assert(reel_is_poison(once(NULL, NULL, x)));
    assert_error(r, REEL_ERR_VALUE, "an operation needs a name and a forward");
    ck_assert(reel_is_poison(once(&(reel_custom_op){.name = "empty"}, NULL, x)));
    assert_error(r, REEL_ERR_VALUE, "empty: an operation needs");
    ck_assert(reel_is_poison(reel_custom(&cube, NULL, many, 8)));
    assert_error(r, REEL_ERR_VALUE, "cube: 8 inputs");
    reel_custom_op wide = cube;
    wide.outputs = 9;
    ck_assert(reel_is_poison(once(&wide, NULL, x)));
    assert_error(r, REEL_ERR_VALUE, "cube: 9 outputs");
    ck_assert_ptr_null(reel_custom(&cube, NULL, many, 0));
    ck_assert_ptr_null(once(&cube, NULL, NULL));
    ck_assert_int_eq(reel_custom_all(&cube, NULL, (reel_tensor *[]){NULL}, 1, out), REEL_ERR_OWNER);
    ck_assert_ptr_null(out[0]);
    many[1] = NULL;
    ck_assert(reel_is_poison(reel_custom(&cube, NULL, many, 2)));
    assert_error(r, REEL_ERR_OWNER, "cube: ");
    reel_tensor *poison = reel_reshape(x, REEL_SHAPE(9));
    reel_clear_error(r);
    ck_assert(reel_is_poison(once(&cube, NULL, poison))); /* passes, and is no new error */
    ck_assert(!reel_failed(r));
    /* Without a gradient nothing is recorded. */
    const reel_custom_op flat = {.name = "flat", .forward = cube_forward};
    ck_assert(!reel_requires_grad(once(&flat, NULL, x)));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, gradients_in_operations_and_in_loops);
    tcase_add_test(cases, second_derivative_of_loops_is_refused);
    tcase_add_test(cases, reading_elements_is_refused_while_recording);
    tcase_add_test(cases, kept_tensors);
    tcase_add_test(cases, keeping_badly_is_an_error);
    tcase_add_test(cases, several_outputs);
    tcase_add_test(cases, layouts_and_dtypes);
    tcase_add_test(cases, on_the_tape);
    tcase_add_test(cases, failing_forward);
    tcase_add_test(cases, failing_gradient);
    tcase_add_test(cases, bad_operations_and_inputs);
}

int main(void) { return run_suite("custom", add_cases); }
