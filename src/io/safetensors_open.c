/* SPDX-License-Identifier: MIT */
/*
 * Opening a safetensors file. Nothing in it is believed before it is checked: a length is compared
 * with the file's before memory is asked for, a shape with the bytes it claims, the claims with
 * one another and with what there is.
 */
#include "input_file.h"
#include "safetensors_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Says what is wrong with the file; false, for its caller to return. */
#define REFUSE(f, ...) (reeli_refuse((f), REEL_ERR_FORMAT, __VA_ARGS__), false)

void reeli_refuse(reel_safetensors *f, reel_status status, const char *format, ...)
{
    char what[REELI_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    reeli_error(f->owned.r, status, "safetensors: %s: %s", REELI_QUOTED(f->path), what);
}

/* Whether a JSON value is a whole number from 0 on; then it is in *value. */
static bool is_count(const json_t *json, int64_t *value)
{
    *value = json_is_integer(json) ? json_integer_value(json) : -1;
    return *value >= 0;
}

/* The shape, and in *bytes the room that its elements take. */
static bool read_shape(reel_safetensors *f, reeli_entry *e, const json_t *shape, int64_t *bytes)
{
    size_t ndim = json_array_size(shape);
    if (!json_is_array(shape) || ndim > REEL_MAX_DIMS) {
        return REFUSE(f, "the shape of '%s' is not a list of at most %d sizes",
                      REELI_QUOTED(e->name), REEL_MAX_DIMS);
    }
    int64_t widest = 8;
    *bytes = e->dtype->bytes;
    e->ndim = (int)ndim;
    for (size_t d = 0; d < ndim; d++) {
        if (!is_count(json_array_get(shape, d), &e->size[d])) {
            return REFUSE(f, "size %zu of '%s' is not a whole number from 0 on", d,
                          REELI_QUOTED(e->name));
        }
        if (!reeli_multiply(*bytes, e->size[d], bytes) ||
            !reeli_multiply(widest, e->size[d] ? e->size[d] : 1, &widest)) {
            return REFUSE(f, "the shape of '%s' has too many elements", REELI_QUOTED(e->name));
        }
    }
    return true;
}

static bool read_entry(reel_safetensors *f, reeli_entry *e, json_t *json)
{
    const char *dtype = json_string_value(json_object_get(json, "dtype"));
    const json_t *offsets = json_object_get(json, "data_offsets");
    if (!dtype || !offsets || !json_object_get(json, "shape") || json_object_size(json) != 3) {
        return REFUSE(f, "'%s' is not an object of dtype, shape and data_offsets",
                      REELI_QUOTED(e->name));
    }
    e->dtype = reeli_file_dtype_named(dtype);
    if (!e->dtype) {
        return REFUSE(f, "'%s' has an unknown dtype '%s'", REELI_QUOTED(e->name),
                      REELI_QUOTED(dtype));
    }
    int64_t bytes;
    if (!read_shape(f, e, json_object_get(json, "shape"), &bytes)) {
        return false;
    }
    if (json_array_size(offsets) != 2 || !is_count(json_array_get(offsets, 0), &e->begin) ||
        !is_count(json_array_get(offsets, 1), &e->end) || e->end < e->begin) {
        return REFUSE(f, "the data_offsets of '%s' are not a begin and an end",
                      REELI_QUOTED(e->name));
    }
    if (e->end - e->begin != bytes) {
        return REFUSE(f, "'%s' has %lld bytes, but its shape and dtype make %lld",
                      REELI_QUOTED(e->name), (long long)(e->end - e->begin), (long long)bytes);
    }
    return true;
}

static bool read_metadata(reel_safetensors *f, json_t *metadata)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata)) {
        return REFUSE(f, REELI_METADATA " is not an object");
    }
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value)) {
            return REFUSE(f, "the metadata '%s' is not text", REELI_QUOTED(key));
        }
    }
    f->metadata = metadata;
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const reeli_entry *x = a, *y = b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return x->end < y->end ? -1 : x->end > y->end;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const reeli_entry *)a)->name, ((const reeli_entry *)b)->name);
}

/* The tensors' bytes follow one another from the first to the file's last. */
static bool check_offsets(reel_safetensors *f, int64_t data_bytes)
{
    int64_t at = 0;
    qsort(f->entries, f->count, sizeof *f->entries, by_offset);
    for (size_t i = 0; i < f->count; i++) {
        const reeli_entry *e = &f->entries[i];
        if (e->begin != at) {
            return REFUSE(f, "'%s' starts at byte %lld of the data, %s", REELI_QUOTED(e->name),
                          (long long)e->begin,
                          e->begin < at ? "inside another tensor" : "after a gap");
        }
        at = e->end;
    }
    if (at != data_bytes) {
        return REFUSE(f, "its tensors have %lld bytes of data, but the file has %lld",
                      (long long)at, (long long)data_bytes);
    }
    qsort(f->entries, f->count, sizeof *f->entries, by_name);
    return true;
}

