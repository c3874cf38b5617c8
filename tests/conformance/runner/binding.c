/* SPDX-License-Identifier: MIT */
/* Arguments in their places, and as C takes them. */
#include "binding.h"

#include <string.h>

static const value missing = {.kind = MISSING};

/* The place of the parameter `name`; -1 if there is none. */
static int place_of(const char *parameters, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; *parameters; i++) {
        size_t end = strcspn(parameters, ",");
        if (end == length && memcmp(parameters, name, length) == 0) {
            return i;
        }
        parameters += end + strspn(parameters + end, ", ");
    }
    return -1;
}

const value *argument_named(const binding *to, const call *c, const char *name)
{
    const int i = place_of(to->parameters, name);
    return i >= 0 && i < MAX_ARGUMENTS ? c->argument[i] : NULL;
}

/* What says where a tensor lies or how: we have one device and one layout. */
static bool is_ignored(const char *name)
{
    return strcmp(name, "device") == 0 || strcmp(name, "layout") == 0 ||
           strcmp(name, "requires_grad") == 0;
}

static int count_parameters(const char *parameters)
{
    int count = *parameters != '\0';
    for (; *parameters; parameters++) {
        count += *parameters == ',';
    }
    return count;
}

bool bind_arguments(const binding *to, json_t *args, json_t *kwargs, const value *values, call *c,
                    reason *why)
{
    const char *name;
    json_t *it;
    for (int i = 0; i < MAX_ARGUMENTS; i++) {
        c->argument[i] = &missing;
    }
    size_t given = json_array_size(args);
    if (given > (size_t)count_parameters(to->parameters) || given > MAX_ARGUMENTS) {
        return because(why, "the runner binds (%s), but there are %zu arguments", to->parameters,
                       given);
    }
    for (size_t i = 0; i < given; i++) {
        c->argument[i] = values++;
    }
    json_object_foreach(kwargs, name, it)
    {
        int i = place_of(to->parameters, name);
        if (i >= 0 && i < MAX_ARGUMENTS) {
            c->argument[i] = values;
        } else if (!is_ignored(name)) {
            return because(why, "the runner binds (%s), not '%s'", to->parameters, name);
        }
        values++;
    }
    return true;
}

/* In C this call would not compile, so that there is nothing to be refused when it runs. */
static void refuse(call *c, int i, const char *needed)
{
    static const char *const names[] = {"missing",  "None",    "a bool",     "an integer",
                                        "a number", "text",    "a tensor",   "a list",
                                        "a dtype",  "a slice", "an ellipsis"};
    because(&c->refused, "argument %d is %s, but C takes %s", i, names[c->argument[i]->kind],
            needed);
}

reel_tensor *argument_tensor(call *c, int i)
{
    if (c->argument[i]->kind != TENSOR) {
        refuse(c, i, "a tensor");
    }
    return c->argument[i]->tensor;
}

reel_tensor *argument_optional(call *c, int i) { return GIVEN(i) ? argument_tensor(c, i) : NULL; }

bool argument_is_number(const call *c, int i)
{
    kind it = c->argument[i]->kind;
    return it == BOOLEAN || it == INTEGER || it == REAL;
}

double argument_number(call *c, int i, double without)
{
    if (!GIVEN(i)) {
        return without;
    }
    if (!argument_is_number(c, i)) {
        refuse(c, i, "a number");
    }
    return c->argument[i]->number;
}

int64_t argument_integer(call *c, int i, int64_t without)
{
    if (!GIVEN(i)) {
        return without;
    }
    const reel_tensor *t = c->argument[i]->tensor;
    if (c->argument[i]->kind == TENSOR && reel_numel(t) == 1 && reel_dtype_of(t) == REEL_I64) {
        return (int64_t)reel_item(t); /* as Python's __index__ */
    }
    if (c->argument[i]->kind != BOOLEAN && c->argument[i]->kind != INTEGER) {
        refuse(c, i, "an integer");
    }
    return c->argument[i]->integer;
}

const char *argument_text(call *c, int i, const char *without)
{
    if (!GIVEN(i)) {
        return without;
    }
    if (c->argument[i]->kind != TEXT) {
        refuse(c, i, "text");
    }
    return c->argument[i]->text;
}

int argument_dtype(call *c, int i, int without)
{
    if (!GIVEN(i)) {
        return without;
    }
    if (c->argument[i]->kind != DTYPE) {
        refuse(c, i, "a dtype");
    }
    return (int)c->argument[i]->integer;
}

int argument_count(call *c, int i)
{
    const value *v = c->argument[i];
    if (v->kind == LIST && v->count > MAX_INTEGERS) {
        refuse(c, i, "a shorter list");
        return 0;
    }
    return v->kind == LIST ? (int)v->count : GIVEN(i) ? 1 : 0;
}

int64_t *argument_integers(call *c, int i)
{
    const value *v = c->argument[i];
    for (int k = 0; k < argument_count(c, i); k++) {
        const value *item = v->kind == LIST ? &v->items[k] : v;
        if (item->kind != INTEGER && item->kind != BOOLEAN) {
            refuse(c, i, "a list of integers");
        }
        c->integers[i][k] = item->integer;
    }
    return c->integers[i];
}

reel_tensor **argument_tensors(call *c, int i)
{
    const value *v = c->argument[i];
    for (int k = 0; k < argument_count(c, i); k++) {
        const value *item = v->kind == LIST ? &v->items[k] : v;
        c->tensors[i][k] = item->tensor; /* NULL for what is no tensor: C can pass that */
    }
    return c->tensors[i];
}
