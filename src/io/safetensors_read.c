/* SPDX-License-Identifier: MIT */
/* What an open safetensors file has: names, metadata, and tensors read on demand. */
#include "safetensors_file.h"

#include <errno.h>
#include <string.h>

size_t reel_safetensors_count(const reel_safetensors *file) { return file ? file->count : 0; }

const char *reel_safetensors_name(const reel_safetensors *file, size_t i)
{
    return i < reel_safetensors_count(file) ? file->entries[i].name : NULL;
}

/* The entry of this name, by bisection; NULL if there is none. */
static const reeli_entry *find(const reel_safetensors *f, const char *name)
{
    size_t low = 0, high = name ? reel_safetensors_count(f) : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, f->entries[middle].name);
        if (order == 0) {
            return &f->entries[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *reel_safetensors_dtype(const reel_safetensors *file, const char *name)
{
    const reeli_entry *e = find(file, name);
    return e ? e->dtype->name : NULL;
}

bool reel_safetensors_has(const reel_safetensors *file, const char *name)
{
    return find(file, name) != NULL;
}

size_t reel_safetensors_metadata_count(const reel_safetensors *file)
{
    return file ? json_object_size(file->metadata) : 0;
}

reel_metadata_entry reel_safetensors_metadata_entry(const reel_safetensors *file, size_t i)
{
    void *at = file ? json_object_iter(file->metadata) : NULL;
    for (; at && i > 0; i--) {
        at = json_object_iter_next(file->metadata, at);
    }
    if (!at) {
        return (reel_metadata_entry){NULL, NULL};
    }
    return (reel_metadata_entry){json_object_iter_key(at),
                                 json_string_value(json_object_iter_value(at))};
}

const char *reel_safetensors_metadata(const reel_safetensors *file, const char *key)
{
    return file ? json_string_value(json_object_get(file->metadata, key)) : NULL;
}

static bool read_elements(reel_safetensors *f, const reeli_entry *e, reel_tensor *t)
{
    reeli_source source = reeli_stream_source(f->stream);
    errno = 0;
    return fseeko(f->stream, f->data + e->begin, SEEK_SET) == 0 &&
           reeli_read_elements(&source, e->dtype, false, t);
}

static reel_tensor *refuse(reel_safetensors *f, reel_tensor *t, reel_status status,
                           const char *name, const char *what)
{
    reel_tensor_free(t);
    reeli_refuse(f, status, "'%s' %s", REELI_QUOTED(name ? name : "(NULL)"), what);
    return f->owned.r->poison;
}

reel_tensor *reel_safetensors_tensor(reel_safetensors *file, const char *name)
{
    if (!file) {
        return NULL;
    }
    const reeli_entry *e = find(file, name);
    if (!e) {
        return refuse(file, NULL, REEL_ERR_VALUE, name, "is not in the file");
    }
    if (e->dtype->decoding == REELI_NONE) {
        return refuse(file, NULL, REEL_ERR_DTYPE, name, "has a dtype that no tensor has");
    }
    reel_tensor *t = reeli_create(file->owned.r, "safetensors", e->dtype->dtype, e->ndim, e->size);
    if (reeli_bad(t)) {
        return t;
    }
    if (!read_elements(file, e, t)) {
        const char *why = errno ? REELI_SYSTEM_ERROR(errno) : "the file has become shorter";
        char what[REELI_QUOTE_SIZE + 32];
        snprintf(what, sizeof what, "cannot be read: %s", why);
        clearerr(file->stream);
        return refuse(file, t, REEL_ERR_FILE, name, what);
    }
    if (reeli_has_bad_bool(t)) {
        return refuse(file, t, REEL_ERR_FORMAT, name, "has a bool that is neither 0 nor 1");
    }
    return t;
}

void reel_safetensors_close(reel_safetensors *file)
{
    if (file) {
        reeli_disown(&file->owned);
    }
}
