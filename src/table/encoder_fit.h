/* SPDX-License-Identifier: MIT */
/* An encoder being fitted: encoder_fit.c chooses rows and columns and fits those of numbers,
 * encoder_fit_text.c and encoder_fit_dates.c the others. */
#ifndef REELI_ENCODER_FIT_H
#define REELI_ENCODER_FIT_H

#include "pages.h"

#define REELI_FIT "encoder_fit"

/* A column that became an input. */
typedef struct reeli_kept {
    uint64_t hash;
    size_t column;
} reeli_kept;

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
    reeli_buffer values;      /* double, a column's; int64_t, how often each of its texts comes */
    reeli_buffer words;       /* the texts that come, while their column is fitted */
    reeli_buffer kept;        /* for each input */
} reeli_fit;

/* The place in f->rows that is looked at as number k. */
static inline int64_t reeli_fit_place(const reeli_fit *f, int64_t k)
{
    return reeli_by_block(&f->order, k);
}

/* Room in a buffer; NULL, and an error, if memory is out. */
void *reeli_fit_room(reeli_fit *f, reeli_buffer *b, size_t count, size_t size);
/* Says why a column becomes no input. */
void reeli_fit_leave_out(const reeli_fit *f, size_t column, const char *why);
/* Whether an input has the same values in all rows; then it says so. */
bool reeli_fit_is_repeated(const reeli_fit *f, size_t column, uint64_t hash);
/* Adds a column's input, whose texts become the encoder's; false, and an error, if memory is
 * out. */
bool reeli_fit_add(reeli_fit *f, size_t column, uint64_t hash, const reeli_input *input);

static inline uint64_t reeli_fit_mixed(uint64_t hash, uint64_t with)
{
    hash = (hash ^ with) * 0x9E3779B97F4A7C15U;
    return hash ^ hash >> 29;
}

/* Reads the terms, whose factors' inputs are columns of the table yet, into the encoder, and
 * chooses the columns; false, and an error. */
bool reeli_fit_read_terms(reeli_fit *f);
/* Fits them, once the inputs are there; false, and an error. */
bool reeli_fit_terms(reeli_fit *f);
/* Whether a text is a number, all of it. */
bool reeli_text_is_number(const char *text, double *x);
/* Finds the target's classes; false, and an error. */
bool reeli_fit_classes(reeli_fit *f);

/* Fits a column of text. `counts` has how often each of its texts comes. */
bool reeli_fit_text(reeli_fit *f, size_t column);
/* Whether its texts are dates. If they are, *format is theirs. */
bool reeli_fit_are_dates(const reeli_fit *f, size_t column, const int64_t *counts,
                         const char **format);
/* Fits such a column. */
bool reeli_fit_dates(reeli_fit *f, size_t column, uint64_t hash, const char *format);
/* Warnings where texts, which are no dates by the formats that are given, look like dates or like
 * numbers with a unit; and where the lowest or the highest number looks like a code for a missing
 * one. */
void reeli_fit_hint_at_text(const reeli_fit *f, size_t column, const int64_t *counts);
void reeli_fit_hint_at_code(const reeli_fit *f, size_t column, const double *values);
/* Refuses formats that are none; false, and an error. */
bool reeli_fit_dates_are_known(const reeli_fit *f);

#endif
