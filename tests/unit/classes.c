/* SPDX-License-Identifier: MIT */
/* Targets that are classes, and models with several outputs: probabilities are the softmax of what
 * the net gives, quantiles come in order, and files bring both back. */
#include "table_file.h"

static const char pets[] = "weight,kind\n4,cat\n30,dog\n5,cat\n0.1,bird\n25,dog\n,bird\n";
static const char grades[] = "x,grade\n1,10\n2,2\n3,-1\n4,2\n5,\n6,10\n";

static reel_encoder *classes_of(reel_table *t, const char *target)
{
    reel_encoder_options how = {.target = target, .target_transform = REEL_TRANSFORM_CLASS};
    return reel_encoder_fit(t, NULL, how);
}

START_TEST(texts_and_numbers)
{
    reel_table *t = read_text(pets);
    reel_encoder *e = classes_of(t, "kind");
    static const char *const names[] = {"bird", "cat", "dog"};
    static const double codes[] = {1, 2, 1, 0, 2, 0};
    ck_assert_uint_eq(reel_encoder_classes(e), 3);
    for (size_t k = 0; k < 3; k++) {
        ck_assert_str_eq(reel_encoder_class(e, k), names[k]);
        ck_assert_int_eq(reel_encoder_class_of(e, names[k]), (int64_t)k);
    }
    ck_assert_ptr_null(reel_encoder_class(e, 3));
    ck_assert_int_eq(reel_encoder_class_of(e, "horse"), -1);
    reel_tensor *y = reel_encode_target(e, t, NULL);
    for (int64_t i = 0; i < 6; i++) {
        ck_assert_double_eq(reel_get(y, (int64_t[]){i, 0}), codes[i]);
    }
    reel_tensor_free(y);
    reel_encoder *again = reel_encoder_from_json(r, reel_encoder_to_json(e));
    ck_assert_msg(again != NULL, "%s", reel_error(r));
    ck_assert_str_eq(reel_encoder_class(again, 2), "dog");
    e = classes_of(read_text(grades), "grade");
    ck_assert_uint_eq(reel_encoder_classes(e), 3);
    ck_assert_str_eq(reel_encoder_class(e, 0), "-1");
    ck_assert_str_eq(reel_encoder_class(e, 2), "10");
    ck_assert_int_eq(reel_encoder_class_of(e, "2.0"), 1);
    ck_assert_int_eq(reel_encoder_class_of(e, "010"), 2);
    ck_assert_int_eq(reel_encoder_class_of(e, "2.5"), -1);
    t = read_text("x,kind\n1,cat\n2,horse\n");
    ck_assert(reel_is_poison(reel_encode_target(again, t, NULL)));
}
END_TEST

START_TEST(no_classes)
{
    static const struct {
        const char *table, *part;
    } wrong[] = {{"x,y\n1,a\n2,a\n", "1 different value in 2 rows: there is nothing to tell apart"},
                 {"x,y\n1,a\n2,b\n3,c\n4,d\n5,e\n", "they tell rows apart, and are no classes"},
                 {"x,y\n1,1\n2,2.5\n", "t.csv:3: column 'y': the target, 2.5, can be no class"},
                 {"x,y\n1,\n2,\n", "there is no row with a target"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_ptr_null(classes_of(read_text(wrong[i].table), "y"));
        assert_error(r, REEL_ERR_VALUE, wrong[i].part);
    }
    static const struct {
        const char *target, *part;
    } json[] = {{"\"transform\":\"class\"", "classes of a target that has none"},
                {"\"classes\":[\"a\",\"b\"]", "classes of a target that has none"},
                {"\"transform\":\"class\",\"classes\":[\"a\"]", "a single class"},
                {"\"transform\":\"class\",\"classes\":[\"a\",\"a\"]", "a class that comes twice"},
                {"\"transform\":\"class\",\"classes\":3", "expected '['"}};
    for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
        char text[300];
        snprintf(
            text, sizeof text,
            "{\"version\":1,\"missing\":\"median\",\"target\":{\"name\":\"y\",\"mean\":0,"
            "\"scale\":1,%s},\"inputs\":[{\"name\":\"x\",\"median\":0,\"mean\":0,\"scale\":1}]}",
            json[i].target);
        ck_assert_ptr_null(reel_encoder_from_json(r, text));
        assert_error(r, REEL_ERR_FORMAT, json[i].part);
    }
    ck_assert_uint_eq(reel_encoder_classes(NULL), 0);
    ck_assert_ptr_null(reel_encoder_class(NULL, 0));
    ck_assert_int_eq(reel_encoder_class_of(NULL, "a"), -1);
}
END_TEST

/* The weights of a net of one layer: w, then b, of each output. */
static void set_line(reel_module *net, const double (*line)[2], int64_t outputs)
{
    for (int64_t k = 0; k < outputs; k++) {
        reel_set(reel_detach(reel_parameter(net, "0.weight")), (int64_t[]){k, 0}, line[k][0]);
        reel_set(reel_detach(reel_parameter(net, "0.bias")), &k, line[k][1]);
    }
}

