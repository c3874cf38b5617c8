/* SPDX-License-Identifier: MIT */
/* Which rows of a table are trained on, validated on and tested on. */
#ifndef CLI_ROW_PARTS_H
#define CLI_ROW_PARTS_H

#include "session.h"

/* Of each the rows in ascending order. */
typedef struct row_parts {
    reel_tensor *train;             /* NULL: all */
    reel_tensor *validation, *test; /* NULL: none */
    reel_tensor *calibration;       /* to see on how far predictions are off; NULL: none */
} row_parts;

/*
 * Deals out the rows of a table that have a value in the target's column to train and to test on,
 * as the options say.
 *
 * Fails: false, and a message.
 */
bool rows_choose(session *s, const options *o, reel_table *table, size_t target, row_parts *it);
/* Holds rows of those to train on out, to calibrate and to validate on, as the options say;
 * likewise.
 */
bool rows_hold_out(session *s, const options *o, reel_table *table, row_parts *it);

/* The rows that have a target, NULL if all have one; says how many have none. False, and a
 * message. */
bool rows_with_target(session *s, reel_table *table, size_t target, reel_tensor **rows);

#endif
