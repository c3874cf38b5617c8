/* SPDX-License-Identifier: MIT */
/* Regular files alone: their size is known, and opening one never waits. */
#include "input_file.h"
#include "quote.h"
#include "system_file.h"

#include <errno.h>

static FILE *refuse(reel *r, const char *what, const char *path, const char *why, int number)
{
    reeli_error(r, reeli_system_status(number), "%s: %s: %s%s", what, REELI_QUOTED(path), why,
                number ? REELI_SYSTEM_ERROR(number) : "");
    return NULL;
}

FILE *reeli_open_regular(reel *r, const char *what, const char *path, int64_t *bytes)
{
    struct stat status;
    int fd = reeli_file_open(path, O_RDONLY | O_NONBLOCK); /* never waits for a pipe */
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!stream || fstat(fd, &status) != 0) {
        int number = errno;
        if (fd >= 0) {
            stream ? fclose(stream) : close(fd);
        }
        return refuse(r, what, path, "cannot be opened: ", number);
    }
    if (!S_ISREG(status.st_mode)) {
        fclose(stream);
        return refuse(r, what, path, "is not a regular file", 0);
    }
    *bytes = status.st_size;
    return stream;
}
