/* SPDX-License-Identifier: MIT */
/* What an open safetensors file has: names, metadata, and tensors read on demand. */
#include "safetensors_file.h"

#include <errno.h>
#include <string.h>

size_t reel_safetensors_count(const reel_safetensors *file)
{
    return REELI_ALIVE(file, "safetensors") ? file->entries.count : 0;
}

const char *reel_safetensors_name(const reel_safetensors *file, size_t i)
{
    return i < reel_safetensors_count(file) ? reeli_entry_at(file, i)->name : NULL;
}

/* The entry of this name, by bisection; NULL if there is none. */
static const reeli_entry *find(const reel_safetensors *f, const char *name)
{
    size_t low = 0, high = name ? reel_safetensors_count(f) : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const reeli_entry *e = reeli_entry_at(f, middle);
        int order = strcmp(name, e->name);
        if (order == 0) {
            return e;
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

int reel_safetensors_shape(const reel_safetensors *file, const char *name,
                           int64_t size[REEL_MAX_DIMS])
{
    const reeli_entry *e = find(file, name);
    for (int d = 0; e && size && d < e->ndim; d++) {
        size[d] = e->size[d];
    }
    return e ? e->ndim : -1;
}

bool reel_safetensors_has(const reel_safetensors *file, const char *name)
{
    return find(file, name) != NULL;
}

size_t reel_safetensors_metadata_count(const reel_safetensors *file)
{
    return REELI_ALIVE(file, "safetensors_metadata") ? reeli_text_count(&file->keys) : 0;
}

static const char *value_at(const reel_safetensors *f, size_t i)
{
    return (const char *)f->values.data + ((const size_t *)f->value_at.data)[i];
}

reel_metadata_entry reel_safetensors_metadata_entry(const reel_safetensors *file, size_t i)
{
    if (i >= reel_safetensors_metadata_count(file)) {
        return (reel_metadata_entry){NULL, NULL};
    }
    return (reel_metadata_entry){reeli_text_at(&file->keys, i), value_at(file, i)};
}

const char *reel_safetensors_metadata(const reel_safetensors *file, const char *key)
{
    int64_t i = REELI_ALIVE(file, "safetensors_metadata") && key
                    ? reeli_text_set_find(&file->keys, key, strlen(key))
                    : -1;
    return i < 0 ? NULL : value_at(file, (size_t)i);
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
    if (!REELI_ALIVE(file, "safetensors_tensor")) {
        return file ? file->owned.r->poison : NULL;
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
        int number = errno;
        char what[REELI_QUOTE_SIZE + 32];
        snprintf(what, sizeof what, "cannot be read: %s",
                 number ? REELI_SYSTEM_ERROR(number) : "the file has become shorter");
        clearerr(file->stream);
        return refuse(file, t, reeli_system_status(number), name, what);
    }
    if (reeli_has_bad_bool(t)) {
        return refuse(file, t, REEL_ERR_FORMAT, name, "has a bool that is neither 0 nor 1");
    }
    return t;
}

void reel_safetensors_close(reel_safetensors *file)
{
    if (REELI_ALIVE(file, "safetensors_close")) {
        reeli_free_handle(&file->owned, "safetensors_close");
    }
}
