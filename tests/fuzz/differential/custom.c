/* SPDX-License-Identifier: MIT */
/* Operations as users make them, forward in loops and gradients of operations; custom.py has the
 * same for PyTorch. */
#include "binding.h"
#include "program.h"

#include <math.h>
#include <reel/custom.h>
#include <reel/elementwise.h>
#include <string.h>

/* x³ - 2x, whose slope is 3x² - 2. */
static bool cubic_forward(reel_call *use)
{
    const double *x = reel_data_f64(use->in[0]);
    double *y = reel_data_f64(use->out[0]);
    for (int64_t i = 0; i < reel_numel(use->in[0]); i++) {
        y[i] = x[i] * x[i] * x[i] - 2 * x[i];
    }
    return true;
}

static reel_tensor *cubic_gradient(reel_call *use, int input)
{
    (void)input;
    reel_tensor *square = reel_square(use->in[0]);
    return reel_mul(use->g[0], reel_add_scalar(reel_mul_scalar(square, 3), -2));
}

/* a sin b, of one shape. */
static bool wave_forward(reel_call *use)
{
    const double *a = reel_data_f64(use->in[0]), *b = reel_data_f64(use->in[1]);
    double *y = reel_data_f64(use->out[0]);
    for (int64_t i = 0; i < reel_numel(use->in[0]); i++) {
        y[i] = a[i] * sin(b[i]);
    }
    return true;
}

static reel_tensor *wave_gradient(reel_call *use, int input)
{
    reel_tensor *a = use->in[0], *b = use->in[1], *g = use->g[0];
    return input == 0 ? reel_mul(g, reel_sin(b)) : reel_mul(reel_mul(g, a), reel_cos(b));
}

/* x² and e^-x², with the slopes 2x and -2x e^-x²: the second is made of the output. */
static bool bell_forward(reel_call *use)
{
    const double *x = reel_data_f64(use->in[0]);
    double *square = reel_data_f64(use->out[0]), *bell = reel_data_f64(use->out[1]);
    for (int64_t i = 0; i < reel_numel(use->in[0]); i++) {
        square[i] = x[i] * x[i];
        bell[i] = exp(-square[i]);
    }
    return true;
}

static reel_tensor *bell_gradient(reel_call *use, int input)
{
    (void)input;
    reel_tensor *slope = reel_sub(use->g[0], reel_mul(use->g[1], use->out[1]));
    return reel_mul(reel_mul_scalar(use->in[0], 2), slope);
}

static const reel_custom_op cubic_op = {.name = "custom_cubic",
                                        .forward = cubic_forward,
                                        .gradient = cubic_gradient,
                                        .unread = REEL_UNREAD_OUTPUTS,
                                        .as_double = true},
                            wave_op = {.name = "custom_wave",
                                       .forward = wave_forward,
                                       .gradient = wave_gradient,
                                       .unread = REEL_UNREAD_OUTPUTS,
                                       .as_double = true},
                            bell_op = {.name = "custom_bell",
                                       .forward = bell_forward,
                                       .gradient = bell_gradient,
                                       .outputs = 2,
                                       .as_double = true};

static void cubic(call *c)
{
    answer_tensor(c, reel_custom(&cubic_op, NULL, (reel_tensor *[]){T(0)}, 1));
}

static void wave(call *c)
{
    answer_tensor(c, reel_custom(&wave_op, NULL, (reel_tensor *[]){T(0), T(1)}, 2));
}

static void bell(call *c)
{
    reel_custom_all(&bell_op, NULL, (reel_tensor *[]){T(0)}, 1, c->result);
    answer_parts(c, 2);
}

static const binding rows[] = {
    {"custom_cubic", "input", cubic},
    {"custom_wave", "input, other", wave},
    {"custom_bell", "input", bell},
};

const binding *custom_named(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}
