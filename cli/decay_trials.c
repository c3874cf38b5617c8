/* SPDX-License-Identifier: MIT */
/* Weight decays tried on parts of the rows, each part once as the validation. */
#include "decay_trials.h"

#include <math.h>
#include <stdio.h>

/* Further apart than chance can confuse on a small table. */
static const double decays[] = {0.02, 0.3, 1};
enum { DECAYS = sizeof decays / sizeof *decays, PARTS = 5, PARTS_TRIED = 2 };
enum { FEWEST_ROWS = 50, MOST_ROWS = 10000 };

bool trials_are_due(const options *o, int64_t rows)
{
    bool left_open = isnan(o->weight_decay) && o->l1_penalty == 0 && o->dropout == 0;
    bool decays_by_default = o->optimizer < 0 || o->optimizer == OPTIMIZER_ADAMW;
    return o->hidden_count && left_open && decays_by_default && rows >= FEWEST_ROWS &&
           rows <= MOST_ROWS;
}

/* The rows of x that are listed, kept. */
static reel_tensor *rows_of(reel_tensor *x, reel_tensor *rows)
{
    return reel_keep(reel_index_select(x, 0, rows));
}

/* Trains on what a part leaves; the loss on the part itself, NaN after an error. */
static double try_part(const options *o, const training *whole, reel_tensor *part, training *t,
                       reel_module *net)
{
    reel *r = whole->session->r;
    reel_tensor *others = NULL;
    if (reel_split_rows(r, whole->x->rows, part, &others) != REEL_OK) {
        return (double)NAN;
    }
    matrix *x = matrix_select(whole->x, part);
    reel_tensor *y = rows_of(whole->y, part);
    *t = (training){.session = whole->session, .o = o, .net = net};
    t->x = matrix_select(whole->x, others);
    t->y = rows_of(whole->y, others);
    char name[48];
    snprintf(name, sizeof name, "trying weight decay %g", o->weight_decay);
    t->progress = progress_begin_trial(stderr, name, o->epochs, reel_numel(others),
                                       o->quiet || o->json ? PROGRESS_SILENT : PROGRESS_SHOWN);
    double loss = x && t->x && train(t) ? network_mean_loss(o, net, x, y) : (double)NAN;
    progress_end(t->progress, NULL);
    reel_tensor *made[] = {others, y, t->y};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        reel_tensor_free(made[i]);
    }
    matrix_free(x);
    matrix_free(t->x);
    t->x = NULL;
    t->y = NULL;
    return loss;
}

/* The sum of losses with one decay. An interrupted trial's net is the one that is kept. */
static double try_decay(options o, const network_shape *shape, training *it,
                        reel_tensor *const *parts, reel_module **net)
{
    double sum = 0;
    o.epochs = (o.epochs + 1) / 2;
    for (int i = 0; i < PARTS_TRIED && !it->interrupted; i++) {
        training t = {.net = NULL};
        reel_module *tried = network_new(it->session->r, shape);
        if (!tried) {
            return (double)NAN;
        }
        sum += try_part(&o, it, parts[i], &t, tried);
        if (t.interrupted) {
            t.o = it->o;
            *it = t;
            *net = tried;
            return sum;
        }
        training_free(&t);
        reel_module_free(tried);
    }
    return sum;
}

static int best_decay(const options *o, const network_shape *shape, training *it,
                      reel_tensor *const *parts, reel_module **net)
{
    int best = 0;
    double least = (double)INFINITY;
    for (int i = 0; i < DECAYS && best >= i - 1; i++) {
        options tried = *o;
        tried.weight_decay = decays[i];
        double loss = try_decay(tried, shape, it, parts, net);
        if (!isfinite(loss) || it->interrupted) {
            return isfinite(loss) ? best : -1;
        }
        best = loss < least ? i : best;
        least = loss < least ? loss : least;
    }
    return best;
}

bool trials_choose_decay(options *o, const network_shape *shape, training *it, reel_module **net)
{
    reel *r = it->session->r;
    reel_tensor *state = reel_keep(reel_get_rng_state(r)), *parts[PARTS] = {NULL};
    if (reel_k_fold(r, it->x->rows, PARTS, true, parts) != REEL_OK) {
        return false;
    }
    int best = best_decay(o, shape, it, parts, net);
    for (int i = 0; i < PARTS; i++) {
        reel_tensor_free(parts[i]);
    }
    if (best >= 0) {
        o->weight_decay = decays[best];
    }
    bool done = best >= 0 && reel_set_rng_state(r, state) == REEL_OK;
    reel_tensor_free(state);
    return done;
}
