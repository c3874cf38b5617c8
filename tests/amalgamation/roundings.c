/* SPDX-License-Identifier: MIT */
/* A product and a sum are two roundings, whatever the compiler may use: formulas that hold both,
 * against the same in steps that are stored. */
#include <reel/reel.h>
#include <stdio.h>

enum { N = 1000 };

static float rounded(float x)
{
    volatile float stored = x;
    return stored;
}

/* How many of N elements are not what they should be. */
static int differ(const char *what, reel_tensor *got, const float *expected)
{
    const float *x = reel_data_f32(got);
    int count = 0;
    for (int i = 0; i < N; i++) {
        count += x[i] != expected[i];
    }
    if (count) {
        printf("%s: %d of %d elements are rounded otherwise\n", what, count, N);
    }
    return count;
}

/* d tanh x / dx = 1 - y². */
static int gradient_of_tanh(reel *r)
{
    float expected[N];
    reel_tensor *x = reel_requires_grad_(reel_randn(r, REEL_F32, REEL_SHAPE(N)), true);
    reel_tensor *y = reel_tanh(x);
    reel_backward(reel_sum(y));
    for (int i = 0; i < N; i++) {
        const float value = reel_data_f32(y)[i];
        expected[i] = 1 - rounded(value * value);
    }
    return differ("gradient of tanh", reel_grad(x), expected);
}

/* a + 0.7 b c. */
static int addcmul(reel *r)
{
    float expected[N];
    reel_tensor *t[3];
    for (int i = 0; i < 3; i++) {
        t[i] = reel_randn(r, REEL_F32, REEL_SHAPE(N));
    }
    const float *a = reel_data_f32(t[0]), *b = reel_data_f32(t[1]), *c = reel_data_f32(t[2]);
    for (int i = 0; i < N; i++) {
        expected[i] = a[i] + rounded(rounded(0.7F * b[i]) * c[i]);
    }
    return differ("addcmul", reel_addcmul(t[0], t[1], t[2], 0.7), expected);
}

int main(void)
{
    reel *r = reel_new();
    const int failed = gradient_of_tanh(r) + addcmul(r) + reel_failed(r);
    reel_free(r);
    return failed != 0;
}
