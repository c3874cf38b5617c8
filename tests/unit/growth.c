/* SPDX-License-Identifier: MIT */
/*
 * Work on n things takes n steps, and not n². Steps are counted, not timed: calls of the C
 * library's functions that compare, copy and print texts and blocks of memory, which are in every
 * walk through names. Four times the things may take some more than four times the steps, where
 * memory grows, but never sixteen times.
 */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define STEPS_ARE_COUNTED 1

static long steps;

/* In the C library's place, for this program and the library under test. They are as simple as they
 * can be: a compiler that recognises them would have them call themselves. */
REEL_API int strcmp(const char *a, const char *b)
{
    const volatile unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    for (steps++; *x && *x == *y; x++, y++) {
    }
    return *x - *y;
}

REEL_API int strncmp(const char *a, const char *b, size_t n)
{
    const volatile unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    for (steps++; n > 0 && *x && *x == *y; x++, y++, n--) {
    }
    return n ? *x - *y : 0;
}

REEL_API int memcmp(const void *a, const void *b, size_t n)
{
    const volatile unsigned char *x = a, *y = b;
    for (steps++; n > 0 && *x == *y; x++, y++, n--) {
    }
    return n ? *x - *y : 0;
}

REEL_API size_t strlen(const char *a)
{
    const volatile char *x = a;
    for (steps++; *x; x++) {
    }
    return (size_t)(x - a);
}

REEL_API void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    volatile unsigned char *x = to;
    const volatile unsigned char *y = from;
    for (steps++; n > 0; n--) {
        *x++ = *y++;
    }
    return to;
}

REEL_API int snprintf(char *restrict text, size_t size, const char *restrict format, ...)
{
    va_list arguments;
    steps++;
    va_start(arguments, format);
    int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return length;
}

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

static const struct {
    const char *name;
    bool (*work)(reel *r, int n); /* sets the steps to 0 when it begins what is counted */
} works[] = {
    {"save_state", save_state},
    {"load_state", load_state},
    {"load_state of other names", load_another_state},
    {"a checkpoint", save_and_load_checkpoint},
    {"an optimizer's groups", groups_of_settings},
    {"safetensors", save_and_read_safetensors},
    {"metadata", read_metadata},
    {"npz", read_npz},
    {"equal columns", fit_equal_columns},
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
    long few = count(_i, 100), many = count(_i, 400);
    unlink(path);
    ck_assert_msg(few >= 100, "%s: %ld steps are too few to be all", works[_i].name, few);
    ck_assert_msg(many < 6 * few, "%s: %ld steps for 100, %ld for 400", works[_i].name, few, many);
    printf("%-28s %6ld %7ld  x %.2f\n", works[_i].name, few, many, (double)many / (double)few);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, four_times_the_things_take_four_times_the_steps, 0, WORKS);
}

int main(void) { return run_suite("growth", add_cases); }

#else

int main(void)
{
    puts("the C library's functions are not ours here: no steps are counted");
    return EXIT_SUCCESS;
}

#endif
