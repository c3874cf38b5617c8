/* SPDX-License-Identifier: MIT */
/*
 * Lesson 2: the tape, and the same gradient by hand.
 *
 * One neuron and one loss:      y = tanh(w x + b),     loss = (y - t)²
 *
 * Forward, each operation computes its result and is written down on the tape. Backward reads the
 * tape from its end. Each operation knows one small rule: given how the loss changes with its
 * result, how does the loss change with its inputs? Applied one after the other, those rules are
 * the chain rule:
 *
 *   d loss / d y = 2 (y - t)
 *   d loss / d s = d loss / d y · (1 - y²)        where s = w x + b, as tanh' = 1 - tanh²
 *   d loss / d b = d loss / d s
 *   d loss / d w = d loss / d s · x
 */
#include <math.h>
#include <reel/reel.h>
#include <stdio.h>

static reel_tensor *parameter(reel *r, const char *name, double value)
{
    reel_tensor *t = reel_scalar(r, REEL_F64, value);
    return reel_set_name(reel_requires_grad_(t, true), name);
}

static void compare(const char *name, double by_hand, const reel_tensor *t)
{
    printf("d loss / d %s   by hand %9.6f   from the tape %9.6f\n", name, by_hand,
           reel_item(reel_grad(t)));
}

int main(void)
{
    const double w = 0.75, x = 2, b = -1, t = 1;
    const double y = tanh(w * x + b);
    const double dy = 2 * (y - t), ds = dy * (1 - y * y);

    reel *r = reel_new();
    reel_retain_all_grads(r, true); /* to see every gradient; otherwise only w and b keep theirs */
    reel_tensor *tw = parameter(r, "w", w), *tb = parameter(r, "b", b);
    reel_tensor *tx = reel_set_name(reel_scalar(r, REEL_F64, x), "x");
    reel_tensor *target = reel_set_name(reel_scalar(r, REEL_F64, t), "t");

    reel_tensor *s = reel_set_name(reel_add(reel_mul(tw, tx), tb), "s");
    reel_tensor *ty = reel_set_name(reel_tanh(s), "y");
    reel_tensor *loss = reel_set_name(reel_square(reel_sub(ty, target)), "loss");

    printf("The tape after the forward pass:\n");
    reel_tape_print(r, stdout);
    reel_backward(loss);
    printf("\nAnd after backward, filled in from the last row to the first:\n");
    reel_tape_print(r, stdout);

    printf("\n");
    compare("w", ds * x, tw);
    compare("b", ds, tb);
    compare("s", ds, s);
    compare("y", dy, ty);

    printf("\nThe same as a picture: save this as tape.dot, then run dot -Tsvg tape.dot\n");
    reel_tape_dot(loss, stdout);

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
