/* SPDX-License-Identifier: MIT */
/* Tables from files: what a file is, and who reads it. */
#include "csv_dialect.h"
#include "csv_parse.h"

#include <reel/npy.h>
#include <string.h>

static const char operation[] = "table_read";

static bool refuse(const reel_table *t, reel_status status, const char *why)
{
    reeli_error(t->owned.r, status, "%s: %s", REELI_QUOTED(t->path), why);
    return false;
}

static bool read_csv(reel_table *t, const reel_table_options *options, reeli_csv_source *source)
{
    const char *why = reeli_not_csv(source->bytes, source->count);
    if (why) {
        return refuse(t, REEL_ERR_FORMAT, why);
    }
    size_t skip = reeli_byte_order_mark(source->bytes, source->count);
    char separator = options->separator;
    if (!separator) {
        separator =
            reeli_find_separator(source->bytes + skip, source->count - skip, options->decimal);
    }
    return reeli_csv_parse(t, options, separator, skip, source);
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
                      reeli_csv_source *source)
{
    if (!reeli_is_npy(source->bytes, source->count)) {
        return read_csv(t, options, source);
    }
    return source->size < 0 ? refuse(t, REEL_ERR_FILE, "an .npy file cannot be read from a pipe")
                            : read_npy(t, path);
}

static bool read_table(reel_table *t, const char *path, const reel_table_options *options)
{
    reeli_csv_source source;
    bool ok = reeli_csv_open(t, path, &source) && read_open(t, path, options, &source);
    reeli_csv_close(t->owned.r, &source);
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
