/* SPDX-License-Identifier: MIT */
/* Different texts, each kept once and numbered in the order of their coming: names, categories. */
#ifndef REELI_WORDS_H
#define REELI_WORDS_H

#include "buffer.h"

typedef struct reeli_words {
    size_t count;
    size_t used;         /* bytes of `text` */
    reeli_buffer text;   /* char: the texts one after the other, each with its NUL */
    reeli_buffer starts; /* size_t: where each starts */
    reeli_buffer slots;  /* uint32_t, a power of two of them: 1 + the number of a text, 0: none */
} reeli_words;

/* The most texts that are told apart. */
enum { REELI_WORDS_MAX = INT32_MAX };

/* Text i. */
static inline const char *reeli_word(const reeli_words *w, size_t i)
{
    return (const char *)w->text.data + ((const size_t *)w->starts.data)[i];
}

/* The number of a text of this length, -1 if it is not there. */
int64_t reeli_words_find(const reeli_words *w, const char *text, size_t length);
/* Adds a text that is not there yet; false, and no message, if memory is out. */
bool reeli_words_add(reel *r, reeli_words *w, const char *text, size_t length);
void reeli_words_free(reel *r, reeli_words *w);

/* Whether all of it is UTF-8, without surrogates, overlong forms and what is past U+10FFFF. */
bool reeli_is_utf8(const char *text, size_t length);

#endif
