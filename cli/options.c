/* SPDX-License-Identifier: MIT */
/* The table of options, from which argp has --help, and what each command makes of them. */
#include "command_line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands for itself in --help, too. */
#define USUAL_QUANTILE 0.5
#define USUAL_DELTA 1
#define AS_TEXT(value) #value
#define IN_TEXT(value) AS_TEXT(value)

#define AT(member) offsetof(options, member)
#define TABLE_ROWS                                                                                 \
    {"separator",                                                                                  \
     "CHAR",                                                                                       \
     "between columns: a character, 'tab', or 'space' for blanks (found out from the first "       \
     "lines)",                                                                                     \
     CHARACTER,                                                                                    \
     AT(separator),                                                                                \
     NULL},                                                                                        \
        {"decimal", "CHAR", "in numbers: '.' or ',' (.)", CHARACTER, AT(decimal), NULL},           \
        {"thousands",                                                                              \
         "CHAR",                                                                                   \
         "between groups of three digits: ',', '.', 'space', ... (nothing)",                       \
         CHARACTER,                                                                                \
         AT(thousands),                                                                            \
         NULL},                                                                                    \
        {"na",                                                                                     \
         "TOKENS",                                                                                 \
         "what stands for a missing value besides NA, NaN, null, None, ? and the like: -,Unknown", \
         LIST,                                                                                     \
         AT(na),                                                                                   \
         NULL},                                                                                    \
        {"comment", "CHAR",      "lines that begin with it are passed over (none)",                \
         CHARACTER, AT(comment), NULL},                                                            \
        {"skip", "N", "lines to pass over before the table (0)", WHOLE, AT(skip), NULL},           \
        {"encoding",                                                                               \
         "NAME",                                                                                   \
         "of the text, as iconv names it: latin1, windows-1252, ... (UTF-8, or UTF-16 where it "   \
         "is)",                                                                                    \
         TEXT,                                                                                     \
         AT(encoding),                                                                             \
         NULL},                                                                                    \
        {"no-header", NULL,          "the first line is data; columns are called 1, 2, ...",       \
         FLAG,        AT(no_header), NULL},                                                        \
        {"text", "COLUMNS", "text though they look like numbers", LIST, AT(text), NULL},           \
        {"cache",                                                                                  \
         "FILE",                                                                                   \
         "keep the table there as it was read, and read that the next time, if its files are the " \
         "same",                                                                                   \
         TEXT,                                                                                     \
         AT(cache),                                                                                \
         NULL},                                                                                    \
    {                                                                                              \
        "memory", "SIZE",                                                                          \
            "rows that take more lie in a file in TMPDIR or /var/tmp: 64M, 2G, ... (a quarter of " \
            "the machine's)",                                                                      \
            BYTES, AT(memory), NULL                                                                \
    }
#define THREADS_ROW                                                                                \
    {                                                                                              \
        "threads", "N", "threads to compute with; results do not depend on it (1)", COUNT,         \
            AT(threads), NULL                                                                      \
    }
#define OUTPUT_ROWS                                                                                \
    {"json", NULL, "one JSON object on standard output in place of text", FLAG, AT(json), NULL},   \
    {                                                                                              \
        "quiet", NULL, "no progress and no warnings", FLAG, AT(quiet), NULL                        \
    }

