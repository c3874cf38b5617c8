/* SPDX-License-Identifier: MIT */
/* What chapter 4's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static double cube(double x) { return x * x * x; }
static double single_exp(double x) { return (double)expf((float)x); }

int main(void)
{
    look_near(slope(cube, 2, 1e-4), 12, 1e-6, "(f(x + h) - f(x - h)) / (2 h): both sides of x.",
              "the slope of x^3 at 2");
    look_near(slope(cube, 0, 0.1), 0.01, 1e-12,
              "Both sides of x: for x^3 at 0 the central difference is h^2.",
              "the central difference of x^3 at 0 with h = 0.1");
    const double h = best_h(0), f = best_h(1);
    look(fabs(slope(exp, 1, h) - exp(1)) < 1e-9, "About the third root of 1e-16.",
         "h = %g for doubles: exp's slope at 1 is off by %.1g", h, fabs(slope(exp, 1, h) - exp(1)));
    look(fabs(slope(single_exp, 1, f) - exp(1)) < 1e-3, "About the third root of 1e-7.",
         "h = %g for floats: exp's slope at 1 is off by %.1g", f,
         fabs(slope(single_exp, 1, f) - exp(1)));
    const char *named = wrong_ones();
    look(strchr(named, 'b') != NULL, "tanh's slope is 1 - y^2, with its result.", "b is found");
    look(strchr(named, 'd') != NULL, "The chain rule: what is inside of log has a slope, too.",
         "d is found");
    look(strcmp(named, "bd") == 0, "Name those that are wrong, and no others, in order.",
         "'%s' are the wrong ones", named);
    return course_result();
}
