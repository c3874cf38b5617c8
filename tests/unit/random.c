/* SPDX-License-Identifier: MIT */
/* The random streams are PyTorch's. Expected values: tests/generate/random_streams.py. */
#include "records.h"

/* The draw that a record names. */
static reel_tensor *draw(reel *r, const record *it)
{
    const char *name = it->word[0];
    reel_dtype dtype = record_dtype(it, 1);
    int64_t n = record_whole(it, 2);
    if (strcmp(name, "rand") == 0) {
        return reel_rand(r, dtype, 1, &n);
    }
    if (strcmp(name, "randn") == 0) {
        return reel_randn(r, dtype, 1, &n);
    }
    if (strcmp(name, "randperm") == 0) {
        return reel_randperm(r, n);
    }
    ck_assert_str_eq(name, "randint");
    return reel_randint(r, dtype, record_whole(it, 3), record_whole(it, 4), 1, &n);
}

/* Normals in double go through libm, which need not be the generator's: a few units in the last
 * place. All else is exact. */
static double tolerance(const record *it)
{
    bool normal = strcmp(it->word[0], "randn") == 0;
    bool libm = record_dtype(it, 1) == REEL_F64 || record_whole(it, 2) < 16;
    return normal && libm ? (record_dtype(it, 1) == REEL_F64 ? 1e-14 : 1e-7) : 0.0;
}

START_TEST(draws_are_pytorchs)
{
    reel *r = quiet_reel(); /* large ranges of floats warn */
    FILE *file = open_records("random/streams.txt");
    int seeds = 0;
    for (record it; next_record(file, &it);) {
        if (strcmp(it.word[0], "seed") == 0) {
            reel_manual_seed(r, strtoull(it.word[1], NULL, 10));
            seeds++;
        } else {
            assert_record(&it, draw(r, &it), tolerance(&it));
        }
    }
    ck_assert_int_eq(seeds, 4);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

/* torch.manual_seed(0) by hand, as the documentation of every framework prints it. */
START_TEST(seed_0_is_well_known)
{
    static const int64_t order[] = {4, 1, 7, 5, 3, 9, 0, 8, 6, 2};
    int64_t got[10];
    reel *r = reel_new();
    ck_assert_str_eq(reel_repr(reel_randn(r, REEL_F32, REEL_SHAPE(3))),
                     "tensor([ 1.5410, -0.2934, -2.1788])");
    reel_manual_seed(r, 0);
    ck_assert_int_eq(reel_to_i64(reel_randperm(r, 10), got, 10), REEL_OK);
    ck_assert_mem_eq(got, order, sizeof order);
    reel_free(r);
}
END_TEST

START_TEST(like_draws_in_shape_and_dtype)
{
    reel *r = reel_new();
    reel_tensor *t = reel_zeros(r, REEL_F64, REEL_SHAPE(3, 7));
    double a[21], b[21];
    struct {
        reel_tensor *like, *plain;
    } pairs[3];
    reel_manual_seed(r, 3);
    pairs[0].like = reel_rand_like(t);
    pairs[1].like = reel_randn_like(t);
    pairs[2].like = reel_randint_like(t, -4, 9);
    reel_manual_seed(r, 3);
    pairs[0].plain = reel_rand(r, REEL_F64, REEL_SHAPE(3, 7));
    pairs[1].plain = reel_randn(r, REEL_F64, REEL_SHAPE(3, 7));
    pairs[2].plain = reel_randint(r, REEL_F64, -4, 9, REEL_SHAPE(3, 7));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reel_dtype_of(pairs[i].like), REEL_F64);
        ck_assert_int_eq(reel_size(pairs[i].like, 1), 7);
        ck_assert_int_eq(reel_to_f64(pairs[i].like, a, 21), REEL_OK);
        ck_assert_int_eq(reel_to_f64(pairs[i].plain, b, 21), REEL_OK);
        ck_assert_mem_eq(a, b, sizeof a);
    }
    reel_free(r);
}
END_TEST

/* The reel's own stream: what one reel draws does not move another's. */
START_TEST(reels_are_independent)
{
    reel *a = reel_new(), *b = reel_new();
    reel_randn(b, REEL_F32, REEL_SHAPE(5));
    reel_manual_seed(b, 0);
    reel_randn(a, REEL_F32, REEL_SHAPE(1));
    double second = reel_item(reel_randn(a, REEL_F32, REEL_SHAPE(1)));
    reel_randn(b, REEL_F32, REEL_SHAPE(1));
    ck_assert(reel_item(reel_randn(b, REEL_F32, REEL_SHAPE(1))) == second);
    reel_free(a);
    reel_free(b);
}
END_TEST

