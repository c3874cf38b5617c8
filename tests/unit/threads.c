/* SPDX-License-Identifier: MIT */
/* Results are the same bits for any number of threads. */
#include "records.h"

#include <reel/reel.h>

enum { MOST_THREADS = 4 };

/* Sizes on both sides of where work is shared, streamed, and cut into pieces. Sanitizers and
 * emulators, which make all of it up to twenty times slower, see one of each kind. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || defined(REEL_EMULATED)
enum { MOST_TERMS = 2000000 };
static const int64_t lengths[] = {131073, 2097153};
#else
enum { MOST_TERMS = 1 << 30 };
static const int64_t lengths[] = {1, 131071, 131072, 131073, 163841, 1048577, 2097153};
#endif
enum { LENGTHS = sizeof lengths / sizeof *lengths };

/* From -1 to 1, no two alike. */
static reel_tensor *values(reel *r, reel_dtype dtype, int64_t n)
{
    const double start = reel_item(reel_rand(r, REEL_F64, 0, NULL));
    reel_tensor *x = reel_arange(r, REEL_F64, start, start + (double)n - 0.5, 1);
    return reel_keep(reel_to(reel_sin(x), dtype));
}

/* A computation on tensors of n elements; NULL elements of its results are left out. */
typedef struct results {
    reel_tensor *of[4];
} results;
typedef results (*computation)(reel *r, reel_dtype dtype, int64_t n);

static results elementwise(reel *r, reel_dtype dtype, int64_t n)
{
    reel_tensor *a = values(r, dtype, n), *b = values(r, dtype, n);
    return (results){{reel_add(a, b), reel_tanh(a), reel_gt(a, b), reel_mul_scalar(b, 3)}};
}

static results differentiated(reel *r, reel_dtype dtype, int64_t n)
{
    reel_tensor *a = reel_requires_grad_(values(r, dtype, n), true);
    reel_tensor *b = reel_requires_grad_(values(r, dtype, n), true);
    reel_tensor *y = reel_mul(reel_exp(reel_sigmoid(a)), b);
    ck_assert_int_eq(reel_backward(reel_mean(y)), REEL_OK);
    return (results){{y, reel_grad(a), reel_grad(b)}};
}

static results in_place(reel *r, reel_dtype dtype, int64_t n)
{
    reel_tensor *a = values(r, dtype, n), *b = values(r, dtype, n);
    reel_add_(a, b);
    reel_tanh_(a);
    reel_copy_(b, a);
    return (results){{a, b, reel_clone(b)}};
}

/* Of matrices of several shapes, and a layer with one output. */
static results products_with_a_vector(reel *r, reel_dtype dtype, int64_t n)
{
    static const int64_t widths[] = {100, 3, 1000};
    const int64_t columns = widths[n % 3], rows = n / columns + 1;
    reel_tensor *x = reel_requires_grad_(values(r, dtype, rows * columns), true);
    reel_tensor *w = reel_requires_grad_(values(r, dtype, columns), true);
    reel_tensor *bias = reel_requires_grad_(values(r, dtype, 1), true);
    reel_tensor *y = reel_linear(reel_reshape(x, REEL_SHAPE(rows, columns)),
                                 reel_reshape(w, REEL_SHAPE(1, columns)), bias);
    reel_tensor *wide =
        reel_matmul(values(r, dtype, columns),
                    reel_reshape(values(r, dtype, columns * rows), REEL_SHAPE(columns, rows)));
    ck_assert_int_eq(reel_backward(reel_sum(reel_mul(y, reel_t(reel_unsqueeze(wide, 0))))),
                     REEL_OK);
    return (results){{y, wide, reel_grad(w), reel_grad(bias)}};
}

static results sums(reel *r, reel_dtype dtype, int64_t n)
{
    reel_tensor *x = values(r, dtype, n), *y = values(r, dtype, n);
    return (results){{reel_sum(x), reel_l1_loss(x, y, REEL_MEAN),
                      reel_huber_loss(x, y, 0.5, REEL_SUM), reel_sum(reel_gt(x, y))}};
}

