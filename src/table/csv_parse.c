/* SPDX-License-Identifier: MIT */
/* The file's bytes on their way through the parser, and what is wrong with them as text. */
#include "csv_parse.h"
#include "csv_cells.h"
#include "csv_names.h"
#include "csv_record.h"

#include <string.h>

/* Before the parser's buffer lies whom it belongs to: the parser's hooks are given nothing else. */
enum { HEAD = 16, FIELD_ROOM = 256 };

void reeli_csv_on_field(void *text, size_t length, void *context)
{
    reeli_csv_reader *it = context;
    if (it->failed) {
        return;
    }
    if (it->record) {
        reeli_csv_record_field(it, text, length);
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

void reeli_csv_on_row(int c, void *context)
{
    reeli_csv_reader *it = context;
    if (it->record) {
        reeli_csv_record_row(it, c);
        return;
    }
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

bool reeli_csv_begin_parser(reeli_csv_reader *it)
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

void reeli_csv_end_parser(reeli_csv_reader *it)
{
    if (it->parser.entry_buf) {
        reeli_free(it->r, it->parser.entry_buf - HEAD, HEAD + it->field_size);
    }
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
    size_t taken = csv_parse(&it->parser, at, 1, reeli_csv_on_field, reeli_csv_on_row, it);
    it->parser.options |= CSV_STRICT;
    if (taken == 0) {
        reeli_csv_no_memory(it);
    }
    return taken == 1;
}

static bool parse_bytes(reeli_csv_reader *it, const char *bytes, size_t count)
{
    for (size_t done = 0; !it->failed && done < count;) {
        done += csv_parse(&it->parser, bytes + done, count - done, reeli_csv_on_field,
                          reeli_csv_on_row, it);
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

/* Where blanks part fields: many are one, and those at a line's ends none. In place; how many bytes
 * are left. A blank that ends a piece is parsed when it is known what follows. */
static size_t squeeze(reeli_csv_reader *it, char *bytes, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        bool line_ends = !it->in_quotes && (c == '\n' || c == '\r');
        it->remark = it->remark
                         ? !line_ends
                         : it->options->comment && !it->within_line && c == it->options->comment;
        if (!it->in_quotes && !it->remark && (c == ' ' || c == '\t')) {
            it->blank = it->within_line;
            continue;
        }
        if (it->blank && !line_ends) {
            if (i == 0) {
                parse_bytes(it, " ", 1);
            } else {
                bytes[left++] = ' ';
            }
        }
        it->blank = false;
        it->within_line = !line_ends;
        it->in_quotes = it->in_quotes != (c == '"' && !it->remark);
        bytes[left++] = c;
    }
    return left;
}

static bool parse(reeli_csv_reader *it, char *bytes, size_t count)
{
    if (it->parser.delim_char == ' ') {
        count = squeeze(it, bytes, count);
    }
    return it->options->comment ? parse_without_comments(it, bytes, count)
                                : parse_bytes(it, bytes, count);
}

bool reeli_csv_take(reeli_csv_reader *it, char *bytes, size_t count)
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

void reeli_csv_take_end(reeli_csv_reader *it)
{
    if (csv_fini(&it->parser, reeli_csv_on_field, reeli_csv_on_row, it) != 0) {
        reeli_csv_refuse(it, it->line, "%s: the quote that opens here is never closed",
                         COLUMN_OF(it));
    } else if (!it->failed && !it->named_here) {
        reeli_csv_refuse(it, 0, "expected a line with the columns' names, found nothing");
    }
}
