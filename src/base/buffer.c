/* SPDX-License-Identifier: MIT */
/* Room is asked for in bytes, so that one kind of array serves all items. */
#include "buffer.h"

#include <string.h>

/* One call of the allocator: a large block is moved by its pages, not copied. */
static bool resize(reel *r, reeli_buffer *b, size_t bytes)
{
    void *data = r->allocator(r->allocator_context, b->data, b->bytes, bytes);
    if (!data) {
        return false;
    }
    b->data = data;
    b->bytes = bytes;
    return true;
}

bool reeli_buffer_reserve(reel *r, reeli_buffer *b, size_t bytes)
{
    return bytes <= b->bytes || resize(r, b, bytes);
}

/* What is asked for where `bytes` are needed. */
static size_t with_more(size_t bytes) { return bytes + bytes / 2 + 64; }

bool reeli_buffer_grow(reel *r, reeli_buffer *b, size_t bytes)
{
    return bytes <= b->bytes || resize(r, b, with_more(bytes));
}

void *reeli_buffer_add(reel *r, reeli_buffer *b, size_t size)
{
    if (!reeli_buffer_grow(r, b, (b->count + 1) * size)) {
        return NULL;
    }
    return (char *)b->data + size * b->count++;
}

void *reeli_buffer_add_in_arena(reel *r, reeli_buffer *b, size_t size)
{
    size_t used = b->count * size;
    if (used + size > b->bytes) {
        size_t bytes = 2 * with_more(used + size);
        void *data = reeli_arena_alloc(r, bytes);
        if (!data) {
            return NULL;
        }
        if (used) {
            memcpy(data, b->data, used);
        }
        b->data = data;
        b->bytes = bytes;
    }
    return (char *)b->data + size * b->count++;
}

void reeli_buffer_shrink(reel *r, reeli_buffer *b, size_t bytes)
{
    if (bytes == 0) {
        reeli_buffer_free(r, b);
    } else if (bytes < b->bytes) {
        resize(r, b, bytes);
    }
}

void reeli_buffer_free(reel *r, reeli_buffer *b)
{
    reeli_free(r, b->data, b->bytes);
    *b = (reeli_buffer){NULL, 0, 0};
}
