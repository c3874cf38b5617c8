/* SPDX-License-Identifier: MIT */
/* A question with its numbers: drawn from a seed, its truth and each mistake's value computed. */
#ifndef LAB_QUESTIONS_H
#define LAB_QUESTIONS_H

#include "lessons.h"
#include "program.h"

typedef struct lab_asked {
    reel *r;
    const lab_question *question;
    lab_program program; /* as it was run, with its gradients among the names */
    char drawn[LAB_DRAWN][LAB_PIECE];
    const char *pieces[LAB_PIECES];
    double truth, part[LAB_PARTS], mistake[LAB_MISTAKES];
} lab_asked;

/* False where the question does not hold together, and why in program.why. */
bool lab_ask(lab_asked *it, reel *r, const lab_question *question, uint64_t seed);
/* A text of the question's with its numbers in it. */
void lab_fill_in(lab_asked *it, const char *text, char filled[LAB_LONG]);

typedef struct lab_reply {
    bool right, is_answer; /* whether there was a number at all */
    int mistake;           /* -1: none that is known */
    char says[LAB_LONG];
} lab_reply;

lab_reply lab_check(lab_asked *it, const char *answer);
/* The right answer: a number, or all of its parts with commas between them. */
void lab_solution(const lab_asked *it, char text[LAB_LONG]);

#endif
