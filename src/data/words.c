/* SPDX-License-Identifier: MIT */
/* A hash table with linear probing; at most half of its slots are taken. */
#include "words.h"

#include <string.h>

/* Eight bytes at a time, each multiplied in by an odd number, whose high bits are mixed down. */
static uint64_t hash(const char *text, size_t length)
{
    const uint64_t factor = 0x9E3779B97F4A7C15U;
    uint64_t h = length * factor;
    for (size_t i = 0; i < length; i += 8) {
        uint64_t piece = 0;
        memcpy(&piece, text + i, length - i < 8 ? length - i : 8);
        h = (h ^ piece) * factor;
        h ^= h >> 32;
    }
    return h;
}

/* The slot that has the text, or the free one where it belongs. */
static uint32_t *slot_of(const reeli_words *w, const char *text, size_t length)
{
    size_t mask = w->slots.bytes / sizeof(uint32_t) - 1;
    size_t i = (size_t)hash(text, length) & mask;
    uint32_t *slots = w->slots.data;
    while (slots[i]) {
        const char *word = reeli_word(w, slots[i] - 1);
        if (strncmp(word, text, length) == 0 && word[length] == '\0') {
            break;
        }
        i = (i + 1) & mask;
    }
    return &slots[i];
}

int64_t reeli_words_find(const reeli_words *w, const char *text, size_t length)
{
    return w->count ? (int64_t)*slot_of(w, text, length) - 1 : -1;
}

/* Twice as many slots, into which all texts go anew. */
static bool grow_slots(reel *r, reeli_words *w)
{
    size_t bytes = w->slots.bytes ? 2 * w->slots.bytes : 16 * sizeof(uint32_t);
    reeli_buffer slots = {NULL, 0};
    if (!reeli_buffer_reserve(r, &slots, bytes)) {
        return false;
    }
    memset(slots.data, 0, bytes);
    reeli_buffer_free(r, &w->slots);
    w->slots = slots;
    for (size_t i = 0; i < w->count; i++) {
        const char *word = reeli_word(w, i);
        *slot_of(w, word, strlen(word)) = (uint32_t)(i + 1);
    }
    return true;
}

bool reeli_words_add(reel *r, reeli_words *w, const char *text, size_t length)
{
    bool full = 2 * (w->count + 1) > w->slots.bytes / sizeof(uint32_t);
    if (w->count == REELI_WORDS_MAX || (full && !grow_slots(r, w)) ||
        !reeli_buffer_grow(r, &w->text, w->used + length + 1) ||
        !reeli_buffer_grow(r, &w->starts, (w->count + 1) * sizeof(size_t))) {
        return false;
    }
    *slot_of(w, text, length) = (uint32_t)(w->count + 1);
    ((size_t *)w->starts.data)[w->count++] = w->used;
    char *word = (char *)w->text.data + w->used;
    memcpy(word, text, length);
    word[length] = '\0';
    w->used += length + 1;
    return true;
}

void reeli_words_free(reel *r, reeli_words *w)
{
    reeli_buffer_free(r, &w->text);
    reeli_buffer_free(r, &w->starts);
    reeli_buffer_free(r, &w->slots);
    w->count = w->used = 0;
}

/* The length of the character at `at`, of which `left` bytes are there; 0 if it is none. */
static size_t character(const unsigned char *at, size_t left)
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
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool wrong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
                 (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F);
    return wrong ? 0 : length;
}

bool reeli_is_utf8(const char *text, size_t length)
{
    size_t i = 0, step = 1;
    while (i < length && step > 0) {
        step = character((const unsigned char *)text + i, length - i);
        i += step;
    }
    return step > 0;
}
