/* SPDX-License-Identifier: MIT */
/* The number that so many others are below, of numbers that are too many for memory, or need not be
 * put in order. */
#ifndef REELI_SELECTION_H
#define REELI_SELECTION_H

#include <stdint.h>

/* Numbers that can be gone through again and again. */
typedef struct reeli_numbers {
    void *of;
    void (*begin)(void *of);
    /* The next ones, and how many; 0 at the end. */
    int64_t (*next)(void *of, const double **block);
} reeli_numbers;

/*
 * The one that k others are below, k from 0 on, and in *before, unless that is NULL, the one that
 * k - 1 are below, k > 0; there is to be no NaN. -0 is below 0. NaN where there are no more than k.
 *
 * Time: up to six times through the numbers; as a rule three, as few are left then. Memory: 16 KB.
 */
double reeli_kth_number(const reeli_numbers *it, int64_t k, double *before);

#endif
