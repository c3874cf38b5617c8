/* SPDX-License-Identifier: MIT */
/* Lines of quantiles beside the one that is asked about, and lines through samples of the rows. */
#include "line_errors.h"
#include "distributions.h"
#include "jobs.h"
#include "line_solver.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void solved_read_weights(reel_module *net, int64_t output, int64_t k, double *v)
{
    reel_tensor *weight = reel_detach(reel_parameter(net, "0.weight"));
    reel_tensor *bias = reel_parameter(net, "0.bias");
    reel_to_f64(reel_select(weight, 0, output), v, k);
    v[k] = bias ? reel_get(bias, &output) : 0;
    reel_rewind(reel_of(weight));
}

void solved_take_row(const solved_line *s, int64_t i)
{
    matrix_row(s->training->x, i, s->row);
    s->row[s->k] = 1;
}

double solved_at_row(const solved_line *s, const double *v)
{
    double sum = 0;
    for (int64_t j = 0; j < s->m; j++) {
        sum += s->row[j] * v[j];
    }
    return sum;
}

double solved_target(const solved_line *s, int64_t i)
{
    return matrix_number(s->training->y, i, 0);
}

double solved_weight(const solved_line *s, int64_t i)
{
    return s->weighted ? matrix_number(s->training->y, i, 1) * s->training->weight_mean : 1;
}

static double quantile_of(const options *o) { return o->loss == LOSS_L1 ? 0.5 : o->quantile; }

static double bandwidth(double q, int64_t n)
{
    double z = normal_quantile(q), f = normal_density(z), level = normal_quantile(0.975);
    double h = pow((double)n, -1.0 / 3) * pow(level, 2.0 / 3) * cbrt(1.5 * f * f / (2 * z * z + 1));
    while (q - h < 0 || q + h > 1) {
        h /= 2;
    }
    return h;
}

/* The weights of another quantile. */
static bool other_quantile(const solved_line *s, double q, double *v)
{
    options o = *s->training->o;
    o.loss = LOSS_QUANTILE;
    o.quantile = q;
    training other = *s->training;
    network_shape shape = {.features = s->k, .no_bias = !s->bias};
    shape.dtype = s->training->x->dtype;
    other.o = &o;
    other.net = network_new(s->training->session->r, &shape);
    bool done = other.net && line_solve(&other);
    if (done) {
        solved_read_weights(other.net, 0, s->k, v);
    }
    reel_module_free(other.net);
    return done;
}

/* Solves A X = B in place of B, both (m, m), A symmetric; rows without a pivot become NaN. */
static void solve_symmetric(int64_t m, double *a, double *b)
{
    for (int64_t j = 0; j < m; j++) {
        double pivot = a[j * m + j];
        bool lost = !(fabs(pivot) > 0);
        for (int64_t i = 0; i < m; i++) {
            double factor = i == j || lost ? 0 : a[i * m + j] / pivot;
            for (int64_t c = 0; c < m && factor != 0; c++) {
                a[i * m + c] -= factor * a[j * m + c];
                b[i * m + c] -= factor * b[j * m + c];
            }
        }
        for (int64_t c = 0; c < m; c++) {
            b[j * m + c] = lost ? (double)NAN : b[j * m + c] / pivot;
            a[j * m + c] = lost ? 0 : a[j * m + c] / pivot;
        }
    }
}

static void transpose(int64_t m, double *a)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < i; j++) {
            double was = a[i * m + j];
            a[i * m + j] = a[j * m + i];
            a[j * m + i] = was;
        }
    }
}

/* q (1 - q) F⁻¹ n F⁻¹ of F = zᵀ f z; `spread` is β(q + h) - β(q - h). */
static bool sandwich(const solved_line *s, double q, double h, const double *spread)
{
    int64_t m = s->m;
    size_t size = (size_t)(m * m) * sizeof(double);
    double *f = calloc(2, size), *copy = f + m * m, *b = s->covariance;
    memset(b, 0, size);
    for (int64_t i = 0; f && i < s->n; i++) {
        solved_take_row(s, i);
        double w = solved_weight(s, i),
               gap = w * solved_at_row(s, spread) - pow(DBL_EPSILON, 2.0 / 3);
        double weight = gap > 0 ? 2 * h / gap * w * w : 0;
        for (int64_t a = 0; a < m; a++) {
            for (int64_t c = 0; c < m; c++) {
                f[a * m + c] += weight * s->row[a] * s->row[c];
                b[a * m + c] += w * w * s->row[a] * s->row[c] * q * (1 - q);
            }
        }
    }
    if (f) {
        memcpy(copy, f, size);
        solve_symmetric(m, f, b);
        transpose(m, b);
        solve_symmetric(m, copy, b);
    }
    free(f);
    return f || complain(s->training->session, "there is no memory for the standard errors");
}

bool quantile_errors(const solved_line *s)
{
    double q = quantile_of(s->training->o), h = bandwidth(q, s->n);
    double *low = calloc(2 * (size_t)s->k + 2, sizeof *low), *high = low + s->k + 1;
    bool done = low && other_quantile(s, q - h, low) && other_quantile(s, q + h, high);
    for (int64_t j = 0; done && j < s->m; j++) {
        high[j] -= low[j];
    }
    done = done && sandwich(s, q, h, high);
    free(low);
    return done;
}

static void start_from(const solved_line *s, reel_module *net)
{
    for (int64_t j = 0; j < s->m; j++) {
        bool bias = j == s->k;
        reel_set(reel_detach(reel_parameter(net, bias ? "0.bias" : "0.weight")),
                 bias ? (int64_t[]){0} : (int64_t[]){0, j}, s->v[j]);
    }
    reel_rewind(s->training->session->r);
}

