/* SPDX-License-Identifier: MIT */
/* L-BFGS against PyTorch's on Rosenbrock's function; what happens when its closure fails. Expected
 * values: tests/generate/lbfgs.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/optim.h>
#include <reel/reduce.h>
#include <reel/views.h>

enum { COUNT = 6 };

static const struct {
    const char *name;
    reel_lbfgs_options options;
} cases[] = {
    {"plain", {.lr = 0.1}},
    {"short_history", {.lr = 0.1, .max_iter = 8, .history_size = 3}},
    {"wolfe", {.line_search_fn = REEL_STRONG_WOLFE}},
    {"wolfe_history",
     {.lr = 0.5, .max_iter = 6, .history_size = 2, .line_search_fn = REEL_STRONG_WOLFE}},
    {"few_evaluations", {.max_eval = 7, .line_search_fn = REEL_STRONG_WOLFE}},
    {"tolerant",
     {.tolerance_grad = 1, .tolerance_change = 1e-3, .line_search_fn = REEL_STRONG_WOLFE}},
};
enum { CASE_COUNT = sizeof cases / sizeof *cases };

typedef struct valley {
    reel *r;
    reel_tensor *x;
    reel_optimizer *optimizer;
    int calls;
    int fail_at; /* the call that fails; 0: none */
} valley;

static valley make_valley(reel *r, reel_dtype dtype, reel_lbfgs_options options)
{
    reel_tensor *start =
        reel_from_f64(r, (double[]){-1.2, 1.0, -0.5, 0.8, 1.5, -0.3}, REEL_SHAPE(COUNT));
    valley v = {.r = r, .x = reel_requires_grad_(reel_keep(reel_to(start, dtype)), true)};
    v.optimizer = reel_optim_lbfgs((reel_tensor_list){r, &v.x, 1}, options);
    ck_assert_ptr_nonnull(v.optimizer);
    return v;
}

/* Σ 100 (x[i+1] - x[i]²)² + (1 - x[i])². */
static reel_tensor *rosenbrock(void *context)
{
    valley *v = context;
    reel_rewind(v->r);
    reel_zero_grad(v->optimizer);
    reel_tensor *head = reel_narrow(v->x, 0, 0, COUNT - 1),
                *tail = reel_narrow(v->x, 0, 1, COUNT - 1);
    reel_tensor *bend = reel_square(reel_sub(tail, reel_square(head)));
    reel_tensor *slope = reel_square(reel_add_scalar(reel_neg(head), 1));
    reel_tensor *loss = reel_sum(reel_add(reel_mul_scalar(bend, 100), slope));
    if (++v->calls == v->fail_at) {
        return reel_add(loss, reel_zeros(v->r, REEL_F64,
                                         REEL_SHAPE(2, 3, 4, 5, COUNT))); /* has no gradient yet */
    }
    reel_backward(loss);
    return loss;
}

START_TEST(every_step_is_pytorchs)
{
    FILE *file = open_records("optim/lbfgs.txt");
    reel *r = reel_new();
    valley v = {0};
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        if (record_whole(&it, 1) == 0) {
            size_t i = 0;
            while (i < CASE_COUNT && strcmp(cases[i].name, it.word[0]) != 0) {
                i++;
            }
            ck_assert(i < CASE_COUNT);
            v = make_valley(r, REEL_F64, cases[i].options);
        }
        double loss;
        ck_assert_int_eq(reel_step_with(v.optimizer, rosenbrock, &v, &loss), REEL_OK);
        assert_close(loss, record_number(&it, it.words), 1e-7);
        ck_assert_int_eq(v.calls, record_whole(&it, it.words + 1));
        for (int64_t k = 0; k < COUNT; k++) {
            assert_close(reel_get(v.x, &k), record_number(&it, it.words + 2 + (int)k), 1e-7);
        }
    }
    ck_assert_int_eq(count, 4 * CASE_COUNT);
    reel_free(r);
}
END_TEST

START_TEST(floats_get_there_too)
{
    reel *r = reel_new();
    valley v = make_valley(r, REEL_F32, (reel_lbfgs_options){.line_search_fn = REEL_STRONG_WOLFE});
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(reel_step_with(v.optimizer, rosenbrock, &v, NULL), REEL_OK);
    }
    for (int64_t k = 0; k < COUNT; k++) {
        ck_assert_double_eq_tol(reel_get(v.x, &k), 1, 1e-3);
    }
    reel_free(r);
}
END_TEST

/* Parameters of both dtypes are one vector of doubles. */
static reel_tensor *squares(void *context)
{
    reel_tensor **p = context;
    reel_zero_grad_of(p[0]);
    reel_zero_grad_of(p[1]);
    reel_tensor *loss = reel_add(reel_sum(reel_square(reel_add_scalar(p[0], -3))),
                                 reel_sum(reel_square(reel_add_scalar(p[1], 2))));
    reel_backward(loss);
    return loss;
}

START_TEST(dtypes_can_be_mixed)
{
    reel *r = reel_new();
    reel_tensor *p[] = {reel_requires_grad_(reel_zeros(r, REEL_F32, REEL_SHAPE(2)), true),
                        reel_requires_grad_(reel_zeros(r, REEL_F64, REEL_SHAPE(3)), true)};
    reel_optimizer *o = reel_optim_lbfgs((reel_tensor_list){r, p, 2},
                                         (reel_lbfgs_options){.line_search_fn = REEL_STRONG_WOLFE});
    ck_assert_int_eq(reel_step_with(o, squares, p, NULL), REEL_OK);
    assert_close(reel_get(p[0], (int64_t[]){1}), 3, 1e-6);
    assert_close(reel_get(p[1], (int64_t[]){2}), -2, 1e-6);
    reel_free(r);
}
END_TEST

