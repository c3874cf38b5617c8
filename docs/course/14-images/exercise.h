/* SPDX-License-Identifier: MIT */
/* Chapter 14: a convolution by hand. */

enum { K = 3 };

/* out[i][j] = sum of kernel[a][b] * image[i + a][j + b]; out has height - 2 rows of width - 2. */
void convolve(int height, int width, const double *image, const double *kernel, double *out);
/* d (sum of all out) / d kernel[a][b] */
void weight_gradients(int height, int width, const double *image, double *gradients);
/* The parameters of a convolution: kernels of k by k from `in` channels to `out`, and biases. */
int parameters(int in, int out, int k);
