/* SPDX-License-Identifier: MIT */
/* Tables from files: what a file is, and who reads it. */
#include "csv_dialect.h"
#include "csv_file.h"
#include "csv_team.h"
#include "table_cache.h"

#include <reel/npy.h>
#include <string.h>

static const char operation[] = "table_read";

static bool refuse(reel *r, reel_status status, const char *path, const char *why)
{
    reeli_error(r, status, "%s: %s", REELI_QUOTED(path), why);
    return false;
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

/* The files of a table, as it is read. */
typedef struct reading {
    reel *r;
    const char *const *paths;
    size_t count;
    const reel_table_options *options;
    reeli_buffer as_text; /* bool: columns that an earlier reading found to be text */
    bool again;           /* whether it has to be read anew */
    bool from_pipe;       /* some file cannot be */
    reeli_keeping keeping;
} reading;

static bool read_csv(reading *it, reeli_csv_reader *reader, reeli_csv_source *source)
{
    reeli_dialect dialect;
    const char *why = reeli_not_csv(source->bytes, source->count);
    if (why) {
        return refuse(it->r, REEL_ERR_FORMAT, source->name, why);
    }
    if (!reeli_find_dialect(source->bytes, source->count, it->options, &dialect)) {
        return refuse(it->r, REEL_ERR_FORMAT, source->name,
                      "there are fewer lines than are to be passed over, or they are too long");
    }
    return reeli_csv_file(reader, &dialect, source);
}

static bool read_file(reading *it, reel_table *t, reeli_csv_reader *reader, size_t i)
{
    reeli_csv_source source;
    bool ok = reeli_csv_open(it->r, it->paths[i], it->options->encoding, &source);
    it->from_pipe = it->from_pipe || !source.regular;
    if (ok && !reeli_is_npy(source.bytes, source.count)) {
        ok = read_csv(it, reader, &source);
    } else if (ok && it->count > 1) {
        ok = refuse(it->r, REEL_ERR_FORMAT, source.name, "an .npy file is a table by itself");
    } else if (ok) {
        ok = source.size < 0 ? refuse(it->r, REEL_ERR_FILE, source.name,
                                      "an .npy file cannot be read from a pipe, or packed")
                             : read_npy(t, it->paths[i]);
    }
    reeli_csv_close(&source);
    return ok;
}

/* The first column that has turned out to be text. */
static const char *mistaken_column(const reading *it, const reel_table *t)
{
    const bool *as_text = it->as_text.data;
    size_t j = 0;
    while (j + 1 < t->columns && !as_text[j]) {
        j++;
    }
    return reel_table_name(t, j);
}

static bool read_table(reading *it, reel_table *t)
{
    reeli_csv_reader reader;
    bool ok = reeli_csv_begin(&reader, t, it->options, &it->as_text);
    reader.keeping = it->options->cache ? &it->keeping : NULL;
    const size_t begun = t->files.count; /* by another reading, which was in the last of them */
    for (size_t i = begun ? begun - 1 : 0; ok && i < it->count; i++) {
        ok = read_file(it, t, &reader, i);
    }
    reader.failed = reader.failed || !ok;
    ok = reeli_csv_end(&reader, &it->again) && ok;
    if (ok && it->again && it->from_pipe) {
        reeli_error(
            it->r, REEL_ERR_FORMAT,
            "%s: column '%s' begins with numbers and goes on with texts, and cannot be read "
            "twice: say that it is text",
            REELI_QUOTED(t->path), REELI_QUOTED(mistaken_column(it, t)));
        return false;
    }
    return ok;
}

/* Whether there is a text in each place of a list. */
static bool is_whole(const char *const *texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++) {
        if (!texts[i]) {
            return false;
        }
    }
    return texts || count == 0;
}

static bool check_options(reel *r, const reel_table_options *o)
{
    if (o->dtype != REEL_F32 && o->dtype != REEL_F64) {
        reeli_error(r, REEL_ERR_DTYPE, "%s: numbers are float32 or float64, not dtype %d",
                    operation, (int)o->dtype);
    } else if (o->decimal && o->decimal != '.' && o->decimal != ',') {
        reeli_error(r, REEL_ERR_VALUE, "%s: decimals have '.' or ',', not character %d", operation,
                    (int)o->decimal);
    } else if (o->separator &&
               (o->separator == (o->decimal ? o->decimal : '.') || o->separator == o->thousands ||
                strchr("\"\r\n+-.0123456789eE", o->separator))) {
        reeli_error(
            r, REEL_ERR_VALUE,
            "%s: the separator, character %d, is a part of numbers, a quote or a line break",
            operation, (int)o->separator);
    } else if (!is_whole(o->text, o->text_count) || !is_whole(o->missing, o->missing_count) ||
               !is_whole(o->date_formats, o->date_format_count)) {
        reeli_error(r, REEL_ERR_VALUE, "%s: the list of %s is NULL, or one of them", operation,
                    !is_whole(o->text, o->text_count)         ? "columns of text"
                    : !is_whole(o->missing, o->missing_count) ? "missing values"
                                                              : "formats of dates");
    } else if (o->thousands && (o->thousands == (o->decimal ? o->decimal : '.') ||
                                strchr("\"\r\n+-0123456789eE", o->thousands))) {
        reeli_error(r, REEL_ERR_VALUE,
                    "%s: what parts thousands, character %d, is a part of numbers, a quote or a "
                    "line break",
                    operation, (int)o->thousands);
    } else if (o->skip_lines < 0) {
        reeli_error(r, REEL_ERR_VALUE, "%s: %lld lines cannot be passed over", operation,
                    (long long)o->skip_lines);
    } else {
        return true;
    }
    return false;
}

