/* SPDX-License-Identifier: MIT */
/* Activations as modules: a function and its numbers. */
#include "module.h"

#include <reel/activation.h>
#include <reel/elementwise.h>
#include <reel/reduce.h>

/* What makes a module, and the function that it applies: without numbers, with one, with two, and
 * of a dim. */
#define PLAIN(make, function, Name)                                                                \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        (void)m;                                                                                   \
        return function(in[0]);                                                                    \
    }                                                                                              \
    reel_module *make(reel *r) { return reeli_module_new(r, #Name, 1, apply_##function); }
#define ONE(make, function, Name, first)                                                           \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], m->p[0]);                                                           \
    }                                                                                              \
    reel_module *make(reel *r, double first)                                                       \
    {                                                                                              \
        reel_module *m = reeli_module_new(r, #Name, 1, apply_##function);                          \
        if (m) {                                                                                   \
            m->p[0] = first;                                                                       \
        }                                                                                          \
        return m;                                                                                  \
    }
#define TWO(make, function, Name, first, second)                                                   \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], m->p[0], m->p[1]);                                                  \
    }                                                                                              \
    reel_module *make(reel *r, double first, double second)                                        \
    {                                                                                              \
        reel_module *m = reeli_module_new(r, #Name, 1, apply_##function);                          \
        if (m) {                                                                                   \
            m->p[0] = first;                                                                       \
            m->p[1] = second;                                                                      \
        }                                                                                          \
        return m;                                                                                  \
    }
#define OF_DIM(make, function, Name)                                                               \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], m->i[0]);                                                           \
    }                                                                                              \
    reel_module *make(reel *r, int64_t dim)                                                        \
    {                                                                                              \
        reel_module *m = reeli_module_new(r, #Name, 1, apply_##function);                          \
        if (m) {                                                                                   \
            m->i[0] = dim;                                                                         \
        }                                                                                          \
        return m;                                                                                  \
    }

PLAIN(reel_nn_relu, reel_relu, ReLU)
bool reeli_is_relu(const reel_module *m) { return m->compute == apply_reel_relu; }
PLAIN(reel_nn_relu6, reel_relu6, ReLU6)
PLAIN(reel_nn_tanh, reel_tanh, Tanh)
PLAIN(reel_nn_sigmoid, reel_sigmoid, Sigmoid)
PLAIN(reel_nn_selu, reel_selu, SELU)
PLAIN(reel_nn_gelu, reel_gelu, GELU)
PLAIN(reel_nn_gelu_tanh, reel_gelu_tanh, GELU)
PLAIN(reel_nn_silu, reel_silu, SiLU)
PLAIN(reel_nn_mish, reel_mish, Mish)
PLAIN(reel_nn_softsign, reel_softsign, Softsign)
PLAIN(reel_nn_hardsigmoid, reel_hardsigmoid, Hardsigmoid)
PLAIN(reel_nn_hardswish, reel_hardswish, Hardswish)
PLAIN(reel_nn_logsigmoid, reel_logsigmoid, LogSigmoid)
PLAIN(reel_nn_tanhshrink, reel_tanhshrink, Tanhshrink)
ONE(reel_nn_leaky_relu, reel_leaky_relu, LeakyReLU, negative_slope)
ONE(reel_nn_elu, reel_elu, ELU, alpha)
ONE(reel_nn_celu, reel_celu, CELU, alpha)
ONE(reel_nn_softshrink, reel_softshrink, Softshrink, lambd)
ONE(reel_nn_hardshrink, reel_hardshrink, Hardshrink, lambd)
TWO(reel_nn_hardtanh, reel_hardtanh, Hardtanh, min_val, max_val)
TWO(reel_nn_softplus, reel_softplus, Softplus, beta, threshold)
TWO(reel_nn_threshold, reel_threshold, Threshold, bound, value)
OF_DIM(reel_nn_softmax, reel_softmax, Softmax)
OF_DIM(reel_nn_log_softmax, reel_log_softmax, LogSoftmax)
OF_DIM(reel_nn_softmin, reel_softmin, Softmin)
OF_DIM(reel_nn_glu, reel_glu, GLU)

static reel_tensor *apply_prelu(reel_module *m, reel_tensor *const *in)
{
    return reel_prelu(in[0], m->weight);
}

reel_module *reel_nn_prelu(reel *r, int64_t parameters, double initial)
{
    reel_module *m = reeli_module_new(r, "PReLU", 1, apply_prelu);
    if (!m) {
        return NULL;
    }
    m->weight = reeli_add_parameter(m, "weight", REEL_F32, initial, 0, 1, &parameters);
    return reeli_finished(m, m->weight != NULL);
}
