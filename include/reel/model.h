/* SPDX-License-Identifier: MIT */
/*
 * Models of tables: an encoder and a network of fully connected layers in one file, as `reel fit`
 * keeps them and `reel predict` uses them.
 *
 * A library configured with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this.
 */
#ifndef REEL_MODEL_H
#define REEL_MODEL_H

#include <reel/encoder.h>
#include <reel/nn.h>
#include <reel/row_file.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/** A model. The functions that tell of one take NULL for one without anything. */
typedef struct reel_model reel_model;

/** What there is to a model besides its encoder and its weights; all zero is linear regression. */
typedef struct reel_model_options {
    const int64_t *hidden;  /**< the sizes of the hidden layers; none: linear regression */
    size_t hidden_count;    /**< how many, up to 16 */
    const char *activation; /**< after each: relu, tanh, sigmoid, gelu, silu, leaky_relu, elu, selu,
                                 celu, softplus, mish, hardswish, softsign, relu6; NULL: relu */
    double dropout;         /**< after each activation, in training */
    reel_dtype dtype;       /**< REEL_F32 or REEL_F64 */
    bool no_intercept;      /**< of linear regression: it is 0 in the table's units */
    double interval;        /**< the share of true values within half_width of a prediction, or, of
                                 several quantiles, between the first and the last; 0: it is not
                                 known */
    double half_width;      /**< in the target's units */
    const char *training;   /**< how it was trained, a JSON object; NULL: that is not said */
    int64_t outputs; /**< of the network: one for each class of the target or each quantile; 0:
                               as many as there are of those, or 1 */
    const double *quantiles; /**< that the outputs are, ascending, between 0 and 1 */
    size_t quantile_count;   /**< how many, up to 32 */
} reel_model_options;

/**
 * Linear, activation, dropout if there is any, …, Linear: with its first weights from the reel's
 * random numbers, but all zero for linear regression.
 *
 * Owner: the reel's. Fails: NULL, and REEL_ERR_VALUE for sizes and names that are none,
 *        REEL_ERR_MEMORY.
 * Source: torch.nn.Sequential.
 */
REEL_API reel_module *reel_model_network(reel *r, int64_t features, reel_model_options options);

/**
 * A model of an encoder and a network that `reel_model_network` made for its features; NULL: a new
 * one. Both stay whose they are, and have to be there as long as the model.
 *
 * Owner: the reel's until you free it, or the reel.
 * Fails: NULL, and REEL_ERR_VALUE for options that are none, REEL_ERR_SHAPE for a network of other
 *        sizes, REEL_ERR_OWNER, REEL_ERR_MEMORY.
 */
REEL_API reel_model *reel_model_new(reel *r, reel_encoder *encoder, reel_module *network,
                                    reel_model_options options);

/**
 * Reads the model that `reel fit` or `reel_model_save` wrote. The file may come from anywhere: all
 * of it is checked before it is believed.
 *
 * Owner: as of `reel_model_new`; its encoder and its network are freed with the reel.
 * Fails: NULL, and REEL_ERR_FILE, REEL_ERR_FORMAT, REEL_ERR_MEMORY.
 */
REEL_API reel_model *reel_model_load(reel *r, const char *path);

/**
 * Writes a model: a safetensors file with the weights under PyTorch's names and the rest in its
 * metadata. The same model makes the same bytes.
 *
 * Fails: as `reel_safetensors_save`.
 */
REEL_API reel_status reel_model_save(const reel_model *m, const char *path);

/** Its encoder, which says what its columns and its target are. Owner: as it was given. */
REEL_API reel_encoder *reel_model_encoder(const reel_model *m);
/** Its network. */
REEL_API reel_module *reel_model_net(const reel_model *m);
/** What it was made with. Owner of the texts and sizes: the model. */
REEL_API reel_model_options reel_model_about(const reel_model *m);

/** A value of a row in memory: a text, or, where that is NULL, a number, NaN for a missing one.
 *  Dates as numbers are seconds since 1970. */
typedef struct reel_cell {
    const char *text; /**< for a column of text NULL is a missing one */
    double number;    /**< where text is NULL */
} reel_cell;

/**
 * Predicts rows from memory, in the target's units: predicted[i] of the cells from
 * cells[i * columns] on, in the order of `reel_encoder_column`. What is missing or was not seen in
 * training is treated as `reel_encode` treats it, without a warning; a text that is no number or
 * date is missing. From the second call on it allocates nothing. The last of a float32 model's
 * digits may depend on how many rows there are, as a product's order of adding does.
 *
 * Fails: REEL_ERR_VALUE for a missing value if the encoder refuses those, for pointers that are
 *        NULL; REEL_ERR_MEMORY; REEL_ERR_STATE while a step is being captured, or from a
 *        callback.
 */
REEL_API reel_status reel_model_predict(reel_model *m, const reel_cell *cells, int64_t rows,
                                        double *predicted);

/**
 * The same of rows of a table, which are as in `reel_encode`.
 *
 * Fails: as `reel_encode`.
 */
REEL_API reel_status reel_model_predict_table(reel_model *m, reel_table *t, const reel_tensor *rows,
                                              double *predicted);

/** How many numbers `reel_model_predict_all` has of a row: a probability for each class, a value
 *  for each quantile, otherwise 1. */
REEL_API size_t reel_model_outputs(const reel_model *m);

/**
 * All that there is to a prediction: of classes their probabilities, in the order of
 * `reel_encoder_class`, where `reel_model_predict` gives the number of the most probable one; of
 * several quantiles all, in ascending order, where that gives the one next to the median. all[i *
 * outputs] is the first of row i.
 *
 * Fails: as `reel_model_predict`.
 * Source: quantiles that cross are put in order, as Chernozhukov, Fernandez-Val and Galichon (2010)
 *         do, which brings them nearer to the true ones.
 */
REEL_API reel_status reel_model_predict_all(reel_model *m, const reel_cell *cells, int64_t rows,
                                            double *all);
/** The same of rows of a table. Fails: as `reel_encode`. */
REEL_API reel_status reel_model_predict_table_all(reel_model *m, reel_table *t,
                                                  const reel_tensor *rows, double *all);

/**
 * The same of a table whose predictions memory does not hold: rows of a file of float64, of one
 * number, or with `all` of those of `reel_model_predict_table_all`. `memory` as in
 * `reel_row_file_new`.
 *
 * Owner: as of `reel_row_file_new`.
 * Fails: NULL, and as `reel_encode` and `reel_row_file_new`.
 */
REEL_API reel_row_file *reel_model_predict_to_file(reel_model *m, reel_table *t,
                                                   const reel_tensor *rows, bool all,
                                                   int64_t memory);

/** Frees a model. */
REEL_API void reel_model_free(reel_model *m);

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
