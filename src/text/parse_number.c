/* SPDX-License-Identifier: MIT */
/*
 * A number is w 10^e with a whole w. Up to 19 digits w fits in 64 bits, and then nearly all numbers
 * that files have take one of two ways that round once, so exactly:
 *
 *   w below 2^53 and |e| <= 22: both are doubles, and one division or product rounds
 *   |e| <= 19: both are integers, of 128 bits when multiplied; the conversion to double rounds
 *
 * The rest goes to strtod.
 *
 * Source: Clinger, How to read floating point numbers accurately, PLDI 1990, for the first.
 */
#include "parse_number.h"

#include "arithmetic.h"
#include "c_locale.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

enum { DIGITS_OF_64_BITS = 19, EXACT_POWERS = 22 };

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* What the text says. */
typedef struct parts {
    const char *end; /* what comes after the number */
    bool negative;
    int64_t digits; /* of w, leading zeros included */
    uint64_t w;     /* right up to 19 digits */
    int64_t e;
} parts;

static int64_t read_exponent(const char **at)
{
    const char *p = *at + 1;
    bool negative = *p == '-';
    int64_t e = 0;
    p += *p == '-' || *p == '+';
    if (!is_digit(*p)) {
        return 0; /* the number has ended before the e */
    }
    for (; is_digit(*p); p++) {
        e = e < INT32_MAX ? 10 * e + (*p - '0') : e;
    }
    *at = p;
    return negative ? -e : e;
}

static inline parts split(const char *text, char decimal)
{
    parts it = {.negative = *text == '-'};
    const char *p = text + (*text == '-' || *text == '+'), *start = p;
    for (; is_digit(*p); p++) {
        it.w = 10 * it.w + (uint64_t)(*p - '0');
    }
    it.digits = p - start;
    if (*p == decimal) {
        const char *point = p++;
        for (; is_digit(*p); p++) {
            it.w = 10 * it.w + (uint64_t)(*p - '0');
        }
        it.e = point + 1 - p;
        it.digits -= it.e;
    }
    if (*p == 'e' || *p == 'E') {
        it.e += read_exponent(&p);
    }
    it.end = p;
    return it;
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

/* w 10^e, |e| at most 19, rounded once. In a quotient of at least 63 bits the last bit stands for
 * all that the division left over: rounding to 53 asks no more of it than whether there is any. */
static double scaled(uint64_t w, int e)
{
    uint64_t power = 1;
    for (int i = abs(e); i > 0; i--) {
        power *= 10;
    }
    if (e >= 0) {
        return (double)((wide)w * power);
    }
    int shift = __builtin_clzll(w);
    wide dividend = (wide)(w << shift) << 64, quotient = dividend / power;
    quotient |= quotient * power != dividend;
    return ldexp((double)quotient, -64 - shift);
}
#endif

/* Whether one of the two quick ways is open; then the number's size is in *value. */
static inline bool read_exactly(const parts *it, double *value)
{
    static const double powers[EXACT_POWERS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (it->digits > DIGITS_OF_64_BITS) {
        return false;
    }
    if (it->w <= (uint64_t)1 << 53 && it->e >= -EXACT_POWERS && it->e <= EXACT_POWERS) {
        double w = (double)it->w;
        *value = it->e < 0 ? w / powers[-it->e] : w * powers[it->e];
        return true;
    }
#ifdef __SIZEOF_INT128__
    if (it->w > 0 && it->e >= -DIGITS_OF_64_BITS && it->e <= DIGITS_OF_64_BITS) {
        *value = scaled(it->w, (int)it->e);
        return true;
    }
#endif
    return false;
}

/* By the C library, in C's own locale: the process's may have decimal commas. */
static reeli_reading read_slowly(char *text, size_t length, char decimal, double *value)
{
    reeli_c_locale c;
    if (!reeli_c_locale_begin(&c)) {
        return REELI_NO_LOCALE;
    }
    size_t at = 0;
    while (at < length && text[at] != decimal) {
        at++;
    }
    char was = text[at];
    text[at] = was ? '.' : '\0';
    *value = strtod(text, NULL);
    reeli_c_locale_end(&c);
    text[at] = was;
    return isfinite(*value) ? REELI_A_NUMBER : REELI_INFINITE;
}

static bool is_infinity(const char *text)
{
    text += *text == '-' || *text == '+';
    return strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0;
}

reeli_reading reeli_read_number(char *text, size_t length, char decimal, double *value)
{
    parts it = split(text, decimal);
    if (it.digits == 0 || it.end != text + length) {
        return is_infinity(text) ? REELI_INFINITE : REELI_NOT_A_NUMBER;
    }
    if (!read_exactly(&it, value)) {
        return read_slowly(text, length, decimal, value);
    }
    *value = it.negative ? -*value : *value;
    return REELI_A_NUMBER;
}
