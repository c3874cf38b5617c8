/* SPDX-License-Identifier: MIT */
/* Formats are told apart by how their files start. */
#include "csv_dialect.h"

#include <string.h>

/* Lines that the separator is sought in, and which it may be. */
enum { LINES = 32, CANDIDATES = 4 };
static const char candidates[CANDIDATES + 1] = ",;\t|";

const char *reeli_not_csv(const char *bytes, size_t count)
{
    static const struct {
        const char *start;
        size_t length;
        const char *why;
    } formats[] = {
        {"\xfd"
         "7zXZ",
         5, "it is compressed by xz; unpack it (unxz) first"},
        {"BZh", 3, "it is compressed by bzip2; unpack it (bunzip2) first"},
        {"PK\3\4", 4, "it is a ZIP archive or a spreadsheet; save the sheet as CSV first"},
        {"\xd0\xcf\x11\xe0", 4, "it is an old spreadsheet; save the sheet as CSV first"},
        {"%PDF", 4, "it is a PDF; tables in it have to be saved as CSV first"},
        {"PAR1", 4, "it is Parquet; save the table as CSV first"},
        {"SQLite format 3", 15, "it is a database; save one of its tables as CSV first"},
        {"<!DOCTYPE", 9, "it is a web page; save the table as CSV first"},
        {"<!doctype", 9, "it is a web page; save the table as CSV first"},
        {"<html", 5, "it is a web page; save the table as CSV first"},
        {"<?xml", 5, "it is XML; save the table as CSV first"},
        {"{\"", 2, "it is JSON; save the table as CSV first"},
        {"[{", 2, "it is JSON; save the table as CSV first"}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (count >= formats[i].length && memcmp(bytes, formats[i].start, formats[i].length) == 0) {
            return formats[i].why;
        }
    }
    return NULL;
}

const char *reeli_find_encoding(const char *bytes, size_t count)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (count >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff))) {
        return "UTF-16";
    }
    bool other_zeros = count >= 4 && !b[0] == !b[2] && !b[1] == !b[3] && !b[0] != !b[1];
    return !other_zeros ? NULL : b[0] ? "UTF-16LE" : "UTF-16BE";
}

bool reeli_is_npy(const char *bytes, size_t count)
{
    static const char start[] = "\x93NUMPY";
    return count >= sizeof start - 1 && memcmp(bytes, start, sizeof start - 1) == 0;
}

static size_t byte_order_mark(const char *bytes, size_t count)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool there = count >= sizeof mark - 1 && memcmp(bytes, mark, sizeof mark - 1) == 0;
    return there ? sizeof mark - 1 : 0;
}

/* Where the line after the one at `at` starts; `count` if there is none. */
static size_t next_line(const char *bytes, size_t count, size_t at)
{
    while (at < count && bytes[at] != '\n' && bytes[at] != '\r') {
        at++;
    }
    bool pair = at + 1 < count && bytes[at] == '\r' && bytes[at + 1] == '\n';
    return at < count ? at + 1 + pair : count;
}

/* How often each candidate stands outside of quotes in the row at `at`; where it ends. */
static size_t count_in_row(const char *bytes, size_t count, size_t at, size_t *seen)
{
    bool quoted = false;
    memset(seen, 0, CANDIDATES * sizeof *seen);
    for (; at < count; at++) {
        char c = bytes[at];
        const char *found = c ? strchr(candidates, c) : NULL;
        quoted ^= c == '"';
        if ((c == '\n' || c == '\r') && !quoted) {
            break;
        }
        if (found && !quoted) {
            seen[found - candidates]++;
        }
    }
    return at;
}

/* Words of the row at `at`, parted by blanks, and how many of them begin like numbers. */
static size_t count_words(const char *bytes, size_t at, size_t end, size_t *numbers)
{
    size_t words = 0;
    *numbers = 0;
    for (; at < end; at++) {
        bool blank = bytes[at] == ' ' || bytes[at] == '\t';
        bool begins = !blank && (words == 0 || bytes[at - 1] == ' ' || bytes[at - 1] == '\t');
        words += begins;
        *numbers += begins && strchr("+-.0123456789", bytes[at]) != NULL;
    }
    return words;
}

