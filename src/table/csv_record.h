/* SPDX-License-Identifier: MIT */
/*
 * What the parser found in a part of a file, to be played back by every process that reads it: a
 * plain number of a column of numbers as such, anything else as the text that it is.
 */
#ifndef REELI_CSV_RECORD_H
#define REELI_CSV_RECORD_H

#include "csv_reader.h"

/* What follows: a number in the table's dtype; the length (uint32_t) and a text with its NUL;
 * nothing. */
enum { REELI_RECORDED_NUMBER, REELI_RECORDED_TEXT, REELI_RECORDED_FEED, REELI_RECORDED_RETURN };

void reeli_csv_record_field(reeli_csv_reader *it, char *text, size_t length);
void reeli_csv_record_row(reeli_csv_reader *it, int c);

#endif
