/* SPDX-License-Identifier: MIT */
/* What chapter 14's exercise is looked at for: reel_conv2d. */
#include "check.h"
#include "exercise.h"

enum { HEIGHT = 5, WIDTH = 7, OUT = (HEIGHT - K + 1) * (WIDTH - K + 1) };

static double apart(const double *a, const double *b, int n)
{
    double most = 0;
    for (int i = 0; i < n; i++) {
        most = fmax(most, fabs(a[i] - b[i]));
    }
    return most;
}

int main(void)
{
    double image[HEIGHT * WIDTH], kernel[K * K], theirs[OUT], yours[OUT], gradient[K * K],
        own[K * K];
    reel *r = course_reel(7);
    reel_tensor *x = reel_randn(r, REEL_F64, REEL_SHAPE(1, 1, HEIGHT, WIDTH));
    reel_tensor *w = reel_requires_grad_(reel_randn(r, REEL_F64, REEL_SHAPE(1, 1, K, K)), true);
    reel_tensor *y = reel_conv2d(x, w, NULL, (reel_conv_options){0});
    reel_to_f64(x, image, HEIGHT * WIDTH);
    reel_to_f64(w, kernel, K * K);
    reel_to_f64(y, theirs, OUT);
    convolve(HEIGHT, WIDTH, image, kernel, yours);
    look(
        apart(theirs, yours, OUT) < 1e-12,
        "Row i + a, column j + b of the image; rows of the image are width long, of out width - 2.",
        "convolve on %d by %d is reel_conv2d, off by %.2g", HEIGHT, WIDTH,
        apart(theirs, yours, OUT));
    reel_backward(reel_sum(y));
    reel_to_f64(reel_grad(w), gradient, K * K);
    weight_gradients(HEIGHT, WIDTH, image, own);
    look(apart(gradient, own, K * K) < 1e-12,
         "Each weight is used at every place: add what it met.",
         "weight_gradients are the tape's, off by %.2g", apart(gradient, own, K * K));
    look(parameters(1, 8, 3) == 80, "A kernel for each pair of channels, a bias for each of out.",
         "from 1 channel to 8, 3 by 3: %d", parameters(1, 8, 3));
    look(parameters(8, 16, 5) == 3216, "A kernel for each pair of channels.",
         "from 8 to 16, 5 by 5: %d", parameters(8, 16, 5));
    reel_free(r);
    return course_result();
}
