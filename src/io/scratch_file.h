/* SPDX-License-Identifier: MIT */
/* Files without a name, for what does not fit in memory: gone when they are closed, whatever ends
 * the process. What reads and writes them does the same to files that have one. */
#ifndef REELI_SCRATCH_FILE_H
#define REELI_SCRATCH_FILE_H

#include "state.h"

/* Opens one in a folder; NULL: TMPDIR, or else where a disk is likely (/var/tmp). -1, and an error
 * in `what`'s name. */
int reeli_scratch_open(reel *r, const char *what, const char *folder);
/* Reads, or writes, all of the bytes from `at` on; false, and an error in `what`'s name, about the
 * file of that path; NULL: it has none. */
bool reeli_scratch_read(reel *r, const char *what, const char *path, int fd, void *to, size_t size,
                        int64_t at);
bool reeli_scratch_write(reel *r, const char *what, const char *path, int fd, const void *bytes,
                         size_t size, int64_t at);
void reeli_scratch_close(int fd);

#endif
