/* SPDX-License-Identifier: MIT */
/* A command line by a table of options, each with how its value is read. */
#ifndef CLI_COMMAND_LINE_H
#define CLI_COMMAND_LINE_H

#include "options.h"

/* How an option's value is read, and what it may be. */
typedef enum kind {
    HEADING, /* a group's, no option */
    TEXT,
    LIST,         /* texts between commas */
    MORE,         /* one text, and another one each time */
    PARTS,        /* of the row's names, between commas, as bits */
    CHARACTER,    /* one, or "tab" */
    FLAG,         /* without a value */
    CHOICE,       /* one of the row's names */
    POSITIVE,     /* a number above 0 */
    NOT_NEGATIVE, /* 0 or above */
    FRACTION,     /* between 0 and 1, neither of them */
    SHARE,        /* 0 or above and below 1 */
    COUNT,        /* a whole number from 1 on */
    WHOLE,        /* a whole number from 0 on */
    BYTES,        /* a size, as 64M, of a megabyte or more */
    SIZES,        /* counts between commas, or nothing */
    QUANTILES     /* numbers between 0 and 1, ascending, between commas */
} kind;

typedef struct row {
    const char *name, *value, *what; /* as --help shows them */
    kind kind;
    size_t offset; /* of its member in struct options */
    const char *const *names;
} row;

/* One command's line, as it is being read. */
typedef struct command_line {
    const row *rows;
    size_t count;
    int files; /* that it takes at least */
    bool more; /* the last may be several */
    const char *file_names[2];
    options *into;
} command_line;

/* Reads it; a mistake ends the program. `arguments` and `what` are --help's. */
options read_line(command_line line, const char *arguments, const char *what, int argc,
                  char **argv);

#endif