/* Of rows, of columns, and over a dim in the middle, of matrices of several shapes. */
static results sums_of_lines(reel *r, reel_dtype dtype, int64_t n)
{
    static const int64_t widths[] = {65, 3, 1000};
    const int64_t columns = widths[n % 3], rows = n / columns + 1;
    reel_tensor *x = reel_reshape(values(r, dtype, rows * columns), REEL_SHAPE(rows, columns));
    reel_tensor *block = reel_reshape(values(r, dtype, 4 * rows), REEL_SHAPE(rows, 2, 2));
    return (results){{reel_sum_dim(x, (int64_t[]){0}, 1, false),
                      reel_mean_dim(x, (int64_t[]){1}, 1, false),
                      reel_sum_dim(block, (int64_t[]){1}, 1, false),
                      reel_sum_dim(reel_to(x, REEL_I64), (int64_t[]){0}, 1, false)}};
}

static results losses(reel *r, reel_dtype dtype, int64_t n)
{
    reel_tensor *x = reel_requires_grad_(values(r, dtype, n), true);
    reel_tensor *t = reel_requires_grad_(values(r, dtype, n), true);
    reel_tensor *l1 = reel_l1_loss(x, t, REEL_MEAN);
    reel_tensor *log_cosh = reel_log_cosh_loss(reel_mul_scalar(x, 2), t, REEL_SUM);
    ck_assert_int_eq(reel_backward(reel_mul(l1, reel_mul_scalar(log_cosh, 1e-3))), REEL_OK);
    return (results){{l1, log_cosh, reel_grad(x), reel_grad(t)}};
}

/* Operands that are broadcast, lie in other orders, or are of other dtypes. */
static results other_layouts(reel *r, reel_dtype dtype, int64_t n)
{
    static const int64_t widths[] = {65, 3, 1000};
    const int64_t columns = widths[n % 3], rows = n / columns + 1;
    reel_tensor *x = reel_reshape(values(r, dtype, rows * columns), REEL_SHAPE(rows, columns));
    reel_tensor *row = values(r, dtype, columns), *whole = reel_to(reel_mul_scalar(x, 9), REEL_I64);
    return (results){{reel_exp(reel_add(x, row)), reel_contiguous(reel_t(x)),
                      reel_add(reel_t(x), reel_t(whole)),
                      reel_full(r, dtype, 0.7, REEL_SHAPE(rows, columns))}};
}

/* Three steps of each optimizer that keeps something, and of SGD. */
static reel_optimizer *optimizer(reel_tensor_list list, int which)
{
    switch (which) {
    case 0:
        return reel_optim_sgd(list, (reel_sgd_options){.lr = 0.1});
    case 1:
        return reel_optim_sgd(list, (reel_sgd_options){.lr = 0.1, .momentum = 0.9});
    case 2:
        return reel_optim_adamw(list, (reel_adamw_options){.amsgrad = true});
    default:
        return reel_optim_adadelta(list, (reel_adadelta_options){.lr = 0.5});
    }
}

static results steps(reel *r, reel_dtype dtype, int64_t n)
{
    results all = {{NULL}};
    for (int which = 0; which < 4; which++) {
        reel_tensor *p = all.of[which] = reel_requires_grad_(values(r, dtype, n), true);
        reel_tensor *t = values(r, dtype, n);
        reel_optimizer *o = optimizer((reel_tensor_list){r, &p, 1}, which);
        for (int i = 0; i < 3; i++) {
            reel_zero_grad(o);
            reel_backward(reel_mse_loss(p, t, REEL_SUM));
            ck_assert_int_eq(reel_step(o), REEL_OK);
            reel_rewind(r);
        }
    }
    return all;
}

/* A regression of n / 100 rows, ten steps of it. */
static results training(reel *r, reel_dtype dtype, int64_t n)
{
    const int64_t rows = n / 100 + 1;
    reel_tensor *x = reel_keep(reel_reshape(values(r, dtype, rows * 100), REEL_SHAPE(rows, 100)));
    reel_tensor *t = values(r, dtype, rows);
    const reel_linear_options options = {.dtype = dtype};
    reel_module *model = reel_nn_sequential(
        r, REEL_MODULES(reel_nn_linear_with(r, 100, 10, &options), reel_nn_relu(r),
                        reel_nn_linear_with(r, 10, 1, &options)));
    reel_optimizer *adam = reel_optim_adam(reel_parameters(model), (reel_adam_options){.lr = 0.01});
    for (int i = 0; i < 10; i++) {
        reel_tensor *y = reel_squeeze(reel_forward(model, x), 1);
        reel_zero_grad(adam);
        reel_backward(reel_huber_loss(y, t, 1, REEL_MEAN));
        ck_assert_int_eq(reel_step(adam), REEL_OK);
        reel_rewind(r);
    }
    return (results){{reel_parameter(model, "0.weight"), reel_parameter(model, "2.weight"),
                      reel_parameter(model, "2.bias"), reel_forward(model, x)}};
}

