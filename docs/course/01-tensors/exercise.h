/* SPDX-License-Identifier: MIT */
/* Chapter 1: views and broadcasting. */
#include <reel/reel.h>
#include <stdbool.h>

/* The second column of a matrix (n, m), as a view (n): no number is copied. */
reel_tensor *second_column(reel_tensor *matrix);
/* column (n) and row (m): the matrix (n, m) of all column[i] + row[k]. */
reel_tensor *outer_sum(reel_tensor *column, reel_tensor *row);
/* Whether a change of whole's first element is seen in part's first element. It is undone. */
bool is_view_of(reel_tensor *part, reel_tensor *whole);