START_TEST(probabilities)
{
    static const double line[][2] = {{-1, 0.5}, {0.25, 0}, {2, -1}};
    reel_table *t = read_text(pets);
    reel_encoder *e = classes_of(t, "kind");
    reel_model *made = reel_model_new(r, e, NULL, (reel_model_options){.dtype = REEL_F64});
    set_line(reel_model_net(made), line, 3);
    ck_assert_uint_eq(reel_model_outputs(made), 3);
    ck_assert_int_eq(reel_model_about(made).outputs, 3);
    ck_assert_int_eq(reel_model_save(made, path), REEL_OK);
    reel_model *m = reel_model_load(r, path);
    ck_assert_msg(m != NULL, "%s", reel_error(r));
    static const double weights[] = {-3, 0, 4, 11, 40};
    reel_cell cells[5];
    double all[15], one[5];
    for (int i = 0; i < 5; i++) {
        cells[i] = (reel_cell){NULL, weights[i]};
    }
    ck_assert_int_eq(reel_model_predict_all(m, cells, 5, all), REEL_OK);
    ck_assert_int_eq(reel_model_predict(m, cells, 5, one), REEL_OK);
    for (int i = 0; i < 5; i++) {
        double z[3], sum = 0, x = (weights[i] - reel_encoder_mean(e, 0)) / reel_encoder_scale(e, 0);
        int most = 0;
        for (int k = 0; k < 3; k++) {
            z[k] = exp(line[k][0] * x + line[k][1]);
            sum += z[k];
            most = z[k] > z[most] ? k : most;
        }
        for (int k = 0; k < 3; k++) {
            ck_assert_double_eq_tol(all[3 * i + k], z[k] / sum, 1e-14);
        }
        ck_assert_double_eq(one[i], most);
    }
}
END_TEST

/* Lines that cross: on each side of the crossing they are in order, and the middle one is
 * between. */
START_TEST(quantiles_in_order)
{
    static const double line[][2] = {{1, -0.1}, {0, 0}, {-1, 0.1}};
    static const double quantiles[] = {0.1, 0.4, 0.9};
    reel_table *t = read_text("x,y\n1,2\n2,4\n3,1\n4,0\n");
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y"});
    reel_model_options o = {.dtype = REEL_F64, .quantiles = quantiles, .quantile_count = 3};
    reel_model *made = reel_model_new(r, e, NULL, o);
    ck_assert_msg(made != NULL, "%s", reel_error(r));
    set_line(reel_model_net(made), line, 3);
    ck_assert_int_eq(reel_model_save(made, path), REEL_OK);
    reel_model *m = reel_model_load(r, path);
    ck_assert_msg(m != NULL, "%s", reel_error(r));
    ck_assert_uint_eq(reel_model_about(m).quantile_count, 3);
    ck_assert_double_eq(reel_model_about(m).quantiles[2], 0.9);
    double all[12], one[4];
    ck_assert_int_eq(reel_model_predict_table_all(m, t, NULL, all), REEL_OK);
    ck_assert_int_eq(reel_model_predict_table(m, t, NULL, one), REEL_OK);
    for (int i = 0; i < 4; i++) {
        double x = (i + 1 - reel_encoder_mean(e, 0)) / reel_encoder_scale(e, 0);
        double first = reel_encoder_decode(e, x - 0.1), last = reel_encoder_decode(e, 0.1 - x);
        ck_assert_double_eq_tol(all[3 * i], fmin(first, last), 1e-14);
        ck_assert_double_eq_tol(all[3 * i + 2], fmax(first, last), 1e-14);
        ck_assert_double_eq_tol(one[i], reel_encoder_decode(e, 0), 1e-14);
    }
}
END_TEST

START_TEST(outputs_that_do_not_fit)
{
    static const double unsorted[] = {0.5, 0.2}, beyond[] = {0.5, 1};
    reel_encoder *number =
        reel_encoder_fit(read_text("x,y\n1,2\n2,4\n"), NULL, (reel_encoder_options){.target = "y"});
    reel_encoder *kind = classes_of(read_text(pets), "kind");
    const struct {
        reel_encoder *e;
        reel_model_options o;
        reel_status status;
        const char *part;
    } wrong[] = {
        {kind, {.outputs = 2}, REEL_ERR_SHAPE, "the outputs are other than"},
        {number, {.outputs = 2}, REEL_ERR_SHAPE, "the outputs are other than"},
        {kind, {.quantiles = beyond, .quantile_count = 1}, REEL_ERR_SHAPE, "the outputs"},
        {kind, {.interval = 0.9}, REEL_ERR_SHAPE, "the outputs"},
        {number, {.outputs = -1}, REEL_ERR_VALUE, "less outputs than none"},
        {number, {.quantile_count = 1}, REEL_ERR_VALUE, "more than 32 quantiles, or they are NULL"},
        {number, {.quantiles = unsorted, .quantile_count = 2}, REEL_ERR_VALUE, "ascending order"},
        {number, {.quantiles = beyond, .quantile_count = 2}, REEL_ERR_VALUE, "between 0 and 1"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_ptr_null(reel_model_new(r, wrong[i].e, NULL, wrong[i].o));
        assert_error(r, wrong[i].status, wrong[i].part);
    }
    ck_assert_uint_eq(reel_model_outputs(NULL), 0);
    ck_assert_int_ne(reel_model_predict_all(NULL, NULL, 1, NULL), REEL_OK);
    ck_assert_int_ne(reel_model_predict_table_all(NULL, NULL, NULL, NULL), REEL_OK);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, texts_and_numbers);
    tcase_add_test(cases, no_classes);
    tcase_add_test(cases, probabilities);
    tcase_add_test(cases, quantiles_in_order);
    tcase_add_test(cases, outputs_that_do_not_fit);
}

int main(void) { return run_suite("classes and quantiles", add_cases); }
