/* SPDX-License-Identifier: MIT */
/* Chapter 15: fill in what says TODO, and run ./scripts/course.sh 15. */
#include "exercise.h"

/* TODO: where does the shared part begin and end? If it ends before it begins there is none. */
double iou(box a, box b)
{
    (void)a, (void)b;
    return 0.5;
}

/* TODO */
double generalized_iou(box a, box b) { return iou(a, b); }
