/* SPDX-License-Identifier: MIT */
/* Three rows of the table of distances between the names' beginnings. */
#include "near_name.h"

#include <string.h>

enum { LONGEST = 63 };

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c; }

static int least(int a, int b) { return a < b ? a : b; }

/* The distance of b from a, or -1. */
static int distance_of(const char *a, const char *b)
{
    int rows[3][LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) {
        return -1;
    }
    for (size_t j = 0; j <= m; j++) {
        rows[0][j] = (int)j;
    }
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = least(above[j - 1] + (x != y), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
    }
    return 3 * rows[n % 3][m] <= (int)n ? rows[n % 3][m] : -1;
}

int64_t reeli_nearest_name(const char *name, size_t count, reeli_name_at *at, const void *list)
{
    int64_t best = -1;
    int fewest = 0;
    for (size_t i = 0; i < count; i++) {
        const int distance = distance_of(name, at(list, i));
        if (distance >= 0 && (best < 0 || distance < fewest)) {
            best = (int64_t)i;
            fewest = distance;
        }
    }
    return best;
}
