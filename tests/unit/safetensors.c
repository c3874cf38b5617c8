/* SPDX-License-Identifier: MIT */
/* Safetensors files: what is written comes back, what is wrong is refused, a failed save harms
 * nothing. */
#include "check_reel.h"

#include <reel/reel.h>
#include <signal.h>
#include <stdio.h>
#if !defined(_WIN32) && !defined(__EMSCRIPTEN__)
#define HAS_LIMITS /* of a file's size, and permissions */
#include <sys/resource.h>
#endif
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96];
static reel *r;

static void set_up(void)
{
    strcpy(folder, "/tmp/reel-safetensors-XXXXXX");
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

static void write_bytes(const void *bytes, size_t count)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, count, stream), count);
    ck_assert_int_eq(fclose(stream), 0);
}

static size_t read_bytes(char *bytes, size_t room)
{
    FILE *stream = fopen(path, "rb");
    ck_assert_ptr_nonnull(stream);
    size_t count = fread(bytes, 1, room, stream);
    fclose(stream);
    return count;
}

/* A file of this header and `data_bytes` bytes of data, which are `fill`. */
static void write_file(const char *header, size_t data_bytes, int fill)
{
    char bytes[4096] = {0};
    size_t length = strlen(header);
    bytes[0] = (char)(length & 255);
    bytes[1] = (char)(length >> 8);
    memcpy(bytes + 8, header, length);
    memset(bytes + 8 + length, fill, data_bytes);
    write_bytes(bytes, 8 + length + data_bytes);
}

/* The bytes follow from the format alone: wide elements first, the header filled up to 8 bytes. */
START_TEST(bytes_are_the_format_s)
{
    reel_named_tensor tensors[] = {{"b", reel_from_bool(r, (bool[]){true, false}, REEL_SHAPE(2))},
                                   {"w", reel_from_f32(r, (float[]){1.0F}, REEL_SCALAR_SHAPE)}};
    reel_metadata_entry metadata = {"k", "v\n"};
    ck_assert_int_eq(reel_safetensors_save(r, path, tensors, 2, &metadata, 1), REEL_OK);
    const char header[] = "{\"__metadata__\":{\"k\":\"v\\n\"},"
                          "\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                          "\"b\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[4,6]}}";
    size_t length = (sizeof header - 1 + 7) / 8 * 8;
    char bytes[512];
    ck_assert_uint_eq(read_bytes(bytes, sizeof bytes), 8 + length + 6);
    ck_assert_mem_eq(bytes, ((unsigned char[]){(unsigned char)length, 0, 0, 0, 0, 0, 0, 0}), 8);
    ck_assert_mem_eq(bytes + 8, header, sizeof header - 1);
    ck_assert_mem_eq(bytes + 8 + length, "\0\0\x80\x3f\1\0", 6);
}
END_TEST

