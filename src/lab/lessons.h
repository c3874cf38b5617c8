/* SPDX-License-Identifier: MIT */
/* The lessons: screens with text and experiments, and questions. lessons.json has them. */
#ifndef LAB_LESSONS_H
#define LAB_LESSONS_H

#include "experiment.h"

enum {
    LAB_LONG = 1024,
    LAB_SCREENS = 6,
    LAB_TOGETHER = 2, /* experiments on one screen */
    LAB_QUESTIONS = 5,
    LAB_MISTAKES = 6,
    LAB_CHOICES = 4,
    LAB_PARTS = 6, /* numbers that one answer consists of */
    LAB_DRAWN = 3, /* names that a question draws, */
    LAB_FROM = 16  /* each from so many numbers at most */
};

typedef struct lab_screen {
    char text[LAB_LONG];
    char ask[LAB_PIECE]; /* before which steps the page asks: product, part or all; "": none */
    lab_experiment experiment[LAB_TOGETHER];
    int experiments;
} lab_screen;

/* Texts may have expressions in braces: their values are put in. */
typedef struct lab_question {
    char text[LAB_LONG], program[LAB_PIECE], constants[LAB_PIECE], value[LAB_PIECES][LAB_PIECE];
    int values;
    struct {
        char name[LAB_PIECE];
        double from[LAB_FROM];
        int count;
    } draw[LAB_DRAWN];
    int draws;
    char truth[LAB_PIECE]; /* an expression of the program's names, and of dNAME, their gradients */
    /* Instead of it: each number of an answer that is a list, and what is said where it is the
     * first that is wrong. */
    struct {
        char truth[LAB_PIECE], says[LAB_PIECE];
    } part[LAB_PARTS];
    int parts;
    struct {
        char value[LAB_PIECE], says[LAB_PIECE];
    } mistake[LAB_MISTAKES];
    int mistakes;
    char choice[LAB_CHOICES][LAB_PIECE]; /* the truth is the number of one, from 1 */
    int choices;
    char hint[LAB_PIECE], because[LAB_PIECE];
} lab_question;

typedef struct lab_lesson {
    char name[LAB_PIECE], title[LAB_PIECE], about[LAB_PIECE];
    int minutes;
    lab_screen screen[LAB_SCREENS];
    int screens;
    lab_question question[LAB_QUESTIONS];
    int questions;
} lab_lesson;

/* lessons.json in strings to be joined by ends of lines, made by scripts/page.sh; then NULL. */
extern const char *const lab_lessons[];

/* All of it, to be freed; NULL if memory is out. */
char *lab_lessons_text(void);
/* A lesson by its number from 0, or by its name if that is not NULL; to be freed. NULL where there
 * is none, or with the reel's error. */
lab_lesson *lab_find_lesson(reel *r, const char *name, int number);

#endif
