/* SPDX-License-Identifier: MIT */
/* Different texts, each kept once and numbered in the order of their coming: names, categories,
 * keys. A text may have any bytes in it. */
#ifndef REELI_TEXT_SET_H
#define REELI_TEXT_SET_H

#include "buffer.h"

typedef struct reeli_text_set {
    reeli_buffer text;   /* char: the texts one after the other, each with a NUL behind it */
    reeli_buffer starts; /* size_t: where each starts */
    reeli_buffer slots;  /* uint32_t, a power of two of them: 1 + the number of a text, 0: none */
} reeli_text_set;

/* The most texts that are told apart. */
enum { REELI_TEXTS_MAX = INT32_MAX };

static inline size_t reeli_text_count(const reeli_text_set *set) { return set->starts.count; }

/* Text i. It moves when another one is added. */
static inline const char *reeli_text_at(const reeli_text_set *set, size_t i)
{
    return (const char *)set->text.data + ((const size_t *)set->starts.data)[i];
}

/* The number of a text of this length, -1 if it is not there. */
int64_t reeli_text_set_find(const reeli_text_set *set, const char *text, size_t length);
/* Adds a text that is not there yet; false, and no message, if memory is out. */
bool reeli_text_set_add(reel *r, reeli_text_set *set, const char *text, size_t length);
void reeli_text_set_free(reel *r, reeli_text_set *set);

#endif
