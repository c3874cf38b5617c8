/* SPDX-License-Identifier: MIT */
/* Encoders: NumPy's medians, means, deviations; texts in order; what is of no use is left out. */
#include "table_file.h"

#include <math.h>

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
    ck_assert_uint_eq(reel_encoder_features(e), 5);
    static const char *const names[] = {"rooms", "near=bay", "near=inland", "near=sea",
                                        "near=(missing)"};
    static const double near[7][4] = {{0, 0, 1}, {1, 0, 0},    {1, 0, 0}, {0, 0, 1},
                                      {0, 1, 0}, {0, 0, 0, 1}, {1, 0, 0}};
    double expected[35];
    for (int i = 0; i < 35; i++) {
        ck_assert_str_eq(reel_encoder_feature_name(e, (size_t)i % 5), names[i % 5]);
        expected[i] = i % 5 ? near[i / 5][i % 5 - 1] : rooms[i / 5];
    }
    ck_assert_int_eq(warning_count, 0);
    assert_matrix(reel_encode(e, t, NULL), 7, 5, expected);
    assert_matrix(reel_encode_target(e, t, NULL), 7, 1, prices);
    ck_assert_int_eq(warning_count, 1);
    assert_warning(0, "t.csv: column 'rooms': 2 missing values are taken for the median, 4.5");
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

static reel_tensor *rows_of(const int64_t *rows, int64_t count)
{
    return reel_from_i64(r, rows, REEL_SHAPE(count));
}

/* What the training rows say is used for others, and for other tables. */
START_TEST(training_rows_alone)
{
    reel_table *t =
        read_with("x,c,y\n1,a,1\n3,b,3\n100,z,100\n,a,\n", (reel_table_options){.dtype = REEL_F32});
    reel_tensor *train = rows_of((int64_t[]){1, 0}, 2), *test = rows_of((int64_t[]){2, 3}, 2);
    reel_encoder *e = reel_encoder_fit(t, train, (reel_encoder_options){.target = "y"});
    ck_assert_int_eq(warning_count, 0);
    assert_matrix(reel_encode(e, t, train), 2, 3, (double[]){1, 0, 1, -1, 1, 0});
    assert_matrix(reel_encode_target(e, t, train), 2, 1, (double[]){1, -1});
    ck_assert_int_eq(reel_dtype_of(reel_encode(e, t, train)), REEL_F32);
    ck_assert_int_eq(warning_count, 0);
    assert_matrix(reel_encode(e, t, test), 2, 3, (double[]){98, 0, 0, 0, 1, 0});
    assert_warning(0, "column 'x': 1 missing value is taken for the median, 2");
    assert_warning(1, "t.csv:4: column 'c': 1 value, 'z', was not seen in training, and 0 in all "
                      "features");
    t = read_text("more,c,x\nu,q,2\nv,,3\nw,r,NA\n");
    assert_matrix(reel_encode(e, t, NULL), 3, 3, (double[]){0, 0, 0, 1, 0, 0, 0, 0, 0});
    assert_warning(4, "t.csv:2: column 'c': 2 values, 'q' the first, were not seen in training");
    t = read_text("c,x\n,1\nNA,\n"); /* no text at all: the columns hold numbers */
    assert_matrix(reel_encode(e, t, NULL), 2, 3, (double[]){-1, 0, 0, 0, 0, 0});
}
END_TEST

START_TEST(every_other_row)
{
    reel_table *t = read_text("x,y\n1,1\n50,50\n3,3\n60,60\n");
    reel_tensor *all = rows_of((int64_t[]){0, 1, 2, 3}, 4);
    reel_tensor *even = reel_select(reel_reshape(all, REEL_SHAPE(2, 2)), 1, 0);
    reel_encoder *e = reel_encoder_fit(t, even, (reel_encoder_options){.target = "y"});
    ck_assert_double_eq(reel_encoder_mean(e, 0), 2);
    assert_matrix(reel_encode(e, t, even), 2, 1, (double[]){-1, 1});
}
END_TEST

