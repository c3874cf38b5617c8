/* SPDX-License-Identifier: MIT */
/* An expression's page: the one of its tape, and what only the lab knows of it. */
#ifndef LAB_PAGE_H
#define LAB_PAGE_H

#include "program.h"

#include <stdio.h>

/*
 * reel_tape_html's page of what a program's last run returned, traced backward; then the proof by
 * nudging, which is its last step, and a worksheet for who prints it while it asks. `ask` is before
 * which steps it asks: product, part or all; "": none. False where the reel has an error.
 */
bool lab_write_page(lab_program *p, const reel_tensor *root, const char *title, const char *ask,
                    FILE *to);

/* worksheet.html in strings, each of a line or more, made by scripts/page.sh; then NULL. */
extern const char *const lab_worksheet[];

#endif
