/* SPDX-License-Identifier: MIT */
/*
 * One pass over a parameter for each optimizer: p parameter, g gradient. The roundings are
 * PyTorch's: its add with a factor, its addcmul and its lerp end in a fused multiply-add each, its
 * addcdiv is a product, a quotient and a sum. Where a state is there or not, each case is its own
 * loop if training is made of it.
 */

#define RULE(name)                                                                                 \
    VECTORS_OF_512 void NAMED(name, update)(int64_t n, void *parameter, const void *gradient,      \
                                            void *const *state, const reeli_step *s)

/* What every rule begins with: the gradient, turned round or not, with the weights' decay. */
#define BEGIN                                                                                      \
    LEAVE_VECTORS                                                                                  \
    T *const p = parameter;                                                                        \
    const T *const gradients = gradient;                                                           \
    const T sense = s->maximize ? -1 : 1, decay = (T)s->weight_decay;
#define ELEMENT                                                                                    \
    const T x = p[i], plain = sense * gradients[i];                                                \
    const T g = decay != 0 ? seldom_fused(decay, x, plain) : plain;

/* Where a fused multiply-add takes many instructions, it is a call; SGD and Adam have loops of
 * their own there: optimizers_unfused.h. */
#ifdef HAS_FMA
#define seldom_fused(a, b, c) fused(a, b, c)
#else
static T fused_by_call(T a, T b, T c) { return fused(a, b, c); }
#define seldom_fused(a, b, c) fused_by_call(a, b, c)
#endif

/* The way from `from` to `to` by a share of it, counted from the nearer end. */
#define BETWEEN(from, to, share)                                                                   \
    seldom_fused((share) < (T)0.5 ? (share) : (share)-1, (to) - (from),                            \
                 (share) < (T)0.5 ? (from) : (to))

/* Two averages: m of g, v of g², each newest term with the share that is missing to 1. */
#define AVERAGES                                                                                   \
    T *const m = state[0], *const v = state[1];                                                    \
    const T share1 = (T)(1 - s->beta1), beta2 = (T)s->beta2, share2 = (T)(1 - s->beta2);
#define AVERAGE                                                                                    \
    m[i] = BETWEEN(m[i], g, share1);                                                               \
    v[i] = seldom_fused(share2 * g, g, beta2 * v[i]);

/* The larger, and NaN if one is. */
static inline T larger(T a, T b) { return a > b || a != a ? a : b; }

#ifdef HAS_FMA

/*
 * g = -g if maximize; g += weight_decay p;
 * with momentum: buffer = momentum buffer + (1 - dampening) g (the first time buffer = g),
 *                g = g + momentum buffer if nesterov, else buffer;
 * p = p - lr g.
 */
RULE(sgd)
{
    BEGIN
    const T step = (T)-s->lr;
    T *const velocity = state[0];
    if (s->momentum == 0) {
        EACH
        {
            ELEMENT
            p[i] = fused(step, g, x);
        }
        return;
    }
    const T momentum = (T)s->momentum, share = (T)s->share;
    const T first = (T)s->first, nesterov = (T)s->nesterov;
#ifndef HAS_AVX512 /* whose vectors need few instructions: the usual case by itself takes half */
    if (sizeof(T) == 4 && decay == 0 && first == 0 && nesterov == 0) {
        EACH
        {
            const T next = fused(share * sense, gradients[i], momentum * velocity[i]);
            velocity[i] = next;
            p[i] = fused(step, next, p[i]);
        }
        return;
    }
#endif
    EACH
    {
        ELEMENT
        const T old = momentum * velocity[i], next = first != 0 ? g : fused(share, g, old);
        velocity[i] = next;
        p[i] = fused(step, nesterov != 0 ? fused(momentum, next, g) : next, x);
    }
}

/* s / c for the c of a whole pass, without its division: the quotient by 1 / c = inverse + rest is
 * at most an ulp off, and what is left of s, which is exact, rounds it to the nearest (Markstein
 * 1990). Not of an infinite s, whose rest would be NaN. */
REELI_INLINE T divided(T s, T c, T inverse, T rest)
{
    const T near = fused(s, inverse, s * rest);
    const T exact = fused(fused(-near, c, s), inverse, near);
    return s == (T)INFINITY ? s : exact;
}

/* p = shrink p - lr m / (√v / correction2 + eps); with amsgrad v is the largest so far. What nearly
 * everyone trains with has a loop without choices. */
RULE(adam)
{
    BEGIN
    AVERAGES
    const T step = (T)-s->lr, eps = (T)s->eps, correction = (T)s->correction2,
            shrink = (T)s->shrink;
    const bool amsgrad = s->flag != 0;
    if (amsgrad || decay != 0 || share1 >= (T)0.5 ||
        !(correction >= (T)0x1p-30 && correction <= 1)) {
        T *const largest = amsgrad ? state[2] : v;
        EACH
        {
            ELEMENT
            AVERAGE
            largest[i] = larger(v[i], largest[i]);
            p[i] = shrink * x + step * m[i] / (sqrt(largest[i]) / correction + eps);
        }
        return;
    }
    const T inverse = 1 / correction, rest = fused(-inverse, correction, 1) / correction;
    EACH
    {
        const T g = sense * gradients[i], x = p[i];
        const T mean = fused(share1, g - m[i], m[i]);
        const T square = fused(share2 * g, g, beta2 * v[i]);
        m[i] = mean;
        v[i] = square;
        p[i] = shrink * x + step * mean / (divided(sqrt(square), correction, inverse, rest) + eps);
    }
}

#else
#include "optimizers_unfused.h"
#endif

/* The others have no third level, and of doubles no vectors. */
#ifndef ONLY_WIDE