static const void *data_of(reel_tensor *t)
{
    switch (reel_dtype_of(t)) {
    case REEL_F32:
        return reel_data_f32(t);
    case REEL_F64:
        return reel_data_f64(t);
    case REEL_I64:
        return reel_data_i64(t);
    default:
        return reel_data_bool(t);
    }
}

static bool same_bits(reel_tensor *a, reel_tensor *b)
{
    static const size_t element[] = {4, 8, 8, 1};
    a = reel_contiguous(a);
    b = reel_contiguous(b);
    return reel_numel(a) == reel_numel(b) && reel_dtype_of(a) == reel_dtype_of(b) &&
           memcmp(data_of(a), data_of(b), (size_t)reel_numel(a) * element[reel_dtype_of(a)]) == 0;
}

static void assert_same_results(computation f, reel_dtype dtype, int64_t n)
{
    reel *one = reel_new();
    const results expected = f(one, dtype, n);
    const int most = n < 1000000 ? MOST_THREADS : 2;
    for (int threads = 2; threads <= most; threads++) {
        reel *r = reel_new();
        reel_set_num_threads(r, threads);
        const results found = f(r, dtype, n);
        ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
        for (int i = 0; i < 4 && expected.of[i]; i++) {
            ck_assert_msg(same_bits(expected.of[i], found.of[i]),
                          "%lld elements of %s: in result %d %d threads find other bits than one",
                          (long long)n, reel_dtype_name(dtype), i, threads);
        }
        reel_free(r);
    }
    reel_free(one);
}

static void assert_same_bits(computation f)
{
    for (int l = 0; l < LENGTHS; l++) {
        assert_same_results(f, REEL_F32, lengths[l]);
        if (l < LENGTHS - 1) {
            assert_same_results(f, REEL_F64, lengths[l]);
        }
    }
}

START_TEST(elementwise_operations) { assert_same_bits(elementwise); }
END_TEST

START_TEST(elementwise_gradients) { assert_same_bits(differentiated); }
END_TEST

START_TEST(changes_in_place) { assert_same_bits(in_place); }
END_TEST

START_TEST(products) { assert_same_bits(products_with_a_vector); }
END_TEST

START_TEST(layouts_and_copies) { assert_same_bits(other_layouts); }
END_TEST

START_TEST(optimizers_and_trainings)
{
    assert_same_bits(steps);
    assert_same_bits(training);
}
END_TEST

START_TEST(sums_and_losses)
{
    assert_same_bits(sums);
    assert_same_bits(losses);
}
END_TEST

START_TEST(sums_of_rows_and_columns) { assert_same_bits(sums_of_lines); }
END_TEST

/* What a record names; expected values: tests/generate/large_sums.py. */
static reel_tensor *large_sums(reel *r, const record *it)
{
    const reel_dtype dtype = record_dtype(it, 1);
    const int64_t n = record_whole(it, 2);
    reel_manual_seed(r, 7);
    if (it->words == 4) {
        const int64_t size[] = {n, record_whole(it, 3)};
        const int64_t dim = strcmp(it->word[0], "rows") == 0, left = size[!dim];
        reel_tensor *x = reel_sub_scalar(reel_rand(r, dtype, 2, size), 0.5);
        const int64_t shown = left < 40 ? left : 40;
        return reel_narrow(reel_sum_dim(x, &dim, 1, false), 0, left - shown, shown);
    }
    reel_tensor *x = reel_rand(r, dtype, 1, &n), *y = reel_rand(r, dtype, 1, &n);
    reel_sub_scalar_(x, 0.5);
    reel_tensor *all[] = {reel_sum(x), reel_mean(x), reel_l1_loss(x, y, REEL_MEAN),
                          reel_huber_loss(x, y, 0.25, REEL_MEAN)};
    return reel_stack(all, 4, 0);
}

