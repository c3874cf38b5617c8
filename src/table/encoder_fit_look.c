/* SPDX-License-Identifier: MIT */
/* The passes over the rows that columns are fitted by: of several processes, which have the same
 * table, each does its columns', and all learn what all have found. */
#include "csv_team.h"
#include "encoder_fit.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024 };

/* What a column's values have for a hash: eight polynomials in an odd number. Columns that differ
 * have the same by chance alone. */
typedef struct hash {
    uint64_t part[8];
} hash;
#define ODD 0x9E3779B97F4A7C15U

static uint64_t bits_of(double x)
{
    uint64_t bits;
    const double value = isnan(x) ? (double)INFINITY : x + 0.0; /* one zero alone */
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void add_to_hash(hash *h, const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i += 8) {
        const int n = count - i < 8 ? (int)(count - i) : 8;
        for (int k = 0; k < n; k++) {
            h->part[k] = h->part[k] * ODD + bits_of(values[i + k]);
        }
    }
}

static uint64_t hash_of(const hash *h)
{
    uint64_t all = 0;
    for (int k = 0; k < 8; k++) {
        all = all * ODD + h->part[k];
    }
    return all;
}

/* Whether x is one of ±9, ±99, … with two digits or more. */
static bool is_nines(double x)
{
    double nines = 99;
    while (nines < fabs(x) && nines < 1e9) {
        nines = 10 * nines + 9;
    }
    return fabs(x) == nines;
}

reeli_code reeli_find_code(reeli_values *v, double lowest, double highest)
{
    const double code = is_nines(lowest) ? lowest : highest;
    double low = (double)INFINITY, high = -(double)INFINITY, *x;
    reeli_code found = {code, 0};
    int64_t at = 0, n;
    if (!is_nines(code)) {
        return found;
    }
    while ((n = reeli_values_next(v, &at, &x)) > 0) {
        for (int64_t i = 0; i < n; i++) {
            found.count += x[i] == code;
            low = !isnan(x[i]) && x[i] != code ? fmin(low, x[i]) : low;
            high = !isnan(x[i]) && x[i] != code ? fmax(high, x[i]) : high;
        }
    }
    const double gap = code == lowest ? low - code : code - high;
    if (found.count < 2 || !isfinite(low) || !(gap > high - low)) {
        found.count = 0;
    }
    return found;
}

/* A column's numbers, and what they hash to the first time. */
typedef struct looked {
    const reeli_fit *f;
    reeli_cursor numbers;
    hash hash;
    int64_t hashed;
} looked;

static void read_numbers(void *context, int64_t first, int64_t count, double *to)
{
    looked *it = context;
    reeli_numbers_read(&it->numbers, it->f->rows, &it->f->order, first, count, to);
    if (first == it->hashed) {
        add_to_hash(&it->hash, to, count);
        it->hashed += count;
    }
}

static bool look_at_numbers(reeli_fit *f, size_t column, reeli_look *look)
{
    looked it = {.f = f};
    reeli_values values;
    bool done = reeli_cursor_open(&it.numbers, f->t, column) &&
                reeli_fit_values(f, &values, read_numbers, &it);
    if (done) {
        look->numbers = reeli_summarise(&values);
        look->hash = hash_of(&it.hash);
        look->code = reeli_find_code(&values, look->numbers.lowest, look->numbers.highest);
    }
    reeli_cursor_close(&it.numbers);
    return done && f->t->owned.r->status == REEL_OK;
}

static bool look_at_texts(reeli_fit *f, size_t column, reeli_look *look, int64_t *counts)
{
    const int64_t all = f->rows.count;
    int32_t code[BLOCK];
    reeli_cursor codes;
    if (!reeli_cursor_open(&codes, f->t, column)) {
        return false;
    }
    for (int64_t at = 0; at < all; at += BLOCK) {
        const int64_t count = all - at < BLOCK ? all - at : BLOCK;
        reeli_codes_read(&codes, f->rows, &f->order, at, count, code);
        for (int64_t i = 0; i < count; i++) {
            ++*(code[i] < 0 ? &look->numbers.missing : &counts[code[i]]);
            look->hash = look->hash * ODD + (uint64_t)code[i];
        }
    }
    reeli_cursor_close(&codes);
    return f->t->owned.r->status == REEL_OK;
}

static size_t look_bytes(const reeli_fit *f, size_t i)
{
    const size_t column = ((const size_t *)f->chosen.data)[i];
    return sizeof(reeli_look) + reel_table_categories(f->t, column) * sizeof(int64_t);
}

/* This process's look at column i of those chosen, with the counts of its texts behind it, behind
 * those before it. */
static bool look_here(reeli_fit *f, size_t i)
{
    const size_t column = ((const size_t *)f->chosen.data)[i], bytes = look_bytes(f, i);
    reeli_look look = {.hash = 0};
    if (!reeli_buffer_grow(f->t->owned.r, &f->looked, f->looked.count + bytes)) {
        reeli_no_memory(f->t->owned.r, REELI_FIT);
        return false;
    }
    char *to = (char *)f->looked.data + f->looked.count;
    memset(to, 0, bytes);
    const bool ok = reel_table_is_text(f->t, column)
                        ? look_at_texts(f, column, &look, (int64_t *)(void *)(to + sizeof look))
                        : look_at_numbers(f, column, &look);
    memcpy(to, &look, sizeof look);
    f->looked.count += ok ? bytes : 0;
    return ok;
}

/* How many columns each process looks at before all meet. */
static size_t at_a_time(const reeli_fit *f, size_t size)
{
    enum { MOST = 8 };
    const size_t each = (f->chosen_count + size - 1) / size;
    return each < MOST ? each : MOST;
}

/* Whether each process has sent what its columns from column i on take; else, and an error, one of
 * them had no memory. */
static bool are_whole(const reeli_fit *f, size_t i, size_t each, const int64_t *bytes)
{
    const size_t size = (size_t)f->options->team->size;
    for (size_t process = 0; process < size; process++) {
        size_t expected = 0;
        for (size_t k = 0; k < each && i < f->chosen_count; k++, i++) {
            expected += look_bytes(f, i);
        }
        if (bytes[process] != (int64_t)expected) {
            reeli_error(f->t->owned.r, REEL_ERR_MEMORY,
                        "%s: process %zu has not looked at its columns: it is out of memory, or "
                        "has another table",
                        REELI_FIT, process);
            return false;
        }
    }
    return true;
}

/* The team's columns from column i on, some for each process, in their order. What has failed in
 * one all learn of. */
static bool look_all(reeli_fit *f, size_t i, size_t each)
{
    const reel_table_team *team = f->options->team;
    const size_t own = i + (size_t)(team ? team->rank : 0) * each;
    const int64_t *bytes;
    bool ok = true;
    f->looked.count = 0;
    for (size_t k = own; ok && k < own + each && k < f->chosen_count; k++) {
        ok = look_here(f, k);
    }
    f->all = f->looked.data;
    if (!team) {
        return ok;
    }
    return reeli_team_gather(f->t->owned.r, team, &f->looked, &f->all, &bytes) && ok &&
           are_whole(f, i, each, bytes);
}

bool reeli_fit_look(reeli_fit *f, size_t i, reeli_look *look)
{
    const size_t size = f->options->team ? (size_t)f->options->team->size : 1;
    const size_t each = f->options->team ? at_a_time(f, size) : 1;
    if (i % (size * each) == 0 && !look_all(f, i, each)) {
        return false;
    }
    memcpy(look, f->all, sizeof *look);
    look->counts = (const int64_t *)(const void *)(f->all + sizeof *look);
    f->all += look_bytes(f, i);
    return true;
}
