/* SPDX-License-Identifier: MIT */
/* How a command that uses a model begins and ends. */
#include "model.h"
#include "together.h"

int model_command(const char *name, options o, bool (*run)(session *s, const options *o, model *m))
{
    session s;
    together_options(&o);
    model m = {0};
    const bool done = session_begin(&s, name, &o) && run(&s, &o, &m);
    model_free(&m);
    options_free(&o);
    return session_end(&s, done ? 0 : 1);
}
