/* SPDX-License-Identifier: MIT */
/* UTF-8: without surrogates, overlong forms and what is past U+10FFFF. */
#ifndef REELI_UTF8_H
#define REELI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether all of it is UTF-8. */
bool reeli_is_utf8(const char *text, size_t length);
/* How many bytes at its start are. */
size_t reeli_utf8_prefix(const char *text, size_t length);

enum { REELI_UTF8_LONGEST = 4 };
/* Writes a character, which is no surrogate, to `to`; its bytes. */
size_t reeli_put_utf8(char to[REELI_UTF8_LONGEST], uint32_t character);
/* How much of the text is left where it is cut to `most` bytes and no character in two. */
size_t reeli_utf8_cut(const char *text, size_t most);

#endif
