/* SPDX-License-Identifier: MIT */
/* Activations as modules: a function and its numbers. */
#include "module.h"

#include <reel/activation.h>
#include <reel/elementwise.h>
#include <reel/reduce.h>

/* Rows of functions without numbers, with one, with two, and of a dim. */
#define PLAIN(function, Name)                                                                      \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        (void)m;                                                                                   \
        return reel_##function(in[0]);                                                             \
    }                                                                                              \
    reel_module *reel_nn_##function(reel *r)                                                       \
    {                                                                                              \
        return reeli_module_new(r, #Name, 1, apply_##function);                                    \
    }
#define ONE(function, Name, first)                                                                 \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return reel_##function(in[0], m->p[0]);                                                    \
    }                                                                                              \
    reel_module *reel_nn_##function(reel *r, double first)                                         \
    {                                                                                              \
        reel_module *m = reeli_module_new(r, #Name, 1, apply_##function);                          \
        if (m) {                                                                                   \
            m->p[0] = first;                                                                       \
        }                                                                                          \
        return m;                                                                                  \
    }
#define TWO(function, Name, first, second)                                                         \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return reel_##function(in[0], m->p[0], m->p[1]);                                           \
    }                                                                                              \
    reel_module *reel_nn_##function(reel *r, double first, double second)                          \
    {                                                                                              \
        reel_module *m = reeli_module_new(r, #Name, 1, apply_##function);                          \
        if (m) {                                                                                   \
            m->p[0] = first;                                                                       \
            m->p[1] = second;                                                                      \
        }                                                                                          \
        return m;                                                                                  \
    }
#define OF_DIM(function, Name)                                                                     \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return reel_##function(in[0], m->i[0]);                                                    \
    }                                                                                              \
    reel_module *reel_nn_##function(reel *r, int64_t dim)                                          \
    {                                                                                              \
        reel_module *m = reeli_module_new(r, #Name, 1, apply_##function);                          \
        if (m) {                                                                                   \
            m->i[0] = dim;                                                                         \
        }                                                                                          \
        return m;                                                                                  \
    }

PLAIN(relu, ReLU)
PLAIN(relu6, ReLU6)
PLAIN(tanh, Tanh)
PLAIN(sigmoid, Sigmoid)
PLAIN(selu, SELU)
PLAIN(gelu, GELU)
PLAIN(gelu_tanh, GELU)
PLAIN(silu, SiLU)
PLAIN(mish, Mish)
PLAIN(softsign, Softsign)
PLAIN(hardsigmoid, Hardsigmoid)
PLAIN(hardswish, Hardswish)
PLAIN(logsigmoid, LogSigmoid)
PLAIN(tanhshrink, Tanhshrink)
ONE(leaky_relu, LeakyReLU, negative_slope)
ONE(elu, ELU, alpha)
ONE(celu, CELU, alpha)
ONE(softshrink, Softshrink, lambd)
ONE(hardshrink, Hardshrink, lambd)
TWO(hardtanh, Hardtanh, min_val, max_val)
TWO(softplus, Softplus, beta, threshold)
TWO(threshold, Threshold, bound, value)
OF_DIM(softmax, Softmax)
OF_DIM(log_softmax, LogSoftmax)
OF_DIM(softmin, Softmin)
OF_DIM(glu, GLU)

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
