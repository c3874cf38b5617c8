/* SPDX-License-Identifier: MIT */
/* Callbacks of every kind. Each makes some calls of its own, of the same reel, before it returns
 * something, which is as often wrong as right. */
#ifndef API_CALLBACKS_H
#define API_CALLBACKS_H

#include "api.h"

static reel_tensor *some_tensor(reel_tensor *instead)
{
    some_calls();
    return draw_byte() < 0x40 ? draw_tensor() : instead;
}

static double some_factor(void *context, double cycle)
{
    (void)context;
    some_calls();
    return draw_flip() ? cycle : draw_number();
}

static double some_lr(void *context, size_t group, int64_t epoch)
{
    (void)context;
    some_calls();
    return draw_flip() ? 1 / (double)(group + 1 + (size_t)(epoch & 7)) : draw_number();
}

static reel_tensor *some_gradient(reel_tensor *gradient, void *context)
{
    (void)context;
    return some_tensor(draw_flip() ? NULL : reel_mul_scalar(gradient, 2));
}

static reel_tensor *some_forward(reel_module *module, reel_tensor *x, void *context)
{
    (void)context;
    here->handles[KIND_module][here->handles_made[KIND_module]++ % HANDLES] = module;
    return some_tensor(reel_mul_scalar(x, 2));
}

static reel_tensor *some_function(reel_tensor *const *inputs, size_t count, void *context)
{
    (void)context;
    return some_tensor(count > 0 ? reel_square(inputs[count - 1]) : NULL);
}

/* A loss, and its gradients. */
static reel_tensor *some_closure(void *context)
{
    (void)context;
    reel_tensor *loss = some_tensor(reel_sum(reel_square(draw_tensor())));
    if (draw_byte() < 0xC0) {
        reel_backward(loss);
    }
    return loss;
}

static void fill(reel_tensor *t)
{
    static const size_t sizes[] = {sizeof(float), sizeof(double), sizeof(int64_t), sizeof(bool)};
    const reel_dtype dtype = reel_dtype_of(t);
    void *const data = dtype == REEL_F32   ? (void *)reel_data_f32(t)
                       : dtype == REEL_F64 ? (void *)reel_data_f64(t)
                       : dtype == REEL_I64 ? (void *)reel_data_i64(t)
                                           : (void *)reel_data_bool(t);
    if (data) {
        memset(data, 1, (size_t)reel_numel(t) * sizes[dtype]);
    }
}

static bool custom_forward(reel_call *call)
{
    some_calls();
    for (int i = 0; i < call->outputs; i++) {
        fill(call->out[i]);
    }
    if (draw_byte() < 0x60) {
        const int ndim = draw_count();
        reel_tensor *t = reel_call_keep(call, (int)draw_whole(), (reel_dtype)draw_choice(4), ndim,
                                        draw_wholes(ROOM(ndim)));
        if (t && !is_poison(t)) {
            fill(t);
        }
    }
    return draw_byte() < 0xE0 || (!draw_flip() && reel_call_fail(call, REEL_ERR_VALUE, "%d", 7));
}

static reel_tensor *custom_gradient(reel_call *call, int given)
{
    return some_tensor(reel_mul(call->g[0], call->in[given]));
}

static bool custom_gradient_data(reel_call *call, int given, reel_tensor *dx)
{
    (void)given;
    some_calls();
    fill(dx);
    keep(call->g[0]);
    return draw_byte() < 0xE0;
}

static bool custom_shape(reel_call *call, int output, reel_output_shape *shape)
{
    some_calls();
    if (draw_flip()) {
        shape->dtype = (reel_dtype)draw_choice(4);
        shape->ndim = draw_count();
        for (int d = 0; d < REEL_MAX_DIMS; d++) {
            shape->size[d] = draw_whole();
        }
    }
    keep(call->in[output % call->inputs]);
    return draw_byte() < 0xE0;
}

static reel_custom_op draw_reel_custom_op(void)
{
    const unsigned some = draw_byte();
    return (reel_custom_op){.name = some & 1 || draw_flip() ? "own" : draw_name(),
                            .forward = rarely() ? NULL : custom_forward,
                            .gradient = some & 2 ? custom_gradient : NULL,
                            .gradient_data = some & 4 ? custom_gradient_data : NULL,
                            .shape = some & 8 ? custom_shape : NULL,
                            .outputs = some & 16 ? draw_count() : 0,
                            .unread = some & 32 ? draw_byte() : 0,
                            .as_double = some & 64};
}

static double (*callback_scale_fn(void))(void *, double) { return rarely() ? NULL : some_factor; }

static double (*callback_lr_lambda(void))(void *, size_t, int64_t)
{
    return rarely() ? NULL : some_lr;
}

static void some_progress(void *context, const char *path, int64_t bytes, int64_t size)
{
    (void)context, (void)path, (void)bytes, (void)size;
}

static reel_table_progress callback_progress(void) { return rarely() ? NULL : some_progress; }
static reel_hook callback_reel_hook(void) { return rarely() ? NULL : some_gradient; }
static reel_module_forward callback_reel_module_forward(void)
{
    return rarely() ? NULL : some_forward;
}
static reel_function callback_reel_function(void) { return rarely() ? NULL : some_function; }
static reel_closure callback_reel_closure(void) { return rarely() ? NULL : some_closure; }

#endif
