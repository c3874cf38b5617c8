/* SPDX-License-Identifier: MIT */
/* The bits of doubles, of negative ones turned round, are in the numbers' order: so the digits of
 * the one that is looked for are found from the first to the last, each by counting. */
#include "selection.h"

#include <string.h>

enum { DIGIT_BITS = 11, DIGIT_MASK = (1 << DIGIT_BITS) - 1, FIRST_DIGIT = 55 };
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

double reeli_kth_number(const reeli_numbers *it, int64_t k)
{
    uint64_t digits = 0;
    for (int shift = FIRST_DIGIT; shift >= 0; shift -= DIGIT_BITS) {
        int64_t count[DIGIT_MASK + 1];
        uint64_t digit = 0;
        count_digits(it, digits, shift, count);
        while (digit < DIGIT_MASK && k >= count[digit]) {
            k -= count[digit++];
        }
        digits = digits << DIGIT_BITS | digit;
    }
    return number_of(digits);
}