START_TEST(rows_without_a_target)
{
    reel_table *t = read_text("x,y\n1,1\n7,\n3,3\n9,NA\n");
    reel_encoder *e = fit(t, "y");
    assert_warning(0, "t.csv: 2 rows without a target (column 'y') are left out");
    ck_assert_double_eq(reel_encoder_mean(e, 0), 2);
    ck_assert(reel_is_poison(reel_encode_target(e, t, NULL)));
    assert_error(r, REEL_ERR_VALUE,
                 "t.csv:3: column 'y': the target is missing: leave out the rows");
    reel_tensor *rows = reel_table_present_rows(t, 1);
    assert_matrix(reel_encode_target(e, t, rows), 2, 1, (double[]){-1, 1});
    assert_matrix(reel_encode(e, t, rows), 2, 1, (double[]){-1, 1});
    e = reel_encoder_fit(t, rows_of((int64_t[]){0, 1, 2}, 3),
                         (reel_encoder_options){.target = "y"});
    assert_warning(1, "1 row without a target (column 'y') is left out");
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_null(
        reel_encoder_fit(t, rows_of((int64_t[]){1, 3}, 2), (reel_encoder_options){.target = "y"}));
    assert_error(r, REEL_ERR_VALUE, "there is no row with a target");
    ck_assert_ptr_null(
        reel_encoder_fit(read_text("x,y\n"), NULL, (reel_encoder_options){.target = "y"}));
    assert_error(r, REEL_ERR_VALUE, "there is no row with a target");
}
END_TEST

START_TEST(columns_of_no_use)
{
    reel_table *t = read_text("a,b,c,d,e,f,g,h,i,y\n"
                              "1,5,x,u,1,k1,q,,x,1\n"
                              "2,,x,v,2,k2,q,,x,2\n"
                              ",5,y,w,,k3,q,,y,3\n"
                              "4,5,,x,4,k4,q,,,4\n");
    reel_encoder *e =
        reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y", .max_categories = 3});
    static const char *const expected[] = {
        "column 'd' has 4 different texts: the 3 most frequent are told apart, the others are one",
        "column 'f' has 4 different texts: the 3 most frequent are told apart, the others are one",
        "column 'h' is left out: it has no values",
        "t.csv: 2 columns are left out because all values of each are the same: 'b', 'g'",
        "2 columns are left out because they are the same as others: 'e' (as 'a'), 'i' (as 'c')"};
    ck_assert_int_eq(warning_count, 5);
    for (int i = 0; i < 5; i++) {
        assert_warning(i, expected[i]);
    }
    ck_assert_uint_eq(reel_encoder_features(e), 12);
    ck_assert_str_eq(reel_encoder_feature_name(e, 2), "c=y");
    ck_assert_str_eq(reel_encoder_feature_name(e, 3), "c=(missing)");
    ck_assert_str_eq(reel_encoder_feature_name(e, 7), "d=(others)");
    ck_assert_uint_eq(reel_encoder_columns(e), 4);
    ck_assert_str_eq(reel_encoder_column(e, 0), "a");
    size_t count;
    const char *const *text = reel_encoder_text_columns(e, &count);
    ck_assert(count == 3 && strcmp(text[0], "c") == 0);
    ck_assert_ptr_null(reel_encoder_fit(
        t, NULL,
        (reel_encoder_options){
            .target = "y", .features = (const char *[]){"b", "g"}, .feature_count = 2}));
    assert_error(r, REEL_ERR_VALUE, "no column is left to predict 'y' from");
}
END_TEST

/* Nearly the same is not the same; a text of its own in each row is a name, unless it is asked
 * for. */
