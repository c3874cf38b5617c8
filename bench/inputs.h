/* SPDX-License-Identifier: MIT */
/* What every side of a workload starts from: the same numbers, in C and in C++, from no library. */
#ifndef BENCH_INPUTS_H
#define BENCH_INPUTS_H

#include <stdint.h>

enum {
    W2_ROWS = 20000,
    W2_INPUTS = 13,
    W2_HIDDEN = 64,
    W2_BATCH = 32,
    W3_INPUTS = 512,
    W3_HIDDEN = 1024,
    W3_BATCH = 256,
    W4_COUNT = 10000000,
    W5_ROWS = 1000000,
    W5_COLUMNS = 100,
    W6_OPERATIONS = 1000,
    W6_LARGEST = 16,
    W7_BATCH = 32,
    W7_SIDE = 28,
    W7_CLASSES = 10,
    W8_BATCH = 8,
    W8_COLOURS = 3,
    W8_SIDE = 64,
    W9_BATCH = 32,
    W9_STEPS = 50,
    W9_INPUTS = 16,
    W9_HIDDEN = 64,
    ELEMENTWISE_NUMBERS = 4096,
    ELEMENTWISE_LARGEST = 4
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t next_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* `count` values, uniform in [-bound, bound). */
static inline void fill_uniform(float *x, int64_t count, float bound, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++) {
        x[i] = bound * ((float)(next_bits(&seed) >> 40) * 0x1p-23f - 1.0f);
    }
}

/* What is to be learned of a row: a sum over its columns, bent. */
static inline void fill_targets(float *t, const float *x, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows; i++) {
        float sum = 0.25f;
        for (int64_t k = 0; k < columns; k++) {
            const float value = x[i * columns + k];
            sum += (k % 2 == 0 ? 0.2f : -0.1f) * value + (k % 3 == 0 ? 0.1f * value * value : 0.0f);
        }
        t[i] = sum;
    }
}

/* 0 to count - 1, shuffled (Fisher and Yates). */
static inline void fill_order(int64_t *order, int64_t count, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t j = (int64_t)(next_bits(&seed) % (uint64_t)(i + 1));
        order[i] = order[j];
        order[j] = i;
    }
}

/* Weights of a layer as PyTorch draws them, U(-1/sqrt(inputs), 1/sqrt(inputs)), then its biases;
 * `bound` is that root's inverse. */
static inline void fill_layer(float *weight, float *bias, int64_t inputs, int64_t outputs,
                              float bound, uint64_t seed)
{
    fill_uniform(weight, inputs * outputs, bound, seed);
    fill_uniform(bias, outputs, bound, seed + 1);
}

/* Parameter number i of a net, in PyTorch's order. */
static inline void fill_parameter(float *x, int64_t count, int i)
{
    fill_uniform(x, count, 0.1f, 100 + (uint64_t)i);
}

/* Classes at random. */
static inline void fill_classes(int64_t *to, int64_t count, int64_t classes, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++) {
        to[i] = (int64_t)(next_bits(&seed) % (uint64_t)classes);
    }
}

#endif
