/* SPDX-License-Identifier: MIT */
/*
 * SGD and Adam where a fused multiply-add takes many instructions: the rules of optimizers.h, for
 * few elements at a time, of which all are mostly computed without it.
 */
enum { FEW = REELI_BLOCK / 8 }; /* their numbers on the way stay in the first cache */

/* y = a b + c, rounded once, of at most FEW elements; y may be c. The product of floats is exact in
 * doubles, and the sum off by half of its last place: where a place less and a place more round to
 * the same float, that is the answer. Next to a tie they do not: numbers of few digits, a rate of
 * 1/2. */
static void fuse(int64_t n, const T *a, const T *b, const T *c, T *y)
{
#ifdef OWN_EXP_TANH /* floats */
    T high[FEW], was[FEW];
    if (n <= 0) {
        return; /* or GCC takes both to be empty */
    }
    EACH
    {
        const double sum = (double)a[i] * (double)b[i] + (double)c[i];
        was[i] = c[i];
        high[i] = (T)(sum * (1 + DBL_EPSILON));
        y[i] = (T)(sum * (1 - DBL_EPSILON));
    }
    if (memcmp(y, high, (size_t)n * sizeof *y) == 0) {
        return;
    }
    c = was;
#endif
    EACH y[i] = fused(a[i], b[i], c[i]);
}

/* Apart: where it is inlined GCC takes what it fills to be empty. */
REELI_APART static void scale_few(int64_t n, T factor, const T *x, T *y)
{
    EACH y[i] = factor * x[i];
}

/* The same by one factor. By 1 it is a sum, which often ends at a tie: undamped momentum. */
static void fuse_all_by(int64_t n, T factor, const T *b, const T *c, T *y)
{
    T a[FEW];
    if (factor == 1) {
        EACH y[i] = b[i] + c[i];
        return;
    }
    EACH a[i] = factor;
    fuse(n, a, b, c, y);
}

/* What the rule goes by: the gradients themselves, or what is made of them in `g`. */
static const T *few_gradients(int64_t n, const T *p, const T *gradients, const reeli_step *s, T *g)
{
    const T decay = (T)s->weight_decay;
    if (s->maximize) {
        scale_few(n, -1, gradients, g);
        gradients = g;
    }
    if (decay != 0) {
        fuse_all_by(n, decay, p, gradients, g);
        gradients = g;
    }
    return gradients;
}

static void sgd_of_few(int64_t n, T *p, const T *gradients, T *velocity, const reeli_step *s)
{
    const T momentum = (T)s->momentum;
    T own[FEW], old[FEW];
    const T *g = few_gradients(n, p, gradients, s, own);
    if (s->momentum != 0) {
        scale_few(n, momentum, velocity, old);
        if (s->first != 0) {
            memcpy(velocity, g, (size_t)n * sizeof *g);
        } else {
            fuse_all_by(n, (T)s->share, g, old, velocity);
        }
        if (s->nesterov != 0) {
            fuse_all_by(n, momentum, velocity, g, own);
        }
        g = s->nesterov != 0 ? own : velocity;
    }
    fuse_all_by(n, (T)-s->lr, g, p, p);
}

RULE(sgd)
{
    T *const p = parameter, *const velocity = state[0];
    for (int64_t i = 0; i < n; i += FEW) {
        sgd_of_few(n - i < FEW ? n - i : FEW, p + i, (const T *)gradient + i,
                   velocity ? velocity + i : NULL, s);
    }
}

/* See BETWEEN. */
static void average_of_few(int64_t n, const T *g, T share, T *m)
{
    T way[FEW];
    EACH way[i] = g[i] - m[i];
    if (share < (T)0.5) {
        fuse_all_by(n, share, way, m, m);
    } else {
        fuse_all_by(n, share - 1, way, g, m);
    }
}

static void adam_of_few(int64_t n, T *p, const T *gradients, T *m, T *v, T *largest,
                        const reeli_step *s)
{
    const T step = (T)-s->lr, eps = (T)s->eps, correction = (T)s->correction2,
            shrink = (T)s->shrink;
    T own[FEW], part[FEW];
    const T *const g = few_gradients(n, p, gradients, s, own);
    average_of_few(n, g, (T)(1 - s->beta1), m);
    scale_few(n, (T)s->beta2, v, v);
    scale_few(n, (T)(1 - s->beta2), g, part);
    fuse(n, part, g, v, v);
    EACH
    {
        largest[i] = larger(v[i], largest[i]);
        p[i] = shrink * p[i] + step * m[i] / (sqrt(largest[i]) / correction + eps);
    }
}

RULE(adam)
{
    const T *const g = gradient;
    T *const p = parameter, *const m = state[0], *const v = state[1];
    T *const largest = s->flag != 0 ? state[2] : v;
    for (int64_t i = 0; i < n; i += FEW) {
        adam_of_few(n - i < FEW ? n - i : FEW, p + i, g + i, m + i, v + i, largest + i, s);
    }
}
