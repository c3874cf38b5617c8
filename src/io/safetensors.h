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

#include "tensor.h"

#include <jansson.h>
#include <reel/io.h>

enum { REELI_LENGTH_BYTES = 8, REELI_HEADER_LIMIT = 100000000 /* the format's own */ };

#define REELI_METADATA "__metadata__"

/* How elements of a file become ours. */
typedef enum reeli_decoding {
    REELI_AS_IS,
    REELI_SIGNED,
    REELI_UNSIGNED,
    REELI_HALF,
    REELI_BRAIN, /* bfloat16: the upper half of a float32 */
    REELI_NONE   /* no dtype of ours holds it */
} reeli_decoding;

typedef struct reeli_file_dtype {
    const char *name;
    uint8_t bytes;
    uint8_t decoding;
    uint8_t dtype; /* of the tensor that it is read into */
} reeli_file_dtype;

/* The dtype of this name in files; NULL if the format has none such. */
const reeli_file_dtype *reeli_file_dtype_named(const char *name);
/* A dtype of ours in files. */
const reeli_file_dtype *reeli_file_dtype_of(int dtype);

/* A name or path fit for a message: cut short, control characters replaced. */
enum { REELI_QUOTE_SIZE = 128 };
const char *reeli_quote(char text[REELI_QUOTE_SIZE], const char *name);
#define REELI_QUOTED(name) reeli_quote((char[REELI_QUOTE_SIZE]){0}, name)

/* What errno says, in a buffer that lives as long as the enclosing block. */
const char *reeli_system_error(char text[REELI_QUOTE_SIZE], int number);
#define REELI_SYSTEM_ERROR(number) reeli_system_error((char[REELI_QUOTE_SIZE]){0}, number)

/* Turns elements to this machine's byte order, or back; nothing to do on most. */
static inline void reeli_swap_bytes(void *data, size_t count, size_t bytes)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (unsigned char *at = data; count > 0; count--, at += bytes) {
        for (size_t i = 0; i < bytes / 2; i++) {
            unsigned char low = at[i];
            at[i] = at[bytes - 1 - i];
            at[bytes - 1 - i] = low;
        }
    }
#else
    (void)data;
    (void)count;
    (void)bytes;
#endif
}

#endif
