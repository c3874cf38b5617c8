/* SPDX-License-Identifier: MIT */
/* A module's state in a file: PyTorch's loads, what does not fit is refused, and then nothing has
 * changed. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/reel-checkpoint-XXXXXX";
static reel *r;

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

/* The model of tests/generate/checkpoints.py. */
static reel_module *model_of(int64_t hidden, reel_dtype dtype)
{
    reel_linear_options linear = {.dtype = dtype};
    reel_norm_options norm = {.dtype = dtype};
    return reel_nn_sequential(r,
                              REEL_MODULES(reel_nn_linear_with(r, 3, hidden, &linear),
                                           reel_nn_batch_norm1d(r, hidden, &norm), reel_nn_tanh(r),
                                           reel_nn_linear_with(r, hidden, 2, &linear)));
}

static reel_tensor *expected(const char *name)
{
    reel_safetensors *file =
        reel_safetensors_open(r, REEL_TEST_DATA "/checkpoint/expected.safetensors");
    return reel_safetensors_tensor(file, name);
}

static void assert_output(reel_module *model, const char *name)
{
    reel_eval(model);
    double ours[10], theirs[10];
    ck_assert_int_eq(reel_to_f64(reel_forward(model, expected("x")), ours, 10), REEL_OK);
    ck_assert_int_eq(reel_to_f64(expected(name), theirs, 10), REEL_OK);
    for (int i = 0; i < 10; i++) {
        assert_close(ours[i], theirs[i], 2e-6);
    }
}

START_TEST(files_of_pytorch_load)
{
    static const char *const words[] = {"f32", "f16", "bf16"};
    for (int i = 0; i < 3; i++) {
        char file[256], name[16];
        snprintf(file, sizeof file, "%s/checkpoint/%s.safetensors", REEL_TEST_DATA, words[i]);
        snprintf(name, sizeof name, "y.%s", words[i]);
        reel_module *model = model_of(4, REEL_F32);
        reel_load_report report;
        ck_assert_msg(reel_load_state(model, file, true, &report) == REEL_OK, "%s", reel_error(r));
        ck_assert_uint_eq(report.missing_count + report.unexpected_count, 0);
        assert_output(model, name);
        ck_assert(reel_item(reel_state_named(model, "1.num_batches_tracked")) == 3);
    }
}
END_TEST

/* All elements of all tensors in one row, to compare a model with itself. */
static size_t elements(reel_module *model, double *out)
{
    size_t at = 0;
    for (size_t i = 0; i < reel_state_count(model); i++) {
        reel_tensor *t = reel_state_at(model, i).tensor;
        ck_assert_int_eq(reel_to_f64(t, out + at, reel_numel(t)), REEL_OK);
        at += (size_t)reel_numel(t);
    }
    return at;
}

static void assert_same(reel_module *a, reel_module *b)
{
    double x[256], y[256];
    size_t count = elements(a, x);
    ck_assert_uint_eq(elements(b, y), count);
    ck_assert_mem_eq(x, y, count * sizeof *x);
}

START_TEST(what_is_saved_comes_back)
{
    reel_module *model = model_of(4, REEL_F32), *other = model_of(4, REEL_F32);
    reel_forward(model,
                 reel_randn(r, REEL_F32, REEL_SHAPE(8, 3))); /* moves the running statistics */
    ck_assert_int_eq(reel_save_state(model, path), REEL_OK);
    ck_assert_int_eq(reel_load_state(other, path, true, NULL), REEL_OK);
    assert_same(model, other);
    reel_module *wider = model_of(4, REEL_F64);
    ck_assert_int_eq(reel_load_state(wider, path, true, NULL), REEL_OK);
    assert_same(model, wider);

    reel_safetensors *file = reel_safetensors_open(r, path);
    ck_assert_uint_eq(reel_safetensors_count(file), 9);
    ck_assert(reel_safetensors_has(file, "3.bias"));
    ck_assert_str_eq(reel_safetensors_metadata(file, "format"), "pt");
}
END_TEST

