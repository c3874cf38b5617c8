/* SPDX-License-Identifier: MIT */
/* Formats are told apart by how their files start. */
#include "csv_dialect.h"

#include <string.h>

const char *reeli_not_csv(const char *bytes, size_t count)
{
    const unsigned char *b = (const unsigned char *)bytes;
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

bool reeli_is_npy(const char *bytes, size_t count)
{
    static const char start[] = "\x93NUMPY";
    return count >= sizeof start - 1 && memcmp(bytes, start, sizeof start - 1) == 0;
}

size_t reeli_byte_order_mark(const char *bytes, size_t count)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool there = count >= sizeof mark - 1 && memcmp(bytes, mark, sizeof mark - 1) == 0;
    return there ? sizeof mark - 1 : 0;
}

char reeli_find_separator(const char *bytes, size_t count, char decimal)
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
