/* SPDX-License-Identifier: MIT */
/* Numbers in the clothes that people give them. */
#ifndef REELI_CSV_NUMBER_H
#define REELI_CSV_NUMBER_H

#include "parse_number.h"

/*
 * A number with a sign of currency or three letters of one before or behind it, a percent sign
 * (which makes hundredths of it), parentheses or a minus sign of typographers, `thousands` (0:
 * none) between groups of three digits: "($1,234.50)" is -1234.5. The text ends with a NUL.
 */
reeli_reading reeli_read_dressed(const char *text, size_t length, char decimal, char thousands,
                                 double *value);

#endif
