/* SPDX-License-Identifier: MIT */
/* gnuplot as a child process, and the files that its pictures go to. */
#ifndef CLI_GNUPLOT_H
#define CLI_GNUPLOT_H

#include <reel/file.h>
#include <stdbool.h>
#include <stdio.h>

enum { GNUPLOT_MESSAGE = 512 };

/* A picture that is being made. Everything is on unnamed files, so nothing is left when a process
 * dies. */
typedef struct picture {
    const char *path;     /* "-": in characters, on standard error */
    reel *files;          /* that writes it to its path; NULL: in characters */
    FILE *script, *drawn; /* gnuplot's standard input and output */
} picture;

/* Opens the files, and writes the lines of the script that choose the format; width and height are
 * in inches. False with a sentence in `message`; picture_end is to be called either way. */
bool picture_begin(picture *it, const char *path, double width, double height,
                   char message[GNUPLOT_MESSAGE]);

/* Whether it is drawn in characters. */
bool picture_is_text(const picture *it);

/* Runs the script that was written. */
bool picture_draw(picture *it, char message[GNUPLOT_MESSAGE]);

/* Moves the picture to its path, or to the terminal. */
bool picture_keep(picture *it, char message[GNUPLOT_MESSAGE]);

/* Closes the files and removes what was not kept. */
void picture_end(picture *it);

/* Writes a text as gnuplot's string: quoted, without control characters. */
void picture_text(const picture *it, const char *text);

#endif
