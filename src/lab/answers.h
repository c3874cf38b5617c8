/* SPDX-License-Identifier: MIT */
/* What experiments come to, as JSON. Each writes the parts of an object that is open. */
#ifndef LAB_ANSWERS_H
#define LAB_ANSWERS_H

#include "json_write.h"
#include "questions.h"

typedef struct lab_wants {
    bool page, tape, surface;
} lab_wants;

void lab_put_expression(reeli_json_writer *w, const lab_experiment *e, lab_wants wants);
void lab_put_training(reeli_json_writer *w, const lab_experiment *e, lab_wants wants);
/* As text, to be freed; NULL if memory is out. */
char *lab_code(const lab_experiment *e, bool python);
/* "error": {…}; `at` and `piece` if they are not negative. */
void lab_put_error(reeli_json_writer *w, const char *text, int piece, int at);
/* The parts of root's tape that are wanted; of a program, NULL of a training, with its proof. */
void lab_put_tape(reeli_json_writer *w, lab_program *p, const reel_tensor *root, lab_wants wants);

/* An expression as a program, with a reel of its own that traces; its pieces are put into
 * `pieces`: values, then statements. */
lab_program lab_program_of(const lab_experiment *e, const char *pieces[LAB_PIECES]);

#endif
