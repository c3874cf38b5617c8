/* SPDX-License-Identifier: MIT */
/* Read and written by position, in pieces as large as they come: nothing is mapped, so that a limit
 * of address space (ulimit -v) is as good as one of memory. */
#include "scratch_file.h"
#include "quote.h"
#include "system_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 1000 };

static const char *usual_folder(void)
{
    struct stat status;
    const char *folder = getenv("TMPDIR");
    if (folder && *folder) {
        return folder;
    }
    return stat("/var/tmp", &status) == 0 ? "/var/tmp" : ".";
}

/* What may be done where there is no room. */
static void advise(const char *path, char *text, size_t size)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!path) {
        snprintf(text, size, "; TMPDIR may name a folder with more room");
    } else if (!slash) {
        snprintf(text, size, "; a folder with more room than this one may keep the table");
    } else {
        snprintf(text, size, "; a folder with more room than '%.*s' may keep the table",
                 slash > path ? (int)(slash - path) : 1, path);
    }
}

/* Of the file of that path; NULL: a scratch file. */
static bool refuse(reel *r, const char *what, const char *path, const char *which, int number)
{
    char advice[REELI_QUOTE_SIZE + 80] = "";
    if (number == ENOSPC || number == EFBIG) {
        advise(path ? REELI_QUOTED(path) : NULL, advice, sizeof advice);
    }
    reeli_error(r, reeli_system_status(number), "%s: %s%s%s %s: %s%s", what,
                path ? "'" : "a scratch file", path ? REELI_QUOTED(path) : "", path ? "'" : "",
                which, number ? REELI_SYSTEM_ERROR(number) : "it ends too early", advice);
    return false;
}

int reeli_scratch_open(reel *r, const char *what, const char *folder)
{
    char path[4096];
    int fd = -1;
    folder = folder ? folder : usual_folder();
    errno = ENAMETOOLONG;
    for (int n = 0; n < MOST_NAMES && fd < 0; n++) {
        int length = snprintf(path, sizeof path, "%s/reel-%ld-%d.tmp", folder, (long)getpid(), n);
        if (length < 0 || (size_t)length >= sizeof path) {
            break;
        }
        fd = reeli_file_open(path, O_RDWR | O_CREAT | O_EXCL | REELI_REMOVED_WHEN_CLOSED);
        if (fd < 0 && errno != EEXIST) {
            break;
        }
    }
    if (fd < 0) {
        char which[REELI_QUOTE_SIZE + 40];
        int number = errno;
        snprintf(which, sizeof which, "in '%s' cannot be made", REELI_QUOTED(folder));
        refuse(r, what, NULL, which, number);
        return -1;
    }
    if (!REELI_REMOVED_WHEN_CLOSED) {
        unlink(path);
    }
    return fd;
}

bool reeli_scratch_read(reel *r, const char *what, const char *path, int fd, void *to, size_t size,
                        int64_t at)
{
    char *bytes = to;
    if (lseek(fd, (off_t)at, SEEK_SET) != (off_t)at) {
        return refuse(r, what, path, "cannot be read", errno);
    }
    while (size > 0) {
        ssize_t got = read(fd, bytes, size < 1 << 30 ? (unsigned)size : 1 << 30);
        if (got <= 0 && (got == 0 || errno != EINTR)) {
            return refuse(r, what, path, "cannot be read", got == 0 ? 0 : errno);
        }
        bytes += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool reeli_scratch_write(reel *r, const char *what, const char *path, int fd, const void *bytes,
                         size_t size, int64_t at)
{
    return (lseek(fd, (off_t)at, SEEK_SET) == (off_t)at && reeli_file_write(fd, bytes, size)) ||
           refuse(r, what, path, "cannot be written", errno);
}

void reeli_scratch_close(int fd) { close(fd); }