START_TEST(columns_of_use)
{
    char text[4096] = "id,a,b,y\n";
    size_t used = strlen(text);
    for (int i = 0; i < 50; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "t%d,%d,%d,%d\n", i, i,
                                 i == 25 ? 26 : i, i);
    }
    reel_table *t = read_text(text);
    reel_encoder *e = fit(t, "y");
    ck_assert_uint_eq(reel_encoder_features(e), 2);
    assert_warning(1,
                   "column 'id' is left out: 50 different texts in 50 rows tell rows apart, and no "
                   "more; name it among the features to keep it");
    assert_warning(0, "t.csv: column 'a' numbers the rows: leave it out unless their order says");
    ck_assert_int_eq(warning_count, 2);
    const char *features[] = {"id", "a", "b"};
    e = reel_encoder_fit(
        t, NULL, (reel_encoder_options){.target = "y", .features = features, .feature_count = 3});
    ck_assert_uint_eq(reel_encoder_features(e), 52);
    t = read_with(text, (reel_table_options){.text = features, .text_count = 1});
    e = fit(t, "y");
    ck_assert_uint_eq(reel_encoder_features(e), 52);
    e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y", .max_categories = 2});
    ck_assert_uint_eq(reel_encoder_features(e), 5);
    ck_assert_str_eq(reel_encoder_feature_name(e, 1), "id=t1");
    ck_assert_str_eq(reel_encoder_feature_name(e, 2), "id=(others)");
}
END_TEST

/* The most frequent stay, in order; the others are together, and so is what was never seen. */
START_TEST(rare_texts_together)
{
    reel_table *t = read_text("c,y\nr1,1\nb,2\na,3\nb,4\na,5\nc,6\nc,7\nb,8\nr2,9\n,10\n");
    reel_encoder *e =
        reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y", .max_categories = 3});
    static const char *const names[] = {"c=a", "c=b", "c=c", "c=(others)", "c=(missing)"};
    ck_assert_uint_eq(reel_encoder_features(e), 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(reel_encoder_feature_name(e, i), names[i]);
        ck_assert_uint_eq(reel_encoder_feature(e, i).column, 0);
    }
    warning_count = 0;
    reel_encoder *again = reel_encoder_from_json(r, reel_encoder_to_json(e));
    assert_matrix(reel_encode(again, read_text("c,d\nb,1\nr2,2\nnew,3\n,4\n"), NULL), 4, 5,
                  (double[]){0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1});
    ck_assert_int_eq(warning_count, 0);
}
END_TEST

START_TEST(chosen_columns)
{
    reel_table *t = read_text("a,b,c,y\n1,2,3,4\n2,1,4,5\n0,4,3,1\n");
    reel_encoder *e = reel_encoder_fit(
        t, NULL,
        (reel_encoder_options){
            .target = "y", .features = (const char *[]){"c", "a"}, .feature_count = 2});
    ck_assert_uint_eq(reel_encoder_features(e), 2);
    ck_assert_str_eq(reel_encoder_feature_name(e, 0), "c");
    ck_assert_str_eq(reel_encoder_feature_name(e, 1), "a");
    e = reel_encoder_fit(
        t, NULL,
        (reel_encoder_options){.target = "y", .drop = (const char *[]){"b"}, .drop_count = 1});
    ck_assert_uint_eq(reel_encoder_features(e), 2);
    ck_assert_str_eq(reel_encoder_feature_name(e, 1), "c");
}
END_TEST

static void refused(reel_table *t, reel_encoder_options options, const char *part)
{
    ck_assert_ptr_null(reel_encoder_fit(t, NULL, options));
    assert_error(r, REEL_ERR_VALUE, part);
}

