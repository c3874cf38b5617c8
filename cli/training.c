/* SPDX-License-Identifier: MIT */
/* The loop over epochs: batches, the validation, early stopping, what is told and drawn. */
#include "training.h"
#include "full_batch.h"
#include "optimizers.h"
#include "together.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of standardised weights that a penalty pulls on. */
#define NEXT_TO_ZERO 1e-3

/* What goes before the step, of pieces of one size, as it was captured. */
enum { PIECE_SIZES = 4 };
typedef struct piece_graph {
    reel_tensor *piece; /* the loader's own; NULL: nothing was captured yet */
    reel_graph *graph;
    reel_tensor *loss;
} piece_graph;

/* What an epoch needs beside the training itself. */
typedef struct loop {
    training *training;
    reel_optimizer *optimizer;
    reel_scheduler *scheduler; /* NULL: a constant rate */
    reel_loader *loader;
    together_loader *pieces; /* in its place, where several processes train */
    samples of;              /* what the loader is of */
    int64_t rows;            /* of an epoch */
    reel_tensor *batch[2];   /* as samples_loader has it */
    reel_tensor *loss;       /* its loss, penalties included */
    reel_graph *graph;       /* the step of a full batch, once it was captured */
    piece_graph of_piece[PIECE_SIZES];
} loop;

static void differentiate(loop *it)
{
    reel_tensor *x, *y;
    samples_of_batch(it->of, it->batch, &x, &y);
    it->loss = training_loss(it->training, x, y, 0);
    reel_zero_grad(it->optimizer);
    reel_backward(it->loss);
}

static void take_step(const loop *it)
{
    const training *t = it->training;
    if (t->o->clip > 0) {
        reel_clip_grad_norm(reel_parameters(t->net), t->o->clip, (reel_clip_options){0});
    }
    reel_step(it->optimizer);
}

/* The training step: all of it is captured, so none of it may look at a value. */
static void step(loop *it)
{
    differentiate(it);
    take_step(it);
}

static double captured_step(loop *it)
{
    if (it->graph) {
        reel_replay(it->graph);
    } else {
        reel *r = it->training->session->r;
        reel_capture_begin(r);
        step(it);
        it->graph = reel_capture_end(r);
    }
    return it->graph ? reel_item(it->loss) : (double)NAN;
}

static double eager_step(loop *it)
{
    reel_tensor *captured = it->loss;
    step(it);
    double loss = reel_item(it->loss);
    it->loss = captured;
    reel_rewind(it->training->session->r);
    return loss;
}

/* Goes through the rows once; the mean loss. */
static double epoch(loop *it)
{
    const training *t = it->training;
    double sum = 0;
    int64_t rows = 0;
    while (reel_loader_next(it->loader, it->batch)) {
        int64_t size = reel_size(it->batch[0], 0);
        double loss = size == t->o->batch_size ? captured_step(it) : eager_step(it);
        sum += loss * (double)size;
        rows += size;
        progress_rows(t->progress, rows);
        if (it->scheduler && t->o->schedule != SCHEDULE_PLATEAU) {
            reel_scheduler_step(it->scheduler);
        }
        if (interrupted(t->session)) {
            break;
        }
    }
    return sum / (double)rows;
}

/* A piece's gradients and loss. Those of each size are captured once, and replayed on the
 * others. */
static void differentiate_piece(loop *it)
{
    reel *r = it->training->session->r;
    int i = 0;
    reel_tensor *piece = it->batch[0];
    while (i < PIECE_SIZES - 1 && it->of_piece[i].piece && it->of_piece[i].piece != piece) {
        i++;
    }
    piece_graph *of = &it->of_piece[i];
    if (of->piece && of->piece != piece) {
        differentiate(it);
        return;
    }
    if (of->graph) {
        reel_replay(of->graph);
    } else {
        reel_capture_begin(r);
        differentiate(it);
        *of = (piece_graph){piece, reel_capture_end(r), it->loss};
    }
    it->loss = of->loss;
}

