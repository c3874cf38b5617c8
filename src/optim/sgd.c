/* SPDX-License-Identifier: MIT */
#include "optimizer.h"

/* The rule itself is the kernel: cpu/optimizers.h. */
static void update(reel_optimizer *o, reeli_slot *s)
{
    reel_tensor *p = s->parameter;
    reeli_sgd rule = o->sgd;
    rule.first = s->steps == 0;
    o->owned.r->kernels->of[p->dtype]->sgd(p->numel, p->data, reeli_grad(p)->data, s->state ? s->state->data : NULL, &rule);
}

/* The option that is out of its range; NULL if all are sound. NaN is in no range. */
static const char *unsound(const reel_sgd_options *o, double *value)
{
    *value = o->lr;
    if (!(o->lr >= 0)) {
        return "lr must not be negative";
    }
    *value = o->momentum;
    if (!(o->momentum >= 0)) {
        return "momentum must not be negative";
    }
    *value = o->weight_decay;
    if (!(o->weight_decay >= 0)) {
        return "weight_decay must not be negative";
    }
    *value = o->dampening;
    return o->nesterov && (o->momentum <= 0 || o->dampening != 0)
               ? "nesterov needs a momentum above 0 and no dampening"
               : NULL;
}

reel_optimizer *reel_optim_sgd(reel_tensor_list parameters, reel_sgd_options options)
{
    double value;
    const char *problem = unsound(&options, &value);
    if (problem && parameters.r) {
        reeli_error(parameters.r, REEL_ERR_VALUE, "SGD: %s, and is %g", problem, value);
        return NULL;
    }
    reel_optimizer *o = problem ? NULL : reeli_optimizer_new("SGD", parameters, options.momentum != 0);
    if (o) {
        o->update = update;
        o->sgd = (reeli_sgd){options.lr, options.momentum, options.dampening, options.weight_decay,
                             options.nesterov, options.maximize, false};
    }
    return o;
}
