/* SPDX-License-Identifier: MIT */
/* Read by the system's own calls: a piece is as large as a pipe's, and nothing is copied twice. */
#include "csv_source.h"

#include "csv_dialect.h"
#include "system_file.h"

#include <errno.h>
#include <string.h>

static bool refuse(const reeli_csv_source *source, const char *what, int number)
{
    reeli_error(source->r, reeli_system_status(number), "%s: %s%s%s", REELI_QUOTED(source->name),
                what, number ? ": " : "", number ? REELI_SYSTEM_ERROR(number) : "");
    return false;
}

bool reeli_csv_unreadable(const reeli_csv_source *source, reel_status status, const char *why)
{
    reeli_error(source->r, status, "%s: %s", REELI_QUOTED(source->name), why);
    return false;
}

bool reeli_csv_raw(reeli_csv_source *source, char *to, size_t room, size_t *got)
{
    *got = 0;
    while (*got < room && !source->ended) {
        ssize_t some = read(source->descriptor, to + *got, (unsigned)(room - *got));
        if (some < 0 && errno != EINTR) {
            return refuse(source, "cannot be read", errno);
        }
        source->ended = some == 0;
        *got += some > 0 ? (size_t)some : 0;
    }
    return true;
}

bool reeli_csv_unpacked(reeli_csv_source *source, char *to, size_t room, size_t *got)
{
    return source->unpacker.packing ? reeli_unpack(source, to, room, got)
                                    : reeli_csv_raw(source, to, room, got);
}

bool reeli_csv_next(reeli_csv_source *source)
{
    return source->recoder.encoding
               ? reeli_recode(source, source->bytes, REELI_CSV_PIECE, &source->count)
               : reeli_csv_unpacked(source, source->bytes, REELI_CSV_PIECE, &source->count);
}

/* What the first bytes are, first as a file, then as a text. */
static bool look(reeli_csv_source *source, const char *encoding)
{
    reeli_packing packing = reeli_packing_of(source->bytes, source->count);
    if (packing) {
        source->size = -1;
        if (!reeli_unpack_begin(source, packing) || !reeli_csv_next(source)) {
            return false;
        }
    }
    if (reeli_is_npy(source->bytes, source->count)) {
        return true;
    }
    if (!encoding) {
        encoding = reeli_find_encoding(source->bytes, source->count);
    }
    return !encoding || (reeli_recode_begin(source, encoding) && reeli_csv_next(source));
}

bool reeli_csv_open(reel *r, const char *path, const char *encoding, reeli_csv_source *source)
{
    struct stat status;
    bool standard = strcmp(path, "-") == 0;
    *source = (reeli_csv_source){
        .r = r, .name = standard ? "standard input" : path, .descriptor = -1, .size = -1};
    source->descriptor = standard ? STDIN_FILENO : reeli_file_open(path, O_RDONLY);
    source->opened = !standard && source->descriptor >= 0;
    if (source->descriptor < 0 || fstat(source->descriptor, &status) != 0) {
        return refuse(source, "cannot be opened", errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return refuse(source, "is a directory", 0);
    }
    source->regular = !standard && S_ISREG(status.st_mode);
    if (source->regular) {
        source->size = status.st_size;
    }
    source->bytes = reeli_malloc(r, REELI_CSV_PIECE);
    if (!source->bytes) {
        reeli_no_memory(r, "table_read");
    }
    return source->bytes && reeli_csv_next(source) && look(source, encoding);
}

void reeli_csv_close(reeli_csv_source *source)
{
    reeli_unpack_end(source);
    reeli_recode_end(source);
    reeli_free(source->r, source->bytes, REELI_CSV_PIECE);
    if (source->opened) {
        close(source->descriptor);
    }
}
