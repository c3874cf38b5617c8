/* SPDX-License-Identifier: MIT */
/* Terms of an encoder: each feature is what plain arithmetic says, scaled; polynomials are
 * orthogonal over the training rows; JSON brings all of it back, and is believed as little as
 * any. */
#include "table_file.h"

static const char plots[] = "a,b,kind,y\n1,2,x,1\n2,5,z,2\n4,1,x,3\n7,3,y,5\n11,8,z,8\n";
static const double a[] = {1, 2, 4, 7, 11}, b[] = {2, 5, 1, 3, 8};
enum { ROWS = 5 };

static reel_encoder *encoder_of(reel_table *t, const char *terms)
{
    return reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y", .terms = terms});
}

/* Feature f of row i, with the scaling undone. */
static double raw(const reel_encoder *e, reel_tensor *x, int64_t i, size_t f)
{
    return reel_get(x, (int64_t[]){i, (int64_t)f}) * reel_encoder_scale(e, f) +
           reel_encoder_mean(e, f);
}

START_TEST(products_and_functions)
{
    reel_table *t = read_text(plots);
    reel_encoder *e = encoder_of(t, " a * b + I(b^3), log(a), exp(b), a:kind ");
    ck_assert_msg(e != NULL, "%s", reel_error(r));
    static const char *const names[] = {"a",   "b",        "I(b^3)",   "log(a)",  "exp(b)",
                                        "a:b", "a:kind=x", "a:kind=y", "a:kind=z"};
    ck_assert_uint_eq(reel_encoder_features(e), 9);
    reel_tensor *x = reel_encode(e, t, NULL);
    for (size_t f = 0; f < 9; f++) {
        ck_assert_str_eq(reel_encoder_feature_name(e, f), names[f]);
        double mean = 0, square = 0;
        for (int64_t i = 0; i < ROWS; i++) {
            double z = reel_get(x, (int64_t[]){i, (int64_t)f});
            mean += z / ROWS;
            square += z * z / ROWS;
        }
        ck_assert_double_eq_tol(mean, 0, 1e-14);
        ck_assert_double_eq_tol(square, 1, 1e-14);
    }
    for (int64_t i = 0; i < ROWS; i++) {
        const double expected[] = {a[i],
                                   b[i],
                                   b[i] * b[i] * b[i],
                                   log(a[i]),
                                   exp(b[i]),
                                   a[i] * b[i],
                                   i % 2 == 0 && i < 4 ? a[i] : 0,
                                   i == 3 ? a[i] : 0,
                                   i == 1 || i == 4 ? a[i] : 0};
        for (size_t f = 0; f < 9; f++) {
            ck_assert_double_eq_tol(raw(e, x, i, f), expected[f], 1e-12 * (1 + fabs(expected[f])));
        }
    }
    ck_assert_uint_eq(reel_encoder_factors(e, 5), 2);
    ck_assert_str_eq(reel_encoder_column(e, reel_encoder_factor(e, 8, 1).feature.column), "kind");
    ck_assert_int_eq(reel_encoder_factor(e, 2, 0).degree, 3);
    ck_assert(isnan(reel_encoder_factor(e, 2, 1).feature.mean));
    ck_assert_uint_eq(reel_encoder_column_features(e, 2), 3);
    ck_assert_double_eq(reel_encoder_column_feature(e, 0, 0).median, 4);
    reel_tensor_free(x);
}
END_TEST

START_TEST(orthogonal_polynomials)
{
    reel_table *t = read_text(plots);
    reel_encoder *e = encoder_of(t, "poly(a, 3)");
    reel_tensor *x = reel_encode(e, t, NULL);
    ck_assert_uint_eq(reel_encoder_features(e), 3);
    for (size_t f = 0; f < 3; f++) {
        for (size_t g = 0; g <= f; g++) {
            double dot = 0;
            for (int64_t i = 0; i < ROWS; i++) {
                dot += raw(e, x, i, f) * raw(e, x, i, g);
            }
            ck_assert_double_eq_tol(dot, f == g, 1e-13);
        }
    }
    reel_tensor_free(x);
}
END_TEST

