/* SPDX-License-Identifier: MIT */
/* The line search of L-BFGS: brackets a point that meets the strong Wolfe conditions, then narrows
 * it down. PyTorch's, trial by trial. */
#include "lbfgs.h"

#include <math.h>

static const double decrease = 1e-4, curvature = 0.9; /* the conditions' c1 and c2 */

static reeli_search_number python(double value) { return (reeli_search_number){value, false}; }
static reeli_search_number tensor(double value) { return (reeli_search_number){value, true}; }

/* The result of an operation on a and b, given as numbers of the dtype that it is computed in. */
#define OPERATION(name, result)                                                                    \
    static reeli_search_number name(const reeli_flat *f, reeli_search_number a,                    \
                                    reeli_search_number b)                                         \
    {                                                                                              \
        const bool rounds = a.tensor || b.tensor;                                                  \
        const double x = rounds ? reeli_flat_round(f, a.value) : a.value;                          \
        const double y = rounds ? reeli_flat_round(f, b.value) : b.value;                          \
        return (reeli_search_number){rounds ? reeli_flat_round(f, result) : result, rounds};       \
    }
OPERATION(sum, x + y)
OPERATION(difference, x - y)
OPERATION(product, x *y)
/* Python's number over a tensor is the tensor's reciprocal times the number. */
OPERATION(quotient, b.tensor && !a.tensor ? reeli_flat_round(f, 1 / y) * x : x / y)

static bool less(const reeli_flat *f, reeli_search_number a, reeli_search_number b)
{
    const bool rounds = a.tensor || b.tensor;
    return rounds ? reeli_flat_round(f, a.value) < reeli_flat_round(f, b.value) : a.value < b.value;
}

/* Python's, which differ from C's for NaN. */
static reeli_search_number larger(const reeli_flat *f, reeli_search_number a, reeli_search_number b)
{
    return less(f, a, b) ? b : a;
}
static reeli_search_number smaller(const reeli_flat *f, reeli_search_number a,
                                   reeli_search_number b)
{
    return less(f, b, a) ? b : a;
}

static reeli_search_number magnitude(reeli_search_number a)
{
    a.value = fabs(a.value);
    return a;
}

/* The minimum of the cubic through both points and their slopes, within [low, high]. With x and g,
 * the place and the slope of the point that lies further:
 * d1 = g1 + g2 - 3 (f1 - f2) / (x1 - x2),  d2 = sqrt(d1^2 - g1 g2),
 * x2 - (x2 - x1) (g2 + d2 - d1) / (g2 - g1 + 2 d2). */
