/* SPDX-License-Identifier: MIT */
/* The Mersenne Twister MT19937 and the distributions that PyTorch draws from it. */
#ifndef REELI_MT19937_H
#define REELI_MT19937_H

#include <stdbool.h>
#include <stdint.h>

typedef struct reeli_mt19937 {
    uint32_t state[624];
    int32_t next;    /* the next word of `state` to hand out; 624 when all are used */
    bool has_normal; /* whether Box and Muller's second value waits in `normal` */
    double normal;
} reeli_mt19937;

void reeli_mt_seed(reeli_mt19937 *mt, uint64_t seed);
uint32_t reeli_mt_next32(reeli_mt19937 *mt);
uint64_t reeli_mt_next64(reeli_mt19937 *mt); /* first draw is the high half */

/* Uniform in [0, 1): 24 bits of one word for float, 53 bits of two for double. */
float reeli_mt_uniform_f32(reeli_mt19937 *mt);
double reeli_mt_uniform_f64(reeli_mt19937 *mt);

/* One normal value by Box and Muller in double; the pair's other value is kept for the next
 * call. */
double reeli_mt_normal(reeli_mt19937 *mt);

#endif
