/* SPDX-License-Identifier: MIT */
/*
 * A file that is being written has a name beside its place, NAME.reel-N.tmp, and a lock that is
 * gone when its writer is. Whoever wants a name and finds it taken tries the lock: the file of a
 * dead writer is removed. A lock is worth something only if the name still is the file's, which is
 * asked after the lock was had: between the two another process may have removed it, or moved it to
 * its place.
 */
#include "output_file.h"

#include "c_locale.h"
#include "output_target.h"
#include "quote.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How many names are tried, and how many are looked at for what the dead have left. */
enum { MOST_NAMES = 1000, SWEPT_NAMES = 8 };
enum { SUFFIX_SIZE = sizeof ".reel-999.tmp", LONGEST_NAME = 255 - SUFFIX_SIZE };
enum { PIECE = 1 << 16 };

/* What there is only while the file is open. */
typedef struct work {
    reeli_target target;
    char temporary[REELI_PATH_SIZE + SUFFIX_SIZE]; /* "": there is none */
    char piece[PIECE];                             /* the last bytes before `at` */
} work;

struct reel_file {
    reeli_owned owned;
    const char *what; /* for messages; "": none */
    int descriptor;
    reel_status status; /* of the first thing that failed */
    int64_t at, end;    /* the next byte; one past the last */
    size_t filled;      /* bytes of `piece` */
    work *work;
    char path[]; /* as it was given */
};

static bool refuse(reel_file *f, reel_status status, const char *why)
{
    f->status = reeli_error(f->owned.r, status, "%s%s%s cannot be written: %s", f->what,
                            *f->what ? ": " : "", *f->path ? REELI_QUOTED(f->path) : "''", why);
    return false;
}

static bool system_refused(reel_file *f, int number)
{
    return refuse(f, reeli_system_status(number), REELI_SYSTEM_ERROR(number));
}

/* Name number n for the file while it is written. A name too long for that is cut. */
static void name_temporary(reel_file *f, int n)
{
    const char *name = reeli_file_name(f->work->target.path);
    size_t length = strlen(name);
    length = length <= LONGEST_NAME ? length : reeli_utf8_cut(name, LONGEST_NAME);
    snprintf(f->work->temporary, sizeof f->work->temporary, "%.*s.reel-%d.tmp",
             (int)((size_t)(name - f->work->target.path) + length), f->work->target.path, n);
}

/* Removes what a dead writer has left under the name; false if there is a live one, or anything
 * that is none of ours. */
