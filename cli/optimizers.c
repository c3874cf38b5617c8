/* SPDX-License-Identifier: MIT */
/* Optimizers and schedules by their names. */
#include "optimizers.h"

#include <math.h>
#include <string.h>

enum { MAX_TENSORS = 2 * MAX_HIDDEN + 2, USUAL_STEPS = 10000, USUAL_EPOCHS = 100 };

bool optimizer_decays(int optimizer)
{
    return !optimizer_is_full_batch(optimizer) && optimizer != OPTIMIZER_RPROP;
}

/* As many iterations as the loop around it wants, to the last digits. */
static reel_optimizer *lbfgs_new(const options *o, reel_tensor_list parameters)
{
    reel_lbfgs_options how = {.lr = o->lr,
                              .max_iter = 20,
                              .tolerance_grad = 1e-14,
                              .tolerance_change = 1e-16,
                              .history_size = 20,
                              .line_search_fn = REEL_STRONG_WOLFE};
    return reel_optim_lbfgs(parameters, how);
}

static reel_optimizer *make(const options *o, reel_tensor_list p, double decay)
{
    double lr = o->lr, momentum = o->momentum;
    switch ((optimizer_kind)o->optimizer) {
    case OPTIMIZER_ADAM:
        return reel_optim_adam(p, (reel_adam_options){.lr = lr, .weight_decay = decay});
    case OPTIMIZER_ADAMW: {
        double given = decay > 0 ? decay : REEL_ZERO;
        return reel_optim_adamw(p, (reel_adamw_options){.lr = lr, .weight_decay = given});
    }
    case OPTIMIZER_SGD:
        return reel_optim_sgd(
            p, (reel_sgd_options){.lr = lr, .momentum = momentum, .weight_decay = decay});
    case OPTIMIZER_RMSPROP:
        return reel_optim_rmsprop(
            p, (reel_rmsprop_options){.lr = lr, .momentum = momentum, .weight_decay = decay});
    case OPTIMIZER_ADAGRAD:
        return reel_optim_adagrad(p, (reel_adagrad_options){.lr = lr, .weight_decay = decay});
    case OPTIMIZER_ADADELTA:
        return reel_optim_adadelta(p, (reel_adadelta_options){.lr = lr, .weight_decay = decay});
    case OPTIMIZER_ADAMAX:
        return reel_optim_adamax(p, (reel_adamax_options){.lr = lr, .weight_decay = decay});
    case OPTIMIZER_NADAM:
        return reel_optim_nadam(p, (reel_nadam_options){.lr = lr, .weight_decay = decay});
    case OPTIMIZER_RADAM:
        return reel_optim_radam(p, (reel_radam_options){.lr = lr, .weight_decay = decay});
    case OPTIMIZER_ASGD:
        return reel_optim_asgd(p, (reel_asgd_options){.lr = lr, .weight_decay = decay});
    case OPTIMIZER_RPROP:
        return reel_optim_rprop(p, (reel_rprop_options){.lr = lr});
    case OPTIMIZER_LBFGS:
        return lbfgs_new(o, p);
    case OPTIMIZER_LEVENBERG_MARQUARDT:
        return reel_optim_levenberg_marquardt(p,
                                              (reel_levenberg_marquardt_options){.max_iter = 10});
    }
    return NULL;
}

reel_optimizer *optimizer_new(const options *o, reel_module *net)
{
    reel_tensor_list all = reel_parameters(net);
    if (o->weight_decay == 0 || !optimizer_decays(o->optimizer)) {
        return make(o, all, 0);
    }
    reel_tensor *weights[MAX_TENSORS], *biases[MAX_TENSORS];
    size_t weight_count = 0, bias_count = 0;
    for (size_t i = 0; i < all.count && i < MAX_TENSORS; i++) {
        if (reel_ndim(all.tensors[i]) == 2) {
            weights[weight_count++] = all.tensors[i];
        } else {
            biases[bias_count++] = all.tensors[i];
        }
    }
    reel_optimizer *made =
        make(o, (reel_tensor_list){all.r, weights, weight_count}, o->weight_decay);
    if (made && bias_count) {
        reel_setting no_decay = {"weight_decay", 0};
        reel_add_param_group(made, (reel_tensor_list){all.r, biases, bias_count}, &no_decay, 1);
    }
    return made;
}

