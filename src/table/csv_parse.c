/* SPDX-License-Identifier: MIT */
/* The file's bytes on their way through the parser, and what is wrong with them as text. */
#include "csv_parse.h"
#include "csv_cells.h"
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
    if (it->named) {
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
        if (it->named) {
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

static bool begin(reeli_csv_reader *it, char separator)
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
    csv_set_delim(&it->parser, (unsigned char)separator);
    return true;
}

static void end(reeli_csv_reader *it)
{
    reeli_free(it->r, it->parser.entry_buf - HEAD, HEAD + it->field_size);
    reeli_buffer_free(it->r, &it->first);
}

/* "column 'rooms'", or its number as long as there are no names. */
static const char *column_text(char text[REELI_TABLE_TEXT + 16], const reeli_csv_reader *it)
{
    const char *name = reel_table_name(it->table, it->column);
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

static bool parse(reeli_csv_reader *it, const char *bytes, size_t count)
{
    for (size_t done = 0; !it->failed && done < count;) {
        done += csv_parse(&it->parser, bytes + done, count - done, on_field, on_row, it);
        if (!it->failed && done < count) {
            done += go_on(it, bytes + done);
        }
    }
    return !it->failed;
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
    } else if (!it->failed && !it->named) {
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
        if (expected > (double)it->room && expected < 0x1p48) {
            reeli_csv_reserve(it, (int64_t)expected); /* a guess: without it, little by little */
        }
    }
}

bool reeli_csv_parse(reel_table *t, const reel_table_options *options, char separator, size_t skip,
                     reeli_csv_source *source)
{
    reeli_csv_reader it = {.r = t->owned.r,
                           .table = t,
                           .options = options,
                           .decimal = options->decimal ? options->decimal : '.',
                           .line = 1};
    if (!begin(&it, separator)) {
        return false;
    }
    int64_t taken = 0;
    while (!it.failed && source->count > 0) {
        bool first = taken == 0;
        taken += (int64_t)source->count;
        take(&it, source->bytes + skip, source->count - skip);
        skip = 0;
        if (first) {
            expect_rows(&it, taken, source->size);
        }
        if (!it.failed && !reeli_csv_next(t, source)) {
            it.failed = true;
        }
    }
    if (!it.failed) {
        take_end(&it);
    }
    reeli_csv_finish(&it);
    end(&it);
    return !it.failed;
}
