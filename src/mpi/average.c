/* SPDX-License-Identifier: MIT */
/*
 * A piece's gradients laid end to end, added up, and put back. Of each dtype there is one array:
 * for each parameter a 1 if it had a gradient, the loss, the gradients, the floating buffers. With
 * w the piece's share of the batch's rows (1 for a loss that is a sum), a leaf of the tree holds w
 * g.
 */
#include "joined.h"

#include <reel/autograd.h>
#include <stdlib.h>
#include <string.h>

void reeli_mpi_free_flat(reel_mpi *m)
{
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < REELI_MPI_DEPTH; k++) {
            free(m->flat[i].sums[k]);
        }
        free(m->flat[i].stretch);
        free(m->flat[i].head);
        free(m->flat[i].root);
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

/* Bytes of the cache; and numbers that are added up at a time. */
enum { LINE = 64, BLOCK = 1024 };

void *reeli_mpi_numbers(const reeli_flat *f, int64_t count)
{
    const size_t bytes = (size_t)count * f->element;
    return aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE);
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

/* Memory for node `number` as a whole. */
static bool room_for_node(reel_mpi *m, int number)
{
    for (int i = 0; i < 2; i++) {
        reeli_flat *f = &m->flat[i];
        if (!f->sums[number]) {
            f->sums[number] = reeli_mpi_numbers(f, f->count);
        }
        if (!f->sums[number]) {
            return no_memory(m);
        }
    }
    return true;
}

static void add_stretch(reeli_flat *f, reel_tensor *t, int64_t count, bool is_buffer)
{
    f->stretch[f->stretches++] =
        (reeli_stretch){.tensor = t, .begin = f->count, .count = count, .is_buffer = is_buffer};
    f->count += count;
}

/* All of one dtype in its place. */
static bool lay_out(reel_mpi *m, reeli_flat *f)
{
    const reel_tensor_list parameters = reel_parameters(m->model);
    for (size_t i = 0; i < parameters.count; i++) {
        f->parameters += reel_dtype_of(parameters.tensors[i]) == f->dtype;
    }
    const int64_t line = LINE / (int64_t)f->element;
    const int64_t head = (f->parameters + line) / line * line; /* with the loss, in whole lines */
    f->stretch = calloc(1 + parameters.count + m->kept_count, sizeof *f->stretch);
    f->head = calloc((size_t)head, f->element);
    if (!f->stretch || !f->head) {
        return no_memory(m);
    }
    add_stretch(f, NULL, head, false);
    for (size_t i = 0; i < parameters.count; i++) {
        reel_tensor *p = parameters.tensors[i];
        if (reel_dtype_of(p) == f->dtype) {
            add_stretch(f, p, reel_numel(p), false);
        }
    }
    for (size_t i = 0; i < m->kept_count; i++) {
        reel_tensor *t = m->kept[i].tensor;
        if (reel_dtype_of(t) == f->dtype) {
            add_stretch(f, t, reel_numel(t), true);
        }
    }
    return true;
}

bool reeli_mpi_lay_out(reel_mpi *m)
{
    reeli_mpi_free_flat(m);
    m->rows = 0;
    m->nodes = 0;
    return find_buffers(m) && lay_out(m, &m->flat[0]) && lay_out(m, &m->flat[1]);
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
    double share; /* the piece's, of the batch's rows */
    double w;     /* of its gradients */
    void *to;     /* where number `at` goes */
    int64_t at;
    size_t stretch; /* in which that lies */
} leaf;

/* left + (s_{m-1} + … (s_1 + (s_0 + w x))) of n <= BLOCK numbers; w x, where m is -1. What comes
 * from memory is read side by side, which takes half of the time: up to two sums, and left. */
#define ADD_LEFT(T, left)                                                                          \
    for (int64_t i = 0; m == 0 && i < n; i++) {                                                    \
        to[i] = (left)[i] + w * x[i];                                                              \
    }                                                                                              \
    for (int64_t i = 0; m == 1 && i < n; i++) {                                                    \
        to[i] = (left)[i] + (a[i] + w * x[i]);                                                     \
    }                                                                                              \
    for (int64_t i = 0; m == 2 && i < n; i++) {                                                    \
        to[i] = (left)[i] + (b[i] + (a[i] + w * x[i]));                                            \
    }                                                                                              \
    for (int64_t i = 0; m > 2 && i < n; i++) {                                                     \
        to[i] = (left)[i] + sum[i];                                                                \
    }

