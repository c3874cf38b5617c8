/* SPDX-License-Identifier: MIT */
/* Text in another encoding than UTF-8, by the system's iconv. */
#ifndef REELI_CSV_RECODE_H
#define REELI_CSV_RECODE_H

#include "state.h"

typedef struct reeli_recoder {
    const char *encoding; /* NULL: it is UTF-8 */
    void *state;          /* of iconv */
    char *encoded;        /* a piece of it */
    size_t at, count;     /* what of it comes next, and where it ends */
    size_t room;          /* of the piece */
} reeli_recoder;

struct reeli_csv_source;

/* Takes the source's piece for the encoded text's first; false, and an error, if that cannot be. */
bool reeli_recode_begin(struct reeli_csv_source *source, const char *encoding);
/* As many bytes of UTF-8 as there is room for, but for less than a character; false, and an
 * error. */
bool reeli_recode(struct reeli_csv_source *source, char *to, size_t room, size_t *got);
void reeli_recode_end(struct reeli_csv_source *source);

#endif
