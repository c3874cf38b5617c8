/* SPDX-License-Identifier: MIT */
/* The steps of replacing a file, each of which may fail and then leaves the old one. */
#include "output_file.h"

#include "quote.h"
#include "system_file.h"

#include <errno.h>
#include <string.h>

static reel_status system_refused(reeli_replacement *it, const char *action, int number)
{
    return reeli_error(it->r, reeli_system_status(number), "%s: %s cannot be %s: %s", it->what,
                       REELI_QUOTED(it->path), action, REELI_SYSTEM_ERROR(number));
}

static void forget(reeli_replacement *it) { reeli_free(it->r, it->temporary, it->size); }

/* A device or a folder must not be renamed over. A file's permissions pass to what replaces it. */
static bool check_target(reeli_replacement *it, mode_t *mode)
{
    struct stat status;
    *mode = 0;
    if (stat(it->path, &status) != 0) {
        return true; /* there is none; whatever else is wrong shows when the new one is made */
    }
    if (!S_ISREG(status.st_mode)) {
        reeli_error(it->r, REEL_ERR_FILE, "%s: %s is not a regular file", it->what,
                    REELI_QUOTED(it->path));
        return false;
    }
    *mode = status.st_mode & 07777;
    return true;
}

/* A name that nobody has, in the same folder, because a rename works within one file system. */
static int open_temporary(reeli_replacement *it)
{
    int fd = -1;
    for (int attempt = 0; fd < 0 && attempt < 1000; attempt++) {
        snprintf(it->temporary, it->size, "%s.%ld-%d.tmp", it->path, (long)getpid(), attempt);
        fd = reeli_file_open(it->temporary, O_WRONLY | O_CREAT | O_EXCL);
        if (fd < 0 && errno != EEXIST) {
            break;
        }
    }
    return fd;
}

bool reeli_replace_begin(reeli_replacement *it, reel *r, const char *what, const char *path)
{
    size_t size = strlen(path) + 48;
    *it = (reeli_replacement){r, what, path, NULL, size, NULL};
    mode_t mode;
    if (REELI_REFUSE(r, what, "a file cannot be written") || !check_target(it, &mode)) {
        return false;
    }
    it->temporary = reeli_malloc(r, size);
    if (!it->temporary) {
        reeli_no_memory(r, what);
        return false;
    }
    int fd = open_temporary(it);
    if (fd < 0) {
        system_refused(it, "written", errno);
        forget(it);
        return false;
    }
    it->stream = fdopen(fd, "wb");
    if (!it->stream || (mode && reeli_file_permit(fd, mode) != 0)) {
        int number = errno;
        it->stream ? fclose(it->stream) : close(fd);
        unlink(it->temporary);
        system_refused(it, "written", number);
        forget(it);
        return false;
    }
    return true;
}

/* The new name is to survive a power cut as well. Not every file system lets a folder be synced,
 * and the file is whole either way, so what this returns does not matter. */
static void sync_folder(reeli_replacement *it)
{
    char *slash = strrchr(it->temporary, '/');
    if (slash) {
        slash[slash == it->temporary] = '\0';
    }
    int fd = reeli_file_open(slash ? it->temporary : ".", O_RDONLY);
    if (fd >= 0) {
        (void)reeli_file_sync(fd);
        close(fd);
    }
}

reel_status reeli_replace_end(reeli_replacement *it, bool ok)
{
    reel_status status = REEL_OK;
    int number = ok ? 0 : errno;
    if (ok && (fflush(it->stream) != 0 || reeli_file_sync(fileno(it->stream)) != 0)) {
        number = errno;
        ok = false;
    }
    if (fclose(it->stream) != 0 && ok) {
        number = errno;
        ok = false;
    }
    if (ok && reeli_file_rename(it->temporary, it->path) != 0) {
        number = errno;
        ok = false;
    }
    if (ok) {
        sync_folder(it);
    } else {
        unlink(it->temporary);
        status = it->r->status ? it->r->status : system_refused(it, "written", number);
    }
    forget(it);
    return status;
}
