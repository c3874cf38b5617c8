/* SPDX-License-Identifier: MIT */
/* Checkpoints of a whole training: what does not fit is refused, and then no part of it has
 * changed. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/reel-training-XXXXXX";
static reel *r;

/* Model, optimizer, scheduler, average, early stopping and a tensor of one's own; trained a few
 * steps. */
typedef struct training {
    reel_module *model;
    reel_optimizer *optimizer;
    reel_scheduler *scheduler;
    reel_ema *ema;
    reel_named_tensor more;
    reel_early_stopping *stopping;
} training;

static training make(int64_t hidden, bool adam)
{
    training t = {reel_nn_sequential(r, REEL_MODULES(reel_nn_linear(r, 2, hidden), reel_nn_tanh(r),
                                                     reel_nn_linear(r, hidden, 1))),
                  NULL,
                  NULL,
                  NULL,
                  {"mine", reel_zeros(r, REEL_F64, REEL_SHAPE(2))},
                  NULL};
    reel_tensor_list parameters = reel_parameters(t.model);
    t.optimizer = adam ? reel_optim_adam(parameters, (reel_adam_options){0})
                       : reel_optim_adamw(parameters, (reel_adamw_options){0});
    t.scheduler = reel_lr_step(t.optimizer, (reel_lr_step_options){.step_size = 2});
    t.ema = reel_ema_new(parameters, (reel_ema_options){0});
    t.stopping = reel_early_stopping_new(t.model, (reel_early_stopping_options){0});
    return t;
}

static reel_checkpoint all_of(const training *t)
{
    return (reel_checkpoint){t->model, t->optimizer, t->scheduler, t->ema, &t->more,
                             1,        t->stopping};
}

static void train(const training *t, int steps)
{
    for (int i = 0; i < steps; i++) {
        reel_tensor *x = reel_randn(r, REEL_F32, REEL_SHAPE(4, 2));
        reel_tensor *loss = reel_sum(reel_square(reel_forward(t->model, x)));
        reel_zero_grad(t->optimizer);
        reel_backward(loss);
        reel_step(t->optimizer);
        reel_scheduler_step(t->scheduler);
        reel_ema_update(t->ema);
        reel_early_stopping_step(t->stopping, reel_item(loss));
        reel_add_scalar_(t->more.tensor, 1);
    }
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
}

/* Everything of a training in one row of bytes: its checkpoint. */
static size_t bytes_of(const training *t, char *bytes, size_t room)
{
    char name[64];
    reel_checkpoint it = all_of(t);
    snprintf(name, sizeof name, "%s.copy", path);
    ck_assert_int_eq(reel_save_checkpoint(r, name, &it), REEL_OK);
    FILE *stream = fopen(name, "rb");
    size_t size = fread(bytes, 1, room, stream);
    fclose(stream);
    unlink(name);
    return size;
}

static void set_up(void)
{
    int fd = mkstemp(path);
    ck_assert(fd >= 0 && close(fd) == 0);
    r = quiet_reel();
}

static void tear_down(void)
{
    reel_free(r);
    unlink(path);
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
}

static void save(const reel_checkpoint *it)
{
    ck_assert_msg(reel_save_checkpoint(r, path, it) == REEL_OK, "%s", reel_error(r));
}

START_TEST(all_of_it_comes_back)
{
    training t = make(3, true), other = make(3, true);
    char first[20000], again[20000];
    train(&t, 5);
    reel_checkpoint it = all_of(&t), to = all_of(&other);
    save(&it);
    size_t size = bytes_of(&t, first, sizeof first);
    train(&other, 3);
    ck_assert_int_eq(reel_load_checkpoint(r, path, &to), REEL_OK);
    ck_assert_uint_eq(bytes_of(&other, again, sizeof again), size);
    ck_assert_mem_eq(first, again, size);
    ck_assert_double_eq(reel_lr(other.optimizer, 0), reel_lr(t.optimizer, 0));
    ck_assert_double_eq(reel_get(other.more.tensor, (int64_t[]){1}), 5);
    ck_assert_double_eq(reel_early_stopping_best(other.stopping),
                        reel_early_stopping_best(t.stopping));

    reel_safetensors *file = reel_safetensors_open(r, path);
    ck_assert(reel_safetensors_has(file, "model.0.weight"));
    ck_assert(reel_safetensors_has(file, "optimizer.state.0.exp_avg"));
    ck_assert(reel_safetensors_has(file, "scheduler.last_epoch"));
    ck_assert(reel_safetensors_has(file, "early_stopping.best"));
    ck_assert_str_eq(reel_safetensors_metadata(file, "optimizer"), "Adam");
}
END_TEST

/* A model alone can be had from a training's checkpoint. */
START_TEST(parts_may_be_left_out)
{
    training t = make(3, true), other = make(3, false);
    train(&t, 2);
    reel_checkpoint it = all_of(&t);
    save(&it);
    ck_assert_int_eq(reel_load_checkpoint(r, path, &(reel_checkpoint){.model = other.model}),
                     REEL_OK);
    ck_assert_mem_eq(reel_data_f32(reel_parameter(other.model, "0.weight")),
                     reel_data_f32(reel_parameter(t.model, "0.weight")), 24);
    save(&(reel_checkpoint){0}); /* the random numbers alone */
    reel_tensor *next = reel_rand(r, REEL_F32, REEL_SHAPE(4));
    ck_assert_int_eq(reel_load_checkpoint(r, path, &(reel_checkpoint){0}), REEL_OK);
    ck_assert_mem_eq(reel_data_f32(reel_rand(r, REEL_F32, REEL_SHAPE(4))), reel_data_f32(next), 16);
}
END_TEST

