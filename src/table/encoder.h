/* SPDX-License-Identifier: MIT */
/* struct reel_encoder: the columns that it reads, each with what makes features of it. */
#ifndef REELI_ENCODER_H
#define REELI_ENCODER_H

#include "split.h"
#include "table.h"

#include <reel/encoder.h>
#include <reel/row_file.h>

typedef enum reeli_input_kind {
    REELI_INPUT_NUMBERS,
    REELI_INPUT_TEXT,
    REELI_INPUT_DATES
} reeli_input_kind;

typedef struct reeli_input {
    reeli_input_kind kind;
    double median, mean, scale; /* of numbers; of dates, in days: a scale of 0 is no trend */
    reeli_text_set texts; /* of text: at least one, sorted; of dates: their format, "" for ISO */
    reeli_text_set reference; /* of text: one that has no feature; or none */
    bool others, missing;     /* of text: whether other texts, and missing ones, have a feature */
    double year_median, year_mean, year_scale; /* of dates: a scale of 0 is no year */
    uint32_t months, weekdays, hours;          /* of dates: a bit for each that has a feature */
    bool raw;     /* its numbers are not scaled: terms are made of them, and are */
    size_t first; /* of its features */
} reeli_input;

enum { REELI_MOST_FACTORS = 4, REELI_MOST_DEGREE = 10 };

/* An input in a term, or a function of its number. */
typedef struct reeli_factor {
    size_t input;
    reel_term_function function;
    int degree; /* of a power; the highest of polynomials, each of which is a feature */
    double centers[REELI_MOST_DEGREE], norms[REELI_MOST_DEGREE + 1];
} reeli_factor;

/* A product of factors: a feature for each combination of theirs, the first factor's in turn. */
typedef struct reeli_term {
    reeli_factor factors[REELI_MOST_FACTORS];
    size_t count, first, features;
} reeli_term;

struct reel_encoder {
    reeli_owned owned;
    bool refuse_missing;
    reeli_buffer target; /* char: its name */
    double target_mean, target_scale;
    reel_transform transform;
    reeli_text_set classes; /* of REEL_TRANSFORM_CLASS */
    reeli_text_set names;   /* the inputs' */
    reeli_buffer inputs;    /* reeli_input */
    reeli_buffer terms;     /* reeli_term; none: the inputs' features are the encoder's */
    reeli_buffer scales;    /* double: mean and scale of each feature of terms */
    size_t base;            /* features of the inputs */
    size_t features;
    size_t text_count;
    reeli_buffer text; /* const char *, the inputs of text and of dates */
};

static inline reeli_input *reeli_input_of(const reel_encoder *e, size_t i)
{
    return (reeli_input *)e->inputs.data + i;
}

static inline const char *reeli_input_name(const reel_encoder *e, size_t i)
{
    return reeli_text_at(&e->names, i);
}

static inline reeli_term *reeli_term_of(const reel_encoder *e, size_t i)
{
    return (reeli_term *)e->terms.data + i;
}

/* How many features a factor has. */
size_t reeli_factor_features(const reel_encoder *e, const reeli_factor *factor);
/* Which features of a term's factors feature k of the term is the product of. */
void reeli_term_parts(const reel_encoder *e, const reeli_term *term, size_t k,
                      size_t parts[REELI_MOST_FACTORS]);
/* The value of a factor's part in a row; `odd` is counted up if the function has no value, and that
 * of the median is taken. */
double reeli_factor_value(const reel_encoder *e, const reeli_factor *factor, size_t part,
                          const double *base, int64_t *odd);
/* The polynomial of a degree that begins with x to that power, of those that are orthogonal over
 * the training rows. */
double reeli_monic_polynomial(const reeli_factor *f, int degree, double x);
/* A row's features of the inputs' features. */
void reeli_terms_apply(const reel_encoder *e, const double *base, double *to, int64_t *odd);
/* Describes feature i, of a term. */
reel_feature reeli_term_feature(const reel_encoder *e, size_t i);
/* Its name, in the arena; NULL, and an error. */
const char *reeli_term_name(const reel_encoder *e, size_t i);
/* Feature k of an input, as it is before terms. */
reel_feature reeli_input_feature(const reel_encoder *e, size_t input, size_t k);
/* Its name in `text`, or its length alone where that is NULL. */
size_t reeli_feature_name(const reel_encoder *e, const reel_feature *it, char *text, size_t size);
/* Whether feature i, of a term, is 0 or 1. */
bool reeli_term_is_text(const reel_encoder *e, size_t i);
/* Once the terms are there: counts the features, and makes room for their scales; false, and an
 * error. */
