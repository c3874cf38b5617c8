/* SPDX-License-Identifier: MIT */
/* Lessons where there is no playground: in the terminal, and as one page of HTML. */
#ifndef LAB_LESSON_TEXT_H
#define LAB_LESSON_TEXT_H

#include "lessons.h"

#include <stdio.h>

/* A line for each lesson. */
void lab_print_lessons(FILE *to);
/* Screens, experiments, and the questions with a seed's numbers. */
void lab_print_lesson(const lab_lesson *lesson, uint64_t seed, FILE *to);
/* The same as a page that needs nothing else: tapes to step through, pictures, and answers to
 * unfold. */
void lab_write_lesson(const lab_lesson *lesson, uint64_t seed, FILE *to);

#endif