static const row fit_rows[] = {
    {NULL, NULL, "The table:", HEADING, 0, NULL},
    {"target", "COLUMN", "the column to predict, by its name or number (required)", TEXT,
     AT(target), NULL},
    {"target-transform", "NAME",
     "learn the logarithm (log, log1p) or the root (sqrt) of the target; predictions are in its "
     "own "
     "units (none)",
     CHOICE, AT(transform), transform_names},
    {"features", "COLUMNS", "predict from these columns only (all but the target)", LIST,
     AT(features), NULL},
    {"drop", "COLUMNS", "leave these columns out", LIST, AT(drop), NULL},
    {"terms", "TERMS",
     "predict from these, as the right side of R's formulas: 'a*b, poly(x, 3), log(z), .', where . "
     "is "
     "all other columns (the columns)",
     TEXT, AT(terms), NULL},
    {"weights", "COLUMN",
     "how much each row counts in the training, from 0 on; no column to predict from", TEXT,
     AT(weights), NULL},
    {"max-categories", "N",
     "texts of a column that are told apart; of more, the rarest are one category together (50)",
     COUNT, AT(max_categories), NULL},
    {"dates", "PARTS",
     "what columns of dates become: of trend, year, month, weekday, hour "
     "(trend,month,weekday,hour)",
     PARTS, AT(dates), date_part_names},
    {"date-format", "FORMAT",
     "of dates, which may look like numbers, as strptime has it: %d.%m.%Y; of several the first "
     "that a text has, then ISO 8601 (ISO 8601, and usual ones with a year of four digits that no "
     "row contradicts)",
     MORE, AT(date_formats), NULL},
    TABLE_ROWS,
    {"missing", "median|error", "fill missing values with the column's median, or stop (median)",
     CHOICE, AT(missing), missing_names},

    {NULL, NULL, "Rows that are held out to test on (none):", HEADING, 0, NULL},
    {"test", "FILE", "the rows of another table", TEXT, AT(test), NULL},
    {"test-fraction", "F", "this share of the rows, drawn at random", FRACTION, AT(test_fraction),
     NULL},
    {"time", "COLUMN",
     "the last rows by this column, numbers or ISO 8601 dates: --test-fraction of them (0.2)", TEXT,
     AT(time), NULL},
    {"test-rows", "FILE", "the rows whose numbers, from 0, this file lists", TEXT, AT(test_rows),
     NULL},

    {"folds", "K",
     "cross-validation: train K models, each tested on its share of the rows and trained on the "
     "others, and say how good they are; the model that is kept is trained on all",
     COUNT, AT(folds), NULL},
    {"group", "COLUMN", "with --folds, rows that are equal in it are not parted", TEXT, AT(group),
     NULL},
    {"repeat", "K",
     "train a network from K seeds, --seed and those after it, and say how its errors vary; the "
     "one "
     "whose loss is least on the rows to validate on, or else to train on, is kept",
     COUNT, AT(repeat), NULL},
    {"interval", "P",
     "keep a fifth of the rows from the training to learn how wide an interval around a prediction "
     "has to be to hold the true value with this probability; `reel predict` gives it, too. With "
     "--loss quantile it is as wide as each row's values vary",
     FRACTION, AT(interval), NULL},

    {"bootstrap", "N",
     "standard errors of a line by fitting N more, each to as many rows drawn from the table (of "
     "mse, "
     "l1, quantile, bce and poisson by formulas; 200 are usual)",
     COUNT, AT(bootstrap), NULL},

    {NULL, NULL, "The model:", HEADING, 0, NULL},
    {"hidden", "SIZES", "sizes of hidden layers, as 64,64 (none: linear regression)", SIZES, 0,
     NULL},
    {"activation", "NAME",
     "relu, tanh, sigmoid, gelu, silu, leaky_relu, elu, selu, celu, softplus, mish, hardswish, "
     "softsign or relu6 (relu)",
     CHOICE, AT(activation), activation_names},
    {"dropout", "P", "after each hidden layer (0)", SHARE, AT(dropout), NULL},
    {"no-intercept", NULL, "linear regression through the origin", FLAG, AT(no_intercept), NULL},
    {"dtype", "f32|f64",
     "numbers to compute in (f64 for linear regression, lbfgs and levenberg_marquardt, otherwise "
     "f32)",
     CHOICE, AT(dtype), dtype_names},

    {NULL, NULL, "What is made small:", HEADING, 0, NULL},
    {"loss", "NAME",
     "l1 (absolute error: medians), mse (squared: means), huber, smooth_l1 and log_cosh (squared "
     "near 0, absolute far off), quantile, bce (of 0 and 1: probabilities), poisson (of counts: "
     "rates) or cross_entropy (of texts or whole numbers: classes) (l1; bce where all is 0 or 1, "
     "cross_entropy where all is text)",
     CHOICE, AT(loss), loss_names},
    {"quantile", "Q",
     "which one, with --loss quantile; or several, as 0.1,0.5,0.9, which do not cross "
     "(" IN_TEXT(USUAL_QUANTILE) ")",
     QUANTILES, 0, NULL},
    {"delta", "D",
     "where huber and smooth_l1 turn from squared to absolute, in standard deviations of the "
     "target, outliers aside (" IN_TEXT(USUAL_DELTA) ")",
     POSITIVE, AT(delta), NULL},
    {"weight-decay", "W",
     "pull of the weights to 0 (for networks trained by adamw 0.01, or what trials on parts of a "
     "small table find best; otherwise 0)",
     NOT_NEGATIVE, AT(weight_decay), NULL},
    {"l1-penalty", "L",
     "adds L times the sum of the weights' magnitudes, for standardised columns; the useless ones "
     "become 0 (0)",
     NOT_NEGATIVE, AT(l1_penalty), NULL},

    {NULL, NULL, "The training:", HEADING, 0, NULL},
    {"optimizer", "NAME",
     "adam, adamw, sgd, rmsprop, adagrad, adadelta, adamax, nadam, radam, asgd, rprop, lbfgs or "
     "levenberg_marquardt (adamw); the last two go over all rows at once until it gets no better",
     CHOICE, AT(optimizer), optimizer_names},
    {"lr", "RATE",
     "learning rate at the start (0.01; 0.1 for adagrad and asgd, 1 for adadelta and lbfgs)",
     POSITIVE, AT(lr), NULL},
    {"momentum", "M", "of sgd and rmsprop (0.9 for sgd)", SHARE, AT(momentum), NULL},
    {"schedule", "NAME",
     "of the learning rate: none, cosine, linear, step, exponential, one_cycle, plateau or "
     "patience "
     "(cosine, which ends at 0; with --patience, patience: constant until it has run out, then "
     "down to 0 over twice as many epochs)",
     CHOICE, AT(schedule), schedule_names},
    {"epochs", "N", "times to go through the rows (100, more for small tables)", COUNT, AT(epochs),
     NULL},
    {"batch-size", "N",
     "rows for a step (32 to 256 by the number of rows; all of up to 1024 for linear regression)",
     COUNT, AT(batch_size), NULL},
    {"pieces", "N",
     "cut each batch into so many pieces, whose gradients are computed one by one and added up in "
     "one tree: the same digits from any number of processes that mpirun starts (8 under mpirun; "
     "otherwise a batch stays whole)",
     COUNT, AT(pieces), NULL},
    {"clip", "NORM", "longest gradient (no limit)", POSITIVE, AT(clip), NULL},
    {"patience", "N", "stop after N epochs without a better validation loss", COUNT, AT(patience),
     NULL},
    {"validation-fraction", "F",
     "share of the rows to validate on, whose best model is kept (0; with --patience 0.1, and in "
     "the "
     "end they are trained on, too)",
     FRACTION, AT(validation_fraction), NULL},
    {"seed", "N", "of all that is random (0)", WHOLE, AT(seed), NULL},
    {"threads", "N",
     "threads to compute with, or models to train at a time where there are several, as of folds; "
     "results do not depend on it (1; of several models, as many as there are CPUs)",
     COUNT, AT(threads), NULL},

    {NULL, NULL, "What comes out:", HEADING, 0, NULL},
    {"out", "FILE", "where the model goes (model.safetensors)", TEXT, AT(out), NULL},
    {"no-save", NULL, "keep no model", FLAG, AT(no_save), NULL},
    {"force", NULL, "replace a file that is not a model", FLAG, AT(force), NULL},
    {"plot", "FILE", "picture of the losses: .svg, .png, .pdf, or - for the terminal", TEXT,
     AT(plot), NULL},
    {"plot-predictions", "FILE", "picture of predicted against true values", TEXT,
     AT(plot_predictions), NULL},
    {"report", "FILE",
     "all of it as one page of HTML: figures, notes, predictions, residuals, what each column does",
     TEXT, AT(report), NULL},
    OUTPUT_ROWS,
};

