/* SPDX-License-Identifier: MIT */
/* A character is a lead byte and up to three that go on, which start with the bits 10. */
#include "utf8.h"

static bool goes_on(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/* The length of the character at `at`, of which `left` bytes are there; 0 if it is none. */
static size_t character_length(const unsigned char *at, size_t left)
{
    size_t length = at[0] < 0x80                     ? 1
                    : at[0] >= 0xC2 && at[0] <= 0xDF ? 2
                    : (at[0] & 0xF0) == 0xE0         ? 3
                    : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4
                                                     : 0;
    if (length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (!goes_on(at[i])) {
            return 0;
        }
    }
    bool wrong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
                 (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F);
    return wrong ? 0 : length;
}

size_t reeli_utf8_prefix(const char *text, size_t length)
{
    size_t i = 0, step = 1;
    while (i < length && step > 0) {
        step = character_length((const unsigned char *)text + i, length - i);
        i += step;
    }
    return i;
}

bool reeli_is_utf8(const char *text, size_t length)
{
    return reeli_utf8_prefix(text, length) == length;
}

size_t reeli_put_utf8(char to[REELI_UTF8_LONGEST], uint32_t character)
{
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    to[0] = (char)(lead[more] | character >> (6 * more));
    for (size_t i = 1; i <= more; i++) {
        to[i] = (char)(0x80 | (character >> (6 * (more - i)) & 0x3F));
    }
    return more + 1;
}

size_t reeli_utf8_cut(const char *text, size_t most)
{
    while (most > 0 && goes_on((unsigned char)text[most])) {
        most--;
    }
    return most;
}
