/* SPDX-License-Identifier: MIT */
/* Elements as files have them, made into a tensor's. */
#ifndef REELI_DECODE_H
#define REELI_DECODE_H

#include "tensor.h"

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
    const char *name; /* in safetensors: "F32" */
    uint8_t bytes;
    uint8_t decoding;
    uint8_t dtype; /* of the tensor that it is read into */
} reeli_file_dtype;

/* The dtype of this name; NULL if there is none such. */
const reeli_file_dtype *reeli_file_dtype_named(const char *name);
/* A dtype of ours in files. */
const reeli_file_dtype *reeli_file_dtype_of(int dtype);

/* Where bytes come from: a file, or a part of an archive. */
typedef struct reeli_source {
    bool (*read)(void *from, void *to, size_t bytes); /* all of them, or false */
    void *from;
} reeli_source;

/* A FILE, by fread. */
reeli_source reeli_stream_source(void *stream);

/* Reads all elements of t, which is contiguous; false if there are fewer. */
bool reeli_read_elements(const reeli_source *source, const reeli_file_dtype *dtype, bool big_endian,
                         reel_tensor *t);
/* Whether t, which was just read, is of bools and a byte of it is neither 0 nor 1: that would be no
 * bool, and reading it undefined. */
bool reeli_has_bad_bool(const reel_tensor *t);

enum { REELI_BIG_ENDIAN = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

/* Turns elements to the other byte order. */
void reeli_reverse_bytes(void *data, size_t count, size_t bytes);

/* Turns elements to little-endian, as files have them, or back; nothing to do on most machines. */
static inline void reeli_swap_bytes(void *data, size_t count, size_t bytes)
{
    if (REELI_BIG_ENDIAN) {
        reeli_reverse_bytes(data, count, bytes);
    }
}

#endif