static const row evaluate_rows[] = {
    TABLE_ROWS,
    {"importance", NULL,
     "how much larger the mean absolute error becomes where one column is shuffled", FLAG,
     AT(importance), NULL},
    THREADS_ROW,
    {"plot-predictions", "FILE", "picture of predicted against true values", TEXT,
     AT(plot_predictions), NULL},
    OUTPUT_ROWS,
};

static const row predict_rows[] = {
    TABLE_ROWS,
    THREADS_ROW,
    {"out", "FILE", "where the predictions go (standard output)", TEXT, AT(out), NULL},
    {"append", NULL, "with all columns of the table before the predictions", FLAG, AT(append),
     NULL},
    {"keep", "COLUMNS", "with these columns of the table before the predictions", LIST, AT(keep),
     NULL},
    {"probabilities", NULL, "of a class, with the probability of each", FLAG, AT(probabilities),
     NULL},
    {"force", NULL, "replace a file that holds no predictions of this target", FLAG, AT(force),
     NULL},
    OUTPUT_ROWS,
};

static const row export_rows[] = {
    {"c", "FILE", "a C99 file that predicts, without anything but libm", TEXT, AT(c), NULL},
    {"onnx", "FILE", "an ONNX graph, with the encoder in it", TEXT, AT(onnx), NULL},
    {"name", "NAME", "what the names in it begin with (model)", TEXT, AT(name), NULL},
    {"sql", "FILE", "a line as an expression in SQL", TEXT, AT(sql), NULL},
    {"formula", "FILE", "a line as a formula", TEXT, AT(formula), NULL},
    {"force", NULL, "replace a file that was not exported", FLAG, AT(force), NULL},
    {"quiet", NULL, "no warnings", FLAG, AT(quiet), NULL},
};

