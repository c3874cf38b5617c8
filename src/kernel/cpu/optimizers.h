/* SPDX-License-Identifier: MIT */
/* One pass over a parameter for each optimizer: p parameter, g gradient. */

/*
 * g = -g if maximize; g += weight_decay p; with momentum: buffer = momentum buffer + (1 - dampening) g
 * (the first time buffer = g), g = g + momentum buffer if nesterov, else buffer; p = p - lr g.
 *
 * PyTorch's add with a factor is one fused multiply-add, and so rounds once.
 */
static void sgd(int64_t n, void *parameter, const void *gradient, void *buffer, const reeli_sgd *s)
{
    T *p = parameter, *velocity = buffer;
    const T *gradients = gradient;
    const T sense = s->maximize ? -1 : 1, step = (T)-s->lr, decay = (T)s->weight_decay;
    const T momentum = (T)s->momentum, share = (T)(1 - s->dampening);
    const bool plain = s->momentum == 0, first = s->first, nesterov = s->nesterov;
    EACH
    {
        T g = sense * gradients[i];
        if (decay != 0) {
            g = fused(decay, p[i], g);
        }
        if (!plain) {
            const T v = first ? g : fused(share, g, momentum * velocity[i]);
            velocity[i] = v;
            g = nesterov ? fused(momentum, v, g) : v;
        }
        p[i] = fused(step, g, p[i]);
    }
}
