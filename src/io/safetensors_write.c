/* SPDX-License-Identifier: MIT */
/* Writing a safetensors file: everything is checked and the header made before a file is
 * touched. */
#include "json_write.h"
#include "kernels.h"
#include "output_file.h"
#include "safetensors.h"
#include "text_set.h"
#include "utf8.h"

#include <string.h>

static const char operation[] = "safetensors_save";

/* What is to be written. */
typedef struct request {
    reel *r;
    const reel_named_tensor *tensors;
    size_t count;
    const reel_metadata_entry *metadata;
    size_t metadata_count;
    reeli_json_writer header;
    const char *text; /* the header's */
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

/* A name or key that is UTF-8 and not in the set, into which it goes; an error otherwise. */
static bool keep_new(reel *r, reeli_text_set *set, const char *name)
{
    size_t length = name ? strlen(name) : 0;
    if (!name || !reeli_is_utf8(name, length)) {
        return refuse(r, REEL_ERR_VALUE, name, "is not text in UTF-8");
    }
    if (reeli_text_set_find(set, name, length) >= 0) {
        return refuse(r, REEL_ERR_VALUE, name, "is there twice");
    }
    return reeli_text_set_add(r, set, name, length) || out_of_memory(r);
}

static void put_tensor(reeli_json_writer *w, const reel_named_tensor *it, int64_t begin,
                       int64_t end)
{
    reeli_json_put_open(w, it->name, '{');
    reeli_json_put_text(w, "dtype", reeli_file_dtype_of(it->tensor->dtype)->name);
    reeli_json_put_open(w, "shape", '[');
    for (int d = 0; d < it->tensor->ndim; d++) {
        reeli_json_put_integer(w, NULL, it->tensor->size[d]);
    }
    reeli_json_put_close(w, ']');
    reeli_json_put_open(w, "data_offsets", '[');
    reeli_json_put_integer(w, NULL, begin);
    reeli_json_put_integer(w, NULL, end);
    reeli_json_put_close(w, ']');
    reeli_json_put_close(w, '}');
}

/* Wide elements come first, so that each tensor's offset is a multiple of its element's size. */
static bool put_tensors(request *q, reeli_text_set *names)
{
    int64_t begin = 0, end;
    for (size_t bytes = 8; bytes > 0; bytes /= 2) {
        for (size_t i = 0; i < q->count; i++) {
            const reel_named_tensor *it = &q->tensors[i];
            if (reeli_element_size(it->tensor->dtype) != bytes) {
                continue;
            }
            if (!keep_new(q->r, names, it->name)) {
                return false;
            }
            if (!reeli_add(begin, it->tensor->numel * (int64_t)bytes, &end)) {
                return refuse(q->r, REEL_ERR_VALUE, it->name, "is too much for one file");
            }
            put_tensor(&q->header, it, begin, end);
            begin = end;
        }
    }
    return true;
}

static bool put_metadata(request *q, reeli_text_set *keys)
{
    reeli_json_writer *w = &q->header;
    if (q->metadata_count > 0) {
        reeli_json_put_open(w, REELI_METADATA, '{');
    }
    for (size_t i = 0; i < q->metadata_count; i++) {
        const reel_metadata_entry *it = &q->metadata[i];
        if (!keep_new(q->r, keys, it->key)) {
            return false;
        }
        if (!it->value || !reeli_is_utf8(it->value, strlen(it->value))) {
            return refuse(q->r, REEL_ERR_VALUE, it->value, "is not text in UTF-8");
        }
        reeli_json_put_text(w, it->key, it->value);
    }
    if (q->metadata_count > 0) {
        reeli_json_put_close(w, '}');
    }
    return true;
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
        if (!reeli_usable_as(q->r, operation, it->name, it->tensor)) {
            if (q->r->status == REEL_OK) { /* poison from an error that has been cleared */
                refuse(q->r, REEL_ERR_OWNER, it->name, "is poison");
            }
            return false;
        }
    }
    return true;
}

static bool make_header(request *q)
{
    reeli_text_set names = {.text = {NULL, 0, 0}}, keys = names;
    reeli_json_put_open(&q->header, NULL, '{');
    bool ok = put_metadata(q, &keys) && put_tensors(q, &names);
    reeli_json_put_close(&q->header, '}');
    reeli_text_set_free(q->r, &names);
    reeli_text_set_free(q->r, &keys);
    q->text = reeli_json_written(&q->header, &q->length);
    return ok && (q->text || out_of_memory(q->r)) &&
           (q->length <= REELI_HEADER_LIMIT - 8 ||
            refuse(q->r, REEL_ERR_VALUE, "the header", "is too long for the format"));
}

/* Filled up with spaces, so that the data is aligned for whoever maps the file. */
static bool write_header(const request *q, reel_file *file)
{
    size_t padding = -q->length & 7;
    uint64_t total = q->length + padding;
    unsigned char bytes[REELI_LENGTH_BYTES];
    for (int i = 0; i < REELI_LENGTH_BYTES; i++) {
        bytes[i] = (unsigned char)(total >> (8 * i));
    }
    return reeli_file_put(file, bytes, sizeof bytes) && reeli_file_put(file, q->text, q->length) &&
           reeli_file_put(file, "        ", padding);
}

/* Row by row, in pieces, whatever the strides. */
static bool write_elements(reel_file *file, const reel_tensor *t)
{
    unsigned char piece[4096];
    size_t bytes = reeli_element_size(t->dtype), room = sizeof piece / bytes, filled = 0;
    int64_t index[REEL_MAX_DIMS] = {0}, offset = 0;
    for (int64_t i = 0; i < t->numel; i++) {
        memcpy(piece + filled * bytes, (const char *)t->data + offset * (int64_t)bytes, bytes);
        if (++filled == room || i == t->numel - 1) {
            reeli_swap_bytes(piece, filled, bytes);
            if (!reeli_file_put(file, piece, filled * bytes)) {
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

static bool write_tensor(reel_file *file, const reel_tensor *t)
{
    size_t count = (size_t)t->numel;
    if ((t->flags & REELI_CONTIGUOUS) && !REELI_BIG_ENDIAN) {
        return reeli_file_put(file, t->data, count * reeli_element_size(t->dtype));
    }
    return write_elements(file, t);
}

static bool write_all(const request *q, reel_file *file)
{
    bool ok = write_header(q, file);
    for (size_t bytes = 8; bytes > 0; bytes /= 2) {
        for (size_t i = 0; ok && i < q->count; i++) {
            const reel_tensor *t = q->tensors[i].tensor;
            ok = reeli_element_size(t->dtype) != bytes || write_tensor(file, t);
        }
    }
    return ok;
}

reel_status reel_safetensors_save(reel *r, const char *path, const reel_named_tensor *tensors,
                                  size_t count, const reel_metadata_entry *metadata,
                                  size_t metadata_count)
{
    request q = {.r = r,
                 .tensors = tensors,
                 .count = count,
                 .metadata = metadata,
                 .metadata_count = metadata_count,
                 .header = {.r = r}};
    if (!r || !check(&q, path)) {
        return reel_error_status(r);
    }
    reel_file *file = make_header(&q) ? reeli_file_begin(r, operation, path) : NULL;
    if (file) {
        write_all(&q, file);
        reel_file_commit(file);
    }
    reeli_json_writer_free(&q.header);
    return r->status;
}
