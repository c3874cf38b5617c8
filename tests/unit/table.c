/* SPDX-License-Identifier: MIT */
/* Tables from CSV: what is written is what is read, and what is no table is refused with its line. */
#include "table_file.h"

/* A column of numbers, NaN where one is missing. */
static void assert_numbers(reel_table *t, const char *name, int64_t count, const double *expected)
{
    ck_assert_msg(t != NULL, "%s", reel_error(r));
    int64_t column = reel_table_find(t, name);
    ck_assert_msg(column >= 0, "no column %s", name);
    ck_assert(!reel_table_is_text(t, (size_t)column));
    ck_assert_int_eq(reel_table_rows(t), count);
    reel_tensor *values = reel_table_column(t, (size_t)column);
    ck_assert_int_eq(reel_dtype_of(values), reel_table_dtype(t));
    for (int64_t i = 0; i < count; i++) {
        double x = reel_get(values, &i);
        ck_assert_msg(x == expected[i] || (isnan(x) && isnan(expected[i])),
                      "%s, row %lld: %.17g, not %.17g", name, (long long)i, x, expected[i]);
    }
}

/* A column of text, NULL where one is missing. */
static void assert_texts(reel_table *t, const char *name, int64_t count,
                         const char *const *expected)
{
    ck_assert_msg(t != NULL, "%s", reel_error(r));
    int64_t column = reel_table_find(t, name);
    ck_assert(column >= 0 && reel_table_is_text(t, (size_t)column));
    ck_assert_int_eq(reel_table_rows(t), count);
    reel_tensor *codes = reel_table_column(t, (size_t)column);
    ck_assert_int_eq(reel_dtype_of(codes), REEL_I64);
    for (int64_t i = 0; i < count; i++) {
        double code = reel_get(codes, &i);
        if (!expected[i]) {
            ck_assert_double_eq(code, -1);
        } else {
            ck_assert_str_eq(reel_table_category(t, (size_t)column, (size_t)code), expected[i]);
        }
    }
}

START_TEST(numbers_and_text)
{
    reel_table *t = read_text("rooms,near,price\n3,\"the bay\",1e5\n4.5,sea,-2\n-.5,the bay,+7.\n");
    assert_numbers(t, "rooms", 3, (double[]){3, 4.5, -0.5});
    assert_texts(t, "near", 3, (const char *[]){"the bay", "sea", "the bay"});
    assert_numbers(t, "price", 3, (double[]){1e5, -2, 7});
    ck_assert_uint_eq(reel_table_columns(t), 3);
    ck_assert_str_eq(reel_table_name(t, 1), "near");
    ck_assert_uint_eq(reel_table_categories(t, 1), 2);
    ck_assert_uint_eq(reel_table_categories(t, 0), 0);
    ck_assert_str_eq(reel_table_path(t), path);
    ck_assert_int_eq(warning_count, 0);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, numbers_and_text);
}

int main(void) { return run_suite("tables", add_cases); }
