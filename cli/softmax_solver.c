/* SPDX-License-Identifier: MIT */
/* Newton's steps over the classes but the first, halved where they are too long. */
#include "softmax_solver.h"
#include "cholesky.h"
#include "column_qr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 100, MOST_HALVINGS = 30, MOST_WEIGHTS = 1000 };
static const double most_work = 5e9; /* products of one step */

/* Weights of c classes (all but the first), m each, the bias last. */
typedef struct softmax {
    matrix *x, *y;
    int64_t n, k, m, c;
    double *at, *next, *step, *system; /* the latter (c m, c m) */
    double *row, *p;                   /* p: the probabilities of all c + 1 classes */
} softmax;

static int64_t class_of(const softmax *it, int64_t i)
{
    return (int64_t)matrix_number(it->y, i, 0);
}

static double weight_of(const softmax *it, int64_t i)
{
    return it->y->columns == 2 ? matrix_number(it->y, i, 1) : 1;
}

/* The row's probabilities; what the loss is of its class. */
static double look_at(const softmax *it, const double *w, int64_t i)
{
    const int64_t class = class_of(it, i);
    double most = 0, sum = 0, is = 0;
    matrix_row(it->x, i, it->row);
    it->row[it->k] = 1;
    it->p[0] = 0;
    for (int64_t a = 0; a < it->c; a++) {
        it->p[a + 1] = 0;
        for (int64_t j = 0; j < it->m; j++) {
            it->p[a + 1] += w[a * it->m + j] * it->row[j];
        }
        most = fmax(most, it->p[a + 1]);
    }
    for (int64_t a = 0; a <= it->c; a++) {
        double e = it->p[a] - most;
        is = a == class ? e : is;
        it->p[a] = exp(e);
        sum += it->p[a];
    }
    for (int64_t a = 0; a <= it->c; a++) {
        it->p[a] /= sum;
    }
    return log(sum) - is;
}

static double objective(const softmax *it, const double *w)
{
    double sum = 0;
    for (int64_t i = 0; i < it->n; i++) {
        sum += weight_of(it, i) * look_at(it, w, i);
    }
    return sum / (double)it->n;
}

/* The gradient into `step`, the lower triangle of the second derivatives into `system`: between
 * classes a and b the latter are p_a ([a = b] - p_b) x xᵀ. */
static void assemble(const softmax *it)
{
    int64_t m = it->m, size = it->c * m;
    memset(it->system, 0, (size_t)(size * size) * sizeof *it->system);
    memset(it->step, 0, (size_t)size * sizeof *it->step);
    for (int64_t i = 0; i < it->n; i++) {
        look_at(it, it->at, i);
        const int64_t class = class_of(it, i);
        double share = weight_of(it, i) / (double)it->n;
        for (int64_t a = 0; a < it->c; a++) {
            double p = it->p[a + 1], off = share * ((a + 1 == class) - p);
            for (int64_t j = 0; j < m; j++) {
                it->step[a * m + j] += off * it->row[j];
            }
            for (int64_t b = 0; b <= a; b++) {
                double h = share * p * ((a == b) - it->p[b + 1]);
                for (int64_t j = 0; j < m; j++) {
                    double *to = it->system + (a * m + j) * size + b * m, by = h * it->row[j];
                    for (int64_t l = 0; l < m; l++) {
                        to[l] += by * it->row[l];
                    }
                }
            }
        }
    }
}

static void descend(softmax *it, training *of)
{
    int64_t size = it->c * it->m;
    double now = objective(it, it->at);
    for (int i = 0; i < MOST_STEPS && !training_interrupted(of); i++) {
        double share = 1, next = now;
        assemble(it);
        cholesky_factor(size, it->system);
        cholesky_solve(size, it->system, it->step);
        for (int half = 0; half < MOST_HALVINGS; half++, share /= 2) {
            for (int64_t j = 0; j < size; j++) {
                it->next[j] = it->at[j] + share * it->step[j];
            }
            next = objective(it, it->next);
            if (next < now) {
                break;
            }
        }
        if (!(next < now)) {
            return;
        }
        memcpy(it->at, it->next, (size_t)size * sizeof *it->at);
        now = next;
    }
}

/* The net's weights relative to those of the first class. */
static bool read_net(softmax *it, const training *of)
{
    reel_tensor *weight = reel_parameter(of->net, "0.weight");
    reel_tensor *bias = reel_parameter(of->net, "0.bias");
    for (int64_t a = 0; a < it->c; a++) {
        for (int64_t j = 0; j < it->m; j++) {
            int64_t one[] = {a + 1, j}, first[] = {0, j};
            it->at[a * it->m + j] = j < it->k ? reel_get(weight, one) - reel_get(weight, first)
                                              : reel_get(bias, one) - reel_get(bias, first);
        }
    }
    return !reel_failed(of->session->r);
}

static bool write_net(const softmax *it, const training *of)
{
    reel_tensor *weight = reel_detach(reel_parameter(of->net, "0.weight"));
    reel_tensor *bias = reel_detach(reel_parameter(of->net, "0.bias"));
    for (int64_t a = 0; a <= it->c; a++) {
        for (int64_t j = 0; j < it->m; j++) {
            double x = a ? it->at[(a - 1) * it->m + j] : 0;
            reel_set(j < it->k ? weight : bias, (int64_t[]){a, j}, x);
        }
    }
    reel_rewind(of->session->r);
    return !reel_failed(of->session->r);
}

static softmax sizes_of(const training *of)
{
    softmax it = {.x = of->x, .y = of->y, .n = of->x->rows, .k = of->x->columns};
    it.m = it.k + 1;
    it.c = reel_size(reel_parameter(of->net, "0.weight"), 0) - 1;
    return it;
}

bool softmax_is_due(const training *of)
{
    const options *o = of->o;
    softmax it = sizes_of(of);
    int64_t size = it.c * it.m;
    double work = (double)it.n * (double)size * (double)size;
    return !of->validation_x && !of->interrupted && o->l1_penalty == 0 && o->weight_decay == 0 &&
           size <= MOST_WEIGHTS && work <= most_work;
}

/* From malloc, to be freed by its `system`; that is NULL, and a message, without memory. */
static softmax begin(const training *of)
{
    softmax it = sizes_of(of);
    size_t s = (size_t)(it.c * it.m), rest = (size_t)(it.m + it.c + 1);
    it.system = malloc((s * s + 3 * s + rest) * sizeof *it.system);
    if (!it.system) {
        complain(of->session, "there is no memory for the line's equations");
        return it;
    }
    it.at = it.system + s * s;
    it.next = it.at + s;
    it.step = it.next + s;
    it.row = it.step + s;
    it.p = it.row + it.m;
    return it;
}

bool softmax_solve(training *of)
{
    if (!softmax_is_due(of)) {
        return true;
    }
    softmax it = begin(of);
    bool done = it.system && read_net(&it, of);
    if (done) {
        descend(&it, of);
        done = write_net(&it, of);
    }
    free(it.system);
    return done;
}

bool softmax_covariance(const training *of, double *to, double *deviance)
{
    softmax it = begin(of);
    int64_t size = it.c * it.m;
    bool done = it.system && read_net(&it, of);
    if (done) {
        double rows = (double)it.n * (of->y->columns == 2 ? of->weight_mean : 1);
        assemble(&it);
        cholesky_curvature_inverse(size, it.system, 1, to); /* of a mean over the rows */
        for (int64_t i = 0; i < size * size; i++) {
            to[i] /= rows;
        }
        *deviance = 2 * rows * objective(&it, it.at);
    }
    free(it.system);
    return done;
}
