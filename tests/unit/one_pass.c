/* SPDX-License-Identifier: MIT */
/* A replay computes a loss's gradient beside the loss, and a line's with its values: to the bits of
 * the step in its two passes. */
#include "check_reel.h"

#include <math.h>

#include <reel/reel.h>

enum { ROWS = 11003, COLUMNS = 100, MANY = 3000, STEPS = 3 };

typedef enum kind {
    L1,
    HUBER,
    MSE,
    SMOOTH_L1_SUM,
    QUANTILE,
    TARGET_FIRST,
    WITHOUT_BIAS,
    KINDS
} kind;

typedef struct training {
    reel *r;
    kind kind;
    reel_tensor *x, *t;
    reel_module *linear;
    reel_optimizer *sgd;
    reel_tensor *values, *loss;
} training;

static training make_training(kind which, int threads)
{
    training s = {.r = quiet_reel(), .kind = which};
    reel_set_num_threads(s.r, threads);
    reel_manual_seed(s.r, 1);
    s.x = reel_randn(s.r, REEL_F32, REEL_SHAPE(ROWS, COLUMNS));
    s.t = reel_randn(s.r, REEL_F32, REEL_SHAPE(ROWS, 1));
    s.linear = reel_nn_linear_with(s.r, COLUMNS, 1,
                                   &(reel_linear_options){.no_bias = which == WITHOUT_BIAS});
    s.sgd = reel_optim_sgd(reel_parameters(s.linear), (reel_sgd_options){.lr = 0.1});
    return s;
}

static reel_tensor *loss_by(kind which, reel_tensor *x, reel_tensor *t, reel_reduction how)
{
    switch (which) {
    case HUBER:
        return reel_huber_loss(x, t, 0.7, how);
    case MSE:
        return reel_mse_loss(x, t, how);
    case SMOOTH_L1_SUM:
        return reel_smooth_l1_loss(x, t, 0.5, how);
    case QUANTILE:
        return reel_quantile_loss(x, t, 0.3, how);
    default:
        return reel_l1_loss(x, t, how);
    }
}

static reel_tensor *loss_of(const training *s)
{
    switch (s->kind) {
    case SMOOTH_L1_SUM:
        return reel_div_scalar(loss_by(s->kind, s->values, s->t, REEL_SUM), ROWS);
    case TARGET_FIRST:
        return loss_by(s->kind, s->t, s->values, REEL_MEAN);
    default:
        return loss_by(s->kind, s->values, s->t, REEL_MEAN);
    }
}

static void step(training *s)
{
    s->values = reel_forward(s->linear, s->x);
    s->loss = loss_of(s);
    reel_zero_grad(s->sgd);
    reel_backward(s->loss);
    reel_step(s->sgd);
}

static void check_same(reel_tensor *a, reel_tensor *b, const char *which, const training *s)
{
    ck_assert_msg(
        memcmp(reel_data_f32(a), reel_data_f32(b), (size_t)reel_numel(a) * sizeof(float)) == 0,
        "loss %d: %s of a replay is not the step's", (int)s->kind, which);
}

START_TEST(to_the_same_bits)
{
    training eager = make_training((kind)(_i / 2), 1),
             replayed = make_training((kind)(_i / 2), 1 + _i % 2);
    reel_capture_begin(replayed.r);
    step(&replayed);
    reel_graph *graph = reel_capture_end(replayed.r);
    for (int i = 0; i < STEPS; i++) {
        if (i > 0) {
            ck_assert_int_eq(reel_replay(graph), REEL_OK);
        }
        step(&eager);
        check_same(eager.loss, replayed.loss, "the loss", &eager);
        check_same(eager.values, replayed.values, "a value", &eager);
        check_same(reel_grad(reel_parameter(eager.linear, "weight")),
                   reel_grad(reel_parameter(replayed.linear, "weight")), "the gradient", &eager);
        check_same(reel_parameter(eager.linear, "weight"),
                   reel_parameter(replayed.linear, "weight"), "the weight", &eager);
        reel_rewind(eager.r);
    }
    reel_free(eager.r);
    reel_free(replayed.r);
}
END_TEST

