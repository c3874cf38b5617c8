/* SPDX-License-Identifier: MIT */
/*
 * A run that is stopped after any step, saved, and resumed in a new process ends with the same bits
 * as one that was not stopped: with every optimizer and scheduler, with dropout, batch statistics,
 * an average of the parameters, and samples shuffled anew in each epoch.
 */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 22, BATCH = 6, BATCHES = 4, STEPS = 14 };

static char folder[64];

/* One way of training. */
typedef struct setup {
    const char *name;
    reel_optimizer *(*optimizer)(reel_tensor_list parameters);
    reel_scheduler *(*scheduler)(reel_optimizer *optimizer);
    bool closure, residuals, metric, two_groups;
    reel_dtype dtype;
} setup;

/* A training that is under way. */
typedef struct training {
    reel *r;
    const setup *how;
    reel_module *model, *loss, *head;
    reel_optimizer *optimizer;
    reel_scheduler *scheduler;
    reel_ema *ema;
    reel_tensor *x, *y;
    reel_tensor *step, *order; /* kept with the checkpoint */
} training;

static reel_module *make_model(reel *r, reel_dtype dtype)
{
    reel_linear_options linear = {.dtype = dtype};
    reel_norm_options norm = {.dtype = dtype};
    return reel_nn_sequential(r, REEL_MODULES(reel_nn_linear_with(r, 3, 7, &linear),
                                              reel_nn_batch_norm1d(r, 7, &norm), reel_nn_tanh(r),
                                              reel_nn_dropout(r, 0.3),
                                              reel_nn_linear_with(r, 7, 1, &linear)));
}

/* The same data whatever the seed: sines. */
static reel_tensor *wave(reel *r, reel_dtype dtype, int64_t columns)
{
    reel_tensor *t = reel_arange(r, dtype, 0, (double)(SAMPLES * columns), 1);
    return reel_keep(reel_view(reel_sin(reel_square(t)), REEL_SHAPE(SAMPLES, columns)));
}

static training begin(const setup *how, uint64_t seed)
{
    reel *r = reel_new();
    reel_manual_seed(r, seed);
    training t = {.r = r, .how = how, .model = make_model(r, how->dtype)};
    t.loss = reel_nn_mse_loss(r, (reel_mse_loss_options){0});
    t.optimizer = how->optimizer(reel_parameters(t.model));
    if (how->two_groups) {
        reel_linear_options linear = {.dtype = how->dtype};
        t.head = reel_nn_linear_with(r, 1, 1, &linear);
        reel_add_param_group(t.optimizer, reel_parameters(t.head), &(reel_setting){"lr", 0.003}, 1);
    }
    t.scheduler = how->scheduler ? how->scheduler(t.optimizer) : NULL;
    t.ema = reel_ema_new(reel_parameters(t.model), (reel_ema_options){.decay = 0.9});
    t.x = wave(r, how->dtype, 3);
    t.y = wave(r, how->dtype, 1);
    t.step = reel_zeros(r, REEL_I64, REEL_SCALAR_SHAPE);
    t.order = reel_zeros(r, REEL_I64, REEL_SHAPE(SAMPLES));
    reel_rewind(r);
    ck_assert_msg(!reel_failed(r), "%s: %s", how->name, reel_error(r));
    return t;
}

/* A new epoch shuffles. */
static void begin_epoch(training *t)
{
    if ((int64_t)reel_item(t->step) % BATCHES == 0) {
        reel_copy_(t->order, reel_randperm(t->r, SAMPLES));
    }
}

/* Which samples this step takes; the last of an epoch takes fewer. */
static reel_tensor *batch_of(const training *t)
{
    int64_t at = (int64_t)reel_item(t->step) % BATCHES * BATCH;
    return reel_narrow(t->order, 0, at, at + BATCH < SAMPLES ? BATCH : SAMPLES - at);
}

static reel_tensor *evaluate(void *context)
{
    training *t = context;
    reel_tensor *batch = batch_of(t);
    if (t->how->residuals) {
        reel_tensor *made = reel_forward(t->model, reel_index_select(t->x, 0, batch));
        return reel_sub(made, reel_index_select(t->y, 0, batch));
    }
    reel_zero_grad(t->optimizer);
    reel_tensor *y = reel_forward(t->model, reel_index_select(t->x, 0, batch));
    y = t->head ? reel_forward(t->head, y) : y;
    reel_tensor *loss = reel_loss(t->loss, y, reel_index_select(t->y, 0, batch));
    reel_backward(loss);
    return loss;
}

static void train_step(training *t)
{
    double loss;
    begin_epoch(t);
    if (t->how->closure || t->how->residuals) {
        reel_step_with(t->optimizer, evaluate, t, &loss);
    } else {
        loss = reel_item(evaluate(t));
        reel_step(t->optimizer);
    }
    if (t->how->metric) {
        reel_scheduler_step_metric(t->scheduler, loss);
    } else if (t->scheduler) {
        reel_scheduler_step(t->scheduler);
    }
    reel_ema_update(t->ema);
    reel_add_scalar_(t->step, 1);
    reel_rewind(t->r);
    ck_assert_msg(!reel_failed(t->r), "%s: %s", t->how->name, reel_error(t->r));
}