/* How often each row is in a sample, times its weight, into the second column of y. */
static void draw_sample(const solved_line *s, reel_tensor *y)
{
    reel *r = s->training->session->r;
    reel_tensor *rows = reel_randint(r, REEL_I64, 0, s->n, 1, &s->n);
    const int64_t *row = reel_is_poison(rows) ? NULL : reel_data_i64(rows);
    for (int64_t i = 0; i < s->n; i++) {
        reel_set(y, (int64_t[]){i, 0}, solved_target(s, i));
        reel_set(y, (int64_t[]){i, 1}, 0);
    }
    for (int64_t i = 0; row && i < s->n; i++) {
        int64_t at[] = {row[i], 1};
        reel_set(y, at, reel_get(y, at) + solved_weight(s, row[i]));
    }
    reel_tensor_free(rows);
    reel_rewind(r);
}

enum { MOST_JOBS = 64 }; /* each of many samples: they may be over in no time */

typedef struct bootstrap {
    const solved_line *s;
    int64_t count, jobs;      /* samples; jobs that share them */
    uint64_t seed[MOST_JOBS]; /* of each */
} bootstrap;

/* Adds the lines through so many samples, up to an interruption: how far their weights are from
 * those of all rows, which loses no digits, and the products of these. */
static bool add_samples(const solved_line *s, int64_t count, training *sample, reel_tensor *y,
                        double *sums)
{
    const int64_t m = s->m;
    double *products = sums + m, *v = malloc((size_t)(s->k + 1) * sizeof *v);
    bool done = v != NULL;
    for (int64_t b = 0; done && b < count && !interrupted(sample->session); b++) {
        draw_sample(s, y);
        start_from(s, sample->net);
        done = line_solve(sample);
        solved_read_weights(sample->net, 0, s->k, v);
        for (int64_t j = 0; j < m; j++) {
            v[j] -= s->v[j];
            sums[j] += v[j];
            for (int64_t l = 0; l <= j; l++) {
                products[j * m + l] += v[j] * v[l];
            }
        }
    }
    free(v);
    return done;
}

/* The job: its share of the samples. Of sums, m and m x m, is its result. */
static bool run_samples(void *context, int64_t k, job_result *result)
{
    const bootstrap *it = context;
    const solved_line *s = it->s;
    reel *r = s->training->session->r;
    const int64_t first = it->count * k / it->jobs, end = it->count * (k + 1) / it->jobs;
    training sample = *s->training;
    network_shape shape = {.features = s->k, .no_bias = !s->bias, .dtype = sample.x->dtype};
    reel_tensor *y = reel_zeros(r, sample.y->dtype, 2, (int64_t[]){s->n, 2});
    matrix targets = matrix_around(y);
    sample.y = &targets;
    sample.net = network_new(r, &shape);
    result->size = (size_t)(s->m + s->m * s->m) * sizeof(double);
    result->data = calloc(1, result->size);
    reel_manual_seed(r, it->seed[k]);
    bool done = result->data && sample.net && !reel_is_poison(y) &&
                add_samples(s, end - first, &sample, y, result->data);
    reel_tensor_free(y);
    reel_module_free(sample.net);
    return done || complain(s->training->session, "the bootstrap could not be made");
}

/* From the sums of all jobs, into the first of them. */
static void find_covariance(const bootstrap *it, const job_result *results)
{
    const int64_t m = it->s->m;
    const double n = (double)it->count;
    double *sums = results[0].data, *c = it->s->covariance;
    for (int64_t k = 1; k < it->jobs; k++) {
        for (int64_t j = 0; j < m + m * m; j++) {
            sums[j] += ((const double *)results[k].data)[j];
        }
    }
    for (int64_t j = 0; j < m; j++) {
        for (int64_t l = 0; l <= j; l++) {
            double sum = sums[m + j * m + l] - sums[j] * sums[l] / n;
            c[j * m + l] = c[l * m + j] = sum / (n - 1);
        }
    }
}

static void draw_seeds(reel *r, bootstrap *it)
{
    for (int64_t k = 0; k < it->jobs; k++) {
        reel_tensor *seed = reel_randint(r, REEL_I64, 0, INT64_C(1) << 53, 1, (int64_t[]){1});
        it->seed[k] = (uint64_t)reel_item(seed);
    }
    reel_rewind(r);
}

/* The coefficients' covariance over lines through samples of the rows. Random numbers are from
 * --seed, and afterwards where they were. */
bool bootstrap_errors(const solved_line *s)
{
    session *at = s->training->session;
    reel *r = at->r;
    const int64_t count = s->training->o->bootstrap;
    bootstrap of = {.s = s, .count = count, .jobs = count < MOST_JOBS ? count : MOST_JOBS};
    const jobs all = {.count = of.jobs,
                      .bytes = matrix_bytes(s->training->x),
                      .name = "bootstrap",
                      .each = run_samples,
                      .context = &of};
    reel_tensor *state = reel_keep(reel_get_rng_state(r));
    reel_manual_seed(r, (uint64_t)s->training->o->seed);
    draw_seeds(r, &of);
    job_result *results = jobs_run(at, &all);
    if (results && !interrupted(at)) {
        find_covariance(&of, results);
    }
    jobs_free(results, of.jobs);
    bool done = results && reel_set_rng_state(r, state) == REEL_OK;
    reel_tensor_free(state);
    return done;
}
