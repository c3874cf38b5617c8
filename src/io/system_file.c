/* SPDX-License-Identifier: MIT */
/* POSIX's calls on files as they are, or what does the same on Windows and macOS. */
#include "system_file.h"

#include <errno.h>
#include <string.h>

#ifdef _WIN32
#include <io.h>
#include <limits.h>
#include <windows.h>

int reeli_file_open(const char *path, int flags)
{
    return open(path, flags | O_BINARY | O_NOINHERIT, S_IREAD | S_IWRITE);
}

int reeli_file_create(const char *path, bool for_owner)
{
    (void)for_owner;
    return reeli_file_open(path, O_WRONLY | O_CREAT | O_EXCL);
}

bool reeli_file_write(int fd, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        int wrote = write(fd, at, size < INT_MAX ? (unsigned)size : INT_MAX);
        if (wrote < 0) {
            return false;
        }
        at += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

int reeli_file_sync(int fd) { return _commit(fd); }

int reeli_file_permit(int fd, const struct stat *as)
{
    (void)fd;
    (void)as;
    return 0;
}

/* An open file can be neither moved nor removed there. */
int reeli_file_remove(int fd, const char *path)
{
    close(fd);
    return unlink(path);
}

int reeli_file_place(int fd, const char *from, const char *to)
{
    if (close(fd) != 0) {
        return -1;
    }
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        return 0;
    }
    const DWORD error = GetLastError();
    errno = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? ENOENT : EACCES;
    return -1;
}

/* Of a byte behind all that a file can have. */
reeli_lock reeli_file_lock(int fd)
{
    HANDLE file = (HANDLE)_get_osfhandle(fd);
    OVERLAPPED at = {.OffsetHigh = 0x7fffffff};
    const DWORD how = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    if (LockFileEx(file, how, 0, 1, 0, &at)) {
        return REELI_LOCKED;
    }
    return GetLastError() == ERROR_LOCK_VIOLATION ? REELI_LOCKED_BY_OTHERS : REELI_NO_LOCKS;
}

const char *reeli_file_name(const char *path)
{
    const char *name = path;
    for (const char *c = path; *c; c++) {
        name = strchr("/\\:", *c) ? c + 1 : name;
    }
    return name;
}

/* No other process removes a file that is open. */
bool reeli_file_is_named(int fd, const char *path)
{
    (void)fd;
    (void)path;
    return true;
}

/* The system follows links by itself. */
ssize_t reeli_file_link(const char *path, char *to, size_t room)
{
    (void)path;
    (void)to;
    (void)room;
    return 0;
}

int reeli_file_may_write(const char *path) { return access(path, W_OK); }

#else
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>

int reeli_file_open(const char *path, int flags) { return open(path, flags | O_CLOEXEC, 0666); }

int reeli_file_create(const char *path, bool for_owner)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, for_owner ? 0600 : 0666);
}

/* A signal that came since it was blocked is taken, and not delivered. */
static void forget_signal(const sigset_t *before, int signal)
{
    sigset_t pending, one;
    int number;
    sigpending(&pending);
    if (sigismember(&pending, signal) && !sigismember(before, signal)) {
        sigemptyset(&one);
        sigaddset(&one, signal);
        sigwait(&one, &number);
    }
}

/* The signals are blocked for this thread, which is the one that they come to. */
bool reeli_file_write(int fd, const void *bytes, size_t size)
{
    sigset_t signals, before;
    ssize_t wrote = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGXFSZ);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    for (const char *at = bytes; size > 0 && wrote >= 0; at += wrote > 0 ? wrote : 0) {
        wrote = write(fd, at, size);
        size -= wrote > 0 ? (size_t)wrote : 0;
        wrote = wrote < 0 && errno == EINTR ? 0 : wrote;
    }
    const int number = errno;
    if (wrote < 0) {
        forget_signal(&before, SIGXFSZ);
        forget_signal(&before, SIGPIPE);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return wrote >= 0;
}

int reeli_file_sync(int fd)
{
#ifdef F_FULLFSYNC /* macOS, whose fsync leaves it in the disk's own memory */
    if (fcntl(fd, F_FULLFSYNC) == 0) {
        return 0; /* not every file system can */
    }
#endif
    return fsync(fd);
}

/* Where the group cannot be kept, the new one may no more than everybody. */
int reeli_file_permit(int fd, const struct stat *as)
{
    struct stat now;
    if (fstat(fd, &now) != 0) {
        return -1;
    }
    mode_t mode = as->st_mode & 0777;
    if (now.st_gid != as->st_gid && fchown(fd, (uid_t)-1, as->st_gid) != 0) {
        mode &= 0707 | (mode & 07) << 3;
    }
    if (now.st_uid != as->st_uid && fchown(fd, as->st_uid, (gid_t)-1) != 0) {
        errno = 0; /* only an administrator's programs can give files away */
    }
    return fchmod(fd, mode);
}

int reeli_file_remove(int fd, const char *path)
{
    const int removed = unlink(path), number = errno;
    close(fd);
    errno = number;
    return removed;
}

int reeli_file_place(int fd, const char *from, const char *to)
{
    const int placed = rename(from, to), number = errno;
    close(fd);
    errno = number;
    return placed;
}

reeli_lock reeli_file_lock(int fd)
{
    int locked;
    do {
        locked = flock(fd, LOCK_EX | LOCK_NB);
    } while (locked != 0 && errno == EINTR);
    return locked == 0            ? REELI_LOCKED
           : errno == EWOULDBLOCK ? REELI_LOCKED_BY_OTHERS
                                  : REELI_NO_LOCKS;
}

const char *reeli_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool reeli_file_is_named(int fd, const char *path)
{
    struct stat open_file, named;
    return fstat(fd, &open_file) == 0 && lstat(path, &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

ssize_t reeli_file_link(const char *path, char *to, size_t room)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode) ? readlink(path, to, room) : 0;
}

int reeli_file_may_write(const char *path) { return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS); }

#endif
