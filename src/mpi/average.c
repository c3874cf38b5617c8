/* SPDX-License-Identifier: MIT */
/*
 * A piece's gradients laid end to end, added up, and put back. Of each dtype there is one array:
 * the parameters' gradients, for each a 1 if it had one, the floating buffers, the loss. With w the
 * piece's share of the batch's rows (1 for a loss that is a sum), a leaf of the tree holds w g.
 */
#include "joined.h"

#include <reel/autograd.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 }; /* numbers that are added up at a time, on the stack */

void reeli_mpi_free_flat(reel_mpi *m)
{
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < REELI_MPI_DEPTH; k++) {
            free(m->flat[i].sums[k]);
        }
        free(m->flat[i].arrived);
        m->flat[i] = (reeli_flat){.dtype = m->flat[i].dtype, .element = m->flat[i].element};
    }
    for (size_t i = 0; i < m->kept_count; i++) {
        free(m->kept[i].before);
    }
    free(m->kept);
    m->kept = NULL;
    m->kept_count = 0;
}

static bool no_memory(reel_mpi *m)
{
    return reeli_mpi_fail(m, REEL_ERR_MEMORY, "out of memory for the sums of gradients");
}

static reeli_flat *flat_of(reel_mpi *m, reel_dtype dtype)
{
    return dtype == REEL_F32 ? &m->flat[0] : dtype == REEL_F64 ? &m->flat[1] : NULL;
}

static bool is_kept(const reel_mpi *m, const reel_tensor *t)
{
    for (size_t i = 0; i < m->kept_count; i++) {
        if (m->kept[i].tensor == t) {
            return true;
        }
    }
    return false;
}

/* The model's buffers, each once, with room for what they were. */
static bool find_buffers(reel_mpi *m)
{
    const size_t count = reel_state_count(m->model);
    m->kept = calloc(count + 1, sizeof *m->kept);
    if (!m->kept) {
        return no_memory(m);
    }
    for (size_t i = 0; i < count; i++) {
        const reel_state_entry entry = reel_state_at(m->model, i);
        if (!entry.tensor || !entry.is_buffer || is_kept(m, entry.tensor)) {
            continue;
        }
        reeli_kept *kept = &m->kept[m->kept_count];
        kept->tensor = entry.tensor;
        kept->bytes =
            (size_t)reel_numel(entry.tensor) * reeli_mpi_element_size(reel_dtype_of(entry.tensor));
        kept->before = malloc(kept->bytes + 1);
        if (!kept->before) {
            return no_memory(m);
        }
        m->kept_count++;
    }
    return true;
}

/* Memory for the next leaf, number `nodes`. */
static bool room_for_leaf(reel_mpi *m)
{
    for (int i = 0; i < 2; i++) {
        reeli_flat *f = &m->flat[i];
        if (!f->sums[m->nodes]) {
            f->sums[m->nodes] = malloc((size_t)f->count * f->element);
        }
        if (!f->sums[m->nodes]) {
            return no_memory(m);
        }
    }
    return true;
}

bool reeli_mpi_lay_out(reel_mpi *m)
{
    reeli_mpi_free_flat(m);
    m->rows = 0;
    m->nodes = 0;
    const reel_tensor_list parameters = reel_parameters(m->model);
    m->flat[0].count = m->flat[1].count = 1; /* the loss */
    for (size_t i = 0; i < parameters.count; i++) {
        reeli_flat *f = flat_of(m, reel_dtype_of(parameters.tensors[i]));
        f->count += reel_numel(parameters.tensors[i]) + 1;
    }
    if (!find_buffers(m)) {
        return false;
    }
    for (size_t i = 0; i < m->kept_count; i++) {
        reeli_flat *f = flat_of(m, reel_dtype_of(m->kept[i].tensor));
        if (f) {
            f->count += reel_numel(m->kept[i].tensor);
        }
    }
    return room_for_leaf(m);
}

static void keep_buffers(reel_mpi *m)
{
    for (size_t i = 0; i < m->kept_count; i++) {
        memcpy(m->kept[i].before, reeli_mpi_elements(m->kept[i].tensor), m->kept[i].bytes);
    }
}

static void put_buffers_back(reel_mpi *m)
{
    for (size_t i = 0; i < m->kept_count; i++) {
        memcpy(reeli_mpi_elements(m->kept[i].tensor), m->kept[i].before, m->kept[i].bytes);
    }
}

