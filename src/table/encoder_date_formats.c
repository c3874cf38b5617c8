/* SPDX-License-Identifier: MIT */
/* By which formats a column's texts are dates. */
#include "counted.h"
#include "date.h"
#include "encoder_fit.h"

#include <stdio.h>
#include <string.h>

/* Formats as they are often written; ISO, "", among them. The last row's are not taken for a
 * column's unless they are asked for: two digits may be a year, and eight any number. */
static const char *const usual[] = {"",
                                    "%d.%m.%Y",
                                    "%d/%m/%Y",
                                    "%m/%d/%Y",
                                    "%d-%m-%Y",
                                    "%m-%d-%Y",
                                    "%Y/%m/%d",
                                    "%d-%b-%Y",
                                    "%d %b %Y",
                                    "%b %d, %Y",
                                    "%b-%d-%Y",
                                    "%d.%m.%Y %H:%M",
                                    "%d/%m/%Y %H:%M",
                                    "%m/%d/%Y %H:%M",
                                    "%Y/%m/%d %H:%M",
                                    "%d.%m.%Y %H:%M:%S",
                                    "%d/%m/%Y %H:%M:%S",
                                    "%m/%d/%Y %H:%M:%S",
                                    "%Y/%m/%d %H:%M:%S",
                                    "%d.%m.%y",
                                    "%d/%m/%y",
                                    "%m/%d/%y",
                                    "%Y%m%d"};
enum { USUAL = sizeof usual / sizeof *usual, TO_ASK_FOR = 4, ODD_SHARE = 10, LOOKED_AT = 1000 };

/* Formats, in the order in which they are tried. */
typedef struct formats {
    const char *all[REELI_MOST_FORMATS];
    size_t count;
    bool given;
} formats;

/* What a column's texts say of some formats. */
typedef struct verdict {
    uint64_t used;       /* a bit for each format that they need */
    int64_t open;        /* rows that are two dates by those, or none of them but of others */
    const char *example; /* the first of those */
    bool dates;
} verdict;

static formats of_options(const reeli_fit *f)
{
    formats it = {.given = true};
    for (size_t i = 0; i < f->options->date_format_count; i++) {
        it.all[it.count++] = f->options->date_formats[i];
    }
    it.all[it.count++] = "";
    return it;
}

static formats of_habit(size_t count)
{
    formats it = {.count = count};
    memcpy(it.all, usual, count * sizeof *usual);
    return it;
}

/* The formats by which a text is a date. */
static uint64_t ways(const formats *it, const char *text)
{
    uint64_t set = 0;
    double seconds;
    for (size_t k = 0; k < it->count; k++) {
        set |= (uint64_t)reeli_read_date(text, it->all[k], &seconds) << k;
    }
    return set;
}

/* Which formats of a set say something else than the first one; the first one in *first. */
static uint64_t contradictions(const formats *it, uint64_t set, const char *text, size_t *first)
{
    double said = 0, seconds;
    uint64_t others = 0;
    *first = it->count;
    for (size_t k = 0; k < it->count; k++) {
        if (set >> k & 1 && reeli_read_date(text, it->all[k], &seconds)) {
            others |= (uint64_t)(*first < it->count && seconds != said) << k;
            said = *first < it->count ? said : seconds;
            *first = *first < it->count ? *first : k;
        }
    }
    return others;
}

/* Of formats that are given the first that reads a text; of others those that a text is a date by
 * alone. */
static uint64_t needed(const formats *it, uint64_t set)
{
    uint64_t first = set & (~set + 1);
    return it->given || set == first ? first : 0;
}

/* Whether all but a few of the rows are dates by some of the formats. */
static verdict judge(const reeli_fit *f, size_t column, const int64_t *counts, const formats *it)
{
    verdict v = {0};
    size_t texts = reel_table_categories(f->t, column), first;
    int64_t dates = 0, odd = 0;
    for (size_t i = 0; i < texts && odd * ODD_SHARE <= f->rows.count; i++) {
        uint64_t set = counts[i] > 0 ? ways(it, reel_table_category(f->t, column, i)) : 0;
        *(set ? &dates : &odd) += counts[i];
        v.used |= needed(it, set);
    }
    v.dates = dates > 0 && odd * ODD_SHARE <= dates + odd;
    for (size_t i = 0; i < texts && v.dates && it->count > 1; i++) {
        const char *text = reel_table_category(f->t, column, i);
        uint64_t set = counts[i] > 0 ? ways(it, text) : 0;
        if (set && (!(set & v.used) || contradictions(it, set & v.used, text, &first))) {
            v.open += counts[i];
            v.example = v.example ? v.example : text;
        }
    }
    return v;
}

