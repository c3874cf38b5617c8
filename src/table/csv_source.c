/* SPDX-License-Identifier: MIT */
/* Read by the system's own calls: a piece is as large as a pipe's, and nothing is copied twice. */
#include "csv_source.h"

#include "system_file.h"

#include <errno.h>
#include <string.h>

static bool refuse(const reel_table *t, const char *what, int number)
{
    reeli_error(t->owned.r, reeli_system_status(number), "%s: %s%s%s", REELI_QUOTED(t->path), what,
                number ? ": " : "", number ? REELI_SYSTEM_ERROR(number) : "");
    return false;
}

bool reeli_csv_next(reel_table *t, reeli_csv_source *source)
{
    source->count = 0;
    while (source->count < REELI_CSV_PIECE) {
        ssize_t got = read(source->descriptor, source->bytes + source->count,
                           (unsigned)(REELI_CSV_PIECE - source->count));
        if (got < 0 && errno != EINTR) {
            return refuse(t, "cannot be read", errno);
        }
        if (got == 0) {
            break;
        }
        source->count += got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool reeli_csv_open(reel_table *t, const char *path, reeli_csv_source *source)
{
    struct stat status;
    bool standard = strcmp(path, "-") == 0;
    *source = (reeli_csv_source){.descriptor = -1, .size = -1};
    source->descriptor = standard ? STDIN_FILENO : reeli_file_open(path, O_RDONLY);
    source->opened = !standard && source->descriptor >= 0;
    if (source->descriptor < 0 || fstat(source->descriptor, &status) != 0) {
        return refuse(t, "cannot be opened", errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return refuse(t, "is a directory", 0);
    }
    if (!standard && S_ISREG(status.st_mode)) {
        source->size = status.st_size;
    }
    source->bytes = reeli_malloc(t->owned.r, REELI_CSV_PIECE);
    if (!source->bytes) {
        reeli_no_memory(t->owned.r, "table_read");
    }
    return source->bytes && reeli_csv_next(t, source);
}

void reeli_csv_close(reel *r, reeli_csv_source *source)
{
    reeli_free(r, source->bytes, REELI_CSV_PIECE);
    if (source->opened) {
        close(source->descriptor);
    }
}
