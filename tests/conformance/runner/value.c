/* SPDX-License-Identifier: MIT */
/* A case's values: from JSON and stored elements to numbers, lists and tensors. */
#include "runner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool because(reason *why, const char *format, ...)
{
    if (!why->text[0]) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(why->text, sizeof why->text, format, arguments);
        va_end(arguments);
    }
    return false;
}

void value_free(value *v)
{
    for (size_t i = 0; i < v->count; i++) {
        value_free(&v->items[i]);
    }
    free(v->items);
}

static bool read_items(source *from, json_t *list, kind is, value *out)
{
    size_t count = json_array_size(list);
    out->kind = is;
    out->items = calloc(count + 1, sizeof *out->items);
    if (!out->items) {
        return because(&from->why, "out of memory");
    }
    for (; out->count < count; out->count++) {
        if (!value_read(from, json_array_get(list, out->count), &out->items[out->count])) {
            value_free(&out->items[out->count]);
            return false;
        }
    }
    return true;
}

void *elements_of(reel_tensor *t, size_t *size)
{
    switch (reel_dtype_of(t)) {
    case REEL_F32:
        *size = sizeof(float);
        return reel_data_f32(t);
    case REEL_F64:
        *size = sizeof(double);
        return reel_data_f64(t);
    case REEL_I64:
        *size = sizeof(int64_t);
        return reel_data_i64(t);
    case REEL_BOOL:
        break;
    }
    *size = sizeof(bool);
    return reel_data_bool(t);
}

/* The dims that are walked through (size above 1, stride above 0), by falling stride. */
static int walked_dims(int ndim, const int64_t *size, const int64_t *stride, int *order)
{
    int count = 0;
    for (int d = 0; d < ndim; d++) {
        if (size[d] > 1 && stride[d] > 0) {
            int at = count++;
            for (; at > 0 && stride[order[at - 1]] < stride[d]; at--) {
                order[at] = order[at - 1];
            }
            order[at] = d;
        }
    }
    return count;
}

/* Room in which each walked dim is a part of a row of the dim before it; NaN where nothing lies. */
static reel_tensor *spread(reel_tensor *data, int dims, const int64_t *extent)
{
    bool has_nan = reel_dtype_of(data) <= REEL_F64;
    reel_tensor *room =
        reel_full(reel_of(data), reel_dtype_of(data), has_nan ? (double)NAN : 1, dims, extent);
    size_t bytes;
    void *to = elements_of(room, &bytes), *elements = elements_of(data, &bytes);
    if (to && elements && reel_numel(data) <= reel_numel(room)) {
        memcpy(to, elements, (size_t)reel_numel(data) * bytes);
        return room;
    }
    return NULL;
}

/* The room's dims for such strides, one more than are walked through, and these in order; -1 if no
 * chain of views makes them. */
static int room_dims(int ndim, const int64_t *size, const int64_t *stride, int *order,
                     int64_t *extent)
{
    const int dims = walked_dims(ndim, size, stride, order);
    for (int i = 0; i <= dims; i++) {
        int64_t outer = i ? stride[order[i - 1]] : 0, inner = i < dims ? stride[order[i]] : 1;
        extent[i] = i ? outer / inner : size[order[0]];
        if (i && (outer % inner || (i < dims && outer < inner * size[order[i]]))) {
            return -1;
        }
    }
    return dims == 0 || dims == REEL_MAX_DIMS ? -1 : dims + 1;
}

static reel_tensor *strided_room(reel_tensor *data, int ndim, const int64_t *size,
                                 const int64_t *stride)
{
    int order[REEL_MAX_DIMS];
    int64_t extent[REEL_MAX_DIMS + 1];
    const int dims = room_dims(ndim, size, stride, order, extent);
    return dims < 0 ? NULL : spread(data, dims, extent);
}

static reel_tensor *view_of_room(reel_tensor *room, int ndim, const int64_t *size,
                                 const int64_t *stride)
{
    int order[REEL_MAX_DIMS];
    int64_t extent[REEL_MAX_DIMS + 1], place[REEL_MAX_DIMS];
    const int dims = room ? room_dims(ndim, size, stride, order, extent) - 1 : -1;
    if (dims < 0) {
        return NULL;
    }
    reel_tensor *t = reel_select(room, dims, 0);
    for (int i = 0; i < dims; i++) {
        t = reel_narrow(t, i, 0, size[order[i]]);
    }
    for (int d = 0; d < ndim; d++) { /* what is not walked through comes last */
        place[d] = -1;
    }
    for (int i = 0; i < dims; i++) {
        place[order[i]] = i;
    }
    for (int d = 0, next = dims; d < ndim; d++) {
        if (place[d] < 0) {
            place[d] = next++;
            t = reel_unsqueeze(t, -1);
        }
    }
    return reel_expand(reel_permute(t, place), ndim, size);
}

static int read_sizes(json_t *list, int64_t *out)
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < REEL_MAX_DIMS; i++) {
        out[i] = json_integer_value(json_array_get(list, i));
    }
    return count <= REEL_MAX_DIMS ? (int)count : -1;
}

