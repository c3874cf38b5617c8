/* SPDX-License-Identifier: MIT */
/* What elements there are, numbered as reel_dtype: 0 float, 1 double, 2 int64, 3 bool. */
#ifndef REELI_DTYPE_H
#define REELI_DTYPE_H

#include <reel/tensor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REELI_DTYPES = 4 };

/* Bytes of an element. */
static inline size_t reeli_element_size(int dtype)
{
    static const uint8_t bytes[REELI_DTYPES] = {4, 8, 8, 1};
    return bytes[dtype];
}

static inline bool reeli_is_float(int dtype) { return (unsigned)dtype <= REEL_F64; }

/* Bool below integer below float: what is of a higher one does not fit into a lower. */
static inline int reeli_category(int dtype)
{
    static const uint8_t category[REELI_DTYPES] = {2, 2, 1, 0};
    return category[dtype];
}

#endif
