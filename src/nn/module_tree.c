/* SPDX-License-Identifier: MIT */
/* A module and all that is below it: parameters, names, modes, and how it is printed. */
#include "module.h"

#include <reel/autograd.h>
#include <stdio.h>
#include <string.h>

/* Calls `visit` for each tensor in the order of PyTorch's state_dict: a module's own, then its
 * children's, whose names get the child's and a dot in front. False as soon as visit says so. */
typedef bool (*visitor)(void *context, const char *name, reel_tensor *t, reeli_member_kind kind);

static bool visit_members(const reel_module *m, const char *prefix, visitor visit, void *context)
{
    char name[REEL_STATE_NAME_SIZE];
    static const reeli_member_kind order[] = {PARAMETER, BUFFER};
    for (size_t k = 0; k < 2; k++) {
        for (const reeli_member *e = m->members; e; e = e->next) {
            snprintf(name, sizeof name, "%s%s", prefix, e->name);
            if (e->tensor && e->kind == order[k] && !visit(context, name, e->tensor, e->kind)) {
                return false;
            }
        }
    }
    for (const reeli_member *e = m->members; e; e = e->next) {
        snprintf(name, sizeof name, "%s%s.", prefix, e->name);
        if (e->child && !visit_members(e->child, name, visit, context)) {
            return false;
        }
    }
    return true;
}

/* A walk that stops at the wanted tensor, by place or by name, or at none and counts. */
typedef struct search {
    size_t place, parameters, seen;
    const char *name;
    bool parameters_only;
    reel_state_entry found;
    reel_tensor **list;
} search;

static bool look(void *context, const char *name, reel_tensor *t, reeli_member_kind kind)
{
    search *s = context;
    if (s->parameters_only && kind != PARAMETER) {
        return true;
    }
    if (s->list) {
        s->list[s->seen] = t;
    }
    bool here = s->name ? strcmp(name, s->name) == 0 : s->seen == s->place;
    s->seen++;
    if (here) {
        snprintf(s->found.name, sizeof s->found.name, "%s", name);
        s->found.tensor = t;
        s->found.is_buffer = kind == BUFFER;
    }
    return !here;
}

static const size_t nowhere = (size_t)-1;

static size_t count_parameters(const reel_module *m)
{
    search s = {.place = nowhere, .parameters_only = true};
    visit_members(m, "", look, &s);
    return s.seen;
}

bool reeli_make_room(reel_module *m)
{
    reel *r = m->owned.r;
    size_t count = count_parameters(m);
    if (count > m->room) {
        reel_tensor **list = reeli_malloc(r, count * sizeof(reel_tensor *));
        if (!list) {
            reeli_no_memory(r, m->name);
            return false;
        }
        reeli_free(r, m->list, m->room * sizeof(reel_tensor *));
        m->list = list;
        m->room = count;
    }
    return true;
}

reel_tensor_list reel_parameters(reel_module *module)
{
    if (!module) {
        return (reel_tensor_list){NULL, NULL, 0};
    }
    search s = {.place = nowhere, .parameters_only = true, .list = module->list};
    visit_members(module, "", look, &s);
    return (reel_tensor_list){module->owned.r, module->list, s.seen};
}

reel_tensor *reel_parameter(reel_module *module, const char *name)
{
    search s = {.name = name, .parameters_only = true};
    if (module && name) {
        visit_members(module, "", look, &s);
    }
    return s.found.tensor;
}

size_t reel_state_count(const reel_module *module)
{
    search s = {.place = nowhere};
    if (module) {
        visit_members(module, "", look, &s);
    }
    return s.seen;
}

reel_state_entry reel_state_at(const reel_module *module, size_t i)
{
    search s = {.place = i};
    if (module) {
        visit_members(module, "", look, &s);
    }
    return s.found;
}

reel_tensor *reel_state_named(const reel_module *module, const char *name)
{
    search s = {.name = name};
    if (module && name) {
        visit_members(module, "", look, &s);
    }
    return s.found.tensor;
}

static void set_training(reel_module *m, bool training)
{
    m->training = training;
    for (const reeli_member *e = m->members; e; e = e->next) {
        if (e->child) {
            set_training(e->child, training);
        }
    }
}

void reel_train(reel_module *module)
{
    if (module) {
        set_training(module, true);
    }
}

void reel_eval(reel_module *module)
{
    if (module) {
        set_training(module, false);
    }
}

bool reel_is_training(const reel_module *module) { return module && module->training; }

static bool add_numel(void *context, const char *name, reel_tensor *t, reeli_member_kind kind)
{
    (void)name;
    *(int64_t *)context += kind == PARAMETER ? t->numel : 0;
    return true;
}

int64_t reel_parameter_count(const reel_module *module)
{
    int64_t count = 0;
    if (module) {
        visit_members(module, "", add_numel, &count);
    }
    return count;
}

/* A line a module: its place, its kind, its tensors and how many parameters they hold. */
static void print_module(const reel_module *m, const char *name, int depth, FILE *stream)
{
    char own[256] = "";
    int64_t count = 0;
    size_t at = 0;
    for (const reeli_member *e = m->members; e; e = e->next) {
        if (e->tensor && at < sizeof own) {
            int wrote = snprintf(own + at, sizeof own - at, "%s%s %s", at ? ", " : "", e->name,
                                 REELI_SHAPE_OF(e->tensor));
            at += wrote > 0 ? (size_t)wrote : 0;
            count += e->kind == PARAMETER ? e->tensor->numel : 0;
        }
    }
    char label[96];
    snprintf(label, sizeof label, "%*s%s%s%s", 2 * depth, "", name, *name ? ": " : "", m->name);
    fprintf(stream, "%-32s %12lld  %s\n", label, (long long)count, own);
    for (const reeli_member *e = m->members; e; e = e->next) {
        if (e->child) {
            print_module(e->child, e->name, depth + 1, stream);
        }
    }
}

void reel_module_print(const reel_module *module, FILE *stream)
{
    if (!module || !stream) {
        return;
    }
    fprintf(stream, "%-32s %12s  %s\n", "module", "parameters", "tensors");
    print_module(module, "", 0, stream);
    fprintf(stream, "%-32s %12lld\n", "in all", (long long)reel_parameter_count(module));
}
