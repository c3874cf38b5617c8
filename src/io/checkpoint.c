/* SPDX-License-Identifier: MIT */
/*
 * A whole training in one safetensors file. Each of its parts has its names under a prefix. Loading
 * prepares and checks all parts, which may fail, and then takes them over, which cannot.
 */
#include "quote.h"
#include "random.h"
#include "state_dict.h"

#include <reel/checkpoint.h>
#include <reel/io.h>
#include <string.h>

static const char saving[] = "save_checkpoint", loading[] = "load_checkpoint";

enum { MODEL, OPTIMIZER, SCHEDULER, EMA, EARLY_STOPPING, MORE, PARTS };
static const char *const prefixes[PARTS] = {"model.", "optimizer.",      "scheduler.",
                                            "ema.",   "early_stopping.", "more."};
static const char random_name[] = "random";

/* What the file's metadata say, and have to say. */
enum { FORMAT, KIND, OF_OPTIMIZER, OF_SCHEDULER, ENTRIES };

static void metadata_of(const reel_checkpoint *it, reel_metadata_entry entries[ENTRIES])
{
    entries[FORMAT] = (reel_metadata_entry){"format", "pt"};
    entries[KIND] = (reel_metadata_entry){"reel", "checkpoint 1"};
    entries[OF_OPTIMIZER] = (reel_metadata_entry){
        "optimizer", it->optimizer ? reel_optimizer_name(it->optimizer) : "none"};
    entries[OF_SCHEDULER] = (reel_metadata_entry){
        "scheduler", it->scheduler ? reeli_scheduler_name(it->scheduler) : "none"};
}

/* The parameters and buffers of a module as items. */
static reeli_items model_items(reel *r, const char *what, const reel_module *module)
{
    reeli_items items = {.r = r, .what = what};
    reel_named_tensors all = reel_state_dict(module);
    items.failed = !all.entries;
    for (size_t i = 0; all.entries && i < all.count; i++) {
        reeli_remember_named(&items, all.entries[i].name, all.entries[i].tensor, NULL);
    }
    return items;
}

static reeli_items more_items(reel *r, const char *what, const reel_checkpoint *it)
{
    reeli_items items = {.r = r, .what = what};
    for (size_t i = 0; i < it->more_count; i++) {
        const reel_named_tensor *e = &it->more[i];
        if (!e->name || !reeli_usable_as(r, what, e->name, e->tensor)) {
            reeli_error(r, REEL_ERR_VALUE, "%s: a tensor or its name is NULL or poison", what);
            items.failed = true;
            break;
        }
        reeli_remember_named(&items, e->name, e->tensor, NULL);
    }
    return items;
}

/* Whether all parts belong to r. */
static bool check_owners(reel *r, const char *what, const reel_checkpoint *it)
{
    bool sound = !it->model || reel_parameters(it->model).r == r;
    sound = sound && (!it->optimizer || reeli_optimizer_reel(it->optimizer) == r);
    sound = sound && (!it->scheduler || reeli_scheduler_reel(it->scheduler) == r);
    sound = sound && (!it->ema || reeli_ema_reel(it->ema) == r);
    sound = sound && (!it->early_stopping || reeli_early_stopping_reel(it->early_stopping) == r);
    if (!sound) {
        reeli_error(r, REEL_ERR_OWNER, "%s: a part belongs to another reel", what);
    }
    return sound;
}

/* A part's tensors by name; a count of 0 for a part that is not there. */
static reel_named_tensors state_of(reel *r, const reel_checkpoint *it, int part)
{
    reeli_items items;
    switch (part) {
    case MODEL:
        items = model_items(r, saving, it->model);
        return reeli_state_dict(&items);
    case OPTIMIZER:
        return reel_optimizer_state_dict(it->optimizer);
    case SCHEDULER:
        return reel_scheduler_state_dict(it->scheduler);
    case EMA:
        return reel_ema_state_dict(it->ema);
    case EARLY_STOPPING:
        return reel_early_stopping_state_dict(it->early_stopping);
    default:
        items = more_items(r, saving, it);
        return reeli_state_dict(&items);
    }
}

