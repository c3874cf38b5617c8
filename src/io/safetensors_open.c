/* SPDX-License-Identifier: MIT */
/*
 * Opening a safetensors file. Nothing in it is believed before it is checked: a length is compared
 * with the file's before memory is asked for, a shape with the bytes it claims, the claims with
 * one another and with what there is.
 */
#include "input_file.h"
#include "json_read.h"
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

static bool no_memory(reel_safetensors *f)
{
    reeli_refuse(f, REEL_ERR_MEMORY, "out of memory");
    return false;
}

/* The header, as it is being read. */
typedef struct reading {
    reel_safetensors *f;
    reeli_json json;
    reeli_entry entry; /* of the tensor that is being read */
    bool metadata;     /* whether that was there */
    char what[REELI_QUOTE_SIZE + 32];
} reading;

/* The name of the tensor that is being read, for messages. */
static const char *name_of(const reading *it)
{
    const reeli_text_set *names = &it->f->names;
    return reeli_text_at(names, reeli_text_count(names) - 1);
}

static bool read_dtype(void *context)
{
    reading *it = context;
    if (!reeli_json_text(&it->json)) {
        return false;
    }
    it->entry.dtype = reeli_file_dtype_named(it->json.text.data);
    return it->entry.dtype || REFUSE(it->f, "'%s' has an unknown dtype '%s'",
                                     REELI_QUOTED(name_of(it)), REELI_QUOTED(it->json.text.data));
}

/* A whole number from 0 on; -1 if something else comes. */
static int64_t read_count(reading *it)
{
    int64_t value;
    return reeli_json_take_integer(&it->json, &value) && value >= 0 ? value : -1;
}

static bool read_shape(void *context)
{
    reading *it = context;
    reeli_entry *e = &it->entry;
    bool more = false;
    if (reeli_json_peek(&it->json) != '[') {
        return REFUSE(it->f, "the shape of '%s' is not a list", REELI_QUOTED(name_of(it)));
    }
    reeli_json_take(&it->json, '[');
    while (reeli_json_next(&it->json, ']', &more)) {
        if (e->ndim == REEL_MAX_DIMS) {
            return REFUSE(it->f, "the shape of '%s' is not a list of at most %d sizes",
                          REELI_QUOTED(name_of(it)), REEL_MAX_DIMS);
        }
        e->size[e->ndim] = read_count(it);
        if (e->size[e->ndim++] < 0) {
            return REFUSE(it->f, "size %d of '%s' is not a whole number from 0 on", e->ndim - 1,
                          REELI_QUOTED(name_of(it)));
        }
    }
    return !more;
}

static bool read_offsets(void *context)
{
    reading *it = context;
    reeli_entry *e = &it->entry;
    e->begin = e->end = -1;
    bool sound = reeli_json_take(&it->json, '[') && (e->begin = read_count(it)) >= 0 &&
                 reeli_json_take(&it->json, ',') && (e->end = read_count(it)) >= e->begin &&
                 reeli_json_take(&it->json, ']');
    return sound || REFUSE(it->f, "the data_offsets of '%s' are not a begin and an end",
                           REELI_QUOTED(name_of(it)));
}

/* Whether the shape can be a tensor's, and takes the bytes that the offsets say. */
static bool check_shape(const reading *it)
{
    const reeli_entry *e = &it->entry;
    int64_t bytes = e->dtype->bytes, widest = 8;
    for (int d = 0; d < e->ndim; d++) {
        if (!reeli_multiply(bytes, e->size[d], &bytes) ||
            !reeli_multiply(widest, e->size[d] ? e->size[d] : 1, &widest)) {
            return REFUSE(it->f, "the shape of '%s' has too many elements",
                          REELI_QUOTED(name_of(it)));
        }
    }
    if (e->end - e->begin != bytes) {
        return REFUSE(it->f, "'%s' has %lld bytes, but its shape and dtype make %lld",
                      REELI_QUOTED(name_of(it)), (long long)(e->end - e->begin), (long long)bytes);
    }
    return true;
}

/* Keeps a name or key that is new; false, and an error, if it is not, or memory is out. */
static bool keep_new(reading *it, reeli_text_set *set)
{
    const char *text = it->json.text.data;
    if (reeli_text_set_find(set, text, it->json.text.count) >= 0) {
        return REFUSE(it->f, "'%s' is there twice", REELI_QUOTED(text));
    }
    return reeli_text_set_add(it->f->owned.r, set, text, it->json.text.count) || no_memory(it->f);
}

static bool read_tensor(reading *it)
{
    static const reeli_json_key keys[] = {
        {"dtype", read_dtype}, {"shape", read_shape}, {"data_offsets", read_offsets}};
    unsigned seen = 0;
    it->entry = (reeli_entry){.name = NULL};
    if (!keep_new(it, &it->f->names) || !reeli_json_expect(&it->json, ':')) {
        return false;
    }
    if (reeli_json_peek(&it->json) == '{' && !reeli_json_object(&it->json, keys, 3, it, &seen)) {
        return false;
    }
    if (seen != 7) {
        return REFUSE(it->f, "'%s' is not an object of dtype, shape and data_offsets",
                      REELI_QUOTED(name_of(it)));
    }
    if (!check_shape(it)) {
        return false;
    }
    reeli_entry *e = reeli_buffer_add(it->f->owned.r, &it->f->entries, sizeof *e);
    if (!e) {
        return no_memory(it->f);
    }
    *e = it->entry;
    return true;
}

