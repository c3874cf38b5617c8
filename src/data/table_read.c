/* SPDX-License-Identifier: MIT */
/* Tables from files: what a file is, by its first bytes, and who reads it. */
#include "csv_text.h"

#include <errno.h>
#include <fcntl.h>
#include <reel/npy.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char operation[] = "table_read";

static bool refuse(const reel_table *t, reel_status status, const char *why)
{
    reeli_error(t->owned.r, status, "%s: %s", REELI_QUOTED(t->path), why);
    return false;
}

bool reeli_csv_next(reel_table *t, reeli_csv_file *file)
{
    file->count = 0;
    while (file->count < REELI_CSV_PIECE) {
        ssize_t got =
            read(file->descriptor, file->bytes + file->count, REELI_CSV_PIECE - file->count);
        if (got < 0 && errno != EINTR) {
            char why[2 * REELI_QUOTE_SIZE];
            snprintf(why, sizeof why, "cannot be read: %s", REELI_SYSTEM_ERROR(errno));
            return refuse(t, REEL_ERR_FILE, why);
        }
        if (got == 0) {
            break;
        }
        file->count += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* What cannot be read as a table, by how it starts. */
static const char *known_as(const unsigned char *b, size_t count)
{
    static const struct {
        const char *start;
        size_t length;
        const char *why;
    } formats[] = {
        {"\x1f\x8b", 2, "it is compressed by gzip; unpack it (gunzip) first"},
        {"\x28\xb5\x2f\xfd", 4, "it is compressed by zstd; unpack it (unzstd) first"},
        {"\xfd"
         "7zXZ",
         5, "it is compressed by xz; unpack it (unxz) first"},
        {"BZh", 3, "it is compressed by bzip2; unpack it (bunzip2) first"},
        {"PK\3\4", 4, "it is a ZIP archive or a spreadsheet; save the sheet as CSV first"},
        {"\xff\xfe", 2, NULL},
        {"\xfe\xff", 2, NULL}};
    static const char utf16[] =
        "it is in UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8) first";
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (count >= formats[i].length && memcmp(b, formats[i].start, formats[i].length) == 0) {
            return formats[i].why ? formats[i].why : utf16;
        }
    }
    bool other_zeros = count >= 4 && !b[0] == !b[2] && !b[1] == !b[3] && !b[0] != !b[1];
    return other_zeros ? utf16 : NULL;
}

/* The most frequent candidate outside quotes in the first line that has anything. */
static char find_separator(const char *bytes, size_t count, char decimal)
{
    static const char candidates[] = ",;\t|";
    size_t seen[sizeof candidates] = {0}, best = decimal == ',';
    bool quoted = false, any = false;
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        const char *at = c ? strchr(candidates, c) : NULL;
        quoted ^= c == '"';
        if ((c == '\n' || c == '\r') && !quoted && any) {
            break;
        }
        any |= c != '\n' && c != '\r';
        seen[at ? (size_t)(at - candidates) : sizeof candidates - 1] += at && !quoted;
    }
    for (size_t i = best; candidates[i]; i++) {
        best = seen[i] > seen[best] ? i : best;
    }
    return candidates[best];
}

static bool read_csv(reel_table *t, const reel_table_options *options, reeli_csv_file *file)
{
    const unsigned char *bytes = (const unsigned char *)file->bytes;
    const char *why = known_as(bytes, file->count);
    if (why) {
        return refuse(t, REEL_ERR_FORMAT, why);
    }
    file->skip = file->count >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    char separator = options->separator;
    if (!separator) {
        separator =
            find_separator(file->bytes + file->skip, file->count - file->skip, options->decimal);
    }
    return reeli_csv_read(t, options, separator, file);
}

