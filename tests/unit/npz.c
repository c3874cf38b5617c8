/* SPDX-License-Identifier: MIT */
/* NumPy's archives: its own are read, ours come back, damaged ones are refused. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char folder[64], path[96];
static reel *r;

static void set_up(void)
{
    strcpy(folder, "/tmp/reel-npz-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    r = quiet_reel();
}

static void tear_down(void)
{
    reel_free(r);
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something was left beside the file");
}

static size_t read_bytes(const char *name, unsigned char *bytes, size_t room)
{
    FILE *stream = fopen(name, "rb");
    ck_assert_ptr_nonnull(stream);
    size_t count = fread(bytes, 1, room, stream);
    fclose(stream);
    return count;
}

static void write_bytes(const unsigned char *bytes, size_t count)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, count, stream), count);
    ck_assert_int_eq(fclose(stream), 0);
}

/* The arrays of tests/generate/npy.py. */
START_TEST(archives_of_numpy)
{
    static const char *const names[] = {"stored.npz", "deflated.npz"};
    for (int i = 0; i < 2; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s/npy/%s", REEL_TEST_DATA, names[i]);
        reel_npz *file = reel_npz_open(r, name);
        ck_assert_msg(file != NULL, "%s", reel_error(r));
        ck_assert_uint_eq(reel_npz_count(file), 3);
        ck_assert_str_eq(reel_npz_name(file, 0), "weight");
        ck_assert_ptr_null(reel_npz_name(file, 3));
        ck_assert(reel_npz_has(file, "zeros") && !reel_npz_has(file, "zero"));
        reel_tensor *weight = reel_npz_tensor(file, "weight");
        reel_tensor *steps = reel_npz_tensor(file, "steps");
        reel_tensor *zeros = reel_npz_tensor(file, "zeros");
        reel_npz_close(file);
        ck_assert_double_eq(reel_get(weight, (int64_t[]){1, 2}), 5);
        ck_assert_int_eq(reel_dtype_of(steps), REEL_I64);
        ck_assert_double_eq(reel_get(steps, (int64_t[]){3}), 3);
        ck_assert_int_eq(reel_numel(zeros), 1000);
        ck_assert_double_eq(reel_item(reel_sum(zeros)), 0);
    }
}
END_TEST

START_TEST(what_is_saved_comes_back)
{
    reel_tensor *t = reel_from_f64(r, (double[]){0, 1, 2, 3, 4, 5}, REEL_SHAPE(2, 3));
    reel_named_tensor tensors[] = {
        {"a", reel_transpose(t, 0, 1)},
        {"layer.0/\xc3\xbc", reel_zeros(r, REEL_F32, REEL_SHAPE(100, 100))},
        {"empty", reel_zeros(r, REEL_I64, REEL_SHAPE(0))}};
    unsigned char first[60000], again[60000];
    for (int compressed = 0; compressed < 2; compressed++) {
        ck_assert_msg(reel_npz_save(r, path, tensors, 3, compressed) == REEL_OK, "%s",
                      reel_error(r));
        size_t size = read_bytes(path, first, sizeof first);
        ck_assert(compressed ? size < 2000 : size > 40000);
        reel_npz *file = reel_npz_open(r, path);
        ck_assert_uint_eq(reel_npz_count(file), 3);
        ck_assert_double_eq(reel_get(reel_npz_tensor(file, "a"), (int64_t[]){2, 1}), 5);
        ck_assert_int_eq(reel_numel(reel_npz_tensor(file, tensors[1].name)), 10000);
        ck_assert_int_eq(reel_numel(reel_npz_tensor(file, "empty")), 0);
        reel_npz_close(file);
        reel_npz_save(r, path, tensors, 3, compressed);
        ck_assert_uint_eq(read_bytes(path, again, sizeof again), size);
        ck_assert_mem_eq(first, again, size);
    }
    ck_assert_int_eq(reel_npz_save(r, path, NULL, 0, false), REEL_OK);
    reel_npz *none = reel_npz_open(r, path);
    ck_assert_msg(none && reel_npz_count(none) == 0, "%s", reel_error(r));
}
END_TEST

