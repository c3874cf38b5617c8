/* SPDX-License-Identifier: MIT */
/* NumPy's files: its own are read, ours are what it writes, what is wrong is refused. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char folder[64], path[96];
static reel *r;

static void set_up(void)
{
    strcpy(folder, "/tmp/reel-npy-XXXXXX");
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

static const char *data(const char *name)
{
    static char text[256];
    snprintf(text, sizeof text, "%s/npy/%s", REEL_TEST_DATA, name);
    return text;
}

/* 0, 1, 2, … in (2, 3). */
static void assert_counts(reel_tensor *t, reel_dtype dtype)
{
    ck_assert_msg(!reel_is_poison(t), "%s", reel_error(r));
    ck_assert_int_eq(reel_dtype_of(t), dtype);
    ck_assert_int_eq(reel_ndim(t), 2);
    ck_assert_int_eq(reel_size(t, 0), 2);
    ck_assert_int_eq(reel_size(t, 1), 3);
    double values[6];
    ck_assert_int_eq(reel_to_f64(t, values, 6), REEL_OK);
    for (int i = 0; i < 6; i++) {
        ck_assert_double_eq(values[i], i);
    }
}

START_TEST(every_dtype_and_byte_order)
{
    static const struct {
        const char *name;
        reel_dtype dtype;
    } files[] = {
        {"little-f2.npy", REEL_F32}, {"little-f4.npy", REEL_F32}, {"little-f8.npy", REEL_F64},
        {"big-f2.npy", REEL_F32},    {"big-f4.npy", REEL_F32},    {"big-f8.npy", REEL_F64},
        {"i1.npy", REEL_I64},        {"little-i2.npy", REEL_I64}, {"little-i4.npy", REEL_I64},
        {"little-i8.npy", REEL_I64}, {"big-i4.npy", REEL_I64},    {"big-i8.npy", REEL_I64},
        {"u1.npy", REEL_I64},        {"little-u2.npy", REEL_I64}, {"little-u4.npy", REEL_I64},
        {"big-u2.npy", REEL_I64},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_counts(reel_npy_load(r, data(files[i].name)), files[i].dtype);
    }
    reel_tensor *t = reel_npy_load(r, data("b1.npy"));
    ck_assert_int_eq(reel_dtype_of(t), REEL_BOOL);
    ck_assert_mem_eq(reel_data_bool(t), ((bool[]){false, true}), 2);
}
END_TEST

START_TEST(every_shape_and_order)
{
    reel_tensor *t = reel_npy_load(r, data("fortran.npy"));
    double values[24];
    ck_assert_int_eq(reel_to_f64(t, values, 24), REEL_OK);
    ck_assert(reel_is_contiguous(t) && reel_size(t, 1) == 3 && reel_size(t, 2) == 4);
    for (int i = 0; i < 24; i++) {
        ck_assert_double_eq(values[i], i);
    }
    t = reel_npy_load(r, data("scalar.npy"));
    ck_assert_int_eq(reel_ndim(t), 0);
    ck_assert_double_eq(reel_item(t), 7);
    t = reel_npy_load(r, data("empty.npy"));
    ck_assert(reel_numel(t) == 0 && reel_size(t, 0) == 3 && reel_size(t, 2) == 2);
    ck_assert_int_eq(reel_numel(reel_npy_load(r, data("version-2.npy"))), 3);
    ck_assert_int_eq(reel_numel(reel_npy_load(r, data("version-3.npy"))), 3);
    ck_assert(!reel_failed(r));
}
END_TEST

static void refused(const char *name, reel_status status, const char *part)
{
    ck_assert(reel_is_poison(reel_npy_load(r, name)));
    assert_error(r, status, part);
}

START_TEST(what_no_tensor_holds)
{
    refused(data("refused-complex.npy"), REEL_ERR_DTYPE, "elements of <c8");
    refused(data("refused-unsigned.npy"), REEL_ERR_DTYPE, "elements of <u8");
    refused(data("refused-text.npy"), REEL_ERR_DTYPE, "elements of <U1");
    refused(data("refused-record.npy"), REEL_ERR_DTYPE, "records");
    refused(data("refused-deep.npy"), REEL_ERR_SHAPE, "more dims");
    refused(data("nowhere"), REEL_ERR_FILE, "cannot be opened");
    refused("/tmp", REEL_ERR_FILE, NOT_A_FILE);
    refused(NULL, REEL_ERR_VALUE, "NULL");
    ck_assert_ptr_null(reel_npy_load(NULL, path));
}
END_TEST

/* An array file of this header; each is filled up with `bytes` zeros. */
static void write_array(const char *header, size_t bytes)
{
    unsigned char text[512] = "\x93NUMPY\1\0";
    size_t length = strlen(header);
    text[8] = (unsigned char)length;
    memcpy(text + 10, header, length);
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(text, 1, 10 + length + bytes, stream), 10 + length + bytes);
    fclose(stream);
}

#define HEAD "{'descr': '<f4', 'fortran_order': False, 'shape': "