static void refused(reel_module *model, bool strict, reel_status status, const char *part)
{
    double before[256], after[256];
    size_t count = elements(model, before);
    ck_assert_int_eq(reel_load_state(model, path, strict, NULL), status);
    assert_error(r, status, part);
    ck_assert_uint_eq(elements(model, after), count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
}

START_TEST(what_does_not_fit_changes_nothing)
{
    reel_module *model = model_of(4, REEL_F32);
    reel_save_state(model_of(5, REEL_F32), path);
    refused(model, true, REEL_ERR_SHAPE, "'0.weight' is F32 (5, 3)");
    refused(model, false, REEL_ERR_SHAPE, "and float32 (4, 3) in the module");

    reel_save_state(model_of(4, REEL_F64), path); /* the integer before it fits, and stays too */
    refused(model, true, REEL_ERR_DTYPE, "'0.weight' is F64");

    reel_save_state(model, path);
    truncate(path, 300);
    refused(model, true, REEL_ERR_FORMAT, "claims a header");
    unlink(path);
    refused(model, true, REEL_ERR_FILE, "cannot be opened");
}
END_TEST

START_TEST(names_may_differ_unless_it_is_strict)
{
    reel_module *model = model_of(4, REEL_F32);
    reel_named_tensor tensors[] = {
        {"3.bias", reel_from_f32(r, (float[]){7, 8}, REEL_SHAPE(2))},
        {"head", reel_zeros(r, REEL_F32, REEL_SHAPE(1))},
        {"3.weigth", reel_zeros(r, REEL_F32, REEL_SHAPE(2, 4))},
    };
    reel_load_report report;
    reel_safetensors_save(r, path, tensors, 3, NULL, 0);
    refused(model, true, REEL_ERR_VALUE, "missing: '0.weight', '0.bias', '1.weight', and 5 more");
    refused(model, true, REEL_ERR_VALUE, "unexpected: '3.weigth', 'head'");
    ck_assert_int_eq(reel_load_state(model, path, true, &report), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_uint_eq(report.missing_count, 8);

    reel_tensor *weight = reel_keep(reel_state_named(model, "3.weight"));
    ck_assert_int_eq(reel_load_state(model, path, false, &report), REEL_OK);
    ck_assert_uint_eq(report.missing_count, 8);
    ck_assert_str_eq(report.missing[7], "3.weight");
    ck_assert_uint_eq(report.unexpected_count, 2);
    ck_assert_str_eq(report.unexpected[0], "3.weigth");
    ck_assert(reel_get(reel_state_named(model, "3.bias"), (int64_t[]){1}) == 8);
    ck_assert_mem_eq(reel_data_f32(reel_state_named(model, "3.weight")), reel_data_f32(weight), 32);
}
END_TEST

/* What an earlier operation saved has changed: its gradient would be wrong. */
START_TEST(loading_counts_as_a_change)
{
    reel_module *model = model_of(4, REEL_F32);
    reel_save_state(model, path);
    reel_tensor *loss =
        reel_sum(reel_square(reel_forward(model, reel_ones(r, REEL_F32, REEL_SHAPE(2, 3)))));
    ck_assert_int_eq(reel_load_state(model, path, true, NULL), REEL_OK);
    ck_assert_int_eq(reel_backward(loss), REEL_ERR_STATE);
}
END_TEST

START_TEST(misuse_is_an_error)
{
    ck_assert_int_eq(reel_save_state(NULL, path), REEL_ERR_OWNER);
    ck_assert_int_eq(reel_load_state(NULL, path, true, NULL), REEL_ERR_OWNER);
    reel_module *model = model_of(4, REEL_F32);
    ck_assert_int_eq(reel_save_state(model, NULL), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_load_state(model, NULL, true, NULL), REEL_ERR_VALUE);
    ck_assert_int_eq(reel_save_state(model, path), REEL_ERR_VALUE); /* an error is recorded */
    reel_clear_error(r);
    ck_assert_int_eq(reel_save_state(model, "/nowhere/file"), REEL_ERR_FILE);
}
END_TEST

START_TEST(random_numbers_go_on)
{
    reel_manual_seed(r, 3);
    reel_randn(r, REEL_F32, REEL_SHAPE(5)); /* an odd count: a normal value waits */
    reel_tensor *state = reel_keep(reel_get_rng_state(r));
    reel_tensor *first = reel_randn(r, REEL_F32, REEL_SHAPE(7)), *order = reel_randperm(r, 9);
    ck_assert_int_eq(reel_set_rng_state(r, state), REEL_OK);
    ck_assert_mem_eq(reel_data_f32(reel_randn(r, REEL_F32, REEL_SHAPE(7))), reel_data_f32(first),
                     28);
    ck_assert_mem_eq(reel_data_i64(reel_randperm(r, 9)), reel_data_i64(order), 72);

    reel_tensor *uniform = reel_rand(r, REEL_F32, REEL_SHAPE(1));
    reel_set_rng_state(r, state);
    reel_set(state, (int64_t[]){624}, 625);
    ck_assert_int_eq(reel_set_rng_state(r, state), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_set_rng_state(r, uniform), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_mem_eq(reel_data_f32(reel_randn(r, REEL_F32, REEL_SHAPE(7))), reel_data_f32(first),
                     28);
}
END_TEST

START_TEST(the_state_by_its_names)
{
    reel_module *model = model_of(4, REEL_F32);
    reel_named_tensors all = reel_state_dict(model);
    ck_assert_uint_eq(all.count, reel_state_count(model));
    for (size_t i = 0; i < all.count; i++) {
        reel_state_entry e = reel_state_at(model, i);
        ck_assert_str_eq(all.entries[i].name, e.name);
        ck_assert_ptr_eq(all.entries[i].tensor, e.tensor);
        ck_assert_ptr_eq(reel_state_named(model, e.name), e.tensor);
    }
    ck_assert_uint_eq(reel_state_dict(NULL).count, 0);
    ck_assert_ptr_nonnull(reel_state_dict(reel_nn_relu(r)).entries);
    ck_assert_uint_eq(reel_state_dict(reel_nn_relu(r)).count, 0);
}
END_TEST

/* The innermost module's names are longer than any buffer within a struct. */
static reel_module *deep(double value)
{
    enum { DEPTH = 400 };
    reel_module *m = reel_nn_prelu(r, 1, value);
    for (int i = 0; i < DEPTH; i++) {
        m = reel_nn_sequential(r, (reel_module *[]){m, reel_nn_prelu(r, 1, value + i)}, 2);
    }
    return m;
}

START_TEST(long_names_come_back)
{
    reel_module *model = deep(0.25), *other = deep(7);
    reel_named_tensors all = reel_state_dict(model);
    ck_assert_uint_eq(strlen(all.entries[0].name), 2 * 400 + strlen("weight"));
    ck_assert_int_eq(reel_save_state(model, path), REEL_OK);
    ck_assert_msg(reel_load_state(other, path, true, NULL) == REEL_OK, "%s", reel_error(r));
    for (size_t i = 0; i < all.count; i++) {
        ck_assert(reel_item(all.entries[i].tensor) ==
                  reel_item(reel_state_dict(other).entries[i].tensor));
    }
    reel_checkpoint it = {.model = model}, into = {.model = deep(3)};
    ck_assert_int_eq(reel_save_checkpoint(r, path, &it), REEL_OK);
    ck_assert_msg(reel_load_checkpoint(r, path, &into) == REEL_OK, "%s", reel_error(r));
    ck_assert(reel_item(reel_state_dict(into.model).entries[0].tensor) == 0.25);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, files_of_pytorch_load);
    tcase_add_test(cases, what_is_saved_comes_back);
    tcase_add_test(cases, what_does_not_fit_changes_nothing);
    tcase_add_test(cases, names_may_differ_unless_it_is_strict);
    tcase_add_test(cases, loading_counts_as_a_change);
    tcase_add_test(cases, misuse_is_an_error);
    tcase_add_test(cases, random_numbers_go_on);
    tcase_add_test(cases, the_state_by_its_names);
    tcase_add_test(cases, long_names_come_back);
}

int main(void) { return run_suite("checkpoint", add_cases); }