START_TEST(columns_that_are_none)
{
    reel_table *t = read_text("a,b,y\n1,u,4\n2,v,5\n");
    refused(t, (reel_encoder_options){0}, "the target is NULL");
    refused(t, (reel_encoder_options){.target = "z"},
            "t.csv: there is no column 'z'; there are: a, b, y");
    refused(t, (reel_encoder_options){.target = "b"},
            "column 'b' is the target and has to hold numbers, but holds text, such as 'u'");
    refused(t,
            (reel_encoder_options){
                .target = "y", .features = (const char *[]){"x"}, .feature_count = 1},
            "there is no column 'x'");
    refused(t,
            (reel_encoder_options){
                .target = "y", .features = (const char *[]){"a", "a"}, .feature_count = 2},
            "column 'a' is listed twice");
    refused(t,
            (reel_encoder_options){
                .target = "y", .features = (const char *[]){"y"}, .feature_count = 1},
            "column 'y' is the target, and cannot be among the features too");
    refused(t, (reel_encoder_options){.target = "y", .drop_count = 1}, "a list of columns is NULL");
    refused(t,
            (reel_encoder_options){.target = "y", .drop = (const char *[]){"x"}, .drop_count = 1},
            "there is no column 'x'");
    refused(t, (reel_encoder_options){.target = "y", .max_categories = -1}, "is negative");
    char names[4096];
    size_t used = 0;
    for (int i = 0; i < 200; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "column%d,", i);
    }
    snprintf(names + used, sizeof names - used, "y\n");
    ck_assert_ptr_null(
        reel_encoder_fit(read_text(names), NULL, (reel_encoder_options){.target = "z"}));
    ck_assert_msg(strcmp(reel_error(r) + strlen(reel_error(r)) - 5, ", ...") == 0, "%s",
                  reel_error(r));
}
END_TEST

START_TEST(rows_that_are_none)
{
    reel_table *t = read_text("a,y\n1,4\n2,5\n");
    reel_encoder *e = fit(t, "y");
    ck_assert(reel_is_poison(reel_encode(e, t, rows_of((int64_t[]){0, 2}, 2))));
    assert_error(r, REEL_ERR_VALUE, "encode: ");
    ck_assert(reel_is_poison(reel_encode_target(e, t, rows_of((int64_t[]){-1}, 1))));
    assert_error(r, REEL_ERR_VALUE, "t.csv: there is no row -1 among 2");
    ck_assert(reel_is_poison(reel_encode(e, t, reel_ones(r, REEL_F32, REEL_SHAPE(2)))));
    ck_assert_int_eq(reel_error_status(r), REEL_ERR_DTYPE);
    reel_clear_error(r);
    assert_matrix(reel_encode(e, t, reel_zeros(r, REEL_I64, REEL_SHAPE(0))), 0, 1, NULL);
}
END_TEST

START_TEST(missing_values_refused)
{
    reel_table *t = read_text("a,b,y\n1,u,4\n2,v,5\n3,,6\n,u,7\n");
    reel_encoder_options options = {.target = "y", .refuse_missing = true};
    refused(t, options, "t.csv:5: column 'a': the value is missing");
    options.drop = (const char *[]){"a"};
    options.drop_count = 1;
    refused(t, options, "t.csv:4: column 'b': the value is missing");
    options.drop_count = 0;
    reel_tensor *whole = rows_of((int64_t[]){0, 1}, 2);
    reel_encoder *e = reel_encoder_fit(t, whole, options);
    ck_assert(!reel_is_poison(reel_encode(e, t, whole)));
    ck_assert(reel_is_poison(reel_encode(e, t, NULL)));
    assert_error(r, REEL_ERR_VALUE, "t.csv:5: column 'a': the value is missing");
    e = reel_encoder_from_json(r, reel_encoder_to_json(e));
    ck_assert(reel_is_poison(reel_encode(e, t, rows_of((int64_t[]){2}, 1))));
    assert_error(r, REEL_ERR_VALUE, "t.csv:4: column 'b': the value is missing");
    t = reel_table_from_tensor(r, reel_full(r, REEL_F64, DOUBLE_NAN, REEL_SHAPE(2, 2)),
                               (const char *[]){"a", "b"});
    ck_assert(reel_is_poison(reel_encode(e, t, NULL)));
    assert_error(r, REEL_ERR_VALUE, "row 1: column 'a': the value is missing");
    ck_assert_int_eq(warning_count, 0);
}
END_TEST