static const row inspect_rows[] = {OUTPUT_ROWS};

/* Ends the program with a sentence, as argp does for what it finds itself. */
#define REFUSE(argv, ...)                                                                          \
    do {                                                                                           \
        fprintf(stderr, "%s: ", (argv)[0]);                                                        \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fprintf(stderr, "\nTry `%s --help' or `%s --usage' for more information.\n", (argv)[0],    \
                (argv)[0]);                                                                        \
        exit(2);                                                                                   \
    } while (0)

static void check_model(const options *o, char **argv)
{
    if (o->no_intercept && o->hidden_count) {
        REFUSE(argv, "--no-intercept is for linear regression, without --hidden");
    }
    if (o->bootstrap && (o->hidden_count || o->bootstrap < 2 || o->l1_penalty > 0 ||
                         o->weight_decay > 0 || o->loss == LOSS_CROSS_ENTROPY)) {
        REFUSE(argv, "--bootstrap is for lines of one number without penalties, by 2 or more "
                     "samples");
    }
    if (o->dropout > 0 && !o->hidden_count) {
        REFUSE(argv, "--dropout needs hidden layers: give --hidden, as 64,64");
    }
    if (o->quantile_count && o->loss != LOSS_QUANTILE) {
        REFUSE(argv, "--quantile goes with --loss quantile");
    }
    bool linked = o->loss == LOSS_BCE || o->loss == LOSS_POISSON || o->loss == LOSS_CROSS_ENTROPY;
    if (linked && (o->transform || !isnan(o->interval) || o->no_intercept)) {
        REFUSE(argv,
               "--loss %s is of the target as it is, and has no intervals: leave out "
               "--target-transform, --interval and --no-intercept",
               loss_names[o->loss]);
    }
    if (!isnan(o->delta) && o->loss != LOSS_HUBER && o->loss != LOSS_SMOOTH_L1) {
        REFUSE(argv, "--delta goes with --loss huber or --loss smooth_l1");
    }
}