#define ADD_UP(T)                                                                                  \
    const T *restrict a = m > 0 ? s[0] : x, *restrict b = m > 1 ? s[1] : x;                        \
    const T *restrict left = m >= 0 ? s[m] : x;                                                    \
    T sum[BLOCK];                                                                                  \
    for (int64_t i = 0; m < 0 && i < n; i++) {                                                     \
        to[i] = w * x[i];                                                                          \
    }                                                                                              \
    for (int64_t i = 0; m > 2 && i < n; i++) {                                                     \
        sum[i] = b[i] + (a[i] + w * x[i]);                                                         \
    }                                                                                              \
    for (int k = 2; k < m; k++) {                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                          \
            sum[i] = s[k][i] + sum[i];                                                             \
        }                                                                                          \
    }                                                                                              \
    if (left == to) {                                                                              \
        ADD_LEFT(T, to)                                                                            \
    } else {                                                                                       \
        ADD_LEFT(T, left)                                                                          \
    }

static void add_floats(float *restrict to, const float *restrict x, float w, const float *const *s,
                       int m, int64_t n)
{
    ADD_UP(float)
}

static void add_doubles(double *restrict to, const double *restrict x, double w,
                        const double *const *s, int m, int64_t n)
{
    ADD_UP(double)
}

/* w times n <= BLOCK numbers, at the leaf's next place. */
static void lay(leaf *l, const void *x, int64_t n, double w)
{
    static const union {
        float f32[BLOCK];
        double f64[BLOCK];
    } zeros;
    const size_t at = (size_t)l->at * l->f->element, bytes = (size_t)n * l->f->element;
    const int m = l->merges - 1; /* of which the sum may be the place that the numbers go to */
    x = x ? x : (const void *)&zeros;
    const void *s[REELI_MPI_DEPTH] = {x, x};
    for (int k = 0; k <= m; k++) {
        s[k] = (const char *)l->f->sums[l->number - 1 - k] + at;
    }
    if (l->f->dtype == REEL_F32) {
        add_floats((float *)l->to, x, (float)w, (const float *const *)s, m, n);
    } else {
        add_doubles((double *)l->to, x, w, (const double *const *)s, m, n);
    }
    l->at += n;
    l->to = (char *)l->to + bytes;
}

/* The leaf's numbers up to number `end`. */
static void lay_up_to(leaf *l, int64_t end)
{
    while (l->at < end) {
        const reeli_stretch *s = &l->f->stretch[l->stretch];
        const int64_t done = l->at - s->begin, left = s->count - done;
        const int64_t most = left < BLOCK ? left : BLOCK;
        const int64_t n = most < end - l->at ? most : end - l->at;
        const void *from = s->from ? (const char *)s->from + (size_t)done * l->f->element : NULL;
        lay(l, from, n, s->is_buffer ? l->share : s->tensor ? l->w : 1);
        l->stretch += n == left;
    }
}

static void set_head(const reeli_flat *f, int64_t i, double value)
{
    if (f->dtype == REEL_F32) {
        ((float *)f->head)[i] = (float)value;
    } else {
        ((double *)f->head)[i] = value;
    }
}

static double head_at(const reeli_flat *f, int64_t i)
{
    return f->dtype == REEL_F32 ? (double)((const float *)f->head)[i]
                                : ((const double *)f->head)[i];
}

/* Where this piece's numbers are. An error, where a gradient does not lie row by row. */
static void find_numbers(reeli_flat *f, double loss)
{
    f->stretch[0].from = f->stretch[0].to = f->head;
    for (size_t i = 1; i < f->stretches; i++) {
        reeli_stretch *s = &f->stretch[i];
        reel_tensor *t = s->is_buffer ? s->tensor : reel_grad(s->tensor);
        s->from = t ? reeli_mpi_elements(t) : NULL;
        s->to = NULL;
        if (!s->is_buffer) {
            set_head(f, (int64_t)i - 1, t ? 1 : 0);
        }
    }
    set_head(f, f->parameters, loss);
}

static int64_t rows_of_piece(const reel_mpi *m)
{
    return m->rows / m->pieces + (m->next < m->rows % m->pieces);
}

/* This piece becomes a leaf of the tree for each dtype, of which nothing has been laid yet; false,
 * and an error. */
static bool begin_leaf(reel_mpi *m, const reel_tensor *loss, leaf leaves[2])
{
    const double share = (double)rows_of_piece(m) / (double)m->rows;
    const double w = m->options.reduction == REEL_SUM ? 1 : share;
    const double value = loss ? reel_item(loss) : 0;
    for (int i = 0; i < 2; i++) {
        reeli_flat *f = &m->flat[i];
        const bool here = loss && reel_dtype_of(loss) == f->dtype;
        const double one = f->dtype == REEL_F32 ? (double)((float)value * (float)w) : value * w;
        find_numbers(f, here ? one : 0);
        leaves[i] = (leaf){.f = f, .number = m->nodes, .share = share, .w = w};
    }
    if (reel_failed(m->r)) {
        return false;
    }
    leaves[0].merges = leaves[1].merges = reeli_mpi_add_leaf(m, m->next);
    return true;
}

