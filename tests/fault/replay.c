/* SPDX-License-Identifier: MIT */
/*
 * Capturing a step while each allocation fails in turn, once or for good: there is no graph then,
 * the parameters are those from before the step or from after it, and nothing is lost. A second try
 * goes on to the same bits.
 */
#include "faulty.h"

#include <reel/reel.h>

enum { STEPS = 6, ROWS = 40, HIDDEN = 24 };

typedef struct training {
    reel *r;
    reel_tensor *x, *y, *loss;
    reel_module *model;
    reel_optimizer *optimizer;
} training;

static training set_up(faulty *f)
{
    reel *r = faulty_reel(f);
    reel_manual_seed(r, 3);
    training t = {
        .r = r,
        .x = reel_rand(r, REEL_F32, REEL_SHAPE(ROWS, 6)),
        .y = reel_rand(r, REEL_F32, REEL_SHAPE(ROWS, 1)),
        .model = reel_nn_sequential(r,
                                    (reel_module *[]){reel_nn_linear(r, 6, HIDDEN), reel_nn_tanh(r),
                                                      reel_nn_linear(r, HIDDEN, 1)},
                                    3),
    };
    t.optimizer = reel_optim_adam(reel_parameters(t.model), (reel_adam_options){.lr = 0.01});
    return t;
}

/* Whether the parameters were changed. */
static bool step(training *t)
{
    reel_tensor *e = reel_sub(reel_forward(t->model, t->x), t->y);
    reel_tensor *order = reel_sort(reel_reshape(e, 1, (int64_t[]){ROWS}), 0, true).values;
    t->loss = reel_add(reel_mean(reel_square(e)), reel_mean(reel_narrow(order, 0, 0, 5)));
    reel_zero_grad(t->optimizer);
    if (reel_backward(t->loss) != REEL_OK) {
        return false;
    }
    reel_clip_grad_norm(reel_parameters(t->model), 0.5, (reel_clip_options){0});
    return reel_step(t->optimizer) == REEL_OK;
}

/* The parameters' elements. */
static void note(const training *t, float *all)
{
    reel_tensor_list list = reel_parameters(t->model);
    for (size_t i = 0; i < list.count; i++) {
        ck_assert_int_eq(reel_to_f32(list.tensors[i], all, reel_numel(list.tensors[i])), REEL_OK);
        all += reel_numel(list.tensors[i]);
    }
}

enum { NUMBERS = 6 * HIDDEN + HIDDEN + HIDDEN + 1 };

/* What the parameters are after each step. */
static void reference(float after[STEPS + 1][NUMBERS])
{
    faulty f = {.fail_at = -1};
    training t = set_up(&f);
    note(&t, after[0]);
    for (int i = 1; i <= STEPS; i++) {
        step(&t);
        reel_rewind(t.r);
        note(&t, after[i]);
    }
    faulty_end(&f, t.r);
}

static void assert_at(const training *t, const float *expected, long where)
{
    float now[NUMBERS];
    note(t, now);
    ck_assert_msg(memcmp(now, expected, sizeof now) == 0, "allocation %ld: other parameters",
                  where);
}

/* One run in which the capture's allocation `at` fails; false when there was none such. */
static bool run(long at, bool for_good, float after[STEPS + 1][NUMBERS])
{
    faulty f = {.fail_at = -1};
    training t = set_up(&f);
    int done = 0;
    f.fail_at = f.calls + at;
    f.for_good = for_good;
    reel_status begun = reel_capture_begin(t.r);
    done += begun == REEL_OK ? step(&t) : 0;
    reel_graph *graph = begun == REEL_OK ? reel_capture_end(t.r) : NULL;
    const bool failed = f.calls > f.fail_at;
    f.fail_at = -1;
    ck_assert_msg(failed == !graph, "allocation %ld: %s", at, reel_error(t.r));
    if (failed) {
        ck_assert_int_eq(reel_error_status(t.r), REEL_ERR_MEMORY);
        reel_clear_error(t.r);
        assert_at(&t, after[done], at);
        reel_zero_grad(t.optimizer);
        ck_assert_int_eq(reel_capture_begin(t.r), REEL_OK);
        done += step(&t);
        graph = reel_capture_end(t.r);
        ck_assert_msg(graph != NULL, "allocation %ld: %s", at, reel_error(t.r));
    }
    for (; done < STEPS; done++) {
        assert_at(&t, after[done], at);
        ck_assert_int_eq(reel_replay(graph), REEL_OK);
    }
    assert_at(&t, after[STEPS], at);
    reel_graph_free(graph);
    faulty_end(&f, t.r);
    return failed;
}

START_TEST(second_try)
{
    static float after[STEPS + 1][NUMBERS];
    reference(after);
    long at = 0;
    while (run(at, _i == 1, after)) {
        at++;
    }
    ck_assert_msg(at > 5, "only %ld allocations", at);
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_loop_test(cases, second_try, 0, 2); }

int main(void) { return run_suite("fault_replay", add_cases); }
