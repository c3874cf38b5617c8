/* SPDX-License-Identifier: MIT */
/*
 * Reading one array. Its header is a little Python, of which only the one dict that NumPy writes is
 * understood; every size is compared with the bytes that there are before memory is asked for.
 */
#include "input_file.h"
#include "npy.h"
#include "quote.h"

#include <stdarg.h>
#include <string.h>

enum { MAGIC_BYTES = 6, PREFIX_BYTES = 8, WORD_SIZE = 32 };

/* What the header says. */
typedef struct header {
    const reeli_file_dtype *dtype;
    bool big_endian, fortran;
    int ndim;
    int64_t size[REEL_MAX_DIMS];
} header;

/* The header's text, from which things are taken front to back. */
typedef struct cursor {
    const reeli_place *place;
    const char *at, *end;
} cursor;

reel_tensor *reeli_npy_refuse(const reeli_place *at, reel_status status, const char *format, ...)
{
    char why[REELI_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return reeli_fail(at->r, status, "%s: %s%s%s: %s", at->what, REELI_QUOTED(at->path),
                      at->member ? ": " : "", at->member ? REELI_QUOTED(at->member) : "", why);
}

static bool refuse(const reeli_place *at, reel_status status, const char *what, const char *it)
{
    reeli_npy_refuse(at, status, "%s%s%s", what, it ? " " : "", it ? REELI_QUOTED(it) : "");
    return false;
}

static void skip_spaces(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t')) {
        c->at++;
    }
}

/* Takes the text if it comes next. */
static bool take(cursor *c, const char *text)
{
    size_t length = strlen(text);
    skip_spaces(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, text, length) != 0) {
        return false;
    }
    c->at += length;
    return true;
}

/* Takes a short text in quotes, without any escapes. */
static bool take_word(cursor *c, char word[WORD_SIZE])
{
    size_t length = 0;
    skip_spaces(c);
    const char *quote = c->at;
    if (!take(c, "'") && !take(c, "\"")) {
        return false;
    }
    while (c->at < c->end && *c->at != *quote && length < WORD_SIZE - 1) {
        word[length++] = *c->at++;
    }
    word[length] = '\0';
    return c->at < c->end && *c->at++ == *quote;
}

/* Takes a whole number from 0 on; Python 2 may have put an L behind it. */
static bool take_size(cursor *c, int64_t *size)
{
    skip_spaces(c);
    const char *start = c->at;
    *size = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, *c->at - '0', size)) {
            return false;
        }
    }
    bool any = c->at > start;
    take(c, "L");
    return any;
}

/* "<f4": the byte order, then the kind of number, then its bytes. */
static bool read_descr(cursor *c, header *h)
{
    static const char *const known[][2] = {
        {"f2", "F16"}, {"f4", "F32"}, {"f8", "F64"}, {"i1", "I8"},  {"i2", "I16"}, {"i4", "I32"},
        {"i8", "I64"}, {"u1", "U8"},  {"u2", "U16"}, {"u4", "U32"}, {"b1", "BOOL"}};
    char word[WORD_SIZE];
    skip_spaces(c);
    if (c->at < c->end && *c->at == '[') {
        return refuse(c->place, REEL_ERR_DTYPE, "its elements are records, which no tensor has",
                      NULL);
    }
    if (!take_word(c, word) || !word[0]) {
        return refuse(c->place, REEL_ERR_FORMAT, "its descr is not a text", NULL);
    }
    bool ordered = strchr("<>|=", word[0]) != NULL;
    h->big_endian = word[0] == '>' || (strchr("<|", word[0]) == NULL && REELI_BIG_ENDIAN);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(word + ordered, known[i][0]) == 0) {
            h->dtype = reeli_file_dtype_named(known[i][1]);
            return true;
        }
    }
    return refuse(c->place, REEL_ERR_DTYPE, "no tensor has elements of", word);
}

static bool read_order(cursor *c, header *h)
{
    h->fortran = take(c, "True");
    return h->fortran || take(c, "False") ||
           refuse(c->place, REEL_ERR_FORMAT, "its fortran_order is neither True nor False", NULL);
}

