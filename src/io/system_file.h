/* SPDX-License-Identifier: MIT */
/* POSIX's calls on files, where the systems differ in them. All but names is as in POSIX. */
#ifndef REELI_SYSTEM_FILE_H
#define REELI_SYSTEM_FILE_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef O_NONBLOCK
#define O_NONBLOCK 0
#endif

/* open, of bytes as they are, in a descriptor that no child inherits. */
int reeli_file_open(const char *path, int flags);
/* fsync that reaches the disk itself where the system can make it. */
int reeli_file_sync(int fd);
/* fchmod; Windows has no such permissions. */
int reeli_file_permit(int fd, mode_t mode);
/* rename, over a file that there is, too. */
int reeli_file_rename(const char *from, const char *to);

#endif
