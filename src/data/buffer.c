/* SPDX-License-Identifier: MIT */
#include "buffer.h"

/* One call of the allocator: a large block is moved by its pages, not copied. */
static bool resize(reel *r, reeli_buffer *b, size_t bytes)
{
    void *data = r->allocator(r->allocator_context, b->data, b->bytes, bytes);
    if (!data) {
        return false;
    }
    *b = (reeli_buffer){data, bytes};
    return true;
}

bool reeli_buffer_reserve(reel *r, reeli_buffer *b, size_t bytes)
{
    return bytes <= b->bytes || resize(r, b, bytes);
}

bool reeli_buffer_grow(reel *r, reeli_buffer *b, size_t bytes)
{
    size_t more = bytes + bytes / 2;
    return bytes <= b->bytes || resize(r, b, more > 64 ? more : 64);
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
    *b = (reeli_buffer){NULL, 0};
}
