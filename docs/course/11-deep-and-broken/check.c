/* SPDX-License-Identifier: MIT */
/* What chapter 11's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static reel *r;
static reel_tensor *weight;

static void shapes(void)
{
    reel_tensor *p = reel_from_f32(r, (float[]){1, 2, 3, 4}, REEL_SHAPE(4, 1));
    reel_tensor *t = reel_from_f32(r, (float[]){1, 2, 3, 4}, REEL_SHAPE(4));
    look_near(reel_item(loss_of(p, t)), 0, 0, "Make both (n, 1): reel_unsqueeze.",
              "the loss of what is right");
    look_near(reel_item(loss_of(reel_zeros_like(p), t)), 7.5, 1e-6, "Each with its own target.",
              "the loss of zeros");
}

static void starts(void)
{
    reel_module *model = network(r);
    reel_tensor *x = reel_from_f32(r, (float[]){-2, -1, 1, 2}, REEL_SHAPE(4, 1)), *y = reel_abs(x);
    reel_backward(reel_mse_loss(reel_forward(model, x), y, REEL_MEAN));
    float g[4] = {0};
    reel_tensor *first = reel_parameters(model).tensors[0];
    if (reel_grad(first)) {
        reel_to_f32(reel_grad(first), g, 4);
    }
    look(g[0] != 0 && g[1] != 0,
         "A weight of 0 in the last layer sends 0 back; leave the layers as they were made.",
         "the first layer's gradients are not 0: %.4f, %.4f, …", (double)g[0], (double)g[1]);
    look(g[0] != g[1], "Units that begin alike stay alike: they are to begin at random.",
         "its units have gradients of their own");
}

static void roots(void)
{
    double y[3], g[3];
    reel_tensor *x =
        reel_requires_grad_(reel_from_f64(r, (double[]){4, -2, 0.25}, REEL_SHAPE(3)), true);
    reel_tensor *root = safe_root(x);
    reel_to_f64(root, y, 3);
    reel_backward(reel_sum(root));
    reel_to_f64(reel_grad(x), g, 3);
    look(y[0] == 2 && y[1] == -2 && y[2] == 0.5, "sqrt(x) where x > 0, else x.",
         "safe_root of 4, -2, 0.25: %g, %g, %g", y[0], y[1], y[2]);
    look(g[0] == 0.25 && g[1] == 1 && g[2] == 1,
         "0 times NaN is NaN: give sqrt something safe where it is not wanted.",
         "its gradients: %g, %g, %g", g[0], g[1], g[2]);
}

static reel_tensor *one_loss(int batch)
{
    return reel_square(reel_sub(weight, reel_number(r, batch)));
}

static void totals(void)
{
    weight = reel_requires_grad_(reel_scalar(r, REEL_F64, 3), true);
    reel_rewind(r);
    look_near(total(50, one_loss), 33525, 1e-9, "The sum over all batches.",
              "the total of 50 batches");
    look(reel_tape_length(r) <= 4,
         "reel_item gives a number, and reel_rewind takes the batch's tape back.",
         "afterwards there are %zu operations on the tape", reel_tape_length(r));
}

static void quiet(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

int main(void)
{
    r = course_reel(0);
    reel_set_message_handler(r, quiet, NULL);
    shapes();
    starts();
    roots();
    totals();
    reel_free(r);
    return course_result();
}
