/* SPDX-License-Identifier: MIT */
/* One way to do chapter 1. */
#include "exercise.h"

reel_tensor *second_column(reel_tensor *matrix) { return reel_select(matrix, 1, 1); }

reel_tensor *outer_sum(reel_tensor *column, reel_tensor *row)
{
    return reel_add(reel_unsqueeze(column, 1), row);
}

bool is_view_of(reel_tensor *part, reel_tensor *whole)
{
    const int64_t first[REEL_MAX_DIMS] = {0};
    const double before = reel_get(part, first), was = reel_get(whole, first);
    reel_set(whole, first, was + 1);
    const bool moved = reel_get(part, first) != before;
    reel_set(whole, first, was);
    return moved;
}
