/* SPDX-License-Identifier: MIT */
/* What the probes that generate.awk makes are called with, and what is looked at after each. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <reel/reel.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALLOWED_SECONDS = 20, NUMBERS = 4096 };

/* What is as it should be. */
static struct {
    reel *r;
    reel_tensor *x, *list[8], *out[8];
    int64_t size[8];
    double numbers[NUMBERS];
    const char *path, *names[8];
    FILE *stream;
    reel_named_tensor named[8];
    reel_module *module, *modules[8];
    reel_optimizer *optimizer;
    reel_scheduler *scheduler, *schedulers[8];
    reel_ema *ema;
    reel_early_stopping *early_stopping;
    reel_loader *loader;
    reel_row_file *row_file;
    reel_graph *graph;
    reel_table *table;
    reel_encoder *encoder;
    reel_model *model;
    reel_safetensors *safetensors;
    reel_npz *npz;
    reel_file *file;
} good, freed;

/* What became of tensors; and others. */
static struct {
    reel_tensor *poison, *stale, *freed, *foreign, *no_base;
    reel_tensor *whole, *truth, *wide, *empty, *number; /* of other dtypes and shapes */
} bad;

static const char *current = "setting up";
static int messages, faults;

static void count_message(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)message;
    messages += level == REEL_ERROR;
}

static void begin(const char *what)
{
    current = what;
    messages = 0;
    reel_clear_error(good.r);
}

static void end(void) { reel_clear_error(good.r); }

/* Poison has a reason: an error of this call's, or a tensor that was poison already. */
static void look_at(const reel_tensor *t)
{
    if (t && reel_is_poison(t) && messages == 0 && !strstr(current, "bad.poison") &&
        !strstr(current, "NULL")) {
        fprintf(stderr, "%s: poison without an error\n", current);
        faults++;
    }
}

static void crashed(int number)
{
    static const char what[] = ": a signal ends it\n";
    if (write(2, current, strlen(current)) > 0 && write(2, what, sizeof what - 1) > 0) {
        _exit(number == SIGALRM ? 3 : 2);
    }
    _exit(2);
}

static reel_optimizer *new_optimizer(reel_module *m)
{
    return reel_optim_sgd(reel_parameters(m), (reel_sgd_options){.lr = 0.1, .momentum = 0.9});
}

static void set_up_files(const char *folder)
{
    static char path[3][512];
    static const char *const names[] = {"probe.npz", "probe.safetensors", "probe.out"};
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", folder, names[i]);
    }
    good.path = path[2];
    good.stream = fopen("/dev/null", "w");
    for (int i = 0; i < 8; i++) {
        good.names[i] = (const char *[]){"a", "b", "c", "d", "e", "f", "g", "h"}[i];
        good.named[i] = (reel_named_tensor){good.names[i], good.x};
    }
#if REEL_HAS_IO
    reel_safetensors_save(good.r, path[1], good.named, 2, NULL, 0);
    good.safetensors = reel_safetensors_open(good.r, path[1]);
    freed.safetensors = reel_safetensors_open(good.r, path[1]);
    reel_safetensors_close(freed.safetensors);
    reel_tensor *rows = reel_randn(good.r, REEL_F32, REEL_SHAPE(9, 2));
    reel_encoder_options options = {.target = "b"};
    good.table = reel_table_from_tensor(good.r, rows, good.names);
    freed.table = reel_table_from_tensor(good.r, rows, good.names);
    good.encoder = reel_encoder_fit(good.table, NULL, options);
    freed.encoder = reel_encoder_fit(good.table, NULL, options);
    reel_encoder_free(freed.encoder);
    good.model = reel_model_new(good.r, good.encoder, NULL, (reel_model_options){0});
    freed.model = reel_model_new(good.r, good.encoder, NULL, (reel_model_options){0});
    reel_model_free(freed.model);
    reel_table_free(freed.table);
#endif
#if REEL_HAS_NPZ
    reel_npz_save(good.r, path[0], good.named, 2, false);
    good.npz = reel_npz_open(good.r, path[0]);
    freed.npz = reel_npz_open(good.r, path[0]);
    reel_npz_close(freed.npz);
#endif
}

