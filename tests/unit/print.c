/* SPDX-License-Identifier: MIT */
/* Text is PyTorch's and Python's. Expected tensors: tests/generate/print_cases.py. */
#include "records.h"

#include <unistd.h>

/* Value i of the case's pattern as a double, or as an integer. */
static double float_at(const record *it, int64_t i)
{
    char *const *value = it->word + it->words;
    if (strcmp(value[0], "linear") == 0) {
        return strtod(value[1], NULL) + (double)i * strtod(value[2], NULL);
    }
    return strtod(value[i % it->values], NULL);
}

static int64_t whole_at(const record *it, int64_t i)
{
    char *const *value = it->word + it->words;
    if (strcmp(value[0], "linear") == 0) {
        return strtoll(value[1], NULL, 10) + i * strtoll(value[2], NULL, 10);
    }
    return strtoll(value[i % it->values], NULL, 10);
}

static reel_tensor *make(reel *r, const record *it)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 1; d < it->words; d++) {
        size[d - 1] = record_whole(it, d);
    }
    reel_tensor *t = reel_zeros(r, record_dtype(it, 0), it->words - 1, size);
    for (int64_t i = 0; i < reel_numel(t); i++) {
        if (reel_dtype_of(t) == REEL_I64) {
            reel_data_i64(t)[i] = whole_at(it, i);
        } else if (reel_dtype_of(t) == REEL_BOOL) {
            reel_data_bool(t)[i] = whole_at(it, i) != 0;
        } else if (reel_dtype_of(t) == REEL_F64) {
            reel_data_f64(t)[i] = float_at(it, i);
        } else {
            reel_data_f32(t)[i] = (float)float_at(it, i);
        }
    }
    return t;
}

/* The lines after bars that follow a case. */
static void read_text(FILE *file, char *text, size_t room)
{
    char line[RECORD_LINE];
    size_t used = 0;
    while (fgets(line, sizeof line, file) && line[0] == '|') {
        size_t length = strlen(line + 1);
        ck_assert_uint_lt(used + length, room);
        memcpy(text + used, line + 1, length);
        used += length;
    }
    ck_assert_uint_gt(used, 0);
    text[used - 1] = '\0';
}

START_TEST(tensors_print_as_in_pytorch)
{
    static char text[1 << 16];
    reel *r = reel_new();
    FILE *file = open_records("print/cases.txt");
    int count = 0;
    for (record it; next_record(file, &it); count++) {
        read_text(file, text, sizeof text);
        reel_tensor *t = make(r, &it);
        ck_assert_str_eq(reel_repr(t), text);
        reel_tensor_free(t);
        reel_rewind(r);
    }
    ck_assert_int_ge(count, 60);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* What Python prints for these doubles; powers of two and subnormals are the hard ones. */
START_TEST(numbers_print_as_in_python)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {5, "5.0"},
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1e-5, "1e-05"},
        {1.5e-5, "1.5e-05"},
        {1e-4, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.1, "0.1"},
        {-0.1, "-0.1"},
        {0.30000000000000004, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {100, "100.0"},
        {123456.789, "123456.789"},
        {1e15, "1000000000000000.0"},
        {9007199254740993.0, "9007199254740992.0"},
        {1e16, "1e+16"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {-1e100, "-1e+100"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-24, "5.960464477539063e-08"},
        {0x1p-1022, "2.2250738585072014e-308"},
        {0x0.fffffffffffffp-1022, "2.225073858507201e-308"},
        {0x1p-1074, "5e-324"},
        {0x3p-1074, "1.5e-323"},
        {DOUBLE_INFINITY, "inf"},
        {-DOUBLE_INFINITY, "-inf"},
        {DOUBLE_NAN, "nan"},
        {-DOUBLE_NAN, "nan"},
    };
    reel *r = reel_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(reel_item_repr(reel_scalar(r, REEL_F64, cases[i].value)), cases[i].text);
    }
    ck_assert_str_eq(reel_item_repr(reel_scalar(r, REEL_F32, 0.1)), "0.10000000149011612");
    ck_assert_str_eq(reel_item_repr(reel_from_i64(r, (int64_t[]){INT64_MAX}, REEL_SHAPE(1))),
                     "9223372036854775807");
    ck_assert_str_eq(reel_item_repr(reel_scalar(r, REEL_BOOL, 1)), "True");
    ck_assert_str_eq(reel_item_repr(reel_scalar(r, REEL_BOOL, 0)), "False");
    reel_free(r);
}
END_TEST

