/* SPDX-License-Identifier: MIT */
/* Independent pieces of work, as the trainings of several folds: each in a process of its own, a
 * copy of this one as it is when they begin, as many at a time as there are CPUs for. */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include "session.h"

/* What a job leaves: bytes from malloc. Its process ends, and with it all else. */
typedef struct job_result {
    void *data;
    size_t size;
} job_result;

typedef struct jobs {
    int64_t count;
    int64_t bytes;    /* of memory that one takes, about */
    const char *name; /* shown on a terminal with how many are done */
    /* Does job k. False, and a message. */
    bool (*each)(void *context, int64_t k, job_result *result);
    void *context;
} jobs;

/*
 * Does all of them; a result of each. They begin with the random numbers as they are now,
 * and so they are left: how many are done at a time, --threads at most, changes nothing that comes
 * of them. What they say is said in their order. One at a time is done here, without a process: so
 * is all of it where there can be no other, under mpirun and by a job itself.
 *
 * Those that an interruption finds under way end early; those that it finds waiting leave nothing.
 *
 * Owner: the caller's: jobs_free.
 * Fails: NULL, and the message of the first that failed, after which none are begun.
 */
job_result *jobs_run(session *s, const jobs *of);
void jobs_free(job_result *results, int64_t count);

#endif
