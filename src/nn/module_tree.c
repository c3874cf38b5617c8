/* SPDX-License-Identifier: MIT */
/* A module and all that is below it: parameters, names, modes, and how it is printed. */
#include "buffer.h"
#include "module.h"

#include <reel/autograd.h>
#include <stdio.h>
#include <string.h>

/*
 * A module's rank is above those of all that is in it. So what is of a lower rank cannot hold it,
 * and modules that are in one another differ in rank by at least as much as they are many. Most
 * often a module that is put into another has nothing above it or nothing below it, and its rank
 * can be chosen.
 */

/* Whether m is in `from`. */
static bool holds(reel_module *from, const reel_module *m, uint64_t walk)
{
    if (from == m || from->rank <= m->rank || from->seen == walk) {
        return from == m;
    }
    from->seen = walk;
    bool found = false;
    for (const reeli_member *e = from->members; e && !found; e = e->next) {
        found = e->child && holds(e->child, m, walk);
    }
    return found;
}

static void lower(reel_module *m, int64_t rank)
{
    if (m->rank <= rank) {
        return;
    }
    m->rank = rank;
    reel *r = m->owned.r;
    r->low_rank = rank < r->low_rank ? rank : r->low_rank;
    for (const reeli_member *e = m->members; e; e = e->next) {
        if (e->child) {
            lower(e->child, rank - 1);
        }
    }
}

/* Makes the lowest rank possible m's, where `child` is in `parent`, too. */
static int64_t settle_rank(reel_module *m, const reel_module *parent, reel_module *child,
                           uint64_t walk)
{
    if (m->seen == walk) {
        return m->rank;
    }
    m->seen = walk;
    m->rank = m == parent ? settle_rank(child, parent, child, walk) + 1 : 0;
    for (const reeli_member *e = m->members; e; e = e->next) {
        if (e->child) {
            const int64_t rank = settle_rank(e->child, parent, child, walk) + 1;
            m->rank = rank > m->rank ? rank : m->rank;
        }
    }
    return m->rank;
}

/* Ranks from 0 on to how many modules are in one another at most. */
static void settle_ranks(reel *r, const reel_module *parent, reel_module *child)
{
    const uint64_t walk = ++r->walks;
    r->low_rank = r->high_rank = 0;
    for (reeli_owned *it = r->owned.next; it != &r->owned; it = it->next) {
        if (it->kind && strcmp(it->kind, "module") == 0) {
            const int64_t rank = settle_rank((reel_module *)(void *)it, parent, child, walk);
            r->high_rank = rank > r->high_rank ? rank : r->high_rank;
        }
    }
}

const char *reeli_make_child(reel_module *m, reel_module *child)
{
    reel *r = m->owned.r;
    if (m == child || (m->owners && holds(child, m, ++r->walks))) {
        return "a module cannot be part of itself";
    }
    if (m->owners) {
        lower(child, m->rank - 1);
    } else if (m->rank <= child->rank) {
        m->rank = child->rank + 1;
        r->high_rank = m->rank > r->high_rank ? m->rank : r->high_rank;
    }
    if (r->high_rank - r->low_rank >= REELI_DEEPEST) {
        settle_ranks(r, m, child);
    }
    return r->high_rank - r->low_rank < REELI_DEEPEST
               ? NULL
               : "modules are in one another more than 5000 deep";
}

/* Calls `visit` for each tensor in the order of PyTorch's state_dict: a module's own, then its
 * children's, whose names get the child's and a dot in front. False as soon as visit says so.
 * Modules and tensors that are in several places come as often, or, in a `walk` that is not 0,
 * once. The name is NULL where it is too long. */
typedef bool (*visitor)(void *context, const char *name, reel_tensor *t, reeli_member_kind kind);

typedef struct tour {
    visitor visit;
    void *context;
    uint64_t walk;
    size_t length; /* of the path, as it would be if there were room for it */
    char path[REEL_STATE_NAME_SIZE];
} tour;

/* Goes on along a name and what comes after it; the length before that. */
static size_t go_down(tour *it, const char *name, const char *end)
{
    const size_t before = it->length, room = sizeof it->path;
    if (before < room) {
        snprintf(it->path + before, room - before, "%s%s", name, end);
    }
    it->length += strlen(name) + strlen(end);
    return before;
}

static bool visit_tensor(tour *it, const reeli_member *e)
{
    reeli_leaf *leaf = e->tensor->leaf;
    if (it->walk && leaf->seen == it->walk) {
        return true;
    }
    leaf->seen = it->walk ? it->walk : leaf->seen;
    const size_t before = go_down(it, e->name, "");
    const char *name = it->length < sizeof it->path ? it->path : NULL;
    const bool go_on = it->visit(it->context, name, e->tensor, e->kind);
    it->length = before;
    return go_on;
}

