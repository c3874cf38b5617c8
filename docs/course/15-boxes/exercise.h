/* SPDX-License-Identifier: MIT */
/* Chapter 15: how much two boxes are alike. */

typedef struct box {
    double left, top, right, bottom;
} box;

/* The area that both share, by the area that any of them covers. */
double iou(box a, box b);
/* That, less the part of the smallest box around both which none of them covers. */
double generalized_iou(box a, box b);
