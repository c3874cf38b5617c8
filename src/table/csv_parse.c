/* SPDX-License-Identifier: MIT */
/* The file's bytes on their way through the parser, and what is wrong with them as text. */
#include "csv_parse.h"
#include "csv_cells.h"
#include "csv_kinds.h"
#include "csv_names.h"

#include <string.h>

/* Before the parser's buffer lies whom it belongs to: the parser's hooks are given nothing else. */
enum { HEAD = 16, FIELD_ROOM = 256 };

static void on_field(void *text, size_t length, void *context)
{
    reeli_csv_reader *it = context;
    if (it->failed) {
        return;
    }
    if (it->column == 0) {
        it->row_line = it->line;
    }
    if (it->named_here) {
        reeli_csv_cell(it, text, length);
    } else {
        reeli_csv_name(it, text, length);
    }
    it->column++;
}

/* Called for each return and line feed, and for the file's end with -1. */
static void on_row(int c, void *context)
{
    reeli_csv_reader *it = context;
    bool second_half = c == '\n' && it->after_return && it->column == 0;
    if (!it->failed && it->column > 0) {
        if (it->named_here) {
            reeli_csv_row_end(it);
        } else {
            reeli_csv_names_end(it);
        }
    }
    it->column = 0;
    it->line += !second_half;
    it->after_return = c == '\r';
}

/* Twice the size each time: the parser alone would add the same little piece again and again. */
static void *grow_field(void *text, size_t size)
{
    void *block = (char *)text - HEAD;
    reeli_csv_reader *it = *(reeli_csv_reader **)block;
    char *fresh =
        it->r->allocator(it->r->allocator_context, block, HEAD + it->field_size, HEAD + size);
    if (!fresh) {
        return NULL;
    }
    it->field_size = size;
    csv_set_blk_size(&it->parser, size);
    return fresh + HEAD;
}

static bool begin(reeli_csv_reader *it)
{
    csv_init(&it->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_APPEND_NULL);
    char *block = reeli_malloc(it->r, HEAD + FIELD_ROOM);
    if (!block) {
        reeli_csv_no_memory(it);
        return false;
    }
    *(reeli_csv_reader **)(void *)block = it;
    it->field_size = FIELD_ROOM;
    it->parser.entry_buf = (unsigned char *)block + HEAD;
    it->parser.entry_size = FIELD_ROOM;
    csv_set_realloc_func(&it->parser, grow_field);
    csv_set_blk_size(&it->parser, FIELD_ROOM);
    return true;
}

static void end(reeli_csv_reader *it)
{
    if (it->parser.entry_buf) {
        reeli_free(it->r, it->parser.entry_buf - HEAD, HEAD + it->field_size);
    }
    reeli_buffer_free(it->r, &it->first);
    reeli_buffer_free(it->r, &it->order);
}

/* "column 'rooms'", or its number as long as there are no names. */
static const char *column_text(char text[REELI_TABLE_TEXT + 16], const reeli_csv_reader *it)
{
    const char *name = NULL;
    if (it->named_here && it->column < it->table->columns) {
        name = reel_table_name(it->table, reeli_csv_column(it));
    }
    if (name) {
        snprintf(text, REELI_TABLE_TEXT + 16, "column '%s'", REELI_QUOTED(name));
    } else {
        snprintf(text, REELI_TABLE_TEXT + 16, "column %zu", it->column + 1);
    }
    return text;
}
#define COLUMN_OF(it) column_text((char[REELI_TABLE_TEXT + 16]){0}, it)

/* The parser stopped at a byte that it does not take; false if that is an error. A quote amid a
 * field without quotes stands for itself. */
static bool go_on(reeli_csv_reader *it, const char *at)
{
    if (csv_error(&it->parser) != CSV_EPARSE) {
        reeli_csv_no_memory(it);
        return false;
    }
    if (it->parser.quoted) {
        reeli_csv_refuse(it, it->line,
                         "%s: expected '%c' or the line's end after a closing quote, found '%s'; a "
                         "quote in quotes is to be doubled",
                         COLUMN_OF(it), it->parser.delim_char, REELI_QUOTED_START(at, 1));
        return false;
    }
    it->parser.status = CSV_SUCCESS;
    it->parser.options &= (unsigned char)~CSV_STRICT;
    size_t taken = csv_parse(&it->parser, at, 1, on_field, on_row, it);
    it->parser.options |= CSV_STRICT;
    if (taken == 0) {
        reeli_csv_no_memory(it);
    }
    return taken == 1;
}

