/* SPDX-License-Identifier: MIT */
/* A program's calls and derivatives. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void ignore(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

bool open_program(program *p, const char *path, reason *why)
{
    json_t *leaves = json_object_get(p->it, "leaves");
    p->r = reel_new();
    reel_set_message_handler(p->r, ignore, NULL);
    p->s = (source){.r = p->r, .file = reel_safetensors_open(p->r, path)};
    p->leaf_count = json_array_size(leaves);
    if (!p->s.file || p->leaf_count > MAX_REGISTERS) {
        return because(why, "%s", p->s.file ? "too many leaves" : reel_error(p->r));
    }
    for (size_t i = 0; i < p->leaf_count; i++) {
        value v = {.kind = MISSING};
        if (!value_read(&p->s, json_array_get(leaves, i), &v)) {
            return because(why, "leaf %zu: %s", i, p->s.why.text);
        }
        reel_tensor *t = p->result[i] = v.tensor;
        bits *b = &p->leaf_bits[i];
        size_t size;
        const void *elements = elements_of(t, &size);
        b->size = (size_t)reel_numel(t) * size;
        b->data = malloc(b->size + 1);
        if (b->size) {
            memcpy(b->data, elements, b->size);
        }
    }
    return true;
}

void close_program(program *p)
{
    for (size_t i = 0; i < p->leaf_count; i++) {
        free(p->leaf_bits[i].data);
    }
    reel_free(p->r);
}

void restore_leaves(program *p)
{
    for (size_t i = 0; i < p->leaf_count; i++) {
        size_t size;
        if (p->leaf_bits[i].size) {
            memcpy(elements_of(p->result[i], &size), p->leaf_bits[i].data, p->leaf_bits[i].size);
        }
    }
}

void halve_leaves(program *p)
{
    for (size_t i = 0; i < p->leaf_count; i++) {
        reel_tensor *t = p->result[i];
        for (int64_t k = 0; k < reel_numel(t); k++) {
            if (reel_dtype_of(t) == REEL_F64) {
                reel_data_f64(t)[k] *= 0.5;
            } else if (reel_dtype_of(t) == REEL_F32) {
                reel_data_f32(t)[k] *= 0.5F;
            }
        }
    }
}

/* All NaNs as one: which of two that meet is kept, and with its sign, is the order of operands in
 * machine code, which IEEE 754 leaves open; elsewhere a loop's last elements have another. */
static void merge_nans(void *data, const reel_tensor *t)
{
    double *d = data;
    float *f = data;
    for (int64_t i = 0; i < reel_numel(t); i++) {
        if (reel_dtype_of(t) == REEL_F64 && isnan(d[i])) {
            d[i] = (double)NAN;
        } else if (reel_dtype_of(t) == REEL_F32 && isnan(f[i])) {
            f[i] = NAN;
        }
    }
}

static void append(bits *b, reel_tensor *t)
{
    reel_tensor *dense = t && !reel_is_poison(t) ? reel_contiguous(t) : NULL;
    size_t size = 0;
    const void *elements = dense ? elements_of(dense, &size) : NULL;
    size *= dense ? (size_t)reel_numel(dense) : 0;
    const size_t places = (size + 7) & ~(size_t)7; /* aligned for doubles */
    char *data = realloc(b->data, b->size + places + 1);
    if (!data) {
        abort();
    }
    if (size) {
        memset(data + b->size, 0, places);
        memcpy(data + b->size, elements, size);
        merge_nans(data + b->size, dense);
    }
    b->data = data;
    b->size += places;
}

bits bits_of(const program *p)
{
    bits b = {NULL, 0};
    for (size_t i = p->leaf_count; i < p->results; i++) {
        append(&b, p->result[i]);
    }
    for (size_t i = 0; i < p->s.leaves; i++) {
        append(&b, p->gradient[i]);
        append(&b, p->second[i]);
    }
    return b;
}

/* A call's results become the next ones; a call that PyTorch refuses must be refused, and has
 * none. */
