/* SPDX-License-Identifier: MIT */
/* One case: the call made, its results, gradients or refusal checked. */
#include "runner.h"

#include <stdio.h>
#include <string.h>

/* PyTorch's name without its module and its variant: "max" of "max.binary", "l1_loss" of
 * "nn.functional.l1_loss", "nms" of "torchvision.ops.nms", "LSTM" of "nn.LSTM.packed", "index" of
 * "__getitem__". */
static void bare_name(const char *op, char *out, size_t room)
{
    static const char *const modules[] = {"nn.functional.", "nn.utils.rnn.", "nn.", "linalg.",
                                          "torchvision.ops."};
    const char *start = strcmp(op, "__getitem__") == 0 ? "index" : op;
    for (size_t i = 0; start == op && i < sizeof modules / sizeof *modules; i++) {
        const size_t length = strlen(modules[i]);
        start = strncmp(op, modules[i], length) == 0 ? op + length : start;
    }
    start += *start == '_' && start[1] != '_'; /* private in PyTorch */
    snprintf(out, room, "%.*s", (int)strcspn(start, "."), start);
}

/* Whether a refusal says who refuses. A call without a single tensor (cat of none) has no reel to
 * say it to, and answers NULL. */
static bool check_refusal(const call *c, const source *s, const char *op, reason *why)
{
    char name[64];
    bare_name(op, name, sizeof name);
    bool poison = c->results == 0;
    for (size_t i = 0; i < c->results; i++) {
        poison |= reel_is_poison(c->result[i]);
    }
    if (s->tensors == 0 && c->results == 1 && !c->result[0]) {
        return true;
    }
    if (!reel_failed(c->r)) {
        return because(why, "should be refused, and is not");
    }
    if (!poison) {
        return because(why, "is refused, but the results are not poison");
    }
    return strstr(reel_error(c->r), name) ||
           because(why, "the error does not name %s: \"%s\"", name, reel_error(c->r));
}

static reel_tensor *stored(const source *s, json_t *name)
{
    return reel_safetensors_tensor(s->file, json_string_value(name));
}

/* A case's own tolerance, where PyTorch itself is further from the float64 answer than half of the
 * usual one; 0: it has none. */
static double tolerance(json_t *it) { return json_number_value(json_object_get(it, "atol")); }

static bool check_results(const call *c, const source *s, json_t *it, reason *why)
{
    json_t *outputs = json_object_get(it, "outputs");
    if (c->results != json_array_size(outputs)) {
        return because(why, "%zu results, PyTorch has %zu", c->results, json_array_size(outputs));
    }
    for (size_t i = 0; i < c->results; i++) {
        reason inner = {""};
        if (!check_tensor(c->result[i], stored(s, json_array_get(outputs, i)), tolerance(it),
                          &inner)) {
            return because(why, "result %zu: %s", i, inner.text);
        }
    }
    return true;
}

/* A single result is differentiated from its cotangent as it stands. */
bool differentiate(const call *c, source *s, json_t *cotangents, reel_tensor **gradients)
{
    reel_tensor *sum = NULL;
    for (size_t i = 0; i < c->results; i++) {
        json_t *name = json_array_get(cotangents, i);
        if (json_is_null(name)) {
            continue;
        }
        if (c->results == 1) {
            reel_backward_options options = {.gradient = stored(s, name)};
            return reel_gradients(c->result[i], s->leaf, s->leaves, &options, gradients) == REEL_OK;
        }
        reel_tensor *term = reel_sum(reel_mul(c->result[i], stored(s, name)));
        sum = sum ? reel_add(sum, term) : term;
    }
    return reel_gradients(sum, s->leaf, s->leaves, NULL, gradients) == REEL_OK;
}