static bool is_there(const reel_checkpoint *it, int part)
{
    const bool there[PARTS] = {it->model != NULL, it->optimizer != NULL,      it->scheduler != NULL,
                               it->ema != NULL,   it->early_stopping != NULL, it->more_count > 0};
    return there[part];
}

/* All tensors of all parts with their prefixes, and the random numbers; NULL, and an error, if one
 * has failed. */
static reel_named_tensor *gather(reel *r, const reel_checkpoint *it, size_t *count)
{
    reel_named_tensors of[PARTS] = {{NULL, 0}};
    *count = 0;
    for (int part = 0; part < PARTS; part++) {
        if (is_there(it, part)) {
            of[part] = state_of(r, it, part);
            *count += of[part].count;
        }
    }
    reel_named_tensor *all = reeli_arena_alloc(r, (*count + 1) * sizeof *all);
    size_t at = 0;
    for (int part = 0; all && part < PARTS; part++) {
        for (size_t i = 0; i < of[part].count; i++) {
            size_t head = strlen(prefixes[part]), size = strlen(of[part].entries[i].name) + 1;
            char *name = reeli_arena_alloc(r, head + size);
            if (!name) {
                reeli_no_memory(r, saving);
                return NULL;
            }
            memcpy(name, prefixes[part], head);
            memcpy(name + head, of[part].entries[i].name, size);
            all[at++] = (reel_named_tensor){name, of[part].entries[i].tensor};
        }
    }
    if (!all) {
        reeli_no_memory(r, saving);
        return NULL;
    }
    all[at] = (reel_named_tensor){random_name, reel_get_rng_state(r)};
    *count = at + 1;
    return r->status == REEL_OK ? all : NULL;
}

reel_status reel_save_checkpoint(reel *r, const char *path, const reel_checkpoint *training)
{
    if (!r || r->status != REEL_OK) {
        return reel_error_status(r);
    }
    if (!training || (training->more_count && !training->more)) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: an argument is NULL", saving);
    }
    reeli_mark mark = reeli_arena_mark(&r->arena);
    reel_metadata_entry metadata[ENTRIES];
    size_t count;
    if (check_owners(r, saving, training)) {
        reel_named_tensor *all = gather(r, training, &count);
        metadata_of(training, metadata);
        if (all) {
            reel_safetensors_save(r, path, all, count, metadata, ENTRIES);
        }
    }
    reeli_arena_release(&r->arena, &mark);
    return r->status;
}

/* What is loaded: all tensors of the file, and those of each part under their names in it. */
typedef struct load {
    reel *r;
    reel_safetensors *file;
    const reel_checkpoint *it;
    reel_named_tensor *all, *bare;
    size_t count;
    size_t first[PARTS], end[PARTS]; /* of each part, in both lists */
    reeli_items items[PARTS];
    reeli_mt19937 random;
} load;

static bool check_metadata(const load *l, const char *path)
{
    reel_metadata_entry wanted[ENTRIES];
    metadata_of(l->it, wanted);
    for (int i = KIND; i < ENTRIES; i++) {
        const char *found = reel_safetensors_metadata(l->file, wanted[i].key);
        bool left_out =
            (i == OF_OPTIMIZER && !l->it->optimizer) || (i == OF_SCHEDULER && !l->it->scheduler);
        if (!left_out && (!found || strcmp(found, wanted[i].value) != 0)) {
            reeli_error(l->r, i == KIND ? REEL_ERR_FORMAT : REEL_ERR_VALUE,
                        "%s: %s: its %s is '%s', not '%s'", loading, REELI_QUOTED(path),
                        i == KIND ? "kind" : wanted[i].key, found ? REELI_QUOTED(found) : "missing",
                        wanted[i].value);
            return false;
        }
    }
    return true;
}