static bool read_shape(cursor *c, header *h)
{
    bool open = take(c, "("), more = open;
    h->ndim = 0;
    while (more && !take(c, ")")) {
        if (h->ndim == REEL_MAX_DIMS) {
            return refuse(c->place, REEL_ERR_SHAPE, "it has more dims than a tensor", NULL);
        }
        if (!take_size(c, &h->size[h->ndim++])) {
            open = false;
            break;
        }
        if (!take(c, ",")) {
            open = take(c, ")");
            more = false;
        }
    }
    return open || refuse(c->place, REEL_ERR_FORMAT, "its shape is not a tuple of sizes", NULL);
}

/* The dict: each of three keys once. */
static bool read_dict(cursor *c, header *h)
{
    static const struct {
        const char *key;
        bool (*read)(cursor *c, header *h);
    } keys[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
    enum { KEYS = sizeof keys / sizeof *keys };
    bool sound = take(c, "{"), seen[KEYS] = {false};
    while (sound && !take(c, "}")) {
        char word[WORD_SIZE];
        size_t i = 0;
        if (!take_word(c, word) || !take(c, ":")) {
            sound = false;
            break;
        }
        while (i < KEYS && strcmp(keys[i].key, word) != 0) {
            i++;
        }
        if (i == KEYS || seen[i]) {
            return refuse(c->place, REEL_ERR_FORMAT, "its header has an unknown or a second", word);
        }
        seen[i] = true;
        if (!keys[i].read(c, h)) {
            return false;
        }
        sound = take(c, ",") || (c->at < c->end && *c->at == '}');
    }
    skip_spaces(c);
    if (!sound || c->at != c->end) {
        return refuse(c->place, REEL_ERR_FORMAT, "its header is not a dict as NumPy writes it",
                      NULL);
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (!seen[i]) {
            return refuse(c->place, REEL_ERR_FORMAT, "its header lacks", keys[i].key);
        }
    }
    return true;
}

static bool read_bytes(const reeli_place *at, const reeli_source *source, void *to, size_t bytes)
{
    return source->read(source->from, to, bytes) ||
           refuse(at, at->unreadable, "it cannot be read", NULL);
}

/* The header's length from what comes before it, at most what there is; -1 after an error. */
static int64_t read_prefix(const reeli_place *at, const reeli_source *source, int64_t *bytes)
{
    unsigned char prefix[PREFIX_BYTES + 4] = {0};
    if (*bytes < PREFIX_BYTES + 4) { /* no header is that short */
        refuse(at, REEL_ERR_FORMAT, "it is too short for an array", NULL);
        return -1;
    }
    if (!read_bytes(at, source, prefix, PREFIX_BYTES)) {
        return -1;
    }
    if (memcmp(prefix, "\x93NUMPY", MAGIC_BYTES) != 0 || prefix[6] < 1 || prefix[6] > 3) {
        refuse(at, REEL_ERR_FORMAT, "it does not start as an array of version 1 to 3", NULL);
        return -1;
    }
    size_t width = prefix[6] == 1 ? 2 : 4;
    if (!read_bytes(at, source, prefix + PREFIX_BYTES, width)) {
        return -1;
    }
    int64_t length = 0;
    for (size_t i = width; i > 0; i--) {
        length = length << 8 | prefix[PREFIX_BYTES + i - 1];
    }
    *bytes -= PREFIX_BYTES + (int64_t)width;
    if (length > *bytes) {
        refuse(at, REEL_ERR_FORMAT, "its header is longer than the file", NULL);
        return -1;
    }
    *bytes -= length;
    return length;
}

static bool read_header(const reeli_place *at, const reeli_source *source, int64_t *bytes,
                        header *h)
{
    int64_t length = read_prefix(at, source, bytes);
    char *text = length < 0 ? NULL : reeli_malloc(at->r, (size_t)length);
    if (!text) {
        return length < 0 ? false : refuse(at, REEL_ERR_MEMORY, "out of memory", NULL);
    }
    cursor c = {at, text, text + length};
    bool ok = read_bytes(at, source, text, (size_t)length) && read_dict(&c, h);
    reeli_free(at->r, text, (size_t)length);
    return ok;
}

/* Whether the shape's elements take just these bytes. */
static bool check_size(const reeli_place *at, const header *h, int64_t bytes)
{
    int64_t wanted = h->dtype->bytes;
    bool fits = true, empty = false;
    for (int d = 0; d < h->ndim; d++) {
        empty |= h->size[d] == 0;
    }
    for (int d = 0; fits && !empty && d < h->ndim; d++) {
        fits = reeli_multiply(wanted, h->size[d], &wanted);
    }
    wanted = empty ? 0 : wanted;
    if (!fits || wanted != bytes) {
        reeli_npy_refuse(at, REEL_ERR_FORMAT,
                         "its shape %s has %s bytes than the %lld after the header",
                         reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, h->ndim, h->size),
                         !fits || wanted > bytes ? "more" : "fewer", (long long)bytes);
        return false;
    }
    return true;
}