static bool check_gradients(const call *c, source *s, json_t *it, reason *why)
{
    json_t *expected = json_object_get(it, "grads");
    reel_tensor *gradients[MAX_LEAVES] = {NULL};
    if (json_array_size(expected) != s->leaves) {
        return because(why, "%zu leaves, PyTorch has %zu", s->leaves, json_array_size(expected));
    }
    if (!differentiate(c, s, json_object_get(it, "cotangents"), gradients)) {
        return because(why, "no gradient: %s", reel_error(c->r));
    }
    for (size_t i = 0; i < s->leaves; i++) {
        json_t *name = json_array_get(expected, i);
        reason inner = {""};
        if (json_is_null(name) != !gradients[i]) {
            return because(why, "gradient %zu: %s, PyTorch has %s", i,
                           gradients[i] ? "one" : "none", gradients[i] ? "none" : "one");
        }
        if (gradients[i] && !check_tensor(gradients[i], stored(s, name), tolerance(it), &inner)) {
            return because(why, "gradient %zu: %s", i, inner.text);
        }
    }
    return true;
}

json_t *keywords_of(json_t *it)
{
    json_t *all = json_object();
    json_object_update(all, json_object_get(it, "kwargs"));
    json_object_update(all, json_object_get(it, "init"));
    return all;
}

int read_values(source *s, json_t *args, json_t *kwargs, value *values)
{
    int count = 0;
    const char *name;
    json_t *it;
    if (json_array_size(args) + json_object_size(kwargs) > MAX_VALUES) {
        because(&s->why, "more than %d arguments", MAX_VALUES);
        return -1;
    }
    for (size_t i = 0; i < json_array_size(args); i++) {
        if (!value_read(s, json_array_get(args, i), &values[count++])) {
            return -1;
        }
    }
    json_object_foreach(kwargs, name, it)
    {
        if (!value_read(s, it, &values[count++])) {
            return -1;
        }
    }
    return count;
}

/* What the call has left in tensors that it was given: {"running_mean": the tensor's name}. */
static bool check_updated(const call *c, const source *s, const binding *to, json_t *it,
                          reason *why)
{
    const char *name;
    json_t *expected;
    json_object_foreach(json_object_get(it, "updated"), name, expected)
    {
        const value *given = argument_named(to, c, name);
        reason inner = {""};
        if (!given || given->kind != TENSOR) {
            return because(why, "there is no tensor '%s' to be updated", name);
        }
        if (!check_tensor(given->tensor, stored(s, expected), tolerance(it), &inner)) {
            return because(why, "%s after the call: %s", name, inner.text);
        }
    }
    return true;
}

static outcome judge(const call *c, source *s, const binding *to, json_t *it, reason *why)
{
    bool refusal = json_object_get(it, "error") != NULL;
    if (c->refused.text[0]) {
        because(why, "%s", c->refused.text);
        return refusal ? REFUSED_BY_TYPE : FAILED;
    }
    if (refusal && s->widened && !reel_failed(c->r)) {
        because(why, "an argument is %s, of which we have no tensor to refuse", s->widened);
        return REFUSED_BY_TYPE;
    }
    if (refusal) {
        return check_refusal(c, s, to->name, why) ? PASSED : FAILED;
    }
    if (!check_results(c, s, it, why)) {
        return FAILED;
    }
    if (!check_updated(c, s, to, it, why)) {
        return FAILED;
    }
    if (json_object_get(it, "grads") && !check_gradients(c, s, it, why)) {
        return FAILED;
    }
    return !reel_failed(c->r) || because(why, "%s", reel_error(c->r)) ? PASSED : FAILED;
}

outcome run_case(reel *r, reel_safetensors *file, const char *op, json_t *it, reason *why)
{
    json_t *args = json_object_get(it, "args"), *kwargs = keywords_of(it);
    const binding *to = binding_named(op);
    source s = {.r = r, .file = file};
    call c = {.r = r, .from = &s, .it = it};
    value values[MAX_VALUES] = {{.kind = MISSING}};
    outcome result = FAILED;
    if (!to) {
        because(why, "no such operator");
    } else if (read_values(&s, args, kwargs, values) < 0) {
        because(why, "%s", s.why.text);
    } else if (bind_arguments(to, args, kwargs, values, &c, why)) {
        to->make(&c);
        result = judge(&c, &s, to, it, why);
    }
    for (int i = 0; i < MAX_VALUES; i++) {
        value_free(&values[i]);
    }
    json_decref(kwargs);
    reel_clear_error(r);
    reel_rewind(r);
    return result;
}