static bool take(program *p, const call *c, json_t *step, const char *op, reason *why)
{
    const bool refused = reel_failed(p->r) || c->refused.text[0];
    if (json_object_get(step, "error")) {
        reel_clear_error(p->r);
        return refused || because(why, "refusal (%s): PyTorch refuses the call", op);
    }
    if (refused) {
        return because(why, "refusal (%s): %s", op,
                       c->refused.text[0] ? c->refused.text : reel_error(p->r));
    }
    if (c->results != (size_t)json_integer_value(json_object_get(step, "results"))) {
        return because(why, "value (%s): %zu results", op, c->results);
    }
    for (size_t i = 0; i < c->results && p->results < MAX_REGISTERS; i++) {
        p->maker[p->results] = op;
        p->result[p->results++] = c->result[i];
    }
    return true;
}

static bool run_step(program *p, json_t *step, reason *why)
{
    const char *op = json_string_value(json_object_get(step, "op"));
    json_t *args = json_object_get(step, "args"), *kwargs = json_object_get(step, "kwargs");
    const binding *to = binding_named(op)    ? binding_named(op)
                        : in_place_named(op) ? in_place_named(op)
                                             : custom_named(op);
    value values[MAX_VALUES] = {{.kind = MISSING}};
    call c = {.r = p->r};
    bool fine = false;
    p->s.given = p->result;
    p->s.given_count = p->results;
    if (!to) {
        because(why, "there is no operator %s", op);
    } else if (read_values(&p->s, args, kwargs, values) < 0) {
        because(why, "%s: %s", op, p->s.why.text);
    } else if (bind_arguments(to, args, kwargs, values, &c, why)) {
        to->make(&c);
        fine = take(p, &c, step, op, why);
    }
    for (int i = 0; i < MAX_VALUES; i++) {
        value_free(&values[i]);
    }
    return fine;
}

/* cos(1.3 i + 0.7 k + 0.2), as fuzz.py has it. */
static reel_tensor *weighted(reel_tensor *t, size_t k)
{
    int64_t size[REEL_MAX_DIMS];
    for (int d = 0; d < reel_ndim(t); d++) {
        size[d] = reel_size(t, d);
    }
    double *values = malloc(((size_t)reel_numel(t) + 1) * sizeof *values);
    for (int64_t i = 0; values && i < reel_numel(t); i++) {
        values[i] = cos(1.3 * (double)i + 0.7 * (double)k + 0.2);
    }
    reel_tensor *w = reel_from_f64(reel_of(t), values, reel_ndim(t), size);
    free(values);
    return reel_sum(reel_mul(t, w));
}

static reel_tensor *plus(reel_tensor *sum, reel_tensor *term)
{
    return sum ? reel_add(sum, term) : term;
}

static bool differentiate_twice(program *p, reason *why)
{
    json_t *sinks = json_object_get(p->it, "sinks"),
           *terms = json_object_get(p->it, "second_sinks");
    const reel_backward_options first = {.create_graph = true, .retain_graph = true};
    reel_tensor *sum = NULL;
    for (size_t k = 0; k < json_array_size(sinks); k++) {
        const json_int_t i = json_integer_value(json_array_get(sinks, k));
        sum = plus(sum, weighted(p->result[i], k));
    }
    if (reel_gradients(sum, p->s.leaf, p->s.leaves, &first, p->gradient) != REEL_OK) {
        return because(why, "gradient: %s", reel_error(p->r));
    }
    sum = NULL;
    for (size_t k = 0; k < json_array_size(terms); k++) {
        reel_tensor *g = p->gradient[json_integer_value(json_array_get(terms, k))];
        sum = g ? plus(sum, weighted(g, k)) : sum;
    }
    if (sum && reel_requires_grad(sum) &&
        reel_gradients(sum, p->s.leaf, p->s.leaves, NULL, p->second) != REEL_OK) {
        return because(why, "second: %s", reel_error(p->r));
    }
    return true;
}

bool run_program(program *p, reason *why)
{
    json_t *steps = json_object_get(p->it, "steps");
    p->results = p->leaf_count;
    memset(p->gradient, 0, sizeof p->gradient);
    memset(p->second, 0, sizeof p->second);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        if (!run_step(p, json_array_get(steps, i), why)) {
            return false;
        }
    }
    return !json_object_get(p->it, "grads") || differentiate_twice(p, why);
}
