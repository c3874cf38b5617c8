/* SPDX-License-Identifier: MIT */
/*
 * Training by several processes, each on its part of every batch: data parallel, over MPI. A
 * library of its own, reel_mpi, which is there where MPI was when Reel was built.
 *
 * The same bits come from 1, 2, 3 or 8 processes. A batch is cut into pieces that depend on its
 * size alone. Each has its gradient computed by itself, by whichever process has it, and the
 * pieces' gradients are added up in one tree: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)).
 *
 *     reel_mpi *mpi = reel_mpi_join(r, MPI_COMM_WORLD, (reel_mpi_options){0});
 *     reel_mpi_broadcast(mpi, model, adam);
 *     reel_mpi_loader *loader = reel_mpi_loader_new(mpi, (reel_tensor *[]){x, y}, 2, options);
 *     while (reel_mpi_loader_next(loader, piece)) {
 *         reel_tensor *loss = reel_loss(l1_loss, reel_forward(model, piece[0]), piece[1]);
 *         reel_zero_grad(adam);
 *         reel_backward(loss);
 *         if (reel_mpi_average_gradients(mpi, &loss)) {
 *             reel_step(adam);
 *         }
 *         reel_rewind(r);
 *     }
 *     reel_mpi_leave(mpi);
 *
 * What is said here to be done by all processes is done by all in the same order. An error of one
 * process becomes an error of all at the next such call, with the first one's sentence, and after
 * it none of these functions sends or waits any more: so every process gets to its end.
 *
 * Fails: each function, as all of Reel's, while an error is recorded; a NULL does nothing.
 *        REEL_ERR_STATE for an error of MPI's, of another process, and for calls that do not agree;
 *        REEL_ERR_MEMORY.
 */
#ifndef REEL_MPI_H
#define REEL_MPI_H

#include <mpi.h>
#include <reel/loader.h>
#include <reel/loss.h>
#include <reel/optimizer.h>
#include <reel/row_file.h>
#include <reel/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/** This process among those that train together. */
typedef struct reel_mpi reel_mpi;

/** How they train; all zero is the default. */
typedef struct reel_mpi_options {
    /** 8: into how many pieces a batch is cut, if it has as many rows. More processes than pieces
     *  have nothing to do. Another number is another order of sums: other last digits. */
    int pieces;
    /** REEL_MEAN or REEL_SUM, as the loss is reduced: pieces' gradients are weighted by their share
     *  of the batch's rows, or added up as they are. */
    reel_reduction reduction;
    /** Instead of the tree MPI_Allreduce, and a piece for each process: less to compute and to
     *  send, and digits that depend on the number of processes and on the MPI. */
    bool allreduce;
    /** 2^18, or 2^14 for each process: how many elements are on their way at a time. */
    int64_t bucket;
    /** Goes on where processes' kernels give other digits: the results are the same everywhere, but
     *  depend on which process has which piece. */
    bool mixed_kernels;
} reel_mpi_options;

/**
 * Joins the processes of `comm`, which all do this. The communicator is taken as it is: none is
 * made, and its error handler stays. Messages have the tag 5219, which is not to be another's.
 *
 * Fails: NULL and REEL_ERR_STATE before MPI_Init, and unless `mixed_kernels` where processes'
 *        kernels give other digits (a CPU without AVX-512 beside one with it): `mpirun -x
 *        REEL_CPU=avx2` gives all of them those of the lesser; REEL_ERR_VALUE for an option out of
 *        its range.
 * Owner: yours; it ends with `reel_mpi_leave`, before the reel and before MPI_Finalize.
 * Source: torch.distributed.init_process_group.
 */
REEL_API reel_mpi *reel_mpi_join(reel *r, MPI_Comm comm, reel_mpi_options options);

/** This process's number, from 0. Source: torch.distributed.get_rank. */
REEL_API int reel_mpi_rank(const reel_mpi *mpi);
/** How many processes there are. Source: torch.distributed.get_world_size. */
REEL_API int reel_mpi_size(const reel_mpi *mpi);

/**
 * All get process 0's parameters, buffers, optimizer state and random numbers, and train this model
 * from now on. By all processes; the optimizer may be NULL.
 *
 * The buffers that are floating are averaged as gradients are: batch norm normalises by its piece,
 * and its running statistics are the mean of what the pieces make of them.
 *
 * Fails: REEL_ERR_STATE if the processes' models or optimizers are not alike.
 * Source: torch.nn.parallel.DistributedDataParallel, when it is made.
 */
REEL_API reel_status reel_mpi_broadcast(reel_mpi *mpi, reel_module *model,
                                        reel_optimizer *optimizer);