/* The file's tensors come sorted by name, so each part's follow one another. */
static bool read_all(load *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++) {
        const char *name = reel_safetensors_name(l->file, i);
        int part = 0;
        while (part < PARTS && strncmp(name, prefixes[part], strlen(prefixes[part])) != 0) {
            part++;
        }
        if (part == PARTS && strcmp(name, random_name) != 0) {
            reeli_error(l->r, REEL_ERR_VALUE, "%s: %s: '%s' is unexpected", loading,
                        REELI_QUOTED(path), REELI_QUOTED(name));
            return false;
        }
        bool wanted = part == PARTS || is_there(l->it, part);
        l->all[i] =
            (reel_named_tensor){name, wanted ? reel_safetensors_tensor(l->file, name) : NULL};
        if (wanted && reeli_bad(l->all[i].tensor)) {
            l->all[i].tensor = NULL;
            return false;
        }
        if (part < PARTS) {
            l->bare[i] = (reel_named_tensor){name + strlen(prefixes[part]), l->all[i].tensor};
            l->first[part] = l->end[part] == 0 ? i : l->first[part];
            l->end[part] = i + 1;
        }
    }
    return true;
}

static bool prepare_part(load *l, int part)
{
    const reel_named_tensor *given = l->bare + l->first[part];
    size_t count = l->end[part] - l->first[part];
    reeli_items *items = &l->items[part];
    switch (part) {
    case OPTIMIZER:
        return reeli_optimizer_prepare(l->it->optimizer, given, count, items);
    case SCHEDULER:
        return reeli_scheduler_prepare(l->it->scheduler, given, count, items);
    case EMA:
        return reeli_ema_prepare(l->it->ema, given, count, items);
    case EARLY_STOPPING:
        return reeli_early_stopping_prepare(l->it->early_stopping, given, count, items);
    default:
        *items = part == MODEL ? model_items(l->r, loading, l->it->model)
                               : more_items(l->r, loading, l->it);
        return reeli_check_state_dict(items, given, count);
    }
}

static bool prepare_random(load *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->all[i].name, random_name) == 0 &&
            reeli_read_rng_state(l->all[i].tensor, &l->random)) {
            return true;
        }
    }
    reeli_error(l->r, REEL_ERR_FORMAT, "%s: %s: its random numbers are missing or none", loading,
                REELI_QUOTED(path));
    return false;
}

static bool prepare(load *l, const char *path)
{
    bool sound = check_metadata(l, path) && read_all(l, path) && prepare_random(l, path);
    for (int part = 0; sound && part < PARTS; part++) {
        sound = !is_there(l->it, part) || prepare_part(l, part);
    }
    return sound;
}

static void take_over(load *l)
{
    for (int part = 0; part < PARTS; part++) {
        if (is_there(l->it, part)) {
            reeli_take_state_dict(&l->items[part]);
        }
    }
    l->r->random = l->random;
}

static void load_file(load *l, const char *path)
{
    l->count = reel_safetensors_count(l->file);
    l->all = reeli_arena_alloc(l->r, (l->count + 1) * sizeof *l->all);
    l->bare = reeli_arena_alloc(l->r, (l->count + 1) * sizeof *l->bare);
    if (!l->all || !l->bare) {
        reeli_no_memory(l->r, loading);
        return;
    }
    for (size_t i = 0; i < l->count; i++) {
        l->all[i].tensor = NULL;
    }
    if (prepare(l, path)) {
        take_over(l);
    }
    for (size_t i = 0; i < l->count; i++) {
        reel_tensor_free(l->all[i].tensor);
    }
}

reel_status reel_load_checkpoint(reel *r, const char *path, const reel_checkpoint *training)
{
    if (!r || r->status != REEL_OK) {
        return reel_error_status(r);
    }
    if (!training || (training->more_count && !training->more)) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: an argument is NULL", loading);
    }
    if (!check_owners(r, loading, training)) {
        return r->status;
    }
    reeli_mark mark = reeli_arena_mark(&r->arena);
    load l = {.r = r, .it = training, .file = reel_safetensors_open(r, path)};
    if (l.file) {
        load_file(&l, path);
    }
    reel_safetensors_close(l.file);
    reeli_arena_release(&r->arena, &mark);
    return r->status;
}
