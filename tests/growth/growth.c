/* SPDX-License-Identifier: MIT */
/*
 * Work on n things takes n steps, and not n². Steps are counted, not timed: a step is a basic block
 * of the library's, which was compiled to count them. Four times the things may take some more than
 * four times the steps, where there is sorting, but never sixteen times.
 */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static long steps;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) { steps++; }

static char path[64];

/* A Sequential of n modules, each with a parameter. */
static reel_module *wide(reel *r, int n)
{
    reel_module **parts = malloc((size_t)n * sizeof(reel_module *));
    for (int i = 0; i < n; i++) {
        parts[i] = reel_nn_prelu(r, 1, 0.25);
    }
    reel_module *all = reel_nn_sequential(r, parts, n);
    free(parts);
    return all;
}

/* n tensors, with names. */
static reel_named_tensor *named(reel *r, int n)
{
    reel_named_tensor *all = calloc((size_t)n, sizeof *all);
    for (int i = 0; i < n; i++) {
        char *name = malloc(32);
        snprintf(name, 32, "tensor %d", i);
        all[i] = (reel_named_tensor){name, reel_ones(r, REEL_F32, REEL_SHAPE(1))};
    }
    return all;
}

static void free_named(reel_named_tensor *all, int n)
{
    for (int i = 0; i < n; i++) {
        free((void *)(uintptr_t)all[i].name);
    }
    free(all);
}

static bool save_state(reel *r, int n)
{
    reel_module *m = wide(r, n);
    steps = 0;
    return reel_save_state(m, path) == REEL_OK;
}

static bool load_state(reel *r, int n)
{
    reel_module *m = wide(r, n);
    bool saved = reel_save_state(m, path) == REEL_OK;
    steps = 0;
    return saved && reel_load_state(m, path, true, NULL) == REEL_OK;
}

/* None of the names are alike. */
static bool load_another_state(reel *r, int n)
{
    reel_named_tensor *all = named(r, n);
    bool saved = reel_safetensors_save(r, path, all, (size_t)n, NULL, 0) == REEL_OK;
    free_named(all, n);
    reel_module *m = wide(r, n);
    reel_load_report report;
    steps = 0;
    return saved && reel_load_state(m, path, false, &report) == REEL_OK &&
           report.unexpected_count == (size_t)n;
}

static bool save_and_load_checkpoint(reel *r, int n)
{
    reel_module *m = wide(r, n);
    reel_optimizer *o = reel_optim_adam(reel_parameters(m), (reel_adam_options){0});
    reel_checkpoint it = {
        .model = m, .optimizer = o, .ema = reel_ema_new(reel_parameters(m), (reel_ema_options){0})};
    reel_backward(reel_sum(reel_forward(m, reel_ones(r, REEL_F32, REEL_SHAPE(1)))));
    reel_step(o);
    reel_rewind(r);
    steps = 0;
    return reel_save_checkpoint(r, path, &it) == REEL_OK &&
           reel_load_checkpoint(r, path, &it) == REEL_OK;
}

static bool groups_of_settings(reel *r, int n)
{
    reel_named_tensor *all = named(r, n);
    reel_tensor_list one = {r, &all[0].tensor, 1};
    reel_optimizer *o = reel_optim_sgd(one, (reel_sgd_options){.lr = 0.1});
    for (int i = 1; i < n; i++) {
        one.tensors = &all[i].tensor;
        reel_add_param_group(o, one, NULL, 0);
    }
    free_named(all, n);
    reel_named_tensors state = reel_optimizer_state_dict(o);
    steps = 0;
    return reel_optimizer_load_state_dict(o, state.entries, state.count) == REEL_OK;
}

static bool add_groups(reel *r, int n)
{
    reel_named_tensor *all = named(r, n);
    reel_tensor_list one = {r, &all[0].tensor, 1};
    steps = 0;
    reel_optimizer *o = reel_optim_adam(one, (reel_adam_options){.lr = 0.1});
    for (int i = 1; i < n; i++) {
        one.tensors = &all[i].tensor;
        reel_add_param_group(o, one, NULL, 0);
    }
    free_named(all, n);
    return !reel_failed(r);
}

