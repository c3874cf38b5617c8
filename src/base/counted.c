/* SPDX-License-Identifier: MIT */
/* The number from its end, with a comma before each three digits but the first. */
#include "counted.h"

#include <stdbool.h>
#include <stdio.h>

const char *reeli_counted(char text[REELI_COUNTED_SIZE], int64_t n, const char *noun)
{
    char digits[24], grouped[32], *to = grouped;
    int length = snprintf(digits, sizeof digits, "%lld", (long long)n);
    for (int i = 0; i < length; i++) {
        bool group_begins = i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-';
        if (group_begins) {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    snprintf(text, REELI_COUNTED_SIZE, "%s%s%.60s%s", grouped, *noun ? " " : "", noun,
             *noun && n != 1 ? "s" : "");
    return text;
}
