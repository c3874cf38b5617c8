/* SPDX-License-Identifier: MIT */
/* A command at work: its reel, and where its messages go. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "options.h"
#include "text_set.h"

#include <reel/reel.h>

#include <sys/types.h>

typedef struct session {
    reel *r;
    const options *o;
    const char *name; /* "reel fit", which messages begin with */
    bool quiet;
    int64_t memory;            /* bytes that its rows may take, all in all */
    struct together *together; /* those that run it as well; NULL: none */
    char *complaint;           /* what failed last */
    bool silent;               /* neither says anything */
    pid_t parent;              /* the process whose job this one does (jobs.h); 0: none */
    char complaint_text[1024];
    reeli_text_set warnings; /* what --json reports of them, each once */
} session;

/* Makes the reel, with as many threads as are asked for. False: there is no memory. */
bool session_begin(session *it, const char *name, const options *o);
/* Frees everything; returns the status given, or 1 if an error is recorded. */
int session_end(session *it, int status);

/* Says on standard error what failed; returns false. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
bool complain(const session *it, const char *format, ...);
/* Says what is worth knowing but no failure. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void notice(session *it, const char *format, ...);

/* This process is one that `parent` has begun for a job. What it says is marked, so that the
 * parent, which reads it, can say it and keep what is to be kept. */
void session_become_job(session *it, pid_t parent);
void session_hear(session *it, const char *text, size_t size);

/* From now on Ctrl-C is remembered, once; a second one ends the program. So is what mpirun makes of
 * it for its processes. */
void watch_interrupts(void);
/* Whether it came, to any of those that run the command. */
bool interrupted(session *it);

#endif
