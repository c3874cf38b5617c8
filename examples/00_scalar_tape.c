/* SPDX-License-Identifier: MIT */
/*
 * Lesson 0: the whole idea, with numbers instead of tensors and a tape of our own.
 *
 * A computation is written down as it is done: each row of the tape has a value, the rows that it
 * was computed from, and how it changes with each of them. An input stands in an earlier row than
 * what is made of it, always. So one loop from the last row to the first is enough: when it comes
 * to a row, all that was made of that row has already said what its share in the gradient is, and
 * the row passes the sum on to its own inputs. That loop is the chain rule, and it is all of
 * backward().
 *
 * Reel does the same. What it adds is in five files:
 *   a row is a node, and its inputs are edges       src/autograd/tape.h
 *   operations put nodes on the tape                src/autograd/tape.c
 *   the loop, and where gradients end up            src/autograd/backward.c
 *   values and rules, a line for each operation     src/kernel/elementwise_hot.def
 *   memory that one rewind takes back               src/base/arena.c
 * There a row keeps its rule and the inputs instead of finished slopes, so that gradients are
 * tensors computed by operations, which can be written down and differentiated again.
 */
#include <math.h>
#include <reel/reel.h>
#include <stdio.h>

typedef struct row {
    double value;
    double gradient; /* d last / d this */
    int input[2];    /* rows before it; -1: none */
    double slope[2]; /* d this / d input */
} row;

typedef struct tape {
    row of[64];
    int count;
} tape;

static int record(tape *t, double value, int a, double slope_a, int b, double slope_b)
{
    t->of[t->count] = (row){value, 0, {a, b}, {slope_a, slope_b}};
    return t->count++;
}

static int number(tape *t, double value) { return record(t, value, -1, 0, -1, 0); }

static int add(tape *t, int a, int b)
{
    return record(t, t->of[a].value + t->of[b].value, a, 1, b, 1);
}

static int multiply(tape *t, int a, int b)
{
    const double x = t->of[a].value, y = t->of[b].value;
    return record(t, x * y, a, y, b, x);
}

static int power(tape *t, int a, double n)
{
    const double x = t->of[a].value;
    return record(t, pow(x, n), a, n * pow(x, n - 1), -1, 0);
}

static int relu(tape *t, int a)
{
    const double x = t->of[a].value;
    return record(t, x > 0 ? x : 0, a, x > 0 ? 1 : 0, -1, 0);
}

/* What is put together from these needs no rule of its own. */
static int times(tape *t, int a, double n) { return multiply(t, a, number(t, n)); }
static int plus(tape *t, int a, double n) { return add(t, a, number(t, n)); }
static int subtract(tape *t, int a, int b) { return add(t, a, times(t, b, -1)); }

static void backward(tape *t, int last)
{
    t->of[last].gradient = 1;
    for (int i = last; i >= 0; i--) {
        const row *it = &t->of[i];
        for (int k = 0; k < 2; k++) {
            if (it->input[k] >= 0) {
                t->of[it->input[k]].gradient += it->slope[k] * it->gradient;
            }
        }
    }
}

/* An expression in which a and b are used many times over; it is micrograd's first
 * example, which gives 24.7041, 138.8338 and 645.5773. */
static int on_our_tape(tape *t, int a, int b)
{
    int c = add(t, a, b);
    int d = add(t, multiply(t, a, b), power(t, b, 3));
    c = add(t, c, plus(t, c, 1));
    c = add(t, c, subtract(t, plus(t, c, 1), a));
    d = add(t, d, add(t, times(t, d, 2), relu(t, add(t, b, a))));
    d = add(t, d, add(t, times(t, d, 3), relu(t, subtract(t, b, a))));
    const int f = power(t, subtract(t, c, d), 2);
    return add(t, times(t, f, 0.5), times(t, power(t, f, -1), 10));
}

/* The same in Reel: a function for each of ours, and the tape is the reel's. */
static reel_tensor *on_reels_tape(reel_tensor *a, reel_tensor *b)
{
    reel_tensor *c = reel_add(a, b);
    reel_tensor *d = reel_add(reel_mul(a, b), reel_pow_scalar(b, 3));
    c = reel_add(c, reel_add_scalar(c, 1));
    c = reel_add(c, reel_sub(reel_add_scalar(c, 1), a));
    d = reel_add(d, reel_add(reel_mul_scalar(d, 2), reel_relu(reel_add(b, a))));
    d = reel_add(d, reel_add(reel_mul_scalar(d, 3), reel_relu(reel_sub(b, a))));
    reel_tensor *f = reel_pow_scalar(reel_sub(c, d), 2);
    return reel_add(reel_mul_scalar(f, 0.5), reel_mul_scalar(reel_pow_scalar(f, -1), 10));
}

int main(void)
{
    tape t = {.count = 0};
    const int a = number(&t, -4), b = number(&t, 2);
    const int g = on_our_tape(&t, a, b);
    backward(&t, g);

    reel *r = reel_new();
    reel_tensor *ra = reel_requires_grad_(reel_scalar(r, REEL_F64, -4), true);
    reel_tensor *rb = reel_requires_grad_(reel_scalar(r, REEL_F64, 2), true);
    reel_tensor *rg = on_reels_tape(ra, rb);
    reel_backward(rg);

    printf("            our tape        Reel\n");
    printf("g        %11.6f %11.6f\n", t.of[g].value, reel_item(rg));
    printf("dg / da  %11.6f %11.6f\n", t.of[a].gradient, reel_item(reel_grad(ra)));
    printf("dg / db  %11.6f %11.6f\n", t.of[b].gradient, reel_item(reel_grad(rb)));
    printf("Our tape has %d rows.\n", t.count);

    const int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
