/* SPDX-License-Identifier: MIT */
/* A command that several processes run together, started by mpirun: all of them do all of it, but
 * for the training's batches, of which each has its pieces, and the first one alone writes. The
 * program `reel` is one process (alone.c), and becomes reel-mpi where it is not to be. */
#ifndef CLI_TOGETHER_H
#define CLI_TOGETHER_H

#include "matrix.h"
#include "session.h"

typedef struct together together;

/* Before anything else: starts MPI, or the program that does. False, and a message. */
bool together_start(int argc, char **argv);
/* What is another process's to write is not this one's. */
void together_options(options *o);
/* A session's processes join, and leave: with a status other than 0 all end with an error. NULL:
 * this one is alone, and the functions below do nothing, or what one process does. */
together *together_join(session *s, const options *o);
void together_leave(session *s, int status);

/* Into how many pieces a batch is cut, whose gradients are added up in one tree; 0: it is not. */
int64_t together_pieces(const session *s);
/* Whether it is so in any process. By all, as everything from here on. */
bool together_any(session *s, bool here);
/* Who else reads a table; NULL: nobody. */
const reel_table_team *together_team(session *s);
/* Whether a number is the same in all; else an error that names `what`. */
bool together_same(session *s, const char *what, uint64_t number);
/* The part of n things that this process has; and all parts of doubles, one after the other, in
 * place of this one's. */
void together_part(const session *s, int64_t n, int64_t *first, int64_t *count);
bool together_gather(session *s, double *all, int64_t n);

/* All train this net from now on, from the first process's parameters and random numbers. */
void together_train(session *s, reel_module *net, reel_optimizer *optimizer);
typedef struct together_loader together_loader;
/* As samples_loader; NULL, and a message. */
together_loader *together_loader_new(session *s, samples of, reel_loader_options how);
void together_loader_free(together_loader *it);
/* The next piece, as a batch of samples_loader; false at the epoch's end. */
bool together_next(together_loader *it, reel_tensor **piece);
/* After its backward: true once the gradients and the loss are the batch's. */
bool together_average(session *s, reel_tensor **loss);

#endif