/* A second of each, which is freed. */
static void set_up_handles(void)
{
    reel *r = good.r;
    reel_module *m = reel_nn_linear(r, 2, 2);
    good.module = m;
    good.optimizer = new_optimizer(m);
    good.scheduler =
        reel_lr_exponential(good.optimizer, (reel_lr_exponential_options){.gamma = 0.9});
    good.ema = reel_ema_new(reel_parameters(m), (reel_ema_options){0});
    good.early_stopping = reel_early_stopping_new(m, (reel_early_stopping_options){0});
    good.loader = reel_loader_new(r, good.list, 2, (reel_loader_options){0});
    good.row_file = reel_row_file_new(r, REEL_F32, 2, 0);
    for (int i = 0; i < 8; i++) {
        good.modules[i] = reel_nn_relu(r);
        good.schedulers[i] = good.scheduler;
    }
    for (int i = 0; i < 2; i++) {
        reel_capture_begin(r);
        reel_exp(good.list[0]);
        *(i ? &freed.graph : &good.graph) = reel_capture_end(r);
    }
    reel_graph_free(freed.graph);
    freed.module = reel_nn_linear(r, 2, 2);
    freed.optimizer = new_optimizer(freed.module);
    freed.scheduler =
        reel_lr_exponential(freed.optimizer, (reel_lr_exponential_options){.gamma = 0.9});
    freed.ema = reel_ema_new(reel_parameters(freed.module), (reel_ema_options){0});
    freed.early_stopping = reel_early_stopping_new(freed.module, (reel_early_stopping_options){0});
    freed.loader = reel_loader_new(r, good.list, 2, (reel_loader_options){0});
    freed.row_file = reel_row_file_new(r, REEL_F32, 2, 0);
    reel_module_free(freed.module);
    reel_optimizer_free(freed.optimizer);
    reel_scheduler_free(freed.scheduler);
    reel_ema_free(freed.ema);
    reel_early_stopping_free(freed.early_stopping);
    reel_loader_free(freed.loader);
    reel_row_file_free(freed.row_file);
}

static void set_up(const char *folder, int ndim, const int64_t *size, bool wants_gradient)
{
    reel *r = good.r = reel_new();
    reel_set_message_handler(r, count_message, NULL);
    reel *other = reel_new();
    reel_set_message_handler(other, count_message, NULL);
    good.size[0] = good.size[1] = 2;
    good.x = reel_requires_grad_(reel_full(r, REEL_F32, 0.5, ndim, size), wants_gradient);
    for (int i = 0; i < 8; i++) {
        good.list[i] = wants_gradient ? reel_full(r, REEL_F32, 0.5, ndim, size) : good.x;
    }
    bad.stale = reel_exp(good.x);
    bad.foreign = reel_full(other, REEL_F32, 1, ndim, size);
    bad.freed = reel_full(r, REEL_F32, 1, ndim, size);
    reel_rewind(r);
    set_up_handles();
    set_up_files(folder);
    bad.no_base = reel_detach(bad.freed);
    bad.whole = reel_full(r, REEL_I64, 7, ndim, size);
    bad.truth = reel_full(r, REEL_BOOL, 1, ndim, size);
    bad.wide = reel_full(r, REEL_F64, 1, ndim, size);
    bad.empty = reel_zeros(r, REEL_F32, REEL_SHAPE(0));
    bad.number = reel_scalar(r, REEL_F32, 3);
    reel_tensor_free(bad.freed);
    bad.poison = reel_add(good.x, bad.freed);
}

/* All of one function's, in a process of their own; then whether the reel is still one. */
static void run_one(void (*probes)(void))
{
    signal(SIGSEGV, crashed);
    signal(SIGBUS, crashed);
    signal(SIGFPE, crashed);
    signal(SIGABRT, crashed);
    signal(SIGALRM, crashed);
    alarm(ALLOWED_SECONDS);
    probes();
    begin("what comes after");
    if (reel_item(reel_sum(reel_ones(good.r, REEL_F32, REEL_SHAPE(3)))) != 3) {
        fprintf(stderr, "%s: the reel is no longer one\n", current);
        faults++;
    }
    current = "reel_free";
    reel_free(good.r);
    exit(faults ? 1 : 0);
}

static int run(void (*const probes[])(void), size_t count)
{
    static const struct {
        int ndim;
        int64_t size[4];
        bool wants_gradient;
    } shapes[] = {{2, {2, 2}, false}, {4, {1, 2, 2, 2}, true}, {1, {2}, true}};
    char folder[] = "/tmp/reel-probes-XXXXXX";
    int failed = 0;
    if (!mkdtemp(folder) || !freopen("/dev/null", "w", stdout)) {
        return EXIT_FAILURE;
    }
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        set_up(folder, shapes[k].ndim, shapes[k].size, shapes[k].wants_gradient);
        for (size_t i = 0; i < count; i++) {
            const pid_t child = fork();
            int status = 1;
            if (child == 0) {
                run_one(probes[i]);
            }
            failed += child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
        }
        reel_free(good.r);
    }
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0 || failed) {
        fprintf(stderr, "%d of %zu functions failed\n", failed, 3 * count);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