reel_scheduler *schedule_new(const options *o, reel_optimizer *optimizer, int64_t steps)
{
    switch ((schedule_kind)o->schedule) {
    case SCHEDULE_NONE:
        return NULL;
    case SCHEDULE_PATIENCE: /* after it has run out: see training.c */
    case SCHEDULE_COSINE:
        return reel_lr_cosine_annealing(optimizer,
                                        (reel_lr_cosine_annealing_options){.T_max = steps});
    case SCHEDULE_LINEAR:
        return reel_lr_polynomial(optimizer,
                                  (reel_lr_polynomial_options){.total_iters = steps, .power = 1});
    case SCHEDULE_STEP:
        return reel_lr_step(optimizer, (reel_lr_step_options){.step_size = steps / 3 + 1});
    case SCHEDULE_EXPONENTIAL: {
        double gamma = pow(1e-3, 1 / (double)steps);
        return reel_lr_exponential(optimizer, (reel_lr_exponential_options){.gamma = gamma});
    }
    case SCHEDULE_ONE_CYCLE: {
        reel_lr_one_cycle_options how = {.max_lr = o->lr, .total_steps = steps};
        how.no_cycle_momentum = true;
        return reel_lr_one_cycle(optimizer, how);
    }
    case SCHEDULE_PLATEAU:
        return reel_lr_reduce_on_plateau(optimizer, (reel_lr_reduce_on_plateau_options){
                                                        .factor = 0.5, .patience = o->epochs / 20});
    }
    return NULL;
}

/* For networks a power of 2 that gives large tables about 128 steps an epoch. A line has one
 * answer, which the noise of batches only blurs: all rows, as long as that takes no time. */
static int64_t usual_batch_size(const options *o, int64_t rows)
{
    if (!o->hidden_count) {
        return rows <= 1024 ? rows : 256;
    }
    int64_t size = 32;
    while (size < 256 && size * 128 < rows) {
        size *= 2;
    }
    return size;
}

static double usual_lr(int optimizer)
{
    switch (optimizer) {
    case OPTIMIZER_LBFGS:
    case OPTIMIZER_ADADELTA:
        return 1;
    case OPTIMIZER_ADAGRAD:
    case OPTIMIZER_ASGD:
        return 0.1;
    default:
        return 0.01;
    }
}

/* Small tables need more epochs to get as many steps. */
static int64_t usual_epochs(const options *o, int64_t rows)
{
    int64_t batches = (rows + o->batch_size - 1) / o->batch_size;
    int64_t epochs = (USUAL_STEPS + batches - 1) / batches;
    return optimizer_is_full_batch(o->optimizer) ? 500
           : epochs < USUAL_EPOCHS               ? USUAL_EPOCHS
                                                 : epochs;
}

void training_defaults(options *o, int64_t rows)
{
    o->optimizer = o->optimizer < 0 ? OPTIMIZER_ADAMW : o->optimizer;
    bool whole = optimizer_is_full_batch(o->optimizer) || o->optimizer == OPTIMIZER_RPROP;
    if (isnan(o->lr)) {
        o->lr = usual_lr(o->optimizer);
    }
    if (isnan(o->momentum)) {
        o->momentum = o->optimizer == OPTIMIZER_SGD ? 0.9 : 0;
    }
    if (isnan(o->weight_decay)) {
        o->weight_decay = o->hidden_count && o->optimizer == OPTIMIZER_ADAMW ? 0.01 : 0;
    }
    if (!o->batch_size) {
        o->batch_size = whole ? rows : usual_batch_size(o, rows);
    }
    if (o->batch_size > rows) {
        o->batch_size = rows;
    }
    if (!o->epochs) {
        o->epochs = usual_epochs(o, rows);
    }
    if (o->schedule < 0) {
        o->schedule = optimizer_is_full_batch(o->optimizer) ? SCHEDULE_NONE
                      : o->patience                         ? SCHEDULE_PATIENCE
                                                            : SCHEDULE_COSINE;
    }
}