static void refused(const training *t, const reel_checkpoint *it, reel_status status,
                    const char *part)
{
    char before[20000], after[20000];
    size_t size = bytes_of(t, before, sizeof before);
    ck_assert_int_eq(reel_load_checkpoint(r, path, it), status);
    assert_error(r, status, part);
    ck_assert_uint_eq(bytes_of(t, after, sizeof after), size);
    ck_assert_mem_eq(before, after, size);
}

START_TEST(what_does_not_fit_changes_nothing)
{
    training t = make(3, true), wide = make(4, true), adamw = make(3, false);
    train(&t, 3);
    reel_checkpoint it = all_of(&t), of_wide = all_of(&wide), of_adamw = all_of(&adamw), less = it;
    save(&of_wide);
    refused(&t, &it, REEL_ERR_SHAPE, "0.weight is float32 (4, 2)");
    save(&of_adamw);
    refused(&t, &it, REEL_ERR_VALUE, "its optimizer is 'AdamW', not 'Adam'");
    less.scheduler =
        reel_lr_exponential(make(3, true).optimizer, (reel_lr_exponential_options){0.9});
    save(&less);
    refused(&t, &it, REEL_ERR_VALUE, "its scheduler is 'ExponentialLR', not 'StepLR'");
    less = it;
    less.ema = NULL;
    save(&less);
    refused(&t, &it, REEL_ERR_VALUE, "EMA: load_state_dict: n_averaged is missing");
    less = it;
    less.early_stopping = NULL;
    save(&less);
    refused(&t, &it, REEL_ERR_VALUE, "early stopping: load_state_dict: best is missing");
    less = it;
    less.more = &(reel_named_tensor){"theirs", t.more.tensor};
    save(&less);
    refused(&t, &it, REEL_ERR_VALUE, "theirs is unexpected");
    less.more = &(reel_named_tensor){"mine", reel_zeros(r, REEL_F64, REEL_SHAPE(3))};
    save(&less);
    refused(&t, &it, REEL_ERR_SHAPE, "mine is float64 (3,)");
    less.more = &(reel_named_tensor){"mine", reel_zeros(r, REEL_F32, REEL_SHAPE(2))};
    save(&less);
    refused(&t, &it, REEL_ERR_DTYPE, "mine is float32");
}
END_TEST

START_TEST(files_that_are_no_checkpoints)
{
    training t = make(3, true);
    train(&t, 1);
    reel_checkpoint it = all_of(&t);
    reel_save_state(t.model, path);
    refused(&t, &it, REEL_ERR_FORMAT, "its kind is 'missing', not 'checkpoint 1'");
    reel_metadata_entry kind[] = {
        {"reel", "checkpoint 1"}, {"optimizer", "none"}, {"scheduler", "none"}};
    reel_safetensors_save(r, path, NULL, 0, kind, 3);
    refused(&t, &(reel_checkpoint){0}, REEL_ERR_FORMAT, "random numbers are missing");
    reel_named_tensor tensors[] = {{"random", reel_zeros(r, REEL_I64, REEL_SHAPE(3))},
                                   {"unknown", reel_zeros(r, REEL_I64, REEL_SHAPE(3))}};
    reel_safetensors_save(r, path, tensors, 1, kind, 3);
    refused(&t, &(reel_checkpoint){0}, REEL_ERR_FORMAT, "random numbers are missing or none");
    reel_safetensors_save(r, path, tensors, 2, kind, 3);
    refused(&t, &(reel_checkpoint){0}, REEL_ERR_VALUE, "'unknown' is unexpected");
    save(&it);
    truncate(path, 3000);
    refused(&t, &it, REEL_ERR_FORMAT, "");
    unlink(path);
    refused(&t, &it, REEL_ERR_FILE, "cannot be opened");
}
END_TEST

START_TEST(misuse_is_an_error)
{
    training t = make(3, true);
    reel_checkpoint it = all_of(&t);
    reel *other = quiet_reel();
    ck_assert_int_eq(reel_save_checkpoint(NULL, path, &it), REEL_ERR_MEMORY);
    ck_assert_int_eq(reel_save_checkpoint(r, path, NULL), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_load_checkpoint(r, path, NULL), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_save_checkpoint(other, path, &it), REEL_ERR_OWNER);
    ck_assert_int_eq(reel_load_checkpoint(other, path, &it), REEL_ERR_OWNER);
    reel_free(other);
    it.more = &(reel_named_tensor){NULL, t.more.tensor};
    ck_assert_int_eq(reel_save_checkpoint(r, path, &it), REEL_ERR_VALUE);
    reel_clear_error(r);
    train(&t, 1);
    reel_ema_apply(t.ema);
    it = all_of(&t);
    ck_assert_int_eq(reel_save_checkpoint(r, path, &it), REEL_ERR_STATE);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, all_of_it_comes_back);
    tcase_add_test(cases, parts_may_be_left_out);
    tcase_add_test(cases, what_does_not_fit_changes_nothing);
    tcase_add_test(cases, files_that_are_no_checkpoints);
    tcase_add_test(cases, misuse_is_an_error);
}

int main(void) { return run_suite("training_checkpoint", add_cases); }
