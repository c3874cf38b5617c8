/* SPDX-License-Identifier: MIT */
/* Writing a safetensors file: everything is checked and the header made before a file is
 * touched. */
#include "kernels.h"
#include "output_file.h"
#include "safetensors.h"

#include <string.h>

static const char operation[] = "safetensors_save";

/* What is to be written. */
typedef struct request {
    reel *r;
    const reel_named_tensor *tensors;
    size_t count;
    const reel_metadata_entry *metadata;
    size_t metadata_count;
    char *header; /* in JSON */
    size_t length;
} request;

static bool refuse(reel *r, reel_status status, const char *name, const char *what)
{
    reeli_error(r, status, "%s: '%s' %s", operation, name ? REELI_QUOTED(name) : "(NULL)", what);
    return false;
}

static bool out_of_memory(reel *r)
{
    reeli_no_memory(r, operation);
    return false;
}

/* JSON of a text; NULL, and an error, if it is not UTF-8. */
static json_t *text_json(reel *r, const char *text)
{
    json_error_t error = {.line = 0};
    json_t *json = text ? json_pack_ex(&error, 0, "s", text) : NULL;
    if (!json && text && json_error_code(&error) != json_error_invalid_utf8) {
        out_of_memory(r);
    } else if (!json) {
        refuse(r, REEL_ERR_VALUE, text, "is not text in UTF-8");
    }
    return json;
}

/* Adds `value`, which becomes the object's, under a name that must be new. */
static bool add(reel *r, json_t *object, const char *name, json_t *value)
{
    json_t *key = value ? text_json(r, name) : NULL;
    bool ok = key != NULL;
    if (ok && json_object_get(object, name)) {
        ok = refuse(r, REEL_ERR_VALUE, name, "is there twice");
    } else if (ok && json_object_set(object, name, value) != 0) {
        ok = out_of_memory(r);
    }
    json_decref(key);
    json_decref(value);
    return ok;
}

static json_t *shape_json(const reel_tensor *t)
{
    json_t *shape = json_array();
    for (int d = 0; shape && d < t->ndim; d++) {
        if (json_array_append_new(shape, json_integer(t->size[d])) != 0) {
            json_decref(shape);
            shape = NULL;
        }
    }
    return shape;
}

static bool add_tensor(reel *r, json_t *header, const reel_named_tensor *it, int64_t *offset)
{
    const reeli_file_dtype *dtype = reeli_file_dtype_of(it->tensor->dtype);
    int64_t end;
    if (__builtin_add_overflow(*offset, it->tensor->numel * dtype->bytes, &end)) {
        return refuse(r, REEL_ERR_VALUE, it->name, "is too much for one file");
    }
    json_t *shape = shape_json(it->tensor); /* json_pack frees it if it fails */
    json_t *entry = !shape ? NULL
                           : json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype->name, "shape", shape,
                                       "data_offsets", (json_int_t)*offset, (json_int_t)end);
    *offset = end;
    return entry ? add(r, header, it->name, entry) : out_of_memory(r);
}

/* Wide elements come first, so that each tensor's offset is a multiple of its element's size. */
static bool add_tensors(const request *q, json_t *header)
{
    int64_t offset = 0;
    for (size_t bytes = 8; bytes > 0; bytes /= 2) {
        for (size_t i = 0; i < q->count; i++) {
            if (reeli_element_size(q->tensors[i].tensor->dtype) == bytes &&
                !add_tensor(q->r, header, &q->tensors[i], &offset)) {
                return false;
            }
        }
    }
    return true;
}

static bool add_metadata(const request *q, json_t *header)
{
    json_t *metadata = json_object();
    bool ok = metadata || out_of_memory(q->r);
    for (size_t i = 0; ok && i < q->metadata_count; i++) {
        json_t *value = text_json(q->r, q->metadata[i].value);
        ok = value && add(q->r, metadata, q->metadata[i].key, value);
    }
    if (!ok || q->metadata_count == 0) {
        json_decref(metadata);
        return ok;
    }
    return add(q->r, header, REELI_METADATA, metadata);
}

