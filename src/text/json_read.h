/* SPDX-License-Identifier: MIT */
/*
 * JSON taken apart front to back, by who knows what it should be: the one reader of headers and
 * models. Nothing is built but the text that was read last, so nothing can be half built where
 * memory runs out, and what is not asked for is not kept. Whole numbers stay exact to 64 bits,
 * texts are UTF-8 without NULs, and how deep brackets go is limited.
 */
#ifndef REELI_JSON_READ_H
#define REELI_JSON_READ_H

#include "buffer.h"

typedef struct reeli_json {
    reel *r;
    const char *what;  /* for messages, which begin with it and the place */
    const char *start; /* NUL-terminated, like all of it */
    const char *at;
    reeli_buffer
        text; /* char: the last text that was read, NUL-terminated; its length is `count` */
} reeli_json;

/* Of a text that stays where it is; reeli_json_free gives back what reading took. */
static inline reeli_json reeli_json_of(reel *r, const char *what, const char *text)
{
    return (reeli_json){.r = r, .what = what, .start = text, .at = text};
}
void reeli_json_free(reeli_json *json);

/* Records an error that names the place; false. */
bool reeli_json_refuse(reeli_json *json, const char *why);
/* The first character of what comes next: '"' of a text, '{', '[', a digit or '-', 't', 'f', 'n';
 * NUL at the end. */
char reeli_json_peek(reeli_json *json);
/* Takes a punctuation mark if it comes next; says nothing. */
bool reeli_json_take(reeli_json *json, char mark);
/* Takes a mark that has to come next. */
bool reeli_json_expect(reeli_json *json, char mark);
/* Before each element of a list that ends with `end`: whether there is one. *more is to be false
 * the first time; it is true again in the end if that is an error. */
bool reeli_json_next(reeli_json *json, char end, bool *more);

/* Takes a text, which is then in json->text. */
bool reeli_json_text(reeli_json *json);
/* Takes a finite number. */
bool reeli_json_number(reeli_json *json, double *value);
/* Takes a whole number that 64 bits hold, without fraction and exponent. */
bool reeli_json_integer(reeli_json *json, int64_t *value);
/* The same, but says nothing where there is none. */
bool reeli_json_take_integer(reeli_json *json, int64_t *value);
bool reeli_json_bool(reeli_json *json, bool *value);
/* Takes any value at all, and forgets it. */
bool reeli_json_skip(reeli_json *json);
/* Whether nothing is left. */
bool reeli_json_end(reeli_json *json);

/* A key of an object, and what reads its value; without a name: all other keys. */
typedef struct reeli_json_key {
    const char *name;
    bool (*read)(void *context);
} reeli_json_key;

/* Takes an object with each of the keys at most once and no others; *seen says which of them were
 * there, bit i for keys[i]. */
bool reeli_json_object(reeli_json *json, const reeli_json_key *keys, unsigned count, void *context,
                       unsigned *seen);

#endif
