/* SPDX-License-Identifier: MIT */
/* Reel: tensors, a tape, modules and optimizers. This header has all of it. */
#ifndef REEL_REEL_H
#define REEL_REEL_H

#include <reel/activation.h>
#include <reel/attention.h>
#include <reel/autograd.h>
#include <reel/base.h>
#include <reel/boxes.h>
#include <reel/checkpoint.h>
#include <reel/compare.h>
#include <reel/convolution.h>
#include <reel/custom.h>
#include <reel/decompositions.h>
#include <reel/distance.h>
#include <reel/early_stopping.h>
#include <reel/elementwise.h>
#include <reel/encoder.h>
#include <reel/file.h>
#include <reel/gradcheck.h>
#include <reel/hooks.h>
#include <reel/images.h>
#include <reel/indexing.h>
#include <reel/init.h>
#include <reel/inplace.h>
#include <reel/io.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/loader.h>
#include <reel/loss.h>
#include <reel/metrics.h>
#include <reel/model.h>
#include <reel/nn.h>
#include <reel/nn_images.h>
#include <reel/nn_layers.h>
#include <reel/nn_losses.h>
#include <reel/normalization.h>
#include <reel/npy.h>
#include <reel/optim.h>
#include <reel/optimizer.h>
#include <reel/picture.h>
#include <reel/pooling.h>
#include <reel/random.h>
#include <reel/recurrent.h>
#include <reel/reduce.h>
#include <reel/replay.h>
#include <reel/row_file.h>
#include <reel/scheduler.h>
#include <reel/sort.h>
#include <reel/statistics.h>
#include <reel/table.h>
#include <reel/tensor.h>
#include <reel/views.h>

#endif
