/* SPDX-License-Identifier: MIT */
/* The header of an array as NumPy writes it, and the elements behind it. */
#include "npy.h"
#include "output_file.h"

#include <stdio.h>
#include <string.h>

size_t reeli_npy_header(char text[REELI_NPY_HEADER], const reel_tensor *t)
{
    static const char *const kinds[] = {"<f4", "<f8", "<i8", "|b1"};
    enum { PREFIX = 10, ALIGN = 64 };
    int at =
        PREFIX + snprintf(text + PREFIX, REELI_NPY_HEADER - PREFIX,
                          "{'descr': '%s', 'fortran_order': False, 'shape': (", kinds[t->dtype]);
    for (int d = 0; d < t->ndim; d++) {
        at += snprintf(text + at, (size_t)(REELI_NPY_HEADER - at), "%s%lld%s", d ? " " : "",
                       (long long)t->size[d], d + 1 < t->ndim || t->ndim == 1 ? "," : "");
    }
    at += snprintf(text + at, (size_t)(REELI_NPY_HEADER - at), "), }");
    size_t end = ((size_t)at + ALIGN) / ALIGN * ALIGN; /* a line feed has room */
    memset(text + at, ' ', end - (size_t)at);
    text[end - 1] = '\n';
    static const char magic[8] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0};
    memcpy(text, magic, sizeof magic);
    text[8] = (char)((end - PREFIX) & 255);
    text[9] = (char)((end - PREFIX) >> 8);
    return end;
}

const reel_tensor *reeli_npy_elements(reel *r, const char *what, reel_tensor *t)
{
    if (!reeli_usable_as(r, what, "its tensor", t)) {
        if (r->status == REEL_OK) { /* poison from an error that has been cleared */
            reeli_error(r, REEL_ERR_OWNER, "%s: a tensor is poison", what);
        }
        return NULL;
    }
    if ((t->flags & REELI_CONTIGUOUS) && !REELI_BIG_ENDIAN) {
        return t;
    }
    reel_tensor *copy = reeli_empty(r, what, t->dtype, t->ndim, t->size);
    if (reeli_bad(copy)) {
        return NULL;
    }
    reeli_copy(copy, t);
    reeli_swap_bytes(copy->data, (size_t)copy->numel, reeli_element_size(copy->dtype));
    return copy;
}

static bool write_array(reel_file *file, const reel_tensor *t)
{
    char header[REELI_NPY_HEADER];
    size_t length = reeli_npy_header(header, t), count = (size_t)t->numel;
    return reeli_file_put(file, header, length) &&
           reeli_file_put(file, t->data, count * reeli_element_size(t->dtype));
}

reel_status reel_npy_save(reel_tensor *t, const char *path)
{
    static const char what[] = "npy_save";
    if (!t) {
        return REEL_ERR_OWNER;
    }
    reel *r = reeli_reel_of(t);
    if (r->status != REEL_OK) {
        return r->status;
    }
    if (!path) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: the path is NULL", what);
    }
    reeli_mark mark = reeli_arena_mark(&r->arena);
    const reel_tensor *whole = reeli_npy_elements(r, what, t);
    reel_file *file = whole ? reeli_file_begin(r, what, path) : NULL;
    if (file) {
        write_array(file, whole);
        reel_file_commit(file);
    }
    reeli_arena_release(&r->arena, &mark);
    return r->status;
}
