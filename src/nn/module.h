/* SPDX-License-Identifier: MIT */
/* struct reel_module: what every module has, and the calls that make one. */
#ifndef REELI_MODULE_H
#define REELI_MODULE_H

#include "tensor.h"
#include "text_set.h"

#include <reel/distance.h>
#include <reel/loss.h>
#include <reel/nn.h>
#include <reel/nn_images.h>
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

/* So many modules may be in one another: walks go down them by recursion. */
enum { REELI_DEEPEST = 5000 };

struct reel_module {
    reeli_owned owned;
    const char *name; /* "Linear", "L1Loss" */
    reeli_compute compute;
    int inputs; /* that compute takes: 1, or 2 and 3 for losses and Bilinear; 0: it has none */
    bool training;
    reeli_member *members, *last; /* in the order in which they were added */
    uint32_t owners;              /* modules that it is part of: it goes with the last of them */
    int64_t rank;                 /* below that of every module that it is part of */
    uint64_t seen;                /* the last walk that came here */
    int count, children;          /* members; of them modules */
    reeli_text_set names;         /* of members from the first on, where there are many */

    struct reeli_list *list; /* what reel_parameters hands out */
    size_t parameters;       /* at least as many as there were when the last member was added */

    /* What a kind of module keeps beside its tensors. */
    reel_tensor *weight, *bias, *mean, *var, *batches;
    reel_reduction reduction;
    double p[3];
    int64_t i[REEL_MAX_DIMS];
    int dims;

    union { /* of a loss, or of a layer for images */
        reel_nll_loss_options nll;
        reel_cross_entropy_options cross_entropy;
        reel_poisson_nll_loss_options poisson;
        reel_gaussian_nll_loss_options gaussian;
        reel_triplet_margin_loss_options triplet;
        reel_multi_margin_loss_options multi_margin;
        struct {
            reel_dims size, other_size; /* of a window, or of the result */
            reel_conv_options conv;
            reel_pool_options pool;
        } image;
        reel_interpolate_options resize;
    } options;

    /* A module of the user's. */
    reel_module_forward user_forward;
    void *context;
    char own_name[REELI_NAME_SIZE];
};

bool reeli_is_relu(const reel_module *m);

/* If the modules from e on are a Conv2d, perhaps a ReLU, and a MaxPool2d, or any convolution and a
 * ReLU: *x becomes what they make of it, and the last of them is returned; else NULL. */
const reeli_member *reeli_fused_convolution(const reeli_member *e, reel_tensor **x);
/* The same of a Linear and a ReLU; not where somebody looks at what every module makes. */
const reeli_member *reeli_rectified_linear(const reeli_member *e, reel_tensor **x);

/* What reel_parameters hands out: it can be read for as long as a handle can. */
typedef struct reeli_list {
    reeli_owned owned;
    size_t room;
    reel_tensor *tensors[];
} reeli_list;

/* An empty module of r that takes `inputs`; NULL, and an error, when memory is out or there is no
 * reel. */
reel_module *reeli_module_new(reel *r, const char *name, int inputs, reeli_compute compute);

/* Adds a member of this name; the tensor or the child is the module's from now on, too. False, and
 * an error, when memory is out; then nothing has changed. */
bool reeli_add_member(reel_module *m, reeli_member_kind kind, const char *name, reel_tensor *tensor,
                      reel_module *child);
/* The same for a child that is looked at first: whether it is a live module of the reel, and does
 * not make a circle, or too many levels. */
bool reeli_add_child(reel_module *m, const char *name, reel_module *child);
/* Room for so many parameters in m's list; false, and an error, when memory is out. */
bool reeli_make_room(reel_module *m, size_t count);
/* Whether m has a member of this name. */
bool reeli_has_member(reel_module *m, const char *name);
/* Why a live module cannot become part of m; NULL if it can, and then its rank is below m's. */
const char *reeli_make_child(reel_module *m, reel_module *child);
/* No longer part of m: all that came after that member; NULL: all. */
void reeli_drop_members(reel_module *m, reeli_member *after);

/* A parameter of this name filled with `value`, or uniform in (-bound, bound) where bound is
 * positive; drawn in float32 whatever the dtype. NULL after an error. */
reel_tensor *reeli_add_parameter(reel_module *m, const char *name, reel_dtype dtype, double value,
                                 double bound, int ndim, const int64_t *size);
/* A buffer filled with `value`. */
reel_tensor *reeli_add_buffer(reel_module *m, const char *name, reel_dtype dtype, double value,
                              int ndim, const int64_t *size);

/* m if it was made whole (`sound`), else NULL after freeing it. */
reel_module *reeli_finished(reel_module *m, bool sound);

#endif