/* What a batch's random numbers are drawn from; drawing nothing, it leaves the loader its order. */
static bool keep_random_numbers(reel_mpi *m, int64_t batch)
{
    const int64_t *state = reel_data_i64(reel_get_rng_state(m->r));
    if (!state) {
        return false;
    }
    memcpy(reel_data_i64(m->rng), state, REELI_MPI_RNG * sizeof *state);
    m->batch_seed = (uint64_t)batch;
    for (int i = 0; i < REELI_MPI_RNG; i++) {
        m->batch_seed = reeli_mpi_mix(m->batch_seed, (uint64_t)state[i]);
    }
    return true;
}

void reeli_mpi_end_batch(reel_mpi *m)
{
    if (m->rows) {
        reel_set_rng_state(m->r, m->rng);
        m->rows = 0;
    }
}

void reeli_mpi_choose_pieces(reel_mpi *m, int64_t rows)
{
    const int most = m->options.allreduce ? m->size : m->options.pieces;
    m->rows = rows;
    m->pieces = rows < most ? (int)rows : most;
    m->first = reeli_mpi_first_piece(m, m->pieces, m->rank);
    m->end = reeli_mpi_first_piece(m, m->pieces, m->rank + 1);
    m->idle = m->first == m->end;
    if (m->idle) {
        m->first = 0;
        m->end = 1;
    }
}

bool reeli_mpi_begin_batch(reel_mpi *m, int64_t rows, int64_t batch)
{
    reeli_mpi_choose_pieces(m, rows);
    m->next = m->first;
    m->nodes = 0;
    keep_buffers(m);
    return keep_random_numbers(m, batch);
}

/* A leaf on its way into the tree: it is the right half of the last `merges` sums, one after the
 * other, so it is added to those in passing, and is written once. */
typedef struct leaf {
    const reeli_flat *f;
    int number, merges;
    int64_t at;
} leaf;

/* s_{k-m} + (… + (s_{k-1} + w x)) in the place of the first, of n < BLOCK numbers. x NULL: of 0. */
#define LAY_BLOCK(T)                                                                               \
    T sum[BLOCK];                                                                                  \
    const T share = (T)w, *from = x;                                                               \
    for (int64_t i = 0; i < n; i++) {                                                              \
        sum[i] = from ? from[i] * share : 0;                                                       \
    }                                                                                              \
    for (int k = 1; k <= l->merges; k++) {                                                         \
        const T *left = (const T *)l->f->sums[l->number - k] + l->at;                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            sum[i] = left[i] + sum[i];                                                             \
        }                                                                                          \
    }                                                                                              \
    memcpy((T *)l->f->sums[l->number - l->merges] + l->at, sum, (size_t)n * sizeof *sum)

static void lay_floats(const leaf *l, const void *x, int64_t n, double w) { LAY_BLOCK(float); }

static void lay_doubles(const leaf *l, const void *x, int64_t n, double w) { LAY_BLOCK(double); }

/* w times n numbers, at the leaf's next place. */
static void lay(leaf *l, const void *x, int64_t n, double w)
{
    for (int64_t i = 0; i < n; i += BLOCK) {
        const int64_t now = n - i < BLOCK ? n - i : BLOCK;
        const void *from = x ? (const char *)x + (size_t)i * l->f->element : NULL;
        if (l->f->dtype == REEL_F32) {
            lay_floats(l, from, now, w);
        } else {
            lay_doubles(l, from, now, w);
        }
        l->at += now;
    }
}

static void lay_number(leaf *l, double value)
{
    const float single = (float)value;
    lay(l, l->f->dtype == REEL_F32 ? (const void *)&single : &value, 1, 1);
}

static double number_at(const reeli_flat *f, int64_t at)
{
    return f->dtype == REEL_F32 ? (double)((const float *)f->sums[0])[at]
                                : ((const double *)f->sums[0])[at];
}

/* What this piece has for one dtype: all but the loss. */
static void lay_model(const reel_mpi *m, leaf *l, reel_tensor_list parameters, double share)
{
    const double w = m->options.reduction == REEL_SUM ? 1 : share;
    for (size_t i = 0; i < parameters.count; i++) {
        const reel_tensor *p = parameters.tensors[i];
        if (reel_dtype_of(p) == l->f->dtype) {
            reel_tensor *g = reel_grad(p);
            lay(l, g ? reeli_mpi_elements(g) : NULL, reel_numel(p), w);
            lay_number(l, g ? 1 : 0);
        }
    }
    for (size_t i = 0; i < m->kept_count; i++) {
        reel_tensor *t = m->kept[i].tensor;
        if (reel_dtype_of(t) == l->f->dtype) {
            lay(l, reeli_mpi_elements(t), reel_numel(t), share);
        }
    }
}

static int64_t rows_of_piece(const reel_mpi *m)
{
    return m->rows / m->pieces + (m->next < m->rows % m->pieces);
}

