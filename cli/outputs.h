/* SPDX-License-Identifier: MIT */
/* Where files go that a command writes. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "session.h"

/* Whether a file can be written at `path` (NULL, "-": none is to be), and is none of those that the
 * command reads. False, and a message. To be asked before anything takes its time. */
bool output_check(session *s, const options *o, const char *path);

#endif
