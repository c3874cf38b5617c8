/* SPDX-License-Identifier: MIT */
/*
 * The safetensors format, for its reader and its writer:
 *
 *   8 bytes   N, the header's length, little-endian
 *   N bytes   JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …,
 *             "__metadata__": {"key": "text", …}}, filled up with spaces
 *   the rest  the elements, little-endian, row by row; offsets count from here, without gaps
 */
#ifndef REELI_SAFETENSORS_H
#define REELI_SAFETENSORS_H

#include "decode.h"
#include "quote.h"

#include <reel/io.h>

enum { REELI_LENGTH_BYTES = 8, REELI_HEADER_LIMIT = 100000000 /* the format's own */ };

#define REELI_METADATA "__metadata__"

#endif
