/* SPDX-License-Identifier: MIT */
/* Maps over the same few elements that a replay does in one loop, and their gradients: to the bits
 * of the step that did them one by one, whatever reads a result in between, on every level of
 * CPU. */
#include "check_reel.h"

#include <reel/reel.h>

enum { LENGTH = 90, STEPS = 3, PROGRAMS = 12, BESIDE = 4 };

static const char *const levels[] = {"portable", "avx2", "avx512"};
static const int sizes[] = {1, 2, 5, 8, 15, 16, 17, 32, 48, 600};
enum { LEVELS = 3, SIZES = sizeof sizes / sizeof *sizes };

/* Two leaves, and a tensor of a few elements more that steps change in place. */
typedef struct program {
    reel *r;
    reel_dtype dtype;
    int n;
    unsigned seed;
    reel_tensor *a, *b, *state;
    reel_tensor *values[LENGTH + 2];
    reel_tensor *loss;
    reel_graph *graph;
} program;

/* Of 0 to count - 1. */
static unsigned draw(unsigned *seed, unsigned count)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 16) % count;
}

static reel_tensor *leaf(reel *r, reel_dtype dtype, int n, double from)
{
    reel_tensor *t = reel_add_scalar(reel_rand(r, dtype, REEL_SHAPE(n)), from);
    return reel_requires_grad_(reel_keep(t), true);
}

static program make_program(unsigned seed, reel_dtype dtype, int n)
{
    program p = {.r = quiet_reel(), .dtype = dtype, .n = n, .seed = seed};
    reel_manual_seed(p.r, seed);
    p.a = leaf(p.r, dtype, n, -0.5);
    p.b = leaf(p.r, dtype, n, 0.5);
    p.state = reel_zeros(p.r, dtype, REEL_SHAPE(n + BESIDE));
    return p;
}

/* What changes in place, and is read, are parts of one tensor that overlap. */
static reel_tensor *part(const program *p, unsigned *seed)
{
    return reel_narrow(p->state, 0, draw(seed, BESIDE + 1), p->n);
}

static reel_tensor *operation(const program *p, unsigned *seed, reel_tensor *x, reel_tensor *y)
{
    switch (draw(seed, 15)) {
    case 0:
        return reel_add(x, y);
    case 1:
        return reel_sub(x, y);
    case 2:
        return reel_sub(y, x);
    case 3:
        return reel_div(x, p->b);
    case 4:
        return reel_neg(x);
    case 5:
        return reel_abs(x);
    case 6:
        return reel_square(x);
    case 7:
        return reel_relu(x);
    case 8:
        return reel_exp(reel_neg(reel_abs(x)));
    case 9:
        return reel_add(x, part(p, seed));
    case 10:
        reel_add_(part(p, seed), reel_detach(y));
        return reel_mul(x, p->b);
    case 11:
        return reel_mul(x, y);
    case 12:
        return reel_add(x, p->b);
    default:
        return reel_tanh(x);
    }
}

/* The first parts of b's gradient: one is added that was made some operations ago, and one soon
 * after the first was written and another added. And -1, which is the same in every step. */
static reel_tensor *last_of_all(const program *p)
{
    reel_tensor *y = reel_tanh(p->a), *w = reel_narrow(p->state, 0, 1, p->n);
    reel_tensor *apart = reel_mul(reel_add(y, p->b), reel_neg(y));
    reel_tensor *x = reel_add(y, p->b), *beside = reel_mul(w, p->b);
    return reel_neg(reel_tanh(reel_add(apart, reel_add(reel_mul(x, p->b), beside))));
}

static void forward(program *p)
{
    unsigned seed = p->seed;
    p->values[0] = p->a;
    p->values[1] = p->b;
    for (unsigned i = 2; i < LENGTH + 2; i++) {
        const unsigned near = i < 4 ? i : 4;
        reel_tensor *x = p->values[i - 1 - draw(&seed, draw(&seed, 3) ? 1 : near)];
        p->values[i] = operation(p, &seed, x, p->values[i - 1 - draw(&seed, near)]);
        if (i % 7 == 0) { /* nothing grows beyond all bounds */
            p->values[i] = reel_tanh(p->values[i]);
        }
    }
    p->loss = reel_sum(reel_add(p->values[LENGTH + 1], last_of_all(p)));
    reel_zero_grad_of(p->a);
    reel_zero_grad_of(p->b);
}

static void step(program *p)
{
    forward(p);
    reel_backward(p->loss);
}