static bool visit_members(tour *it, reel_module *m)
{
    bool go_on = !it->walk || m->seen != it->walk;
    if (!go_on) {
        return true;
    }
    m->seen = it->walk ? it->walk : m->seen;
    for (reeli_member_kind kind = PARAMETER; kind <= BUFFER; kind++) {
        for (const reeli_member *e = m->members; e && go_on; e = e->next) {
            go_on = !e->tensor || e->kind != kind || visit_tensor(it, e);
        }
    }
    for (const reeli_member *e = m->members; e && go_on; e = e->next) {
        if (e->child) {
            const size_t before = go_down(it, e->name, ".");
            go_on = visit_members(it, e->child);
            it->length = before;
        }
    }
    return go_on;
}

/* Goes through all of a module; what is in it in several places comes once if `once`. What a walk
 * notes in the modules is no part of what they are. */
static void visit_all(const reel_module *m, bool once, visitor visit, void *context)
{
    tour it = {.visit = visit, .context = context, .walk = once ? ++m->owned.r->walks : 0};
    visit_members(&it, (reel_module *)(uintptr_t)m);
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
    bool here = s->name ? name && strcmp(name, s->name) == 0 : s->seen == s->place;
    s->seen++;
    if (here) {
        snprintf(s->found.name, sizeof s->found.name, "%s", name ? name : "");
        s->found.tensor = t;
        s->found.is_buffer = kind == BUFFER;
    }
    return !here;
}

static const size_t nowhere = (size_t)-1;

/* Lists grow by doubling; the first fills what a handle takes anyway. */
bool reeli_make_room(reel_module *m, size_t count)
{
    reel *r = m->owned.r;
    const size_t room = m->list ? 2 * m->list->room : (REELI_SIZE_STEP - sizeof(reeli_list)) / 8;
    if (m->list && m->list->room >= count) {
        return true;
    }
    count = count > room ? count : room;
    reeli_list *list = reeli_own(r, "list", sizeof *list + count * sizeof *list->tensors, NULL);
    if (!list) {
        reeli_no_memory(r, m->name);
        return false;
    }
    if (m->list) {
        reeli_disown(&m->list->owned);
    }
    list->room = count;
    m->list = list;
    return true;
}

reel_tensor_list reel_parameters(reel_module *module)
{
    if (!REELI_ALIVE(module, "parameters")) {
        return (reel_tensor_list){module ? module->owned.r : NULL, NULL, 0};
    }
    search s = {.place = nowhere, .parameters_only = true};
    visit_all(module, true, look, &s);
    if (s.seen == 0 || !reeli_make_room(module, s.seen)) {
        return (reel_tensor_list){module->owned.r, NULL, 0};
    }
    s = (search){.place = nowhere, .parameters_only = true, .list = module->list->tensors};
    visit_all(module, true, look, &s);
    return (reel_tensor_list){module->owned.r, module->list->tensors, s.seen};
}

/* Puts those of a list that are not there yet at its end; false after an error. */
static bool join(reel *r, reeli_list *to, size_t *at, const reel_tensor_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        reel_tensor *t = list->tensors[i];
        if (!reeli_usable_as(r, "join_parameters", "a parameter", t)) {
            return false;
        }
        reeli_leaf *leaf = reeli_leaf_of(t);
        if (!leaf) {
            return false;
        }
        if (leaf->seen != r->walks) {
            leaf->seen = r->walks;
            to->tensors[(*at)++] = t;
        }
    }
    return true;
}

reel_tensor_list reel_join_parameters(const reel_tensor_list *lists, size_t count)
{
    reel *r = NULL;
    size_t room = 0, at = 0;
    for (size_t i = 0; lists && i < count; i++) {
        r = r ? r : lists[i].r;
        room += lists[i].tensors ? lists[i].count : 0;
    }
    const reel_tensor_list none = {r, NULL, 0};
    reeli_list *list =
        r && room ? reeli_own(r, "list", sizeof *list + room * sizeof *list->tensors, NULL) : NULL;
    if (!list) {
        if (r && room) {
            reeli_no_memory(r, "join_parameters");
        }
        return none;
    }
    list->room = room;
    r->walks++;
    for (size_t i = 0; i < count; i++) {
        if (lists[i].tensors && !join(r, list, &at, &lists[i])) {
            reeli_disown(&list->owned);
            return none;
        }
    }
    return (reel_tensor_list){r, list->tensors, at};
}

/* What is sought in a module, to which the functions below put their own questions. */
static search sought(const reel_module *m, const char *what, search s)
{
    if (REELI_ALIVE(m, what)) {
        visit_all(m, false, look, &s);
    }
    return s;
}