/* A key, which was just read, and its value. */
static bool read_pair(reading *it)
{
    reel_safetensors *f = it->f;
    if (!keep_new(it, &f->keys) || !reeli_json_expect(&it->json, ':')) {
        return false;
    }
    if (reeli_json_peek(&it->json) != '"') {
        const char *key = reeli_text_at(&f->keys, reeli_text_count(&f->keys) - 1);
        return REFUSE(f, "the metadata '%s' is not text", REELI_QUOTED(key));
    }
    if (!reeli_json_text(&it->json)) {
        return false;
    }
    size_t size = it->json.text.count + 1, *at = NULL;
    if (!reeli_buffer_grow(f->owned.r, &f->values, f->values.count + size) ||
        !(at = reeli_buffer_add(f->owned.r, &f->value_at, sizeof *at))) {
        return no_memory(f);
    }
    memcpy((char *)f->values.data + f->values.count, it->json.text.data, size);
    *at = f->values.count;
    f->values.count += size;
    return true;
}

static bool read_metadata(reading *it)
{
    bool more = false;
    if (it->metadata) {
        return REFUSE(it->f, REELI_METADATA " is there twice");
    }
    it->metadata = true;
    if (!reeli_json_expect(&it->json, ':')) {
        return false;
    }
    if (!reeli_json_take(&it->json, '{')) {
        return REFUSE(it->f, REELI_METADATA " is not an object");
    }
    while (reeli_json_next(&it->json, '}', &more)) {
        if (!reeli_json_text(&it->json) || !read_pair(it)) {
            return false;
        }
    }
    return !more;
}

static bool read_members(reading *it)
{
    bool more = false;
    if (!reeli_json_expect(&it->json, '{')) {
        return false;
    }
    while (reeli_json_next(&it->json, '}', &more)) {
        if (!reeli_json_text(&it->json) ||
            !(strcmp(it->json.text.data, REELI_METADATA) == 0 ? read_metadata(it)
                                                              : read_tensor(it))) {
            return false;
        }
    }
    return !more && reeli_json_end(&it->json);
}

/* The header's text, NUL-terminated; a NUL in it would be taken for its end. */
static bool parse_header(reel_safetensors *f, const char *text, size_t length)
{
    reading it = {.f = f};
    snprintf(it.what, sizeof it.what, "safetensors: %s: its header", REELI_QUOTED(f->path));
    it.json = reeli_json_of(f->owned.r, it.what, text);
    bool ok = strlen(text) == length || REFUSE(f, "its header has a byte 0");
    ok = ok && read_members(&it);
    reeli_json_free(&it.json);
    for (size_t i = 0; ok && i < f->entries.count;
         i++) { /* names stay where they are from now on */
        reeli_entry_at(f, i)->name = reeli_text_at(&f->names, i);
    }
    return ok;
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

static void sort(reel_safetensors *f, int (*compare)(const void *a, const void *b))
{
    if (f->entries.count > 1) {
        qsort(f->entries.data, f->entries.count, sizeof(reeli_entry), compare);
    }
}

/* The tensors' bytes follow one another from the first to the file's last. */
static bool check_offsets(reel_safetensors *f, int64_t data_bytes)
{
    int64_t at = 0;
    sort(f, by_offset);
    for (size_t i = 0; i < f->entries.count; i++) {
        const reeli_entry *e = reeli_entry_at(f, i);
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
    sort(f, by_name);
    return true;
}

static bool read_failed(reel_safetensors *f)
{
    if (ferror(f->stream)) {
        reeli_refuse(f, reeli_system_status(errno), "cannot be read: %s",
                     REELI_SYSTEM_ERROR(errno));
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
    char *text = reeli_malloc(f->owned.r, (size_t)length + 1);
    if (!text) {
        return no_memory(f);
    }
    text[length] = '\0';
    bool ok = (fread(text, 1, (size_t)length, f->stream) == (size_t)length || read_failed(f)) &&
              parse_header(f, text, (size_t)length);
    reeli_free(f->owned.r, text, (size_t)length + 1);
    f->data = REELI_LENGTH_BYTES + length;
    return ok && check_offsets(f, file_bytes - f->data);
}

static void destroy(reeli_owned *it)
{
    reel_safetensors *f = (reel_safetensors *)(void *)it;
    reeli_text_set_free(it->r, &f->names);
    reeli_buffer_free(it->r, &f->entries);
    reeli_text_set_free(it->r, &f->keys);
    reeli_buffer_free(it->r, &f->values);
    reeli_buffer_free(it->r, &f->value_at);
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
    reel_safetensors *f = reeli_own(r, "file", sizeof *f + length, destroy);
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
