/* SPDX-License-Identifier: MIT */
/* What chapter 1's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static void columns(reel *r)
{
    reel_tensor *matrix = reel_from_f32(r, (float[]){1, 2, 3, 4, 5, 6}, REEL_SHAPE(3, 2));
    reel_tensor *column = second_column(matrix);
    const bool shape = reel_ndim(column) == 1 && reel_size(column, 0) == 3;
    look(shape, "reel_select(x, dim, place) leaves the dim out.",
         "second_column has the shape (3,)");
    if (!shape) {
        return;
    }
    for (int64_t i = 0; i < 3; i++) {
        look_near(reel_get(column, &i), (double)(2 * i + 2), 0, "Places are counted from 0.",
                  "an element of it");
    }
    reel_set(matrix, (int64_t[]){0, 1}, 20);
    look(reel_get(column, (int64_t[]){0}) == 20, "A copy does not see it. Which functions copy?",
         "a change of the matrix is seen in it");
}

static void sums(reel *r)
{
    reel_tensor *column = reel_from_f32(r, (float[]){10, 20, 30}, REEL_SHAPE(3));
    reel_tensor *row = reel_from_f32(r, (float[]){1, 2}, REEL_SHAPE(2));
    reel_tensor *all = outer_sum(column, row);
    const bool shape = reel_ndim(all) == 2 && reel_size(all, 0) == 3 && reel_size(all, 1) == 2;
    look(shape, "Which of the two needs another dim, and where, for (3, 1) and (2,)?",
         "outer_sum has the shape (3, 2)");
    for (int64_t i = 0; shape && i < 6; i++) {
        look_near(reel_get(all, (int64_t[]){i / 2, i % 2}), (double)(10 * (i / 2 + 1) + i % 2 + 1),
                  0, "Row i has column[i] in it.", "an element of it");
    }
}

static void shared(reel *r)
{
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3, 4}, REEL_SHAPE(4));
    look(is_view_of(reel_reshape(x, REEL_SHAPE(2, 2)), x), "Write into whole and read part.",
         "a reshaped tensor is a view");
    look(!is_view_of(reel_clone(x), x), "What is never written cannot be seen to share.",
         "a clone is none");
    look(reel_get(x, (int64_t[]){0}) == 1, "Put back what was there.",
         "nothing was changed for good");
}

int main(void)
{
    reel *r = course_reel(0);
    columns(r);
    sums(r);
    shared(r);
    reel_free(r);
    return course_result();
}
