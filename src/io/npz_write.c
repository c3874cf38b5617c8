/* SPDX-License-Identifier: MIT */
/*
 * Writing an .npz archive. libzip asks two kinds of sources of ours: for a member's bytes, and to
 * put the archive's into the file that replaces the old one.
 */
#include "libzip.h"
#include "npy.h"
#include "output_file.h"
#include "quote.h"

#include <errno.h>
#include <string.h>

static const char operation[] = "npz_save";

/* A tensor as libzip reads it: the header, then the elements. */
typedef struct entry {
    const reeli_zip *zip;
    const reel_tensor *t;
    zip_uint64_t at, total;
    size_t header_size;
    char header[REELI_NPY_HEADER];
} entry;

/* The archive's file, and what went wrong with it. */
typedef struct target {
    const reeli_zip *zip;
    reel_file *file;
    zip_error_t error;
} target;

static zip_int64_t read_entry(entry *e, char *to, zip_uint64_t room)
{
    zip_uint64_t done = 0;
    while (done < room && e->at < e->total) {
        bool in_header = e->at < e->header_size;
        const char *from =
            in_header ? e->header + e->at : (const char *)e->t->data + (e->at - e->header_size);
        zip_uint64_t left = (in_header ? e->header_size : e->total) - e->at;
        zip_uint64_t bytes = left < room - done ? left : room - done;
        memcpy(to + done, from, bytes);
        e->at += bytes;
        done += bytes;
    }
    return (zip_int64_t)done;
}

static zip_int64_t supply(void *it, void *data, zip_uint64_t length, zip_source_cmd_t command)
{
    entry *e = it;
    switch (command) {
    case ZIP_SOURCE_OPEN:
        e->at = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return read_entry(e, data, length);
    case ZIP_SOURCE_STAT:
        *(zip_stat_t *)data = (zip_stat_t){.valid = ZIP_STAT_SIZE, .size = e->total};
        return sizeof(zip_stat_t);
    case ZIP_SOURCE_ERROR:
        memset(data, 0, length); /* nothing fails here */
        return 2 * sizeof(int);
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_READABLE;
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
        return 0;
    default:
        return -1;
    }
}

static zip_int64_t fail(target *to, int kind)
{
    to->zip->zip_error_set(&to->error, kind, errno);
    return -1;
}

static zip_int64_t seek(target *to, void *data, zip_uint64_t length)
{
    zip_uint64_t at = (zip_uint64_t)reeli_file_at(to->file);
    zip_uint64_t end = (zip_uint64_t)reeli_file_end(to->file);
    zip_int64_t offset = to->zip->zip_source_seek_compute_offset(at, end, data, length, &to->error);
    return offset >= 0 && reeli_file_seek(to->file, offset) ? 0 : fail(to, ZIP_ER_SEEK);
}

static zip_int64_t receive(void *it, void *data, zip_uint64_t length, zip_source_cmd_t command)
{
    target *to = it;
    switch (command) {
    case ZIP_SOURCE_STAT: /* there is no archive yet */
        errno = ENOENT;
        return fail(to, ZIP_ER_READ);
    case ZIP_SOURCE_WRITE:
        return reeli_file_put(to->file, data, length) ? (zip_int64_t)length
                                                      : fail(to, ZIP_ER_WRITE);
    case ZIP_SOURCE_SEEK_WRITE:
        return seek(to, data, length);
    case ZIP_SOURCE_TELL_WRITE:
        return reeli_file_at(to->file);
    case ZIP_SOURCE_ERROR:
        return to->zip->zip_error_to_data(&to->error, data, length);
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_WRITABLE;
    case ZIP_SOURCE_BEGIN_WRITE:
    case ZIP_SOURCE_COMMIT_WRITE: /* brought to the disk by whoever opened it */
    case ZIP_SOURCE_ROLLBACK_WRITE:
    case ZIP_SOURCE_REMOVE:
    case ZIP_SOURCE_FREE:
        return 0;
    default:
        return -1;
    }
}

/* An archive of no members, which libzip does not write. */
static bool write_empty(reel_file *file)
{
    static const char end[22] = "PK\5\6";
    return reeli_file_put(file, end, sizeof end);
}

static bool refuse(reel *r, reel_status status, const char *name, const char *what)
{
    reeli_error(r, status, "%s: '%s' %s", operation, name ? REELI_QUOTED(name) : "(NULL)", what);
    return false;
}