START_TEST(other_tables)
{
    reel_encoder *e = fit(read_text("a,b,y\n1,u,4\n2,v,5\n"), "y");
    ck_assert(reel_is_poison(reel_encode(e, read_text("a,c\n1,2\n"), NULL)));
    assert_error(r, REEL_ERR_VALUE, "encode: ");
    ck_assert(reel_is_poison(reel_encode(e, read_text("a,c\n1,2\n"), NULL)));
    assert_error(r, REEL_ERR_VALUE, "t.csv: there is no column 'b'; there are: a, c");
    assert_matrix(reel_encode(e, read_text("a,b\nu,u\n3 \xe2\x82\xac,v\n5,v\n"), NULL), 3, 3,
                  (double[]){0, 1, 0, 3, 0, 1, 7, 0, 1});
    assert_warning(0, "column 'a': 1 value is no number and taken for missing: 'u' on line 2");
    assert_matrix(reel_encode(e, read_text("a,b\nu,u\nw,v\n"), NULL), 2, 3,
                  (double[]){0, 1, 0, 0, 0, 1});
    assert_warning(4, "t.csv:2: column 'a': 2 values, 'u' the first, were no number");
    ck_assert(reel_is_poison(reel_encode(e, read_text("a,b\n1,2\n"), NULL)));
    assert_error(r, REEL_ERR_VALUE,
                 "column 'b' was read as numbers, where the model has learned "
                 "from text: say that the column is text");
    reel_table_options options = {.dtype = REEL_F64};
    options.text = reel_encoder_text_columns(e, &options.text_count);
    assert_matrix(reel_encode(e, read_with("b,a\n2,3\n", options), NULL), 1, 3,
                  (double[]){3, 0, 0});
    ck_assert(reel_is_poison(reel_encode_target(e, read_text("y\nx\n"), NULL)));
    assert_error(r, REEL_ERR_VALUE, "column 'y' holds text, where the target holds numbers");
    ck_assert(reel_is_poison(reel_encode_target(e, read_text("x\n1\n"), NULL)));
    assert_error(r, REEL_ERR_VALUE, "there is no column 'y'; there are: x");
    reel *other = quiet_reel();
    reel_table *theirs =
        reel_table_from_tensor(other, reel_ones(other, REEL_F32, REEL_SHAPE(1, 1)), NULL);
    ck_assert(reel_is_poison(reel_encode(e, theirs, NULL)));
    assert_error(other, REEL_ERR_OWNER, "encode: the encoder belongs to another reel");
    ck_assert(reel_is_poison(reel_encode_target(e, theirs, NULL)));
    assert_error(other, REEL_ERR_OWNER, "another reel");
    reel_free(other);
}
END_TEST

/* The largest doubles, the smallest, and those that no deviation tells apart. */
START_TEST(extreme_values)
{
    reel_table *t = read_text("big,small,close,far,y\n1e300,1e-300,1,-1.7e308,1\n"
                              "-1e300,3e-300,1.0000000000000002,1.7e308,2\n"
                              "1e299,2e-300,1,1.7e308,3\n");
    reel_encoder *e = fit(t, "y");
    ck_assert_int_eq(warning_count, 0);
    assert_close(reel_encoder_median(e, 0), 1e299, 0);
    assert_close(reel_encoder_mean(e, 0), 3.3333333333333335e298, 1e-15);
    assert_close(reel_encoder_scale(e, 0), 8.178562764256865e299, 1e-15);
    assert_close(reel_encoder_scale(e, 1), sqrt(2.0 / 3) * 1e-300, 1e-15);
    assert_close(reel_encoder_scale(e, 2), sqrt(2.0) / 3 * 0x1p-52, 1e-9);
    assert_close(reel_encoder_mean(e, 3), 1.7e308 / 3, 1e-15);
    t = read_text("x,y\n4.9e-324,1\n0,2\n");
    refused(t, (reel_encoder_options){.target = "y"}, "no column is left");
    assert_warning(0, "column 'x' is left out: its values are too close together or too far apart");
    refused(t, (reel_encoder_options){.target = "x"},
            "column 'x' is the target, but its values are too close together");
}
END_TEST

