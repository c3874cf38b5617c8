/* SPDX-License-Identifier: MIT */
/* Pictures of a training, drawn by gnuplot: a child process, without a shell. A picture replaces
 * the file of its name whole or leaves it as it was.
 *
 * `path` ends in .svg, .png or .pdf, which is the picture's format, or it is "-" (or NULL), and the
 * picture is drawn in characters on standard error, beside the progress. Each function answers
 * false with a sentence in `message`, which says what to do, if there is no picture. */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include <stdbool.h>
#include <stdint.h>

enum { PLOT_MESSAGE = 512 };

/**
 * Whether a picture could be drawn to `path` now: gnuplot is there, it knows the format, and a file
 * can be made in the folder. To be asked before a training that may take hours.
 */
bool plot_check(const char *path, char message[PLOT_MESSAGE]);

/**
 * The loss curve: train[i] and validation[i] (NULL: no such rows) are the mean losses of epoch i +
 * 1, and the validation loss's least value is marked. The axis is logarithmic if the losses span
 * more than two decades. `loss` names the axis, such as "l1 loss (dollars)".
 */
bool plot_losses(const char *path, int64_t epochs, const double *train, const double *validation,
                 const char *loss, char message[PLOT_MESSAGE]);

/**
 * Predicted against true values of the target `name`, with the diagonal on which they are equal: a
 * point for each of the n rows or, over 5,000 rows, squares coloured by how many rows lie in them.
 */
bool plot_predictions(const char *path, int64_t n, const double *truth, const double *predicted,
                      const char *name, char message[PLOT_MESSAGE]);

#endif