reel_tensor *reel_parameter(reel_module *module, const char *name)
{
    search s = {.place = nowhere, .name = name, .parameters_only = true};
    return name ? sought(module, "parameter", s).found.tensor : NULL;
}

size_t reel_state_count(const reel_module *module)
{
    return sought(module, "state_count", (search){.place = nowhere}).seen;
}

reel_state_entry reel_state_at(const reel_module *module, size_t i)
{
    return sought(module, "state_at", (search){.place = i}).found;
}

/* A walk that puts all tensors down with their whole names. */
typedef struct listing {
    reel *r;
    reeli_buffer path; /* char: where the walk is, "0.layer." */
    reel_named_tensor *entries;
    size_t count;
    bool failed; /* memory is out */
} listing;

/* Goes on along a name and what comes after it. */
static void extend(listing *it, const char *name, const char *end)
{
    size_t size = strlen(name) + strlen(end) + 1;
    it->failed = it->failed || !reeli_buffer_grow(it->r, &it->path, it->path.count + size);
    if (!it->failed) {
        snprintf((char *)it->path.data + it->path.count, size, "%s%s", name, end);
        it->path.count += size - 1;
    }
}

static void put_down(listing *it, const reeli_member *e)
{
    size_t before = it->path.count;
    extend(it, e->name, "");
    char *name = it->failed ? NULL : reeli_arena_alloc(it->r, it->path.count + 1);
    it->failed = !name;
    if (name) {
        memcpy(name, it->path.data, it->path.count + 1);
        it->entries[it->count++] = (reel_named_tensor){name, e->tensor};
    }
    it->path.count = before;
}

static void list_members(listing *it, const reel_module *m)
{
    for (reeli_member_kind kind = PARAMETER; kind <= BUFFER; kind++) {
        for (const reeli_member *e = m->members; e && !it->failed; e = e->next) {
            if (e->tensor && e->kind == kind) {
                put_down(it, e);
            }
        }
    }
    for (const reeli_member *e = m->members; e && !it->failed; e = e->next) {
        size_t before = it->path.count;
        if (e->child) {
            extend(it, e->name, ".");
            list_members(it, e->child);
        }
        it->path.count = before;
    }
}

reel_named_tensors reel_state_dict(const reel_module *module)
{
    if (!REELI_ALIVE(module, "state_dict")) {
        return (reel_named_tensors){NULL, 0};
    }
    reel *r = module->owned.r;
    listing it = {.r = r};
    it.entries = reeli_arena_alloc(r, (reel_state_count(module) + 1) * sizeof *it.entries);
    it.failed = !it.entries;
    list_members(&it, module);
    reeli_buffer_free(r, &it.path);
    if (it.failed) {
        reeli_no_memory(r, "state_dict");
        return (reel_named_tensors){NULL, 0};
    }
    return (reel_named_tensors){it.entries, it.count};
}

reel_tensor *reel_state_named(const reel_module *module, const char *name)
{
    search s = {.place = nowhere, .name = name};
    return name ? sought(module, "state_named", s).found.tensor : NULL;
}

static void set_training(reel_module *m, bool training, uint64_t walk)
{
    if (m->seen == walk) {
        return;
    }
    m->seen = walk;
    m->training = training;
    for (const reeli_member *e = m->members; e; e = e->next) {
        if (e->child) {
            set_training(e->child, training, walk);
        }
    }
}

void reel_train(reel_module *module)
{
    if (REELI_ALIVE(module, "train")) {
        set_training(module, true, ++module->owned.r->walks);
    }
}

void reel_eval(reel_module *module)
{
    if (REELI_ALIVE(module, "eval")) {
        set_training(module, false, ++module->owned.r->walks);
    }
}

bool reel_is_training(const reel_module *module)
{
    return REELI_ALIVE(module, "is_training") && module->training;
}

static bool add_numel(void *context, const char *name, reel_tensor *t, reeli_member_kind kind)
{
    (void)name;
    *(int64_t *)context += kind == PARAMETER ? t->numel : 0;
    return true;
}

int64_t reel_parameter_count(const reel_module *module)
{
    int64_t count = 0;
    if (REELI_ALIVE(module, "parameter_count")) {
        visit_all(module, true, add_numel, &count);
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
    if (!stream || !REELI_ALIVE(module, "module_print")) {
        return;
    }
    fprintf(stream, "%-32s %12s  %s\n", "module", "parameters", "tensors");
    print_module(module, "", 0, stream);
    fprintf(stream, "%-32s %12lld\n", "in all", (long long)reel_parameter_count(module));
}