/* Takes this piece into the tree. */
static bool take(reel_mpi *m, const reel_tensor *loss)
{
    const reel_tensor_list parameters = reel_parameters(m->model);
    const double share = (double)rows_of_piece(m) / (double)m->rows;
    const double value = loss ? reel_item(loss) : 0;
    if (reel_failed(m->r) || !room_for_leaf(m)) {
        return false;
    }
    const int number = m->nodes, merges = reeli_mpi_add_leaf(m, m->next);
    for (int i = 0; i < 2; i++) {
        leaf l = {.f = &m->flat[i], .number = number, .merges = merges};
        lay_model(m, &l, parameters, share);
        const bool here = loss && reel_dtype_of(loss) == l.f->dtype;
        const double w = m->options.reduction == REEL_SUM ? 1 : share;
        const double one = l.f->dtype == REEL_F32 ? (double)((float)value * (float)w) : value * w;
        lay_number(&l, here ? one : 0);
    }
    return true;
}

/* A gradient of its own for a parameter that this process's last piece gave none. */
static reel_tensor *new_gradient(reel_tensor *p)
{
    reel_backward_with(p, &(reel_backward_options){.gradient = reel_zeros_like(p)});
    return reel_grad(p);
}

/* The sums of one dtype into the parameters' gradients and the buffers. */
static void put_back(reel_mpi *m, const reeli_flat *f, reel_tensor_list parameters)
{
    const char *sums = f->sums[0];
    int64_t at = 0;
    for (size_t i = 0; i < parameters.count; i++) {
        reel_tensor *p = parameters.tensors[i];
        if (reel_dtype_of(p) != f->dtype) {
            continue;
        }
        const int64_t n = reel_numel(p);
        if (number_at(f, at + n) > 0) {
            reel_tensor *g = reel_grad(p) ? reel_grad(p) : new_gradient(p);
            void *to = g ? reeli_mpi_elements(g) : NULL;
            if (to) {
                memcpy(to, sums + (size_t)at * f->element, (size_t)n * f->element);
            }
        } else {
            reel_zero_grad_of(p);
        }
        at += n + 1;
    }
    for (size_t i = 0; i < m->kept_count; i++) {
        const reeli_kept *kept = &m->kept[i];
        if (reel_dtype_of(kept->tensor) == f->dtype) {
            memcpy(reeli_mpi_elements(kept->tensor), sums + (size_t)at * f->element, kept->bytes);
            at += reel_numel(kept->tensor);
        }
    }
}

/* The batch is whole: its sums to all, and the random numbers are what they were before it. */
static bool finish(reel_mpi *m, reel_tensor **loss)
{
    const reel_dtype dtype = loss ? reel_dtype_of(*loss) : REEL_F32;
    uint64_t alike = reeli_mpi_mix((uint64_t)m->rows, (uint64_t)m->flat[0].count);
    alike = reeli_mpi_mix(alike, (uint64_t)m->flat[1].count * 4 + (uint64_t)dtype);
    for (int i = 0; i < 2; i++) {
        reeli_mpi_room(m, &m->flat[i]);
    }
    if (!reeli_mpi_agree(m, REELI_AT_AVERAGE, alike)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        if (!reeli_mpi_join_sums(m, &m->flat[i])) {
            return false;
        }
    }
    const reel_tensor_list parameters = reel_parameters(m->model);
    for (int i = 0; i < 2; i++) {
        put_back(m, &m->flat[i], parameters);
    }
    if (loss) {
        const reeli_flat *f = flat_of(m, dtype);
        *loss = reel_scalar(m->r, dtype, number_at(f, f->count - 1));
    }
    reeli_mpi_end_batch(m);
    return !reel_failed(m->r);
}

bool reel_mpi_average_gradients(reel_mpi *m, reel_tensor **loss)
{
    if (!m || m->over) {
        return false;
    }
    const bool floats = !loss || reel_is_poison(*loss) || flat_of(m, reel_dtype_of(*loss));
    if (!reel_failed(m->r) && (!m->model || !m->rows || !floats)) {
        reeli_mpi_fail(m, floats ? REEL_ERR_STATE : REEL_ERR_DTYPE, "average_gradients: %s",
                       !m->model  ? "there is no model: reel_mpi_broadcast comes first"
                       : !m->rows ? "there is no piece: each call follows one of "
                                    "reel_mpi_loader_next"
                                  : "the loss is no floating number");
    }
    if (!reel_failed(m->r) && !m->idle) {
        take(m, loss ? *loss : NULL);
    }
    if (reel_failed(m->r)) {
        return reeli_mpi_agree(m, REELI_AT_AVERAGE, 0); /* tells the others, and is false */
    }
    if (m->next + 1 < m->end) {
        put_buffers_back(m);
        return false;
    }
    return finish(m, loss);
}
