/* SPDX-License-Identifier: MIT */
/* What is wrong with a file, in words that name the line. */
#include "csv_reader.h"

void reeli_csv_refuse(reeli_csv_reader *it, int64_t line, const char *format, ...)
{
    char why[REELI_MESSAGE_SIZE], at[32] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    if (line > 0) {
        snprintf(at, sizeof at, ":%lld", (long long)line);
    }
    reeli_error(it->r, REEL_ERR_FORMAT, "%s%s: %s", REELI_QUOTED(it->path), at, why);
    it->failed = true;
}

void reeli_csv_no_memory(reeli_csv_reader *it)
{
    reeli_error(it->r, REEL_ERR_MEMORY, "%s: out of memory after %lld rows", REELI_QUOTED(it->path),
                (long long)it->table->rows);
    it->failed = true;
}

/* Of any system: a return and the line feed behind it are one. */
int64_t reeli_csv_breaks(const char *text, size_t length)
{
    int64_t breaks = 0;
    for (size_t i = 0; i < length; i++) {
        breaks += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    }
    return breaks;
}
