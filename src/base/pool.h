/* SPDX-License-Identifier: MIT */
/*
 * The reel's threads. Work is cut into pieces whose bounds depend on its size alone, so what each
 * piece computes, and with it every result, is the same for any number of threads; which thread
 * does which piece is left to chance.
 */
#ifndef REELI_POOL_H
#define REELI_POOL_H

#include <stdint.h>

struct reel;

/* One piece of the work. Pieces run at the same time and in any order: what one writes no other
 * reads. It uses neither the reel's arena nor reeli_parallel. */
typedef void (*reeli_job)(int64_t piece, void *context);

/* Calls job(piece, context) for each piece from 0 on, on the reel's threads, the caller's among
 * them; returns when all are done. Cannot fail: a thread that does not start leaves its pieces to
 * the others. */
void reeli_parallel(struct reel *r, int64_t pieces, reeli_job job, void *context);

/* The same for pieces that need room to work in: `place` is a number below those of the threads and
 * of the pieces, and no other piece has it at the same time. */
typedef void (*reeli_placed_job)(int64_t piece, int64_t place, void *context);
void reeli_parallel_placed(struct reel *r, int64_t pieces, reeli_placed_job job, void *context);
/* How many places there may be. */
int64_t reeli_working_places(const struct reel *r, int64_t pieces);

/* Ends the threads; the next work for more than one of them starts them again. */
void reeli_pool_free(struct reel *r);

#endif
