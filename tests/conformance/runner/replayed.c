/* SPDX-License-Identifier: MIT */
/*
 * Cases as captured steps: the call and its gradients are captured while the arguments hold other
 * values, the arguments get theirs, and a replay must give the bits that the call gives by itself.
 */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The operators that have cases which cannot be captured. */
static const char *const refused[] = {
    "narrow",              /* a tensor as `start`: its value decides where the view lies */
    "histogram",           /* without a range values decide where its bins are */
    "unique",              /* values decide the shape */
    "unique_consecutive",  /* the same */
    "bincount",            /* the same */
    "torchvision.ops.nms", /* values decide how many are kept */
    "torchvision.ops.batched_nms",
    "torchvision.ops.remove_small_boxes",
    "allclose", /* the answer is a bool of C's */
};

bool is_refused_in_capture(const char *op)
{
    bool found = false;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        found = found || strcmp(refused[i], op) == 0;
    }
    return found;
}

/* Elements as they lie. */
typedef struct bytes {
    void *data;
    size_t size;
} bytes;

static bytes copy_of(reel_tensor *t)
{
    size_t element = 0;
    bytes b = {NULL, 0};
    reel_tensor *dense = t ? reel_contiguous(t) : NULL;
    const void *from = dense && !reel_is_poison(dense) ? elements_of(dense, &element) : NULL;
    if (from) {
        b.size = (size_t)reel_numel(dense) * element;
        b.data = malloc(b.size + 1);
        memcpy(b.data, from, b.size);
    }
    return b;
}

/* Halves floats, which leaves probabilities and indices among them valid; exchanges the first and
 * the last of others. */
static void change_values(reel_tensor *t)
{
    const int64_t n = reel_numel(t);
    size_t element = 0;
    char *x = n > 0 ? elements_of(t, &element) : NULL;
    if (!x) {
        return;
    }
    for (int64_t i = 0; i < n && reel_dtype_of(t) == REEL_F32; i++) {
        ((float *)(void *)x)[i] *= 0.5F;
    }
    for (int64_t i = 0; i < n && reel_dtype_of(t) == REEL_F64; i++) {
        ((double *)(void *)x)[i] *= 0.5;
    }
    if (reel_dtype_of(t) > REEL_F64) {
        char first[8];
        memcpy(first, x, element);
        memmove(x, x + (size_t)(n - 1) * element, element);
        memcpy(x + (size_t)(n - 1) * element, first, element);
    }
}

/* A call with its arguments, and what came of it. */
typedef struct attempt {
    source s;
    call c;
    value values[MAX_VALUES];
    reel_tensor *gradients[MAX_LEAVES];
    bool differentiated;
} attempt;

static bool do_call(attempt *a, const binding *to, json_t *it, reason *why)
{
    json_t *args = json_object_get(it, "args"), *kwargs = keywords_of(it);
    begin_call(&a->s);
    a->c = (call){.r = a->s.r, .from = &a->s, .it = it};
    const bool read = read_values(&a->s, args, kwargs, a->values) >= 0;
    const bool bound = read ? bind_arguments(to, args, kwargs, a->values, &a->c, why)
                            : because(why, "%s", a->s.why.text);
    json_decref(kwargs);
    if (!bound) {
        return false;
    }
    to->make(&a->c);
    a->differentiated =
        json_object_get(it, "grads") && !reel_failed(a->s.r) &&
        differentiate(&a->c, &a->s, json_object_get(it, "cotangents"), a->gradients);
    return true;
}

static void free_values(attempt *a)
{
    for (int i = 0; i < MAX_VALUES; i++) {
        value_free(&a->values[i]);
        a->values[i] = (value){.kind = MISSING};
    }
}

/* The results, then the gradients. */
static size_t collect(const attempt *a, reel_tensor **all)
{
    size_t count = 0;
    for (size_t i = 0; i < a->c.results; i++) {
        all[count++] = a->c.result[i];
    }
    for (size_t i = 0; i < a->s.leaves && a->differentiated; i++) {
        all[count++] = a->gradients[i];
    }
    return count;
}