static bool save_and_read_safetensors(reel *r, int n)
{
    reel_named_tensor *all = named(r, n);
    steps = 0;
    bool done = reel_safetensors_save(r, path, all, (size_t)n, NULL, 0) == REEL_OK;
    reel_safetensors *file = reel_safetensors_open(r, path);
    for (int i = 0; i < n; i++) {
        done = done && !reel_is_poison(reel_safetensors_tensor(file, all[n - 1 - i].name));
    }
    reel_safetensors_close(file);
    free_named(all, n);
    return done;
}

static bool read_metadata(reel *r, int n)
{
    reel_named_tensor *all = named(r, n);
    reel_metadata_entry *entries = calloc((size_t)n, sizeof *entries);
    for (int i = 0; i < n; i++) {
        entries[i] = (reel_metadata_entry){all[i].name, "value"};
    }
    steps = 0;
    bool done = reel_safetensors_save(r, path, NULL, 0, entries, (size_t)n) == REEL_OK;
    reel_safetensors *file = reel_safetensors_open(r, path);
    for (int i = 0; i < n; i++) {
        reel_metadata_entry e = reel_safetensors_metadata_entry(file, (size_t)i);
        done = done && reel_safetensors_metadata(file, e.key) == e.value;
    }
    free(entries);
    free_named(all, n);
    return done;
}

static bool read_npz(reel *r, int n)
{
    reel_named_tensor *all = named(r, n);
    bool done = reel_npz_save(r, path, all, (size_t)n, false) == REEL_OK;
    steps = 0;
    reel_npz *file = reel_npz_open(r, path);
    for (int i = 0; i < n; i++) {
        done = done && !reel_is_poison(reel_npz_tensor(file, all[n - 1 - i].name));
    }
    reel_npz_close(file);
    free_named(all, n);
    return done;
}

/* A table of n columns, all alike but the target. */
static bool fit_equal_columns(reel *r, int n)
{
    FILE *stream = fopen(path, "wb");
    for (int row = -1; row < 4; row++) {
        for (int i = 0; i < n; i++) {
            fprintf(stream, row < 0 ? "c%d," : "%d,", row < 0 ? i : row);
        }
        fprintf(stream, row < 0 ? "y\n" : "%d\n", row * row);
    }
    fclose(stream);
    steps = 0;
    reel_table *t = reel_table_read(r, path, (reel_table_options){.dtype = REEL_F64});
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y"});
    return reel_encoder_features(e) == 1 && !reel_is_poison(reel_encode(e, t, NULL));
}

/* n operations, one after the other. */
static reel_tensor *chain(reel *r, int n)
{
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(1));
    reel_requires_grad_(x, true);
    for (int i = 0; i < n; i++) {
        reel_tensor *leaf = reel_ones(r, REEL_F32, REEL_SHAPE(1));
        reel_requires_grad_(leaf, true);
        x = reel_mul(x, leaf);
    }
    return x;
}

static bool run_backward(reel *r, int n)
{
    steps = 0;
    return reel_backward(chain(r, n)) == REEL_OK;
}

/* Each loss comes from two operations, whatever the tape still has of the steps before. */
static bool forget_to_rewind(reel *r, int n)
{
    reel_tensor *x = reel_requires_grad_(reel_ones(r, REEL_F32, REEL_SHAPE(1)), true);
    steps = 0;
    for (int i = 0; i < n; i++) {
        reel_backward(reel_sum(reel_square(x)));
    }
    return !reel_failed(r);
}

/* What is written of a traced backward of a chain. */
static bool write_tape(reel *r, int n, void (*write)(const reel_tensor *root, FILE *stream))
{
    reel_set_trace(r, true);
    reel_tensor *y = chain(r, n);
    FILE *stream = tmpfile();
    reel_backward(y);
    steps = 0;
    write(y, stream);
    fclose(stream);
    return !reel_failed(r);
}

static void print_of(const reel_tensor *root, FILE *stream)
{
    reel_tape_print(reel_of(root), stream);
}
static void json_of(const reel_tensor *root, FILE *stream) { reel_tape_json(root, stream); }
static bool print_tape(reel *r, int n) { return write_tape(r, n, print_of); }
static bool draw_tape(reel *r, int n) { return write_tape(r, n, reel_tape_dot); }
static bool explain_tape(reel *r, int n) { return write_tape(r, n, reel_tape_explain); }
static bool tape_as_json(reel *r, int n) { return write_tape(r, n, json_of); }

