/* SPDX-License-Identifier: MIT */
/* The bits of doubles, of negative ones turned round, are in the numbers' order: so the digits of
 * the one that is looked for are found from the first on, each by counting, until few begin with
 * them. */
#include "selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGIT_MASK = (1 << DIGIT_BITS) - 1, FIRST_DIGIT = 55, FEW = 2048 };
static const uint64_t sign = (uint64_t)1 << 63;

static uint64_t order_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static double number_of(uint64_t order)
{
    const uint64_t bits = order & sign ? order ^ sign : ~order;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* How many of those that begin with `digits` have each next digit. */
static void count_digits(const reeli_numbers *it, uint64_t digits, int shift, int64_t *count)
{
    const double *block;
    memset(count, 0, (DIGIT_MASK + 1) * sizeof *count);
    it->begin(it->of);
    for (int64_t n; (n = it->next(it->of, &block)) > 0;) {
        for (int64_t i = 0; i < n; i++) {
            const uint64_t order = order_of(block[i]) >> shift;
            count[order & DIGIT_MASK] += order >> DIGIT_BITS == digits;
        }
    }
}

static int by_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Number k of the few that begin with `digits`, and the one before it, if that does, too. */
static double among_few(const reeli_numbers *it, uint64_t digits, int shift, int64_t k,
                        double *before)
{
    uint64_t few[FEW];
    const double *block;
    int64_t found = 0;
    it->begin(it->of);
    for (int64_t n; (n = it->next(it->of, &block)) > 0;) {
        for (int64_t i = 0; i < n && found < FEW; i++) {
            few[found] = order_of(block[i]);
            found += few[found] >> shift == digits;
        }
    }
    qsort(few, (size_t)found, sizeof *few, by_order);
    if (k > 0 && k < found) {
        *before = number_of(few[k - 1]);
    }
    return k < found ? number_of(few[k]) : (double)NAN;
}

/* Finds the next digit of the number that *k others are below, and how many have it; less than 0,
 * if there are no more than *k. */
static int64_t find_digit(const reeli_numbers *it, uint64_t *digits, int shift, int64_t *k)
{
    int64_t count[DIGIT_MASK + 1];
    uint64_t digit = 0;
    count_digits(it, *digits, shift, count);
    while (digit <= DIGIT_MASK && *k >= count[digit]) {
        *k -= count[digit++];
    }
    *digits = *digits << DIGIT_BITS | digit;
    return digit > DIGIT_MASK ? -1 : count[digit];
}

/* The same of all; *before is left as it is where number k - 1 has other digits. */
static double find_number(const reeli_numbers *it, int64_t k, double *before)
{
    uint64_t digits = 0;
    for (int shift = FIRST_DIGIT; shift >= 0; shift -= DIGIT_BITS) {
        const int64_t left = find_digit(it, &digits, shift, &k);
        if (left < 0) {
            return (double)NAN;
        }
        if (left <= FEW && shift > 0) {
            return among_few(it, digits, shift, k, before);
        }
    }
    if (k > 0) {
        *before = number_of(digits);
    }
    return number_of(digits);
}

double reeli_kth_number(const reeli_numbers *it, int64_t k, double *before)
{
    double found = (double)NAN, unused;
    const double number = find_number(it, k, &found);
    if (before) {
        *before = isnan(found) && !isnan(number) ? find_number(it, k - 1, &unused) : found;
    }
    return number;
}