static bool remove_dead(const reel_file *f)
{
    int fd = reeli_file_open(f->work->temporary, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    struct stat status;
    bool dead = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                reeli_file_lock(fd) == REELI_LOCKED && reeli_file_is_named(fd, f->work->temporary);
    if (dead) {
        return reeli_file_remove(fd, f->work->temporary) == 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return false;
}

/* Takes name n, if it is free or a dead writer's. False: another one is to be tried, or errno. */
static bool take_name(reel_file *f, int n)
{
    bool for_owner = f->work->target.there && (f->work->target.status.st_mode & 077) == 0;
    name_temporary(f, n);
    f->descriptor = reeli_file_create(f->work->temporary, for_owner);
    if (f->descriptor < 0 && errno == EEXIST) {
        bool removed = remove_dead(f);
        errno = EEXIST;
        f->descriptor = removed ? reeli_file_create(f->work->temporary, for_owner) : -1;
    }
    if (f->descriptor < 0) {
        return false;
    }
    reeli_lock lock = reeli_file_lock(f->descriptor);
    if (lock != REELI_LOCKED_BY_OTHERS && reeli_file_is_named(f->descriptor, f->work->temporary)) {
        return true;
    }
    close(f->descriptor); /* somebody took it for a dead one's, before the lock */
    f->descriptor = -1;
    errno = EEXIST;
    return false;
}

/* Removes what dead writers have left under the first names, but for the one that is ours. */
static void sweep(reel_file *f, int ours)
{
    for (int n = 0; n < SWEPT_NAMES; n++) {
        if (n != ours) {
            name_temporary(f, n);
            remove_dead(f);
        }
    }
    name_temporary(f, ours);
}

static bool open_temporary(reel_file *f)
{
    for (int n = 0; n < MOST_NAMES; n++) {
        if (take_name(f, n)) {
            sweep(f, n);
            return true;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    f->work->temporary[0] = '\0';
    return false;
}

static bool open_in_place(reel_file *f)
{
    int known = f->work->target.descriptor;
    f->descriptor = known >= 0
                        ? dup(known)
                        : reeli_file_open(f->work->target.path, O_WRONLY | O_APPEND | O_NOCTTY);
    return f->descriptor >= 0;
}

static bool find(reel_file *f)
{
    if (reeli_find_target(&f->work->target, f->path)) {
        return true;
    }
    return f->work->target.why
               ? refuse(f, *f->path ? REEL_ERR_FILE : REEL_ERR_VALUE, f->work->target.why)
               : system_refused(f, errno);
}

static bool begin(reel_file *f)
{
    if (!find(f)) {
        return false;
    }
    if (f->work->target.in_place) {
        return open_in_place(f) || system_refused(f, errno);
    }
    return (open_temporary(f) &&
            (!f->work->target.there ||
             reeli_file_permit(f->descriptor, &f->work->target.status) == 0)) ||
           system_refused(f, errno);
}

/* Closes what is open, and removes what was not put in its place. */
static void destroy(reeli_owned *it)
{
    reel_file *f = (reel_file *)(void *)it;
    if (f->descriptor >= 0 && f->work->temporary[0]) {
        reeli_file_remove(f->descriptor, f->work->temporary);
    } else if (f->descriptor >= 0) {
        close(f->descriptor);
    }
    reeli_free(it->r, f->work, sizeof *f->work);
}

/* One that nothing is open of. NULL, and an error. */
static reel_file *file_new(reel *r, const char *what, const char *path)
{
    if (!r || r->status != REEL_OK ||
        REELI_REFUSE(r, *what ? what : "file", "a file cannot be written")) {
        return NULL;
    }
    if (!path) {
        reeli_error(r, REEL_ERR_VALUE, "%s: the path is NULL", *what ? what : "file");
        return NULL;
    }
    size_t length = strlen(path) + 1;
    reel_file *f = reeli_own(r, "file", sizeof *f + length, destroy);
    if (f) {
        f->what = what;
        f->descriptor = -1;
        memcpy(f->path, path, length);
        f->work = reeli_malloc(r, sizeof *f->work);
    }
    if (!f || !f->work) {
        reeli_no_memory(r, *what ? what : "file");
        reel_file_discard(f);
        return NULL;
    }
    *f->work->temporary = '\0';
    return f;
}

reel_file *reeli_file_begin(reel *r, const char *what, const char *path)
{
    reel_file *f = file_new(r, what, path);
    if (f && !begin(f)) {
        reel_file_discard(f);
        return NULL;
    }
    return f;
}

reel_file *reel_file_create(reel *r, const char *path) { return reeli_file_begin(r, "", path); }

reel_status reel_file_check(reel *r, const char *path)
{
    reel_file *f = file_new(r, "", path);
    if (f && find(f) && !f->work->target.in_place) { /* opening a pipe would be noticed */
        (void)begin(f);
    }
    reel_file_discard(f);
    return reel_error_status(r);
}

static bool flush(reel_file *f)
{
    size_t filled = f->filled;
    f->filled = 0;
    return f->status == REEL_OK &&
           (reeli_file_write(f->descriptor, f->work->piece, filled) || system_refused(f, errno));
}

bool reeli_file_put(reel_file *f, const void *bytes, size_t size)
{
    if (f->status != REEL_OK || (size > PIECE - f->filled && !flush(f))) {
        return false;
    }
    if (size > PIECE) {
        if (!reeli_file_write(f->descriptor, bytes, size)) {
            return system_refused(f, errno);
        }
    } else if (size > 0) {
        memcpy(f->work->piece + f->filled, bytes, size);
        f->filled += size;
    }
    f->at += (int64_t)size;
    f->end = f->at > f->end ? f->at : f->end;
    return true;
}

int64_t reeli_file_at(const reel_file *f) { return f->at; }

int64_t reeli_file_end(const reel_file *f) { return f->end; }

bool reeli_file_seek(reel_file *f, int64_t at)
{
    if (at == f->at || f->status != REEL_OK) {
        return f->status == REEL_OK;
    }
    if (f->work->target.in_place) {
        return refuse(f, REEL_ERR_FILE,
                      "it is a pipe or a device, which takes one byte after another");
    }
    if (!flush(f)) {
        return false;
    }
    f->at = at;
    return lseek(f->descriptor, (off_t)at, SEEK_SET) == (off_t)at || system_refused(f, errno);
}

reel_status reel_file_write(reel_file *file, const void *bytes, size_t size)
{
    if (!REELI_ALIVE(file, "file_write")) {
        return REEL_ERR_OWNER;
    }
    if (size > 0 && !bytes) {
        refuse(file, REEL_ERR_VALUE, "the bytes are NULL");
    } else {
        reeli_file_put(file, bytes, size);
    }
    return file->status;
}

/* What is long is printed once more, into memory of its own. */
reel_status reel_file_print(reel_file *file, const char *format, ...)
{
    if (!REELI_ALIVE(file, "file_print")) {
        return REEL_ERR_OWNER;
    }
    char text[512], *all = text;
    va_list arguments;
    va_start(arguments, format);
    int length = reeli_vformat(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof text) {
        all = reeli_malloc(file->owned.r, (size_t)length + 1);
        va_start(arguments, format);
        if (all) {
            reeli_vformat(all, (size_t)length + 1, format, arguments);
        }
        va_end(arguments);
    }
    if (length < 0 || !all) {
        refuse(file, REEL_ERR_MEMORY, "out of memory");
    } else {
        reeli_file_put(file, all, (size_t)length);
    }
    if (all != text) {
        reeli_free(file->owned.r, all, (size_t)length + 1);
    }
    return file->status;
}

/* The new name is to survive a power cut as well. Not every file system lets a folder be synced,
 * and the file is whole either way, so what this returns does not matter. */
static void sync_folder(reel_file *f)
{
    char *slash = strrchr(f->work->target.path, '/');
    if (slash) {
        slash[slash == f->work->target.path] = '\0';
    }
    int fd = reeli_file_open(slash ? f->work->target.path : ".", O_RDONLY);
    if (fd >= 0) {
        (void)reeli_file_sync(fd);
        close(fd);
    }
}

/* What has come to be in the file's place since it was begun: a file can be replaced. */
static bool may_replace(reel_file *f)
{
    struct stat status;
    if (stat(f->work->target.path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return refuse(f, REEL_ERR_FILE, "there is something else of that name by now");
    }
    return true;
}

static bool finish(reel_file *f)
{
    if (!flush(f)) {
        return false;
    }
    int fd = f->descriptor;
    if (f->work->target.in_place) {
        f->descriptor = -1;
        return close(fd) == 0 || system_refused(f, errno);
    }
    if (!may_replace(f)) {
        return false;
    }
    if (reeli_file_sync(fd) != 0) {
        return system_refused(f, errno);
    }
    f->descriptor = -1;
    if (reeli_file_place(fd, f->work->temporary, f->work->target.path) != 0) {
        int number = errno;
        unlink(f->work->temporary);
        return system_refused(f, number);
    }
    sync_folder(f);
    return true;
}

reel_status reel_file_commit(reel_file *file)
{
    if (!REELI_ALIVE(file, "file_commit")) {
        return REEL_ERR_OWNER;
    }
    reel_status status = finish(file) ? REEL_OK : file->status;
    reeli_disown(&file->owned);
    return status;
}

void reel_file_discard(reel_file *file)
{
    if (REELI_ALIVE(file, "file_discard")) {
        reeli_disown(&file->owned);
    }
}