static bool train_sequential(reel *r, int n)
{
    steps = 0;
    reel_module *m = wide(r, n);
    reel_optimizer *o = reel_optim_sgd(reel_parameters(m), (reel_sgd_options){.lr = 0.1});
    for (int i = 0; i < 2; i++) {
        reel_zero_grad(o);
        reel_backward(reel_sum(reel_forward(m, reel_ones(r, REEL_F32, REEL_SHAPE(1)))));
        reel_step(o);
        reel_rewind(r);
    }
    reel_module_free(m);
    return !reel_failed(r);
}

/* A module in a module in a module. */
static bool nest(reel *r, int n)
{
    steps = 0;
    reel_module *m = reel_nn_prelu(r, 1, 0.25);
    for (int i = 0; i < n; i++) {
        m = reel_nn_sequential(r, &m, 1);
    }
    bool one = reel_parameters(m).count == 1 && reel_state_count(m) == 1;
    reel_eval(m);
    (void)reel_forward(m, reel_ones(r, REEL_F32, REEL_SHAPE(1)));
    reel_module_free(m);
    return one && !reel_failed(r);
}

static reel_tensor *pass_on(reel_tensor *g, void *context)
{
    (void)context;
    return g;
}

static bool call_hooks(reel *r, int n)
{
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(1));
    reel_requires_grad_(x, true);
    uint64_t first = 0;
    steps = 0;
    for (int i = 0; i < n; i++) {
        uint64_t handle = reel_register_hook(x, pass_on, NULL);
        first = i ? first : handle;
    }
    reel_backward(reel_sum(x));
    for (int i = 0; i < n; i++) {
        reel_remove_hook(x, first + (uint64_t)i);
    }
    return !reel_failed(r);
}

static bool hook_leaves(reel *r, int n)
{
    reel_named_tensor *all = named(r, n);
    steps = 0;
    reel_tensor *sum = reel_zeros(r, REEL_F32, REEL_SHAPE(1));
    for (int i = 0; i < n; i++) {
        reel_requires_grad_(all[i].tensor, true);
        reel_register_hook(all[i].tensor, pass_on, NULL);
        sum = reel_add(sum, all[i].tensor);
    }
    free_named(all, n);
    return reel_backward(sum) == REEL_OK;
}

static bool capture_leaves(reel *r, int n)
{
    reel_module *m = wide(r, n);
    reel_optimizer *o = reel_optim_sgd(reel_parameters(m), (reel_sgd_options){.lr = 0.1});
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(1));
    steps = 0;
    reel_capture_begin(r);
    reel_zero_grad(o);
    reel_backward(reel_sum(reel_forward(m, x)));
    reel_step(o);
    reel_graph *g = reel_capture_end(r);
    bool done = reel_replay(g) == REEL_OK && reel_replay(g) == REEL_OK;
    reel_graph_free(g);
    return done;
}

static bool join_many(reel *r, int n, reel_tensor *(*join)(reel_tensor *const *, int, int64_t))
{
    reel_tensor **all = malloc((size_t)n * sizeof(reel_tensor *));
    for (int i = 0; i < n; i++) {
        all[i] = reel_ones(r, REEL_F32, REEL_SHAPE(2));
        reel_requires_grad_(all[i], true);
    }
    steps = 0;
    reel_tensor *y = join(all, n, 0);
    free(all);
    return reel_backward(reel_sum(y)) == REEL_OK;
}

static bool cat_many(reel *r, int n) { return join_many(r, n, reel_cat); }
static bool stack_many(reel *r, int n) { return join_many(r, n, reel_stack); }

