/* SPDX-License-Identifier: MIT */
/* A table's files, one after the other. */
#include "csv_file.h"
#include "csv_cells.h"
#include "csv_kinds.h"
#include "csv_parse.h"
#include "csv_team.h"
#include "table_cache.h"

#include <string.h>
#include <unistd.h>

/* Room for as many rows as the file has if the others are as long as the first: growing little by
 * little would leave up to half of the memory unused. */
static void expect_rows(reeli_csv_reader *it, int64_t taken, int64_t bytes)
{
    int64_t rows = it->table->rows;
    if (!it->failed && rows > 0 && bytes > taken) {
        double expected = 1.02 * (double)rows * ((double)bytes / (double)taken);
        if (!reeli_csv_fits(it, expected)) {
            it->failed = !reeli_csv_to_pages(it);
        } else if (expected > (double)it->room && expected < 0x1p48) {
            reeli_csv_reserve(it, (int64_t)expected); /* a guess: without it, little by little */
        }
    }
}

bool reeli_csv_begin(reeli_csv_reader *it, reel_table *t, const reel_table_options *options,
                     reeli_buffer *as_text)
{
    t->memory = options->memory;
    *it = (reeli_csv_reader){.r = t->owned.r,
                             .table = t,
                             .options = options,
                             .as_text = as_text,
                             .path = t->path,
                             .decimal = options->decimal ? options->decimal : '.'};
    return reeli_csv_begin_parser(it);
}

/* Another file's rows begin. */
static bool begin_file(reeli_csv_reader *it, const reeli_dialect *dialect, const char *name)
{
    reel_table *t = it->table;
    size_t length = strlen(name) + 1;
    reeli_table_file *file = reeli_buffer_add(it->r, &t->files, sizeof *file);
    if (!file || !reeli_buffer_grow(it->r, &t->paths, t->paths.count + length)) {
        reeli_csv_no_memory(it);
        return false;
    }
    *file = (reeli_table_file){t->rows, t->paths.count};
    memcpy((char *)t->paths.data + t->paths.count, name, length);
    t->paths.count += length;
    it->path = name;
    it->line = dialect->line;
    it->named_here = it->after_return = it->in_comment = false;
    it->in_quotes = it->blank = it->within_line = it->remark = false;
    it->column = 0;
    csv_set_delim(&it->parser, (unsigned char)dialect->separator);
    return true;
}

/* The bytes behind the last line feed. */
static size_t after_last_feed(const char *bytes, size_t count)
{
    while (count > 0 && bytes[count - 1] != '\n') {
        count--;
    }
    return count;
}

static bool take_bytes(reeli_csv_reader *it, char *bytes, size_t count)
{
    reeli_csv_hash(it, bytes, count);
    return reeli_csv_take(it, bytes, count);
}

/* A piece, which ends after `taken` bytes of the file. If it is time to, how far the reading has
 * come is noted where a row ends. */
static void take_piece(reeli_csv_reader *it, char *bytes, size_t count, int64_t taken)
{
    const size_t end = reeli_keep_is_due(it, (int64_t)count) ? after_last_feed(bytes, count) : 0;
    if (end && take_bytes(it, bytes, end) && reeli_csv_between_rows(it) && !it->in_comment) {
        it->failed = !reeli_keep_note(it, taken - (int64_t)(count - end));
    }
    if (!it->failed) {
        take_bytes(it, bytes + end, count - end);
    }
}

/* Passes over the text that another reading has read. */
static bool pass_over(reeli_csv_source *source, int64_t bytes)
{
    if (source->regular && !source->unpacker.packing && !source->recoder.encoding) {
        source->ended = false;
        return (lseek(source->descriptor, (off_t)bytes, SEEK_SET) == (off_t)bytes ||
                reeli_csv_unreadable(source, REEL_ERR_FILE, "cannot be read from its middle")) &&
               reeli_csv_next(source);
    }
    while (source->count > 0 && (int64_t)source->count <= bytes) {
        bytes -= (int64_t)source->count;
        if (!reeli_csv_next(source)) {
            return false;
        }
    }
    source->count -= (size_t)bytes;
    memmove(source->bytes, source->bytes + bytes, source->count);
    return true;
}

/* From where another reading was interrupted. */
static bool go_on(reeli_csv_reader *it, const reeli_dialect *dialect, reeli_csv_source *source,
                  int64_t *taken)
{
    it->path = source->name;
    csv_set_delim(&it->parser, (unsigned char)dialect->separator);
    reeli_keep_restore(it->keeping, it);
    reeli_warn(it->r, "%s: goes on after row %lld, where another reading of it was interrupted",
               REELI_QUOTED(it->options->cache), (long long)it->table->rows);
    return (!it->options->team || reeli_csv_team(it, source, taken)) && pass_over(source, *taken);
}

bool reeli_csv_file(reeli_csv_reader *it, const reeli_dialect *dialect, reeli_csv_source *source)
{
    size_t skip = dialect->skip;
    const bool goes_on = it->keeping && it->keeping->goes_on;
    int64_t taken = goes_on ? reeli_keep_taken(it->keeping) : 0;
    if (goes_on) {
        it->keeping->goes_on = false;
        skip = 0;
    }
    if (!(goes_on ? go_on(it, dialect, source, &taken) : begin_file(it, dialect, source->name))) {
        return false;
    }
    while (!it->failed && source->count > 0) {
        bool first = taken == 0;
        taken += (int64_t)source->count;
        reeli_csv_hash(it, source->bytes, skip);
        take_piece(it, source->bytes + skip, source->count - skip, taken);
        skip = 0;
        if (first && it->table->files.count == 1) {
            expect_rows(it, taken, source->size);
            it->failed = it->failed || (source->size > taken && !reeli_csv_settle(it));
        }
        if (first && it->options->team && !it->failed) {
            it->failed = !reeli_csv_team(it, source, &taken);
        }
        reeli_csv_tell_progress(it, taken, source->size);
        if (!it->failed && !reeli_csv_next(source)) {
            it->failed = true;
        }
    }
    if (!it->failed) {
        reeli_csv_take_end(it);
    }
    return !it->failed;
}

bool reeli_csv_end(reeli_csv_reader *it, bool *again)
{
    *again = false;
    bool csv = !it->table->matrix; /* and no array of NumPy's */
    if (!it->failed && csv && reeli_csv_settle(it)) {
        *again = reeli_csv_mistaken(it);
        if (!*again) {
            reeli_csv_finish(it);
            reeli_csv_tell(it);
            if (it->keeping) {
                it->keeping->short_rows = it->short_rows;
            }
        }
    }
    reeli_csv_end_parser(it);
    reeli_buffer_free(it->r, &it->first);
    reeli_buffer_free(it->r, &it->order);
    return !it->failed;
}
