/* SPDX-License-Identifier: MIT */
/* The fused multiply-adds of our own, and those that the kernels use here, against exact fractions
 * and, where it is known to round once, against the C library's. */
#include "records.h"

#include <fma.h>

/* The same number, zeros with their signs. */
static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && !signbit(a) == !signbit(b));
}

static void check_case(const record *it)
{
    const double a = record_number(it, 1), b = record_number(it, 2), c = record_number(it, 3);
    const double expected = record_number(it, 4);
    double own, used;
    if (record_dtype(it, 0) == REEL_F32) {
        own = (double)reeli_fmaf_in_software((float)a, (float)b, (float)c);
        used = (double)reeli_fmaf((float)a, (float)b, (float)c);
    } else {
        own = reeli_fma_in_software(a, b, c);
        used = reeli_fma(a, b, c);
    }
    ck_assert_msg(same(own, expected) && same(used, expected), "%s: %a * %a + %a: %a, %a, not %a",
                  it->word[0], a, b, c, own, used, expected);
}

START_TEST(is_rounded_once)
{
    record it;
    int count = 0;
    for (FILE *file = open_records("fma/cases.txt"); next_record(file, &it); count++) {
        check_case(&it);
    }
    ck_assert_int_gt(count, 0);
}
END_TEST

#if defined(__GLIBC__) || defined(REELI_FMA_INSTRUCTION)
static uint64_t state = 7;

static uint64_t random_bits(void) /* xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717U;
}

/* Any bits, but every second number of a size near 1, so that sums of them cancel or tie, and every
 * second one with few digits. */
static uint64_t any_bits(int digits, int exponents)
{
    const uint64_t bias = ((uint64_t)1 << (exponents - 1)) - 1,
                   exponent = ((uint64_t)1 << exponents) - 1;
    uint64_t bits = random_bits() >> (64 - 1 - exponents - digits);
    if (random_bits() & 1) {
        bits = (bits & ~(exponent << digits)) | (bias + random_bits() % 5) << digits;
    }
    if (random_bits() & 1) {
        bits &= ~(uint64_t)0 << (random_bits() % (uint64_t)digits);
    }
    return bits;
}

static double any_double(void)
{
    const uint64_t bits = any_bits(52, 11);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float any_float(void)
{
    const uint32_t bits = (uint32_t)any_bits(23, 8);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

START_TEST(agrees_with_the_library)
{
    for (int i = 0; i < 100000; i++) {
        const double a = any_double(), b = any_double();
        const double c = i % 3 ? any_double() : -a * b;
        const double got = reeli_fma_in_software(a, b, c), expected = fma(a, b, c);
        ck_assert_msg(same(got, expected), "%a * %a + %a: %a, not %a", a, b, c, got, expected);
    }
}
END_TEST

enum { BLOCK = 1000 };

/* Of floats in a loop, which the compiler may do in vectors. */
START_TEST(agrees_in_vectors)
{
    state = 7 + (uint64_t)_i;
    float a[BLOCK], b[BLOCK], c[BLOCK], own[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
        a[i] = any_float(), b[i] = any_float();
        c[i] = i % 3 ? any_float() : i % 2 ? -a[i] * b[i] : a[i] * b[i] * 0x1p24F;
    }
    for (int i = 0; i < BLOCK; i++) {
        own[i] = reeli_fmaf_in_software(a[i], b[i], c[i]);
    }
    for (int i = 0; i < BLOCK; i++) {
        const float theirs = fmaf(a[i], b[i], c[i]);
        ck_assert_msg(same((double)own[i], (double)theirs), "%a * %a + %a: %a, not %a",
                      (double)a[i], (double)b[i], (double)c[i], (double)own[i], (double)theirs);
    }
}
END_TEST
#endif

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, is_rounded_once);
#if defined(__GLIBC__) || defined(REELI_FMA_INSTRUCTION)
    tcase_add_test(cases, agrees_with_the_library);
    tcase_add_loop_test(cases, agrees_in_vectors, 0, 200);
#endif
}

int main(void) { return run_suite("fma", add_cases); }
