/* SPDX-License-Identifier: MIT */
/* Captured steps: a replay's numbers are the step's own to the bit, and what cannot be captured is
 * refused with a reason. */
#include "faulty.h"

#include <reel/reel.h>
#include <stdio.h>

static reel *r;

static void set_up(void) { r = quiet_reel(); }

static void tear_down(void)
{
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_free(r);
}

/* The tutorial: a model, its data, and a step. */
typedef struct tutorial {
    reel_tensor *x, *y, *loss;
    reel_module *model, *l1_loss;
    reel_optimizer *sgd;
} tutorial;

static tutorial make_tutorial(void)
{
    tutorial t = {
        .x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5)),
        .y = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5)),
        .model = reel_nn_linear(r, 1, 1),
        .l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0}),
    };
    t.sgd = reel_optim_sgd(reel_parameters(t.model), (reel_sgd_options){.lr = 0.01});
    return t;
}

static void step(tutorial *t)
{
    t->loss = reel_loss(t->l1_loss, reel_forward(t->model, reel_unsqueeze(t->x, 1)),
                        reel_unsqueeze(t->y, 1));
    reel_zero_grad(t->sgd);
    reel_backward(t->loss);
    reel_step(t->sgd);
}

static reel_graph *capture(tutorial *t)
{
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    step(t);
    return reel_capture_end(r);
}

/* The losses that PyTorch printed. */
START_TEST(tutorial_prints_pytorchs_digits)
{
    char line[256], ours[256];
    FILE *recorded = fopen(REEL_TEST_DATA "/tutorial/seed-0.txt", "r");
    ck_assert_ptr_nonnull(recorded);
    reel_manual_seed(r, 0);
    tutorial t = make_tutorial();
    reel_graph *g = NULL;
    for (int epoch = 0; epoch < 100; epoch++) {
        g = g ? g : capture(&t);
        ck_assert_ptr_nonnull(g);
        ck_assert(epoch == 0 || reel_replay(g) == REEL_OK);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, recorded));
        snprintf(ours, sizeof ours, "Epoch %d, Loss: %s\n", epoch + 1, reel_item_repr(t.loss));
        ck_assert_str_eq(ours, line);
        reel_rewind(r);
    }
    fclose(recorded);
}
END_TEST

/* Data, rates and the step's count are those of the moment. */
START_TEST(new_data_and_rates)
{
    float eager[2][20];
    for (int replayed = 0; replayed < 2; replayed++) {
        reel *const outer = r;
        r = quiet_reel();
        tutorial t = make_tutorial();
        reel_graph *g = NULL;
        for (int i = 0; i < 20; i++) {
            for (int64_t k = 0; k < 5; k++) {
                reel_set(t.x, &k, (double)(i * 7 % 5 - 2) + 0.25 * (double)k);
            }
            reel_set_lr(t.sgd, 0, 0.1 / (1 + i));
            if (!replayed) {
                step(&t);
            } else if (g) {
                ck_assert_int_eq(reel_replay(g), REEL_OK);
            } else {
                g = capture(&t);
            }
            eager[replayed][i] = (float)reel_item(t.loss);
            if (!replayed) {
                reel_rewind(r);
            }
        }
        reel_free(r);
        r = outer;
    }
    ck_assert_mem_eq(eager[0], eager[1], sizeof eager[0]);
}
END_TEST

/* A replay asks for no memory, neither does a capture's data stay when the graph is freed. */
START_TEST(memory)
{
    faulty f = {.fail_at = -1};
    reel *const outer = r;
    r = faulty_reel(&f);
    tutorial t = make_tutorial();
    reel_tensor *wide = reel_rand(r, REEL_F32, REEL_SHAPE(64, 70));
    reel_graph *g;
    long blocks = f.blocks;
    reel_capture_begin(r);
    step(&t);
    reel_tensor *sorted = reel_sort(reel_t(wide), 0, false).values;
    t.loss = reel_sum(reel_softmax(reel_mm(sorted, wide), 0));
    g = reel_capture_end(r);
    ck_assert_ptr_nonnull(g);
    const long calls = f.calls;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reel_replay(g), REEL_OK);
    }
    ck_assert_int_eq(f.calls, calls);
    reel_graph_free(g);
    ck_assert_int_eq(f.blocks, blocks + 3); /* the leaves' gradients, and the freed handle */
    faulty_end(&f, r);
    r = outer;
}
END_TEST