/* Replays with the arguments' own values and compares. */
static bool check_replay(attempt *a, reel_graph *graph, const bytes *own, const bytes *expected,
                         size_t count, reason *why)
{
    reel_tensor *all[MAX_RESULTS + MAX_LEAVES];
    for (size_t i = 0; i < a->s.bases; i++) {
        size_t element;
        if (own[i].size) {
            memcpy(elements_of(a->s.base[i], &element), own[i].data, own[i].size);
        }
    }
    if (reel_replay(graph) != REEL_OK) {
        return because(why, "replay: %s", reel_error(a->s.r));
    }
    if (collect(a, all) != count) {
        return because(why, "another number of results");
    }
    for (size_t i = 0; i < count; i++) {
        bytes b = copy_of(all[i]);
        const bool same = b.size == expected[i].size &&
                          (b.size == 0 || memcmp(b.data, expected[i].data, b.size) == 0);
        free(b.data);
        if (!same) {
            return because(why, "%s %zu differs when it is replayed",
                           i < a->c.results ? "result" : "gradient",
                           i < a->c.results ? i : i - a->c.results);
        }
    }
    return true;
}

static outcome judge_capture(attempt *a, const binding *to, json_t *it, bool fails, const char *op,
                             const bytes *own, const bytes *expected, size_t count, reason *why)
{
    reel *r = a->s.r;
    for (size_t i = 0; i < a->s.bases && !fails; i++) {
        change_values(a->s.base[i]);
    }
    a->s.again = true;
    reel_capture_begin(r);
    const bool called = do_call(a, to, it, why);
    reel_graph *graph = reel_capture_end(r);
    outcome result = FAILED;
    if (!called) {
        result = FAILED;
    } else if (fails) {
        result = !graph || because(why, "a call that fails was captured") ? PASSED : FAILED;
    } else if (!graph && is_refused_in_capture(op) && reel_error_status(r) == REEL_ERR_STATE) {
        because(why, "%s", reel_error(r));
        result = REFUSED_BY_TYPE;
    } else if (!graph) {
        because(why, "cannot be captured: %s", reel_error(r));
    } else if (check_replay(a, graph, own, expected, count, why)) {
        result = PASSED;
    }
    reel_graph_free(graph);
    return result;
}

outcome run_replayed(reel *r, reel_safetensors *file, const char *op, json_t *it, reason *why)
{
    const binding *to = binding_named(op);
    attempt a = {.s = {.r = r, .file = file}};
    reel_tensor *all[MAX_RESULTS + MAX_LEAVES];
    bytes own[MAX_BASES] = {{NULL, 0}}, expected[MAX_RESULTS + MAX_LEAVES] = {{NULL, 0}};
    outcome result = FAILED;
    size_t count = 0;
    if (!to) {
        because(why, "no such operator");
    } else if (do_call(&a, to, it, why)) {
        const bool fails = reel_failed(r) || a.c.refused.text[0];
        count = fails ? 0 : collect(&a, all);
        for (size_t i = 0; i < count; i++) {
            expected[i] = copy_of(all[i]);
        }
        free_values(&a);
        reel_clear_error(r);
        reel_rewind(r);
        for (size_t i = 0; i < a.s.bases && !fails; i++) {
            own[i] = copy_of(a.s.base[i]);
        }
        result = a.c.refused.text[0]
                     ? REFUSED_BY_TYPE
                     : judge_capture(&a, to, it, fails, op, own, expected, count, why);
    }
    free_values(&a);
    for (size_t i = 0; i < a.s.bases; i++) {
        free(own[i].data);
    }
    for (size_t i = 0; i < count; i++) {
        free(expected[i].data);
    }
    reel_clear_error(r);
    reel_rewind(r);
    return result;
}