/* ISO's is the empty text. */
static const char *shown(const char *format) { return *format ? format : "ISO 8601"; }

/* The formats that are used, with something between them. */
static void join(const formats *it, uint64_t used, const char *between, bool names, char *to)
{
    size_t place = 0;
    for (size_t k = 0; k < it->count; k++) {
        if (used >> k & 1) {
            const char *one = names ? shown(it->all[k]) : it->all[k];
            int length = snprintf(to + place, REELI_FORMATS_SIZE - place, "%s%s",
                                  used & ((UINT64_C(1) << k) - 1) ? between : "", one);
            place += (size_t)length;
        }
    }
}

static void tell_formats(const reeli_fit *f, size_t column, const formats *it, const verdict *v)
{
    char list[REELI_FORMATS_SIZE];
    join(it, v->used, ", ", true, list);
    if (!it->given) {
        reeli_warn(f->t->owned.r, "%scolumn '%s' has dates, by %s", REELI_TABLE_TEXT_OF(f->t),
                   REELI_QUOTED(reel_table_name(f->t, column)), list);
    } else if (v->open) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s': %s of dates that the formats do not agree on, such as '%s': the "
                   "first of %s counts",
                   REELI_TABLE_TEXT_OF(f->t), REELI_QUOTED(reel_table_name(f->t, column)),
                   REELI_COUNTED(v->open, "row"), REELI_QUOTED(v->example), list);
    }
}

bool reeli_fit_are_dates(const reeli_fit *f, size_t column, const int64_t *counts,
                         char format[REELI_FORMATS_SIZE])
{
    formats it = of_options(f);
    verdict v = judge(f, column, counts, &it);
    if (!v.dates) {
        it = of_habit(USUAL - TO_ASK_FOR);
        v = judge(f, column, counts, &it);
        v.dates = v.dates && !v.open;
    }
    if (v.dates) {
        tell_formats(f, column, &it, &v);
        join(&it, v.used, "|", false, format);
    }
    return v.dates;
}

/* What the first texts, which are enough, say of the usual formats. */
typedef struct habit {
    size_t different, dates, by[USUAL], best;
    const char *odd, *open;    /* no date; one by two formats */
    size_t by_one, by_another; /* which are these */
} habit;

static habit look(const reeli_fit *f, size_t column, const int64_t *counts, const formats *it)
{
    habit h = {0};
    size_t texts = reel_table_categories(f->t, column), first;
    for (size_t i = 0; i < texts && i < LOOKED_AT; i++) {
        const char *text = reel_table_category(f->t, column, i);
        uint64_t set = counts[i] > 0 ? ways(it, text) : 0;
        uint64_t others = contradictions(it, set, text, &first);
        h.different += counts[i] > 0;
        h.dates += set != 0;
        h.odd = h.odd || set || counts[i] == 0 ? h.odd : text;
        for (size_t k = 0; k < it->count; k++) {
            h.by[k] += set >> k & 1;
            h.best = h.by[k] > h.by[h.best] ? k : h.best;
            if (!h.open && others >> k & 1) {
                h.open = text;
                h.by_one = first;
                h.by_another = k;
            }
        }
    }
    return h;
}

bool reeli_fit_hint_at_dates(const reeli_fit *f, size_t column, const int64_t *counts)
{
    formats it = of_habit(USUAL);
    habit h = look(f, column, counts, &it);
    if (2 * h.dates <= h.different) {
        return false;
    }
    const char *name = REELI_QUOTED(reel_table_name(f->t, column));
    bool best_has_all =
        h.by[h.best] == h.dates && (!h.open || h.by[h.by_one] != h.by[h.by_another]);
    if (h.open && !best_has_all) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' looks like dates, but '%s' can be one by %s and another by %s: "
                   "say their format",
                   REELI_TABLE_TEXT_OF(f->t), name, REELI_QUOTED(h.open), it.all[h.by_one],
                   it.all[h.by_another]);
    } else if (h.odd) {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' looks like dates, but '%s' is none in a usual format: say its "
                   "format",
                   REELI_TABLE_TEXT_OF(f->t), name, REELI_QUOTED(h.odd));
    } else {
        reeli_warn(f->t->owned.r,
                   "%scolumn '%s' looks like dates: if it is, say their format, such as %s",
                   REELI_TABLE_TEXT_OF(f->t), name, it.all[h.best]);
    }
    return true;
}
