/* SPDX-License-Identifier: MIT */
#include "module.h"

#include <string.h>

/* A module's parameters go with it. */
static void free_parameters(reeli_owned *it)
{
    reel_module *m = (reel_module *)(void *)it;
    for (size_t i = 0; i < m->parameters; i++) {
        reel_tensor_free(m->parameter[i]);
    }
}

reel_module *reeli_module_new(reel *r, const char *name)
{
    if (!r) {
        return NULL;
    }
    reel_module *m = reeli_own(r, sizeof *m, free_parameters);
    if (!m) {
        reeli_no_memory(r, name);
        return NULL;
    }
    m->name = name;
    return m;
}

/* What a call answers whose module or tensor is none; a missing module is only news where nothing else
 * is recorded, as a module that could not be made was an error already. */
static reel_tensor *unusable(const reel_module *m, const char *what, reel_tensor *t)
{
    reel *r = m ? m->owned.r : t ? reeli_reel_of(t) : NULL;
    if (r && !m && r->status == REEL_OK) {
        reeli_error(r, REEL_ERR_OWNER, "%s: the module is NULL", what);
    }
    return r ? r->poison : NULL;
}

reel_tensor *reel_forward(reel_module *module, reel_tensor *x)
{
    if (!module || !reeli_usable(module->owned.r, module->name, x)) {
        return unusable(module, "forward", x);
    }
    if (!module->forward) {
        return reeli_fail(x->r, REEL_ERR_VALUE, "%s: a loss takes an input and a target; call reel_loss", module->name);
    }
    return module->forward(module, x);
}

reel_tensor *reel_loss(reel_module *loss, reel_tensor *input, reel_tensor *target)
{
    if (!loss || !reeli_usable(loss->owned.r, loss->name, input)) {
        return unusable(loss, "loss", input);
    }
    if (!loss->loss) {
        return reeli_fail(loss->owned.r, REEL_ERR_VALUE, "%s: not a loss; call reel_forward", loss->name);
    }
    return loss->loss(loss, input, target);
}

reel_tensor_list reel_parameters(reel_module *module)
{
    if (!module) {
        return (reel_tensor_list){NULL, NULL, 0};
    }
    return (reel_tensor_list){module->owned.r, module->parameter, module->parameters};
}

reel_tensor *reel_parameter(reel_module *module, const char *name)
{
    for (size_t i = 0; module && name && i < module->parameters; i++) {
        if (strcmp(module->parameter_name[i], name) == 0) {
            return module->parameter[i];
        }
    }
    return NULL;
}

void reel_module_free(reel_module *module)
{
    if (module) {
        reeli_disown(&module->owned);
    }
}