/* What libzip says of a member or an archive. */
static bool refused(reel *r, const reeli_zip *zip, zip_t *archive, const char *name)
{
    zip_error_t *error = zip->zip_get_error(archive);
    int kind = zip->zip_error_code_zip(error);
    return refuse(r,
                  kind == ZIP_ER_MEMORY                           ? REEL_ERR_MEMORY
                  : kind == ZIP_ER_EXISTS || kind == ZIP_ER_INVAL ? REEL_ERR_VALUE
                                                                  : REEL_ERR_FILE,
                  name, zip->zip_error_strerror(error));
}

/* Adds a member whose bytes `e` will supply. */
static bool add(reel *r, const reeli_zip *zip, zip_t *archive, const reel_named_tensor *it,
                entry *e, bool compressed)
{
    size_t length = strlen(it->name);
    char *name = reeli_arena_alloc(r, length + sizeof ".npy");
    zip_source_t *source = name ? zip->zip_source_function_create(supply, e, NULL) : NULL;
    if (!source) {
        reeli_no_memory(r, operation);
        return false;
    }
    memcpy(name, it->name, length);
    memcpy(name + length, ".npy", sizeof ".npy");
    zip_int64_t index = zip->zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip->zip_source_free(source);
        return refused(r, zip, archive, it->name);
    }
    zip_int32_t method = compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    enum { FIRST_DAY = 1 << 5 | 1 }; /* of 1980, as NumPy has it */
    return (zip->zip_set_file_compression(archive, (zip_uint64_t)index, method, 0) == 0 &&
            zip->zip_file_set_dostime(archive, (zip_uint64_t)index, 0, FIRST_DAY, 0) == 0) ||
           refused(r, zip, archive, it->name);
}

/* What a member starts with, and its elements row by row. */
static bool prepare(reel *r, const reeli_zip *zip, const reel_named_tensor *it, entry *e)
{
    if (!it->name || !it->name[0]) {
        return refuse(r, REEL_ERR_VALUE, it->name, "is no name");
    }
    e->zip = zip;
    e->t = reeli_npy_elements(r, operation, it->tensor);
    if (!e->t) {
        return false;
    }
    e->header_size = reeli_npy_header(e->header, e->t);
    e->total = e->header_size + (zip_uint64_t)e->t->numel * reeli_element_size(e->t->dtype);
    return true;
}

static zip_t *create(reel *r, target *to)
{
    zip_error_t error;
    to->zip->zip_error_init_with_code(&error, 0);
    zip_source_t *source = to->zip->zip_source_function_create(receive, to, &error);
    zip_t *archive =
        source ? to->zip->zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error) : NULL;
    if (!archive) {
        to->zip->zip_source_free(source);
        reeli_error(r, REEL_ERR_MEMORY, "%s: %s", operation, to->zip->zip_error_strerror(&error));
    }
    to->zip->zip_error_fini(&error);
    return archive;
}

/* Writes everything; false, and an error. */
static bool write_archive(reel *r, target *to, const reel_named_tensor *tensors, entry *entries,
                          size_t count, bool compressed)
{
    zip_t *archive = create(r, to);
    bool ok = archive != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        ok = add(r, to->zip, archive, &tensors[i], &entries[i], compressed);
    }
    if (ok && to->zip->zip_close(archive) == 0) {
        return true;
    }
    if (ok && r->status == REEL_OK) { /* it was not the file's fault */
        refused(r, to->zip, archive, "the archive");
    }
    if (archive) {
        to->zip->zip_discard(archive);
    }
    return false;
}

static void save(reel *r, const char *path, const reel_named_tensor *tensors, size_t count,
                 bool compressed)
{
    reeli_zip zip;
    entry *entries = reeli_arena_alloc(r, (count + 1) * sizeof *entries);
    if (!entries) {
        reeli_no_memory(r, operation);
        return;
    }
    if (count > 0 && !reeli_zip_load(r, operation, &zip)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!prepare(r, &zip, &tensors[i], &entries[i])) {
            return;
        }
    }
    reel_file *file = reeli_file_begin(r, operation, path);
    target to = {.zip = &zip, .file = file};
    if (!file) {
        return;
    }
    if (count > 0 ? write_archive(r, &to, tensors, entries, count, compressed)
                  : write_empty(file)) {
        reel_file_commit(file);
    } else {
        reel_file_discard(file);
    }
}

reel_status reel_npz_save(reel *r, const char *path, const reel_named_tensor *tensors, size_t count,
                          bool compressed)
{
    if (!r || r->status != REEL_OK) {
        return reel_error_status(r);
    }
    if (!path || (count > 0 && !tensors)) {
        return reeli_error(r, REEL_ERR_VALUE, "%s: an argument is NULL", operation);
    }
    reeli_mark mark = reeli_arena_mark(&r->arena);
    save(r, path, tensors, count, compressed);
    reeli_arena_release(&r->arena, &mark);
    return r->status;
}
