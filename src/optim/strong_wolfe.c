/* SPDX-License-Identifier: MIT */
/* The line search of L-BFGS: brackets a point that meets the strong Wolfe conditions, then narrows
 * it down. PyTorch's, trial by trial. */
#include "lbfgs.h"

#include <math.h>

enum { TRIALS = 25 };

static const double decrease = 1e-4, curvature = 0.9; /* the conditions' c1 and c2 */

/* Python's, which differ from C's for NaN. */
static double larger(double a, double b) { return b > a ? b : a; }
static double smaller(double a, double b) { return b < a ? b : a; }

/* The minimum of the cubic through both points and their slopes, within [low, high]. */
static double cubic_minimum(const reeli_point *a, const reeli_point *b, double low, double high)
{
    const double d1 = a->slope + b->slope - 3 * (a->loss - b->loss) / (a->t - b->t);
    const double square = d1 * d1 - a->slope * b->slope;
    if (!(square >= 0)) {
        return (low + high) / 2;
    }
    const double d2 = sqrt(square);
    const double t =
        a->t <= b->t
            ? b->t - (b->t - a->t) * ((b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2))
            : a->t - (a->t - b->t) * ((a->slope + d2 - d1) / (a->slope - b->slope + 2 * d2));
    return smaller(larger(t, low), high);
}

/* A gradient's vector that none of these points uses. */
static int free_vector(const reeli_point *a, const reeli_point *b, const reeli_point *c)
{
    int k = 0;
    while (k == a->gradient || k == b->gradient || k == c->gradient) {
        k++;
    }
    return k;
}

static bool look(reeli_flat *f, reeli_point *p, double t, int gradient)
{
    p->t = t;
    p->gradient = gradient;
    reeli_flat_move(f, t);
    if (!reeli_flat_evaluate(f, gradient, &p->loss)) {
        return false;
    }
    p->slope = reeli_flat_dot(f, f->gradient[gradient], f->d);
    return true;
}

static bool too_high(const reeli_point *start, const reeli_point *p)
{
    return p->loss > start->loss + decrease * p->t * start->slope;
}

static bool flat_enough(const reeli_point *start, const reeli_point *p)
{
    return fabs(p->slope) <= -curvature * start->slope;
}

/* Where to look within a bracket: the cubic's minimum, but not close to the same end twice. */
static double inside(const reeli_point *bracket, bool *insufficient)
{
    const double a = bracket[0].t, b = bracket[1].t, low = smaller(a, b), high = larger(a, b);
    double t = cubic_minimum(&bracket[0], &bracket[1], low, high);
    const double margin = 0.1 * (high - low);
    if (!(smaller(high - t, t - low) < margin)) {
        *insufficient = false;
    } else if (*insufficient || t >= high || t <= low) {
        t = fabs(t - high) < fabs(t - low) ? high - margin : low + margin;
        *insufficient = false;
    } else {
        *insufficient = true;
    }
    return t;
}

/* Narrows the bracket from trial `trials` on; its better end is *best at last. -1: the closure
 * failed. */
static int narrow(reeli_flat *f, const reeli_point *start, reeli_point *bracket, int trials,
                  double tolerance, double norm, reeli_point *best)
{
    bool insufficient = false, done = false;
    int low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
    while (!done && trials < TRIALS && !(fabs(bracket[1].t - bracket[0].t) * norm < tolerance)) {
        reeli_point p;
        const double t = inside(bracket, &insufficient);
        if (!look(f, &p, t, free_vector(start, &bracket[0], &bracket[1]))) {
            return -1;
        }
        trials++;
        if (too_high(start, &p) || p.loss >= bracket[low].loss) {
            bracket[!low] = p;
            low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
            continue;
        }
        done = flat_enough(start, &p);
        if (!done && p.slope * (bracket[!low].t - bracket[low].t) >= 0) {
            bracket[!low] = bracket[low];
        }
        bracket[low] = p;
    }
    *best = bracket[low];
    return trials;
}

int reeli_strong_wolfe(reeli_flat *f, const reeli_point *start, double first,
                       double tolerance_change, reeli_point *found)
{
    const double norm = reeli_flat_largest(f, f->d);
    reeli_point previous = *start, p;
    if (!look(f, &p, first, free_vector(start, start, start))) {
        return -1;
    }
    int trials = 0;
    for (; trials < TRIALS; trials++) {
        if (too_high(start, &p) || (trials > 1 && p.loss >= previous.loss)) {
            break;
        }
        if (flat_enough(start, &p)) {
            *found = p;
            return trials + 1;
        }
        if (p.slope >= 0) {
            break;
        }
        const double t = cubic_minimum(&previous, &p, p.t + 0.01 * (p.t - previous.t), p.t * 10);
        previous = p;
        if (!look(f, &p, t, free_vector(start, &previous, &previous))) {
            return -1;
        }
    }
    reeli_point bracket[2] = {trials == TRIALS ? *start : previous, p};
    trials = narrow(f, start, bracket, trials, tolerance_change, norm, found);
    return trials < 0 ? -1 : trials + 1;
}
