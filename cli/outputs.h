/* SPDX-License-Identifier: MIT */
/* Where files go that a command writes. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "series.h"

/* Whether a file can be written at `path` (NULL, "-": none is to be), and is none of those that the
 * command reads. False, and a message. To be asked before anything takes its time. */
bool output_check(session *s, const options *o, const char *path);

/*
 * Whether a file that is there already may be replaced: with --force, if it is empty or no regular
 * file, or if it is what the command wrote before: `mark` is in its first lines, or with `whole`
 * the first of them, alone or with the columns of its interval. False, and a message.
 */
bool output_may_replace(session *s, const options *o, const char *path, const char *mark,
                        bool whole);

/* Draws predicted against true values of the target `name` to `path` (NULL: nothing). False, and a
 * message. */
bool output_predictions(session *s, const char *path, series *truth, series *predicted,
                        const char *name);

/* A whole text to a file, whose error is the reel's, or to standard output for "-", whose error is
 * found when it is flushed. */
bool output_write(reel *r, const char *path, const char *text, size_t size);

#endif
