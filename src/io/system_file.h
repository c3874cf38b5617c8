/* SPDX-License-Identifier: MIT */
/* POSIX's calls on files, where the systems differ in them. All but names is as in POSIX. */
#ifndef REELI_SYSTEM_FILE_H
#define REELI_SYSTEM_FILE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef O_NONBLOCK
#define O_NONBLOCK 0
#endif
#ifndef O_NOFOLLOW
#define O_NOFOLLOW 0
#endif
#ifndef O_NOCTTY
#define O_NOCTTY 0
#endif
/* Where an open file cannot lose its name it is to be opened like this, and then goes when it is
 * closed. */
#ifdef O_TEMPORARY
#define REELI_REMOVED_WHEN_CLOSED O_TEMPORARY
#else
#define REELI_REMOVED_WHEN_CLOSED 0
#endif

/* open, of bytes as they are, in a descriptor that no child inherits. */
int reeli_file_open(const char *path, int flags);
/* open of a file that must not be there yet, to write: for everyone whom the umask lets, or for the
 * owner alone. */
int reeli_file_create(const char *path, bool for_owner);
/* write of all the bytes, without the signals of a file that became too large and of a pipe that
 * nobody reads: false, and errno. */
bool reeli_file_write(int fd, const void *bytes, size_t size);
/* fsync that reaches the disk itself where the system can make it. */
int reeli_file_sync(int fd);
/* Gives a file the owner, the group and the permissions of another, as far as the system lets;
 * whoever could not read the other cannot read this one. Windows has no such permissions. */
int reeli_file_permit(int fd, const struct stat *as);
/* rename, over a file that there is, too; unlink. They close the file, which is locked as long as
 * the system lets. */
int reeli_file_place(int fd, const char *from, const char *to);
int reeli_file_remove(int fd, const char *path);

/* Whether this process, or another one, works on a file: a lock that goes when the process does. */
typedef enum reeli_lock { REELI_LOCKED, REELI_LOCKED_BY_OTHERS, REELI_NO_LOCKS } reeli_lock;
reeli_lock reeli_file_lock(int fd);

/* What comes after the folders in a path. */
const char *reeli_file_name(const char *path);
/* Whether the path names the file that is open, not a link to it. */
bool reeli_file_is_named(int fd, const char *path);
/* readlink: the length, 0 if the path is no link, or -1. */
ssize_t reeli_file_link(const char *path, char *to, size_t room);
/* access to write, by the rights that the process has now. */
int reeli_file_may_write(const char *path);

#endif
