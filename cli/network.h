/* SPDX-License-Identifier: MIT */
/* The models: fully connected layers with an activation between them, or one layer alone. */
#ifndef CLI_NETWORK_H
#define CLI_NETWORK_H

#include "matrix.h"
#include "options.h"

typedef struct network_shape {
    int64_t features;
    int64_t hidden[MAX_HIDDEN];
    size_t hidden_count; /* 0: linear regression */
    int activation;      /* of activation_names */
    double dropout;
    int64_t outputs;         /* 0: one */
    const double *quantiles; /* that they are, if there are several; of the model or the options */
    size_t quantile_count;
    bool no_bias; /* in the last layer */
    reel_dtype dtype;
} network_shape;

/* What the library calls such a shape. Its sizes are the shape's own. */
reel_model_options shape_options(const network_shape *shape);

/*
 * Linear, activation, dropout if there is any, …, Linear: PyTorch's nn.Sequential, with its first
 * weights from the reel's random numbers. Linear regression starts from zero.
 *
 * Owner: the reel's. Fails: NULL.
 */
reel_module *network_new(reel *r, const network_shape *shape);

/* How far predictions are from targets (rows, 1); or (rows, 2), of which the second column says how
 * much each row counts. `smoothing`, unless it is 0, rounds off the corner of the
 * l1 and the quantile loss within that distance from 0. */
reel_tensor *network_loss(const options *o, reel_tensor *predicted, reel_tensor *target,
                          double smoothing);

/* The net's results for each row of x, as doubles; in parts, so that memory does not grow with the
 * rows. Rewinds. */
bool network_predict_rows(reel_module *net, matrix *x, double *predicted);
bool network_predict(reel_module *net, reel_tensor *x, double *predicted);

/* The mean loss over all rows, likewise. */
double network_mean_loss(const options *o, reel_module *net, matrix *x, matrix *y);
/* Which is the sum of these, of blocks of MATRIX_ROWS, over the rows. */
int64_t network_blocks(const matrix *x);
double network_block_loss(const options *o, reel_module *net, matrix *x, matrix *y, int64_t block);
/* Each row's loss. False after an error. */
bool network_row_losses(const options *o, reel_module *net, matrix *x, matrix *y, double *losses);

#endif