/* u = max(beta2 u, |g| + eps); p = p - lr m / u. */
RULE(adamax)
{
    BEGIN
    T *const m = state[0], *const u = state[1];
    const T share = (T)(1 - s->beta1), beta2 = (T)s->beta2;
    const T step = (T)-s->lr, eps = (T)s->eps;
    EACH_SELDOM
    {
        ELEMENT
        m[i] = BETWEEN(m[i], g, share);
        u[i] = larger(magnitude(g) + eps, beta2 * u[i]);
        p[i] = x + step * m[i] / u[i];
    }
}

/* d = √(v / correction2) + eps; p = shrink p - weight g / d - lr m / d. */
RULE(nadam)
{
    BEGIN
    AVERAGES
    const T own = (T)-s->weight, step = (T)-s->lr, eps = (T)s->eps, correction = (T)s->correction2,
            shrink = (T)s->shrink;
    EACH_SELDOM
    {
        ELEMENT
        AVERAGE
        const T d = sqrt(v[i] / correction) + eps;
        p[i] = (shrink * x + own * g / d) + step * m[i] / d;
    }
}

/* p = shrink p - lr m / correction1, and times weight correction2 / (√v + eps) if `flag`. */
RULE(radam)
{
    BEGIN
    AVERAGES
    const T lr = (T)s->lr, eps = (T)s->eps, rectified = (T)s->weight;
    const T correction1 = (T)s->correction1, correction2 = (T)s->correction2;
    const T adaptive = (T)s->flag, shrink = (T)s->shrink;
    EACH_SELDOM
    {
        ELEMENT
        AVERAGE
        const T step = m[i] / correction1 * lr;
        p[i] = shrink * x -
               (adaptive != 0 ? step * (1 / (sqrt(v[i]) + eps) * correction2) * rectified : step);
    }
}

/* v = alpha v + (1 - alpha) g², centered: less the square of g's average; p = p - lr g / (√v +
 * eps), or by way of a buffer: momentum buffer + g / (√v + eps). */
RULE(rmsprop)
{
    BEGIN
    T *const v = state[0], *const buffer = state[1], *const average = state[2];
    const T alpha = (T)s->beta2, share = (T)(1 - s->beta2), eps = (T)s->eps, step = (T)-s->lr;
    const T momentum = (T)s->momentum;
    const bool centered = s->flag != 0, direct = !(s->momentum > 0);
    if (direct && !centered) {
        EACH_SELDOM
        {
            ELEMENT
            v[i] = seldom_fused(share * g, g, alpha * v[i]);
            p[i] = x + step * g / (sqrt(v[i]) + eps);
        }
        return;
    }
    EACH_SELDOM
    {
        ELEMENT
        T spread = v[i] = seldom_fused(share * g, g, alpha * v[i]);
        if (centered) {
            const T a = average[i] = BETWEEN(average[i], g, share);
            spread = seldom_fused(-a, a, spread);
        }
        const T d = sqrt(spread) + eps;
        if (direct) {
            p[i] = x + step * g / d;
        } else {
            const T b = buffer[i] = momentum * buffer[i] + g / d;
            p[i] = seldom_fused(step, b, x);
        }
    }
}

/* sum += g²; p = p - lr g / (√sum + eps). */
RULE(adagrad)
{
    BEGIN
    T *const sum = state[0];
    const T step = (T)-s->lr, eps = (T)s->eps, start = (T)s->start;
    const T first = (T)s->first;
    EACH_SELDOM
    {
        ELEMENT
        const T old = sum[i], next = seldom_fused(g, g, first != 0 ? start : old);
        sum[i] = next;
        p[i] = x + step * g / (sqrt(next) + eps);
    }
}

/* v averages g², d averages the square of delta = g √(d + eps) / √(v + eps); p = p - lr delta. */
RULE(adadelta)
{
    BEGIN
    T *const v = state[0], *const d = state[1];
    const T rho = (T)s->beta2, share = (T)(1 - s->beta2), eps = (T)s->eps, step = (T)-s->lr;
    EACH_SELDOM
    {
        ELEMENT
        v[i] = seldom_fused(share * g, g, rho * v[i]);
        const T delta = sqrt(d[i] + eps) / sqrt(v[i] + eps) * g;
        d[i] = seldom_fused(share * delta, delta, rho * d[i]);
        p[i] = seldom_fused(step, delta, x);
    }
}

/* p = shrink p - lr g; the average of p takes in the new p, the first whole. */
RULE(asgd)
{
    BEGIN
    T *const average = state[0];
    const T step = (T)-s->lr, shrink = (T)s->shrink, weight = (T)s->weight;
    const T rest = (T)(s->weight == 1 ? 0 : 1);
    EACH_SELDOM
    {
        ELEMENT
        const T next = seldom_fused(step, g, shrink * x), a = average[i];
        p[i] = next;
        average[i] = rest != 0 ? a + (next - a) * weight : next;
    }
}

/* Each element's step grows where g keeps its sign, and shrinks and waits where it turns. */
RULE(rprop)
{
    BEGIN
    T *const previous = state[0], *const steps = state[1];
    const T shrinks = (T)s->beta1, grows = (T)s->beta2, low = (T)s->low, high = (T)s->high,
            start = (T)s->start;
    const T first = (T)s->first;
    EACH_SELDOM
    {
        ELEMENT
        const T turn = sign(g * previous[i]);
        const T factor = turn > 0 ? grows : turn < 0 ? shrinks : 1;
        const T old = steps[i], step = limited((first != 0 ? start : old) * factor, low, high);
        const T kept = factor == shrinks ? 0 : g;
        steps[i] = step;
        p[i] = seldom_fused(-sign(kept), step, x);
        previous[i] = kept;
    }
}

#endif

#undef RULE
#undef BEGIN
#undef ELEMENT
#undef AVERAGES
#undef AVERAGE
