/* SPDX-License-Identifier: MIT */
/* Threads that do not start, and memory that is not to be had for them: work is done by those that
 * there are, to the same bits. */
#ifdef __linux__
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include "faulty.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <reel/reel.h>

enum { COUNT = 300001, THREADS = 4 };

static int allowed, started;

/* Stands before the C library's: lets so many threads start as are allowed. */
__attribute__((visibility("default"))) int pthread_create(pthread_t *thread,
                                                          const pthread_attr_t *attributes,
                                                          void *(*routine)(void *), void *argument)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    void *symbol = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&create, &symbol, sizeof create);
    if (started >= allowed) {
        return EAGAIN;
    }
    started++;
    return create(thread, attributes, routine, argument);
}

/* A step over many elements; its loss, or NaN after an error. */
static double step(reel *r, float *gradient)
{
    reel_tensor *x = reel_requires_grad_(reel_arange(r, REEL_F32, 0, COUNT, 1), true);
    reel_tensor *loss = reel_l1_loss(reel_sin(x), reel_cos(x), REEL_MEAN);
    if (reel_backward(loss) != REEL_OK) {
        return DOUBLE_NAN;
    }
    const double value = reel_item(loss);
    ck_assert_int_eq(reel_to_f32(reel_grad(x), gradient, COUNT), REEL_OK);
    reel_tensor_free(x);
    reel_rewind(r);
    return value;
}

static float expected[COUNT], found[COUNT];

static double expected_loss(void)
{
    reel *r = reel_new();
    const double loss = step(r, expected);
    reel_free(r);
    return loss;
}

START_TEST(threads_that_do_not_start)
{
    const double loss = expected_loss();
    for (allowed = 0; allowed < THREADS; allowed++) {
        reel *r = reel_new();
        started = 0;
        reel_set_num_threads(r, THREADS);
        for (int i = 0; i < 3; i++) {
            ck_assert_double_eq(step(r, found), loss);
            ck_assert_mem_eq(found, expected, sizeof found);
        }
        ck_assert_int_eq(started, allowed);
        ck_assert(!reel_failed(r));
        reel_free(r);
    }
}
END_TEST

START_TEST(memory_that_is_not_there)
{
    const double loss = expected_loss();
    bool done = false;
    allowed = 1 << 30;
    for (long n = 0; !done; n++) {
        faulty f = {.fail_at = n};
        reel *r = faulty_reel(&f);
        ck_assert(r || n < 2);
        if (!r) {
            continue;
        }
        reel_set_num_threads(r, THREADS);
        const double first = step(r, found);
        ck_assert(first == loss || (reel_failed(r) && isnan(first)));
        done = f.calls <= n;
        reel_clear_error(r);
        f.fail_at = -1;
        reel_rewind(r);
        ck_assert_double_eq(step(r, found), loss);
        ck_assert_mem_eq(found, expected, sizeof found);
        faulty_end(&f, r);
    }
}
END_TEST

/* After the first step of a training nothing is asked of the allocator, with threads as without. */
START_TEST(a_steady_step_allocates_nothing)
{
    enum { ROWS = 3000, COLUMNS = 100 };
    allowed = 1 << 30;
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    reel_set_num_threads(r, 2);
    reel_tensor *x = reel_rand(r, REEL_F32, REEL_SHAPE(ROWS, COLUMNS));
    reel_tensor *t = reel_rand(r, REEL_F32, REEL_SHAPE(ROWS, COLUMNS));
    reel_tensor *v = reel_rand(r, REEL_F32, REEL_SHAPE(ROWS, 1));
    reel_module *wide = reel_nn_linear(r, COLUMNS, COLUMNS), *one = reel_nn_linear(r, COLUMNS, 1);
    reel_optimizer *adam = reel_optim_adam(reel_parameters(wide), (reel_adam_options){0});
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(one), (reel_sgd_options){.lr = 0.01});
    long calls = 0;
    for (int i = 0; i < 6; i++) {
        calls = i == 2 ? f.calls : calls;
        reel_tensor *y = reel_tanh(reel_forward(wide, x));
        reel_tensor *loss = reel_add(reel_mse_loss(y, t, REEL_MEAN),
                                     reel_l1_loss(reel_forward(one, y), v, REEL_MEAN));
        reel_zero_grad(adam);
        reel_zero_grad(sgd);
        ck_assert_int_eq(reel_backward(loss), REEL_OK);
        reel_step(adam);
        reel_step(sgd);
        reel_rewind(r);
    }
    ck_assert_int_eq(f.calls, calls);
    faulty_end(&f, r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, threads_that_do_not_start);
    tcase_add_test(cases, a_steady_step_allocates_nothing);
    tcase_add_test(cases, memory_that_is_not_there);
}

int main(void) { return run_suite("threads", add_cases); }