static bool read_entries(reel_safetensors *f)
{
    const char *name;
    json_t *json;
    f->capacity = json_object_size(f->header) * sizeof *f->entries;
    f->entries = reeli_malloc(f->owned.r, f->capacity);
    if (!f->entries) {
        reeli_refuse(f, REEL_ERR_MEMORY, "out of memory");
        return false;
    }
    json_object_foreach(f->header, name, json)
    {
        if (strcmp(name, REELI_METADATA) == 0) {
            if (!read_metadata(f, json)) {
                return false;
            }
            continue;
        }
        reeli_entry *e = &f->entries[f->count];
        *e = (reeli_entry){.name = name};
        if (!read_entry(f, e, json)) {
            return false;
        }
        f->count++;
    }
    return true;
}

/* Where memory ran out the parser may only miss a token, so malloc's own word for it is asked
 * too. */
static bool parse_header(reel_safetensors *f, const char *text, size_t length)
{
    json_error_t error = {.line = 0};
    errno = 0;
    f->header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!f->header) {
        if (errno == ENOMEM || json_error_code(&error) == json_error_out_of_memory) {
            reeli_refuse(f, REEL_ERR_MEMORY, "out of memory");
            return false;
        }
        return REFUSE(f, "its header is not JSON: %s (byte %d)", REELI_QUOTED(error.text),
                      error.position);
    }
    return json_is_object(f->header) || REFUSE(f, "its header is not an object");
}

static bool read_failed(reel_safetensors *f)
{
    if (ferror(f->stream)) {
        reeli_refuse(f, REEL_ERR_FILE, "cannot be read: %s", REELI_SYSTEM_ERROR(errno));
        return false;
    }
    return REFUSE(f, "is shorter than it says");
}

/* The header's length, at most what the file holds. */
static bool read_length(reel_safetensors *f, int64_t file_bytes, int64_t *length)
{
    unsigned char bytes[REELI_LENGTH_BYTES];
    if (file_bytes < REELI_LENGTH_BYTES) {
        return REFUSE(f, "is too short for a header: %lld bytes", (long long)file_bytes);
    }
    if (fread(bytes, 1, sizeof bytes, f->stream) != sizeof bytes) {
        return read_failed(f);
    }
    uint64_t n = 0;
    for (int i = REELI_LENGTH_BYTES - 1; i >= 0; i--) {
        n = n << 8 | bytes[i];
    }
    if (n > (uint64_t)(file_bytes - REELI_LENGTH_BYTES) || n > REELI_HEADER_LIMIT) {
        return REFUSE(f, "claims a header of %llu bytes; it has %lld, and %d are allowed",
                      (unsigned long long)n, (long long)(file_bytes - REELI_LENGTH_BYTES),
                      REELI_HEADER_LIMIT);
    }
    *length = (int64_t)n;
    return true;
}

static bool read_header(reel_safetensors *f, int64_t file_bytes)
{
    int64_t length = 0;
    if (!read_length(f, file_bytes, &length)) {
        return false;
    }
    char *text = reeli_malloc(f->owned.r, (size_t)length);
    if (!text) {
        reeli_refuse(f, REEL_ERR_MEMORY, "out of memory");
        return false;
    }
    bool ok = (fread(text, 1, (size_t)length, f->stream) == (size_t)length || read_failed(f)) &&
              parse_header(f, text, (size_t)length);
    reeli_free(f->owned.r, text, (size_t)length);
    f->data = REELI_LENGTH_BYTES + length;
    return ok && read_entries(f) && check_offsets(f, file_bytes - f->data);
}

static void destroy(reeli_owned *it)
{
    reel_safetensors *f = (reel_safetensors *)(void *)it;
    reeli_free(it->r, f->entries, f->capacity);
    json_decref(f->header);
    if (f->stream) {
        fclose(f->stream);
    }
}

reel_safetensors *reel_safetensors_open(reel *r, const char *path)
{
    if (r && REELI_REFUSE(r, "safetensors", "a file cannot be opened")) {
        return NULL;
    }
    if (!r) {
        return NULL;
    }
    if (!path) {
        reeli_error(r, REEL_ERR_VALUE, "safetensors: the path is NULL");
        return NULL;
    }
    size_t length = strlen(path) + 1;
    reel_safetensors *f = reeli_own(r, sizeof *f + length, destroy);
    if (!f) {
        reeli_no_memory(r, "safetensors");
        return NULL;
    }
    memcpy(f->path, path, length);
    int64_t file_bytes;
    f->stream = reeli_open_regular(r, "safetensors", path, &file_bytes);
    if (!f->stream || !read_header(f, file_bytes)) {
        reeli_disown(&f->owned);
        return NULL;
    }
    return f;
}
