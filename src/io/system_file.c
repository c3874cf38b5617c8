/* SPDX-License-Identifier: MIT */
/* Files by Windows' calls, and by those of POSIX. */
#include "system_file.h"

#ifdef _WIN32
#include <errno.h>
#include <io.h>
#include <windows.h>

int reeli_file_open(const char *path, int flags)
{
    return open(path, flags | O_BINARY | O_NOINHERIT, S_IREAD | S_IWRITE);
}

int reeli_file_sync(int fd) { return _commit(fd); }

int reeli_file_permit(int fd, mode_t mode)
{
    (void)fd;
    (void)mode;
    return 0;
}

int reeli_file_rename(const char *from, const char *to)
{
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        return 0;
    }
    const DWORD error = GetLastError();
    errno = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? ENOENT : EACCES;
    return -1;
}

#else
#include <stdio.h>

int reeli_file_open(const char *path, int flags) { return open(path, flags | O_CLOEXEC, 0666); }

int reeli_file_sync(int fd)
{
#ifdef F_FULLFSYNC /* macOS, whose fsync leaves it in the disk's own memory */
    if (fcntl(fd, F_FULLFSYNC) == 0) {
        return 0; /* not every file system can */
    }
#endif
    return fsync(fd);
}

int reeli_file_permit(int fd, mode_t mode) { return fchmod(fd, mode); }

int reeli_file_rename(const char *from, const char *to) { return rename(from, to); }

#endif