START_TEST(large_sums_are_pytorchs)
{
    for (int threads = 1; threads <= 3; threads += 2) {
        FILE *file = open_records("sums/large.txt");
        int count = 0;
        for (record it; next_record(file, &it); count++) {
            if (record_whole(&it, 2) > MOST_TERMS) {
                fprintf(stderr, "%s of %s: left out, too slow here\n", it.word[0], it.word[2]);
                continue;
            }
            reel *r = reel_new();
            reel_set_num_threads(r, threads);
            assert_record(&it, large_sums(r, &it), 0.0);
            ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
            reel_free(r);
        }
        ck_assert_int_eq(count, 22);
    }
}
END_TEST

/* bias + Σ x w beside the sum in doubles: it errs by at most (k + 1) eps (|bias| + Σ|x w|). */
static void assert_sum(float found, double bias, int64_t k, const float *x, int64_t x_step,
                       const float *w)
{
    double sum = bias, size = fabs(bias);
    for (int64_t p = 0; p < k; p++) {
        const double term = (double)x[p * x_step] * (double)w[p];
        sum += term;
        size += fabs(term);
    }
    ck_assert_double_le(fabs((double)found - sum), (double)(k + 1) * 0x1p-23 * size);
}

START_TEST(large_products_with_a_vector_are_sums)
{
    static const int64_t shapes[][2] = {{5000, 100}, {300000, 1}, {3, 100000},
                                        {700, 701},  {100, 5000}, {40000, 33}};
    reel *r = reel_new();
    reel_set_num_threads(r, 2);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int64_t m = shapes[s][0], k = shapes[s][1];
        reel_tensor *x = values(r, REEL_F32, m * k), *matrix = reel_reshape(x, REEL_SHAPE(m, k));
        reel_tensor *w = values(r, REEL_F32, k), *v = values(r, REEL_F32, m);
        reel_tensor *bias = reel_full(r, REEL_F32, 0.5, REEL_SHAPE(1));
        float *right = reel_data_f32(reel_linear(matrix, reel_unsqueeze(w, 0), bias));
        float *left = reel_data_f32(reel_matmul(v, matrix)), *plain = reel_data_f32(x);
        ck_assert(!reel_failed(r));
        for (int64_t i = 0; i < m; i += 1 + m / 50) {
            assert_sum(right[i], 0.5, k, plain + i * k, 1, reel_data_f32(w));
        }
        for (int64_t j = 0; j < k; j += 1 + k / 50) {
            assert_sum(left[j], 0, m, plain + j, k, reel_data_f32(v));
        }
    }
    reel_free(r);
}
END_TEST

START_TEST(the_number_is_kept)
{
    reel *r = reel_new();
    reel_set_message_handler(r, ignore_message, NULL);
    ck_assert_int_eq(reel_get_num_threads(r), 1);
    reel_set_num_threads(r, 3);
    ck_assert_int_eq(reel_get_num_threads(r), 3);
    reel_set_num_threads(r, 0);
    assert_error(r, REEL_ERR_VALUE, "set_num_threads: 0 threads; there must be at least 1");
    reel_set_num_threads(r, -2);
    assert_error(r, REEL_ERR_VALUE, "-2 threads");
    ck_assert_int_eq(reel_get_num_threads(r), 3);
    reel_set_num_threads(NULL, 2);
    ck_assert_int_eq(reel_get_num_threads(NULL), 1);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_set_timeout(cases, 240); /* under a sanitizer, on a busy machine */
    tcase_add_test(cases, elementwise_operations);
    tcase_add_test(cases, elementwise_gradients);
    tcase_add_test(cases, changes_in_place);
    tcase_add_test(cases, layouts_and_copies);
    tcase_add_test(cases, optimizers_and_trainings);
    tcase_add_test(cases, products);
    tcase_add_test(cases, sums_and_losses);
    tcase_add_test(cases, sums_of_rows_and_columns);
    tcase_add_test(cases, large_sums_are_pytorchs);
    tcase_add_test(cases, large_products_with_a_vector_are_sums);
    tcase_add_test(cases, the_number_is_kept);
}

int main(void) { return run_suite("threads", add_cases); }