static int significant_digits(const char *text)
{
    int seen = 0, count = 0; /* up to here; up to the last that is not a zero */
    for (const char *p = text; *p && *p != 'e'; p++) {
        seen += (*p >= '1' && *p <= '9') || (*p == '0' && seen > 0);
        count = *p >= '1' && *p <= '9' ? seen : count;
    }
    return count;
}

/* Shortest text: it reads back, and no shorter one does. */
START_TEST(numbers_are_shortest)
{
    reel *r = reel_new();
    double value[500];
    reel_to_f64(reel_randn(r, REEL_F64, REEL_SHAPE(500)), value, 500);
    for (int i = 0; i < 500; i++) {
        double x = ldexp(value[i], i - 250);
        const char *text = reel_item_repr(reel_scalar(r, REEL_F64, x));
        char shorter[64];
        int digits = significant_digits(text);
        ck_assert(strtod(text, NULL) == x);
        snprintf(shorter, sizeof shorter, "%.*e", digits > 2 ? digits - 2 : 0, x);
        ck_assert_msg(digits == 1 || strtod(shorter, NULL) != x, "%s is too long", text);
        reel_rewind(r);
    }
    reel_free(r);
}
END_TEST

START_TEST(print_writes_a_line)
{
    reel *r = reel_new();
    FILE *file = tmpfile();
    char text[64] = "";
    ck_assert(file != NULL && fflush(stdout) == 0);
    int output = dup(STDOUT_FILENO);
    ck_assert_int_ge(dup2(fileno(file), STDOUT_FILENO), 0);
    reel_print(reel_ones(r, REEL_F32, REEL_SHAPE(2)));
    fflush(stdout);
    ck_assert_int_ge(dup2(output, STDOUT_FILENO), 0);
    close(output);
    rewind(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    ck_assert_str_eq(text, "tensor([1., 1.])\n");
    fclose(file);
    reel_free(r);
}
END_TEST

/* malloc, until the allowance runs out. */
static void *limited(void *context, void *block, size_t old_size, size_t new_size)
{
    int *allowance = context;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return (*allowance)-- > 0 ? realloc(block, new_size) : NULL;
}

/* Text of some 60 kB, so that it takes several blocks. */
static bool print_within(int allowance)
{
    reel_options options = {
        .allocator = limited, .allocator_context = &allowance, .handler = ignore_message};
    reel *r = reel_new_with(&options);
    reel_tensor *t = reel_rand(r, REEL_F32, REEL_SHAPE(6, 6, 6, 6, 6));
    const char *text = reel_repr(t), *number = reel_item_repr(reel_scalar(r, REEL_F64, 2.5));
    bool failed = reel_failed(r);
    if (failed) {
        ck_assert_int_eq(reel_error_status(r), REEL_ERR_MEMORY);
    } else {
        ck_assert_uint_gt(strlen(text), 60000);
        ck_assert_str_eq(number, "2.5");
    }
    reel_free(r);
    return !failed;
}

START_TEST(running_out_of_memory_is_an_error)
{
    int allowance = 0;
    while (!print_within(allowance)) {
        allowance++;
    }
    ck_assert_int_gt(allowance, 4);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, tensors_print_as_in_pytorch);
    tcase_add_test(cases, numbers_print_as_in_python);
    tcase_add_test(cases, numbers_are_shortest);
    tcase_add_test(cases, print_writes_a_line);
    tcase_add_test(cases, running_out_of_memory_is_an_error);
}

int main(void) { return run_suite("print", add_cases); }
