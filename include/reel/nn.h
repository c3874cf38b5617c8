/* SPDX-License-Identifier: MIT */
/* Modules: parts of a model that own their parameters. */
#ifndef REEL_NN_H
#define REEL_NN_H

#include <reel/loss.h>
#include <reel/tensor.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A part of a model, which owns its parameters, its buffers and the modules it is made of. */
typedef struct reel_module reel_module;

/** Tensors in order, as a module hands out its parameters; the array is the module's. */
typedef struct reel_tensor_list {
    reel *r;                     /**< whose they are */
    reel_tensor *const *tensors; /**< the tensors */
    size_t count;                /**< how many */
} reel_tensor_list;

/**
 * A fully connected layer, y = x Wᵀ + b, of `in_features` to `out_features`.
 *
 * Weight (out, in), then bias (out,), drawn from U(-1/√in, 1/√in) in the reel's random numbers, to
 * PyTorch's very bits.
 * Fails: NULL and REEL_ERR_VALUE if a size is below 1; REEL_ERR_MEMORY.
 * Source: torch.nn.Linear.
 */
REEL_API reel_module *reel_nn_linear(reel *r, int64_t in_features, int64_t out_features);

/** Options of `reel_nn_linear_with`; all zero is the default. */
typedef struct reel_linear_options {
    bool no_bias;     /**< y = x Wᵀ */
    reel_dtype dtype; /**< float32, or float64 converted from the float32 draw */
} reel_linear_options;
/**
 * As `reel_nn_linear`, by options; NULL stands for the defaults.
 *
 * Fails: as `reel_nn_linear`; REEL_ERR_VALUE too for a dtype that is not floating.
 * Source: torch.nn.Linear(in_features, out_features, bias, dtype=…).
 */
REEL_API reel_module *reel_nn_linear_with(reel *r, int64_t in_features, int64_t out_features,
                                          const reel_linear_options *options);

/** Options of the L1 loss; all zero is PyTorch's default. */
typedef struct reel_l1_loss_options {
    reel_reduction reduction;      /**< of the terms */
    reel_legacy_flag size_average; /**< an older flag; if set it decides, with a warning */
    reel_legacy_flag reduce;       /**< another, likewise; see `reel_legacy_reduction` */
} reel_l1_loss_options;
/** Mean absolute error as a module; see `reel_l1_loss`. Source: torch.nn.L1Loss. */
REEL_API reel_module *reel_nn_l1_loss(reel *r, reel_l1_loss_options options);

/** Options of the MSE loss; all zero is PyTorch's default. */
typedef struct reel_mse_loss_options {
    reel_reduction reduction;      /**< of the terms */
    reel_legacy_flag size_average; /**< an older flag, as in `reel_l1_loss_options` */
    reel_legacy_flag reduce;       /**< the same */
} reel_mse_loss_options;
/** Mean squared error as a module; see `reel_mse_loss`. Source: torch.nn.MSELoss. */
REEL_API reel_module *reel_nn_mse_loss(reel *r, reel_mse_loss_options options);

/** What the module makes of x. Fails: poison and REEL_ERR_VALUE for one that takes more than one
 *  tensor. */
REEL_API reel_tensor *reel_forward(reel_module *module, reel_tensor *x);
/** The same for a module of two inputs (Bilinear). Fails: as `reel_forward`. */
REEL_API reel_tensor *reel_forward2(reel_module *module, reel_tensor *x1, reel_tensor *x2);
/** A loss module's loss of an input and a target. Fails: poison, and as `reel_forward`; what the
 *  loss itself refuses. */
REEL_API reel_tensor *reel_loss(reel_module *loss, reel_tensor *input, reel_tensor *target);
/** The loss of three tensors (triplet, margin ranking, cosine embedding, Gaussian). Fails: as
 *  `reel_loss`. */
REEL_API reel_tensor *reel_loss3(reel_module *loss, reel_tensor *a, reel_tensor *b, reel_tensor *c);

/**
 * All parameters, its own before its children's, in PyTorch's order (weight, bias).
 *
 * Owner:  the list is the module's, and good until the module changes; no entries, and an error,
 *         when memory is out.
 * Source: Module.parameters.
 */
REEL_API reel_tensor_list reel_parameters(reel_module *module);
/**
 * The parameters of several lists in one, each once, for an optimizer of several modules:
 * `reel_join_parameters((reel_tensor_list[]){reel_parameters(a), reel_parameters(b)}, 2)`.
 *
 * Owner:  the list is the reel's.
 * Fails:  no entries, and REEL_ERR_OWNER for a tensor that is gone or another reel's;
 *         REEL_ERR_MEMORY.
 */
REEL_API reel_tensor_list reel_join_parameters(const reel_tensor_list *lists, size_t count);
/** The parameter of this name ("weight", "0.bias"); NULL if there is none. Source:
 *  Module.get_parameter. */
REEL_API reel_tensor *reel_parameter(reel_module *module, const char *name);
/** How many numbers all parameters hold. */
REEL_API int64_t reel_parameter_count(const reel_module *module);

/** Room for names. */
enum {
    REEL_STATE_NAME_SIZE = 256 /**< the bytes of a state entry's, with the 0 at its end */
};

