/* SPDX-License-Identifier: MIT */
/* What columns may have been meant to be: numbers with a unit, a number that stands for a missing
 * value. */
#include "date.h"
#include "encoder_fit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_UNIT = 15, LOOKED_AT = 1000 };

/* The first texts are enough. */
static size_t looked_at(const reeli_fit *f, size_t column, const int64_t *counts, size_t *different)
{
    size_t all = reel_table_categories(f->t, column), looked = all < LOOKED_AT ? all : LOOKED_AT;
    *different = 0;
    for (size_t i = 0; i < looked; i++) {
        *different += counts[i] > 0;
    }
    return looked;
}

/* What stands behind a number; NULL: there is no number, or nothing. */
static const char *unit_of(const char *text)
{
    size_t digits = strspn(text, "+-.,0123456789");
    const char *unit = text + digits;
    bool number = strpbrk(text, "0123456789") < unit && digits > 0;
    unit += strspn(unit, " ");
    return number && *unit && strlen(unit) <= LONGEST_UNIT && !strpbrk(unit, "0123456789") ? unit
                                                                                           : NULL;
}

static void tell_unit(const reeli_fit *f, size_t column, const int64_t *counts)
{
    const char *unit = NULL;
    size_t same = 0, different, looked = looked_at(f, column, counts, &different);
    for (size_t i = 0; i < looked; i++) {
        const char *own = counts[i] > 0 ? unit_of(reel_table_category(f->t, column, i)) : NULL;
        unit = unit ? unit : own;
        same += own && strcmp(own, unit) == 0;
    }
    if (unit && different >= 5 && 10 * same >= 9 * different) {
        reeli_warn(
            f->t->owned.r,
            "%scolumn '%s' has '%s' behind its numbers, and is taken for text: they are read "
            "as numbers without it",
            REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(reel_table_name(f->t, column)),
            REELI_QUOTED(unit));
    }
}

void reeli_fit_hint_at_text(const reeli_fit *f, size_t column, const int64_t *counts)
{
    if (!reeli_fit_hint_at_dates(f, column, counts)) {
        tell_unit(f, column, counts);
    }
}

/* Whether a number is a date's eight digits, as 20240229, of the last centuries. */
static bool is_compact_date(double x)
{
    char text[16];
    double seconds;
    bool whole = x >= 18000101 && x <= 21001231 && x == floor(x);
    return whole && snprintf(text, sizeof text, "%.0f", x) > 0 &&
           reeli_read_date(text, "%Y%m%d", &seconds);
}

void reeli_fit_hint_at_compact_dates(const reeli_fit *f, size_t column)
{
    reeli_cursor numbers;
    bool all = reeli_cursor_open(&numbers, f->t, column);
    for (int64_t i = 0; all && i < f->rows.count; i++) {
        double x = reeli_number_at(&numbers, reeli_row(f->rows, i));
        all = isnan(x) || is_compact_date(x);
    }
    reeli_cursor_close(&numbers);
    if (all) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' looks like dates: if it is, say their format, %%Y%%m%%d",
                   REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(reel_table_name(f->t, column)));
    }
}

void reeli_fit_hint_at_code(const reeli_fit *f, size_t column, reeli_code code)
{
    if (code.count > 0) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s': %.9g comes %lld times, far from all other values: if it stands "
                   "for a missing one, say so",
                   REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(reel_table_name(f->t, column)),
                   code.value, (long long)code.count);
    }
}
