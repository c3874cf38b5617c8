/* SPDX-License-Identifier: MIT */
/* Chapter 4: slopes by nudging. */
#include <math.h>

/* (f(x + h) - f(x - h)) / 2h */
double slope(double (*f)(double x), double x, double h);
/* An h for numbers of about 1: as a double (single: 0), or as a float. */
double best_h(int single);
/* The letters of those of the five below whose gradient is wrong, in alphabetical order: "bd". */
const char *wrong_ones(void);

static inline double a_value(double x) { return x * x * x; }
static inline double a_gradient(double x) { return 3 * x * x; }
static inline double b_value(double x) { return tanh(x); }
static inline double b_gradient(double x) { return 1 - x * x; }
static inline double c_value(double x) { return 1 / (1 + exp(-x)); }
static inline double c_gradient(double x) { return exp(-x) / ((1 + exp(-x)) * (1 + exp(-x))); }
static inline double d_value(double x) { return log(1 + x * x); }
static inline double d_gradient(double x) { return 1 / (1 + x * x); }
static inline double e_value(double x) { return x * sin(x); }
static inline double e_gradient(double x) { return sin(x) + x * cos(x); }
