/* SPDX-License-Identifier: MIT */
/* Whole numbers and what they count, in the words of messages. */
#ifndef REELI_COUNTED_H
#define REELI_COUNTED_H

#include <stdint.h>

enum { REELI_COUNTED_SIZE = 96 };

/* "1 row", "2,000 rows"; with "" for a noun the number alone. The noun's plural has to end in s. */
const char *reeli_counted(char text[REELI_COUNTED_SIZE], int64_t n, const char *noun);
/* The same in memory of the block that asks for it. */
#define REELI_COUNTED(n, noun) reeli_counted((char[REELI_COUNTED_SIZE]){0}, (int64_t)(n), noun)

/* One of two words: "is" for one, "are" for none and many. */
static inline const char *reeli_one_or_many(int64_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

#endif
