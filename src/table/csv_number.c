/* SPDX-License-Identifier: MIT */
/* A number is undressed into a buffer, and read there. */
#include "csv_number.h"

#include <string.h>

enum { LONGEST = 64 };

/* What may stand before or behind a number without changing it. */
static const char *const currencies[] = {"$",
                                         "\xe2\x82\xac" /* euro */,
                                         "\xc2\xa3" /* pound */,
                                         "\xc2\xa5" /* yen */,
                                         "\xe2\x82\xb9" /* rupee */,
                                         "USD",
                                         "EUR",
                                         "GBP",
                                         "CHF",
                                         "JPY"};
/* Spaces of other widths, by their bytes. */
static const char *const spaces[] = {" ", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89"};
static const char minus[] = "\xe2\x88\x92";

/* A part of a text. */
typedef struct part {
    const char *start;
    size_t length;
} part;

static bool takes_start(part *p, const char *word)
{
    size_t n = strlen(word);
    bool there = p->length >= n && memcmp(p->start, word, n) == 0;
    p->start += there ? n : 0;
    p->length -= there ? n : 0;
    return there;
}

static bool takes_end(part *p, const char *word)
{
    size_t n = strlen(word);
    bool there = p->length >= n && memcmp(p->start + p->length - n, word, n) == 0;
    p->length -= there ? n : 0;
    return there;
}

static void trim(part *p)
{
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        while (takes_start(p, spaces[i]) || takes_end(p, spaces[i])) {
            i = 0;
        }
    }
}

static void take_currency(part *p)
{
    bool taken = false;
    for (size_t i = 0; !taken && i < sizeof currencies / sizeof *currencies; i++) {
        taken = takes_start(p, currencies[i]) || takes_end(p, currencies[i]);
    }
    trim(p);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Whether what stands at p is the mark between thousands, of so many bytes: three digits follow,
 * and no fourth. A space may be any. */
static size_t mark_at(const part *p, size_t i, char thousands)
{
    size_t n = p->start[i] == thousands;
    for (size_t k = 1; thousands == ' ' && !n && k < sizeof spaces / sizeof *spaces; k++) {
        size_t length = strlen(spaces[k]);
        n = p->length - i > length && memcmp(p->start + i, spaces[k], length) == 0 ? length : 0;
    }
    const char *after = p->start + i + n;
    bool three = n && i > 0 && is_digit(p->start[i - 1]) && p->length - i >= n + 3 &&
                 is_digit(after[0]) && is_digit(after[1]) && is_digit(after[2]) &&
                 (p->length - i == n + 3 || !is_digit(after[3]));
    return three ? n : 0;
}

/* Without the marks between thousands; false if it is too long. */
static bool copy_plain(part p, char decimal, char thousands, char *to, size_t *length)
{
    bool whole = true; /* before the decimal point, where thousands are */
    *length = 0;
    for (size_t i = 0; i < p.length;) {
        size_t mark = whole && thousands ? mark_at(&p, i, thousands) : 0;
        whole = whole && p.start[i] != decimal;
        if (mark) {
            i += mark;
        } else if (*length + 1 < LONGEST) {
            to[(*length)++] = p.start[i++];
        } else {
            return false;
        }
    }
    to[*length] = '\0';
    return true;
}

reeli_reading reeli_read_dressed(const char *text, size_t length, char decimal, char thousands,
                                 double *value)
{
    part p = {text, length};
    char plain[LONGEST];
    bool negative = p.length > 2 && takes_start(&p, "(");
    if (negative && !takes_end(&p, ")")) {
        return REELI_NOT_A_NUMBER;
    }
    bool signed_first = !negative && (takes_start(&p, minus) || takes_start(&p, "-"));
    trim(&p);
    take_currency(&p);
    bool percent = takes_end(&p, "%");
    trim(&p);
    bool signed_last =
        !negative && !signed_first && (takes_start(&p, minus) || takes_start(&p, "-"));
    if (p.length == 0 || (!is_digit(*p.start) && *p.start != decimal && *p.start != '+') ||
        ((negative || signed_first) && *p.start == '+') ||
        !copy_plain(p, decimal, thousands, plain, &length)) {
        return REELI_NOT_A_NUMBER;
    }
    reeli_reading what = reeli_read_number(plain, length, decimal, value);
    *value = negative || signed_first || signed_last ? -*value : *value;
    *value = percent ? *value / 100 : *value;
    return what;
}