/* The same by several processes, piece by piece. All of them stop after the same batch. */
static double epoch_together(loop *it)
{
    const training *t = it->training;
    double sum = 0;
    int64_t rows = 0;
    bool stop = false;
    while (!stop && together_next(it->pieces, it->batch)) {
        differentiate_piece(it);
        if (together_average(t->session, &it->loss)) {
            int64_t left = it->rows - rows;
            int64_t size = left < t->o->batch_size ? left : t->o->batch_size;
            take_step(it);
            sum += reel_item(it->loss) * (double)size;
            rows += size;
            progress_rows(t->progress, rows);
            if (it->scheduler && t->o->schedule != SCHEDULE_PLATEAU) {
                reel_scheduler_step(it->scheduler);
            }
            stop = interrupted(t->session);
        }
        reel_rewind(t->session->r);
    }
    return sum / (double)rows;
}

/* A loader of the rows; how many batches it makes of them, 0 after an error. */
static int64_t load(loop *it, samples of)
{
    session *s = it->training->session;
    reel_loader_options how = {.batch_size = it->training->o->batch_size, .shuffle = true};
    int64_t rows = of.x->rows, size = how.batch_size < rows ? how.batch_size : rows;
    it->of = of;
    it->rows = rows;
    if (s->together) {
        it->pieces = together_loader_new(s, of, how);
    } else {
        it->loader = samples_loader(of, how);
    }
    return it->pieces || it->loader ? (rows + size - 1) / size : 0;
}

static void unload(loop *it)
{
    reel_graph_free(it->graph); /* it reads the loader's batch */
    for (int i = 0; i < PIECE_SIZES; i++) {
        reel_graph_free(it->of_piece[i].graph);
        it->of_piece[i] = (piece_graph){NULL, NULL, NULL};
    }
    reel_loader_free(it->loader);
    together_loader_free(it->pieces);
    it->graph = NULL;
    it->loader = NULL;
    it->pieces = NULL;
}

/* Epochs up to `most`, to Ctrl-C or to the last one that was worth it. */
static void run(loop *it, int64_t most)
{
    training *t = it->training;
    bool going_on = true;
    while (going_on && t->epochs < most) {
        double loss = it->pieces ? epoch_together(it) : epoch(it);
        going_on = training_note(t, loss);
        if (going_on && it->scheduler && t->o->schedule == SCHEDULE_PLATEAU) {
            double validation_loss = t->validation_losses[t->epochs - 1];
            reel_scheduler_step_metric(it->scheduler, t->validation_x ? validation_loss : loss);
        }
    }
}

/* The learning rate falls to 0, from the best model on, over all rows: those to validate on have
 * done what they were held out for. */
static void anneal(loop *it, int64_t epochs)
{
    training *t = it->training;
    samples all =
        samples_joined((samples){t->x, t->y}, (samples){t->validation_x, t->validation_y});
    reel_early_stopping_restore(t->stopping);
    unload(it);
    int64_t per_epoch = all.x ? load(it, all) : 0;
    it->scheduler = schedule_new(t->o, it->optimizer, epochs * per_epoch);
    t->annealed_from = t->epochs;
    if (per_epoch && it->scheduler) {
        run(it, t->epochs + epochs);
    }
    unload(it);
    samples_free(&all);
}

/* A schedule over all epochs would be near its start when patience runs out, with steps too long
 * for the bottom. So the rate stays until then, and falls over twice as many epochs afterwards. */
static void run_patiently(loop *it)
{
    training *t = it->training;
    run(it, (2 * t->o->epochs + 2) / 3);
    if (t->interrupted || t->diverged || reel_failed(t->session->r)) {
        return;
    }
    int64_t left = t->o->epochs - t->epochs;
    int64_t falling = left < 2 * t->epochs ? left : 2 * t->epochs;
    if (falling > 0) {
        anneal(it, falling);
    }
}

/* What the penalty has brought next to 0 is 0: steps of a finite length cannot end there. */
static void zero_small_weights(const training *it)
{
    reel_tensor_list all = reel_parameters(it->net);
    bool was_enabled = reel_set_grad_enabled(it->session->r, false);
    for (size_t i = 0; i < all.count; i++) {
        reel_tensor *w = all.tensors[i];
        if (reel_ndim(w) == 2) {
            reel_tensor *small = reel_lt_scalar(reel_abs(w), NEXT_TO_ZERO);
            reel_copy_(w, reel_masked_fill(w, small, 0));
        }
    }
    reel_set_grad_enabled(it->session->r, was_enabled);
    reel_rewind(it->session->r);
}

