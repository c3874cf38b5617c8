/* SPDX-License-Identifier: MIT */
/* UTF-8's first bytes are counted, the others are not. */
#include "shown_name.h"

#include <stdbool.h>
#include <string.h>

/* C0's and C1's controls; the latter are two bytes in UTF-8. */
static size_t control_at(const char *text)
{
    unsigned char c = (unsigned char)text[0], next = c ? (unsigned char)text[1] : 0;
    bool second = c == 0xc2 && next >= 0x80 && next < 0xa0;
    return second ? 2 : c < ' ' || c == 127;
}

const char *shown_text(const char *text, char *to, size_t size)
{
    size_t length = 0;
    while (*text && length + 1 < size) {
        size_t control = control_at(text);
        to[length++] = control ? '?' : *text;
        text += control ? control : 1;
    }
    to[length] = '\0';
    return to;
}

void print_shell_word(FILE *to, const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./-+,:@%=";
    const char *dot = *name == '-' ? "./" : "";
    if (*name && name[strspn(name, plain)] == '\0') {
        fprintf(to, "%s%s", dot, name);
        return;
    }
    fprintf(to, "'%s", dot);
    for (; *name; name++) {
        *name == '\'' ? fputs("'\\''", to) : fputc(*name, to);
    }
    fputc('\'', to);
}

int shown_width(const char *name)
{
    int width = 0;
    for (; *name; name++) {
        width += ((unsigned char)*name & 0xc0) != 0x80;
    }
    return width;
}

void print_name(FILE *to, const char *name, int width)
{
    char text[512];
    shown_text(name, text, sizeof text);
    fputs(text, to);
    for (int i = shown_width(text); i < width; i++) {
        fputc(' ', to);
    }
}
