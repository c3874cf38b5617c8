/* SPDX-License-Identifier: MIT */
/* Sorting and selecting. Elements of every dtype become whole numbers of the same order, so that
 * one sort serves all. */
#include "kernels.h"

#include <string.h>

/* A float's bits, read as a whole number, are in its order up to the sign: negative ones run
 * backwards. */
static uint64_t key_of_float(float x)
{
    uint32_t bits;
    x += 0.0f; /* -0 becomes 0 */
    memcpy(&bits, &x, sizeof bits);
    bits = bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
    return x == x ? bits : UINT64_MAX;
}

static uint64_t key_of_double(double x)
{
    uint64_t bits;
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return x == x ? bits : UINT64_MAX;
}

static uint64_t key_of_whole(int64_t x) { return (uint64_t)x ^ UINT64_C(1) << 63; }

static uint64_t key_of_bool(bool x) { return x; }

#define MAKE(T, key_of)                                                                            \
    for (int64_t i = 0; i < n; i++) {                                                              \
        items[i].key = key_of(((const T *)x)[i * stride]) ^ flip;                                  \
        items[i].index = i;                                                                        \
    }                                                                                              \
    break

void reeli_make_items(reeli_item *items, int64_t n, const void *x, int dtype, int64_t stride,
                      enum reeli_order order)
{
    const uint64_t flip = order == REELI_DESCENDING ? UINT64_MAX : 0;
    switch (dtype) {
    case 0:
        MAKE(float, key_of_float);
    case 1:
        MAKE(double, key_of_double);
    case 2:
        MAKE(int64_t, key_of_whole);
    default:
        MAKE(bool, key_of_bool);
    }
}

static inline bool before(reeli_item a, reeli_item b)
{
    return (a.key < b.key) | ((a.key == b.key) & (a.index < b.index));
}

static void insertion_sort(reeli_item *items, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        reeli_item item = items[i];
        int64_t at = i;
        for (; at > 0 && before(item, items[at - 1]); at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* Two sorted runs, side by side at `from`, into one. */
static void merge(reeli_item *to, const reeli_item *from, int64_t left, int64_t n)
{
    const reeli_item *a = from, *b = from + left, *a_end = b, *b_end = from + n;
    if (left >= n || !before(b[0], b[-1])) {
        memcpy(to, from, (size_t)n * sizeof *to);
        return;
    }
    while (a < a_end && b < b_end) {
        const bool second = before(*b, *a);
        *to++ = second ? *b : *a;
        a += !second;
        b += second;
    }
    memcpy(to, a, (size_t)(a_end - a) * sizeof *to);
    to += a_end - a;
    memcpy(to, b, (size_t)(b_end - b) * sizeof *to);
}

/* Short runs by insertion, then runs of twice the length from side to side. */
void reeli_sort_items(reeli_item *items, int64_t n, reeli_item *work)
{
    enum { SHORT = 12 };
    for (int64_t i = 0; i < n; i += SHORT) {
        insertion_sort(items + i, n - i < SHORT ? n - i : SHORT);
    }
    reeli_item *from = items, *to = work;
    for (int64_t run = SHORT; run < n; run *= 2) {
        for (int64_t i = 0; i < n; i += 2 * run) {
            merge(to + i, from + i, run, n - i < 2 * run ? n - i : 2 * run);
        }
        reeli_item *last = from;
        from = to;
        to = last;
    }
    if (from != items) {
        memcpy(items, from, (size_t)n * sizeof *items);
    }
}

static void swap(reeli_item *a, reeli_item *b)
{
    const reeli_item t = *a;
    *a = *b;
    *b = t;
}

/* Moves the items before the pivot to the front, and the pivot, the middle one of three, behind
 * them; returns where it is. */
static int64_t partition(reeli_item *items, int64_t n)
{
    reeli_item *first = items, *middle = items + n / 2, *last = items + n - 1;
    if (before(*middle, *first)) {
        swap(middle, first);
    }
    if (before(*last, *middle)) {
        swap(last, middle);
        if (before(*middle, *first)) {
            swap(middle, first);
        }
    }
    const reeli_item pivot = *middle;
    swap(middle, last);
    int64_t at = 0;
    for (int64_t i = 0; i < n - 1; i++) {
        if (before(items[i], pivot)) {
            swap(&items[i], &items[at++]);
        }
    }
    swap(&items[at], last);
    return at;
}

/* Quickselect; should the pivots be bad too often, what is left is sorted. */
void reeli_select_items(reeli_item *items, int64_t n, int64_t k, reeli_item *work)
{
    int rounds = 8;
    for (int64_t size = n; size > 1; size /= 2) {
        rounds += 2;
    }
    while (n > 16 && rounds-- > 0) {
        const int64_t at = partition(items, n);
        if (at == k - 1) {
            return;
        }
        if (at >= k) {
            n = at;
        } else {
            items += at + 1;
            n -= at + 1;
            k -= at + 1;
        }
    }
    reeli_sort_items(items, n, work);
}

void reeli_place_items(const reeli_item *items, int64_t n, const void *x, int dtype,
                       int64_t x_stride, void *values, int64_t *indices, int64_t stride)
{
    const int64_t size = (int64_t)reeli_element_size(dtype);
    for (int64_t i = 0; i < n; i++) {
        const char *from = (const char *)x + items[i].index * x_stride * size;
        char *to = (char *)values + i * stride * size;
        if (size == 8) {
            memcpy(to, from, 8);
        } else if (size == 4) {
            memcpy(to, from, 4);
        } else {
            *to = *from;
        }
        indices[i * stride] = items[i].index;
    }
}
