/* SPDX-License-Identifier: MIT */
/* A module's state in a safetensors file. */
#include "safetensors_file.h"
#include "text_set.h"

#include <reel/checkpoint.h>
#include <stdio.h>
#include <string.h>

static const char loading[] = "load_state";

/* A tensor of the module and what the file has for it: NULL if nothing. */
typedef struct item {
    const char *name;
    reel_tensor *to, *from;
} item;

/* The module's tensors, in the arena; NULL, and an error, when memory is out. */
static item *items_of(reel *r, const reel_module *module, size_t *count)
{
    reel_named_tensors all = reel_state_dict(module);
    item *items = all.entries ? reeli_arena_alloc(r, (all.count + 1) * sizeof *items) : NULL;
    if (!items) {
        reeli_no_memory(r, loading);
        return NULL;
    }
    for (size_t i = 0; i < all.count; i++) {
        items[i] = (item){all.entries[i].name, all.entries[i].tensor, NULL};
    }
    *count = all.count;
    return items;
}

reel_status reel_save_state(reel_module *module, const char *path)
{
    reel *r = reel_parameters(module).r;
    if (!r || r->status != REEL_OK) {
        return r ? r->status : REEL_ERR_OWNER;
    }
    reeli_mark mark = reeli_arena_mark(&r->arena);
    reel_named_tensors all = reel_state_dict(module);
    if (all.entries) {
        reel_metadata_entry format = {"format", "pt"}; /* Hugging Face's loaders look for it */
        reel_safetensors_save(r, path, all.entries, all.count, &format, 1);
    }
    reeli_arena_release(&r->arena, &mark);
    return r->status;
}

/* Lists what the module alone has. */
static bool list_missing(const reel_safetensors *f, const item *items, size_t count,
                         reel_load_report *report)
{
    const char **missing = reeli_arena_alloc(f->owned.r, (count + 1) * sizeof *missing);
    for (size_t i = 0; missing && i < count; i++) {
        if (!reel_safetensors_has(f, items[i].name)) {
            missing[report->missing_count++] = items[i].name;
        }
    }
    report->missing = missing;
    return missing != NULL;
}

/* Lists what the file alone has, in copies, because it is going to be closed. */
static bool list_unexpected(const reel_safetensors *f, const reeli_text_set *names,
                            reel_load_report *report)
{
    size_t count = reel_safetensors_count(f);
    const char **unexpected = reeli_arena_alloc(f->owned.r, (count + 1) * sizeof *unexpected);
    for (size_t i = 0; unexpected && i < count; i++) {
        const char *name = reel_safetensors_name(f, i);
        size_t length = strlen(name);
        if (reeli_text_set_find(names, name, length) < 0) {
            char *copy = reeli_arena_alloc(f->owned.r, length + 1);
            if (!copy) {
                return false;
            }
            unexpected[report->unexpected_count++] = memcpy(copy, name, length + 1);
        }
    }
    report->unexpected = unexpected;
    return unexpected != NULL;
}

/* Lists what only one side has. False, and an error, when memory is out. */
static bool compare_names(const reel_safetensors *f, const item *items, size_t count,
                          reel_load_report *report)
{
    reel *r = f->owned.r;
    reeli_text_set names = {.text = {NULL, 0, 0}};
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = reeli_text_set_add(r, &names, items[i].name, strlen(items[i].name));
    }
    ok = ok && list_missing(f, items, count, report) && list_unexpected(f, &names, report);
    reeli_text_set_free(r, &names);
    if (!ok) {
        *report = (reel_load_report){NULL, 0, NULL, 0};
        reeli_no_memory(r, loading);
    }
    return ok;
}

/* "missing: a, b, and 3 more" */
static void list_names(char *text, size_t room, const char *what, const char *const *names,
                       size_t count)
{
    enum { SHOWN = 3 };
    size_t at = strlen(text);
    for (size_t i = 0; i < count && i <= SHOWN && at < room; i++) {
        const char *before = i == 0 ? what : ", ";
        int wrote =
            i < SHOWN ? snprintf(text + at, room - at, "%s'%.60s'", before, REELI_QUOTED(names[i]))
                      : snprintf(text + at, room - at, ", and %zu more", count - SHOWN);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
}

static bool refuse_names(reel_safetensors *f, const reel_load_report *report)
{
    char text[REELI_MESSAGE_SIZE] = "";
    list_names(text, sizeof text, "; missing: ", report->missing, report->missing_count);
    list_names(text, sizeof text, "; unexpected: ", report->unexpected, report->unexpected_count);
    reeli_error(f->owned.r, REEL_ERR_VALUE, "%s: %s does not have the module's names%s", loading,
                REELI_QUOTED(f->path), text);
    return false;
}

/* Widening loses nothing; PyTorch would also narrow, in silence. */
static bool fits(const reel_tensor *to, int dtype)
{
    return dtype == to->dtype || (dtype == REEL_F32 && to->dtype == REEL_F64);
}

static bool read_item(reel_safetensors *f, item *it)
{
    if (!reel_safetensors_has(f, it->name)) {
        return true;
    }
    it->from = reel_safetensors_tensor(f, it->name);
    if (reeli_bad(it->from)) {
        it->from = NULL;
        return false;
    }
    bool same_shape = reeli_same_shape(it->from, it->to);
    if (!same_shape || !fits(it->to, it->from->dtype)) {
        reeli_error(f->owned.r, same_shape ? REEL_ERR_DTYPE : REEL_ERR_SHAPE,
                    "%s: '%s' is %s %s in %s, and %s %s in the module", loading,
                    REELI_QUOTED(it->name), reel_safetensors_dtype(f, it->name),
                    REELI_SHAPE_OF(it->from), REELI_QUOTED(f->path),
                    reel_dtype_name((reel_dtype)it->to->dtype), REELI_SHAPE_OF(it->to));
        return false;
    }
    return true;
}

/* Everything is read before anything is taken over; taking over cannot fail. */
static void load(reel_safetensors *f, item *items, size_t count)
{
    bool sound = true;
    for (size_t i = 0; sound && i < count; i++) {
        sound = read_item(f, &items[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (sound && items[i].from) {
            reeli_copy(items[i].to, items[i].from);
            items[i].to->base->version++;
        }
        reel_tensor_free(items[i].from);
    }
}

reel_status reel_load_state(reel_module *module, const char *path, bool strict,
                            reel_load_report *report)
{
    reel *r = reel_parameters(module).r;
    reel_load_report ignored;
    report = report ? report : &ignored;
    *report = (reel_load_report){NULL, 0, NULL, 0};
    if (!r || r->status != REEL_OK) {
        return r ? r->status : REEL_ERR_OWNER;
    }
    size_t count = 0;
    reel_safetensors *file = reel_safetensors_open(r, path);
    item *items = file ? items_of(r, module, &count) : NULL;
    if (items && compare_names(file, items, count, report)) {
        if (strict && (report->missing_count || report->unexpected_count)) {
            refuse_names(file, report);
        } else {
            load(file, items, count);
        }
    }
    reel_safetensors_close(file);
    return r->status;
}