/* Takes a piece that is not the last into the tree. */
static bool take(reel_mpi *m, const reel_tensor *loss)
{
    leaf l[2];
    if (!begin_leaf(m, loss, l) || !room_for_node(m, m->nodes - 1)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        l[i].to = m->flat[i].sums[m->nodes - 1];
        lay_up_to(&l[i], m->flat[i].count);
    }
    return true;
}

/* A gradient of its own for a parameter that this process's last piece gave none. */
static reel_tensor *new_gradient(reel_tensor *p)
{
    reel_backward_with(p, &(reel_backward_options){.gradient = reel_zeros_like(p)});
    return reel_grad(p);
}

/* Where the batch's numbers of a stretch go, once the first stretch is the batch's. */
static void *find_place(const reeli_flat *f, size_t i)
{
    const reeli_stretch *s = &f->stretch[i];
    if (s->is_buffer) {
        return reeli_mpi_elements(s->tensor);
    }
    if (head_at(f, (int64_t)i - 1) > 0) {
        reel_tensor *g = reel_grad(s->tensor) ? reel_grad(s->tensor) : new_gradient(s->tensor);
        return g ? reeli_mpi_elements(g) : NULL;
    }
    reel_zero_grad_of(s->tensor);
    return NULL;
}

/* A bucket's sums into the parameters' gradients and the buffers; *stretch is where it begins. */
static void put_back(reeli_flat *f, reeli_bucket b, size_t *stretch)
{
    const char *from = f->root;
    for (int64_t at = b.from, end = at + b.count; at < end;) {
        reeli_stretch *s = &f->stretch[*stretch];
        const int64_t done = at - s->begin, left = s->count - done;
        const int64_t n = left < end - at ? left : end - at;
        if (done == 0 && s->tensor) {
            s->to = find_place(f, *stretch);
        }
        if (s->to) {
            memcpy((char *)s->to + (size_t)done * f->element, from, (size_t)n * f->element);
        }
        from += (size_t)n * f->element;
        at += n;
        *stretch += n == left;
    }
}

/* The last leaf and all processes' nodes become the batch's sums, bucket by bucket. */
static bool join_all(reel_mpi *m, reeli_flat *f, leaf *l)
{
    size_t stretch = 0;
    const reeli_bucket none = {0, 0};
    for (reeli_bucket b = reeli_mpi_next_bucket(m, f, none); b.count > 0;
         b = reeli_mpi_next_bucket(m, f, b)) {
        l->to = f->root;
        if (!m->idle) {
            lay_up_to(l, b.from + b.count);
        }
        if (!reeli_mpi_join_sums(m, f, b)) {
            return false;
        }
        put_back(f, b, &stretch);
    }
    return true;
}

/* The batch is whole: its sums to all, and the random numbers are what they were before it. */
static bool finish(reel_mpi *m, reel_tensor **loss)
{
    const reel_dtype dtype = loss ? reel_dtype_of(*loss) : REEL_F32;
    uint64_t alike = reeli_mpi_mix((uint64_t)m->rows, (uint64_t)m->flat[0].count);
    alike = reeli_mpi_mix(alike, (uint64_t)m->flat[1].count * 4 + (uint64_t)dtype);
    leaf leaves[2] = {{.f = &m->flat[0]}, {.f = &m->flat[1]}};
    if (m->idle) {
        find_numbers(&m->flat[0], 0);
        find_numbers(&m->flat[1], 0);
    } else {
        begin_leaf(m, loss ? *loss : NULL, leaves);
    }
    for (int i = 0; i < 2; i++) {
        reeli_mpi_room(m, &m->flat[i]);
    }
    if (!reeli_mpi_agree(m, REELI_AT_AVERAGE, alike)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        if (!join_all(m, &m->flat[i], &leaves[i])) {
            return false;
        }
    }
    if (loss) {
        const reeli_flat *f = flat_of(m, dtype);
        *loss = reel_scalar(m->r, dtype, head_at(f, f->parameters));
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
    const bool last = m->next + 1 >= m->end;
    if (!reel_failed(m->r) && !last) {
        take(m, loss ? *loss : NULL);
    }
    if (reel_failed(m->r)) {
        return reeli_mpi_agree(m, REELI_AT_AVERAGE, 0); /* tells the others, and is false */
    }
    if (last) {
        return finish(m, loss);
    }
    put_buffers_back(m);
    return false;
}
