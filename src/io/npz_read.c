/* SPDX-License-Identifier: MIT */
/* Reading an .npz archive. libzip checks its directory (no name twice, nothing overlapping) and its
 * members' checksums. */
#include "input_file.h"
#include "libzip.h"
#include "npy.h"
#include "quote.h"
#include "text_set.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Deflate makes at most 1,032 bytes of one: who claims more is not believed. */
enum { DEFLATE_LIMIT = 1032 };

typedef struct member {
    zip_uint64_t index;
    int64_t bytes; /* when unpacked */
} member;

struct reel_npz {
    reeli_owned owned;
    reeli_zip zip;
    zip_t *archive;
    int64_t file_bytes;
    reeli_text_set names; /* without their suffix */
    reeli_buffer members; /* member, in the names' order */
    char path[];
};

static const char suffix[] = ".npy";
enum { SUFFIX = sizeof suffix - 1 };

static reel_tensor *refuse(const reel_npz *f, const char *name, reel_status status,
                           const char *format, const char *it)
{
    reeli_place at = {f->owned.r, "npz", f->path, name, REEL_ERR_FORMAT};
    char why[REELI_MESSAGE_SIZE];
    snprintf(why, sizeof why, "%s%s%s", format, it ? " " : "", it ? it : "");
    return reeli_npy_refuse(&at, status, "%s", why);
}

static const char *zip_error_of(const reel_npz *f)
{
    return f->zip.zip_error_strerror(f->zip.zip_get_error(f->archive));
}

/* The length of a member's name without its suffix; 0 if it has another or nothing else. */
static size_t stem(const char *name)
{
    size_t length = name ? strlen(name) : 0;
    return length > SUFFIX && strcmp(name + length - SUFFIX, suffix) == 0 ? length - SUFFIX : 0;
}

/* Whether what the directory says of a member can be so. */
static bool check_member(reel_npz *f, const char *name, const zip_stat_t *stat)
{
    zip_uint64_t wanted = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((stat->valid & wanted) != wanted || stat->comp_size > (zip_uint64_t)f->file_bytes ||
        stat->size / DEFLATE_LIMIT > stat->comp_size ||
        (stat->comp_method == ZIP_CM_STORE && stat->size != stat->comp_size)) {
        refuse(f, name, REEL_ERR_FORMAT, "its size cannot be what the archive says", NULL);
        return false;
    }
    if (stat->comp_method != ZIP_CM_STORE && stat->comp_method != ZIP_CM_DEFLATE) {
        refuse(f, name, REEL_ERR_FORMAT, "it is neither stored nor deflated", NULL);
        return false;
    }
    return true;
}

static bool add_member(reel_npz *f, zip_uint64_t index, const char *name, size_t length)
{
    zip_stat_t stat;
    if (f->zip.zip_stat_index(f->archive, index, 0, &stat) != 0) {
        refuse(f, name, REEL_ERR_FORMAT, zip_error_of(f), NULL);
        return false;
    }
    if (!check_member(f, name, &stat)) {
        return false;
    }
    if (reeli_text_set_find(&f->names, name, length) >= 0) {
        refuse(f, name, REEL_ERR_FORMAT, "it is there twice", NULL);
        return false;
    }
    member *m = reeli_buffer_add(f->owned.r, &f->members, sizeof *m);
    if (!m || !reeli_text_set_add(f->owned.r, &f->names, name, length)) {
        reeli_no_memory(f->owned.r, "npz");
        return false;
    }
    *m = (member){index, (int64_t)stat.size};
    return true;
}

/* Every member whose name has the suffix. */
static bool read_directory(reel_npz *f)
{
    zip_uint64_t entries = (zip_uint64_t)f->zip.zip_get_num_entries(f->archive, 0);
    for (zip_uint64_t i = 0; i < entries; i++) {
        const char *name = f->zip.zip_get_name(f->archive, i, ZIP_FL_ENC_GUESS);
        size_t length = stem(name);
        if (length > 0 && !add_member(f, i, name, length)) {
            return false;
        }
    }
    return true;
}

