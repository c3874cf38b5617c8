/* SPDX-License-Identifier: MIT */
/*
 * JSON written front to back into memory that grows. Commas and colons come by themselves. Where
 * memory runs out nothing more is written, and reeli_json_written says so in the end: what comes
 * out is whole or not there.
 */
#ifndef REELI_JSON_WRITE_H
#define REELI_JSON_WRITE_H

#include "buffer.h"

typedef struct reeli_json_writer {
    reel *r;
    int indent;        /* spaces before what is in brackets, on lines of its own; 0: one line */
    reeli_buffer text; /* char */
    int depth;         /* of the brackets that are open */
    bool after_value;  /* a comma has to come before the next one */
    bool failed;
} reeli_json_writer;

/*
 * Each value has a key where it is in an object, and NULL for one where it is in a list or alone. A
 * text, or key, that is not UTF-8 gets U+FFFD for each byte that is at fault.
 */
/* A text; NULL is null. */
void reeli_json_put_text(reeli_json_writer *w, const char *key, const char *text);
/* A number, in 15 to 17 digits: so many as read back as the same. Null if it is not finite. */
void reeli_json_put_number(reeli_json_writer *w, const char *key, double value);
void reeli_json_put_integer(reeli_json_writer *w, const char *key, int64_t value);
void reeli_json_put_bool(reeli_json_writer *w, const char *key, bool value);
/* Any value, which is in JSON already. */
void reeli_json_put_json(reeli_json_writer *w, const char *key, const char *json);
/* An object or a list, by its brackets '{' and '}', '[' and ']'. */
void reeli_json_put_open(reeli_json_writer *w, const char *key, char bracket);
void reeli_json_put_close(reeli_json_writer *w, char bracket);

/* What was written, with a NUL behind it; NULL, and no message, if memory ran out. */
const char *reeli_json_written(reeli_json_writer *w, size_t *length);
void reeli_json_writer_free(reeli_json_writer *w);

#endif