static void check_training(const options *o, char **argv)
{
    bool whole = optimizer_is_full_batch(o->optimizer);
    const char *name = whole ? optimizer_names[o->optimizer] : "";
    if (whole && (o->batch_size || o->schedule > 0 || o->clip > 0)) {
        REFUSE(argv,
               "--optimizer %s goes over all rows at once, by steps of its own length: leave "
               "out --batch-size, --schedule and --clip",
               name);
    }
    if (whole && o->dropout > 0) {
        REFUSE(argv, "--optimizer %s needs a loss that is the same each time: leave out --dropout",
               name);
    }
    if (o->optimizer == OPTIMIZER_LEVENBERG_MARQUARDT &&
        (o->loss != LOSS_MSE || o->l1_penalty > 0 || o->weight_decay > 0)) {
        REFUSE(argv, "--optimizer %s is for least squares: --loss mse, without penalties", name);
    }
    if (o->schedule == SCHEDULE_PATIENCE && !o->patience) {
        REFUSE(argv, "--schedule patience goes with --patience");
    }
    if (!isnan(o->momentum) && o->optimizer != OPTIMIZER_SGD && o->optimizer != OPTIMIZER_RMSPROP) {
        REFUSE(argv, "--momentum goes with --optimizer sgd or rmsprop");
    }
}

/* Those that were asked for, or both ends of an interval with the median, or that alone. */
static void choose_quantiles(options *o)
{
    if (!o->quantile_count && !isnan(o->interval) && o->loss == LOSS_QUANTILE) {
        o->quantiles[o->quantile_count++] = (1 - o->interval) / 2;
        o->quantiles[o->quantile_count++] = USUAL_QUANTILE;
        o->quantiles[o->quantile_count++] = (1 + o->interval) / 2;
    } else if (!o->quantile_count) {
        o->quantiles[o->quantile_count++] = USUAL_QUANTILE;
    }
    o->quantile = o->quantiles[0];
    for (size_t k = 1; k < o->quantile_count; k++) {
        bool nearer = fabs(o->quantiles[k] - 0.5) < fabs(o->quantile - 0.5);
        o->quantile = nearer ? o->quantiles[k] : o->quantile;
    }
}

options fit_options(int argc, char **argv)
{
    command_line line = {fit_rows, sizeof fit_rows / sizeof *fit_rows, 1, true, {"the table"},
                         NULL};
    options o = read_line(
        line, "TABLE...",
        "Trains a model that predicts a column of a table from the other columns, says how good it "
        "is and keeps it in a file. TABLE is a CSV file, which gzip or zstd may have compressed, "
        "or a "
        "matrix in an .npy file; several with the same columns are read as one.\v"
        "What stands in parentheses is the default. Text columns become a column of 0 and 1 for "
        "each category; all columns are standardised, and so is the target.\n\n"
        "Ctrl-C ends the training early, keeps the model (with validation rows the best one) and "
        "exits with 130. Otherwise the exit status is 0, 1 if something failed, 2 for a mistake on "
        "the command line.\n\n"
        "Examples:\n"
        "  reel fit houses.csv --target price --test-fraction 0.2\n"
        "  reel fit houses.csv --target price --hidden 64,64 --plot loss.svg\n"
        "  reel fit survey.csv --target y --loss mse --optimizer lbfgs",
        argc, argv);
    if (!o.target) {
        REFUSE(argv, "--target is missing: which column is to be predicted?");
    }
    if ((o.test != NULL) + (o.test_rows != NULL) + !isnan(o.test_fraction) > 1) {
        REFUSE(argv, "--test, --test-fraction and --test-rows exclude one another");
    }
    if (o.time && (o.test || o.test_rows || o.folds)) {
        REFUSE(argv, "--time holds the last rows out: leave out --test, --test-rows and --folds");
    }
    if (o.weights && (o.no_intercept || o.optimizer == OPTIMIZER_LEVENBERG_MARQUARDT)) {
        REFUSE(argv, "--weights is for models with an intercept, and not for levenberg_marquardt");
    }
    if (o.features.count && o.drop.count) {
        REFUSE(argv, "--features and --drop exclude one another");
    }
    if (!isnan(o.interval) && o.loss == LOSS_QUANTILE && o.quantile_count == 1) {
        REFUSE(argv, "--interval with --loss quantile goes from one quantile to another: leave out "
                     "--quantile, or give both");
    }
    if (o.repeat && (o.folds || !o.hidden_count || o.repeat < 2)) {
        REFUSE(argv,
               "--repeat trains networks, with --hidden, 2 times or more; leave out --folds: a "
               "line is the same from every seed");
    }
    if (o.folds == 1) {
        REFUSE(argv, "--folds: one part leaves no rows to train on: expected 2 or more");
    }
    if (o.group && !o.folds) {
        REFUSE(argv, "--group goes with --folds");
    }
    if (o.out && o.no_save) {
        REFUSE(argv, "--out and --no-save exclude one another");
    }
    check_model(&o, argv);
    check_training(&o, argv);
    choose_quantiles(&o);
    o.delta = isnan(o.delta) ? USUAL_DELTA : o.delta;
    return o;
}

