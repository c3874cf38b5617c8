/* SPDX-License-Identifier: MIT */
/* A message is one line of a terminal, whatever a file was called or had in it. */
#include "quote.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *reeli_quote(char text[REELI_QUOTE_SIZE], const char *name)
{
    int length = snprintf(text, REELI_QUOTE_SIZE, "%s", name);
    if (length >= REELI_QUOTE_SIZE) {
        memcpy(text + reeli_utf8_cut(text, REELI_QUOTE_SIZE - sizeof "..."), "...", sizeof "...");
    }
    for (char *c = text; *c; c++) {
        *c = (unsigned char)*c < ' ' || *c == 127 ? '?' : *c;
    }
    return text;
}

const char *reeli_quote_start(char text[REELI_QUOTE_SIZE], const char *start, size_t length)
{
    enum { SHOWN = 40 };
    char shown[SHOWN + sizeof "..."] = "";
    size_t end = length <= SHOWN ? length : reeli_utf8_cut(start, SHOWN);
    memcpy(shown, start, end);
    if (!reeli_is_utf8(shown, end)) {
        for (size_t i = 0; i < end; i++) {
            shown[i] = (unsigned char)shown[i] < 0x80 ? shown[i] : '?';
        }
    }
    snprintf(shown + end, sizeof shown - end, "%s", end < length ? "..." : "");
    return reeli_quote(text, shown);
}

const char *reeli_system_error(char text[REELI_QUOTE_SIZE], int number)
{
#ifdef _WIN32
    bool known = strerror_s(text, REELI_QUOTE_SIZE, number) == 0;
#else
    bool known = strerror_r(number, text, REELI_QUOTE_SIZE) == 0;
#endif
    if (!known) {
        snprintf(text, REELI_QUOTE_SIZE, "system error %d", number);
    }
    return text;
}

reel_status reeli_system_status(int number)
{
    return number == ENOMEM ? REEL_ERR_MEMORY : REEL_ERR_FILE;
}
