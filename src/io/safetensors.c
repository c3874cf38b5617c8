/* SPDX-License-Identifier: MIT */
/* What the reader and the writer of safetensors files share: dtypes, and text for messages. */
#include "safetensors.h"

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

const char *reeli_quote(char text[REELI_QUOTE_SIZE], const char *name)
{
    int length = snprintf(text, REELI_QUOTE_SIZE, "%s", name);
    if (length >= REELI_QUOTE_SIZE) {
        size_t cut = REELI_QUOTE_SIZE - sizeof "...";
        while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80) { /* not amid a character */
            cut--;
        }
        memcpy(text + cut, "...", sizeof "...");
    }
    for (char *c = text; *c; c++) {
        *c = (unsigned char)*c < ' ' || *c == 127 ? '?' : *c;
    }
    return text;
}

const char *reeli_system_error(char text[REELI_QUOTE_SIZE], int number)
{
    if (strerror_r(number, text, REELI_QUOTE_SIZE) != 0) {
        snprintf(text, REELI_QUOTE_SIZE, "system error %d", number);
    }
    return text;
}