bool options_drop(options *o, const char *name)
{
    const char **more = realloc(o->drop.texts, (o->drop.count + 1) * sizeof *more);
    if (more) {
        o->drop.texts = more;
        more[o->drop.count++] = name;
    }
    return more != NULL;
}

void options_free(options *o)
{
    free(o->features.texts);
    free(o->drop.texts);
    free(o->text.texts);
    free(o->keep.texts);
    free(o->na.texts);
    free(o->date_formats.texts);
}

options evaluate_options(int argc, char **argv)
{
    command_line line = {evaluate_rows,
                         sizeof evaluate_rows / sizeof *evaluate_rows,
                         2,
                         true,
                         {"the model", "the table"},
                         NULL};
    return read_line(line, "MODEL TABLE...",
                     "Says how well a model that `reel fit` kept predicts the rows of a table that "
                     "has the target's column, too.\v"
                     "Example:\n"
                     "  reel evaluate model.safetensors houses-2026.csv",
                     argc, argv);
}

options predict_options(int argc, char **argv)
{
    command_line line = {predict_rows,
                         sizeof predict_rows / sizeof *predict_rows,
                         2,
                         true,
                         {"the model", "the table"},
                         NULL};
    return read_line(
        line, "MODEL TABLE...",
        "Predicts the target for each row of a table, by a model that `reel fit` kept. "
        "The result is a CSV file with one column, in the target's units.\v"
        "Columns are found by their names, in any order; others are passed over. "
        "Missing values are filled with the medians of the training's table.\n\n"
        "Example:\n"
        "  reel predict model.safetensors new.csv --out predictions.csv",
        argc, argv);
}

options export_options(int argc, char **argv)
{
    command_line line = {
        export_rows, sizeof export_rows / sizeof *export_rows, 1, false, {"the model"}, NULL};
    return read_line(
        line, "MODEL",
        "Writes a model in another language, to predict where there is no reel: the names of FILE "
        "may be - for standard output.\v"
        "The C file has a struct with a member for each column, NAME_predict, which takes a row of "
        "them and gives the target, and NAME_self_test, which gives 0 if all is well.\n\n"
        "Example:\n"
        "  reel export model.safetensors --c price.c --name price\n"
        "  cc -std=c99 -Dprice_MAIN price.c -lm && ./a.out",
        argc, argv);
}

options inspect_options(int argc, char **argv)
{
    command_line line = {
        inspect_rows, sizeof inspect_rows / sizeof *inspect_rows, 1, false, {"the model"}, NULL};
    return read_line(line, "MODEL",
                     "Prints what a model holds: what it predicts from which columns, how it was "
                     "trained, its coefficients or layers. Of other safetensors files it lists "
                     "the tensors.",
                     argc, argv);
}