/* Remembers a dtype that reading has widened. */
static void note_dtype(source *from, const char *name)
{
    static const char *const ours[] = {"F32", "F64", "I64", "BOOL"};
    const char *dtype = reel_safetensors_dtype(from->file, name);
    for (size_t i = 0; dtype && i < sizeof ours / sizeof *ours; i++) {
        dtype = strcmp(dtype, ours[i]) == 0 ? NULL : dtype;
    }
    from->widened = dtype ? dtype : from->widened;
}

/* What an argument is made of: read, or what was read before. */
static reel_tensor *base_of(source *from, const char *name, int ndim, const int64_t *size,
                            const int64_t *stride)
{
    if (from->again) {
        return from->base[from->next++];
    }
    reel_tensor *t = reel_safetensors_tensor(from->file, name);
    note_dtype(from, name);
    if (ndim >= 0) {
        t = strided_room(t, ndim, size, stride);
    }
    if (from->bases < MAX_BASES) {
        from->base[from->bases++] = t;
    }
    return t;
}

static bool read_tensor(source *from, json_t *json, value *out)
{
    const char *name = json_string_value(json_object_get(json, "tensor"));
    json_t *stride = json_object_get(json, "stride");
    int64_t sizes[REEL_MAX_DIMS], strides[REEL_MAX_DIMS];
    const int ndim = stride ? read_sizes(json_object_get(json, "size"), sizes) : -1;
    for (size_t i = 0; i < from->names; i++) {
        if (strcmp(from->named[i], name) == 0) {
            *out = (value){.kind = TENSOR, .tensor = from->tensor[i]};
            return true;
        }
    }
    if (stride && (ndim < 0 || read_sizes(stride, strides) != ndim)) {
        return because(&from->why, "tensor %s has too many dims", name);
    }
    reel_tensor *t = base_of(from, name, ndim, sizes, strides);
    t = stride ? view_of_room(t, ndim, sizes, strides) : t;
    if (reel_is_poison(t)) {
        return because(&from->why, "tensor %s cannot be made: %s", name, reel_error(from->r));
    }
    if (json_is_true(json_object_get(json, "requires_grad"))) {
        if (from->leaves == MAX_LEAVES) {
            return because(&from->why, "more than %d leaves", MAX_LEAVES);
        }
        from->leaf[from->leaves++] = reel_requires_grad_(t, true);
    }
    from->tensors++;
    if (from->names < MAX_BASES) {
        from->named[from->names] = name;
        from->tensor[from->names++] = t;
    }
    out->kind = TENSOR;
    out->tensor = t;
    return true;
}

static bool read_result(source *from, json_int_t i, value *out)
{
    if (i < 0 || (size_t)i >= from->given_count) {
        return because(&from->why, "there is no result %lld", (long long)i);
    }
    from->tensors++;
    *out = (value){.kind = TENSOR, .tensor = from->given[i]};
    return true;
}

static bool read_dtype(source *from, const char *name, value *out)
{
    for (int dtype = REEL_F32; dtype <= REEL_BOOL; dtype++) {
        if (name && strcmp(name, reel_dtype_name((reel_dtype)dtype)) == 0) {
            out->kind = DTYPE;
            out->integer = dtype;
            return true;
        }
    }
    return because(&from->why, "no tensor of ours is %s", name ? name : "of no dtype");
}

static bool read_object(source *from, json_t *json, value *out)
{
    const char *special = json_string_value(json_object_get(json, "float"));
    if (json_object_get(json, "tensor")) {
        return read_tensor(from, json, out);
    }
    if (special) {
        *out = (value){.kind = REAL, .number = strtod(special, NULL)};
        return true;
    }
    if (json_object_get(json, "result")) {
        return read_result(from, json_integer_value(json_object_get(json, "result")), out);
    }
    if (json_object_get(json, "dtype")) {
        return read_dtype(from, json_string_value(json_object_get(json, "dtype")), out);
    }
    if (json_object_get(json, "slice")) {
        return read_items(from, json_object_get(json, "slice"), SLICE, out);
    }
    if (json_object_get(json, "ellipsis")) {
        out->kind = ELLIPSIS;
        return true;
    }
    return because(&from->why, "a value of an unknown kind");
}

bool value_read(source *from, json_t *json, value *out)
{
    *out = (value){.kind = NONE};
    switch (json_typeof(json)) {
    case JSON_NULL:
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        out->kind = BOOLEAN;
        out->integer = json_is_true(json);
        out->number = (double)out->integer;
        return true;
    case JSON_INTEGER:
        out->kind = INTEGER;
        out->integer = json_integer_value(json);
        out->number = (double)out->integer;
        return true;
    case JSON_REAL:
        out->kind = REAL;
        out->number = json_real_value(json);
        return true;
    case JSON_STRING:
        out->kind = TEXT;
        out->text = json_string_value(json);
        return true;
    case JSON_ARRAY:
        return read_items(from, json, LIST, out);
    case JSON_OBJECT:
        break;
    }
    return read_object(from, json, out);
}