START_TEST(constant_target)
{
    reel_table *t = read_text("x,y\n1,7\n2,7\n");
    reel_encoder *e = fit(t, "y");
    assert_warning(0, "the target, column 'y', has the same value in all rows, 7");
    reel_tensor *y = reel_encode_target(e, t, NULL);
    assert_matrix(y, 2, 1, (double[]){0, 0});
    assert_matrix(reel_decode_target(e, y), 2, 1, (double[]){7, 7});
}
END_TEST

static void assert_same(reel_tensor *a, reel_tensor *b)
{
    ck_assert_int_eq(reel_numel(a), reel_numel(b));
    ck_assert_mem_eq(reel_data_f64(a), reel_data_f64(b), (size_t)reel_numel(a) * sizeof(double));
}

/* 1 to 9 have mean 5 and variance 20/3; what is 200 or -200 does not count, if so asked. */
START_TEST(outliers_of_the_target)
{
    reel_table *t =
        read_text("x,y\n1,4\n2,200\n3,1\n4,2\n5,8\n6,3\n7,-200\n8,5\n9,9\n10,6\n11,7\n");
    reel_encoder_options how = {.target = "y", .robust_target = true};
    reel_encoder *e = reel_encoder_fit(t, NULL, how);
    assert_close(reel_encoder_target_mean(e), 5, 1e-15);
    assert_close(reel_encoder_target_scale(e), sqrt(20.0 / 3), 1e-15);
    assert_warning(0, "column 'y': 2 of the target's values lie far from the others");
    e = fit(t, "y");
    assert_close(reel_encoder_target_mean(e), 45.0 / 11, 1e-15);
    ck_assert_int_eq(warning_count, 1);
}
END_TEST

START_TEST(to_json_and_back)
{
    reel_table *t = read_text("\"a \"\"quoted\"\"\nname\",b,y\n0.1,\xc3\xa9t\xc3\xa9,0.3\n"
                              "0.2,\"x\\y\",1e-7\n1e200,b,123456789.123\n");
    reel_encoder *e = fit(t, "y");
    const char *json = reel_encoder_to_json(e);
    reel_encoder *again = reel_encoder_from_json(r, json);
    ck_assert_msg(again != NULL, "%s", reel_error(r));
    ck_assert_str_eq(reel_encoder_to_json(again), json);
    assert_same(reel_encode(e, t, NULL), reel_encode(again, t, NULL));
    assert_same(reel_encode_target(e, t, NULL), reel_encode_target(again, t, NULL));
    for (size_t i = 0; i < reel_encoder_features(e); i++) {
        ck_assert_str_eq(reel_encoder_feature_name(e, i), reel_encoder_feature_name(again, i));
        ck_assert(reel_encoder_median(e, i) == reel_encoder_median(again, i));
    }
    size_t count;
    ck_assert_str_eq(reel_encoder_text_columns(again, &count)[0], "b");
    char text[1024] = "y,";
    for (size_t i = 0; i < 300; i++) {
        text[2 + i] = "a\\b"[i % 3];
    }
    strcpy(text + 302, "\n1,2\n2,3\n");
    e = fit(read_text(text), "y");
    again = reel_encoder_from_json(r, reel_encoder_to_json(e));
    ck_assert_str_eq(reel_encoder_column(again, 0), reel_encoder_column(e, 0));
}
END_TEST

#define TARGET "\"target\":{\"name\":\"y\",\"mean\":1,\"scale\":2}"
#define JSON(inputs) "{\"version\":1,\"missing\":\"median\"," TARGET ",\"inputs\":" inputs "}"
#define NUMBERS(name, scale) "{\"name\":" name ",\"median\":1,\"mean\":2.5,\"scale\":" scale "}"
#define TEXTS(list) "{\"name\":\"c\",\"categories\":" list "}"

