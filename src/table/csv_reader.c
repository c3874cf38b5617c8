/* SPDX-License-Identifier: MIT */
/* What is wrong with a file, in words that name the line; and what tells it from others. */
#include "csv_reader.h"
#include "counted.h"

void reeli_csv_refuse(reeli_csv_reader *it, int64_t line, const char *format, ...)
{
    char why[REELI_MESSAGE_SIZE], at[32] = "";
    va_list arguments;
    it->failed = true;
    if (it->record) {
        return;
    }
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    if (line > 0) {
        snprintf(at, sizeof at, ":%lld", (long long)line);
    }
    reeli_error(it->r, REEL_ERR_FORMAT, "%s%s: %s", REELI_QUOTED(it->path), at, why);
}

void reeli_csv_no_memory(reeli_csv_reader *it)
{
    it->failed = true;
    if (it->record) {
        return;
    }
    reeli_error(it->r, REEL_ERR_MEMORY, "%s: out of memory after %s", REELI_QUOTED(it->path),
                REELI_COUNTED(it->table->rows, "row"));
}

void reeli_csv_tell_progress(const reeli_csv_reader *it, int64_t taken, int64_t size)
{
    const reel_table_options *o = it->options;
    if (o->progress) {
        reeli_visit visit;
        reeli_enter_callback(it->r, &visit, NULL, false);
        o->progress(o->progress_context, it->path, taken, size);
        reeli_leave_callback(it->r, &visit);
    }
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

/* Eight bytes, the same number on every machine; as one expression, which compilers make a load. */
static uint64_t word_at(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

/* The sum of x_i r^i over words of eight bytes, modulo 2^64, with an odd r. */
uint64_t reeli_csv_hash_of(const char *bytes, size_t count, int64_t at)
{
    const uint64_t r = 0x9E3779B97F4A7C15U;
    uint64_t hash = 0, power = 1, square = r;
    for (uint64_t n = (uint64_t)at / 8; n; n /= 2) {
        power *= n % 2 ? square : 1;
        square *= square;
    }
    size_t i = 0, k = (size_t)(at % 8);
    while (i < count) {
        uint64_t word = 0;
        if (k == 0 && count - i >= 8) {
            word = word_at(bytes + i);
            i += 8;
        } else {
            for (; k < 8 && i < count; k++, i++) {
                word |= (uint64_t)(unsigned char)bytes[i] << 8 * k;
            }
        }
        k = 0;
        hash += word * power;
        power *= r;
    }
    return hash;
}

void reeli_csv_hash(reeli_csv_reader *it, const char *bytes, size_t count)
{
    it->table->hash += reeli_csv_hash_of(bytes, count, it->hashed);
    it->hashed += (int64_t)count;
}
