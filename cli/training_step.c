/* SPDX-License-Identifier: MIT */
/* The loss with its penalties; an epoch's losses, and whether it was the last. */
#include "training_step.h"
#include "counted.h"
#include "optimizers.h"
#include "together.h"

#include <math.h>
#include <stdlib.h>

/* Σ |w|, its corners rounded off within `smoothing` from 0. */
static reel_tensor *magnitudes(reel_tensor *w, double smoothing)
{
    if (smoothing == 0) {
        return reel_sum(reel_abs(w));
    }
    reel_tensor *zero = reel_mul_scalar(reel_detach(w), 0);
    return reel_smooth_l1_loss(w, zero, smoothing, REEL_SUM);
}

/* λ Σ |w| and ½ decay Σ w² over the weights, not the biases. */
static reel_tensor *penalties(const training *it, reel_tensor *loss, double smoothing)
{
    const options *o = it->o;
    double decay = optimizer_decays(o->optimizer) ? 0 : o->weight_decay;
    reel_tensor_list all = reel_parameters(it->net);
    for (size_t i = 0; i < all.count; i++) {
        reel_tensor *w = all.tensors[i];
        if (reel_ndim(w) == 2 && o->l1_penalty > 0) {
            loss = reel_add(loss, reel_mul_scalar(magnitudes(w, smoothing), o->l1_penalty));
        }
        if (reel_ndim(w) == 2 && decay > 0) {
            loss = reel_add(loss, reel_mul_scalar(reel_sum(reel_square(w)), decay / 2));
        }
    }
    return loss;
}

reel_tensor *training_loss(const training *it, reel_tensor *x, reel_tensor *y, double smoothing)
{
    return penalties(it, network_loss(it->o, reel_forward(it->net, x), y, smoothing), smoothing);
}

/* Room for one more epoch's losses; grows by doubling. */
static bool make_room(training *it)
{
    if (it->epochs && (it->epochs & (it->epochs - 1))) {
        return true;
    }
    size_t size = it->epochs ? 2 * (size_t)it->epochs * sizeof(double) : sizeof(double);
    double *losses = realloc(it->losses, size);
    it->losses = losses ? losses : it->losses;
    double *validation = realloc(it->validation_losses, size);
    it->validation_losses = validation ? validation : it->validation_losses;
    return (losses && validation) || complain(it->session, "there is no memory for the losses");
}

/* The validation's mean loss, of which each of several processes has some blocks. */
static double validate_together(const training *it)
{
    matrix *x = it->validation_x;
    int64_t blocks = network_blocks(x), first, count;
    double sum = 0, *sums = calloc((size_t)blocks + 1, sizeof *sums);
    together_part(it->session, blocks, &first, &count);
    for (int64_t i = first; sums && i < first + count; i++) {
        sums[i] = network_block_loss(it->o, it->net, x, it->validation_y, i);
    }
    bool done = sums ? together_gather(it->session, sums, blocks)
                     : complain(it->session, "there is no memory for the validation's losses");
    for (int64_t i = 0; sums && done && i < blocks; i++) {
        sum += sums[i];
    }
    free(sums);
    return done ? sum / (double)x->rows : (double)NAN;
}

static double validate(const training *it)
{
    bool any = it->validation_x && !it->annealed_from;
    return !any ? (double)NAN
           : it->session->together
               ? validate_together(it)
               : network_mean_loss(it->o, it->net, it->validation_x, it->validation_y);
}

static bool diverged(const training *it)
{
    progress_break(it->progress);
    return !complain(it->session,
                     "the training diverged: after %s the loss is no longer a number. Try a "
                     "smaller --lr (it was %g), or --clip 1",
                     REELI_COUNTED(it->epochs, "epoch"), it->o->lr);
}

/* Whether this validation loss was the last one to wait for. Keeps the best model. */
static bool waited_long_enough(training *it, double validation_loss)
{
    if (!it->stopping || it->annealed_from) {
        return false;
    }
    bool stop = reel_early_stopping_step(it->stopping, validation_loss);
    it->best = reel_early_stopping_best_step(it->stopping) + 1;
    it->why = stop ? "the validation loss gets no smaller" : NULL;
    return stop;
}

bool training_interrupted(training *it)
{
    it->interrupted = interrupted(it->session);
    it->why = it->interrupted ? "interrupted" : it->why;
    return it->interrupted;
}

bool training_note(training *it, double loss)
{
    double validation_loss = validate(it);
    if (reel_failed(it->session->r) || !make_room(it)) {
        return false;
    }
    it->losses[it->epochs] = loss;
    it->validation_losses[it->epochs++] = validation_loss;
    it->diverged = !isfinite(loss);
    if (it->diverged) {
        return !diverged(it);
    }
    bool stop = waited_long_enough(it, validation_loss);
    progress_epoch(it->progress, it->epochs, loss, validation_loss, it->best == it->epochs);
    return !stop && !training_interrupted(it);
}
