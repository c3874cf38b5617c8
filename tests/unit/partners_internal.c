/* SPDX-License-Identifier: MIT */
/* Every operation of several inputs with one of them of another dtype: where it takes that, its
 * value and its gradients are those with that input converted first; and where it has a value, it
 * has gradients. */
#include "samples.h"

static const reel_dtype dtypes[] = {REEL_BOOL, REEL_I64, REEL_F32};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* How many calls were compared, of all samples. */
static int compared;

/* Value, then gradients, of the sample with input k of this dtype, converted first or not. */
static bool evaluate(const sample *it, int k, reel_dtype dtype, bool converted, reel_tensor **out)
{
    reel_tensor *x[SAMPLE_INPUTS], *in[SAMPLE_INPUTS] = {NULL, NULL, NULL};
    const int count = count_inputs(it);
    make_inputs(it, usual_sizes, REEL_F64, false, x);
    fill_inputs(it, x, count);
    for (int i = 0; i < count; i++) {
        in[i] = i == k ? reel_to(reel_detach(x[i]), dtype) : x[i];
    }
    in[k] = converted ? reel_to(in[k], REEL_F64) : in[k];
    out[0] = it->call(it, in);
    if (reeli_bad(out[0])) {
        return false;
    }
    reel_tensor *sum = reel_sum(reel_mul(out[0], out[0]));
    for (int i = 0; i < count; i++) {
        out[1 + i] = NULL;
    }
    if (reel_requires_grad(sum)) {
        ck_assert_msg(reel_gradients(sum, x, (size_t)count, NULL, out + 1) == REEL_OK,
                      "%s with input %d of %s: %s", describe(it), k, reel_dtype_name(dtype),
                      reel_error(r));
    }
    return true;
}

static void compare(const sample *it, int k, reel_dtype dtype, int what, reel_tensor *got,
                    reel_tensor *expected)
{
    ck_assert_msg((got == NULL) == (expected == NULL), "%s with input %d of %s: gradient %d",
                  describe(it), k, reel_dtype_name(dtype), what - 1);
    got = got ? reel_contiguous(got) : NULL;
    expected = got ? reel_contiguous(expected) : NULL;
    for (int64_t i = 0; got && i < got->numel; i++) {
        const double a = reeli_load(got, i), b = reeli_load(expected, i);
        ck_assert_msg(is_close(a, b, 1e-6), "%s with input %d of %s: result %d is %g, not %g",
                      describe(it), k, reel_dtype_name(dtype), what, a, b);
    }
}

static void check_one(const sample *it, int k, reel_dtype dtype)
{
    reel_tensor *got[1 + SAMPLE_INPUTS], *expected[1 + SAMPLE_INPUTS];
    r = quiet_reel();
    if (evaluate(it, k, dtype, false, got)) {
        ck_assert_int_eq(evaluate(it, k, dtype, true, expected), true);
        for (int i = 0; i <= count_inputs(it); i++) {
            compare(it, k, dtype, i, got[i], expected[i]);
        }
        compared++;
    } else {
        ck_assert_msg(
            reel_error_status(r) == REEL_ERR_DTYPE || reel_error_status(r) == REEL_ERR_VALUE,
            "%s with input %d of %s: %s", describe(it), k, reel_dtype_name(dtype), reel_error(r));
    }
    reel_free(r);
}

START_TEST(as_converted)
{
    for (int i = 0; i < SAMPLES; i++) {
        const sample *it = &samples[i];
        const bool users =
            strcmp(it->row->name, "custom") == 0; /* whose dtype is its first input's */
        const bool smooth = !(it->traits & (SAMPLE_FLAT | SAMPLE_REFUSES));
        const int count = smooth && !users ? count_inputs(it) : 1;
        for (int k = 0; count > 1 && k < count; k++) {
            for (int d = 0; d < DTYPES; d++) {
                check_one(it, k, dtypes[d]);
            }
        }
    }
    ck_assert_int_gt(compared, 500);
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_test(cases, as_converted); }

int main(void) { return run_suite("partners", add_cases); }