static reeli_search_number cubic_minimum(const reeli_flat *f, const reeli_point *a,
                                         const reeli_point *b, reeli_search_number low,
                                         reeli_search_number high)
{
    const reeli_search_number g1 = tensor(a->slope), g2 = tensor(b->slope);
    const reeli_search_number drop = python(3 * (a->loss - b->loss));
    const reeli_search_number d1 =
        difference(f, sum(f, g1, g2), quotient(f, drop, difference(f, a->t, b->t)));
    const reeli_search_number square = difference(f, product(f, d1, d1), product(f, g1, g2));
    if (!(square.value >= 0)) {
        return quotient(f, sum(f, low, high), python(2));
    }
    const reeli_search_number d2 = tensor(reeli_flat_round(f, sqrt(square.value)));
    const bool ordered = !less(f, b->t, a->t);
    const reeli_point *near = ordered ? a : b, *far = ordered ? b : a;
    const reeli_search_number n = tensor(near->slope), g = tensor(far->slope);
    const reeli_search_number share =
        quotient(f, difference(f, sum(f, g, d2), d1),
                 sum(f, difference(f, g, n), product(f, python(2), d2)));
    const reeli_search_number t =
        difference(f, far->t, product(f, difference(f, far->t, near->t), share));
    return smaller(f, larger(f, t, low), high);
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

static bool look(reeli_flat *f, reeli_point *p, reeli_search_number t, int gradient)
{
    p->t = t;
    p->gradient = gradient;
    reeli_flat_move(f, t.value);
    if (!reeli_flat_evaluate(f, gradient, &p->loss)) {
        return false;
    }
    p->slope = reeli_flat_dot(f, f->gradient[gradient], f->d);
    return true;
}

static bool too_high(const reeli_flat *f, const reeli_point *start, const reeli_point *p)
{
    const reeli_search_number fall =
        product(f, product(f, python(decrease), p->t), tensor(start->slope));
    return less(f, sum(f, python(start->loss), fall), python(p->loss));
}

static bool flat_enough(const reeli_flat *f, const reeli_point *start, const reeli_point *p)
{
    const reeli_search_number limit = product(f, python(-curvature), tensor(start->slope));
    return fabs(p->slope) <= limit.value;
}

/* Where to look within a bracket: the cubic's minimum, but not close to the same end twice. */
static reeli_search_number inside(const reeli_flat *f, const reeli_point *bracket,
                                  bool *insufficient)
{
    const reeli_search_number a = bracket[0].t, b = bracket[1].t;
    const reeli_search_number low = smaller(f, a, b), high = larger(f, a, b);
    reeli_search_number t = cubic_minimum(f, &bracket[0], &bracket[1], low, high);
    const reeli_search_number margin = product(f, python(0.1), difference(f, high, low));
    const reeli_search_number above = difference(f, high, t), below = difference(f, t, low);
    if (!less(f, smaller(f, above, below), margin)) {
        *insufficient = false;
    } else if (*insufficient || !less(f, t, high) || !less(f, low, t)) {
        t = less(f, magnitude(above), magnitude(below)) ? difference(f, high, margin)
                                                        : sum(f, low, margin);
        *insufficient = false;
    } else {
        *insufficient = true;
    }
    return t;
}

/* Whether the bracket is shorter than the tolerance, along a direction of this norm. */
static bool is_short(const reeli_flat *f, const reeli_point *bracket, double norm, double tolerance)
{
    const reeli_search_number length = magnitude(difference(f, bracket[1].t, bracket[0].t));
    return less(f, product(f, length, tensor(norm)), python(tolerance));
}

/* Narrows the bracket from trial `trials` on to `most`; its better end is *best at last. -1: the
 * closure failed. */
static int narrow(reeli_flat *f, const reeli_point *start, reeli_point *bracket, int trials,
                  int64_t most, double tolerance, double norm, reeli_point *best)
{
    bool insufficient = false, done = false;
    int low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
    while (!done && trials < most && !is_short(f, bracket, norm, tolerance)) {
        reeli_point p;
        const reeli_search_number t = inside(f, bracket, &insufficient);
        if (!look(f, &p, t, free_vector(start, &bracket[0], &bracket[1]))) {
            return -1;
        }
        trials++;
        if (too_high(f, start, &p) || p.loss >= bracket[low].loss) {
            bracket[!low] = p;
            low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
            continue;
        }
        done = flat_enough(f, start, &p);
        if (!done && p.slope * (bracket[!low].t.value - bracket[low].t.value) >= 0) {
            bracket[!low] = bracket[low];
        }
        bracket[low] = p;
    }
    *best = bracket[low];
    return trials;
}

int reeli_strong_wolfe(reeli_flat *f, const reeli_point *start, reeli_search_number first,
                       int64_t most, double tolerance_change, reeli_point *found)
{
    const double norm = reeli_flat_largest(f, f->d);
    reeli_point previous = *start, p;
    if (!look(f, &p, first, free_vector(start, start, start))) {
        return -1;
    }
    int trials = 0;
    for (; trials < most; trials++) {
        if (too_high(f, start, &p) || (trials > 1 && p.loss >= previous.loss)) {
            break;
        }
        if (flat_enough(f, start, &p)) {
            *found = p;
            return trials + 1;
        }
        if (p.slope >= 0) {
            break;
        }
        const reeli_search_number ahead = product(f, python(0.01), difference(f, p.t, previous.t));
        const reeli_search_number t =
            cubic_minimum(f, &previous, &p, sum(f, p.t, ahead), product(f, p.t, python(10)));
        previous = p;
        if (!look(f, &p, t, free_vector(start, &previous, &previous))) {
            return -1;
        }
    }
    reeli_point bracket[2] = {trials >= most ? *start : previous, p};
    trials = narrow(f, start, bracket, trials, most, tolerance_change, norm, found);
    return trials < 0 ? -1 : trials + 1;
}
