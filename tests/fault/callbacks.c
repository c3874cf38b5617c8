/* SPDX-License-Identifier: MIT */
/* Gradient checks, hooks and operations of the user's own, with every allocation failing in its
 * turn. */
#include "faulty.h"

#include <reel/reel.h>

static bool copy_forward(reel_call *call)
{
    const int64_t n = reel_numel(call->in[0]);
    reel_tensor *kept = reel_call_keep(call, 0, REEL_F64, 1, &n);
    for (int64_t i = 0; i < n && !reel_is_poison(kept); i++) {
        reel_data_f64(call->out[0])[i] = reel_data_f64(kept)[i] = reel_data_f64(call->in[0])[i];
        reel_data_f64(call->out[1])[i] = 2;
    }
    return !reel_is_poison(kept);
}

static bool copy_gradient(reel_call *call, int input, reel_tensor *dx)
{
    return reel_to_f64(call->g[input], reel_data_f64(dx), reel_numel(dx)) == REEL_OK;
}

static const reel_custom_op copy = {
    .name = "copy", .forward = copy_forward, .gradient_data = copy_gradient, .outputs = 2};

static reel_tensor *twice(reel_tensor *gradient, void *context)
{
    (void)context;
    return reel_mul_scalar(gradient, 2);
}

static reel_tensor *product(reel_tensor *const *x, size_t count, void *context)
{
    (void)count, (void)context;
    return reel_mul(reel_sin(x[0]), x[1]);
}

static reel_tensor *leaf(reel *r)
{
    return reel_requires_grad_(reel_from_f64(r, (double[]){1, 2, 3}, REEL_SHAPE(3)), true);
}

/* The first failure of all this; REEL_OK if there is none. */
static reel_status use_all(reel *r)
{
    reel_tensor *x[] = {leaf(r), leaf(r)}, *y[2];
    reel_gradcheck(product, NULL, x, 2, NULL, NULL);
    reel_gradgradcheck(product, NULL, x, 2, NULL, NULL);
    reel_register_hook(x[0], twice, NULL);
    reel_custom_all(&copy, NULL, x, 1, y);
    reel_register_hook(y[0], twice, NULL);
    reel_backward(reel_sum(reel_mul(y[0], reel_mul(y[1], x[1]))));
    if (!reel_failed(r)) {
        ck_assert(reel_get(reel_grad(x[0]), (int64_t[]){1}) == 2 * 2 * 2 * 2);
    } else {
        ck_assert(!reel_grad(x[0]) || reel_is_poison(x[0]));
        ck_assert(reel_grad_enabled(r));
    }
    return reel_error_status(r);
}

START_TEST(allocation_k)
{
    for (long k = 0;; k++) {
        faulty f = {.fail_at = -1};
        reel *r = faulty_reel(&f);
        ck_assert_ptr_nonnull(r);
        f.fail_at = f.calls + k;
        f.for_good = _i;
        const reel_status status = use_all(r);
        const bool reached = f.calls > f.fail_at;
        f.fail_at = -1;
        ck_assert_int_eq(status, reached ? REEL_ERR_MEMORY : REEL_OK);
        reel_clear_error(r);
        reel_rewind(r);
        ck_assert_int_eq(use_all(r), REEL_OK);
        faulty_end(&f, r);
        if (!reached) {
            ck_assert_int_gt(k, 4);
            break;
        }
    }
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_loop_test(cases, allocation_k, 0, 2); }

int main(void) { return run_suite("callbacks without memory", add_cases); }