static void not_saved(const char *target, const reel_named_tensor *tensors, size_t count,
                      reel_status status, const char *part)
{
    ck_assert_int_eq(reel_npz_save(r, target, tensors, count, false), status);
    assert_error(r, status, part);
}

START_TEST(misuse_is_an_error)
{
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(1));
    not_saved(path, (reel_named_tensor[]){{"a", t}, {"a", t}}, 2, REEL_ERR_VALUE, "'a'");
    not_saved(path, (reel_named_tensor[]){{NULL, t}}, 1, REEL_ERR_VALUE, "no name");
    not_saved(path, (reel_named_tensor[]){{"", t}}, 1, REEL_ERR_VALUE, "no name");
    not_saved(path, (reel_named_tensor[]){{"\xff", t}}, 1, REEL_ERR_VALUE, "Invalid");
    not_saved(path, (reel_named_tensor[]){{"a", NULL}}, 1, REEL_ERR_OWNER, "");
    not_saved(NULL, NULL, 0, REEL_ERR_VALUE, "NULL");
    not_saved("/nowhere/file", (reel_named_tensor[]){{"a", t}}, 1, REEL_ERR_FILE, "/nowhere");
    ck_assert_int_ne(access(path, F_OK), 0);

    reel_npz_save(r, path, (reel_named_tensor[]){{"a", t}}, 1, false);
    reel_npz *file = reel_npz_open(r, path);
    ck_assert(reel_is_poison(reel_npz_tensor(file, "b")));
    assert_error(r, REEL_ERR_VALUE, "b: is not in the archive");
    ck_assert(reel_is_poison(reel_npz_tensor(file, NULL)));
    reel_clear_error(r);
    ck_assert_ptr_null(reel_npz_open(r, "/nowhere"));
    assert_error(r, REEL_ERR_FILE, "cannot be opened");
    ck_assert_ptr_null(reel_npz_open(r, NULL));
    reel_clear_error(r);
    ck_assert_ptr_null(reel_npz_tensor(NULL, "a"));
    reel_npz_close(NULL);
}
END_TEST

/* Each byte of an archive is damaged in turn: it is refused, or what it holds can be read (a date
 * has changed, a name), and elements never come out changed. */
START_TEST(damage_is_noticed)
{
    reel_tensor *t = reel_from_f32(r, (float[]){1, 2, 3, 4, 5, 6, 7, 8}, REEL_SHAPE(8));
    unsigned char bytes[2000];
    for (int compressed = 0; compressed < 2; compressed++) {
        reel_npz_save(r, path, (reel_named_tensor[]){{"a", t}}, 1, compressed);
        size_t size = read_bytes(path, bytes, sizeof bytes), refused = 0;
        for (size_t i = 0; i < size; i++) {
            bytes[i] ^= 0x55;
            write_bytes(bytes, size);
            bytes[i] ^= 0x55;
            reel_npz *file = reel_npz_open(r, path);
            const char *name = reel_npz_name(file, 0);
            reel_tensor *read = name ? reel_npz_tensor(file, name) : NULL;
            refused += !read || reel_is_poison(read);
            ck_assert(!read || reel_is_poison(read) == reel_failed(r));
            if (read && !reel_is_poison(read)) {
                ck_assert_mem_eq(reel_data_f32(read), reel_data_f32(t), 32);
            }
            reel_npz_close(file);
            reel_clear_error(r);
        }
        ck_assert_uint_gt(refused, compressed ? 80 : 170); /* all of the member's bytes */
        truncate(path, (off_t)size - 1);
        ck_assert_ptr_null(reel_npz_open(r, path));
        assert_error(r, REEL_ERR_FORMAT, "it is no archive");
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, archives_of_numpy);
    tcase_add_test(cases, what_is_saved_comes_back);
    tcase_add_test(cases, misuse_is_an_error);
    tcase_add_test(cases, damage_is_noticed);
}

int main(void) { return run_suite("npz", add_cases); }