/* Whether a number is the same in all processes that read the table; false, and an error, if one
 * has failed. */
static bool is_everywhere(const reading *it, uint64_t number, bool *same)
{
    const reel_table_team *team = it->options->team;
    char *all;
    const int64_t *counts;
    *same = true;
    if (team && !reeli_team_gather(it->r, team, &(reeli_buffer){&number, sizeof number, 0}, &all,
                                   &counts)) {
        return false;
    }
    for (int i = 0; team && i < team->size; i++) {
        *same = *same && memcmp(all + (size_t)i * sizeof number, &number, sizeof number) == 0;
    }
    return true;
}

static reel_table *new_table(reading *it, const char *name)
{
    reel_table *t = reeli_table_new(it->r, operation, name, it->options->dtype);
    if (t) {
        t->memory = it->options->memory;
    }
    return t;
}

/* The table so far as another reading, which was interrupted, has kept it, if it is so in all
 * processes; else an empty one. NULL, and an error. */
static reel_table *go_on(reading *it, const char *name)
{
    reeli_keeping *k = &it->keeping;
    bool same;
    reel_table *t = new_table(it, name);
    bool there = t && reeli_keep_go_on(k, t, &it->as_text);
    const uint64_t place = there ? t->hash + (uint64_t)reeli_keep_taken(k) : 0;
    if (!is_everywhere(it, place, &same) || it->r->status != REEL_OK) {
        reel_table_free(t);
        return NULL;
    }
    if (there && same) {
        return t;
    }
    reel_table_free(t);
    it->as_text.count = 0;
    return reeli_keep_anew(k) ? new_table(it, name) : NULL;
}

/* Reads it, again if columns of numbers turn out to be text. */
static reel_table *read_until_known(reading *it, const char *name)
{
    const bool keeps = it->options->cache != NULL;
    reel_table *t = keeps ? go_on(it, name) : new_table(it, name);
    for (it->again = true; t && it->again;) {
        it->again = false;
        if (!read_table(it, t)) {
            reel_table_free(t);
            return NULL;
        }
        if (it->again) {
            reel_table_free(t);
            t = !keeps || reeli_keep_anew(&it->keeping) ? new_table(it, name) : NULL;
        }
    }
    return t;
}

/* Reads it, and keeps it. */
static reel_table *read_and_keep(reading *it, const char *name, uint64_t key)
{
    reeli_keeping *k = &it->keeping;
    reel_table *t = NULL;
    if (reeli_keep_begin(k, it->r, it->options, key)) {
        t = read_until_known(it, name);
    }
    if (t && !t->matrix && !reeli_keep_end(k, t)) {
        reel_table_free(t);
        t = NULL;
    }
    reeli_keep_close(k);
    return t;
}

static reel_table *read_all(reading *it)
{
    const reel_table_options *o = it->options;
    const char *first = strcmp(it->paths[0], "-") == 0 ? "standard input" : it->paths[0];
    const uint64_t key = o->cache ? reeli_cache_key(it->paths, it->count, o) : 0;
    bool ours = true, known = o->cache != NULL, everywhere;
    for (size_t i = 0; i < it->count; i++) {
        known = known && strcmp(it->paths[i], "-") != 0;
    }
    reel_table *t = o->cache ? reeli_cache_open(it->r, first, o, known ? key : ~key, &ours) : NULL;
    if (!ours) {
        refuse(it->r, REEL_ERR_FILE, o->cache,
               "there is a file of that name, and it is no table that was kept");
    }
    if (o->cache && (!is_everywhere(it, t != NULL, &everywhere) || !everywhere)) {
        reel_table_free(t);
        t = NULL;
    }
    if (!t && it->r->status == REEL_OK) {
        t = o->cache ? read_and_keep(it, first, key) : read_until_known(it, first);
    }
    reeli_buffer_free(it->r, &it->as_text);
    return t;
}

reel_table *reel_table_read_all(reel *r, const char *const *paths, size_t count,
                                reel_table_options options)
{
    bool there = paths && count > 0;
    for (size_t i = 0; there && i < count; i++) {
        there = paths[i] != NULL;
    }
    if (!r || !there) {
        if (r) {
            reeli_error(r, REEL_ERR_VALUE, "%s: the path is NULL", operation);
        }
        return NULL;
    }
    reading it = {.r = r, .paths = paths, .count = count, .options = &options};
    return check_options(r, &options) ? read_all(&it) : NULL;
}

reel_table *reel_table_read(reel *r, const char *path, reel_table_options options)
{
    return reel_table_read_all(r, &path, 1, options);
}
