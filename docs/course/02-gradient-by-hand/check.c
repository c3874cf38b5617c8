/* SPDX-License-Identifier: MIT */
/* What chapter 2's exercise is looked at for: the tape's gradients. */
#include "check.h"
#include "exercise.h"

enum { NEURONS = 20 };

typedef struct hints {
    const char *w, *x, *b, *t;
} hints;

static double worst(double so_far, double a, double b) { return fmax(so_far, fabs(a - b)); }

static void compare(reel *r, bool sigmoid, const hints *say)
{
    double off[5] = {0};
    for (int i = 0; i < NEURONS; i++) {
        double v[4];
        reel_tensor *leaf[4];
        reel_to_f64(reel_randn(r, REEL_F64, REEL_SHAPE(4)), v, 4);
        for (int k = 0; k < 4; k++) {
            leaf[k] = reel_requires_grad_(reel_scalar(r, REEL_F64, v[k]), true);
        }
        reel_tensor *s = reel_add(reel_mul(leaf[0], leaf[1]), leaf[2]);
        reel_tensor *y = sigmoid ? reel_sigmoid(s) : reel_tanh(s);
        reel_tensor *loss = reel_square(reel_sub(y, leaf[3]));
        reel_backward(loss);
        gradients g;
        const double yours = (sigmoid ? sigmoid_neuron : neuron)(v[0], v[1], v[2], v[3], &g);
        const double all[4] = {g.w, g.x, g.b, g.t};
        off[4] = worst(off[4], yours, reel_item(loss));
        for (int k = 0; k < 4; k++) {
            off[k] = worst(off[k], all[k], reel_item(reel_grad(leaf[k])));
        }
    }
    const char *what = sigmoid ? "sigmoid_neuron" : "neuron", *of[] = {"w", "x", "b", "t"};
    const char *hint[] = {say->w, say->x, say->b, say->t};
    look(off[4] < 1e-12, "The loss is (y - t)^2.", "%s's loss, off by at most %.2g", what, off[4]);
    static const int order[] = {2, 0, 1, 3}; /* b's comes first on the way back */
    for (int i = 0; i < 4; i++) {
        const int k = order[i];
        look(off[k] < 1e-12, hint[k], "%s's gradient of %s, off by at most %.2g", what, of[k],
             off[k]);
    }
}

int main(void)
{
    reel *r = course_reel(1);
    compare(r, false,
            &(hints){.b = "To y comes 2 (y - t); tanh multiplies it by 1 - y^2; + passes it on.",
                     .w = "What comes to s, times the other factor, x.",
                     .x = "What comes to s, times the other factor, w.",
                     .t = "The other sign than y's: t is subtracted."});
    compare(r, true,
            &(hints){.b = "A sigmoid's slope is y (1 - y), written with its result.",
                     .w = "What comes to s, times x.",
                     .x = "What comes to s, times w.",
                     .t = "The other sign than y's."});
    reel_free(r);
    return course_result();
}
