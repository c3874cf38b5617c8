/* SPDX-License-Identifier: MIT */
/* Optimizers that see a parameter as a matrix. Expected values:
 * tests/generate/matrix_optimizers.py. */
#include "records.h"

#include <reel/autograd.h>
#include <reel/elementwise.h>
#include <reel/optim.h>
#include <reel/reduce.h>
#include <reel/replay.h>
#include <reel/views.h>
#include <stdlib.h>

static reel_optimizer *make(const char *name, reel_tensor_list list)
{
    if (strcmp(name, "adafactor") == 0) {
        return reel_optim_adafactor(list, (reel_adafactor_options){0});
    } else if (strcmp(name, "adafactor_all") == 0) {
        return reel_optim_adafactor(list, (reel_adafactor_options){.lr = 0.3,
                                                                   .beta2_decay = -0.5,
                                                                   .eps = {1e-3, 0.1},
                                                                   .d = 1.5,
                                                                   .weight_decay = 0.1,
                                                                   .maximize = true});
    } else if (strcmp(name, "muon") == 0) {
        return reel_optim_muon(list, (reel_muon_options){.lr = 0.05});
    }
    ck_assert_str_eq(name, "muon_all");
    return reel_optim_muon(list, (reel_muon_options){.lr = 0.1,
                                                     .weight_decay = 0.2,
                                                     .momentum = 0.8,
                                                     .no_nesterov = true,
                                                     .ns_coefficients = {3, -4, 2},
                                                     .ns_steps = 3,
                                                     .eps = 1e-5,
                                                     .match_rms_adamw = true});
}

/* "2x3" in a new tensor: small multiples of a quarter times `factor`. */
static reel_tensor *ramp(reel *r, const char *shape, int step, double factor, reel_dtype dtype)
{
    int64_t size[3], count = 1;
    int ndim = 0;
    double x[64];
    for (char *at = (char *)(uintptr_t)shape; ndim < 3 && *at; at += *at == 'x') {
        size[ndim] = strtol(at, &at, 10);
        count *= size[ndim++];
    }
    for (int64_t i = 0; i < count; i++) {
        x[i] = factor * (double)((7 * i + 5 * step) % 11 - 5) / 4;
    }
    return reel_keep(reel_to(reel_from_f64(r, x, ndim, size), dtype));
}

/* The loss whose gradient at this step is the generator's. */
static reel_tensor *loss_of(reel_tensor *p, reel_tensor *weights)
{
    return reel_sum(reel_mul(p, weights));
}

static void assert_parameters(const record *it, reel_tensor *p)
{
    double x[64], furthest = 0;
    ck_assert_int_eq(reel_to_f64(p, x, it->values), REEL_OK);
    for (int i = 0; i < it->values; i++) {
        furthest = fmax(furthest, fabs(x[i] - record_number(it, it->words + i)));
    }
    /* Muon's updates are of 8 bits, which here come out as PyTorch's. */
    const double tolerance = record_dtype(it, 1) == REEL_F32 ? 1e-6 : 1e-13;
    ck_assert_msg(furthest <= tolerance, "%s %s %s %s: %g apart", it->word[0], it->word[1],
                  it->word[2], it->word[3], furthest);
}

START_TEST(they_are_pytorchs)
{
    FILE *file = open_records("optim/matrices.txt");
    reel *r = reel_new();
    reel_tensor *p = NULL;
    reel_optimizer *optimizer = NULL;
    int count = 0, steps = 0;
    for (record it; next_record(file, &it); count++) {
        const reel_dtype dtype = record_dtype(&it, 1);
        if (record_whole(&it, 3) == 1) {
            p = reel_requires_grad_(ramp(r, it.word[2], 3, 0.5, dtype), true);
            optimizer = make(it.word[0], (reel_tensor_list){r, &p, 1});
            steps = 0;
        }
        for (; steps < record_whole(&it, 3); steps++) {
            reel_zero_grad(optimizer);
            reel_backward(loss_of(p, ramp(r, it.word[2], steps, 1, dtype)));
            ck_assert_int_eq(reel_step(optimizer), REEL_OK);
            reel_rewind(r);
        }
        assert_parameters(&it, p);
    }
    ck_assert_int_eq(count, 48);
    reel_free(r);
}
END_TEST

/* What one remembers, put into another, leads on to the same bits; and so does a replay. */
START_TEST(they_go_on_where_they_stopped)
{
    static const char *const names[] = {"adafactor_all", "muon_all"};
    for (int k = 0; k < 2; k++) {
        reel *r = reel_new();
        reel_tensor *p[2], *g = ramp(r, "5x3", 1, 1, REEL_F32);
        reel_optimizer *o[2];
        for (int i = 0; i < 2; i++) {
            p[i] = reel_requires_grad_(ramp(r, "5x3", 3, 0.5, REEL_F32), true);
            o[i] = make(names[k], (reel_tensor_list){r, &p[i], 1});
            reel_backward(loss_of(p[i], g));
        }
        reel_step(o[0]);
        reel_step(o[0]);
        const reel_named_tensors state = reel_optimizer_state_dict(o[0]);
        ck_assert_int_eq(reel_optimizer_load_state_dict(o[1], state.entries, state.count), REEL_OK);
        memcpy(reel_data_f32(p[1]), reel_data_f32(p[0]), 15 * sizeof(float));
        reel_step(o[0]);
        reel_step(o[0]);
        reel_rewind(r);
        reel_capture_begin(r);
        reel_zero_grad(o[1]);
        reel_backward(loss_of(p[1], g));
        reel_step(o[1]);
        reel_graph *graph = reel_capture_end(r);
        ck_assert_msg(graph != NULL, "%s", reel_error(r));
        ck_assert_int_eq(reel_replay(graph), REEL_OK);
        ck_assert_mem_eq(reel_data_f32(p[0]), reel_data_f32(p[1]), 15 * sizeof(float));
        reel_free(r);
    }
}
END_TEST

START_TEST(what_they_cannot_take_is_refused)
{
    reel *r = quiet_reel();
    reel_tensor *p = reel_requires_grad_(reel_zeros(r, REEL_F32, REEL_SHAPE(3)), true);
    const reel_tensor_list list = {r, &p, 1};
    ck_assert_ptr_null(reel_optim_muon(list, (reel_muon_options){0}));
    assert_error(r, REEL_ERR_SHAPE, "(3,)");
    ck_assert_ptr_null(reel_optim_adafactor(list, (reel_adafactor_options){.d = 0.5}));
    assert_error(r, REEL_ERR_VALUE, "d must be at least 1");
    ck_assert_ptr_null(reel_optim_adafactor(list, (reel_adafactor_options){.beta2_decay = 0.5}));
    assert_error(r, REEL_ERR_VALUE, "beta2_decay");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, they_are_pytorchs);
    tcase_add_test(cases, they_go_on_where_they_stopped);
    tcase_add_test(cases, what_they_cannot_take_is_refused);
}

int main(void) { return run_suite("matrix_optimizers", add_cases); }
