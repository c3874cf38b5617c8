/* SPDX-License-Identifier: MIT */
/* One way to do chapter 15. */
#include "exercise.h"

#include <math.h>

static double area(box a) { return fmax(a.right - a.left, 0) * fmax(a.bottom - a.top, 0); }

static double shared(box a, box b)
{
    return area((box){fmax(a.left, b.left), fmax(a.top, b.top), fmin(a.right, b.right),
                      fmin(a.bottom, b.bottom)});
}

double iou(box a, box b)
{
    const double both = shared(a, b);
    return both / (area(a) + area(b) - both);
}

double generalized_iou(box a, box b)
{
    const double any = area(a) + area(b) - shared(a, b);
    const double around = area((box){fmin(a.left, b.left), fmin(a.top, b.top),
                                     fmax(a.right, b.right), fmax(a.bottom, b.bottom)});
    return iou(a, b) - (around - any) / around;
}