static bool parse_bytes(reeli_csv_reader *it, const char *bytes, size_t count)
{
    for (size_t done = 0; !it->failed && done < count;) {
        done += csv_parse(&it->parser, bytes + done, count - done, on_field, on_row, it);
        if (!it->failed && done < count) {
            done += go_on(it, bytes + done);
        }
    }
    return !it->failed;
}

/* How many bytes there are up to the line's end, and with it. */
static size_t line_length(const char *bytes, size_t count)
{
    const char *end = memchr(bytes, '\n', count);
    return end ? (size_t)(end - bytes) + 1 : count;
}

/* Line by line, without those that begin with the mark of a comment where a row would begin. */
static bool parse_without_comments(reeli_csv_reader *it, const char *bytes, size_t count)
{
    for (size_t done = 0; !it->failed && done < count;) {
        size_t length = line_length(bytes + done, count - done);
        bool whole = bytes[done + length - 1] == '\n';
        bool fresh = it->parser.pstate == 0 && !it->in_comment; /* no field of a row has begun */
        if (it->in_comment || (fresh && bytes[done] == it->options->comment)) {
            it->in_comment = !whole;
            it->line += whole;
        } else {
            parse_bytes(it, bytes + done, length);
        }
        done += length;
    }
    return !it->failed;
}

static bool parse(reeli_csv_reader *it, const char *bytes, size_t count)
{
    return it->options->comment ? parse_without_comments(it, bytes, count)
                                : parse_bytes(it, bytes, count);
}

/* Eight bytes at a time. */
static uint64_t mixed(uint64_t hash, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i += sizeof hash) {
        uint64_t some = 0;
        memcpy(&some, bytes + i, count - i < sizeof some ? count - i : sizeof some);
        hash = (hash ^ some) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29;
    }
    return hash;
}

/* All up to a NUL, which no text has. */
static bool take(reeli_csv_reader *it, const char *bytes, size_t count)
{
    const char *nul = memchr(bytes, '\0', count);
    bool ok = parse(it, bytes, nul ? (size_t)(nul - bytes) : count);
    if (ok && nul) {
        const char *field = (const char *)it->parser.entry_buf;
        reeli_csv_refuse(it, it->line + reeli_csv_breaks(field, it->parser.entry_pos),
                         "expected text, found a byte 0: this is no CSV file, or a damaged one");
    }
    return !it->failed;
}

/* The end of the last line, which need not have a line feed. */
static void take_end(reeli_csv_reader *it)
{
    if (csv_fini(&it->parser, on_field, on_row, it) != 0) {
        reeli_csv_refuse(it, it->line, "%s: the quote that opens here is never closed",
                         COLUMN_OF(it));
    } else if (!it->failed && !it->named_here) {
        reeli_csv_refuse(it, 0, "expected a line with the columns' names, found nothing");
    }
}

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
    return begin(it);
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
    it->column = 0;
    csv_set_delim(&it->parser, (unsigned char)dialect->separator);
    return true;
}

static void tell_progress(const reeli_csv_reader *it, int64_t taken, int64_t size)
{
    const reel_table_options *o = it->options;
    if (o->progress) {
        reeli_visit visit;
        reeli_enter_callback(it->r, &visit, NULL, false);
        o->progress(o->progress_context, it->path, taken, size);
        reeli_leave_callback(it->r, &visit);
    }
}

bool reeli_csv_file(reeli_csv_reader *it, const reeli_dialect *dialect, reeli_csv_source *source)
{
    int64_t taken = 0;
    size_t skip = dialect->skip;
    if (!begin_file(it, dialect, source->name)) {
        return false;
    }
    while (!it->failed && source->count > 0) {
        bool first = taken == 0;
        taken += (int64_t)source->count;
        it->table->hash = mixed(it->table->hash + 1, source->bytes, source->count);
        take(it, source->bytes + skip, source->count - skip);
        skip = 0;
        if (first && it->table->files.count == 1) {
            expect_rows(it, taken, source->size);
            it->failed = it->failed || (source->size > taken && !reeli_csv_settle(it));
        }
        tell_progress(it, taken, source->size);
        if (!it->failed && !reeli_csv_next(source)) {
            it->failed = true;
        }
    }
    if (!it->failed) {
        take_end(it);
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
        }
    }
    end(it);
    return !it->failed;
}
