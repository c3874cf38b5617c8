/* SPDX-License-Identifier: MIT */
/* Numbers in text. */
#ifndef REELI_PARSE_NUMBER_H
#define REELI_PARSE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum reeli_reading {
    REELI_A_NUMBER,
    REELI_NOT_A_NUMBER,
    REELI_INFINITE, /* "inf", or too large for a double */
    REELI_NO_LOCALE /* memory is out */
} reeli_reading;

/*
 * The double nearest to what `text` says: a sign, digits with `decimal` among them, an exponent;
 * nothing else. The text ends with a NUL, and is as it was afterwards.
 */
reeli_reading reeli_read_number(char *text, size_t length, char decimal, double *value);

#endif