/* Text that no encoder wrote; whole numbers are numbers too. */
START_TEST(json_that_is_none)
{
    static const struct {
        const char *json, *part;
    } wrong[] = {
        {"", "byte 1: expected '{'"},
        {"{\"version\":1,\"version\":1}", "byte 23: a key that is unknown, or there twice"},
        {"[]", "byte 1: expected '{'"},
        {"{\"version\":2}", "byte 13: a version that is not known"},
        {"{\"version\":1}", "an encoder without its version, missing, target or inputs"},
        {"{\"version\":1,\"missing\":0}", "expected a text"},
        {"{\"version\":1,\"missing\":\"mode\"}", "expected \"median\" or \"error\""},
        {"{\"version\" 1}", "byte 12: expected ':'"},
        {"{\"version\":1 \"missing\"", "expected ','"},
        {"{\"version\":1,}", "expected a text"},
        {JSON("[" NUMBERS("\"a\"", "1") "],\"x\":1"), "a key that is unknown"},
        {JSON("[" NUMBERS("\"a\"", "1") "]") "}", "expected the end"},
        {"{\"target\":{\"name\":\"\"", "a column without a name"},
        {"{\"target\":{\"name\":\"y\",\"mean\":1}}",
         "a target that has not just a name, a mean and a scale"},
        {"{\"target\":{\"name\":\"y\",\"mean\":1,\"scale\":0}}", "a scale that is not positive"},
        {JSON("[]"), "no input at all"},
        {JSON("{}"), "expected '['"},
        {JSON("[1]"), "expected '{'"},
        {JSON("[" NUMBERS("\"a\"", "-1") "]"), "a scale that is not positive"},
        {JSON("[" NUMBERS("\"a\"", "\"1\"") "]"), "expected a number"},
        {JSON("[" NUMBERS("\"a\"", "1e999") "]"), "expected a number that float64 holds"},
        {JSON("[" NUMBERS("\"a\"", "1-2") "]"), "expected ','"},
        {JSON("[" NUMBERS("\"a\"", "1,\"b\":2") "]"), "a key that is unknown"},
        {JSON("[{\"name\":\"a\",\"mean\":1}]"), "an input that has not just a name and categories"},
        {JSON("[" NUMBERS("\"a\"", "1") "," NUMBERS("\"a\"", "1") "]"),
         "a column that is there twice"},
        {JSON("[" NUMBERS("\"y\"", "1") "]"), "an input that is the target"},
        {JSON("[" NUMBERS("\"\xff\"", "1") "]"), "expected a character, or the text's end"},
        {JSON("[" NUMBERS("\"\n\"", "1") "]"), "expected a character"},
        {JSON("[" NUMBERS("\"\\x\"", "1") "]"), "expected a character"},
        {JSON("[" NUMBERS("\"\\u00g0\"", "1") "]"), "expected a character"},
        {JSON("[" NUMBERS("\"\\u0000\"", "1") "]"), "expected a character"},
        {JSON("[" NUMBERS("\"\\ud83d\"", "1") "]"), "expected a character"},
        {JSON("[" NUMBERS("\"\\ude00\"", "1") "]"), "expected a character"},
        {"{\"version", "expected a character, or the text's end"},
        {"{\"version\\", "expected a character, or the text's end"},
        {JSON("[" TEXTS("[]") "]"), "no category at all"},
        {JSON("[" TEXTS("{\"a\":1}") "]"), "expected '['"},
        {JSON("[" TEXTS("[1]") "]"), "expected a text"},
        {JSON("[" TEXTS("[\"b\",\"a\"]") "]"), "categories that are not in order"},
        {JSON("[" TEXTS("[\"a\",\"a\"]") "]"), "categories that are not in order"},
        {JSON("[" TEXTS("[\"a\"],\"mean\":1") "]"), "an input that has not just a name"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(reel_encoder_from_json(r, wrong[i].json) == NULL, "%s", wrong[i].json);
        assert_error(r, REEL_ERR_FORMAT, wrong[i].part);
    }
    ck_assert_ptr_null(reel_encoder_from_json(r, NULL));
    assert_error(r, REEL_ERR_VALUE, "the text is NULL");
    ck_assert_ptr_null(reel_encoder_from_json(NULL, "{}"));
    reel_encoder *e =
        reel_encoder_from_json(r, JSON("[" NUMBERS("\"a\"", "4") "," TEXTS("[\"\",\"b\"]") "]"));
    ck_assert_msg(e != NULL, "%s", reel_error(r));
    ck_assert_uint_eq(reel_encoder_features(e), 3);
    ck_assert_double_eq(reel_encoder_mean(e, 0), 2.5);
    ck_assert_double_eq(reel_encoder_scale(e, 0), 4);
    ck_assert_str_eq(reel_encoder_feature_name(e, 1), "c=");
    e = reel_encoder_from_json(
        r, " {\"inputs\" : [ " NUMBERS("\"\\u00e9\\ud83d\\uDE00\\\"\\/\\\\\\b\\f\\n\\r\\t\"",
                                       "4e0") " ]\r\n," TARGET
                                              ",\t\"missing\":\"error\", \"version\":1} ");
    ck_assert_msg(e != NULL, "%s", reel_error(r));
    ck_assert_str_eq(reel_encoder_column(e, 0), "\xc3\xa9\xf0\x9f\x98\x80\"/\\\b\f\n\r\t");
}
END_TEST

START_TEST(no_encoder)
{
    reel_table *t = read_text("a\n1\n");
    ck_assert_ptr_null(reel_encoder_fit(NULL, NULL, (reel_encoder_options){.target = "a"}));
    ck_assert(reel_is_poison(reel_encode(NULL, t, NULL)));
    ck_assert(reel_is_poison(reel_encode_target(NULL, t, NULL)));
    ck_assert_ptr_null(reel_encode(NULL, NULL, NULL));
    ck_assert_ptr_null(reel_decode_target(NULL, NULL));
    ck_assert_uint_eq(reel_encoder_features(NULL), 0);
    ck_assert_ptr_null(reel_encoder_feature_name(NULL, 0));
    ck_assert(isnan(reel_encoder_mean(NULL, 0)) && isnan(reel_encoder_scale(NULL, 0)));
    ck_assert(isnan(reel_encoder_median(NULL, 0)) && isnan(reel_encoder_target_mean(NULL)));
    ck_assert(isnan(reel_encoder_target_scale(NULL)));
    ck_assert_ptr_null(reel_encoder_target_name(NULL));
    ck_assert_uint_eq(reel_encoder_columns(NULL), 0);
    ck_assert_ptr_null(reel_encoder_column(NULL, 0));
    ck_assert_ptr_null(reel_encoder_text_columns(NULL, NULL));
    ck_assert_ptr_null(reel_encoder_to_json(NULL));
    reel_encoder_free(NULL);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, features_and_target);
    tcase_add_test(cases, target_comes_back);
    tcase_add_test(cases, training_rows_alone);
    tcase_add_test(cases, every_other_row);
    tcase_add_test(cases, rows_without_a_target);
    tcase_add_test(cases, columns_of_no_use);
    tcase_add_test(cases, columns_of_use);
    tcase_add_test(cases, rare_texts_together);
    tcase_add_test(cases, chosen_columns);
    tcase_add_test(cases, columns_that_are_none);
    tcase_add_test(cases, rows_that_are_none);
    tcase_add_test(cases, missing_values_refused);
    tcase_add_test(cases, other_tables);
    tcase_add_test(cases, extreme_values);
    tcase_add_test(cases, constant_target);
    tcase_add_test(cases, outliers_of_the_target);
    tcase_add_test(cases, to_json_and_back);
    tcase_add_test(cases, json_that_is_none);
    tcase_add_test(cases, no_encoder);
}

int main(void) { return run_suite("encoders", add_cases); }
