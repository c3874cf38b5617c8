/* SPDX-License-Identifier: MIT */
/* A sum of many numbers is hardly their last one by chance, and of two columns it never is. */
#include "totals.h"
#include "column_series.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { FEWEST = 4 };
static const double rounding = 1e-3; /* of what the sheet shows of the numbers */

/* Whether a column's last value is the sum of the others, and larger than each of them. */
static bool ends_with_sum(session *s, reel_table *table, size_t column, reel_tensor *rows)
{
    const int64_t n = rows_count(table, rows);
    if (reel_table_is_text(table, column) || n < FEWEST) {
        return false;
    }
    series *values = column_series(s, table, column, rows);
    double sum = 0, most = 0;
    for (int64_t i = 0; values && i < n - 1; i++) {
        double x = series_at(values, i);
        sum += isnan(x) ? 0 : x;
        most = fmax(most, fabs(x));
    }
    bool is =
        values && fabs(sum) > most && fabs(series_at(values, n - 1) - sum) <= rounding * fabs(sum);
    series_free(values);
    return is;
}

static bool is_word(const char *text)
{
    static const char *const words[] = {"total", "sum", "gesamt"};
    for (; *text; text++) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if (strncasecmp(text, words[i], strlen(words[i])) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Whether the text of the last row in a column says so. */
static bool is_called_total(reel_table *table, size_t column, int64_t last)
{
    double code = -1;
    return reel_table_is_text(table, column) &&
           reel_table_read_column(table, column, last, 1, &code) == REEL_OK && code >= 0 &&
           is_word(reel_table_category(table, column, (size_t)code));
}

bool last_is_total(session *s, reel_table *table, size_t target, reel_tensor *rows)
{
    const int64_t count = rows_count(table, rows);
    bool is = false;
    if (!ends_with_sum(s, table, target, rows)) {
        return false;
    }
    for (size_t j = 0; !is && j < reel_table_columns(table); j++) {
        is = j != target && (ends_with_sum(s, table, j, rows) ||
                             is_called_total(table, j, rows_at(rows, count - 1)));
    }
    return is;
}
