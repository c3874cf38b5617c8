/* SPDX-License-Identifier: MIT */
/* Source: HTML, 13.3, escaping a string. */
#include "html.h"

void reeli_put_html(FILE *to, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", to);
            break;
        case '>':
            fputs("&gt;", to);
            break;
        case '&':
            fputs("&amp;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        default:
            fputc((unsigned char)*text < ' ' && *text != '\n' ? '?' : *text, to);
        }
    }
}
