/* SPDX-License-Identifier: MIT */
/* Every allocation of saving and loading checkpoints fails once, and then all from there on: an
 * error, and neither the training nor the file has changed. */
#include "faulty.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

/* In memory where that can be had: each save waits for the disk otherwise. */
static char path[] = "/dev/shm/reel-fault-XXXXXX";
static faulty memory;

typedef struct training {
    reel *r;
    reel_module *model;
    reel_optimizer *optimizer;
    reel_scheduler *scheduler;
    reel_ema *ema;
    reel_tensor *x;
    reel_early_stopping *stopping;
} training;

static reel_tensor *evaluate(void *context)
{
    training *t = context;
    reel_zero_grad(t->optimizer);
    reel_tensor *loss = reel_sum(reel_square(reel_forward(t->model, t->x)));
    reel_backward(loss);
    return loss;
}

/* L-BFGS's, because that has to find room for what it loads. */
static training begin(float start, int steps)
{
    training t = {.r = faulty_reel(&memory)};
    t.model = reel_nn_linear(t.r, 2, 3);
    t.optimizer =
        reel_optim_lbfgs(reel_parameters(t.model), (reel_lbfgs_options){.max_iter = 3, .lr = 0.1});
    t.scheduler = reel_lr_exponential(t.optimizer, (reel_lr_exponential_options){0.9});
    t.ema = reel_ema_new(reel_parameters(t.model), (reel_ema_options){0});
    t.stopping = reel_early_stopping_new(t.model, (reel_early_stopping_options){0});
    t.x = reel_from_f32(t.r, (float[]){start, 2, 3, 4}, REEL_SHAPE(2, 2));
    for (int i = 0; i < steps; i++) {
        reel_step_with(t.optimizer, evaluate, &t, NULL);
        reel_scheduler_step(t.scheduler);
        reel_ema_update(t.ema);
        reel_early_stopping_step(t.stopping, (double)start + i);
        reel_rewind(t.r);
    }
    ck_assert_msg(!reel_failed(t.r), "%s", reel_error(t.r));
    return t;
}

static reel_status save_or_load(const training *t, bool save)
{
    reel_named_tensor x = {"x", t->x};
    reel_checkpoint it = {t->model, t->optimizer, t->scheduler, t->ema, &x, 1, t->stopping};
    return save ? reel_save_checkpoint(t->r, path, &it) : reel_load_checkpoint(t->r, path, &it);
}

static reel_status model_alone(const training *t, bool save)
{
    return save ? reel_save_state(t->model, path) : reel_load_state(t->model, path, true, NULL);
}

static size_t file_bytes(char *bytes, size_t room)
{
    FILE *stream = fopen(path, "rb");
    ck_assert_ptr_nonnull(stream);
    size_t size = fread(bytes, 1, room, stream);
    fclose(stream);
    return size;
}

typedef reel_status (*work)(const training *t, bool save);

/* The bytes that a save would write. */
static size_t bytes_of(const training *t, work how, char *bytes, size_t room)
{
    memory.fail_at = -1;
    ck_assert_msg(how(t, true) == REEL_OK, "%s", reel_error(t->r));
    return file_bytes(bytes, room);
}

/* One save or load, whose allocation number `at` fails. True if it was done all the same. */
static bool survives(work how, bool save, long at, bool for_good)
{
    static char old[30000], before[30000], after[30000];
    training saved = begin(1, 4);
    size_t old_size = bytes_of(&saved, how, old, sizeof old);
    training t = begin(5, 1);
    size_t size = bytes_of(&t, how, before, sizeof before);
    bytes_of(&saved, how, old, sizeof old);
    memory.calls = 0;
    memory.fail_at = at;
    memory.for_good = for_good;
    reel_status status = how(&t, save);
    memory.fail_at = -1;
    memory.for_good = false;
    bool done = status == REEL_OK;
    if (!done) {
        ck_assert_msg(status == REEL_ERR_MEMORY, "allocation %ld: \"%s\"", at, reel_error(t.r));
        reel_clear_error(t.r);
        ck_assert_uint_eq(file_bytes(after, sizeof after), old_size);
        ck_assert_mem_eq(after, old, old_size);
        ck_assert_uint_eq(bytes_of(&t, how, after, sizeof after), size);
        ck_assert_mem_eq(after, before, size);
    }
    reel_free(saved.r);
    faulty_end(&memory, t.r);
    return done;
}

static void fail_each(work how, bool save)
{
    for (int for_good = 0; for_good < 2; for_good++) {
        long at = 0;
        while (!survives(how, save, at, for_good)) {
            ck_assert_int_lt(++at, 1000);
        }
        ck_assert_int_gt(at, 0);
    }
}

START_TEST(checkpoints) { fail_each(save_or_load, _i); }
END_TEST

START_TEST(models) { fail_each(model_alone, _i); }
END_TEST

static void set_up(void)
{
    memory = (faulty){.fail_at = -1};
    if (access("/dev/shm", W_OK) != 0) {
        strcpy(path, "/tmp/reel-fault-XXXXXX");
    }
    int fd = mkstemp(path);
    ck_assert(fd >= 0 && close(fd) == 0);
}

static void tear_down(void) { unlink(path); }

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, checkpoints, 0, 2);
    tcase_add_loop_test(cases, models, 0, 2);
}

int main(void) { return run_suite("checkpoint", add_cases); }
