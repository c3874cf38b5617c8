/* SPDX-License-Identifier: MIT */
/* Numbers in tables are the C library's to the bit, in any locale; matrices become tables. */
#include "table_file.h"

/* One number a line; what comes back is what strtod says of the same text. */
static void compare_with_strtod(const char *const *texts, size_t count)
{
    FILE *stream = fopen(path, "wb");
    fprintf(stream, "x\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "%s\n", texts[i]);
    }
    ck_assert_int_eq(fclose(stream), 0);
    reel_table *t = reel_table_read(r, path, (reel_table_options){.dtype = REEL_F64});
    ck_assert_msg(t != NULL, "%s", reel_error(r));
    const double *x = reel_data_f64(reel_table_column(t, 0));
    for (size_t i = 0; i < count; i++) {
        double expected = strtod(texts[i], NULL);
        ck_assert_msg(memcmp(&x[i], &expected, sizeof expected) == 0, "%s is %a, not %a", texts[i],
                      x[i], expected);
    }
    reel_table_free(t);
}

/* Between two doubles, at the ends of their range, of more digits than 64 bits hold; and three so
 * little above the middle of two that 64 bits of a quotient do not show it (9740535268592934171e-19
 * and the two after it). */
START_TEST(hard_numbers)
{
    static const char *const texts[] = {"9007199254740993",
                                        "9007199254740992.5",
                                        "9007199254740993.00000000000000000000001",
                                        "90071992547409930e-1",
                                        "1e22",
                                        "1e23",
                                        "-1e23",
                                        "8.5e22",
                                        "123456789012345678e-22",
                                        "9999999999999999999",
                                        "9999999999999999999e19",
                                        "9999999999999999999e-19",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "1844674407370955161.6e3",
                                        "9740535268592934171e-19",
                                        "0.9488954618877785685",
                                        "9364357561196357538e-19",
                                        "0.1000000000000000055511151231257827",
                                        "4.9e-324",
                                        "2.4703282292062327e-324",
                                        "2.4703282292062328e-324",
                                        "2.2250738585072011e-308",
                                        "2.2250738585072014e-308",
                                        "1.7976931348623157e308",
                                        "1.7976931348623158e308",
                                        "1e-400",
                                        "-0",
                                        "-0.0e5",
                                        "0e999999999999",
                                        "1e-999999999999",
                                        "+.5",
                                        "5.",
                                        "00000000000000000000000000000001.5",
                                        "0.00000000000000000000000000000000000015",
                                        "7.0385307e-26",
                                        "5708990770823839207320493820740630171355185e-15"};
    compare_with_strtod(texts, sizeof texts / sizeof *texts);
}
END_TEST

static uint64_t drawn = 88172645463325252U;

/* Source: Marsaglia, Xorshift RNGs, 2003. */
static uint64_t draw(void)
{
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return drawn;
}

/* Doubles of all sizes and usual ones, printed with few digits, with 17 and with more. */
START_TEST(random_numbers)
{
    enum { COUNT = 60000, LENGTH = 48 };
    static char texts[COUNT][LENGTH];
    static const char *list[COUNT];
    for (int i = 0; i < COUNT; i++) {
        uint64_t bits = draw();
        double x;
        memcpy(&x, &bits, sizeof x);
        x = i % 2 || !isfinite(x) ? ((double)(bits >> 11) * 0x1p-53 - 0.5) * pow(10, i % 9) : x;
        snprintf(texts[i], LENGTH, i % 3 ? "%.*g" : "%.*e", (int)(bits % 23) + 1, x);
        list[i] = texts[i];
    }
    compare_with_strtod(list, COUNT);
}
END_TEST

/* Whole numbers that lie halfway between two doubles, and next to that, by a power of ten. */
START_TEST(numbers_in_the_middle)
{
    enum { COUNT = 30000, LENGTH = 48 };
    static char texts[COUNT][LENGTH];
    static const char *list[COUNT];
    for (int i = 0; i < COUNT; i++) {
        uint64_t odd = (draw() >> 10) | 1 | (uint64_t)1 << 53;
        uint64_t middle = odd << (i % 10);
        snprintf(texts[i], LENGTH, "%llue%d", (unsigned long long)(middle + draw() % 3 - 1),
                 (int)(draw() % 60) - 30);
        list[i] = texts[i];
    }
    compare_with_strtod(list, COUNT);
}
END_TEST

START_TEST(decimal_commas)
{
    reel_table *t = read_with("a;b\n1,5;-,25e1\n\"2,5\";3\n",
                              (reel_table_options){.decimal = ',', .dtype = REEL_F64});
    const double *a = reel_data_f64(reel_table_column(t, 0));
    const double *b = reel_data_f64(reel_table_column(t, 1));
    ck_assert(a[0] == 1.5 && a[1] == 2.5 && b[0] == -2.5 && b[1] == 3);
    t = read_with("a;b\n1;2\n1.5;2\n2;2\n", (reel_table_options){.decimal = ','});
    ck_assert_int_eq(reel_table_missing(t, 0), 1);
    assert_warning(
        0, "t.csv: column 'a': 1 value is no number and taken for missing: '1.5' on line 3");
    t = read_with("a;b\n1,5;2\n", (reel_table_options){0});
    ck_assert(reel_table_is_text(t, 0));
    assert_warning(1, "t.csv: column 'a' is taken for text, for it has '1,5'; if that is a number, "
                      "say decimal ','");
}
END_TEST