/* The elements into a tensor of this shape; poison if they are not there. */
static reel_tensor *read_tensor(const reeli_place *at, const reeli_source *source, const header *h,
                                const int64_t *size)
{
    reel_tensor *t = reeli_create(at->r, at->what, h->dtype->dtype, h->ndim, size);
    bool read = !reeli_bad(t) && reeli_read_elements(source, h->dtype, h->big_endian, t);
    if (read && !reeli_has_bad_bool(t)) {
        return t;
    }
    if (!reeli_bad(t)) {
        reel_tensor_free(t);
        refuse(at, read ? REEL_ERR_FORMAT : at->unreadable,
               read ? "it has a bool that is neither 0 nor 1" : "it cannot be read to its end",
               NULL);
    }
    return at->r->poison;
}

/* In Fortran's order the first dim runs fastest: read as if turned round, and turned back by a
 * copy. */
static reel_tensor *read_fortran(const reeli_place *at, const reeli_source *source, const header *h)
{
    reel *r = at->r;
    int64_t turned[REEL_MAX_DIMS], stride[REEL_MAX_DIMS];
    uint64_t step = 1;
    for (int d = 0; d < h->ndim; d++) {
        turned[h->ndim - 1 - d] = h->size[d];
        stride[d] = (int64_t)step;
        step *= h->size[d] ? (uint64_t)h->size[d] : 1;
    }
    reel_tensor *from = read_tensor(at, source, h, turned);
    if (reeli_bad(from)) {
        return from;
    }
    reeli_mark mark = reeli_arena_mark(&r->arena);
    reel_tensor *view = reeli_view(from, at->what, h->ndim, h->size, stride, 0);
    reel_tensor *to =
        reeli_bad(view) ? r->poison : reeli_create(r, at->what, h->dtype->dtype, h->ndim, h->size);
    if (!reeli_bad(to)) {
        reeli_copy(to, view);
    }
    reeli_arena_release(&r->arena, &mark);
    reel_tensor_free(from);
    return to;
}

reel_tensor *reeli_npy_read(const reeli_place *at, const reeli_source *source, int64_t bytes)
{
    header h = {.ndim = 0};
    if (!read_header(at, source, &bytes, &h) ||
        !reeli_check_shape(at->r, at->what, h.ndim, h.size) || !check_size(at, &h, bytes)) {
        return at->r->poison;
    }
    return h.fortran && h.ndim > 1 ? read_fortran(at, source, &h)
                                   : read_tensor(at, source, &h, h.size);
}

reel_tensor *reel_npy_load(reel *r, const char *path)
{
    if (!r || !path) {
        return r ? reeli_fail(r, REEL_ERR_VALUE, "npy: the path is NULL") : NULL;
    }
    int64_t bytes;
    FILE *stream = reeli_open_regular(r, "npy", path, &bytes);
    if (!stream) {
        return r->poison;
    }
    reeli_source source = reeli_stream_source(stream);
    reel_tensor *t =
        reeli_npy_read(&(reeli_place){r, "npy", path, NULL, REEL_ERR_FILE}, &source, bytes);
    fclose(stream);
    return t;
}