static void save_or_load(training *t, const char *path, bool save)
{
    reel_named_tensor more[] = {{"step", t->step}, {"order", t->order}, {NULL, NULL}, {NULL, NULL}};
    size_t count = 2;
    for (size_t i = 0; i < reel_state_count(t->head); i++) {
        static const char *const names[] = {"head.weight", "head.bias"};
        more[count++] = (reel_named_tensor){names[i], reel_state_at(t->head, i).tensor};
    }
    reel_checkpoint it = {.model = t->model,
                          .optimizer = t->optimizer,
                          .scheduler = t->scheduler,
                          .ema = t->ema,
                          .more = more,
                          .more_count = count};
    reel_status status =
        save ? reel_save_checkpoint(t->r, path, &it) : reel_load_checkpoint(t->r, path, &it);
    ck_assert_msg(status == REEL_OK, "%s: %s", t->how->name, reel_error(t->r));
}

/* In a process of its own: from the checkpoint `from`, or from the start, to step `end`; then
 * saves. */
static void run(const setup *how, uint64_t seed, const char *from, int end, const char *to)
{
    pid_t child = fork();
    ck_assert(child >= 0);
    if (child == 0) {
        training t = begin(how, seed);
        if (from) {
            save_or_load(&t, from, false);
        }
        while (reel_item(t.step) < end) {
            train_step(&t);
        }
        save_or_load(&t, to, true);
        reel_free(t.r);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: the process failed",
                  how->name);
}

static size_t read_file(const char *path, char *bytes, size_t room)
{
    FILE *stream = fopen(path, "rb");
    ck_assert_ptr_nonnull(stream);
    size_t count = fread(bytes, 1, room, stream);
    fclose(stream);
    ck_assert_uint_lt(count, room);
    return count;
}

static void compare(const setup *how, int stop, const char *a, const char *b)
{
    static char x[1 << 18], y[1 << 18];
    size_t size = read_file(a, x, sizeof x), other = read_file(b, y, sizeof y);
    ck_assert_msg(size == other && memcmp(x, y, size) == 0,
                  "%s: stopped after step %d and resumed, it ends with other bits", how->name,
                  stop);
}

/* The steps after which it is stopped: all of them, or a few. */
static void check(const setup *how, int first, int stride)
{
    char whole[96], part[96], resumed[96];
    snprintf(whole, sizeof whole, "%s/whole", folder);
    snprintf(part, sizeof part, "%s/part", folder);
    snprintf(resumed, sizeof resumed, "%s/resumed", folder);
    run(how, 1, NULL, STEPS, whole);
    for (int stop = first; stop < STEPS; stop += stride) {
        run(how, 1, NULL, stop, part);
        run(how, 99, part, STEPS, resumed); /* what the other seed drew is overwritten */
        compare(how, stop, whole, resumed);
    }
    unlink(whole);
    unlink(part);
    unlink(resumed);
}

#define OPTIMIZER(name, ...)                                                                       \
    static reel_optimizer *name(reel_tensor_list parameters)                                       \
    {                                                                                              \
        return reel_optim_##name(parameters, (reel_##name##_options){__VA_ARGS__});                \
    }
OPTIMIZER(sgd, .lr = 0.05, .momentum = 0.9, .weight_decay = 0.01)
OPTIMIZER(adam, .lr = 0.01, .amsgrad = true)
OPTIMIZER(adamw, .lr = 0.01)
OPTIMIZER(adamax, .lr = 0.01)
OPTIMIZER(nadam, .lr = 0.01)
OPTIMIZER(radam, .lr = 0.01)
OPTIMIZER(rmsprop, .lr = 0.005, .momentum = 0.9, .centered = true)
OPTIMIZER(adagrad, .lr = 0.05, .lr_decay = 0.01)
OPTIMIZER(adadelta, .lr = 1)
OPTIMIZER(asgd, .lr = 0.01, .t0 = 5)
OPTIMIZER(rprop, .lr = 0.01)

static reel_optimizer *plain(reel_tensor_list parameters)
{
    return reel_optim_sgd(parameters, (reel_sgd_options){.lr = 0.05});
}

static reel_optimizer *lbfgs(reel_tensor_list parameters)
{
    return reel_optim_lbfgs(parameters,
                            (reel_lbfgs_options){.lr = 0.5, .max_iter = 4, .history_size = 5});
}

static reel_optimizer *lbfgs_wolfe(reel_tensor_list parameters)
{
    return reel_optim_lbfgs(
        parameters, (reel_lbfgs_options){.max_iter = 4, .line_search_fn = REEL_STRONG_WOLFE});
}

static reel_optimizer *levenberg_marquardt(reel_tensor_list parameters)
{
    return reel_optim_levenberg_marquardt(parameters, (reel_levenberg_marquardt_options){0});
}

#define SCHEDULER(name, ...)                                                                       \
    static reel_scheduler *name(reel_optimizer *optimizer)                                         \
    {                                                                                              \
        return reel_lr_##name(optimizer, (reel_lr_##name##_options){__VA_ARGS__});                 \
    }
