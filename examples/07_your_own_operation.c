/* SPDX-License-Identifier: MIT */
/*
 * Operations of your own, in three steps: composed from existing ones, which needs no gradient;
 * with a forward of your own and a gradient written in operations; with both in plain loops.
 */
#include <math.h>
#include <reel/reel.h>

/* 1. swish(x) = x sigmoid(x), composed: the tape knows the rest. */
static reel_tensor *swish(reel_tensor *x)
{
    reel_tensor *one_plus = reel_add_scalar(reel_exp(reel_neg(x)), 1);
    return reel_div(x, one_plus);
}

/* 2. y = ln(1 + eˣ) without overflow for a large x. Its gradient is g / (1 + e⁻ˣ). */
static bool softplus_forward(reel_call *call)
{
    const double *x = reel_data_f64(call->in[0]);
    double *y = reel_data_f64(call->out[0]);
    for (int64_t i = 0; i < reel_numel(call->in[0]); i++) {
        y[i] = fmax(x[i], 0) + log1p(exp(-fabs(x[i])));
    }
    return true;
}

static reel_tensor *softplus_gradient(reel_call *call, int input)
{
    reel_tensor *x = call->in[input];
    return reel_div(call->g[0], reel_add_scalar(reel_exp(reel_neg(x)), 1));
}

static const reel_custom_op softplus = {.name = "stable_softplus",
                                        .forward = softplus_forward,
                                        .gradient = softplus_gradient,
                                        .as_double = true};

/* 3. The pressure of a gas, p = T / (v - b), where b comes in the context. Outside of v > b there
 * is no pressure: a failed callback says so in the operation's name. */
static bool pressure_forward(reel_call *call)
{
    const double b = *(const double *)call->context;
    const double *v = reel_data_f64(call->in[0]), *t = reel_data_f64(call->in[1]);
    double *p = reel_data_f64(call->out[0]);
    for (int64_t i = 0; i < reel_numel(call->in[0]); i++) {
        if (v[i] <= b) {
            return reel_call_fail(call, REEL_ERR_VALUE, "a volume of %g is not above %g", v[i], b);
        }
        p[i] = t[i] / (v[i] - b);
    }
    return true;
}

/* dp/dv = -p / (v - b), dp/dT = 1 / (v - b) */
static bool pressure_gradient(reel_call *call, int input, reel_tensor *dx)
{
    const double b = *(const double *)call->context;
    const double *v = reel_data_f64(call->in[0]), *p = reel_data_f64(call->out[0]);
    const double *g = reel_data_f64(call->g[0]);
    double *d = reel_data_f64(dx);
    for (int64_t i = 0; i < reel_numel(dx); i++) {
        d[i] = g[i] * (input == 0 ? -p[i] : 1) / (v[i] - b);
    }
    return true;
}

static const reel_custom_op pressure = {.name = "pressure",
                                        .forward = pressure_forward,
                                        .gradient_data = pressure_gradient,
                                        .as_double = true};

static reel_tensor *energy(reel_tensor *const *inputs, size_t count, void *context)
{
    (void)count;
    return swish(reel_custom(&softplus, NULL,
                             (reel_tensor *[]){reel_custom(&pressure, context, inputs, 2)}, 1));
}

static void report(void *context, reel_level level, const char *message)
{
    (void)context;
    printf("%s: %s\n", level == REEL_ERROR ? "error" : "warning", message);
}

int main(void)
{
    reel *r = reel_new();
    reel_set_message_handler(r, report, NULL);
    double b = 0.5;
    reel_tensor *v =
        reel_requires_grad_(reel_from_f64(r, (double[]){1, 2, 3}, REEL_SHAPE(3)), true);
    reel_tensor *t =
        reel_requires_grad_(reel_from_f64(r, (double[]){2, -1, 4}, REEL_SHAPE(3)), true);
    reel_tensor *inputs[] = {reel_set_name(v, "v"), reel_set_name(t, "T")};

    reel_backward(reel_sum(energy(inputs, 2, &b)));
    printf("the tape has %zu steps\n", reel_tape_length(r));
    reel_print(reel_grad(v));
    reel_print(reel_grad(t));

    reel_gradcheck_report found;
    if (reel_gradcheck(energy, &b, inputs, 2, NULL, &found) == REEL_OK) {
        printf("%lld gradients agree with differences\n", (long long)found.checked);
    }

    reel_tensor *x = inputs[0];
    reel_tensor *soft = reel_sum(reel_custom(&softplus, NULL, &x, 1)), *slope, *curvature;
    reel_gradients(soft, &x, 1, &(reel_backward_options){.create_graph = true}, &slope);
    reel_gradients(reel_sum(slope), &x, 1, NULL, &curvature);
    printf("softplus twice differentiated: ");
    reel_print(curvature);

    reel_gradgradcheck(energy, &b, inputs, 2, NULL, NULL); /* the pressure's gradient is loops */
    reel_clear_error(r);
    b = 1.5;
    energy(inputs, 2, &b);
    reel_free(r);
    return 0;
}
