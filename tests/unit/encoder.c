/* SPDX-License-Identifier: MIT */
/* Encoders: NumPy's medians, means and deviations; texts in order; what is of no use is left out. */
#include "table_file.h"

/* NumPy: median 4.5, mean 4.785857142857142, std 2.888870289753489 with 4.5 in the gaps; the target
 * has mean 181.42857142857142 and std 212.36280084721398. */
static const char houses[] = "rooms,near,price\n"
                             "3,sea,10\n"
                             "4.5,bay,20\n"
                             ",bay,40\n"
                             "10,sea,80\n"
                             "7,inland,160\n"
                             "NA,,320\n"
                             "0.001,bay,640\n";

static const double rooms[] = {-0.6181852986585741, -0.09895118651434319, -0.09895118651434319,
                               1.8049072246811702,  0.7664390003927084,   -0.09895118651434319,
                               -1.656307366872273};
static const double prices[] = {-0.8072438804944327, -0.7601546541322575,  -0.665976201407907,
                                -0.477619295959206,  -0.10090548506180404, 0.6525221367329999,
                                2.1593773803226077};

static reel_encoder *fit(reel_table *t, const char *target)
{
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = target});
    ck_assert_msg(e != NULL, "%s", reel_error(r));
    return e;
}

/* The rows of x are those of `expected`, which has `columns` of them. */
static void assert_matrix(reel_tensor *x, int64_t rows, int64_t columns, const double *expected)
{
    ck_assert_msg(!reel_is_poison(x), "%s", reel_error(r));
    ck_assert_int_eq(reel_size(x, 0), rows);
    ck_assert_int_eq(reel_size(x, 1), columns);
    for (int64_t i = 0; i < rows * columns; i++) {
        assert_close(reel_get(x, (int64_t[]){i / columns, i % columns}), expected[i], 1e-14);
    }
}

START_TEST(features_and_target)
{
    reel_table *t = read_text(houses);
    reel_encoder *e = fit(t, "price");
    ck_assert_uint_eq(reel_encoder_features(e), 4);
    static const char *const names[] = {"rooms", "near=bay", "near=inland", "near=sea"};
    static const double near[7][3] = {{0, 0, 1}, {1, 0, 0}, {1, 0, 0}, {0, 0, 1},
                                      {0, 1, 0}, {0, 0, 0}, {1, 0, 0}};
    double expected[28];
    for (int i = 0; i < 28; i++) {
        ck_assert_str_eq(reel_encoder_feature_name(e, (size_t)i % 4), names[i % 4]);
        expected[i] = i % 4 ? near[i / 4][i % 4 - 1] : rooms[i / 4];
    }
    ck_assert_int_eq(warning_count, 0);
    assert_matrix(reel_encode(e, t, NULL), 7, 4, expected);
    assert_matrix(reel_encode_target(e, t, NULL), 7, 1, prices);
    ck_assert_int_eq(warning_count, 2);
    assert_warning(0, "t.csv: column 'rooms': 2 missing values are taken for the median, 4.5");
    assert_warning(1, "column 'near': 1 missing value is taken for 0 in all its features");
    assert_close(reel_encoder_median(e, 0), 4.5, 0);
    assert_close(reel_encoder_mean(e, 0), 4.785857142857142, 1e-15);
    assert_close(reel_encoder_scale(e, 0), 2.888870289753489, 1e-15);
    assert_close(reel_encoder_mean(e, 2), 0, 0);
    assert_close(reel_encoder_scale(e, 2), 1, 0);
    ck_assert_str_eq(reel_encoder_target_name(e), "price");
    assert_close(reel_encoder_target_mean(e), 181.42857142857142, 1e-15);
    assert_close(reel_encoder_target_scale(e), 212.36280084721398, 1e-15);
}
END_TEST

START_TEST(target_comes_back)
{
    reel_table *t = read_text(houses);
    reel_encoder *e = fit(t, "price");
    reel_tensor *y = reel_decode_target(e, reel_encode_target(e, t, NULL));
    for (int64_t i = 0; i < 7; i++) {
        assert_close(reel_get(y, (int64_t[]){i, 0}), 10 * exp2((double)i), 1e-14);
    }
    reel_tensor *turned =
        reel_transpose(reel_from_f32(r, (float[]){0, 1, 2, 3}, REEL_SHAPE(2, 2)), 0, 1);
    y = reel_decode_target(e, turned);
    ck_assert_int_eq(reel_dtype_of(y), REEL_F32);
    assert_close(reel_get(y, (int64_t[]){0, 1}), 181.42857142857142 + 2 * 212.36280084721398, 1e-7);
    ck_assert(reel_is_poison(reel_decode_target(e, reel_ones(r, REEL_I64, REEL_SHAPE(2)))));
    assert_error(r, REEL_ERR_DTYPE, "expected floats, got int64");
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, features_and_target);
    tcase_add_test(cases, target_comes_back);
}

int main(void) { return run_suite("encoders", add_cases); }
