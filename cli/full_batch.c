/* SPDX-License-Identifier: MIT */
/* Trainings that go over all rows at once: L-BFGS and Levenberg-Marquardt. */
#include "full_batch.h"
#include "optimizers.h"

#include <math.h>

typedef struct whole {
    training *training;
    reel_optimizer *optimizer;
    double smoothing;
} whole;

static reel_tensor *closure(void *context)
{
    whole *it = context;
    const training *t = it->training;
    reel_rewind(t->session->r);
    if (t->o->optimizer == OPTIMIZER_LEVENBERG_MARQUARDT) {
        return reel_sub(reel_forward(t->net, t->x->all), t->y->all);
    }
    reel_tensor *loss = training_loss(t, t->x->all, t->y->all, it->smoothing);
    reel_zero_grad(it->optimizer);
    reel_backward(loss);
    return loss;
}

/* Steps until neither the loss nor its smooth stand-in becomes smaller any more. */
static bool descend(whole *it, int64_t most)
{
    training *t = it->training;
    double before = 0;
    for (int64_t i = 0; i < most && t->epochs < t->o->epochs; i++) {
        double loss;
        if (reel_step_with(it->optimizer, closure, it, &loss) != REEL_OK) {
            return false;
        }
        reel_rewind(t->session->r);
        double now = network_mean_loss(t->o, t->net, t->x, t->y);
        if (!training_note(t, now)) {
            return false;
        }
        bool better = i == 0 || loss < before - 1e-15 * fabs(before);
        if (!better || reel_converged(it->optimizer)) {
            t->why = "the loss gets no smaller";
            return true;
        }
        before = loss;
    }
    return true;
}

/* Losses and penalties with a corner at 0 are made smooth there, and ever less so: each time the
 * search goes on from a point that is nearly right. Without that it would stop at the first
 * corner. */
static void descend_to_corner(training *t)
{
    static const double smoothings[] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7};
    bool going_on = true;
    for (size_t i = 0; going_on && i < sizeof smoothings / sizeof *smoothings; i++) {
        whole it = {t, optimizer_new(t->o, t->net), smoothings[i]};
        going_on = it.optimizer && descend(&it, 20);
        reel_optimizer_free(it.optimizer);
    }
}

void train_full_batch(training *t)
{
    if (!t->x->all) {
        complain(t->session,
                 "--optimizer %s goes over all rows at once, which do not fit in --memory: give it "
                 "more, or another optimizer",
                 optimizer_names[t->o->optimizer]);
        return;
    }
    if (t->o->loss == LOSS_L1 || t->o->loss == LOSS_QUANTILE || t->o->l1_penalty > 0) {
        descend_to_corner(t);
        return;
    }
    whole it = {t, optimizer_new(t->o, t->net), 0};
    if (it.optimizer) {
        descend(&it, t->o->epochs);
    }
    reel_optimizer_free(it.optimizer);
}