static void train_in_batches(training *it)
{
    loop all = {.training = it, .optimizer = optimizer_new(it->o, it->net)};
    int64_t batches = load(&all, (samples){it->x, it->y});
    int64_t per_epoch = it->o->schedule == SCHEDULE_PLATEAU ? 1 : batches;
    bool patiently = it->o->schedule == SCHEDULE_PATIENCE && it->stopping;
    if (!patiently) {
        all.scheduler = schedule_new(it->o, all.optimizer, it->o->epochs * per_epoch);
    }
    if (it->session->together) {
        together_train(it->session, it->net, all.optimizer);
    }
    if (all.optimizer && batches) {
        patiently ? run_patiently(&all) : run(&all, it->o->epochs);
    }
    unload(&all);
    reel_scheduler_free(all.scheduler);
    reel_optimizer_free(all.optimizer);
}

bool train(training *it)
{
    reel_early_stopping_options how = {.patience = it->o->patience ? it->o->patience : INT64_MAX};
    it->stopping = it->validation_x ? reel_early_stopping_new(it->net, how) : NULL;
    if (optimizer_is_full_batch(it->o->optimizer)) {
        train_full_batch(it);
    } else {
        train_in_batches(it);
    }
    if (it->stopping && it->best && !it->annealed_from) {
        reel_early_stopping_restore(it->stopping);
    }
    if (it->o->l1_penalty > 0) {
        zero_small_weights(it);
    }
    return it->epochs && !it->diverged && !reel_failed(it->session->r);
}

void training_free(training *it)
{
    free(it->losses);
    free(it->validation_losses);
}

bool training_to_result(const training *it, size_t more, job_result *result)
{
    const reel_tensor_list all = reel_parameters(it->net);
    const size_t epochs = (size_t)it->epochs, numbers = (size_t)reel_parameter_count(it->net);
    result->size = sizeof *it + (2 * epochs + numbers) * sizeof(double) + more;
    char *data = result->data = calloc(1, result->size);
    if (!data) {
        return complain(it->session, "there is no memory for what was trained");
    }
    memcpy(data, it, sizeof *it);
    double *next = (double *)(void *)(data + sizeof *it);
    if (epochs > 0) {
        memcpy(next, it->losses, epochs * sizeof *next);
        memcpy(next + epochs, it->validation_losses, epochs * sizeof *next);
    }
    next += 2 * epochs;
    for (size_t i = 0; i < all.count; i++) {
        const int64_t count = reel_numel(all.tensors[i]);
        reel_to_f64(all.tensors[i], next, count);
        next += count;
    }
    return !reel_failed(it->session->r);
}

static void set_parameters(reel_module *net, const double *next)
{
    const reel_tensor_list all = reel_parameters(net);
    for (size_t i = 0; i < all.count; i++) {
        reel_tensor *w = reel_detach(all.tensors[i]);
        const int64_t size[] = {reel_size(w, 0), reel_size(w, -1)};
        reel_copy_(w, reel_from_f64(reel_of(w), next, reel_ndim(w), size));
        next += reel_numel(w);
    }
}

bool training_from_result(training *it, const job_result *result)
{
    training was = *training_of_result(result);
    const size_t bytes = (size_t)was.epochs * sizeof(double);
    const double *next = (const double *)(const void *)((const char *)result->data + sizeof was);
    it->epochs = was.epochs;
    it->best = was.best;
    it->annealed_from = was.annealed_from;
    it->interrupted = was.interrupted || it->interrupted;
    it->why = was.why;
    it->losses = malloc(bytes + 1);
    it->validation_losses = malloc(bytes + 1);
    if (!it->losses || !it->validation_losses) {
        return complain(it->session, "there is no memory for what was trained");
    }
    memcpy(it->losses, next, bytes);
    memcpy(it->validation_losses, next + was.epochs, bytes);
    set_parameters(it->net, next + 2 * was.epochs);
    reel_rewind(it->session->r);
    return !reel_failed(it->session->r);
}