static void check_poison(reel *r, reel_tensor *t, reel_status status, const char *part)
{
    ck_assert_ptr_nonnull(t);
    ck_assert(reel_is_poison(t));
    assert_error(r, status, part);
}

START_TEST(bad_arguments_are_errors)
{
    reel *r = quiet_reel();
    reel_tensor *whole = reel_zeros(r, REEL_I64, REEL_SHAPE(2));
    reel_tensor *truth = reel_zeros(r, REEL_BOOL, REEL_SHAPE(2));
    check_poison(r, reel_rand(r, REEL_I64, REEL_SHAPE(2)), REEL_ERR_DTYPE, "rand: dtype int64");
    check_poison(r, reel_randn(r, REEL_BOOL, REEL_SHAPE(2)), REEL_ERR_DTYPE, "randn: dtype bool");
    check_poison(r, reel_rand_like(whole), REEL_ERR_DTYPE, "rand_like");
    check_poison(r, reel_randn_like(truth), REEL_ERR_DTYPE, "randn_like");
    check_poison(r, reel_rand(r, REEL_F32, REEL_SHAPE(2, -1)), REEL_ERR_SHAPE, "rand: size -1");
    check_poison(r, reel_rand(r, REEL_F32, 1, NULL), REEL_ERR_VALUE, "rand");
    check_poison(r, reel_randint(r, REEL_I64, 5, 5, REEL_SHAPE(2)), REEL_ERR_VALUE, "low 5");
    check_poison(r, reel_randint(r, REEL_BOOL, 0, 3, REEL_SHAPE(2)), REEL_ERR_VALUE, "[0, 3)");
    check_poison(r, reel_randint(r, REEL_BOOL, -1, 2, REEL_SHAPE(2)), REEL_ERR_VALUE, "[-1, 2)");
    check_poison(r, reel_randint_like(truth, 1, 4), REEL_ERR_VALUE, "randint_like");
    check_poison(r, reel_randint(r, (reel_dtype)9, 0, 3, REEL_SHAPE(2)), REEL_ERR_DTYPE, "dtype 9");
    check_poison(r, reel_randperm(r, -1), REEL_ERR_SHAPE, "randperm: size -1");
    reel_free(r);
}
END_TEST

START_TEST(poison_and_null_pass_through)
{
    reel *r = quiet_reel();
    reel_tensor *bad = reel_randperm(r, -1);
    ck_assert(reel_is_poison(reel_rand_like(bad)));
    ck_assert(reel_is_poison(reel_randn_like(bad)));
    ck_assert(reel_is_poison(reel_randint_like(bad, 0, 2)));
    ck_assert_ptr_null(reel_rand_like(NULL));
    ck_assert_ptr_null(reel_randn_like(NULL));
    ck_assert_ptr_null(reel_randint_like(NULL, 0, 2));
    ck_assert_ptr_null(reel_rand(NULL, REEL_F32, REEL_SHAPE(2)));
    ck_assert_ptr_null(reel_randn(NULL, REEL_I64, REEL_SHAPE(2)));
    ck_assert_ptr_null(reel_randint(NULL, REEL_I64, 3, 2, REEL_SHAPE(2)));
    ck_assert_ptr_null(reel_randperm(NULL, 3));
    reel_free(r);
}
END_TEST

static void keep_level(void *context, reel_level level, const char *message)
{
    (void)message;
    *(reel_level *)context = level;
}

START_TEST(sparse_floats_warn)
{
    reel_level seen = REEL_ERROR;
    reel *r = reel_new();
    reel_set_message_handler(r, keep_level, &seen);
    reel_randint(r, REEL_F32, 0, (1 << 24) + 1, REEL_SHAPE(2));
    ck_assert_int_eq(seen, REEL_ERROR); /* nothing yet: 2^24 is a float */
    reel_randint(r, REEL_F32, 0, (1 << 24) + 2, REEL_SHAPE(2));
    ck_assert_int_eq(seen, REEL_WARNING);
    ck_assert(!reel_failed(r));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, draws_are_pytorchs);
    tcase_add_test(cases, seed_0_is_well_known);
    tcase_add_test(cases, like_draws_in_shape_and_dtype);
    tcase_add_test(cases, reels_are_independent);
    tcase_add_test(cases, bad_arguments_are_errors);
    tcase_add_test(cases, poison_and_null_pass_through);
    tcase_add_test(cases, sparse_floats_warn);
}

int main(void) { return run_suite("random", add_cases); }
