/* SPDX-License-Identifier: MIT */
/* The line of totals that a spreadsheet ends with. */
#ifndef CLI_TOTALS_H
#define CLI_TOTALS_H

#include "session.h"

/*
 * Whether the last of the rows, which have a value in the target's column, is the sum of those
 * above it: there, and in another column of numbers, or beside a text that says "total" or "sum".
 * No memory is a message, and false.
 */
bool last_is_total(session *s, reel_table *table, size_t target, reel_tensor *rows);

#endif
