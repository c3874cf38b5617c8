/* SPDX-License-Identifier: MIT */
/*
 * The lab: experiments, lessons and questions, asked for and answered in JSON. One function for the
 * program reel, the playground and the tests, so that a page computes nothing and all show the same
 * digits.
 *
 *   {"do": "run", "experiment": {…}, "page": true, "tape": true, "surface": true}
 *       what came out; with the page of its tape, its tape as JSON, a line's loss over its weight
 *       and bias
 *   {"do": "code", "experiment": {…}, "language": "c"}   or "python": a program that does the same
 *   {"do": "lessons"}                                    lessons.json
 *   {"do": "ask", "lesson": "order", "question": 0, "seed": 7}
 *       the question with numbers of its own, and the experiment that answers it
 *   {"do": "check", …, "answer": "108"}                  right or not, and which step went wrong
 *   {"do": "solve", …}                                   the answer, and why
 *
 * An answer is an object. {"error": {"text": …}} says what is wrong, for an expression with where
 * it is: in which piece (an index into values; program: their number) and at which byte.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

/* The answer, to be freed; NULL if memory is out. Nothing is kept between calls. */
char *lab_answer(const char *request);

#endif
