/* SPDX-License-Identifier: MIT */
/*
 * Files that are written whole or not at all. What is written lies beside the file's place, is
 * brought to the disk, and only then gets the name: whatever happens, a full disk, a power cut,
 * kill -9, the path has the old content or the new one. The library writes all its files this way.
 *
 *     reel_file *file = reel_file_create(r, "losses.csv");
 *     reel_file_print(file, "%d,%g\n", epoch, loss);
 *     reel_file_commit(file);
 *
 * Until then the new content is in a file of the same name with ".reel-0.tmp" behind it (or another
 * number). It is locked; one that a process left when it died is removed by the next that writes to
 * the same path.
 *
 * Links are followed: what a link names is replaced, and the link stays. Of several names of one
 * file (hard links) only this one gets the new content. A file keeps its permissions and, where the
 * system lets, its owner; a new one gets what the umask leaves.
 *
 * Devices, pipes, and descriptors that are open (/dev/stdout, /dev/fd/3) are never replaced, but
 * written into as they come.
 *
 * A library configured with REEL_WITH_IO=OFF has none of these functions.
 */
#ifndef REEL_FILE_H
#define REEL_FILE_H

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A file that is being written. */
typedef struct reel_file reel_file;

/**
 * Begins to write the file at `path`.
 *
 * Owner: the reel's until it is committed or discarded, or the reel is freed, which discards it.
 * Fails: NULL, and REEL_ERR_FILE if the system refuses: no such folder, a folder or file that must
 *        not be written, a folder of that name, a disk (block device); REEL_ERR_VALUE for NULL and
 *        ""; REEL_ERR_STATE while a step is being captured; REEL_ERR_MEMORY; and if an error is
 *        recorded already. The functions below take NULL for a file that could not be begun.
 */
REEL_API reel_file *reel_file_create(reel *r, const char *path);

/**
 * Writes bytes.
 *
 * Fails: REEL_ERR_FILE if the system refuses: the disk is full, the file is larger than is allowed
 *        (RLIMIT_FSIZE), the pipe's reader has gone. The signals that the latter two send, SIGXFSZ
 *        and SIGPIPE, do not come. REEL_ERR_OWNER for a NULL file.
 */
REEL_API reel_status reel_file_write(reel_file *file, const void *bytes, size_t size);

/** Writes as printf does, with a decimal point whatever the locale. Fails as `reel_file_write`. */
REEL_API reel_status reel_file_print(reel_file *file, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/**
 * Puts the file in its place, and frees `file`.
 *
 * Fails: the status of what failed before, and REEL_ERR_FILE if the system refuses; then the old
 *        content is as it was, and nothing is left beside it. REEL_ERR_OWNER for a NULL file.
 */
REEL_API reel_status reel_file_commit(reel_file *file);

/** Leaves the old content as it was, and frees `file`. */
REEL_API void reel_file_discard(reel_file *file);

/**
 * Whether a file could be written at `path` now; to be asked before hours of work whose outcome is
 * to go there.
 *
 * Fails: as `reel_file_create`, and then says why.
 */
REEL_API reel_status reel_file_check(reel *r, const char *path);

#ifdef __cplusplus
}
#endif

#endif