/* After the step nothing of its history is left, and what it returned is a value like any other. */
START_TEST(results_have_no_history)
{
    tutorial t = make_tutorial();
    reel_graph *g = capture(&t);
    ck_assert(!reel_requires_grad(t.loss) && reel_is_leaf(t.loss));
    ck_assert_uint_eq(reel_tape_length(r), 0);
    reel_tensor *w = reel_parameter(t.model, "weight");
    reel_tensor *product = reel_mul(reel_sum(w), t.loss);
    ck_assert_int_eq(reel_replay(g), REEL_OK);
    reel_zero_grad(t.sgd);
    ck_assert_int_eq(reel_backward(reel_mul(product, product)), REEL_OK);
    reel_rewind(r);
    ck_assert(isfinite(reel_item(t.loss)));
}
END_TEST

/* Constants of the step that it changes begin each replay anew; the caller's tensors go on. */
START_TEST(changed_constants)
{
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(3));
    reel_tensor *total = reel_zeros(r, REEL_F32, REEL_SHAPE(3));
    reel_capture_begin(r);
    reel_tensor *own = reel_full(r, REEL_F32, 5, REEL_SHAPE(3));
    reel_tensor *before = reel_mul_scalar(own, 2);
    reel_add_(own, x);
    reel_add_(total, own);
    reel_graph *g = reel_capture_end(r);
    ck_assert_ptr_nonnull(g);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reel_replay(g), REEL_OK);
        ck_assert(reel_get(own, (int64_t[]){1}) == 6);
        ck_assert(reel_get(before, (int64_t[]){1}) == 10);
        ck_assert(reel_get(total, (int64_t[]){1}) == 6 * (i + 2));
    }
}
END_TEST

/* What one step has made is the caller's to another one. */
START_TEST(state_of_another_step)
{
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(3));
    reel_capture_begin(r);
    reel_tensor *sum = reel_zeros(r, REEL_F32, REEL_SHAPE(3));
    ck_assert_ptr_nonnull(reel_capture_end(r));
    reel_capture_begin(r);
    reel_add_(sum, x);
    reel_graph *g = reel_capture_end(r);
    ck_assert_int_eq(reel_replay(g), REEL_OK);
    ck_assert_int_eq(reel_replay(g), REEL_OK);
    ck_assert(reel_get(sum, (int64_t[]){2}) == 3);
}
END_TEST

/* Gradients add up where they would, and only there. */
START_TEST(accumulated_gradients)
{
    reel_tensor *w = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(2)), true);
    reel_backward(reel_sum(reel_mul(w, w)));
    reel_rewind(r);
    reel_capture_begin(r);
    reel_backward(reel_sum(reel_mul(w, w)));
    reel_graph *g = reel_capture_end(r);
    ck_assert_int_eq(reel_replay(g), REEL_OK);
    ck_assert(reel_get(reel_grad(w), (int64_t[]){0}) == 6);
    reel_zero_grad_of(w);
    ck_assert_int_eq(reel_replay(g), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "had a gradient when the step was captured, and has none now");
    ck_assert_ptr_null(reel_grad(w));
}
END_TEST

static reel_tensor *leave(reel_tensor *g, void *context)
{
    (void)context;
    return g;
}

static reel_tensor *a_closure(void *context) { return context; }

/* Each thing that cannot be part of a step: called while one is captured. */
typedef struct refusal {
    const char *part; /* of the error */
    void (*call)(tutorial *t, reel_tensor *x);
} refusal;

static void item(tutorial *t, reel_tensor *x) { (void)t, reel_item(reel_sum(x)); }
static void get(tutorial *t, reel_tensor *x) { (void)t, reel_get(x, (int64_t[]){0}); }
static void set(tutorial *t, reel_tensor *x) { (void)t, reel_set(x, (int64_t[]){0}, 1); }
static void data(tutorial *t, reel_tensor *x) { (void)t, reel_data_f32(x); }
static void to_f32(tutorial *t, reel_tensor *x) { (void)t, reel_to_f32(x, (float[5]){0}, 5); }
static void repr(tutorial *t, reel_tensor *x) { (void)t, reel_repr(x); }
static void item_repr(tutorial *t, reel_tensor *x) { (void)t, reel_item_repr(reel_sum(x)); }
static void rewind_it(tutorial *t, reel_tensor *x) { (void)t, (void)x, reel_rewind(r); }
static void seed(tutorial *t, reel_tensor *x) { (void)t, (void)x, reel_manual_seed(r, 1); }
static void begin(tutorial *t, reel_tensor *x) { (void)t, (void)x, reel_capture_begin(r); }
static void anomaly(tutorial *t, reel_tensor *x)
{
    (void)t, (void)x, reel_set_anomaly_mode(r, true);
}
static void module(tutorial *t, reel_tensor *x) { (void)t, (void)x, reel_nn_relu(r); }
static void rng_state(tutorial *t, reel_tensor *x) { (void)t, (void)x, reel_get_rng_state(r); }
static void init(tutorial *t, reel_tensor *x) { (void)t, reel_init_constant(x, 1); }

