/* SPDX-License-Identifier: MIT */
/* A model being written in C: export_c.c writes the row and its encoder, export_c_net.c the
 * rest. */
#ifndef CLI_EXPORT_C_H
#define CLI_EXPORT_C_H

#include "export.h"

/* What is being written, and in which words. */
typedef struct writing {
    session *s;
    const model *m;
    FILE *to;
    const char *name, *real; /* the prefix of all names; float or double */
    exported_column *columns;
    size_t count;
} writing;

static inline bool in_double(const writing *w) { return w->m->shape.dtype == REEL_F64; }

/* A string literal in ASCII. */
void put_c_string(FILE *to, const char *text);
/* The layers' weights; false, and a message. */
bool put_c_layers(const writing *w);
/* The functions that predict, and what they are declared as. */
void put_c_declarations(const writing *w);
void put_c_net(const writing *w);
/* Rows with the answers that they should get; false, and a message. */
bool put_c_self_test(const writing *w);

#endif