static bool gradients_of_many(reel *r, int n)
{
    reel_tensor **all = malloc((size_t)n * sizeof(reel_tensor *));
    reel_tensor **gradients = calloc((size_t)n, sizeof(reel_tensor *));
    reel_tensor *sum = reel_zeros(r, REEL_F32, REEL_SHAPE(1));
    for (int i = 0; i < n; i++) {
        all[i] = reel_ones(r, REEL_F32, REEL_SHAPE(1));
        reel_requires_grad_(all[i], true);
    }
    steps = 0;
    for (int i = 0; i < n; i++) {
        sum = reel_add(sum, all[i]);
    }
    bool done = reel_gradients(sum, all, (size_t)n, NULL, gradients) == REEL_OK;
    free(gradients);
    free(all);
    return done;
}

/* Made, looked at and freed, the last or the first before the others. */
static bool free_tensors(reel *r, int n)
{
    reel_tensor **all = malloc((size_t)n * sizeof(reel_tensor *));
    steps = 0;
    for (int i = 0; i < n; i++) {
        all[i] = reel_ones(r, REEL_F32, REEL_SHAPE(1));
    }
    for (int i = 0; i < n; i++) {
        reel_tensor_free(all[i % 2 ? i : (i + n / 2) / 2 * 2 % n]);
    }
    free(all);
    return !reel_failed(r);
}

/* A column of n categories in n rows. */
static bool many_categories(reel *r, int n)
{
    FILE *stream = fopen(path, "wb");
    fprintf(stream, "kind,y\n");
    for (int i = 0; i < n; i++) {
        fprintf(stream, "kind %d,%d\n", i, i % 7);
    }
    fclose(stream);
    steps = 0;
    reel_table *t = reel_table_read(r, path, (reel_table_options){.dtype = REEL_F64});
    return reel_table_rows(t) == n && reel_table_is_text(t, 0);
}

static bool load_batches(reel *r, int n)
{
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(n, 2));
    steps = 0;
    reel_loader *l = reel_loader_new(r, &x, 1, (reel_loader_options){.shuffle = true});
    reel_tensor *batch[1];
    int batches = 0;
    while (reel_loader_next(l, batch)) {
        batches++;
        reel_rewind(r);
    }
    return batches == n;
}

static const struct {
    const char *name;
    bool (*work)(reel *r, int n); /* sets the steps to 0 when it begins what is counted */
} works[] = {
    {"save_state", save_state},
    {"load_state", load_state},
    {"load_state of other names", load_another_state},
    {"a checkpoint", save_and_load_checkpoint},
    {"groups of parameters", add_groups},
    {"an optimizer's groups", groups_of_settings},
    {"safetensors", save_and_read_safetensors},
    {"metadata", read_metadata},
    {"npz", read_npz},
    {"equal columns", fit_equal_columns},
    {"categories", many_categories},
    {"backward", run_backward},
    {"tape_print", print_tape},
    {"tape_dot", draw_tape},
    {"tape_explain", explain_tape},
    {"tape_json", tape_as_json},
    {"a forgotten rewind", forget_to_rewind},
    {"a Sequential", train_sequential},
    {"nested modules", nest},
    {"hooks of one tensor", call_hooks},
    {"hooks of many", hook_leaves},
    {"captured leaves", capture_leaves},
    {"cat", cat_many},
    {"stack", stack_many},
    {"gradients", gradients_of_many},
    {"freed tensors", free_tensors},
    {"batches", load_batches},
};
enum { WORKS = sizeof works / sizeof *works };

static long count(int which, int n)
{
    reel *r = quiet_reel();
    bool done = works[which].work(r, n);
    long counted = steps;
    ck_assert_msg(done, "%s: %s", works[which].name, reel_error(r));
    reel_free(r);
    return counted;
}

START_TEST(four_times_the_things_take_four_times_the_steps)
{
    strcpy(path, "/tmp/reel-growth-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    long few = count(_i, 200), many = count(_i, 800);
    unlink(path);
    ck_assert_msg(few >= 100, "%s: %ld steps are too few to be all", works[_i].name, few);
    ck_assert_msg(many < 5 * few, "%s: %ld steps for 200, %ld for 800", works[_i].name, few, many);
    printf("%-28s %6ld %7ld  x %.2f\n", works[_i].name, few, many, (double)many / (double)few);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, four_times_the_things_take_four_times_the_steps, 0, WORKS);
}

int main(void) { return run_suite("growth", add_cases); }