START_TEST(from_a_tensor)
{
    reel_tensor *x = reel_from_f32(r, (float[]){1, NAN, 2, 3, 4, 5}, REEL_SHAPE(3, 2));
    reel_table *t = reel_table_from_tensor(r, x, (const char *[]){"a", "b"});
    reel_tensor_free(x);
    ck_assert_int_eq(reel_table_rows(t), 3);
    ck_assert_int_eq(reel_table_find(t, "b"), 1);
    ck_assert_int_eq(reel_table_missing(t, 1), 1);
    ck_assert_str_eq(reel_table_path(t), "");
    ck_assert_int_eq(reel_table_line(t, 2), 3);
    const float *b = reel_data_f32(reel_table_column(t, 1));
    ck_assert(isnan(b[0]) && b[1] == 3 && b[2] == 5);
    ck_assert_int_eq(reel_numel(reel_table_present_rows(t, 1)), 2);
    x = reel_from_f64(r, (double[]){1, 2, 3, 4, 5, 6}, REEL_SHAPE(2, 3));
    t = reel_table_from_tensor(r, reel_transpose(x, 0, 1), NULL);
    ck_assert_str_eq(reel_table_name(t, 1), "2");
    const double *second = reel_data_f64(reel_table_column(t, 1));
    ck_assert(second[0] == 4 && second[1] == 5 && second[2] == 6);
}
END_TEST

static void refused_tensor(reel_tensor *x, const char *const *names, reel_status status,
                           const char *part)
{
    ck_assert_ptr_null(reel_table_from_tensor(r, x, names));
    assert_error(r, status, part);
}

START_TEST(tensors_that_are_none)
{
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(2, 2));
    refused_tensor(reel_ones(r, REEL_F32, REEL_SHAPE(2)), NULL, REEL_ERR_SHAPE,
                   "expected a matrix (rows, columns), got shape (2");
    refused_tensor(reel_ones(r, REEL_I64, REEL_SHAPE(2, 2)), NULL, REEL_ERR_DTYPE,
                   "expected floats, got int64");
    refused_tensor(x, (const char *[]){"a", "a"}, REEL_ERR_VALUE, "name 2, 'a', comes twice");
    refused_tensor(x, (const char *[]){"a", ""}, REEL_ERR_VALUE, "name 2, '', is empty");
    refused_tensor(x, (const char *[]){"a", NULL}, REEL_ERR_VALUE, "name 2, 'NULL', is none");
    refused_tensor(x, (const char *[]){"\xff", "a"}, REEL_ERR_VALUE, "is not UTF-8");
    refused_tensor(reel_from_f32(r, (float[]){1, 2, 3, INFINITY}, REEL_SHAPE(2, 2)), NULL,
                   REEL_ERR_VALUE, "row 2: column '2': expected a finite number, found inf");
    ck_assert_ptr_null(reel_table_from_tensor(NULL, x, NULL));
    ck_assert_ptr_null(reel_table_from_tensor(r, NULL, NULL));
}
END_TEST

START_TEST(from_npy)
{
    reel_tensor *x = reel_from_f64(r, (double[]){1, 0.1, 3, 4}, REEL_SHAPE(2, 2));
    ck_assert_int_eq(reel_npy_save(x, path), REEL_OK);
    reel_table *t = reel_table_read(r, path, (reel_table_options){.dtype = REEL_F64});
    ck_assert_msg(t && reel_table_dtype(t) == REEL_F64, "%s", reel_error(r));
    ck_assert_double_eq(reel_data_f64(reel_table_column(t, 1))[0], 0.1);
    t = reel_table_read(r, path, (reel_table_options){0});
    ck_assert(reel_data_f32(reel_table_column(t, 1))[0] == 0.1F);
    ck_assert_str_eq(reel_table_name(t, 1), "2");
    ck_assert_int_eq(reel_npy_save(reel_from_i64(r, (int64_t[]){7, 8}, REEL_SHAPE(1, 2)), path),
                     REEL_OK);
    t = reel_table_read(r, path, (reel_table_options){0});
    ck_assert(reel_data_f32(reel_table_column(t, 1))[0] == 8);
    ck_assert_int_eq(reel_npy_save(reel_ones(r, REEL_F32, REEL_SHAPE(3)), path), REEL_OK);
    ck_assert_ptr_null(reel_table_read(r, path, (reel_table_options){0}));
    assert_error(r, REEL_ERR_SHAPE, "expected a matrix (rows, columns), found shape (3");
    ck_assert_int_eq(reel_npy_save(reel_full(r, REEL_F64, 1e300, REEL_SHAPE(1, 1)), path), REEL_OK);
    ck_assert_ptr_null(reel_table_read(r, path, (reel_table_options){0}));
    assert_error(r, REEL_ERR_VALUE,
                 "t.csv: row 1: column '1': expected a finite number, found inf");
    write_bytes("\x93NUMPY\1\0\xff\xff", 10);
    ck_assert_ptr_null(reel_table_read(r, path, (reel_table_options){0}));
    assert_error(r, REEL_ERR_FORMAT, "npy: ");
    ck_assert_ptr_nonnull(freopen(path, "rb", stdin));
    ck_assert_ptr_null(reel_table_read(r, "-", (reel_table_options){0}));
    assert_error(r, REEL_ERR_FILE, "an .npy file cannot be read from a pipe");
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, hard_numbers);
    tcase_add_test(cases, random_numbers);
    tcase_add_test(cases, numbers_in_the_middle);
    tcase_add_test(cases, decimal_commas);
    tcase_add_test(cases, from_a_tensor);
    tcase_add_test(cases, tensors_that_are_none);
    tcase_add_test(cases, from_npy);
}

int main(void) { return run_suite("numbers in tables", add_cases); }
