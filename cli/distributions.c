/* SPDX-License-Identifier: MIT */
/* The incomplete beta function, and what follows from it. */
#include "distributions.h"

#include <float.h>
#include <math.h>

static double away_from_zero(double x) { return fabs(x) < DBL_MIN ? DBL_MIN : x; }

/* The fraction 1 / (1 + d1 / (1 + d2 / …)), which converges fast for x < (a + 1) / (a + b + 2). */
static double fraction(double x, double a, double b)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), product = d;
    for (int m = 1; m < 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        product *= c * d;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        product *= c * d;
        if (fabs(c * d - 1) < 4 * DBL_EPSILON) {
            break;
        }
    }
    return product;
}

double incomplete_beta(double x, double a, double b)
{
    if (!(x > 0)) {
        return x <= 0 ? 0 : x;
    }
    if (x >= 1) {
        return 1;
    }
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * fraction(x, a, b) / a
                                     : 1 - front * fraction(1 - x, b, a) / b;
}

double student_two_sided(double t, double freedom)
{
    return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

double student_quantile(double tail, double freedom)
{
    double low = 0, high = 1;
    while (student_two_sided(high, freedom) > tail && high < 1e300) {
        high *= 2;
    }
    for (int i = 0; i < 200 && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) {
            break;
        }
        student_two_sided(middle, freedom) > tail ? (low = middle) : (high = middle);
    }
    return high;
}

double normal_density(double z) { return exp(-z * z / 2) / sqrt(2 * acos(-1)); }

/* By halves: it is wanted once. */
double normal_quantile(double p)
{
    double low = -40, high = 40;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        erfc(-middle / sqrt(2)) / 2 < p ? (low = middle) : (high = middle);
    }
    return (low + high) / 2;
}

double fisher_upper(double f, double numerator, double denominator)
{
    return incomplete_beta(denominator / (denominator + numerator * f), denominator / 2,
                           numerator / 2);
}