START_TEST(tensors_come_back)
{
    const double doubles[] = {0.1, -0.0, DOUBLE_INFINITY, 1e-320, 5, 6};
    const int64_t integers[] = {INT64_MIN, INT64_MAX};
    reel_tensor *f64 = reel_from_f64(r, doubles, REEL_SHAPE(2, 3));
    reel_named_tensor tensors[] = {{"f64", f64},
                                   {"i64", reel_from_i64(r, integers, REEL_SHAPE(2, 1))},
                                   {"empty", reel_zeros(r, REEL_F32, REEL_SHAPE(0, 4))},
                                   {"name \xc3\xbc \"\\", reel_transpose(f64, 0, 1)}};
    reel_metadata_entry metadata[] = {{"step", "7"}, {"format", "pt"}};
    ck_assert_int_eq(reel_safetensors_save(r, path, tensors, 4, metadata, 2), REEL_OK);

    reel_safetensors *file = reel_safetensors_open(r, path);
    ck_assert_uint_eq(reel_safetensors_count(file), 4);
    ck_assert_str_eq(reel_safetensors_name(file, 0), "empty");
    ck_assert_ptr_null(reel_safetensors_name(file, 4));
    ck_assert_uint_eq(reel_safetensors_metadata_count(file), 2);
    ck_assert_str_eq(reel_safetensors_metadata(file, "step"), "7");
    ck_assert_str_eq(reel_safetensors_metadata_entry(file, 1).key, "format");
    ck_assert_ptr_null(reel_safetensors_metadata(file, "none"));

    reel_tensor *t = reel_safetensors_tensor(file, "f64");
    ck_assert_mem_eq(reel_data_f64(t), doubles, sizeof doubles);
    reel_tensor *i = reel_safetensors_tensor(file, "i64");
    ck_assert_mem_eq(reel_data_i64(i), integers, sizeof integers);
    ck_assert_int_eq(reel_numel(reel_safetensors_tensor(file, "empty")), 0);
    reel_tensor *turned = reel_safetensors_tensor(file, "name \xc3\xbc \"\\");
    ck_assert_int_eq(reel_size(turned, 0), 3);
    ck_assert(reel_get(turned, (int64_t[]){0, 1}) == doubles[3]);
    ck_assert(reel_is_poison(reel_safetensors_tensor(file, "none")));
    assert_error(r, REEL_ERR_VALUE, "'none' is not in the file");
    reel_safetensors_close(file);
    ck_assert_mem_eq(reel_data_f64(t), doubles, sizeof doubles);
}
END_TEST

/* 0x3c01 is 1 + 2^-10, 0x8001 is -2^-24 and 0x7c00 infinite in IEEE's half; 0xc0490000 is
 * -3.140625. */
START_TEST(narrow_dtypes_widen)
{
    const char header[] = "{\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                          "\"b\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[6,8]},"
                          "\"i\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[8,12]},"
                          "\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[12,13]},"
                          "\"s\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[13,14]},"
                          "\"w\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[14,18]},"
                          "\"x\":{\"dtype\":\"U64\",\"shape\":[],\"data_offsets\":[18,26]}}";
    char bytes[1024] = {0};
    bytes[0] = (char)((sizeof header - 1) & 255);
    bytes[1] = (char)((sizeof header - 1) >> 8);
    memcpy(bytes + 8, header, sizeof header - 1);
    memcpy(
        bytes + 8 + sizeof header - 1,
        "\x01\x3c\x01\x80\x00\x7c\x49\xc0\xff\xff\x00\x01\xff\x80\x00\x00\x00\x80\0\0\0\0\0\0\0\0",
        26);
    write_bytes(bytes, 8 + sizeof header - 1 + 26);

    reel_safetensors *file = reel_safetensors_open(r, path);
    ck_assert_str_eq(reel_safetensors_dtype(file, "h"), "F16");
    ck_assert_ptr_null(reel_safetensors_dtype(file, "none"));
    const float *h = reel_data_f32(reel_safetensors_tensor(file, "h"));
    ck_assert(h[0] == 1.0009765625F && h[1] == -0x1p-24F && isinf(h[2]));
    ck_assert(reel_item(reel_safetensors_tensor(file, "b")) == -3.140625);
    const int64_t *i = reel_data_i64(reel_safetensors_tensor(file, "i"));
    ck_assert(i[0] == -1 && i[1] == 256);
    ck_assert(reel_item(reel_safetensors_tensor(file, "u")) == 255);
    ck_assert(reel_item(reel_safetensors_tensor(file, "s")) == -128);
    ck_assert(reel_item(reel_safetensors_tensor(file, "w")) == -2147483648.0);
    ck_assert(reel_is_poison(reel_safetensors_tensor(file, "x")));
    assert_error(r, REEL_ERR_DTYPE, "'x'");
}
END_TEST

