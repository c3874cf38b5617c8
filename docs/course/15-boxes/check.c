/* SPDX-License-Identifier: MIT */
/* What chapter 15's exercise is looked at for: reel_box_iou and reel_generalized_box_iou. */
#include "check.h"
#include "exercise.h"

enum { PAIRS = 200 };

static box drawn(reel *r)
{
    double v[4];
    reel_to_f64(reel_rand(r, REEL_F64, REEL_SHAPE(4)), v, 4);
    return (box){v[0], v[1], v[0] + 0.1 + v[2] / 2, v[1] + 0.1 + v[3] / 2};
}

static reel_tensor *tensor(reel *r, box a)
{
    return reel_from_f64(r, (double[]){a.left, a.top, a.right, a.bottom}, REEL_SHAPE(1, 4));
}

int main(void)
{
    const box a = {0, 0, 2, 2}, moved = {1, 0, 3, 2}, far = {5, 0, 7, 2};
    reel *r = course_reel(5);
    look_near(iou(a, a), 1, 1e-15, "All of it is shared.", "a box and itself");
    look_near(iou(a, moved), 1.0 / 3, 1e-15, "2 by 1 is shared; 4 + 4 - 2 is covered.",
              "a box and the same moved by half");
    look_near(iou(a, far), 0, 1e-15, "Nothing is shared: a width below 0 is none.", "boxes apart");
    look_near(generalized_iou(a, far), -3.0 / 7, 1e-15, "7 by 2 is around both, 8 of it covered.",
              "boxes apart, generalized");
    double off = 0, generalized_off = 0;
    for (int i = 0; i < PAIRS; i++) {
        const box p = drawn(r), q = drawn(r);
        off = fmax(off, fabs(iou(p, q) - reel_item(reel_box_iou(tensor(r, p), tensor(r, q)))));
        const double theirs = reel_item(reel_generalized_box_iou(tensor(r, p), tensor(r, q)));
        generalized_off = fmax(generalized_off, fabs(generalized_iou(p, q) - theirs));
        reel_rewind(r);
    }
    look(off < 1e-12, "Height below 0 and width below 0: their product is no area.",
         "%d random pairs: iou is off by %.2g", PAIRS, off);
    look(generalized_off < 1e-12, "iou less (around - covered) / around.",
         "generalized_iou is off by %.2g", generalized_off);
    reel_free(r);
    return course_result();
}