/** Hands out a process's pieces of batches. */
typedef struct reel_mpi_loader reel_mpi_loader;

/**
 * A loader of the same batches as `reel_loader_new` with the same options makes from the same seed.
 * Every process has all rows, and gathers only those of its pieces; where rows come as they lie, a
 * piece is a view of them. By all processes.
 *
 * Fails: NULL, as `reel_loader_new`.
 * Owner: yours, until `reel_mpi_loader_free`, before the reel. The tensors must outlive it.
 * Source: torch.utils.data.distributed.DistributedSampler; it adds no rows to fill a batch up.
 */
REEL_API reel_mpi_loader *reel_mpi_loader_new(reel_mpi *mpi, reel_tensor *const *tensors,
                                              size_t count, reel_loader_options options);

/**
 * This process's next piece; false at the end of an epoch. A process that has none in a batch is
 * given the first, which counts for another one.
 *
 * Until `reel_mpi_average_gradients` the reel's random numbers are the piece's own, so that dropout
 * does the same whoever has the piece; then they are again what they were before the batch.
 *
 * Fails: false while an error is recorded.
 * Owner: the tensors are the loader's, the same ones for each piece of the same size: what reads
 *        them can be captured and replayed, up to the gradients, and so can the step. Views of rows
 *        that come as they lie live until `reel_rewind`.
 */
REEL_API bool reel_mpi_loader_next(reel_mpi_loader *loader, reel_tensor **piece);
/**
 * The same of rows that lie in a file, and those of tensors after them: as of
 * reel_row_file_loader. Each process has a file with all rows, or one that they share, and reads
 * only its pieces' rows back in order.
 *
 * Fails: as reel_row_file_loader.
 */
REEL_API reel_mpi_loader *reel_mpi_row_file_loader(reel_mpi *mpi, reel_row_file *f,
                                                   reel_tensor *const *tensors, size_t count,
                                                   reel_loader_options options);
/** How many batches an epoch has. Source: len(loader). */
REEL_API int64_t reel_mpi_loader_batches(const reel_mpi_loader *loader);
/** Frees the loader. */
REEL_API void reel_mpi_loader_free(reel_mpi_loader *loader);

/**
 * After the backward of each piece: keeps its gradients, and returns false if the process has more
 * of this batch. After its last one all processes' are added up: true, and every parameter's
 * gradient is the whole batch's, on all processes to the same bits, and so are the buffers; the
 * step may follow. `loss`, unless it is NULL, becomes the batch's.
 *
 * The gradients have to be those of this piece alone (`reel_zero_grad` before each backward). What
 * no piece gave a gradient has none. By all processes.
 *
 * Fails: false, and REEL_ERR_STATE without `reel_mpi_broadcast`, or without a piece.
 * Owner: the new loss lives until `reel_rewind`.
 */
REEL_API bool reel_mpi_average_gradients(reel_mpi *mpi, reel_tensor **loss);

/** The rows, of `rows` in all, that this process is to evaluate: *count from *first on. */
REEL_API void reel_mpi_part(const reel_mpi *mpi, int64_t rows, int64_t *first, int64_t *count);

/**
 * What the processes have of a tensor, one after the other along the first dim: predictions for
 * parts of the rows become those for all, and metrics of them are the same bits everywhere. By all
 * processes.
 *
 * Shape:    the sizes of other dims, and the dtypes, agree.
 * Gradient: none; the result is a copy.
 * Fails:    poison, and REEL_ERR_STATE where they do not agree; REEL_ERR_SHAPE for no dims.
 * Owner:    the result is the reel's until you free it, or the same call makes another.
 * Source:   torch.distributed.all_gather, of parts that may differ in length.
 */
REEL_API reel_tensor *reel_mpi_gather(reel_mpi *mpi, reel_tensor *t);

/**
 * For `reel_table_options.team`: the processes read a table together, each its part of the file,
 * and all come to have all of it, as if each had read it alone. By all processes, as then the
 * reading.
 *
 * Fails: NULL, as for one process, who reads alone.
 * Owner: the reel_mpi.
 */
REEL_API const reel_table_team *reel_mpi_table_team(reel_mpi *mpi);

/** Whether it is so in any process: whether one was interrupted, so that all stop after the same
 *  step. By all processes. Fails: false. */
REEL_API bool reel_mpi_any(reel_mpi *mpi, bool here);

/**
 * Leaves, and frees it; NULL does nothing. By all processes, also after an error, which it tells
 * the others if they do not know.
 *
 * Fails: the status is the reel's: of this process's error, or of another's.
 * Source: torch.distributed.destroy_process_group.
 */
REEL_API reel_status reel_mpi_leave(reel_mpi *mpi);

#ifdef __cplusplus
}
#endif
#endif