/* The array, in the dtype that is asked for. */
static bool read_npy(reel_table *t, const char *path)
{
    reel *r = t->owned.r;
    reel_tensor *matrix = reel_npy_load(r, path);
    if (reeli_bad(matrix)) {
        return false;
    }
    if (matrix->ndim != 2) {
        reeli_error(r, REEL_ERR_SHAPE, "%s: expected a matrix (rows, columns), found shape %s",
                    REELI_QUOTED(path), REELI_SHAPE_OF(matrix));
        reel_tensor_free(matrix);
        return false;
    }
    if (matrix->dtype != (int)t->dtype) {
        reel_tensor *converted = reeli_create(r, operation, (int)t->dtype, 2, matrix->size);
        if (!reeli_bad(converted)) {
            reeli_copy(converted, matrix);
        }
        reel_tensor_free(matrix);
        matrix = converted;
    }
    return !reeli_bad(matrix) && reeli_table_fill(t, operation, matrix, NULL);
}

static bool read_open(reel_table *t, const char *path, const reel_table_options *options,
                      reeli_csv_file *file)
{
    if (!reeli_csv_next(t, file)) {
        return false;
    }
    if (file->count >= 6 && memcmp(file->bytes, "\x93NUMPY", 6) == 0) {
        return file->size < 0 ? refuse(t, REEL_ERR_FILE, "an .npy file cannot be read from a pipe")
                              : read_npy(t, path);
    }
    return read_csv(t, options, file);
}

/* Opens what there is of the path; false, and an error, if the system refuses. */
static bool open_file(reel_table *t, const char *path, reeli_csv_file *file)
{
    struct stat status;
    bool standard = strcmp(path, "-") == 0;
    file->descriptor = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file->descriptor < 0 || fstat(file->descriptor, &status) != 0) {
        char why[2 * REELI_QUOTE_SIZE];
        snprintf(why, sizeof why, "cannot be opened: %s", REELI_SYSTEM_ERROR(errno));
        return refuse(t, REEL_ERR_FILE, why);
    }
    if (S_ISDIR(status.st_mode)) {
        return refuse(t, REEL_ERR_FILE, "is a directory");
    }
    file->size = !standard && S_ISREG(status.st_mode) ? status.st_size : -1;
    return true;
}

static bool read_table(reel_table *t, const char *path, const reel_table_options *options)
{
    reel *r = t->owned.r;
    reeli_csv_file file = {.descriptor = -1};
    bool ok = open_file(t, path, &file);
    if (ok) {
        file.bytes = reeli_malloc(r, REELI_CSV_PIECE);
        if (!file.bytes) {
            reeli_no_memory(r, operation);
        }
        ok = file.bytes && read_open(t, path, options, &file);
        reeli_free(r, file.bytes, REELI_CSV_PIECE);
    }
    if (file.descriptor > STDIN_FILENO) {
        close(file.descriptor);
    }
    return ok;
}

static bool check_options(reel *r, const reel_table_options *o)
{
    if (o->dtype != REEL_F32 && o->dtype != REEL_F64) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: numbers are float32 or float64, not dtype %d",
                    operation, (int)o->dtype);
    } else if (o->decimal && o->decimal != '.' && o->decimal != ',') {
        reeli_error(r, REEL_ERR_VALUE, "%s: decimals have '.' or ',', not character %d", operation,
                    (int)o->decimal);
    } else if (o->separator && (o->separator == (o->decimal ? o->decimal : '.') ||
                                strchr("\"\r\n+-.0123456789eE ", o->separator))) {
        reeli_error(
            r, REEL_ERR_VALUE,
            "%s: the separator, character %d, is a part of numbers, a quote or a line break",
            operation, (int)o->separator);
    } else if (o->text_count && !o->text) {
        reeli_error(r, REEL_ERR_VALUE, "%s: the list of columns of text is NULL", operation);
    } else {
        return true;
    }
    return false;
}

reel_table *reel_table_read(reel *r, const char *path, reel_table_options options)
{
    if (!r || !path) {
        if (r) {
            reeli_error(r, REEL_ERR_VALUE, "%s: the path is NULL", operation);
        }
        return NULL;
    }
    if (!check_options(r, &options)) {
        return NULL;
    }
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    reel_table *t = reeli_table_new(r, operation, name, options.dtype);
    if (t && !read_table(t, path, &options)) {
        reel_table_free(t);
        return NULL;
    }
    return t;
}
