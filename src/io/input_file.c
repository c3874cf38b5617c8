/* SPDX-License-Identifier: MIT */
/* Regular files alone: their size is known, and opening one never waits. */
#include "input_file.h"
#include "quote.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *refuse(reel *r, const char *what, const char *path, const char *why)
{
    reeli_error(r, REEL_ERR_FILE, "%s: %s: %s", what, REELI_QUOTED(path), why);
    return NULL;
}

FILE *reeli_open_regular(reel *r, const char *what, const char *path, int64_t *bytes)
{
    struct stat status;
    char why[2 * REELI_QUOTE_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* never waits for a pipe */
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!stream || fstat(fd, &status) != 0) {
        snprintf(why, sizeof why, "cannot be opened: %s", REELI_SYSTEM_ERROR(errno));
        if (fd >= 0) {
            stream ? fclose(stream) : close(fd);
        }
        return refuse(r, what, path, why);
    }
    if (!S_ISREG(status.st_mode)) {
        fclose(stream);
        return refuse(r, what, path, "is not a regular file");
    }
    *bytes = status.st_size;
    return stream;
}
