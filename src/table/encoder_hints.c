/* SPDX-License-Identifier: MIT */
/* What columns may have been meant to be: dates in another format, numbers with a unit, a number
 * that stands for a missing value. */
#include "date.h"
#include "encoder_fit.h"

#include <stdio.h>
#include <string.h>

/* Formats of dates as they are often written; ISO, "", among them. */
static const char *const formats[] = {
    "",         "%d.%m.%Y", "%d/%m/%Y",       "%m/%d/%Y",      "%d-%m-%Y",
    "%d.%m.%y", "%m/%d/%y", "%d-%b-%Y",       "%d %b %Y",      "%b %d, %Y",
    "%Y/%m/%d", "%Y%m%d",   "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M"};
enum { FORMATS = sizeof formats / sizeof *formats, LONGEST_UNIT = 15, LOOKED_AT = 1000 };

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

/* How many of a column's texts are dates, by whatever format; how many by each. */
static size_t count_dates(const reeli_fit *f, size_t column, const int64_t *counts, size_t looked,
                          size_t by[FORMATS])
{
    size_t dates = 0;
    for (size_t i = 0; i < looked; i++) {
        double seconds;
        bool any = false;
        for (size_t k = 0; k < FORMATS && counts[i] > 0; k++) {
            bool is = reeli_read_date(reel_table_category(f->t, column, i), formats[k], &seconds);
            by[k] += is;
            any = any || is;
        }
        dates += any;
    }
    return dates;
}

/* False if most of its texts are no dates. */
static bool tell_dates(const reeli_fit *f, size_t column, const int64_t *counts)
{
    size_t by[FORMATS] = {0}, best = 0, different;
    size_t looked = looked_at(f, column, counts, &different);
    size_t dates = count_dates(f, column, counts, looked, by);
    for (size_t k = 1; k < FORMATS; k++) {
        best = by[k] > by[best] ? k : best;
    }
    if (2 * dates <= different) {
        return false;
    }
    const char *name = REELI_QUOTED(reel_table_name(f->t, column));
    if (10 * by[best] >= 9 * dates && best > 0) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' looks like dates: if it is, say their format, such as %s",
                   REELI_TABLE_TEXT_OF(f->t), name, formats[best]);
    } else {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' looks like dates in several formats: a column has to have one",
                   REELI_TABLE_TEXT_OF(f->t), name);
    }
    return true;
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
    if (!tell_dates(f, column, counts)) {
        tell_unit(f, column, counts);
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