static bool check(const request *q, const char *path)
{
    if (q->r->status != REEL_OK) {
        return false;
    }
    if (!path || (q->count && !q->tensors) || (q->metadata_count && !q->metadata)) {
        reeli_error(q->r, REEL_ERR_VALUE, "%s: an argument is NULL", operation);
        return false;
    }
    for (size_t i = 0; i < q->count; i++) {
        const reel_named_tensor *it = &q->tensors[i];
        if (it->name && strcmp(it->name, REELI_METADATA) == 0) {
            return refuse(q->r, REEL_ERR_VALUE, it->name, "is not for a tensor to be called");
        }
        if (!reeli_usable(q->r, operation, it->tensor)) {
            if (q->r->status == REEL_OK) { /* poison from an error that has been cleared */
                refuse(q->r, REEL_ERR_OWNER, it->name, "is poison");
            }
            return false;
        }
    }
    return true;
}

/* Written into memory of ours in two passes: a growing buffer of Jansson's own (json_dumps) drops
 * an object's key without a word where it cannot grow. */
static bool print_header(request *q, const json_t *header)
{
    q->length = json_dumpb(header, NULL, 0, JSON_COMPACT);
    q->header = q->length ? reeli_malloc(q->r, q->length) : NULL;
    if (!q->header || json_dumpb(header, q->header, q->length, JSON_COMPACT) != q->length) {
        return out_of_memory(q->r);
    }
    return q->length <= REELI_HEADER_LIMIT - 8 ||
           refuse(q->r, REEL_ERR_VALUE, "the header", "is too long for the format");
}

static bool make_header(request *q)
{
    json_t *header = json_object();
    bool ok = header ? add_metadata(q, header) && add_tensors(q, header) && print_header(q, header)
                     : out_of_memory(q->r);
    json_decref(header);
    return ok;
}

/* Filled up with spaces, so that the data is aligned for whoever maps the file. */
static bool write_header(const request *q, FILE *stream)
{
    size_t padding = -q->length & 7;
    uint64_t total = q->length + padding;
    unsigned char bytes[REELI_LENGTH_BYTES];
    for (int i = 0; i < REELI_LENGTH_BYTES; i++) {
        bytes[i] = (unsigned char)(total >> (8 * i));
    }
    return fwrite(bytes, 1, sizeof bytes, stream) == sizeof bytes &&
           fwrite(q->header, 1, q->length, stream) == q->length &&
           fwrite("        ", 1, padding, stream) == padding;
}

/* Row by row, in pieces, whatever the strides. */
static bool write_elements(FILE *stream, const reel_tensor *t)
{
    unsigned char piece[4096];
    size_t bytes = reeli_element_size(t->dtype), room = sizeof piece / bytes, filled = 0;
    int64_t index[REEL_MAX_DIMS] = {0}, offset = 0;
    for (int64_t i = 0; i < t->numel; i++) {
        memcpy(piece + filled * bytes, (const char *)t->data + offset * (int64_t)bytes, bytes);
        if (++filled == room || i == t->numel - 1) {
            reeli_swap_bytes(piece, filled, bytes);
            if (fwrite(piece, bytes, filled, stream) != filled) {
                return false;
            }
            filled = 0;
        }
        for (int d = t->ndim - 1; d >= 0; d--) {
            offset += t->stride[d];
            if (++index[d] < t->size[d]) {
                break;
            }
            offset -= t->size[d] * t->stride[d];
            index[d] = 0;
        }
    }
    return true;
}

static bool write_tensor(FILE *stream, const reel_tensor *t)
{
    size_t count = (size_t)t->numel;
    if ((t->flags & REELI_CONTIGUOUS) && !REELI_BIG_ENDIAN) {
        return count == 0 || fwrite(t->data, reeli_element_size(t->dtype), count, stream) == count;
    }
    return write_elements(stream, t);
}

static bool write_all(const request *q, FILE *stream)
{
    bool ok = write_header(q, stream);
    for (size_t bytes = 8; bytes > 0; bytes /= 2) {
        for (size_t i = 0; ok && i < q->count; i++) {
            const reel_tensor *t = q->tensors[i].tensor;
            ok = reeli_element_size(t->dtype) != bytes || write_tensor(stream, t);
        }
    }
    return ok;
}

reel_status reel_safetensors_save(reel *r, const char *path, const reel_named_tensor *tensors,
                                  size_t count, const reel_metadata_entry *metadata,
                                  size_t metadata_count)
{
    request q = {r, tensors, count, metadata, metadata_count, NULL, 0};
    reeli_replacement file;
    if (!r || !check(&q, path)) {
        return reel_error_status(r);
    }
    if (make_header(&q) && reeli_replace_begin(&file, r, operation, path)) {
        reeli_replace_end(&file, write_all(&q, file.stream));
    }
    reeli_free(r, q.header, q.length);
    return r->status;
}