SCHEDULER(step, .step_size = 3, .gamma = 0.5)
SCHEDULER(multi_step, .milestones = (int64_t[]){2, 7}, .count = 2, .gamma = 0.5)
SCHEDULER(exponential, .gamma = 0.9)
SCHEDULER(constant, .total_iters = 6)
SCHEDULER(linear, .total_iters = 9)
SCHEDULER(polynomial, .total_iters = 12, .power = 2)
SCHEDULER(cosine_annealing, .T_max = 5)
SCHEDULER(cosine_annealing_warm_restarts, .T_0 = 3, .T_mult = 2)
SCHEDULER(one_cycle, .max_lr = 0.1, .total_steps = STEPS + 1)
SCHEDULER(cyclic, .base_lr = 0.01, .max_lr = 0.1, .step_size_up = 3)
SCHEDULER(reduce_on_plateau, .factor = 0.5, .patience = 1)

static double halves(void *context, size_t group, int64_t epoch)
{
    (void)context;
    return 1 / (1 + (double)group + 0.5 * (double)epoch);
}

static reel_scheduler *lambda(reel_optimizer *optimizer)
{
    return reel_lr_lambda(optimizer, halves, NULL);
}

static reel_scheduler *sequential(reel_optimizer *optimizer)
{
    reel_scheduler *const parts[] = {constant(optimizer), exponential(optimizer), step(optimizer)};
    return reel_lr_sequential(optimizer, parts, 3, (int64_t[]){4, 9});
}

static const setup thorough[] = {
    {.name = "Adam, OneCycleLR", .optimizer = adam, .scheduler = one_cycle},
    {.name = "two groups", .optimizer = adamw, .scheduler = lambda, .two_groups = true},
    {.name = "L-BFGS", .optimizer = lbfgs, .scheduler = exponential, .closure = true},
};

static const setup optimizers[] = {
    {.name = "SGD", .optimizer = plain, .scheduler = step},
    {.name = "SGD with momentum", .optimizer = sgd, .scheduler = step},
    {.name = "Adam in float64", .optimizer = adam, .scheduler = step, .dtype = REEL_F64},
    {.name = "AdamW", .optimizer = adamw, .scheduler = step},
    {.name = "Adamax", .optimizer = adamax, .scheduler = step},
    {.name = "NAdam", .optimizer = nadam, .scheduler = step},
    {.name = "RAdam", .optimizer = radam, .scheduler = step},
    {.name = "RMSprop", .optimizer = rmsprop, .scheduler = step},
    {.name = "Adagrad", .optimizer = adagrad, .scheduler = step},
    {.name = "Adadelta", .optimizer = adadelta, .scheduler = step},
    {.name = "ASGD", .optimizer = asgd, .scheduler = step},
    {.name = "Rprop", .optimizer = rprop, .scheduler = step},
    {.name = "L-BFGS, strong Wolfe", .optimizer = lbfgs_wolfe, .scheduler = step, .closure = true},
    {.name = "Levenberg-Marquardt", .optimizer = levenberg_marquardt, .residuals = true},
};

static const setup schedulers[] = {
    {.name = "MultiStepLR", .optimizer = sgd, .scheduler = multi_step},
    {.name = "ExponentialLR", .optimizer = sgd, .scheduler = exponential},
    {.name = "ConstantLR", .optimizer = sgd, .scheduler = constant},
    {.name = "LinearLR", .optimizer = sgd, .scheduler = linear},
    {.name = "PolynomialLR", .optimizer = sgd, .scheduler = polynomial},
    {.name = "CosineAnnealingLR", .optimizer = sgd, .scheduler = cosine_annealing},
    {.name = "CosineAnnealingWarmRestarts",
     .optimizer = sgd,
     .scheduler = cosine_annealing_warm_restarts},
    {.name = "CyclicLR", .optimizer = sgd, .scheduler = cyclic},
    {.name = "ReduceLROnPlateau", .optimizer = sgd, .scheduler = reduce_on_plateau, .metric = true},
    {.name = "LambdaLR", .optimizer = sgd, .scheduler = lambda},
    {.name = "SequentialLR", .optimizer = sgd, .scheduler = sequential},
};

static void set_up(void)
{
    /* In memory where that can be had: each save waits for the disk otherwise. */
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/reel-resume-XXXXXX"
                                                 : "/tmp/reel-resume-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void) { ck_assert_int_eq(rmdir(folder), 0); }

START_TEST(after_every_step) { check(&thorough[_i], 0, 1); }
END_TEST

/* In the middle of an epoch, at its end, after its first step. */
START_TEST(every_optimizer) { check(&optimizers[_i], 1, 4 - 1); }
END_TEST

START_TEST(every_scheduler) { check(&schedulers[_i], 2, 5); }
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, after_every_step, 0, (int)(sizeof thorough / sizeof *thorough));
    tcase_add_loop_test(cases, every_optimizer, 0, (int)(sizeof optimizers / sizeof *optimizers));
    tcase_add_loop_test(cases, every_scheduler, 0, (int)(sizeof schedulers / sizeof *schedulers));
}

int main(void) { return run_suite("resume", add_cases); }
