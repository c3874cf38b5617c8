/* SPDX-License-Identifier: MIT */
/* struct reel_module: what every module has, and the two calls that make it one. */
#ifndef REELI_MODULE_H
#define REELI_MODULE_H

#include "tensor.h"

#include <reel/nn.h>

/* A parameter and the name that PyTorch gives it. */
enum { REELI_PARAMETERS = 2 };

struct reel_module {
    reeli_owned owned;
    const char *name; /* "Linear", "L1Loss" */
    reel_tensor *(*forward)(reel_module *m, reel_tensor *x);
    reel_tensor *(*loss)(reel_module *m, reel_tensor *input, reel_tensor *target);
    size_t parameters;
    reel_tensor *parameter[REELI_PARAMETERS];
    const char *parameter_name[REELI_PARAMETERS];
    reel_reduction reduction; /* of a loss */
};

/* An empty module of r; NULL, and an error, when memory is out or there is no reel. */
reel_module *reeli_module_new(reel *r, const char *name);

#endif
