/* SPDX-License-Identifier: MIT */
/* Chapter 13: fill in what says TODO, and run ./scripts/course.sh 13. */
#include "exercise.h"

/* TODO: reel_new_with and its options memory and memory_size; then the tutorial's loop;
 * reel_memory_peak; and reel_failed tells whether it fitted. */
double train_within(void *memory, size_t size, int steps, size_t *peak)
{
    (void)memory, (void)steps;
    *peak = size;
    return 0;
}

/* TODO: train once where there is plenty. */
size_t enough(void) { return 0; }
