/* SPDX-License-Identifier: MIT */
/* Elements of every dtype that files have: half floats and others are widened. */
#include "decode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const reeli_file_dtype dtypes[] = {
    {"F32", 4, REELI_AS_IS, REEL_F32},    {"F64", 8, REELI_AS_IS, REEL_F64},
    {"I64", 8, REELI_AS_IS, REEL_I64},    {"BOOL", 1, REELI_AS_IS, REEL_BOOL},
    {"I32", 4, REELI_SIGNED, REEL_I64},   {"I16", 2, REELI_SIGNED, REEL_I64},
    {"I8", 1, REELI_SIGNED, REEL_I64},    {"U32", 4, REELI_UNSIGNED, REEL_I64},
    {"U16", 2, REELI_UNSIGNED, REEL_I64}, {"U8", 1, REELI_UNSIGNED, REEL_I64},
    {"F16", 2, REELI_HALF, REEL_F32},     {"BF16", 2, REELI_BRAIN, REEL_F32},
    {"U64", 8, REELI_NONE, REEL_I64},     {"F8_E4M3", 1, REELI_NONE, REEL_F32},
    {"F8_E5M2", 1, REELI_NONE, REEL_F32},
};

const reeli_file_dtype *reeli_file_dtype_named(const char *name)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (strcmp(dtypes[i].name, name) == 0) {
            return &dtypes[i];
        }
    }
    return NULL;
}

/* The table starts with our own dtypes, in the order of enum reel_dtype. */
const reeli_file_dtype *reeli_file_dtype_of(int dtype) { return &dtypes[dtype]; }

static bool read_stream(void *from, void *to, size_t bytes)
{
    return bytes == 0 || fread(to, 1, bytes, from) == bytes;
}

reeli_source reeli_stream_source(void *stream) { return (reeli_source){read_stream, stream}; }

void reeli_reverse_bytes(void *data, size_t count, size_t bytes)
{
    for (unsigned char *at = data; count > 0; count--, at += bytes) {
        for (size_t i = 0; i < bytes / 2; i++) {
            unsigned char low = at[i];
            at[i] = at[bytes - 1 - i];
            at[bytes - 1 - i] = low;
        }
    }
}

/* An IEEE half: sign, 5 bits of exponent, 10 of fraction. */
static float half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float magnitude = exponent == 31  ? (fraction ? NAN : INFINITY)
                      : exponent == 0 ? ldexpf((float)fraction, -24)
                                      : ldexpf((float)(fraction + 1024), exponent - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

static float brain(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static uint64_t number(const unsigned char *bytes, size_t count, bool big_endian)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value << 8 | bytes[big_endian ? i : count - 1 - i];
    }
    return value;
}

/* Element i of t from its bits in the file. */
static void widen(reel_tensor *t, int64_t i, const reeli_file_dtype *from, uint64_t bits)
{
    uint64_t sign = (uint64_t)1 << (8 * from->bytes - 1);
    if (from->decoding == REELI_HALF) {
        ((float *)t->data)[i] = half((uint16_t)bits);
    } else if (from->decoding == REELI_BRAIN) {
        ((float *)t->data)[i] = brain((uint16_t)bits);
    } else if (from->decoding == REELI_SIGNED) {
        ((int64_t *)t->data)[i] = (int64_t)(bits & (sign - 1)) - (int64_t)(bits & sign);
    } else {
        ((int64_t *)t->data)[i] = (int64_t)bits;
    }
}

/* Reads what is not a dtype of ours piece by piece. */
static bool read_widened(const reeli_source *source, const reeli_file_dtype *dtype, bool big_endian,
                         reel_tensor *t)
{
    unsigned char piece[4096];
    int64_t room = (int64_t)(sizeof piece / dtype->bytes);
    for (int64_t i = 0; i < t->numel;) {
        int64_t n = t->numel - i < room ? t->numel - i : room;
        if (!source->read(source->from, piece, (size_t)n * dtype->bytes)) {
            return false;
        }
        for (int64_t k = 0; k < n; k++) {
            widen(t, i + k, dtype, number(piece + k * dtype->bytes, dtype->bytes, big_endian));
        }
        i += n;
    }
    return true;
}

bool reeli_read_elements(const reeli_source *source, const reeli_file_dtype *dtype, bool big_endian,
                         reel_tensor *t)
{
    if (dtype->decoding != REELI_AS_IS) {
        return read_widened(source, dtype, big_endian, t);
    }
    size_t count = (size_t)t->numel;
    bool ok = count == 0 || source->read(source->from, t->data, count * dtype->bytes);
    if (ok && big_endian != REELI_BIG_ENDIAN) {
        reeli_reverse_bytes(t->data, count, dtype->bytes);
    }
    return ok;
}

bool reeli_has_bad_bool(const reel_tensor *t)
{
    const unsigned char *bytes = t->data;
    for (int64_t i = 0; t->dtype == REEL_BOOL && i < t->numel; i++) {
        if (bytes[i] > 1) {
            return true;
        }
    }
    return false;
}
