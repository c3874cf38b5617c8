/* SPDX-License-Identifier: MIT */
/* One way to do chapter 14. */
#include "exercise.h"

void convolve(int height, int width, const double *image, const double *kernel, double *out)
{
    for (int i = 0; i < height - K + 1; i++) {
        for (int j = 0; j < width - K + 1; j++) {
            double sum = 0;
            for (int a = 0; a < K; a++) {
                for (int b = 0; b < K; b++) {
                    sum += kernel[a * K + b] * image[(i + a) * width + j + b];
                }
            }
            out[i * (width - K + 1) + j] = sum;
        }
    }
}

/* Each place that a weight was used at sends what it met there. */
void weight_gradients(int height, int width, const double *image, double *gradients)
{
    for (int a = 0; a < K; a++) {
        for (int b = 0; b < K; b++) {
            gradients[a * K + b] = 0;
            for (int i = 0; i < height - K + 1; i++) {
                for (int j = 0; j < width - K + 1; j++) {
                    gradients[a * K + b] += image[(i + a) * width + j + b];
                }
            }
        }
    }
}

int parameters(int in, int out, int k) { return out * in * k * k + out; }