START_TEST(headers_as_python_might_write_them)
{
    static const char *const headers[] = {
        HEAD "(2, 1), }\n",
        "{\"shape\":(2,1),\"descr\":\"<f4\",\"fortran_order\":False}",
        "{'fortran_order': True, 'descr': 'f4', 'shape': (2L, 1L)}    \n",
        " { 'descr' : '=f4' , 'fortran_order' : False , 'shape' : ( 2 , 1 , ) } ",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        write_array(headers[i], 8);
        reel_tensor *t = reel_npy_load(r, path);
        ck_assert_msg(!reel_is_poison(t), "%s: %s", headers[i], reel_error(r));
        ck_assert(reel_ndim(t) == 2 && reel_size(t, 0) == 2);
    }
}
END_TEST

START_TEST(headers_that_are_none)
{
    static const struct {
        const char *header, *part;
    } cases[] = {
        {"", "not a dict"},
        {"[]", "not a dict"},
        {HEAD "(2,), } x", "not a dict"},
        {HEAD "(2,)", "not a dict"},
        {HEAD "(2,), 'shape': (2,)}", "a second shape"},
        {HEAD "(2,), 'more': 1}", "unknown or a second more"},
        {"{'descr': '<f4', 'shape': (2,)}", "lacks fortran_order"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "neither True nor False"},
        {"{'descr': 4, 'fortran_order': False, 'shape': (2,)}", "descr is not a text"},
        {"{'descr': '', 'fortran_order': False, 'shape': (2,)}", "descr is not a text"},
        {HEAD "2}", "tuple of sizes"},
        {HEAD "(-2,)}", "tuple of sizes"},
        {HEAD "(2 2)}", "tuple of sizes"},
        {HEAD "(2,}", "tuple of sizes"},
        {HEAD "(99999999999999999999,)}", "tuple of sizes"},
        {HEAD "(3,)}", "more bytes than the 8"},
        {HEAD "(1,)}", "fewer bytes than the 8"},
        {HEAD "(4611686018427387904,)}", ""},
        {HEAD "(4294967296, 4294967296, 0)}", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_array(cases[i].header, 8);
        ck_assert_msg(reel_is_poison(reel_npy_load(r, path)), "%s", cases[i].header);
        ck_assert_msg(strstr(reel_error(r), cases[i].part), "%s: \"%s\"", cases[i].header,
                      reel_error(r));
        reel_clear_error(r);
    }
    write_array(HEAD "(2,)}", 0);
    truncate(path, 11);
    refused(path, REEL_ERR_FORMAT, "too short");
    write_array(HEAD "(2,)}", 8);
    truncate(path, 40);
    refused(path, REEL_ERR_FORMAT, "longer than the file");
    write_array("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}\2", 0);
    refused(path, REEL_ERR_FORMAT, "not a dict");
}
END_TEST

/* numpy.save(…, numpy.arange(3, dtype="<f4")) in the bytes that the format asks for. */
START_TEST(bytes_are_numpy_s)
{
    ck_assert_int_eq(reel_npy_save(reel_from_f32(r, (float[]){0, 1, 2}, REEL_SHAPE(3)), path),
                     REEL_OK);
    char bytes[256] = "";
    FILE *stream = fopen(path, "rb");
    ck_assert_uint_eq(fread(bytes, 1, sizeof bytes, stream), 128 + 12);
    fclose(stream);
    ck_assert_mem_eq(bytes, "\x93NUMPY\1\0\x76\0", 10);
    const char header[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }  ";
    ck_assert_mem_eq(bytes + 10, header, sizeof header - 1);
    ck_assert_int_eq(bytes[127], '\n');
    ck_assert_mem_eq(bytes + 128, "\0\0\0\0\0\0\x80\x3f\0\0\0\x40", 12);
}
END_TEST

START_TEST(what_is_saved_comes_back)
{
    reel_tensor *counts = reel_from_f64(r, (double[]){0, 3, 1, 4, 2, 5}, REEL_SHAPE(3, 2));
    ck_assert_int_eq(reel_npy_save(reel_transpose(counts, 0, 1), path), REEL_OK);
    assert_counts(reel_npy_load(r, path), REEL_F64);
    ck_assert_int_eq(reel_npy_save(reel_scalar(r, REEL_I64, 5), path), REEL_OK);
    ck_assert_int_eq(reel_ndim(reel_npy_load(r, path)), 0);
    ck_assert_int_eq(reel_npy_save(reel_zeros(r, REEL_BOOL, REEL_SHAPE(0, 2)), path), REEL_OK);
    ck_assert_int_eq(reel_size(reel_npy_load(r, path), 1), 2);

    ck_assert_int_eq(reel_npy_save(NULL, path), REEL_ERR_OWNER);
    ck_assert_int_eq(reel_npy_save(counts, NULL), REEL_ERR_VALUE);
    reel_clear_error(r);
    ck_assert_int_eq(reel_npy_save(counts, "/nowhere/file"), REEL_ERR_FILE);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, every_dtype_and_byte_order);
    tcase_add_test(cases, every_shape_and_order);
    tcase_add_test(cases, what_no_tensor_holds);
    tcase_add_test(cases, headers_as_python_might_write_them);
    tcase_add_test(cases, headers_that_are_none);
    tcase_add_test(cases, bytes_are_numpy_s);
    tcase_add_test(cases, what_is_saved_comes_back);
}

int main(void) { return run_suite("npy", add_cases); }