static void optimizer(tutorial *t, reel_tensor *x)
{
    (void)x;
    reel_optim_sgd(reel_parameters(t->model), (reel_sgd_options){.lr = 1});
}

static void closure(tutorial *t, reel_tensor *x) { reel_step_with(t->sgd, a_closure, x, NULL); }

static void set_lr(tutorial *t, reel_tensor *x) { (void)x, reel_set_lr(t->sgd, 0, 1); }

static void add_group(tutorial *t, reel_tensor *x)
{
    reel_tensor_list list = {.r = r, .tensors = &x, .count = 1};
    reel_add_param_group(t->sgd, list, NULL, 0);
}

static void state(tutorial *t, reel_tensor *x) { (void)x, reel_optimizer_state_dict(t->sgd); }

static void load_state(tutorial *t, reel_tensor *x)
{
    (void)x;
    reel_optimizer_load_state_dict(t->sgd, NULL, 0);
}

/* It was made before the step. */
static reel_scheduler *schedule;
static reel_ema *ema;

static void scheduler(tutorial *t, reel_tensor *x)
{
    (void)t, (void)x, reel_scheduler_step(schedule);
}

static void apply_average(tutorial *t, reel_tensor *x) { (void)t, (void)x, reel_ema_apply(ema); }

static void mask(tutorial *t, reel_tensor *x)
{
    (void)t;
    const reel_index_item by = reel_index_by(reel_gt(x, reel_mul_scalar(x, 0.5)));
    reel_index(x, &by, 1);
}

static void one_hot(tutorial *t, reel_tensor *x)
{
    (void)t;
    reel_one_hot(reel_to(x, REEL_I64), -1);
}

static void hook(tutorial *t, reel_tensor *x)
{
    reel_tensor *w = reel_parameter(t->model, "weight");
    uint64_t handle = reel_register_hook(w, leave, NULL);
    ck_assert_int_ne(reel_backward(reel_sum(reel_mul(w, x))), REEL_OK);
    reel_remove_hook(w, handle);
}

static void freed(tutorial *t, reel_tensor *x)
{
    (void)x;
    reel_mul(t->y, t->y);
    reel_tensor_free(t->y);
}

