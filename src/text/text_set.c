/* SPDX-License-Identifier: MIT */
/* A hash table with linear probing; at most half of its slots are taken. */
#include "text_set.h"

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

static bool is_at(const reeli_text_set *set, size_t i, const char *text, size_t length)
{
    const size_t *starts = set->starts.data;
    size_t end = i + 1 < set->starts.count ? starts[i + 1] : set->text.count;
    return end - starts[i] == length + 1 &&
           memcmp((const char *)set->text.data + starts[i], text, length) == 0;
}

/* The slot that has the text, or the free one where it belongs. */
static uint32_t *slot_of(const reeli_text_set *set, const char *text, size_t length)
{
    size_t mask = set->slots.bytes / sizeof(uint32_t) - 1;
    size_t i = (size_t)hash(text, length) & mask;
    uint32_t *slots = set->slots.data;
    while (slots[i] && !is_at(set, slots[i] - 1, text, length)) {
        i = (i + 1) & mask;
    }
    return &slots[i];
}

int64_t reeli_text_set_find(const reeli_text_set *set, const char *text, size_t length)
{
    return set->starts.count ? (int64_t)*slot_of(set, text, length) - 1 : -1;
}

/* Twice as many slots, into which all texts go anew. */
static bool grow_slots(reel *r, reeli_text_set *set)
{
    size_t bytes = set->slots.bytes ? 2 * set->slots.bytes : 16 * sizeof(uint32_t);
    reeli_buffer slots = {NULL, 0, 0};
    if (!reeli_buffer_reserve(r, &slots, bytes)) {
        return false;
    }
    memset(slots.data, 0, bytes);
    reeli_buffer_free(r, &set->slots);
    set->slots = slots;
    const size_t *starts = set->starts.data;
    for (size_t i = 0; i < set->starts.count; i++) {
        size_t end = i + 1 < set->starts.count ? starts[i + 1] : set->text.count;
        *slot_of(set, reeli_text_at(set, i), end - starts[i] - 1) = (uint32_t)(i + 1);
    }
    return true;
}

bool reeli_text_set_add(reel *r, reeli_text_set *set, const char *text, size_t length)
{
    size_t count = set->starts.count;
    bool full = 2 * (count + 1) > set->slots.bytes / sizeof(uint32_t);
    if (count == REELI_TEXTS_MAX || (full && !grow_slots(r, set)) ||
        !reeli_buffer_grow(r, &set->text, set->text.count + length + 1)) {
        return false;
    }
    size_t *start = reeli_buffer_add(r, &set->starts, sizeof *start);
    if (!start) {
        return false;
    }
    *start = set->text.count;
    char *kept = (char *)set->text.data + set->text.count;
    memcpy(kept, text, length);
    kept[length] = '\0';
    set->text.count += length + 1;
    *slot_of(set, text, length) = (uint32_t)(count + 1);
    return true;
}

void reeli_text_set_free(reel *r, reeli_text_set *set)
{
    reeli_buffer_free(r, &set->text);
    reeli_buffer_free(r, &set->starts);
    reeli_buffer_free(r, &set->slots);
}
