/* SPDX-License-Identifier: MIT */
/*
 * JSON taken apart front to back, by who knows what it should be. Jansson's reader would do, but
 * for memory running out: amid a token of more than 15 bytes it then ends the process or writes
 * where it should not.
 */
#ifndef REELI_JSON_READ_H
#define REELI_JSON_READ_H

#include "buffer.h"

typedef struct reeli_json {
    reel *r;
    const char *what;  /* for messages */
    const char *start; /* NUL-terminated, like all of it */
    const char *at;
    reeli_buffer text; /* char: the last text that was read, NUL-terminated */
} reeli_json;

/* Records an error that names the place; false. */
bool reeli_json_refuse(reeli_json *json, const char *why);
/* Takes a punctuation mark if it comes next; says nothing. */
bool reeli_json_take(reeli_json *json, char mark);
/* Takes a mark that has to come next. */
bool reeli_json_expect(reeli_json *json, char mark);
/* Before each element of a list that ends with `end`: whether there is one. *more is to be false
 * the first time; it is true again in the end if that is an error. */
bool reeli_json_next(reeli_json *json, char end, bool *more);
/* Takes a text in UTF-8, which is then in json->text. */
bool reeli_json_text(reeli_json *json);
/* Takes a finite number. */
bool reeli_json_number(reeli_json *json, double *value);
/* Whether nothing is left. */
bool reeli_json_end(reeli_json *json);

#endif