/* A header that must be refused, with the data it comes with and a part of what is said. */
static const struct {
    const char *header;
    size_t data;
    const char *message;
} bad[] = {
    {"", 0, "its header: byte 1: expected '{'"},
    {"[]", 0, "its header: byte 1: expected '{'"},
    {"{}x", 0, "its header: byte 3: expected the end"},
    {"{\"a\":1}", 0, "'a' is not an object of dtype, shape and data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "is not an object of"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4,
     "its header: byte 57: a key that is unknown, or there twice"},
    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "unknown dtype 'F31'"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "not a list"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
     "at most 8"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "size 0 of 'a'"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, "size 0 of 'a'"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
     "too many elements"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0,4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
     "too many elements"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}", 4,
     "size 0 of 'a'"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "a begin and an end"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "a begin and an end"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "a begin and an end"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
     "has 4 bytes, but its shape"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "the file has 4"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "the file has 8"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "after a gap"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
     "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
     8, "inside another tensor"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
     8, "'a' is there twice"},
    {"{\"\xff\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "its header: byte 4: expected a character"},
    {"{\"a\\u0000\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "its header: byte 10: expected a character"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "'a' is not text"},
    {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ is there twice"},
    {"{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "'a' is there twice"},
    {"{\"__metadata__\":{\"a\" \"\"}}", 0, "its header: byte 22: expected ':'"},
};

START_TEST(wrong_files_are_refused)
{
    write_file(bad[_i].header, bad[_i].data, 0);
    ck_assert_ptr_null(reel_safetensors_open(r, path));
    assert_error(r, REEL_ERR_FORMAT, bad[_i].message);
}
END_TEST

START_TEST(wrong_lengths_are_refused)
{
    ck_assert_ptr_null(reel_safetensors_open(r, path));
    assert_error(r, REEL_ERR_FILE, path);
    ck_assert_ptr_null(reel_safetensors_open(r, folder));
    assert_error(r, REEL_ERR_FILE, NOT_A_FILE);
    write_bytes("\0\0\0", 3);
    ck_assert_ptr_null(reel_safetensors_open(r, path));
    assert_error(r, REEL_ERR_FORMAT, "too short for a header: 3 bytes");
    write_bytes("\3\0\0\0\0\0\0\0{}", 10);
    ck_assert_ptr_null(reel_safetensors_open(r, path));
    assert_error(r, REEL_ERR_FORMAT, "claims a header of 3 bytes");
    write_bytes("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    ck_assert_ptr_null(reel_safetensors_open(r, path));
    assert_error(r, REEL_ERR_FORMAT, "claims a header of 18446744073709551615 bytes");
}
END_TEST

START_TEST(strange_data_is_refused)
{
    write_file("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3, 2);
    reel_safetensors *file = reel_safetensors_open(r, path);
    ck_assert(reel_is_poison(reel_safetensors_tensor(file, "a")));
    assert_error(r, REEL_ERR_FORMAT, "neither 0 nor 1");
    ck_assert_int_eq(truncate(path, 40), 0);
    ck_assert(reel_is_poison(reel_safetensors_tensor(file, "a")));
    reel_clear_error(r);
}
END_TEST

START_TEST(null_is_tolerated)
{
    ck_assert_ptr_null(reel_safetensors_open(NULL, path));
    ck_assert_ptr_null(reel_safetensors_open(r, NULL));
    assert_error(r, REEL_ERR_VALUE, "NULL");
    ck_assert_uint_eq(reel_safetensors_count(NULL), 0);
    ck_assert_ptr_null(reel_safetensors_name(NULL, 0));
    ck_assert(!reel_safetensors_has(NULL, "a"));
    ck_assert_ptr_null(reel_safetensors_metadata(NULL, "a"));
    ck_assert_ptr_null(reel_safetensors_metadata_entry(NULL, 0).key);
    ck_assert_ptr_null(reel_safetensors_tensor(NULL, "a"));
    reel_safetensors_close(NULL);
    ck_assert_int_ne(reel_safetensors_save(NULL, path, NULL, 0, NULL, 0), REEL_OK);
}
END_TEST

START_TEST(wrong_requests_are_refused)
{
    reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(2));
    reel_named_tensor twice[] = {{"a", t}, {"a", t}}, no_text = {"\xff", t}, no_name = {NULL, t},
                      reserved = {"__metadata__", t}, missing = {"a", NULL};
    reel_metadata_entry bad_entry = {"a", "\xc0\x80"};
    reel_safetensors_save(r, path, twice, 2, NULL, 0);
    assert_error(r, REEL_ERR_VALUE, "'a' is there twice");
    reel_safetensors_save(r, path, &no_text, 1, NULL, 0);
    assert_error(r, REEL_ERR_VALUE, "UTF-8");
    reel_safetensors_save(r, path, &no_name, 1, NULL, 0);
    assert_error(r, REEL_ERR_VALUE, "(NULL)");
    reel_safetensors_save(r, path, &reserved, 1, NULL, 0);
    assert_error(r, REEL_ERR_VALUE, "__metadata__");
    reel_safetensors_save(r, path, &missing, 1, NULL, 0);
    assert_error(r, REEL_ERR_OWNER, "NULL");
    reel_safetensors_save(r, path, NULL, 0, &bad_entry, 1);
    assert_error(r, REEL_ERR_VALUE, "UTF-8");
    reel_named_tensor poison = {"a", reel_matmul(t, reel_zeros(r, REEL_F32, REEL_SHAPE(3)))};
    ck_assert_int_eq(reel_safetensors_save(r, path, &poison, 1, NULL, 0), REEL_ERR_SHAPE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_safetensors_save(r, path, &poison, 1, NULL, 0), REEL_ERR_OWNER);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

#ifdef HAS_LIMITS
static void save_one(reel_tensor *t)
{
    reel_named_tensor it = {"t", t};
    ck_assert_int_eq(reel_safetensors_save(r, path, &it, 1, NULL, 0), REEL_OK);
}

START_TEST(a_save_replaces_whole_and_keeps_permissions)
{
    save_one(reel_zeros(r, REEL_F32, REEL_SHAPE(2)));
    ck_assert_int_eq(chmod(path, 0640), 0);
    save_one(reel_ones(r, REEL_F64, REEL_SHAPE(1)));
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0640);
    reel_safetensors *file = reel_safetensors_open(r, path);
    ck_assert(reel_item(reel_safetensors_tensor(file, "t")) == 1);
}
END_TEST

/* A limit on file sizes stands for a full disk: the write fails half way. */
START_TEST(a_failed_save_leaves_the_old_file)
{
    save_one(reel_ones(r, REEL_F32, REEL_SHAPE(1)));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {100000, RLIM_INFINITY}, before;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    reel_named_tensor big = {"t", reel_zeros(r, REEL_F32, REEL_SHAPE(100000))};
    ck_assert_int_eq(reel_safetensors_save(r, path, &big, 1, NULL, 0), REEL_ERR_FILE);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_error(r, REEL_ERR_FILE, path);
    reel_safetensors *file = reel_safetensors_open(r, path);
    ck_assert(reel_item(reel_safetensors_tensor(file, "t")) == 1);
}
END_TEST
#endif

START_TEST(unwritable_places_are_refused)
{
    reel_safetensors_save(r, "/nowhere/file", NULL, 0, NULL, 0);
    assert_error(r, REEL_ERR_FILE, "/nowhere/file cannot be written: No such file or directory");
#ifdef HAS_LIMITS
    reel_safetensors_save(r, "/dev/full", NULL, 0, NULL, 0);
    assert_error(r, REEL_ERR_FILE, "/dev/full cannot be written: No space left on device");
#endif
    reel_safetensors_save(r, folder, NULL, 0, NULL, 0);
    assert_error(r, REEL_ERR_FILE, "cannot be written: it is a folder");
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, bytes_are_the_format_s);
    tcase_add_test(cases, tensors_come_back);
    tcase_add_test(cases, narrow_dtypes_widen);
    tcase_add_loop_test(cases, wrong_files_are_refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(cases, wrong_lengths_are_refused);
    tcase_add_test(cases, strange_data_is_refused);
    tcase_add_test(cases, null_is_tolerated);
    tcase_add_test(cases, wrong_requests_are_refused);
#ifdef HAS_LIMITS
    tcase_add_test(cases, a_save_replaces_whole_and_keeps_permissions);
    tcase_add_test(cases, a_failed_save_leaves_the_old_file);
#endif
    tcase_add_test(cases, unwritable_places_are_refused);
}

int main(void) { return run_suite("safetensors", add_cases); }