/* What is read between the loss and its backward is what the step before left, as in the step. */
START_TEST(unless_the_gradient_is_read_between)
{
    reel *r = quiet_reel();
    reel_tensor *x = reel_requires_grad_(reel_full(r, REEL_F32, 4, REEL_SHAPE(MANY)), true);
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(MANY));
    reel_backward(reel_sum(reel_mul_scalar(x, 5)));
    reel_rewind(r);
    reel_capture_begin(r);
    reel_tensor *loss = reel_mse_loss(x, t, REEL_SUM);
    reel_tensor *before = reel_mul_scalar(reel_grad(x), 1);
    reel_zero_grad_of(x);
    reel_backward(loss);
    reel_graph *graph = reel_capture_end(r);
    for (int i = 0; i < 2; i++) {
        const float *g = reel_data_f32(before);
        ck_assert(g[0] == (i ? 8 : 5) && g[MANY - 1] == g[0]);
        ck_assert(reel_data_f32(reel_grad(x))[MANY - 1] == 8);
        ck_assert_int_eq(reel_replay(graph), REEL_OK);
    }
    reel_free(r);
}
END_TEST

/* Element i of a large input: some equal to the target's, some without an order. */
static float element(int64_t i, int of)
{
    static const float rare[][2] = {{INFINITY, INFINITY}, {NAN, 1},    {0, -0.0F},
                                    {1, INFINITY},        {1e-45F, 0}, {-1e-45F, 1e-45F}};
    return i % 1000 < 6 ? rare[i % 1000][of] : (float)((i * (of ? 7 : 3)) % 5);
}

/* A large L1 loss keeps signs for its backward: they give what g sign(a - b) does. */
START_TEST(by_signs)
{
    enum { COUNT = (1 << 21) + 77 };
    const bool of_target = _i % 2, quantile = _i / 2 % 2;
    const float g = _i == 1 || _i == 2 ? -2.5F : 3;
    reel *r = quiet_reel();
    reel_set_num_threads(r, 1 + _i % 3);
    reel_tensor *in[] = {reel_zeros(r, REEL_F32, REEL_SHAPE(COUNT)),
                         reel_zeros(r, REEL_F32, REEL_SHAPE(COUNT))};
    for (int64_t i = 0; i < COUNT; i++) {
        reel_data_f32(in[0])[i] = element(i, 0);
        reel_data_f32(in[1])[i] = element(i, 1);
    }
    reel_requires_grad_(in[of_target], true);
    reel_tensor *loss = quantile ? reel_quantile_loss(in[0], in[1], 0.25, REEL_SUM)
                                 : reel_l1_loss(in[0], in[1], REEL_SUM);
    const reel_backward_options options = {.gradient = reel_from_f32(r, &g, 0, NULL),
                                           .retain_graph = true};
    ck_assert_int_eq(reel_backward_with(loss, &options), REEL_OK);
    const float *dx = reel_data_f32(reel_grad(in[of_target]));
    for (int64_t i = 0; i < COUNT; i++) {
        const float a = element(i, 0), b = element(i, 1), above = quantile ? 0.75F : 1;
        const float below = quantile ? -0.25F : -1, other = quantile ? 0 : g * 0;
        float expected = a > b ? above * g : a < b ? below * g : other;
        expected = !of_target ? expected : quantile && !(a > b) && !(a < b) ? 0 : -expected;
        if (memcmp(&dx[i], &expected, sizeof expected) != 0) {
            ck_abort_msg("element %d, of %g and %g: %g, not %g", (int)i, (double)a, (double)b,
                         (double)dx[i], (double)expected);
        }
    }
    reel_free(r);
}
END_TEST

/* A large loss, its sum and its gradient for either input, are one loop in a replay: to the bits of
 * the terms in memory, their sum, and their gradients. */