static bool is_empty(const char *bytes, size_t from, size_t to)
{
    while (from < to && (bytes[from] == ' ' || bytes[from] == '\t')) {
        from++;
    }
    return from == to;
}

/* How much a candidate parts: the rows that have as many as the first one, and how many that are.
 * One that the first row lacks is none. */
typedef struct score {
    size_t first, same;
} score;

/* The last row may be cut off where the piece ends, and is looked at only if it is the only one. */
static size_t score_rows(const char *bytes, size_t count, char comment, score *scores)
{
    size_t rows = 0, seen[CANDIDATES];
    for (size_t at = 0; at < count && rows < LINES; at++) {
        size_t end = count_in_row(bytes, count, at, seen);
        bool counts = !is_empty(bytes, at, end) && (!comment || bytes[at] != comment) &&
                      (end < count || rows == 0);
        for (int i = 0; counts && i < CANDIDATES; i++) {
            scores[i].first = rows ? scores[i].first : seen[i];
            scores[i].same += seen[i] == scores[i].first;
        }
        rows += counts;
        at = end;
    }
    return rows;
}

/* Whether blanks part all rows into as many words, numbers among those below the first. */
static bool has_words(const char *bytes, size_t count, char comment)
{
    size_t rows = 0, first = 0, seen[CANDIDATES], numbers;
    for (size_t at = 0; at < count && rows < LINES; at++) {
        size_t end = count_in_row(bytes, count, at, seen);
        bool counts =
            !is_empty(bytes, at, end) && (!comment || bytes[at] != comment) && end < count;
        size_t words = counts ? count_words(bytes, at, end, &numbers) : 0;
        first = rows == 0 && counts ? words : first;
        if (counts && (words != first || words < 2 || memchr(bytes + at, '"', end - at) ||
                       (rows > 0 && numbers == 0))) {
            return false;
        }
        rows += counts;
        at = end;
    }
    return rows > 2;
}

static char find_separator(const char *bytes, size_t count, const reel_table_options *options)
{
    score scores[CANDIDATES] = {{0, 0}};
    int start = options->decimal == ',', best = start;
    score_rows(bytes, count, options->comment, scores);
    for (int i = start + 1; i < CANDIDATES; i++) {
        const score *a = &scores[i], *b = &scores[best];
        bool better = a->first && (!b->first || a->same > b->same ||
                                   (a->same == b->same && a->first > b->first));
        best = better ? i : best;
    }
    if (!scores[best].first && has_words(bytes, count, options->comment)) {
        return ' ';
    }
    return candidates[best];
}

/* "sep=;", as spreadsheets write it; how many bytes that is, with the line's end. */
static size_t said_separator(const char *bytes, size_t count, char *separator)
{
    bool quoted = count > 0 && bytes[0] == '"';
    const char *at = bytes + quoted;
    size_t end = next_line(bytes, count, 0);
    if (count < 6 || (memcmp(at, "sep=", 4) != 0 && memcmp(at, "SEP=", 4) != 0) || end > 9 ||
        strchr("\"\r\n", at[4])) {
        return 0;
    }
    *separator = at[4];
    return end;
}

bool reeli_find_dialect(const char *bytes, size_t count, const reel_table_options *options,
                        reeli_dialect *to)
{
    size_t at = byte_order_mark(bytes, count);
    *to = (reeli_dialect){.line = 1};
    for (; to->line <= options->skip_lines; to->line++) {
        if (at == count) {
            return false;
        }
        at = next_line(bytes, count, at);
    }
    char said = 0;
    size_t length = said_separator(bytes + at, count - at, &said);
    to->line += length > 0;
    to->skip = at + length;
    to->separator = options->separator ? options->separator
                    : said             ? said
                           : find_separator(bytes + to->skip, count - to->skip, options);
    return true;
}
