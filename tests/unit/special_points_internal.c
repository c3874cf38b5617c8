/* SPDX-License-Identifier: MIT */
/* Functions of whole tensors at kinks, at 0, at infinity, of one element and of none, and beside
 * what they ignore: values, gradients and gradients of gradients against PyTorch's. Expected
 * values: tests/generate/special_points.py. Every differentiable operation is among them, but for
 * those of elementwise.def, which are in special_values_internal.c. */
#include "records.h"
#include "rows.h"

#include <ops.h>
#include <reel/reel.h>
#include <tape.h>

enum { INPUTS = 2, ELEMENTS = 64 };

static int64_t *one_dim(int64_t d)
{
    static int64_t dim;
    dim = d;
    return &dim;
}
#define ROWS one_dim(1), 1, false

static reel_tensor *indices(reel *r, const int64_t *values, int ndim)
{
    return reel_from_i64(r, values, ndim, (int64_t[]){3, 3});
}
#define CLASSES indices(r, (int64_t[]){-100, 2, 0}, 1)
#define TARGETS indices(r, (int64_t[]){1, 2, 0}, 1)
#define LABELS indices(r, (int64_t[]){1, -1, 0, 2, 0, -1, -1, 0, 1}, 2)
#define WEIGHT reel_from_f64(r, (double[]){1, 0, 2}, REEL_SHAPE(3))
#define SHARES reel_from_f64(r, (double[]){0, 0.25, 0.75, 1, 0, 0, 0.5, 0.5, 0}, REEL_SHAPE(3, 3))
#define BITS reel_to(reel_gt_scalar(SHARES, 0.4), REEL_F64)

/* ±1, as b is above 0 or not. */
static reel_tensor *signs(reel_tensor *b)
{
    b = reel_to(reel_gt_scalar(b, 0), REEL_F64);
    return reel_sub_scalar(reel_mul_scalar(b, 2), 1);
}

static reel_tensor *constant(reel_tensor *a, double value)
{
    return reel_full(reel_of(a), REEL_F64, value, 1, (int64_t[]){reel_size(a, 0)});
}

/* a aᵀ + I */
static reel_tensor *regular(reel_tensor *a)
{
    reel *r = reel_of(a);
    return reel_add(reel_matmul(a, reel_t(a)),
                    reel_eye(r, REEL_F64, reel_size(a, 0), reel_size(a, 0)));
}

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define FUNCTION(name, ...)                                                                        \
    static reel_tensor *JOIN(call_, __LINE__)(reel * r, reel_tensor * a, reel_tensor * b)          \
    {                                                                                              \
        (void)r, (void)b;                                                                          \
        return __VA_ARGS__;                                                                        \
    }
#include "special_points.def"
#undef FUNCTION

static const struct {
    const char *name;
    reel_tensor *(*call)(reel *r, reel_tensor *a, reel_tensor *b);
} functions[] = {
#define FUNCTION(name, ...) {name, JOIN(call_, __LINE__)},
#include "special_points.def"
};
enum { COUNT = sizeof functions / sizeof *functions };

/* One case: its inputs, and what has been computed of it. */
typedef struct point {
    reel *r;
    char name[32];
    int function, inputs;
    reel_tensor *x[INPUTS], *value, *gradient[INPUTS], *second[INPUTS];
} point;

/* Σ t · (1, 2, 3, …). */
static reel_tensor *weighted(reel_tensor *t)
{
    double weight[ELEMENTS];
    int64_t size[REEL_MAX_DIMS];
    for (int i = 0; i < ELEMENTS; i++) {
        weight[i] = i + 1;
    }
    for (int d = 0; d < reel_ndim(t); d++) {
        size[d] = reel_size(t, d);
    }
    return reel_sum(reel_mul(t, reel_from_f64(reel_of(t), weight, reel_ndim(t), size)));
}

/* The operations that some function here was recorded as. */
enum { MOST = 512 };
static const reeli_op *seen[MOST];
static int seen_count;

static bool is_seen(const reeli_op *op)
{
    for (int i = 0; i < seen_count; i++) {
        if (seen[i] == op) {
            return true;
        }
    }
    return false;
}

static void note_operations(const reel *it)
{
    for (const reeli_node *n = it->tape; n; n = n->previous) {
        if (!is_seen(n->op)) {
            ck_assert_int_lt(seen_count, MOST);
            seen[seen_count++] = n->op;
        }
    }
}

