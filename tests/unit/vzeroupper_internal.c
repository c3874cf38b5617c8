/* SPDX-License-Identifier: MIT */
/* No operation leaves anything in the upper halves of vector registers, for which all that the
 * program does afterwards in shorter vectors would wait: on some CPUs four times as long. */
#include "samples.h"

#include <stdio.h>

#if defined(__x86_64__) && defined(__GNUC__) && defined(NDEBUG)
#include <cpuid.h>

/* What the CPU says it would have to save; false: it does not say, or this is a debug build,
 * in which GCC does not care. */
static bool ask(uint32_t *in_use)
{
    enum { OSXSAVE = 1 << 27, XGETBV_OF_1 = 1 << 2 };
    uint32_t a = 0, b, c = 0, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE) ||
        !__get_cpuid_count(13, 1, &a, &b, &c, &d) || !(a & XGETBV_OF_1)) {
        return false;
    }
    __asm__ volatile("xgetbv" : "=a"(*in_use), "=d"(d) : "c"(1));
    return true;
}
#else
static bool ask(uint32_t *in_use) { return *in_use = 0, false; }
#endif

static void check_left(const char *what, int dtype)
{
    enum { UPPER_HALVES = 1 << 2, OF_ZMM = 1 << 6 };
    uint32_t in_use;
    ck_assert(ask(&in_use));
    ck_assert_msg(!(in_use & (UPPER_HALVES | OF_ZMM)), "%s of float%d leaves upper halves", what,
                  dtype ? 64 : 32);
}

static void check_sample(const sample *it)
{
    for (int dtype = REEL_F32; dtype <= REEL_F64; dtype++) {
        reel_tensor *x[SAMPLE_INPUTS];
        r = quiet_reel();
        make_inputs(it, (sizes){8, 12, 16}, dtype, false, x);
        for (int i = 0; i < count_inputs(it); i++) {
            fill(x[i], i, 0.1, 0.9);
        }
        check_left("filling inputs", dtype);
        reel_tensor *y = it->call(it, x);
        check_left(describe(it), dtype);
        if (!reeli_bad(y) && reeli_requires_grad(y)) {
            reel_backward_with(y, &(reel_backward_options){.gradient = reel_ones_like(y)});
            check_left(describe(it), dtype);
        }
        reel_free(r);
    }
}

/* What has loops of its own for what is large or has a vector for one side; and optimizers. */
static void check_others(int dtype)
{
    r = quiet_reel();
    reel_tensor *x = reel_randn(r, dtype, REEL_SHAPE(300, 200));
    reel_tensor *w = reel_requires_grad_(reel_randn(r, dtype, REEL_SHAPE(200, 1)), true);
    reel_tensor *v = reel_randn(r, dtype, REEL_SHAPE(200, 300));
    check_left("randn", dtype);
    reel_mm(x, v);
    check_left("a product", dtype);
    reel_backward(reel_sum(reel_mm(x, w)));
    check_left("a product with a vector", dtype);
    reel_sum_dim(x, (int64_t[]){0}, 1, false);
    check_left("sums of columns", dtype);
    reel_optimizer *all[] = {
        reel_optim_sgd((reel_tensor_list){r, &w, 1},
                       (reel_sgd_options){.lr = 0.1, .momentum = 0.9}),
        reel_optim_adam((reel_tensor_list){r, &w, 1}, (reel_adam_options){.lr = 0.1})};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        reel_step(all[i]);
        check_left("a step", dtype);
    }
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_free(r);
}

START_TEST(nothing_is_left)
{
    static const char *const levels[] = {"portable", "avx2", "avx512"};
    uint32_t in_use;
    if (!ask(&in_use)) {
        fprintf(stderr, "skipped: a debug build, or a CPU that does not say\n");
        return;
    }
    setenv("REEL_CPU", levels[_i], 1);
    for (int i = 0; i < SAMPLES; i++) {
        check_sample(&samples[i]);
    }
    check_others(REEL_F32);
    check_others(REEL_F64);
    unsetenv("REEL_CPU");
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_loop_test(cases, nothing_is_left, 0, 3); }

int main(void) { return run_suite("vzeroupper", add_cases); }