/* Both programs begin with new numbers. */
static void renew(program *p, int step_number)
{
    for (int64_t i = 0; i < p->n; i++) {
        const double x = 0.3 * step_number - 0.11 * (double)i;
        p->dtype == REEL_F32 ? (void)(reel_data_f32(p->a)[i] = (float)x)
                             : (void)(reel_data_f64(p->a)[i] = x);
        reel_set(p->state, &i, 0.01 * (double)i - 0.2 * step_number);
    }
}

static void check_same(reel_tensor *a, reel_tensor *b, const char *which, const program *p)
{
    ck_assert_int_eq(reel_numel(a), reel_numel(b));
    for (int64_t i = 0; i < reel_numel(a); i++) {
        const double x = reel_get(a, &i), y = reel_get(b, &i);
        assert_each((x == y && signbit(x) == signbit(y)) || (isnan(x) && isnan(y)),
                    "%s, element %d of %d, seed %u: %.17g, not %.17g", which, (int)i, p->n, p->seed,
                    y, x);
    }
}

static void check_program(unsigned seed, reel_dtype dtype, int n)
{
    program eager = make_program(seed, dtype, n), replayed = make_program(seed, dtype, n);
    for (int s = 0; s < STEPS; s++) {
        renew(&eager, s);
        renew(&replayed, s);
        step(&eager);
        if (replayed.graph) {
            ck_assert_int_eq(reel_replay(replayed.graph), REEL_OK);
        } else {
            reel_capture_begin(replayed.r);
            step(&replayed);
            replayed.graph = reel_capture_end(replayed.r);
            ck_assert_msg(replayed.graph != NULL, "%s", reel_error(replayed.r));
        }
        for (int i = 0; i < LENGTH + 2; i++) {
            check_same(eager.values[i], replayed.values[i], "a result", &eager);
        }
        check_same(eager.loss, replayed.loss, "the loss", &eager);
        check_same(eager.state, replayed.state, "what is changed in place", &eager);
        check_same(reel_grad(eager.a), reel_grad(replayed.a), "a gradient", &eager);
        check_same(reel_grad(eager.b), reel_grad(replayed.b), "a gradient", &eager);
        reel_rewind(eager.r);
    }
    ck_assert_msg(!reel_failed(eager.r), "%s", reel_error(eager.r));
    reel_free(eager.r);
    reel_free(replayed.r);
}

START_TEST(to_the_same_bits)
{
    setenv("REEL_CPU", levels[_i % LEVELS], 1);
    for (unsigned seed = 1; seed <= PROGRAMS; seed++) {
        check_program(seed, seed % 4 ? REEL_F32 : REEL_F64, sizes[_i / LEVELS]);
    }
}
END_TEST

static reel_tensor *look(reel_tensor *gradient, void *context)
{
    *(int *)context += 1;
    return gradient;
}

/* Backward computes a gradient in the memory of the one it came from where nobody else has that:
 * those that somebody looks at are what they are where nothing is overwritten. */
START_TEST(gradients_that_are_looked_at)
{
    for (unsigned seed = 1; seed <= 40; seed++) {
        program p = make_program(seed, REEL_F32, sizes[seed % SIZES]);
        program kept = make_program(seed, REEL_F32, sizes[seed % SIZES]);
        const reel_backward_options recorded = {.create_graph = true};
        unsigned which = seed;
        renew(&p, 1);
        renew(&kept, 1);
        int looks = 0;
        if (seed % 2) {
            reel_register_hook(p.b, look, &looks);
        }
        forward(&p);
        forward(&kept);
        bool looked_at[LENGTH + 2] = {false};
        for (int i = 2; i < LENGTH + 2; i++) {
            if (reel_requires_grad(p.values[i]) && !reel_is_leaf(p.values[i])) {
                looked_at[i] = draw(&which, 3) == 0;
                reel_retain_grad(kept.values[i]);
                if (looked_at[i]) {
                    reel_retain_grad(p.values[i]);
                }
            }
        }
        ck_assert_int_eq(reel_backward(p.loss), REEL_OK);
        ck_assert_int_eq(reel_backward_with(kept.loss, &recorded), REEL_OK);
        for (int i = 2; i < LENGTH + 2; i++) {
            if (looked_at[i] && reel_grad(kept.values[i])) {
                check_same(reel_grad(kept.values[i]), reel_grad(p.values[i]), "a kept gradient",
                           &p);
            }
        }
        ck_assert_int_eq(looks, seed % 2);
        check_same(reel_grad(kept.a), reel_grad(p.a), "a leaf's gradient", &p);
        check_same(reel_grad(kept.b), reel_grad(p.b), "a leaf's gradient", &p);
        reel_free(p.r);
        reel_free(kept.r);
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, gradients_that_are_looked_at);
    tcase_add_loop_test(cases, to_the_same_bits, 0, LEVELS * SIZES);
}

int main(void) { return run_suite("chains", add_cases); }
