/* SPDX-License-Identifier: MIT */
/* reel explain --ask: questions in the terminal, answered line by line. */
#ifndef CLI_EXPLAIN_ASK_H
#define CLI_EXPLAIN_ASK_H

#include "questions.h"

/* A lesson's questions, with the numbers of a seed. False where one does not hold together. */
bool explain_ask_lesson(const lab_lesson *lesson, uint64_t seed);
/* The gradients of all names of a program that has gone backward from root, from the end; before
 * them, with `values`, what each statement gives. False, and why on standard error, if it is too
 * long. */
bool explain_ask_program(const lab_program *p, const reel_tensor *root, bool values);

#endif