START_TEST(of_many_terms)
{
    enum { COUNT = (1 << 21) + 77 };
    const kind which = (kind)(_i / 4);
    const bool rare = _i % 2, of_target = _i / 2 % 2;
    reel *r = quiet_reel();
    reel_set_num_threads(r, 1 + _i % 3);
    reel_tensor *in[] = {reel_zeros(r, REEL_F32, REEL_SHAPE(COUNT)),
                         reel_zeros(r, REEL_F32, REEL_SHAPE(COUNT))};
    for (int64_t i = 0; i < COUNT; i++) {
        reel_data_f32(in[0])[i] = rare ? element(i, 0) : sinf((float)i);
        reel_data_f32(in[1])[i] = rare ? element(i, 1) : cosf((float)i * 3);
    }
    reel_tensor *const x = reel_requires_grad_(in[of_target], true);
    reel_capture_begin(r);
    reel_tensor *loss = loss_by(which, in[0], in[1], REEL_SUM);
    reel_zero_grad_of(x);
    reel_backward(loss);
    reel_graph *graph = reel_capture_end(r);
    ck_assert_int_eq(reel_replay(graph), REEL_OK);
    reel_tensor *gradient = reel_clone(reel_grad(x));
    reel_tensor *eager = loss_by(which, in[0], in[1], REEL_SUM);
    reel_tensor *expected = reel_sum(loss_by(which, in[0], in[1], REEL_NONE));
    reel_zero_grad_of(x);
    reel_backward(expected);
    const float sum = (float)reel_item(expected);
    const bool same = rare ? isnan(reel_item(loss)) && isnan(reel_item(eager)) && isnan(sum)
                           : (float)reel_item(loss) == sum && (float)reel_item(eager) == sum;
    ck_assert_msg(same, "loss %d: %.9g replayed, %.9g eager, %.9g of its terms", (int)which,
                  reel_item(loss), reel_item(eager), (double)sum);
    for (int64_t i = 0; i < COUNT; i++) {
        const float a = reel_data_f32(gradient)[i], b = reel_data_f32(reel_grad(x))[i];
        if (memcmp(&a, &b, sizeof a) != 0 && !(isnan(a) && isnan(b))) {
            ck_abort_msg("loss %d, element %d: %g, not %g", (int)which, (int)i, (double)a,
                         (double)b);
        }
    }
    reel_free(r);
}
END_TEST

/* What may happen between the forward of a large loss, which writes the gradient that is to be, and
 * its backward: none of it changes what the gradient is. */
typedef enum between {
    NOTHING,
    ANOTHER_BACKWARD,
    ANOTHER_LOSS,
    FAILED_BACKWARD,
    FILLED_GRADIENT,
    HOOK,
    OTHER_USE,
    OF_TARGETS,
    BETWEENS
} between;

typedef struct scene {
    reel *r;
    reel_tensor *x, *t;
    bool of_result; /* the loss's input is not x, a leaf, but tanh(tanh(x)) */
    kind which;
    reel_reduction how;
    reel_tensor *held; /* the gradient of the step before */
} scene;

static scene make_scene(int i)
{
    enum { COUNT = (1 << 21) + 77 };
    static const kind kinds[] = {L1, HUBER, MSE};
    scene s = {.r = quiet_reel(), .which = kinds[i % 3], .how = i % 2 ? REEL_MEAN : REEL_SUM};
    const reel_dtype dtype = i % 4 == 3 ? REEL_F64 : REEL_F32;
    reel_set_num_threads(s.r, 1 + i % 2);
    reel_manual_seed(s.r, 7);
    s.x = reel_requires_grad_(reel_randn(s.r, dtype, REEL_SHAPE(COUNT)), true);
    s.t = reel_randn(s.r, dtype, REEL_SHAPE(COUNT));
    reel_backward(reel_sum(s.x)); /* so that there is a place for its gradient */
    s.held = reel_grad(s.x);
    reel_zero_grad_of(s.x);
    return s;
}

static reel_tensor *input_of(const scene *s)
{
    return s->of_result ? reel_tanh(reel_tanh(s->x)) : s->x;
}

static reel_tensor *large_loss(const scene *s)
{
    return loss_by(s->which, input_of(s), s->t, s->how);
}

static reel_tensor *scaled_backward(const scene *s, reel_tensor *loss, double by)
{
    const reel_backward_options options = {
        .gradient = reel_full(s->r, reel_dtype_of(loss), by, 0, NULL), .retain_graph = true};
    ck_assert_int_eq(reel_backward_with(loss, &options), REEL_OK);
    return reel_grad(s->x);
}

/* The gradient by the loss's terms, each of which is in memory. */
static reel_tensor *gradient_of_terms(const scene *s, double by)
{
    reel_tensor *terms = loss_by(s->which, input_of(s), s->t, REEL_NONE);
    reel_zero_grad_of(s->x);
    scaled_backward(s, s->how == REEL_SUM ? reel_sum(terms) : reel_mean(terms), by);
    reel_tensor *g = reel_clone(reel_grad(s->x));
    reel_zero_grad_of(s->x);
    return g;
}

static const void *bytes_of(reel_tensor *t)
{
    return reel_dtype_of(t) == REEL_F32 ? (const void *)reel_data_f32(t) : reel_data_f64(t);
}