/* What has no special points. */
static bool is_the_same_everywhere(const char *name)
{
    static const char *const linear[] = {
        /* It moves elements, adds them up or weighs them by what is no function of theirs. */
        "cat", "clone", "constant_pad_nd", "embedding", "expand", "flip", "gather", "index",
        "index_add", "index_select", "permute", "resample", "reshape", "scatter", "scatter_add",
        "slice", "to", "tril", "triu", "unslice", "max_pool_back",
        /* Products, of which each factor is the other's slope. */
        "convolution", "convolution_kernel", "convolution_transpose",
        /* Two in one, of which the second is max_pool, or relu. */
        "convolution_max_pool", "linear_relu",
        /* The user's own, and those made of elementwise functions, which have tests of theirs. */
        "custom", "custom_gradient", "custom_kept", "lstm", "recurrence"};
    for (size_t i = 0; i < sizeof linear / sizeof *linear; i++) {
        if (strcmp(linear[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void begin(point *p, const record *it)
{
    *p = (point){.r = p->r};
    snprintf(p->name, sizeof p->name, "%s", it->word[1]);
    while (p->function < COUNT && strcmp(functions[p->function].name, p->name) != 0) {
        p->function++;
    }
    ck_assert_msg(p->function < COUNT, "there is no function %s", p->name);
    reel_rewind(p->r);
}

static void add_input(point *p, const record *it)
{
    double values[ELEMENTS] = {0};
    int64_t size[REEL_MAX_DIMS];
    for (int d = 1; d < it->words; d++) {
        size[d - 1] = record_whole(it, d);
    }
    for (int i = 0; i < it->values; i++) {
        values[i] = record_number(it, it->words + i);
    }
    p->x[p->inputs++] = reel_requires_grad_(reel_from_f64(p->r, values, it->words - 1, size), true);
}

static void call(point *p)
{
    p->value = functions[p->function].call(p->r, p->x[0], p->x[1]);
    ck_assert_msg(!reel_failed(p->r), "%s: %s", p->name, reel_error(p->r));
    if (reel_requires_grad(p->value)) {
        const reel_backward_options options = {.create_graph = true};
        ck_assert_int_eq(
            reel_gradients(weighted(p->value), p->x, (size_t)p->inputs, &options, p->gradient),
            REEL_OK);
    }
    note_operations(p->r);
    reel_tensor *sum = NULL;
    for (int k = 0; k < p->inputs; k++) {
        reel_tensor *term =
            p->gradient[k] ? reel_mul_scalar(weighted(p->gradient[k]), k + 1) : NULL;
        sum = sum && term ? reel_add(sum, term) : term ? term : sum;
    }
    if (sum && reel_requires_grad(sum)) {
        ck_assert_int_eq(reel_gradients(sum, p->x, (size_t)p->inputs, NULL, p->second), REEL_OK);
    }
}

/* PyTorch's 1e-12 in these two is one of float32. */
static double precision(const point *p)
{
    return strcmp(p->name, "bce") == 0 || strncmp(p->name, "cosine_embedding", 16) == 0 ? 1e-8
                                                                                        : 1e-11;
}

static void compare(const point *p, const record *it, reel_tensor *t)
{
    double got[ELEMENTS] = {0}, largest = 1;
    if (t) {
        ck_assert_int_eq(reel_to_f64(t, got, it->values), REEL_OK);
    }
    for (int i = 0; i < it->values; i++) {
        const double size = fabs(record_number(it, it->words + i));
        largest = isfinite(size) ? fmax(largest, size) : largest;
    }
    for (int i = 0; i < it->values; i++) {
        const double expected = record_number(it, it->words + i);
        const bool close = got[i] == expected || (isnan(got[i]) && isnan(expected)) ||
                           fabs(got[i] - expected) <= precision(p) * largest;
        ck_assert_msg(close, "%s of %s%s: %s %s, element %d is %.17g, not %.17g", p->name,
                      reel_repr(p->x[0]), p->inputs > 1 ? reel_repr(p->x[1]) : "", it->word[0],
                      it->words > 1 ? it->word[1] : "", i, got[i], expected);
    }
}

START_TEST(as_pytorch)
{
    static record it;
    FILE *file = open_records("special/points.txt");
    point p = {.r = quiet_reel()};
    while (next_record(file, &it)) {
        const char *what = it.word[0];
        if (strcmp(what, "case") == 0) {
            begin(&p, &it);
        } else if (strcmp(what, "input") == 0) {
            add_input(&p, &it);
        } else if (strcmp(what, "value") == 0) {
            call(&p);
            compare(&p, &it, p.value);
        } else {
            const int64_t k = record_whole(&it, 1);
            compare(&p, &it, what[0] == 'g' ? p.gradient[k] : p.second[k]);
        }
    }
    reel_free(p.r);
    for (int i = 0; rows[i]; i++) {
        const reeli_op *op = rows[i];
        const bool needed = op->gradient && !op->formula && !is_the_same_everywhere(op->name);
        ck_assert_msg(!needed || is_seen(op), "%s has no special points here", op->name);
    }
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_test(cases, as_pytorch); }

int main(void) { return run_suite("special points", add_cases); }
