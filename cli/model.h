/* SPDX-License-Identifier: MIT */
/* A trained model and all that it takes to use it, in memory and in a safetensors file. */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include "column_series.h"
#include "json_write.h"
#include "network.h"
#include "session.h"

typedef struct model {
    network_shape shape;
    bool no_intercept;     /* of linear regression: it is 0 in the table's units */
    reel_encoder *encoder; /* from a table's columns to the net's inputs, and back */
    reel_module *net;
    double interval, half_width; /* the share of true values within half_width, in the units of the
                                    transformed target, of the predictions; 0: not known */
    double quantiles[MAX_QUANTILES]; /* that its outputs are, if they are several */
    char *training; /* how it was trained: JSON, an object; from malloc; NULL: not said */
} model;

/*
 * The file holds the net's tensors by PyTorch's names, float32 or float64, and in its metadata
 * "reel.model", the shape and the training, and "reel.encoder", both JSON. The same model makes
 * the same bytes.
 */
bool model_save(session *s, const model *it, const char *path);

/* The library's model of the same, which is its caller's to free; NULL, and a message. */
reel_model *model_handle(session *s, const model *it);

/* Reads such a file. It may come from anywhere: all that it says is checked before it is believed.
 * False, and a message. */
bool model_load(session *s, model *it, const char *path);
/* Keeps how it was trained, which was written; false, and a message, without memory. */
bool model_set_training(session *s, model *it, reeli_json_writer *w);
/* Calls `each` with all texts and numbers, the latter in text, of how it was trained. */
void model_each_of_training(session *s, const model *it,
                            void (*each)(void *context, const char *key, const char *value),
                            void *context);
/* Whether a file is such a one, without a message. */
bool model_is_one(const char *path);
void model_free(model *it);

/* All of a command that uses a model: `run` in a session, with a model that it may load into; then
 * everything is freed, the options too. The program's exit status. */
int model_command(const char *name, options o, bool (*run)(session *s, const options *o, model *m));

/* Predicts rows of a table, in the target's units; with `all`, all outputs of each row, as
 * `reel_model_predict_all` has them. NULL, and a message. */
series *model_predict(session *s, const model *it, reel_table *table, reel_tensor *rows, bool all);
/* What is true of the rows: the target's values; of classes their numbers, -1 for one that the
 * model does not know. NULL, and a message. */
series *model_truth(session *s, const model *it, reel_table *table, size_t column,
                    reel_tensor *rows);

/* The ends of the interval around a prediction, of which `all` is all. */
void model_interval(const model *it, const double *all, double *low, double *high);
/* Which of several quantiles is predicted: the one next to the median. */
size_t model_middle(const model *it);
/* What the net predicts, "price" or "log(price)", in `text`. */
const char *target_label(const reel_encoder *encoder, char *text, size_t size);

/* What the net takes in for rows of a table, in its dtype, in memory or in a file; and what it is
 * to give out, kept. NULL, or poison, and a message. */
matrix *model_matrix(session *s, const model *it, reel_table *table, reel_tensor *rows);
reel_tensor *model_targets(const model *it, reel_table *table, const reel_tensor *rows);
/* Both, and the rows' weights (NULL: they have none) beside the targets. Without x, and a message,
 * after an error. */
samples model_samples(session *s, const model *it, reel_table *table, reel_tensor *rows,
                      series *weights);

/* The table that files make up, as the options say it is to be read and as the model needs it: with
 * the columns of text that its encoder has, if there is one yet, and in doubles unless the model is
 * of floats and the table large. NULL, and a message. */
reel_table *read_table(session *s, const options *o, const char *const *paths, size_t paths_count,
                       const model *m);
/* Whether doubles of a whole table may be more than memory holds. */
bool file_is_large(const char *path);

#endif
