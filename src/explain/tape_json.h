/* SPDX-License-Identifier: MIT */
/* The tape as JSON, for whoever writes more around it. */
#ifndef REELI_TAPE_JSON_H
#define REELI_TAPE_JSON_H

#include "json_write.h"

#include <reel/tensor.h>

/* What root came from; of that, only what the page shows. False, and an error, if root is not
 * usable or memory is out. */
bool reeli_json_put_tape(reeli_json_writer *w, const char *what, const reel_tensor *root,
                         bool for_page);

#endif