bool reeli_encoder_finish_terms(reel_encoder *e, const char *what);
/* In the enum's order; NULL at the end. */
extern const char *const reeli_function_names[];

/* How many features an input makes. */
size_t reeli_input_features(const reeli_input *input);
void reeli_input_free(reel *r, reeli_input *input);
/* The format of an input's dates. */
static inline const char *reeli_date_format(const reeli_input *input)
{
    return reeli_text_at(&input->texts, 0);
}

/* Which feature of an input of text a text is (NULL: a missing one): 0 on, or these. */
enum { REELI_UNSEEN = -1, REELI_REFERENCE = -2 };
int32_t reeli_input_word(const reeli_input *input, const char *text, size_t length);
/* The number that a text is for an input of numbers, the seconds since 1970 for one of dates; NaN:
 * it is none. False if memory is out. */
bool reeli_input_value(const reeli_input *input, const char *text, double *value);
/* The features of a number or a date, NaN for a missing one; a date makes no more than so many. */
enum { REELI_MOST_OF_A_DATE = 2 + 12 + 7 + 24 };
void reeli_input_encode_number(const reeli_input *input, double x, double *to);

/* A target with the transform done and undone; NaN where it has no value. */
double reeli_transform(reel_transform transform, double y);
double reeli_transform_back(reel_transform transform, double y);
/* NULL at the end; in the enum's order. */
extern const char *const reeli_transform_names[];

/* The number of the class that a number is; -1: none. */
int64_t reeli_class_of_number(const reel_encoder *e, double x);

/* An encoder without target and inputs; NULL, and an error, if memory is out. */
reel_encoder *reeli_encoder_new(reel *r, const char *what);
/* Names the target; false, and an error, if memory is out. */
bool reeli_encoder_set_target(reel_encoder *e, const char *what, const char *name);
/* Adds an input, whose texts become the encoder's; false, and an error, if memory is out. */
bool reeli_encoder_add(reel_encoder *e, const char *what, const char *name,
                       const reeli_input *input);
/* Once all inputs are there: counts the features; false, and an error, if memory is out. */
bool reeli_encoder_finish(reel_encoder *e, const char *what);

/* Rows of a table: `count` of them, every `stride`th of `data`; NULL: 0, 1, 2, …. */
typedef struct reeli_rows {
    const int64_t *data;
    int64_t stride, count;
} reeli_rows;

static inline int64_t reeli_row(reeli_rows rows, int64_t i)
{
    return rows.data ? rows.data[i * rows.stride] : i;
}

/* The inputs' features, (rows, base), without a warning; poison, and an error. */
reel_tensor *reeli_encode_base(const reel_encoder *e, reel_table *t, reeli_rows rows);
/* The same as doubles in a file; NULL, and an error. */
reel_row_file *reeli_encode_base_to_file(const reel_encoder *e, reel_table *t, reeli_rows rows,
                                         int64_t memory);
/* The target's classes, (rows, 1); poison, and an error. */
reel_tensor *reeli_encode_classes(const reel_encoder *e, reel_table *t, size_t column,
                                  reeli_rows rows);

/* The rows that a tensor names; false, and an error, if it names none or one that is not there. */
bool reeli_table_rows_of(const reel_table *t, const char *what, const reel_tensor *tensor,
                         reeli_rows *rows);

/* "houses.csv:17: column 'rooms'", before what is wrong with a value. */
enum { REELI_CELL_TEXT = 2 * REELI_QUOTE_SIZE + 64 };
const char *reeli_cell_text(char text[REELI_CELL_TEXT], const reel_table *t, int64_t row,
                            size_t column);
#define REELI_CELL_TEXT_OF(t, row, column)                                                         \
    reeli_cell_text((char[REELI_CELL_TEXT]){0}, (t), (row), (column))

#endif
