/* SPDX-License-Identifier: MIT */
/* Source: Matsumoto and Nishimura, Mersenne Twister, 1998; the distributions are PyTorch's. */
#include "mt19937.h"

#include "arithmetic.h"

#include <math.h>

enum { WORDS = 624, AHEAD = 397 };

void reeli_mt_seed(reeli_mt19937 *mt, uint64_t seed)
{
    mt->state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < WORDS; i++) {
        uint32_t before = mt->state[i - 1];
        mt->state[i] = 1812433253U * (before ^ (before >> 30)) + i;
    }
    mt->next = WORDS;
    mt->has_normal = false;
    mt->normal = 0.0;
}

/* Word i's successor: the high bit of it and the low bits of the next, times a matrix over GF(2).
 */
static inline uint32_t twist(uint32_t word, uint32_t next, uint32_t ahead)
{
    uint32_t mixed = (word & 0x80000000U) | (next & 0x7fffffffU);
    return ahead ^ (mixed >> 1) ^ (-(next & 1U) & 0x9908b0dfU);
}

static void refill(reeli_mt19937 *mt)
{
    uint32_t *s = mt->state;
    for (int i = 0; i < WORDS - AHEAD; i++) {
        s[i] = twist(s[i], s[i + 1], s[i + AHEAD]);
    }
    for (int i = WORDS - AHEAD; i < WORDS - 1; i++) {
        s[i] = twist(s[i], s[i + 1], s[i + AHEAD - WORDS]);
    }
    s[WORDS - 1] = twist(s[WORDS - 1], s[0], s[AHEAD - 1]);
    mt->next = 0;
}

uint32_t reeli_mt_next32(reeli_mt19937 *mt)
{
    if (mt->next >= WORDS) {
        refill(mt);
    }
    uint32_t y = mt->state[mt->next++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
}

uint64_t reeli_mt_next64(reeli_mt19937 *mt)
{
    uint64_t high = reeli_mt_next32(mt);
    return (high << 32) | reeli_mt_next32(mt);
}

float reeli_mt_uniform_f32(reeli_mt19937 *mt)
{
    return (float)(reeli_mt_next32(mt) & 0xffffffU) * 0x1p-24F;
}

double reeli_mt_uniform_f64(reeli_mt19937 *mt)
{
    return (double)(reeli_mt_next64(mt) & 0x1fffffffffffffU) * 0x1p-53;
}

double reeli_mt_normal(reeli_mt19937 *mt)
{
    if (mt->has_normal) {
        mt->has_normal = false;
        return mt->normal;
    }
    double u1 = reeli_mt_uniform_f64(mt);
    double u2 = reeli_mt_uniform_f64(mt);
    double radius = sqrt(-2.0 * log1p(-u2));
    double angle = 6.283185307179586 * u1; /* 2 pi */
    mt->has_normal = true;
    mt->normal = radius * sin(angle);
    return radius * cos(angle);
}
