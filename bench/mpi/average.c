/* SPDX-License-Identifier: MIT */
/*
 * What the fixed tree costs beside MPI_Allreduce, and what a step of data parallel training is made
 * of: microseconds, the least and the median of rounds, of the slowest process.
 *
 *     mpirun -n 2 bench_mpi [PARAMETERS [ROUNDS [BUCKET]]]
 *
 * bare        MPI_Allreduce of so many floats, and nothing else
 * behind      what is left to wait for of an MPI_Iallreduce of as many floats, after arithmetic for
 * as
 *             long as it takes by itself: what sending during the backward pass would not hide
 * by hand     gradients laid end to end, one MPI_Allreduce of all, put back: what a program without
 *             reel_mpi does
 * allreduce   reel_mpi_average_gradients with .allreduce, after a process's only piece of a batch
 * tree        the same by the tree, a piece for each process
 * tree of 8   the same by the tree of 8 pieces, the default: after the last of a process's pieces
 * piece       reel_mpi_average_gradients after a piece that is not the last
 */
#include <reel/mpi.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size, rounds = 100, bucket;

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of each round the slowest process's time; returns the median. */
static double report(const char *name, double *seconds, int count)
{
    double *slowest = calloc((size_t)count + 1, sizeof *slowest);
    MPI_Allreduce(seconds, slowest, count, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    qsort(slowest, (size_t)count, sizeof *slowest, compare);
    if (rank == 0) {
        printf("%-10s %10.1f %10.1f\n", name, 1e6 * slowest[0], 1e6 * slowest[count / 2]);
    }
    const double median = slowest[count / 2];
    free(slowest);
    return median;
}

/* Returns the median, in seconds. */
static double bare(int parameters)
{
    float *x = calloc((size_t)parameters, sizeof *x);
    double *seconds = calloc((size_t)rounds, sizeof *seconds);
    for (int i = 0; i < rounds; i++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begin = MPI_Wtime();
        MPI_Allreduce(MPI_IN_PLACE, x, parameters, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
        seconds[i] = MPI_Wtime() - begin;
    }
    const double median = report("bare", seconds, rounds);
    free(seconds);
    free(x);
    return median;
}

/* Arithmetic on what the first cache holds, for so many seconds. */
static double compute(double seconds)
{
    static double x[1024];
    const double begin = MPI_Wtime();
    while (MPI_Wtime() - begin < seconds) {
        for (int i = 0; i < 1024; i++) {
            x[i] = x[i] * 0.5 + 1;
        }
    }
    return MPI_Wtime() - begin;
}

static void behind(int parameters, double takes)
{
    float *x = calloc((size_t)parameters, sizeof *x), *sum = calloc((size_t)parameters, sizeof *x);
    double *seconds = calloc((size_t)rounds, sizeof *seconds);
    for (int i = 0; i < rounds; i++) {
        MPI_Request request;
        MPI_Barrier(MPI_COMM_WORLD);
        const double begin = MPI_Wtime();
        MPI_Iallreduce(x, sum, parameters, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request);
        const double computed = compute(takes);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        seconds[i] = MPI_Wtime() - begin - computed;
    }
    report("behind", seconds, rounds);
    free(seconds);
    free(sum);
    free(x);
}

/* What reel_mpi_average_gradients does, in the way that is written first. */
static void average_by_hand(reel_tensor_list p, float *flat)
{
    int64_t count = 0;
    for (size_t i = 0; i < p.count; i++) {
        const int64_t n = reel_numel(p.tensors[i]);
        const float *g = reel_data_f32(reel_grad(p.tensors[i]));
        for (int64_t k = 0; k < n; k++) {
            flat[count + k] = g[k] / (float)size;
        }
        count += n;
    }
    MPI_Allreduce(MPI_IN_PLACE, flat, (int)count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    for (size_t i = 0; i < p.count; i++) {
        const int64_t n = reel_numel(p.tensors[i]);
        memcpy(reel_data_f32(reel_grad(p.tensors[i])), flat, (size_t)n * sizeof *flat);
        flat += n;
    }
}

/* A line of one output: its forward and backward cost nothing beside the sums. */
static void average(const char *name, int parameters, reel_mpi_options options, bool pieces_too)
{
    reel *r = reel_new();
    options.bucket = bucket;
    reel_mpi *mpi = reel_mpi_join(r, MPI_COMM_WORLD, options);
    reel_module *model = reel_nn_linear(r, parameters, 1);
    const int64_t rows = options.pieces;
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(rows, parameters));
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 1e-9});
    reel_mpi_broadcast(mpi, model, sgd);
    reel_mpi_loader *loader = reel_mpi_loader_new(mpi, (reel_tensor *[]){x}, 1,
                                                  (reel_loader_options){.batch_size = rows});
    double *last = calloc((size_t)rounds, sizeof *last), *piece_seconds = calloc(8, sizeof *last);
    const bool by_hand = strcmp(name, "by hand") == 0;
    float *flat = calloc((size_t)parameters + 1, sizeof *flat);
    int pieces = 0;
    for (int i = 0; i < rounds;) {
        reel_tensor *piece[1];
        while (i < rounds && reel_mpi_loader_next(loader, piece)) {
            reel_tensor *loss = reel_sum(reel_forward(model, piece[0]));
            reel_zero_grad(sgd);
            reel_backward(loss);
            const bool is_last = ++pieces % ((int)rows / size) == 0;
            if (is_last) {
                MPI_Barrier(MPI_COMM_WORLD);
            }
            const double begin = MPI_Wtime();
            if (by_hand) {
                average_by_hand(reel_parameters(model), flat);
            }
            const bool whole = by_hand || reel_mpi_average_gradients(mpi, &loss);
            const double took = MPI_Wtime() - begin;
            if (whole) {
                last[i++] = took;
            } else {
                piece_seconds[pieces % 8] = took;
            }
            reel_rewind(r);
        }
    }
    report(name, last, rounds);
    if (pieces_too) {
        report("piece", piece_seconds + 1, (int)rows / size - 1);
    }
    free(flat);
    free(last);
    free(piece_seconds);
    reel_mpi_loader_free(loader);
    reel_mpi_leave(mpi);
    reel_free(r);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    const int parameters = argc > 1 ? atoi(argv[1]) : 1000000;
    rounds = argc > 2 ? atoi(argv[2]) : rounds;
    bucket = argc > 3 ? atoi(argv[3]) : 0;
    if (parameters < 1 || rounds < 1 || 8 % size != 0) {
        fprintf(stderr, "usage: mpirun -n 1|2|4|8 bench_mpi [PARAMETERS [ROUNDS [BUCKET]]]\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    if (rank == 0) {
        printf("%d processes, %d parameters; microseconds: least, median\n", size, parameters);
    }
    behind(parameters, bare(parameters));
    average("by hand", parameters, (reel_mpi_options){.allreduce = true, .pieces = size}, false);
    average("allreduce", parameters, (reel_mpi_options){.allreduce = true, .pieces = size}, false);
    average("tree", parameters, (reel_mpi_options){.pieces = size}, false);
    average("tree of 8", parameters, (reel_mpi_options){.pieces = 8}, size < 8);
    MPI_Finalize();
    return 0;
}
