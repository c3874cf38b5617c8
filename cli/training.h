/* SPDX-License-Identifier: MIT */
/* Trains: batches through a step, epoch after epoch, or all rows at once. */
#ifndef CLI_TRAINING_H
#define CLI_TRAINING_H

#include "jobs.h"
#include "training_step.h"

/* Trains `net`. False, and a message: no memory, or losses that are no numbers any more. */
bool train(training *it);
/* Frees what came of it. */
void training_free(training *it);

/* What came of it and its net's parameters, into a job's result, and room for `more` bytes at the
 * end; false, and a message, without memory. */
bool training_to_result(const training *it, size_t more, job_result *result);
/* From there, into a training whose net is of the same shape; false, and a message. */
bool training_from_result(training *it, const job_result *result);
/* Those bytes; and the training, of which only the numbers are true. */
static inline void *training_more_of(const job_result *result, size_t more)
{
    return (char *)result->data + result->size - more;
}
static inline const training *training_of_result(const job_result *result) { return result->data; }

#endif
