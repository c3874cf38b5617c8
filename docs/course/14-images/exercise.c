/* SPDX-License-Identifier: MIT */
/* Chapter 14: fill in what says TODO, and run ./scripts/course.sh 14. */
#include "exercise.h"

/* TODO: the image lies row by row: its element (i, j) is image[i * width + j]. */
void convolve(int height, int width, const double *image, const double *kernel, double *out)
{
    (void)image, (void)kernel;
    for (int i = 0; i < (height - K + 1) * (width - K + 1); i++) {
        out[i] = 0;
    }
}

/* TODO: where was kernel[a][b] used, and what did it meet there? Parts of one value are added. */
void weight_gradients(int height, int width, const double *image, double *gradients)
{
    (void)height, (void)width, (void)image;
    for (int i = 0; i < K * K; i++) {
        gradients[i] = 0;
    }
}

/* TODO */
int parameters(int in, int out, int k)
{
    (void)in, (void)out, (void)k;
    return 0;
}
