/* SPDX-License-Identifier: MIT */
/* What the command line asks for. An option is a row of a table in options.c, which makes its place
 * in --help, how its value is checked and where it goes. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_HIDDEN = 16, MAX_QUANTILES = 32, MAX_FILES = 256 };

/* Texts from options that may be given several times, or with commas. */
typedef struct text_list {
    const char **texts;
    size_t count;
} text_list;

typedef enum loss_kind {
    LOSS_L1,
    LOSS_MSE,
    LOSS_HUBER,
    LOSS_SMOOTH_L1,
    LOSS_QUANTILE,
    LOSS_LOG_COSH,
    LOSS_BCE,
    LOSS_POISSON,
    LOSS_CROSS_ENTROPY
} loss_kind;

typedef enum optimizer_kind {
    OPTIMIZER_ADAM,
    OPTIMIZER_ADAMW,
    OPTIMIZER_SGD,
    OPTIMIZER_RMSPROP,
    OPTIMIZER_ADAGRAD,
    OPTIMIZER_ADADELTA,
    OPTIMIZER_ADAMAX,
    OPTIMIZER_NADAM,
    OPTIMIZER_RADAM,
    OPTIMIZER_ASGD,
    OPTIMIZER_RPROP,
    OPTIMIZER_LBFGS,
    OPTIMIZER_LEVENBERG_MARQUARDT
} optimizer_kind;

typedef enum schedule_kind {
    SCHEDULE_NONE,
    SCHEDULE_COSINE,
    SCHEDULE_LINEAR,
    SCHEDULE_STEP,
    SCHEDULE_EXPONENTIAL,
    SCHEDULE_ONE_CYCLE,
    SCHEDULE_PLATEAU,
    SCHEDULE_PATIENCE
} schedule_kind;

/* The names of each enum's values, in its order, then NULL. */
extern const char *const loss_names[], *const activation_names[], *const optimizer_names[];
extern const char *const schedule_names[], *const dtype_names[], *const missing_names[],
                                                                     *const transform_names[];
/* Of a date; 1 shifted by the place of one is its bit. */
extern const char *const date_part_names[];

/* The place of `name` in such a list; -1 if it is none of them. */
int name_index(const char *const *names, const char *name);
/* Whether an optimizer takes all rows at once and calls a closure. */
bool optimizer_is_full_batch(int optimizer);

/* What was asked for, by all commands; each has some of it. NaN and 0 where nothing was said and
 * the default depends on the rest. */
typedef struct options {
    const char *files[MAX_FILES]; /* first the model, if the command takes one, then the tables */
    int file_count;

    const char *target, *test, *test_rows, *terms, *cache;
    double test_fraction;
    text_list features, drop, text;
    int missing, transform; /* of missing_names, transform_names */
    char separator, decimal, thousands, comment;
    bool no_header;
    text_list na; /* what stands for a missing value */
    int64_t skip; /* lines before the table */
    const char *encoding;
    int64_t memory; /* bytes; 0: as the machine has */
    int64_t max_categories;
    text_list date_formats;
    unsigned dates; /* enum reel_date_parts; 0: the usual */

    int64_t hidden[MAX_HIDDEN];
    size_t hidden_count;
    int activation, loss; /* of their lists */
    double dropout, delta;
    double quantile; /* the one that is predicted: of several the one next to the median */
    double quantiles[MAX_QUANTILES]; /* ascending */
    size_t quantile_count;           /* 1 or more with --loss quantile */
    bool no_intercept;

    int optimizer, schedule, dtype; /* of their lists; -1: the default */
    double lr, momentum, weight_decay, l1_penalty, clip;
    int64_t epochs, batch_size, pieces, patience, seed, threads;
    double validation_fraction;

    double interval;
    int64_t folds, bootstrap, repeat;
    const char *group, *weights, *time;
    text_list keep;
    bool append, importance, probabilities;
    const char *c, *onnx, *sql, *formula, *name; /* of export */
    const char *out, *plot, *plot_predictions, *report;
    bool no_save, force, quiet, json;
} options;

/*
 * The command line of one command. A mistake ends the program with a sentence and status 2, --help
 * and --version with 0. Texts point into argv; options_free frees the lists.
 */
options fit_options(int argc, char **argv);
options evaluate_options(int argc, char **argv);
options predict_options(int argc, char **argv);
options inspect_options(int argc, char **argv);
options export_options(int argc, char **argv);
/* One more column to leave out; false without memory. */
bool options_drop(options *o, const char *name);
void options_free(options *o);

/* --quiet and --json show none. */
static inline progress_mode progress_mode_of(const options *o)
{
    return o->quiet || o->json ? PROGRESS_SILENT : PROGRESS_SHOWN;
}

#endif
