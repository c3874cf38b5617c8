/* SPDX-License-Identifier: MIT */
/* What is counted, and what is refused. The database of PyTorch's operators has other cases; these
 * are its answers typed in. */
#include "check_reel.h"

#include <reel/compare.h>
#include <reel/linalg.h>
#include <reel/sort.h>
#include <reel/statistics.h>
#include <reel/views.h>

#define I64(r, ...)                                                                                \
    reel_from_i64(r, (int64_t[]){__VA_ARGS__}, 1,                                                  \
                  (int64_t[]){(int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))})

/* torch.bincount(torch.tensor([3, 0, 3, 1])), with minlength=6, and with weights [1., 2., 4.,
 * 8.]. */
START_TEST(whole_numbers_are_counted)
{
    reel *r = reel_new();
    reel_tensor *x = I64(r, 3, 0, 3, 1);
    reel_tensor *weights = reel_from_f32(r, (float[]){1, 2, 4, 8}, REEL_SHAPE(4));
    reel_tensor *sums = reel_from_f32(r, (float[]){2, 8, 0, 5}, REEL_SHAPE(4));
    ck_assert(reel_equal(reel_bincount(x, NULL, 0), I64(r, 1, 1, 0, 2)));
    ck_assert(reel_equal(reel_bincount(x, NULL, 6), I64(r, 1, 1, 0, 2, 0, 0)));
    ck_assert(reel_equal(reel_bincount(x, weights, 0), sums));
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* torch.unique(x, return_inverse=True, return_counts=True) of whole numbers beyond 2^53. */
START_TEST(distinct_values_are_exact)
{
    reel *r = reel_new();
    const int64_t large = INT64_C(9007199254740992);
    const reel_distinct u = reel_unique(I64(r, large + 1, large, -1, large + 1));
    ck_assert(reel_equal(u.values, I64(r, -1, large, large + 1)));
    ck_assert(reel_equal(u.inverse, I64(r, 2, 1, 0, 2)));
    ck_assert(reel_equal(u.counts, I64(r, 1, 1, 2)));
    reel_free(r);
}
END_TEST

/* torch.unique(x, dim=…, return_inverse=True, return_counts=True) of x = [[3, 1], [-0., 2], [3, 1],
 * [0, 2]], and of its transpose. */
START_TEST(distinct_rows_are_found)
{
    reel *r = reel_new();
    reel_tensor *x = reel_from_f64(r, (double[]){3, 1, -0.0, 2, 3, 1, 0, 2}, REEL_SHAPE(4, 2));
    reel_tensor *values = reel_from_f64(r, (double[]){0, 2, 3, 1}, REEL_SHAPE(2, 2));
    for (int64_t dim = 0; dim < 2; dim++) {
        const reel_distinct u = reel_unique_dim(dim ? reel_T(x) : x, dim ? -1 : 0);
        ck_assert(reel_equal(u.values, dim ? reel_T(values) : values));
        ck_assert(reel_equal(u.inverse, I64(r, 1, 0, 1, 0)));
        ck_assert(reel_equal(u.counts, I64(r, 2, 2)));
    }
    reel_free(r);
}
END_TEST

/* torch.unique_consecutive(x, return_inverse=True, return_counts=True). */
START_TEST(runs_are_found)
{
    reel *r = reel_new();
    reel_tensor *x = reel_from_f64(r, (double[]){NAN, NAN, 1, 1, 0, 1, -0.0, 0}, REEL_SHAPE(8));
    const reel_distinct u = reel_unique_consecutive(x);
    ck_assert_int_eq(reel_numel(u.values), 6);
    ck_assert(reel_equal(u.inverse, I64(r, 0, 1, 2, 2, 3, 4, 5, 5)));
    ck_assert(reel_equal(u.counts, I64(r, 1, 1, 2, 1, 1, 2)));
    reel_free(r);
}
END_TEST

/* torch.histogram(x, bins, weight=…, density=…): what is outside and NaN is in no bin. */
START_TEST(a_histogram_has_the_last_edge_in_it)
{
    reel *r = reel_new();
    reel_tensor *x = reel_from_f64(r, (double[]){0.5, NAN, 2, 3, -1, 1}, REEL_SHAPE(6));
    reel_tensor *weight = reel_from_f64(r, (double[]){2, 5, 1, 4, 7, 3}, REEL_SHAPE(6));
    reel_tensor *even = reel_from_f64(r, (double[]){0, 1, 2, 3}, REEL_SHAPE(4));
    reel_tensor *uneven = reel_from_f64(r, (double[]){0, 1, 3}, REEL_SHAPE(3));
    reel_bins b = reel_histogram(x, (reel_histogram_options){.edges = even});
    ck_assert(reel_equal(b.counts, reel_from_f64(r, (double[]){1, 1, 2}, REEL_SHAPE(3))));
    ck_assert_ptr_ne(reel_data_f64(b.edges), reel_data_f64(even));
    b = reel_histogram(
        x, (reel_histogram_options){.edges = uneven, .weight = weight, .density = true});
    ck_assert(reel_equal(b.counts, reel_from_f64(r, (double[]){0.2, 0.4}, REEL_SHAPE(2))));
    b = reel_histogram(reel_zeros(r, REEL_F64, REEL_SHAPE(0)), (reel_histogram_options){.bins = 2});
    ck_assert(reel_equal(b.edges, reel_from_f64(r, (double[]){0, 0.5, 1}, REEL_SHAPE(3))));
    reel_free(r);
}
END_TEST

static void refuses(reel *r, const reel_tensor *y, reel_status status, const char *part)
{
    ck_assert(reel_is_poison(y));
    assert_error(r, status, part);
}

START_TEST(what_cannot_be_is_refused)
{
    reel *r = quiet_reel();
    reel_tensor *a = reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3));
    reel_tensor *pair[] = {a, a};
    refuses(r, reel_bincount(I64(r, 1, -2), NULL, 0), REEL_ERR_VALUE, "-2");
    refuses(r, reel_bincount(a, NULL, 0), REEL_ERR_DTYPE, "bincount");
    refuses(r,
            reel_histogram(reel_from_f32(r, (float[]){1, NAN}, REEL_SHAPE(2)),
                           (reel_histogram_options){0})
                .counts,
            REEL_ERR_VALUE, "not finite");
    refuses(r, reel_histogram(a, (reel_histogram_options){.weight = reel_T(a)}).edges,
            REEL_ERR_SHAPE, "weight");
    refuses(r, reel_unique_dim(a, 2).values, REEL_ERR_SHAPE, "unique_dim");
    refuses(r, reel_unique_dim(reel_zeros(r, REEL_F32, REEL_SHAPE(2, 0)), 0).counts, REEL_ERR_SHAPE,
            "no elements");
    refuses(r, reel_histc(a, 0, 0, 1), REEL_ERR_VALUE, "no 0 bins");
    refuses(r, reel_histc(a, 3, 2, 1), REEL_ERR_VALUE, "histc");
    refuses(r, reel_searchsorted(I64(r, 1, 2), a, false, NULL), REEL_ERR_DTYPE, "searchsorted");
    refuses(r, reel_einsum("ij,jk->ik", pair, 2), REEL_ERR_SHAPE, "two sizes");
    refuses(r, reel_einsum("ij,ij->ii", pair, 2), REEL_ERR_SHAPE, "stands twice");
    refuses(r, reel_einsum("ij->ij", pair, 2), REEL_ERR_SHAPE, "one part for each");
    refuses(r, reel_einsum("ijk,ij", pair, 2), REEL_ERR_SHAPE, "do not fit");
    refuses(r, reel_einsum("ii", pair, 1), REEL_ERR_SHAPE, "two sizes of one operand");
    refuses(r, reel_einsum("i1->", pair, 1), REEL_ERR_SHAPE, "einsum");
    refuses(r, reel_einsum(NULL, pair, 2), REEL_ERR_SHAPE, "einsum");
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, whole_numbers_are_counted);
    tcase_add_test(cases, distinct_values_are_exact);
    tcase_add_test(cases, distinct_rows_are_found);
    tcase_add_test(cases, runs_are_found);
    tcase_add_test(cases, a_histogram_has_the_last_edge_in_it);
    tcase_add_test(cases, what_cannot_be_is_refused);
}

int main(void) { return run_suite("counting", add_cases); }
