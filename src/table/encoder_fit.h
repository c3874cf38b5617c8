/* SPDX-License-Identifier: MIT */
/* An encoder being fitted: encoder_fit.c chooses rows and columns and fits those of numbers,
 * encoder_fit_text.c and encoder_fit_dates.c the others. */
#ifndef REELI_ENCODER_FIT_H
#define REELI_ENCODER_FIT_H

#include "column_summary.h"
#include "pages.h"

#define REELI_FIT "encoder_fit"

/* A column that became an input. */
typedef struct reeli_kept {
    uint64_t hash;
    size_t column;
} reeli_kept;

/* A number that may stand for a missing one, and how often it comes; 0: there is none. */
typedef struct reeli_code {
    double value;
    int64_t count;
} reeli_code;

/* What one pass over the rows says of a column. */
typedef struct reeli_look {
    uint64_t hash;
    reeli_summary numbers; /* of numbers; of texts what is missing alone */
    reeli_code code;
    const int64_t *counts; /* how often each of its texts comes */
} reeli_look;

/* A column that became none, and why. */
typedef enum reeli_reason {
    REELI_LEFT_EMPTY,
    REELI_LEFT_CONSTANT,
    REELI_LEFT_NOT_SCALED,
    REELI_LEFT_CONSTANT_DATES,
    REELI_LEFT_REPEATED,
    REELI_LEFT_NAMES,
    REELI_LEFT_ALL
} reeli_reason;
typedef struct reeli_left_out {
    reeli_reason reason;
    size_t column, other; /* what it repeats */
    size_t different;     /* names, */
    int64_t there;        /* in so many rows */
} reeli_left_out;

typedef struct reeli_fit {
    reel_table *t;
    const reel_encoder_options *options;
    reel_encoder *e;
    size_t target;
    reeli_rows rows;
    reeli_buffer chosen; /* size_t: the columns that may become inputs */
    size_t chosen_count;
    reeli_buffer with_target; /* int64_t: the rows that have a target, if others have none */
    reeli_buffer order;       /* int64_t: their places by blocks, of a table in a file */
    reeli_buffer values;      /* double, a column's */
    reeli_buffer words;       /* the texts that come, while their column is fitted */
    reeli_buffer kept;        /* for each input */
    reeli_buffer left_out;    /* reeli_left_out, with room for all that were chosen */
    reeli_buffer looked;      /* char: what this process says of columns */
    char *all;                /* what all say of the next column, and of those after it */
} reeli_fit;

/* The place in f->rows that is looked at as number k. */
static inline int64_t reeli_fit_place(const reeli_fit *f, int64_t k)
{
    return reeli_by_block(&f->order, k);
}

/* Room in a buffer; NULL, and an error, if memory is out. */
void *reeli_fit_room(reeli_fit *f, reeli_buffer *b, size_t count, size_t size);
/* Values of the rows, in the order in which those are looked at, by what reads them: all of them to
 * f->values, or, of a table in a file whose memory is too small for that, in passes. False, and an
 * error. */
bool reeli_fit_values(reeli_fit *f, reeli_values *v,
                      void (*read)(void *context, int64_t first, int64_t count, double *to),
                      void *context);
/* Puts down why a column becomes no input; says so of all. */
void reeli_fit_leave_out(reeli_fit *f, const reeli_left_out *column);
void reeli_fit_tell_left_out(const reeli_fit *f);
/* Whether an input has the same values in all rows; then the column is left out. */
bool reeli_fit_is_repeated(reeli_fit *f, size_t column, uint64_t hash);
/* Adds a column's input, whose texts become the encoder's; false, and an error, if memory is
 * out. */
bool reeli_fit_add(reeli_fit *f, size_t column, uint64_t hash, const reeli_input *input);

/* Reads the terms, whose factors' inputs are columns of the table yet, into the encoder, and
 * chooses the columns; false, and an error. */
bool reeli_fit_read_terms(reeli_fit *f);
/* Fits them, once the inputs are there; false, and an error. */
bool reeli_fit_terms(reeli_fit *f);
/* Whether a text is a number, all of it. */
bool reeli_text_is_number(const char *text, double *x);
/* Finds the target's classes; false, and an error. */
bool reeli_fit_classes(reeli_fit *f);

/* What the rows say of column i of those chosen, which all processes of a team look at in turn,
 * from the first one on; false, and an error. It is there until the next one is looked at. */
bool reeli_fit_look(reeli_fit *f, size_t i, reeli_look *look);
/* The lowest or the highest number, if it looks like a code for a missing one. */
reeli_code reeli_find_code(reeli_values *v, double lowest, double highest);

/* Fits a column of text. */
bool reeli_fit_text(reeli_fit *f, size_t column, const reeli_look *look);
/* Whether its texts are dates. If they are, `format` is theirs, or theirs, with | between. */
enum { REELI_FORMATS_SIZE = 512, REELI_MOST_FORMATS = 64 };
bool reeli_fit_are_dates(const reeli_fit *f, size_t column, const int64_t *counts,
                         char format[REELI_FORMATS_SIZE]);
/* Fits such a column. */
bool reeli_fit_dates(reeli_fit *f, size_t column, uint64_t hash, const char *format);
/* Warnings where texts, which are not all dates, look like dates (then true) or like numbers with a
 * unit; and where there is a number that looks like a code for a missing one. */
bool reeli_fit_hint_at_dates(const reeli_fit *f, size_t column, const int64_t *counts);
void reeli_fit_hint_at_text(const reeli_fit *f, size_t column, const int64_t *counts);
void reeli_fit_hint_at_code(const reeli_fit *f, size_t column, reeli_code code);
void reeli_fit_hint_at_compact_dates(const reeli_fit *f, size_t column);
/* Refuses formats that are none; false, and an error. */
bool reeli_fit_dates_are_known(const reeli_fit *f);

#endif
