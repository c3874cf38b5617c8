/* SPDX-License-Identifier: MIT */
/* A line's loss over weight and bias, as far as a training goes. */
#ifndef LAB_SURFACE_H
#define LAB_SURFACE_H

#include "json_write.h"
#include "training.h"

/*
 * "surface": {"weight": […], "bias": […], "loss": […], "lowest": {…}}, the loss of every pair, bias
 * by bias. The part that is shown is as wide in weight as in bias, and holds the line of least
 * squares and the way of the training, its `count` points, except where that runs away. Nothing
 * where it begins beyond all numbers.
 */
void lab_put_surface(reeli_json_writer *w, const lab_training *t, const float *weight,
                     const float *bias, int count);

#endif
