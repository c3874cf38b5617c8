/* SPDX-License-Identifier: MIT */
/* struct reel_module: what every module has, and the calls that make one. */
#ifndef REELI_MODULE_H
#define REELI_MODULE_H

#include "tensor.h"

#include <reel/distance.h>
#include <reel/loss.h>
#include <reel/nn.h>
#include <reel/nn_layers.h>

typedef enum reeli_member_kind { PARAMETER, BUFFER, CHILD } reeli_member_kind;

/* A parameter, a buffer or a child, and the name that it has in its module. */
typedef struct reeli_member {
    struct reeli_member *next;
    reeli_member_kind kind;
    reel_tensor *tensor;
    reel_module *child;
    char name[REELI_NAME_SIZE];
} reeli_member;

typedef reel_tensor *(*reeli_compute)(reel_module *m, reel_tensor *const *in);

struct reel_module {
    reeli_owned owned;
    const char *name; /* "Linear", "L1Loss" */
    reeli_compute compute;
    int inputs; /* that compute takes: 1, or 2 and 3 for losses and Bilinear */
    bool training;
    reeli_member *members; /* in the order in which they were added */
    reel_module *parent;

    reel_tensor *
        *list; /* what reel_parameters hands out: room for all, made when they were added */
    size_t room;

    /* What a kind of module keeps beside its tensors. */
    reel_tensor *weight, *bias, *mean, *var, *batches;
    reel_reduction reduction;
    double p[3];
    int64_t i[REEL_MAX_DIMS];
    int dims;

    union { /* of a loss */
        reel_nll_loss_options nll;
        reel_cross_entropy_options cross_entropy;
        reel_poisson_nll_loss_options poisson;
        reel_gaussian_nll_loss_options gaussian;
        reel_triplet_margin_loss_options triplet;
        reel_multi_margin_loss_options multi_margin;
    } options;

    /* A module of the user's. */
    reel_module_forward user_forward;
    void *context;
};

/* An empty module of r that takes `inputs`; NULL, and an error, when memory is out or there is no
 * reel. */
reel_module *reeli_module_new(reel *r, const char *name, int inputs, reeli_compute compute);

/* Adds a member of this name; the tensor is the module's from now on. False, and an error, when
 * memory is out; then the tensor is still the caller's. */
bool reeli_add_member(reel_module *m, reeli_member_kind kind, const char *name, reel_tensor *tensor,
                      reel_module *child);

/* A parameter of this name filled with `value`, or uniform in (-bound, bound) where bound is
 * positive; drawn in float32 whatever the dtype. NULL after an error. */
reel_tensor *reeli_add_parameter(reel_module *m, const char *name, reel_dtype dtype, double value,
                                 double bound, int ndim, const int64_t *size);
/* A buffer filled with `value`. */
reel_tensor *reeli_add_buffer(reel_module *m, const char *name, reel_dtype dtype, double value,
                              int ndim, const int64_t *size);

/* Makes room in the list for all parameters of m and below; false, and an error, when memory is
 * out. */
bool reeli_make_room(reel_module *m);

/* m if it was made whole (`sound`), else NULL after freeing it. */
reel_module *reeli_finished(reel_module *m, bool sound);

#endif
