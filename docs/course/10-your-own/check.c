/* SPDX-License-Identifier: MIT */
/* What chapter 10's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static reel_tensor *soft(reel_tensor *const *inputs, size_t count, void *context)
{
    (void)count, (void)context;
    return softplus(inputs[0]);
}

static bool cube_forward(reel_call *call)
{
    const double *x = reel_data_f64(call->in[0]);
    double *y = reel_data_f64(call->out[0]);
    for (int64_t i = 0; i < reel_numel(call->in[0]); i++) {
        y[i] = x[i] * x[i] * x[i];
    }
    return true;
}

static const reel_custom_op cube = {
    .name = "cube", .forward = cube_forward, .gradient_data = cube_gradient, .as_double = true};

static reel_tensor *cubed(reel_tensor *const *inputs, size_t count, void *context)
{
    (void)context;
    return reel_custom(&cube, NULL, inputs, count);
}

static void operations(reel *r)
{
    const double at[] = {-1000, -2, 0.5, 1, 1000},
                 expected[] = {0, 0.1269280110429726, 0.9740769841801067, 1.3132616875182228, 1000};
    double y[5];
    reel_tensor *x = reel_requires_grad_(reel_from_f64(r, at, REEL_SHAPE(5)), true);
    reel_to_f64(softplus(x), y, 5);
    for (int i = 0; i < 5; i++) {
        look(fabs(y[i] - expected[i]) < 1e-12, "exp(1000) is infinite; exp(-|x|) never is.",
             "softplus(%g): expected %g, and it is %g", at[i], expected[i], y[i]);
    }
    reel_tensor *some =
        reel_requires_grad_(reel_from_f64(r, (double[]){-2, 0.5, 1}, REEL_SHAPE(3)), true);
    reel_gradcheck_report found;
    look(reel_gradcheck(soft, NULL, &some, 1, NULL, &found) == REEL_OK,
         "Composed of operations it has its gradient.",
         "softplus has the gradient that nudging gives");
    reel_clear_error(r);
    look(reel_gradcheck(cubed, NULL, &some, 1, NULL, &found) == REEL_OK,
         "The slope of x^3 is 3 x^2; times g.", "cube_gradient is what nudging gives");
    reel_clear_error(r);
}

static void modules(reel *r)
{
    reel_module *module = block(r, 3);
    const reel_named_tensors state = reel_state_dict(module);
    look(state.count == 2 && strcmp(state.entries[0].name, "inner.weight") == 0 &&
             strcmp(state.entries[1].name, "inner.bias") == 0,
         "reel_module_add_child(module, \"inner\", …).",
         "block's state is inner.weight, inner.bias, and begins with %s",
         state.count ? state.entries[0].name : "nothing");
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(1, 3));
    for (size_t i = 0; i < state.count; i++) {
        reel_init_constant(state.entries[i].tensor, i == 0 ? 0.5 : 0.25);
    }
    reel_tensor *y = reel_forward(module, x);
    look_near(reel_get(y, (int64_t[]){0, 0}), 2.75, 1e-6, "x, plus what the layer makes of x.",
              "block(1) with weights 0.5 and biases 0.25");
}

static void quiet(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

int main(void)
{
    reel *r = course_reel(0);
    reel_set_message_handler(r, quiet, NULL);
    operations(r);
    modules(r);
    reel_free(r);
    return course_result();
}