/** A parameter or a buffer, and the name that PyTorch's state_dict has for it: "0.weight". */
typedef struct reel_state_entry {
    char name[REEL_STATE_NAME_SIZE]; /**< "0.weight" */
    reel_tensor *tensor;             /**< the parameter or buffer itself; NULL: there is none */
    bool is_buffer;                  /**< saved, but not trained */
} reel_state_entry;

/**
 * All parameters and buffers of a module, its children's included, by PyTorch's names and in its
 * order: the tensors themselves, not copies.
 *
 * Owner:  the list and the names last until the next `reel_rewind`.
 * Fails:  no entries, and REEL_ERR_MEMORY.
 * Source: Module.state_dict.
 */
REEL_API reel_named_tensors reel_state_dict(const reel_module *module);
/** How many parameters and buffers a module has, its children's included. */
REEL_API size_t reel_state_count(const reel_module *module);
/** Parameter or buffer i, in the order of `reel_state_dict`, which is quicker for all of them; a
 *  NULL tensor where there is none. */
REEL_API reel_state_entry reel_state_at(const reel_module *module, size_t i);
/** The parameter or buffer of this name; NULL if there is none. */
REEL_API reel_tensor *reel_state_named(const reel_module *module, const char *name);

/** Sets it, and all below it, to training (as it is at first): dropout drops, batch norm learns.
 *  Source: Module.train. */
REEL_API void reel_train(reel_module *module);
/** Sets it, and all below it, to evaluation. Source: Module.eval. */
REEL_API void reel_eval(reel_module *module);
/** Whether it is set to training. Source: Module.training. */
REEL_API bool reel_is_training(const reel_module *module);

/** Prints a line for each module: its place, its kind, its tensors' shapes, how many parameters. */
REEL_API void reel_module_print(const reel_module *module, FILE *stream);

/* A module of your own: a forward function, and what you add to it.
 *
 * A module may be part of several, and a tensor too (tied weights, one tensor under two names): it
 * is once among the parameters, under each of its names in the state, and goes with the last module
 * that it is part of. */

/** Computes a module's result from x; `context` is what `reel_nn_module` was given. */
typedef reel_tensor *(*reel_module_forward)(reel_module *module, reel_tensor *x, void *context);

/**
 * An empty module with a forward of your own. While that runs it may not rewind, and frees only
 * what it made itself.
 *
 * Owner:  the reel's, or the module's that it becomes part of. The name is copied.
 * Fails:  NULL, and REEL_ERR_MEMORY.
 * Source: torch.nn.Module.
 */
REEL_API reel_module *reel_nn_module(reel *r, const char *name, reel_module_forward forward,
                                     void *context);
/** Gives the module a parameter that you created; it asks for gradients and is the module's now.
 *  Fails: REEL_ERR_VALUE for a name that is in use, empty, longer than 31 characters or has a dot,
 *         a
 *  result of an operation, an integer tensor; REEL_ERR_OWNER. Source: Module.register_parameter. */
REEL_API reel_status reel_module_add_parameter(reel_module *module, const char *name,
                                               reel_tensor *parameter);
/** Gives it a tensor that is saved with it but not trained. Fails: as
 *  `reel_module_add_parameter`. Source: Module.register_buffer. */
REEL_API reel_status reel_module_add_buffer(reel_module *module, const char *name,
                                            reel_tensor *buffer);
/** Gives it a child. Fails: REEL_ERR_VALUE for names as with a parameter, for a module that it is
 *  part of itself, and for modules in one another more than 5,000 deep; REEL_ERR_OWNER. Source:
 *  Module.add_module. */
REEL_API reel_status reel_module_add_child(reel_module *module, const char *name,
                                           reel_module *child);
/** The child of this name; NULL if there is none. */
REEL_API reel_module *reel_module_child(const reel_module *module, const char *name);

/**
 * Modules in a list, named "0", "1", …, which has no forward: to be called one by one, and held,
 * saved and counted together.
 *
 * Owner:  the modules are its own from now on; the caller's still if it cannot be made.
 * Fails:  NULL, and REEL_ERR_VALUE as `reel_module_add_child`.
 * Source: torch.nn.ModuleList.
 */
REEL_API reel_module *reel_nn_module_list(reel *r, reel_module *const *modules, int count);
/** The same by names of your own. Source: torch.nn.ModuleDict. */
REEL_API reel_module *reel_nn_module_dict(reel *r, const char *const *names,
                                          reel_module *const *modules, int count);
/** Adds a module at the end, named by its place. Fails: as `reel_module_add_child`. Source:
 *  ModuleList.append. */
REEL_API reel_status reel_module_append(reel_module *module, reel_module *child);
/** Child i in the order in which they were added; NULL if there is none. */
REEL_API reel_module *reel_module_at(const reel_module *module, int i);

/** Frees the module before the reel does, and its parameters, buffers and children that are part of
 *  no other. Fails: REEL_ERR_OWNER for one that is part of another, or has been freed. */
REEL_API void reel_module_free(reel_module *module);

#ifdef __cplusplus
}
#endif
#endif
