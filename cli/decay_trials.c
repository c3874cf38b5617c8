/* SPDX-License-Identifier: MIT */
/* Weight decays compared by cross-validation: each row is once among those that are held out. */
#include "decay_trials.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* AdamW's own, and others further apart than chance can confuse on a small table. */
static const double decays[] = {0.01, 0.3, 1};
enum { DECAYS = sizeof decays / sizeof *decays, PARTS = 5 };
enum { FEWEST_ROWS = 50, MOST_ROWS = 10000 };

bool trials_are_due(const options *o, int64_t rows)
{
    bool left_open = isnan(o->weight_decay) && o->l1_penalty == 0 && o->dropout == 0;
    bool decays_by_default = o->optimizer < 0 || o->optimizer == OPTIMIZER_ADAMW;
    return o->hidden_count && left_open && decays_by_default && rows >= FEWEST_ROWS &&
           rows <= MOST_ROWS;
}

/* What a job is to know: one decay, of which each part is a trial. */
typedef struct trials {
    const options *o;
    const training *whole;
    const network_shape *shape;
    reel_tensor *const *parts;
} trials;

/* What a part's losses take, which are behind the training in a trial's result. */
static size_t losses_size(const reel_tensor *part)
{
    return (size_t)reel_numel(part) * sizeof(double);
}

/* Trains on what a part leaves; its rows' losses. False after an error. */
static bool try_part(const trials *it, reel_tensor *part, training *t, job_result *result)
{
    reel *r = it->whole->session->r;
    reel_tensor *others = NULL;
    if (reel_split_rows(r, it->whole->x->rows, part, &others) != REEL_OK) {
        return false;
    }
    const size_t size = losses_size(part);
    samples all = {it->whole->x, it->whole->y};
    samples tried = samples_select(all, part), rest = samples_select(all, others);
    t->x = rest.x;
    t->y = rest.y;
    bool done = tried.x && rest.x && train(t) && training_to_result(t, size, result) &&
                network_row_losses(it->o, t->net, tried.x, tried.y, training_more_of(result, size));
    reel_tensor_free(others);
    samples_free(&tried);
    samples_free(&rest);
    return done;
}

/* The job. */
static bool run_trial(void *context, int64_t k, job_result *result)
{
    const trials *it = context;
    session *s = it->whole->session;
    training t = {.session = s, .o = it->o, .net = network_new(s->r, it->shape)};
    bool done = t.net && try_part(it, it->parts[k], &t, result);
    training_free(&t);
    reel_module_free(t.net);
    return done;
}

/* Of trials that were interrupted the first that knows of it is kept, or else the last. */
static bool keep_trial(training *it, const job_result *results)
{
    int kept = 0;
    for (int i = 1; i < PARTS && results[i].data; i++) {
        kept = training_of_result(&results[kept])->interrupted ? kept : i;
    }
    return training_from_result(it, &results[kept]);
}

/* The rows' losses with one decay; unless it is interrupted. */
static bool try_decay(options o, const network_shape *shape, training *it,
                      reel_tensor *const *parts, double *losses)
{
    char name[48];
    snprintf(name, sizeof name, "trying weight decay %g", o.weight_decay);
    o.epochs = (o.epochs + PARTS - 1) / PARTS;
    trials of = {&o, it, shape, parts};
    const jobs all = {.count = PARTS,
                      .bytes = 2 * matrix_bytes(it->x),
                      .name = name,
                      .each = run_trial,
                      .context = &of};
    job_result *results = jobs_run(it->session, &all);
    bool done = results != NULL;
    if (results && training_interrupted(it)) {
        done = keep_trial(it, results);
    } else if (results) {
        for (int i = 0; i < PARTS; i++) {
            const size_t size = losses_size(parts[i]);
            memcpy(losses, training_more_of(&results[i], size), size);
            losses += reel_numel(parts[i]);
        }
    }
    jobs_free(results, PARTS);
    return done;
}

/* How much larger a's losses are than b's, row by row: the mean, and its standard error. */
static double mean_gap(int64_t n, const double *a, const double *b, double *error)
{
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        mean += (a[i] - b[i]) / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
    }
    *error = sqrt(squares / (double)(n - 1) / (double)n);
    return mean;
}

/* The strongest that is no more than one standard error worse than the best: of settings that the
 * rows cannot tell apart, the one with the least to learn noise by. `losses` has room for all.
 * Source: Breiman, Friedman, Olshen, Stone, Classification and regression trees, 1984, chapter
 *         3. */
static int choose_decay(const options *o, const network_shape *shape, training *it,
                        reel_tensor *const *parts, double *losses, int64_t n)
{
    int best = 0, chosen = 0;
    for (int i = 0; i < DECAYS && chosen >= i - 1; i++) {
        options tried = *o;
        tried.weight_decay = decays[i];
        double *these = losses + i * n, error;
        if (!try_decay(tried, shape, it, parts, these)) {
            return -1;
        }
        if (it->interrupted) {
            return chosen;
        }
        double gap = mean_gap(n, these, losses + best * n, &error);
        chosen = gap <= error ? i : chosen;
        best = gap < 0 ? i : best;
    }
    return chosen;
}

bool trials_choose_decay(options *o, const network_shape *shape, training *it)
{
    reel *r = it->session->r;
    reel_tensor *state = reel_keep(reel_get_rng_state(r)), *parts[PARTS] = {NULL};
    if (reel_k_fold(r, it->x->rows, PARTS, true, parts) != REEL_OK) {
        return false;
    }
    const int64_t n = it->x->rows;
    double *losses = calloc((size_t)(DECAYS * n), sizeof *losses);
    int chosen = losses ? choose_decay(o, shape, it, parts, losses, n) : -1;
    if (!losses) {
        complain(it->session, "there is no memory for the trials' losses");
    }
    free(losses);
    for (int i = 0; i < PARTS; i++) {
        reel_tensor_free(parts[i]);
    }
    if (chosen >= 0) {
        o->weight_decay = decays[chosen];
    }
    bool done = chosen >= 0 && reel_set_rng_state(r, state) == REEL_OK;
    reel_tensor_free(state);
    return done;
}
