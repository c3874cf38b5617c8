/* SPDX-License-Identifier: MIT */
/* What an open safetensors file has: names, metadata, and tensors read on demand. */
#include "safetensors_file.h"

#include <errno.h>
#include <math.h>
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

/* An IEEE half: sign, 5 bits of exponent, 10 of fraction. */
static float half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float magnitude = exponent == 31  ? (fraction ? NAN : INFINITY)
                      : exponent == 0 ? ldexpf((float)fraction, -24)
                                      : ldexpf((float)(fraction + 1024), exponent - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

static float brain(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static uint64_t little_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;
    while (count > 0) {
        value = value << 8 | bytes[--count];
    }
    return value;
}

/* Element i of t from its bytes in the file. */
static void widen(reel_tensor *t, int64_t i, const reeli_file_dtype *from,
                  const unsigned char *bytes)
{
    uint64_t bits = little_endian(bytes, from->bytes);
    uint64_t sign = (uint64_t)1 << (8 * from->bytes - 1);
    if (from->decoding == REELI_HALF) {
        ((float *)t->data)[i] = half((uint16_t)bits);
    } else if (from->decoding == REELI_BRAIN) {
        ((float *)t->data)[i] = brain((uint16_t)bits);
    } else if (from->decoding == REELI_SIGNED) {
        ((int64_t *)t->data)[i] = (int64_t)(bits & (sign - 1)) - (int64_t)(bits & sign);
    } else {
        ((int64_t *)t->data)[i] = (int64_t)bits;
    }
}

/* Reads what is not a dtype of ours piece by piece. */
static bool read_widened(reel_safetensors *f, const reeli_entry *e, reel_tensor *t)
{
    unsigned char piece[4096];
    int64_t room = (int64_t)(sizeof piece / e->dtype->bytes);
    for (int64_t i = 0; i < t->numel;) {
        int64_t n = t->numel - i < room ? t->numel - i : room;
        if (fread(piece, e->dtype->bytes, (size_t)n, f->stream) != (size_t)n) {
            return false;
        }
        for (int64_t k = 0; k < n; k++) {
            widen(t, i + k, e->dtype, piece + k * e->dtype->bytes);
        }
        i += n;
    }
    return true;
}

static bool read_elements(reel_safetensors *f, const reeli_entry *e, reel_tensor *t)
{
    errno = 0;
    if (fseeko(f->stream, f->data + e->begin, SEEK_SET) != 0) {
        return false;
    }
    if (e->dtype->decoding != REELI_AS_IS) {
        return read_widened(f, e, t);
    }
    size_t count = (size_t)t->numel;
    bool ok = count == 0 || fread(t->data, e->dtype->bytes, count, f->stream) == count;
    reeli_swap_bytes(t->data, ok ? count : 0, e->dtype->bytes);
    return ok;
}

/* A byte other than 0 and 1 would be no bool, and reading it undefined. */
static bool has_bad_bool(const reel_tensor *t)
{
    const unsigned char *bytes = t->data;
    for (int64_t i = 0; t->dtype == REEL_BOOL && i < t->numel; i++) {
        if (bytes[i] > 1) {
            return true;
        }
    }
    return false;
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
    if (has_bad_bool(t)) {
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