static void assert_same_state(reel_optimizer *a, reel_optimizer *b)
{
    const reel_named_tensors x = reel_optimizer_state_dict(a), y = reel_optimizer_state_dict(b);
    ck_assert(x.count == y.count);
    for (size_t i = 0; i < x.count; i++) {
        ck_assert_str_eq(x.entries[i].name, y.entries[i].name);
        for (int64_t k = 0; k < reel_numel(x.entries[i].tensor); k++) {
            double u[64], v[64];
            reel_to_f64(x.entries[i].tensor, u, reel_numel(x.entries[i].tensor));
            reel_to_f64(y.entries[i].tensor, v, reel_numel(y.entries[i].tensor));
            ck_assert_msg(u[k] == v[k] || (isnan(u[k]) && isnan(v[k])), "%s", x.entries[i].name);
        }
    }
}

/* Whichever call fails, parameters and memory are as before the step; and the next steps are as if
 * nothing had been. */
START_TEST(a_failing_closure_changes_nothing)
{
    for (size_t c = 0; c < CASE_COUNT; c++) {
        for (int fail = 1; fail < 40; fail++) {
            reel *r = quiet_reel();
            valley v = make_valley(r, REEL_F64, cases[c].options),
                   w = make_valley(r, REEL_F64, cases[c].options);
            while (v.calls < fail) {
                double before[COUNT], after[COUNT], loss = 0;
                reel_to_f64(v.x, before, COUNT);
                v.fail_at = fail;
                const reel_status status = reel_step_with(v.optimizer, rosenbrock, &v, &loss);
                if (status == REEL_OK) {
                    reel_step_with(w.optimizer, rosenbrock, &w, NULL);
                    if (v.calls == w.calls && loss < 1e-9) {
                        break;
                    }
                    continue;
                }
                ck_assert_int_eq(status, REEL_ERR_SHAPE);
                ck_assert(isnan(loss));
                reel_to_f64(v.x, after, COUNT);
                ck_assert(memcmp(before, after, sizeof before) == 0);
                reel_clear_error(r);
                assert_same_state(v.optimizer, w.optimizer);
            }
            v.fail_at = 0;
            reel_step_with(v.optimizer, rosenbrock, &v, NULL);
            reel_step_with(w.optimizer, rosenbrock, &w, NULL);
            assert_same_state(v.optimizer, w.optimizer);
            reel_free(r);
        }
    }
}
END_TEST

START_TEST(it_goes_on_where_it_stopped)
{
    for (size_t c = 0; c < CASE_COUNT; c++) {
        reel *r = reel_new();
        valley v = make_valley(r, REEL_F64, cases[c].options);
        for (int i = 0; i < 3; i++) {
            valley w = make_valley(r, REEL_F64, cases[c].options);
            reel_step_with(v.optimizer, rosenbrock, &v, NULL);
            const reel_named_tensors state = reel_optimizer_state_dict(v.optimizer);
            ck_assert_int_eq(
                reel_optimizer_load_state_dict(w.optimizer, state.entries, state.count), REEL_OK);
            reel_to_f64(v.x, reel_data_f64(w.x), COUNT);
            for (int k = 0; k < 2; k++) {
                valley next = v;
                reel_step_with(next.optimizer, rosenbrock, &next, NULL);
                reel_step_with(w.optimizer, rosenbrock, &w, NULL);
                ck_assert(memcmp(reel_data_f64(v.x), reel_data_f64(w.x), COUNT * sizeof(double)) ==
                          0);
            }
        }
        reel_free(r);
    }
}
END_TEST

static reel_tensor *nothing(void *context)
{
    (void)context;
    return NULL;
}

START_TEST(it_refuses)
{
    reel *r = quiet_reel();
    valley v = make_valley(r, REEL_F64, (reel_lbfgs_options){0});
    ck_assert_int_eq(reel_step(v.optimizer), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "LBFGS: a step needs a closure");
    ck_assert_int_eq(reel_step_with(v.optimizer, NULL, NULL, NULL), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "LBFGS: the closure is NULL");
    ck_assert_int_eq(reel_step_with(v.optimizer, nothing, NULL, NULL), REEL_ERR_OWNER);
    assert_error(r, REEL_ERR_OWNER, "LBFGS: the closure returned NULL");
    reel_tensor *more = reel_zeros(r, REEL_F64, REEL_SHAPE(1));
    ck_assert_int_eq(reel_add_param_group(v.optimizer, (reel_tensor_list){r, &more, 1}, NULL, 0),
                     REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "LBFGS: takes one group");
    ck_assert_ptr_null(reel_optim_lbfgs((reel_tensor_list){r, &more, 1},
                                        (reel_lbfgs_options){.history_size = -1}));
    assert_error(r, REEL_ERR_VALUE, "LBFGS: history_size must be above 0, and is -1");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *tcase)
{
    tcase_add_test(tcase, every_step_is_pytorchs);
    tcase_add_test(tcase, floats_get_there_too);
    tcase_add_test(tcase, dtypes_can_be_mixed);
    tcase_add_test(tcase, a_failing_closure_changes_nothing);
    tcase_add_test(tcase, it_goes_on_where_it_stopped);
    tcase_add_test(tcase, it_refuses);
}

int main(void) { return run_suite("lbfgs", add_cases); }