static const refusal refusals[] = {
    {"item: a value cannot be read", item},
    {"get: a value cannot be read", get},
    {"set: a value cannot be set", set},
    {"data_f32: a value cannot be read", data},
    {"to_f32: a value cannot be read", to_f32},
    {"repr: a value cannot be read", repr},
    {"item_repr: a value cannot be read", item_repr},
    {"rewind: it cannot be called while a step is being captured", rewind_it},
    {"manual_seed: the generator cannot be seeded", seed},
    {"get_rng_state: the state cannot be read", rng_state},
    {"capture_begin: a step is being captured already", begin},
    {"anomaly: the mode cannot be turned on", anomaly},
    {"ReLU: a module cannot be made", module},
    {"init.constant_: a tensor cannot be initialised", init},
    {"SGD: an optimizer cannot be made", optimizer},
    {"SGD: a closure cannot be called", closure},
    {"SGD: a setting cannot be changed", set_lr},
    {"SGD: parameters cannot be added", add_group},
    {"SGD: a state cannot be read", state},
    {"SGD: a state cannot be taken over", load_state},
    {"StepLR: a schedule cannot step", scheduler},
    {"EMA: parameters cannot be exchanged", apply_average},
    {"index: a mask cannot select", mask},
    {"one_hot: the number of classes cannot come from the indices", one_hot},
    {"backward: a hook cannot be called", hook},
    {"capture_end: a tensor, module or optimizer that the step uses has been freed", freed},
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

START_TEST(refuses)
{
    tutorial t = make_tutorial();
    const refusal *it = &refusals[_i];
    const double before = reel_item(reel_parameter(t.model, "weight"));
    schedule = reel_lr_step(t.sgd, (reel_lr_step_options){.step_size = 3});
    ema = reel_ema_new(reel_parameters(t.model), (reel_ema_options){0});
    reel_ema_update(ema);
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    it->call(&t, t.x);
    ck_assert_ptr_null(reel_capture_end(r));
    assert_error(r, REEL_ERR_STATE, it->part);
    ck_assert(reel_item(reel_parameter(t.model, "weight")) == before);
    if (it->call != freed) { /* and all is as before */
        ck_assert_ptr_nonnull(capture(&t));
    }
}
END_TEST

/* An error that was cleared before the end still leaves a gap in the step. */
START_TEST(cleared_error)
{
    tutorial t = make_tutorial();
    reel_capture_begin(r);
    reel_item(t.x);
    reel_clear_error(r);
    step(&t);
    ck_assert_ptr_null(reel_capture_end(r));
    assert_error(r, REEL_ERR_STATE, "capture_end: something failed since reel_capture_begin");
    ck_assert_ptr_null(reel_capture_end(r));
    assert_error(r, REEL_ERR_STATE, "capture_end: no step is being captured");
}
END_TEST

START_TEST(refuses_to_begin)
{
    tutorial t = make_tutorial();
    reel_tensor *old = reel_forward(t.model, reel_unsqueeze(t.x, 1));
    ck_assert_int_eq(reel_capture_begin(r), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "operations are recorded; call reel_rewind first");
    reel_set_anomaly_mode(r, true);
    reel_rewind(r);
    ck_assert_int_eq(reel_capture_begin(r), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "anomaly mode is on");
    reel_set_anomaly_mode(r, false);
    old = reel_mul(t.x, t.x);
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    reel_mul(t.x, old);
    ck_assert_ptr_null(reel_capture_end(r));
    assert_error(r, REEL_ERR_STATE, "was returned before reel_capture_begin");
    reel_rewind(r);
    old = reel_mul(t.x, t.x); /* a view of it that lives with the graph would outlive it */
    ck_assert_int_eq(reel_capture_begin(r), REEL_OK);
    ck_assert(reel_is_poison(reel_unsqueeze(old, 0)));
    ck_assert_ptr_null(reel_capture_end(r));
    assert_error(r, REEL_ERR_STATE, "was returned before reel_capture_begin");
    ck_assert_int_eq(reel_capture_begin(NULL), REEL_ERR_MEMORY);
    ck_assert_ptr_null(reel_capture_end(NULL));
    ck_assert_int_eq(reel_replay(NULL), REEL_ERR_OWNER);
    reel_graph_free(NULL);
}
END_TEST

/* What a graph uses may go before it; then it cannot be replayed, and says so. */
START_TEST(freed_parts)
{
    for (int part = 0; part < 3; part++) {
        tutorial t = make_tutorial();
        reel_graph *g = capture(&t);
        ck_assert_ptr_nonnull(g);
        if (part == 0) {
            reel_tensor_free(t.x);
        } else if (part == 1) {
            reel_optimizer_free(t.sgd);
        } else {
            reel_optimizer_free(t.sgd);
            reel_module_free(t.model);
        }
        const double loss = reel_item(t.loss);
        ck_assert_int_eq(reel_replay(g), REEL_ERR_STATE);
        assert_error(r, REEL_ERR_STATE, "that the step uses has been freed");
        ck_assert(reel_item(t.loss) == loss);
        reel_graph_free(g);
    }
}
END_TEST

/* What an operation finds wrong with new values is an error of the replay. */
START_TEST(values_out_of_bounds)
{
    reel_tensor *x = reel_arange(r, REEL_F32, 0, 4, 1), *y;
    reel_tensor *at = reel_from_i64(r, (int64_t[]){1, 3}, REEL_SHAPE(2));
    reel_capture_begin(r);
    y = reel_index_select(x, 0, at);
    reel_graph *g = reel_capture_end(r);
    reel_set(at, (int64_t[]){0}, 2);
    ck_assert_int_eq(reel_replay(g), REEL_OK);
    ck_assert(reel_get(y, (int64_t[]){0}) == 2);
    reel_set(at, (int64_t[]){0}, 4);
    ck_assert_int_eq(reel_replay(g), REEL_ERR_VALUE);
    ck_assert_int_eq(reel_replay(g), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "index 4 is out of bounds");
    reel_set(at, (int64_t[]){0}, 0);
    ck_assert_int_eq(reel_replay(g), REEL_OK);
    ck_assert(reel_get(y, (int64_t[]){0}) == 0);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, tutorial_prints_pytorchs_digits);
    tcase_add_test(cases, new_data_and_rates);
    tcase_add_test(cases, memory);
    tcase_add_test(cases, results_have_no_history);
    tcase_add_test(cases, changed_constants);
    tcase_add_test(cases, state_of_another_step);
    tcase_add_test(cases, accumulated_gradients);
    tcase_add_loop_test(cases, refuses, 0, REFUSALS);
    tcase_add_test(cases, cleared_error);
    tcase_add_test(cases, refuses_to_begin);
    tcase_add_test(cases, freed_parts);
    tcase_add_test(cases, values_out_of_bounds);
}

int main(void) { return run_suite("replay", add_cases); }
