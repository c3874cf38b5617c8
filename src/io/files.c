/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *reeli_quote(char text[REELI_QUOTE_SIZE], const char *name)
{
    int length = snprintf(text, REELI_QUOTE_SIZE, "%s", name);
    if (length >= REELI_QUOTE_SIZE) {
        size_t cut = REELI_QUOTE_SIZE - sizeof "...";
        while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80) { /* not amid a character */
            cut--;
        }
        memcpy(text + cut, "...", sizeof "...");
    }
    for (char *c = text; *c; c++) {
        *c = (unsigned char)*c < ' ' || *c == 127 ? '?' : *c;
    }
    return text;
}

const char *reeli_system_error(char text[REELI_QUOTE_SIZE], int number)
{
    if (strerror_r(number, text, REELI_QUOTE_SIZE) != 0) {
        snprintf(text, REELI_QUOTE_SIZE, "system error %d", number);
    }
    return text;
}

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
