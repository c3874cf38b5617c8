/* SPDX-License-Identifier: MIT */
/* The tape as JSON, for whoever writes more around it. */
#ifndef REELI_TAPE_JSON_H
#define REELI_TAPE_JSON_H

#include "json_write.h"
#include "names.h"

/* What the root that one looks at came from; `for_page`: of that, only what the page shows. */
void reeli_json_put_tape(reeli_json_writer *w, const reeli_look *look, bool for_page);

#endif