static void check_gradient(const scene *s, reel_tensor *g, reel_tensor *expected, const char *what)
{
    const size_t bytes = (size_t)reel_numel(g) * (reel_dtype_of(g) == REEL_F32 ? 4 : 8);
    ck_assert_msg(g && memcmp(bytes_of(g), bytes_of(expected), bytes) == 0,
                  "loss %d, %s: another gradient", (int)s->which, what);
}

static reel_tensor *doubled(reel_tensor *gradient, void *context)
{
    (void)context;
    return reel_mul_scalar(gradient, 2);
}

/* Walks over x's gradient, and then meets what has been changed since it was saved. */
static void fail_backward(const scene *s)
{
    reel_tensor *v =
        reel_mul_scalar(reel_requires_grad_(reel_ones(s->r, REEL_F32, 0, NULL), true), 1);
    reel_tensor *square = reel_square(v), *product = reel_mul(s->x, s->t);
    reel_add_scalar_(v, 1);
    ck_assert_int_eq(reel_backward(reel_add(square, reel_sum(product))), REEL_ERR_STATE);
    reel_clear_error(s->r);
}

/* How many times the gradient is what it would be otherwise. */
static double happen(const scene *s, between what)
{
    switch (what) {
    case ANOTHER_BACKWARD:
        reel_backward_with(s->x, &(reel_backward_options){.gradient = s->t});
        reel_zero_grad_of(s->x);
        return 1;
    case ANOTHER_LOSS:
        loss_by(s->which, input_of(s), reel_mul_scalar(s->t, 3), REEL_MEAN);
        return 1;
    case FAILED_BACKWARD:
        fail_backward(s);
        return 1;
    case FILLED_GRADIENT:
        reel_fill_(s->held, 7);
        return 1;
    case HOOK:
        reel_register_hook(s->x, doubled, NULL);
        return 2;
    default:
        return 1;
    }
}

START_TEST(ahead_of_its_backward)
{
    scene s = make_scene(_i / 2 + _i / 2 / BETWEENS);
    const between what = (between)(_i / 2 % BETWEENS);
    s.of_result = _i % 2;
    reel_tensor *expected = gradient_of_terms(&s, 1);
    reel_tensor *loss = large_loss(&s), *g = NULL;
    const double times = happen(&s, what);
    if (what == OF_TARGETS) {
        const reel_backward_options options = {.retain_graph = true};
        ck_assert_int_eq(reel_gradients(loss, &s.x, 1, &options, &g), REEL_OK);
        ck_assert_ptr_null(reel_grad(s.x));
    } else if (what == OTHER_USE) {
        reel_tensor *both = reel_add(loss, reel_sum(reel_mul_scalar(s.x, 0)));
        g = scaled_backward(&s, both, 1);
    } else {
        g = scaled_backward(&s, loss, 1);
    }
    check_gradient(&s, g, times == 1 ? expected : reel_mul_scalar(expected, times), "once");
    reel_zero_grad_of(s.x);
    g = scaled_backward(&s, loss, 1); /* again: what was written ahead is gone */
    check_gradient(&s, g, times == 1 ? expected : reel_mul_scalar(expected, times), "again");
    reel_zero_grad_of(s.x);
    expected = gradient_of_terms(&s, -2.5); /* with the hook, if there is one */
    g = scaled_backward(&s, large_loss(&s), -2.5);
    check_gradient(&s, g, expected, "scaled");
    reel_free(s.r);
}
END_TEST

/* A part's gradient is added to what the loss handed on: the second backward does not find it. */
START_TEST(ahead_of_two_backwards)
{
    scene s = make_scene(_i);
    reel_tensor *y = reel_tanh(s.x), *part = reel_sum(reel_narrow(y, 0, 5, 1000));
    reel_tensor *both = reel_add(part, loss_by(s.which, y, s.t, s.how));
    reel_tensor *once = reel_clone(scaled_backward(&s, both, 1));
    reel_zero_grad_of(s.x);
    check_gradient(&s, scaled_backward(&s, both, 1), once, "twice");
    reel_free(s.r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, ahead_of_two_backwards, 0, 4);
    tcase_add_loop_test(cases, ahead_of_its_backward, 0, 6 * BETWEENS);
    tcase_add_loop_test(cases, of_many_terms, 0, 4 * (QUANTILE + 1));
    tcase_add_loop_test(cases, by_signs, 0, 4);
    tcase_add_loop_test(cases, to_the_same_bits, 0, 2 * KINDS);
    tcase_add_test(cases, unless_the_gradient_is_read_between);
}

int main(void) { return run_suite("one pass", add_cases); }
