/* SPDX-License-Identifier: MIT */
/* Text within HTML. */
#ifndef REELI_HTML_H
#define REELI_HTML_H

#include <stdio.h>

/* A text for between tags or within a quoted attribute: what would be a tag, or end the quotes, is
 * written otherwise. */
void reeli_put_html(FILE *to, const char *text);

#endif