/* The archive from a file that is open; libzip closes it. */
static bool open_archive(reel_npz *f, FILE *stream)
{
    int error = 0, fd = dup(fileno(stream));
    fclose(stream);
    f->archive = fd < 0 ? NULL : f->zip.zip_fdopen(fd, ZIP_CHECKCONS, &error);
    if (f->archive) {
        return true;
    }
    if (fd < 0) {
        refuse(f, NULL, REEL_ERR_FILE, REELI_SYSTEM_ERROR(errno), NULL);
        return false;
    }
    close(fd);
    zip_error_t why;
    f->zip.zip_error_init_with_code(&why, error);
    refuse(f, NULL, error == ZIP_ER_MEMORY ? REEL_ERR_MEMORY : REEL_ERR_FORMAT,
           "it is no archive:", f->zip.zip_error_strerror(&why));
    f->zip.zip_error_fini(&why);
    return false;
}

static void destroy(reeli_owned *it)
{
    reel_npz *f = (reel_npz *)(void *)it;
    reeli_text_set_free(it->r, &f->names);
    reeli_buffer_free(it->r, &f->members);
    if (f->archive) {
        f->zip.zip_discard(f->archive);
    }
}

reel_npz *reel_npz_open(reel *r, const char *path)
{
    if (!r || !path) {
        if (r) {
            reeli_error(r, REEL_ERR_VALUE, "npz: the path is NULL");
        }
        return NULL;
    }
    size_t length = strlen(path) + 1;
    reel_npz *f = reeli_own(r, "file", sizeof *f + length, destroy);
    if (!f) {
        reeli_no_memory(r, "npz");
        return NULL;
    }
    memcpy(f->path, path, length);
    FILE *stream = reeli_zip_load(r, "npz", &f->zip)
                       ? reeli_open_regular(r, "npz", path, &f->file_bytes)
                       : NULL;
    if (!stream || !open_archive(f, stream) || !read_directory(f)) {
        reeli_disown(&f->owned);
        return NULL;
    }
    return f;
}

size_t reel_npz_count(const reel_npz *file)
{
    return REELI_ALIVE(file, "npz") ? file->members.count : 0;
}

const char *reel_npz_name(const reel_npz *file, size_t i)
{
    return i < reel_npz_count(file) ? reeli_text_at(&file->names, i) : NULL;
}

static const member *find(const reel_npz *f, const char *name)
{
    int64_t i =
        name && REELI_ALIVE(f, "npz") ? reeli_text_set_find(&f->names, name, strlen(name)) : -1;
    return i < 0 ? NULL : (const member *)f->members.data + i;
}

bool reel_npz_has(const reel_npz *file, const char *name) { return find(file, name) != NULL; }

/* A member that is being unpacked. */
typedef struct unpacking {
    const reeli_zip *zip;
    zip_file_t *file;
} unpacking;

static bool unpack(void *from, void *to, size_t bytes)
{
    unpacking *u = from;
    for (char *at = to; bytes > 0;) {
        zip_int64_t read = u->zip->zip_fread(u->file, at, bytes);
        if (read <= 0) {
            return false;
        }
        at += read;
        bytes -= (size_t)read;
    }
    return true;
}

/* Its checksum is compared when the end is reached, so one byte more is asked for. */
static bool at_end(unpacking *u)
{
    char byte;
    return u->zip->zip_fread(u->file, &byte, 1) == 0;
}

reel_tensor *reel_npz_tensor(reel_npz *file, const char *name)
{
    if (!REELI_ALIVE(file, "npz_tensor")) {
        return file ? file->owned.r->poison : NULL;
    }
    const member *m = find(file, name);
    if (!m) {
        return refuse(file, name ? name : "(NULL)", REEL_ERR_VALUE, "is not in the archive", NULL);
    }
    unpacking u = {&file->zip, file->zip.zip_fopen_index(file->archive, m->index, 0)};
    if (!u.file) {
        return refuse(file, name, REEL_ERR_FORMAT, zip_error_of(file), NULL);
    }
    reeli_source source = {unpack, &u};
    reeli_place at = {file->owned.r, "npz", file->path, name, REEL_ERR_FORMAT};
    reel_tensor *t = reeli_npy_read(&at, &source, m->bytes);
    if (!reeli_bad(t) && !at_end(&u)) {
        reel_tensor_free(t);
        t = refuse(file, name, REEL_ERR_FORMAT, "its checksum is another", NULL);
    }
    file->zip.zip_fclose(u.file);
    return t;
}

void reel_npz_close(reel_npz *file)
{
    if (REELI_ALIVE(file, "npz_close")) {
        reeli_free_handle(&file->owned, "npz_close");
    }
}
