/* SPDX-License-Identifier: MIT */
/* What the checks of the exercises have in common: a line for each thing that is looked at, with
 * what was expected, what came, and where to read. */
#ifndef COURSE_CHECK_H
#define COURSE_CHECK_H

#include <math.h>
#include <reel/reel.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int course_wrong;

/* The sentence says what was looked at; the hint is for who is not there yet. */
static inline void look(bool right, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf(right ? "  right    " : "  NOT YET  ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    if (!right) {
        printf("           %s\n", hint);
        course_wrong++;
    }
}

static inline void look_near(double got, double expected, double within, const char *hint,
                             const char *what)
{
    const bool right = fabs(got - expected) <= within || got == expected;
    if (right) {
        look(true, hint, "%s: %.10g", what, got);
    } else {
        look(false, hint, "%s: expected %.10g, and it is %.10g", what, expected, got);
    }
}

/* What main returns. */
static inline int course_result(void)
{
    if (course_wrong == 0) {
        printf("All of it is right.\n");
    } else {
        printf("%d not yet.\n", course_wrong);
    }
    return course_wrong > 0;
}

/* Errors of the library are told once, where they happen, and then by what is not right. */
static inline reel *course_reel(uint64_t seed)
{
    reel *r = reel_new();
    reel_manual_seed(r, seed);
    return r;
}

#endif
