/* SPDX-License-Identifier: MIT */
/* How far a training is: one line that is redrawn on a terminal, a dozen or so plain lines in a
 * file or a pipe. There are no colours, so NO_COLOR needs no obeying; the control sequence that
 * redraws a line is not written where there is no terminal, or TERM is "dumb". */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct progress progress;

typedef enum progress_mode {
    PROGRESS_SHOWN,  /* redrawn where `to` is a terminal, otherwise plain lines */
    PROGRESS_SILENT, /* --quiet, --json */
} progress_mode;

/**
 * Begins to show a training of up to `epochs` epochs, each of which goes through `rows_per_epoch`
 * rows.
 *
 * Fails:    answers NULL with PROGRESS_SILENT, and if there is no memory; the others take NULL, and
 *           show nothing.
 * Owner:    the caller's, until progress_end. `to`, standard error as a rule, stays the caller's.
 */
progress *progress_begin(FILE *to, int64_t epochs, int64_t rows_per_epoch, progress_mode mode);

/**
 * As progress_begin for a training beside the one that was asked for: a line that begins with
 * `name` and is gone at the end. Where no line can be redrawn nothing is shown. If epochs have no
 * rows it counts other things than epochs, and says what of them in its name.
 */
progress *progress_begin_trial(FILE *to, const char *name, int64_t epochs, int64_t rows_per_epoch,
                               progress_mode mode);

/**
 * The epoch that is under way has gone through so many rows. A redrawn line shows it where epochs
 * take longer than half a second.
 */
void progress_rows(progress *p, int64_t rows);

/**
 * An epoch (1 is the first) has ended with these mean losses. `validation_loss` is NaN if no rows
 * are held out. `best` says that this epoch's model is the one to keep so far. Redraws at most ten
 * times a second.
 */
void progress_epoch(progress *p, int64_t epoch, double train_loss, double validation_loss,
                    bool best);

/**
 * Shows the last epoch and ends the redrawn line, so that a message can be written below. The next
 * epoch begins another line.
 */
void progress_break(progress *p);

/** Takes a trial's line away until it is drawn again, so that a message can be written there. */
void progress_erase(progress *p);

/**
 * Shows the last epoch, then `why` the training ended as a line of its own (NULL: no such line),
 * and frees `p`.
 */
void progress_end(progress *p, const char *why);

/* How far the reading of a table is, where that takes longer than a moment. */
typedef struct reading {
    FILE *to; /* NULL: it is not shown */
    const char *path;
    bool redrawn, open;
    double began, drawn;
} reading;

reading reading_begin(FILE *to, progress_mode mode);
/* As `reel_table_progress`; the context is the reading. */
void reading_at(void *context, const char *path, int64_t bytes, int64_t size);
void reading_end(reading *it);

#endif