START_TEST(there_and_back)
{
    reel_table *t = read_text(plots);
    reel_encoder *e = encoder_of(t, "poly(a, 2):kind, b^2, sqrt(b)");
    reel_encoder *again = reel_encoder_from_json(r, reel_encoder_to_json(e));
    ck_assert_msg(again != NULL, "%s", reel_error(r));
    ck_assert_str_eq(reel_encoder_to_json(again), reel_encoder_to_json(e));
    reel_tensor *x = reel_encode(e, t, NULL), *y = reel_encode(again, t, NULL);
    ck_assert_int_eq(reel_numel(x), ROWS * 8);
    ck_assert_mem_eq(reel_data_f64(x), reel_data_f64(y), ROWS * 8 * sizeof(double));
    reel_model *m = reel_model_new(r, again, NULL, (reel_model_options){.dtype = REEL_F64});
    for (int64_t j = 0; j < 8; j++) {
        reel_set(reel_detach(reel_parameter(reel_model_net(m), "0.weight")), (int64_t[]){0, j},
                 (double)j - 3);
    }
    double by_table[ROWS], by_cells[ROWS];
    reel_cell cells[ROWS][3];
    for (int i = 0; i < ROWS; i++) {
        static const char *const kinds[] = {"x", "z", "x", "y", "z"};
        size_t places[3];
        for (size_t c = 0; c < 3; c++) {
            const char *name = reel_encoder_column(again, c);
            places[c] = *name == 'a' ? 0 : *name == 'b' ? 1 : 2;
            cells[i][c] = places[c] == 2 ? (reel_cell){kinds[i], 0}
                                         : (reel_cell){NULL, places[c] ? b[i] : a[i]};
        }
    }
    ck_assert_int_eq(reel_model_predict_table(m, t, NULL, by_table), REEL_OK);
    ck_assert_int_eq(reel_model_predict(m, cells[0], ROWS, by_cells), REEL_OK);
    ck_assert_mem_eq(by_table, by_cells, sizeof by_table);
    reel_tensor_free(x);
    reel_tensor_free(y);
}
END_TEST

#define WITH(terms)                                                                                \
    "{\"version\":1,\"missing\":\"median\",\"target\":{\"name\":\"y\",\"mean\":0,\"scale\":1},"    \
    "\"inputs\":[{\"name\":\"a\",\"median\":1,\"mean\":0,\"scale\":1},{\"name\":\"k\","            \
    "\"categories\":[\"u\",\"v\"]}],\"terms\":" terms "}"
#define TERM(factors, means) "[{\"factors\":" factors ",\"means\":" means ",\"scales\":" means "}]"

START_TEST(hostile_json)
{
    static const struct {
        const char *json, *part;
    } wrong[] = {
        {WITH("[]"), "no term at all"},
        {WITH(TERM("[]", "[1]")), "a term of nothing"},
        {WITH(TERM("[{\"input\":\"b\"}]", "[1]")), "an input that is not there"},
        {WITH(TERM("[{\"input\":\"a\",\"function\":\"sin\"}]", "[1]")), "not known"},
        {WITH(TERM("[{\"input\":\"a\",\"function\":\"power\"}]", "[1]")), "a factor that is none"},
        {WITH(TERM("[{\"input\":\"a\",\"function\":\"power\",\"degree\":99}]", "[1]")), "a power"},
        {WITH(TERM("[{\"input\":\"k\",\"function\":\"log\"}]", "[1]")), "a factor that is none"},
        {WITH(TERM("[{\"input\":\"a\",\"degree\":2}]", "[1]")), "a factor that is none"},
        {WITH(TERM("[{\"input\":\"a\",\"function\":\"poly\",\"centers\":[1],\"norms\":[1]}]",
                   "[1]")),
         "a factor that is none"},
        {WITH(TERM("[{\"input\":\"a\",\"function\":\"poly\",\"centers\":[1],\"norms\":[1,0]}]",
                   "[1]")),
         "a norm that is not positive"},
        {WITH(TERM("[{\"input\":\"a\",\"function\":\"poly\",\"centers\":[1,1,1,1,1,1,1,1,1,1,1],"
                   "\"norms\":[1]}]",
                   "[1]")),
         "too high a degree"},
        {WITH(TERM("[{\"input\":\"a\"},{\"input\":\"a\"},{\"input\":\"a\"},{\"input\":\"a\"},{"
                   "\"input\":\"a\"}]",
                   "[1]")),
         "too many factors"},
        {WITH(TERM("[{\"input\":\"k\"}]", "[1]")), "other numbers of means than of features"},
        {WITH(TERM("[{\"input\":\"a\"}]", "[0]")), "a scale that is not positive"},
        {WITH("[{\"factors\":[{\"input\":\"a\"}],\"means\":[1,2],\"scales\":[1]}]"),
         "as many means as scales"},
        {WITH("[{\"factors\":[{\"input\":\"a\"}],\"means\":[1]}]"), "without factors, means"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(reel_encoder_from_json(r, wrong[i].json) == NULL, "%s", wrong[i].json);
        assert_error(r, REEL_ERR_FORMAT, wrong[i].part);
    }
    ck_assert_ptr_nonnull(
        reel_encoder_from_json(r, WITH(TERM("[{\"input\":\"a\"},{\"input\":\"k\"}]", "[1,2]"))));
    ck_assert_uint_eq(reel_encoder_factors(NULL, 0), 0);
    ck_assert_uint_eq(reel_encoder_column_features(NULL, 0), 0);
    ck_assert(isnan(reel_encoder_factor(NULL, 0, 0).feature.mean));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, products_and_functions);
    tcase_add_test(cases, orthogonal_polynomials);
    tcase_add_test(cases, there_and_back);
    tcase_add_test(cases, hostile_json);
}

int main(void) { return run_suite("terms", add_cases); }
