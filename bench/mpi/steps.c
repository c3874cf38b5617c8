/* SPDX-License-Identifier: MIT */
/*
 * Steps of whole trainings by one process with one and two threads, and by as many processes as
 * there are: milliseconds a step, the least of five runs.
 *
 *     mpirun -n 2 bench_mpi_steps
 *     mpirun -n 1 --bind-to none bench_mpi_steps      (bound to one core, threads would share it)
 *
 * line      100 columns, all of 200,000 rows at each step, SGD
 * network   13-64-64-1, batches of 4,096 of 20,480 rows, Adam
 */
#include <reel/mpi.h>
#include <reel/reel.h>
#include <stdio.h>
#include <string.h>

typedef struct work {
    const char *name;
    int64_t rows, columns, batch_size, hidden;
    int epochs;
} work;

static const work works[] = {{"line", 200000, 100, 200000, 0, 10},
                             {"network", 20480, 13, 4096, 64, 4}};
static int rank, size;

typedef struct training {
    reel *r;
    reel_tensor *data[2];
    reel_module *model;
    reel_optimizer *optimizer;
    reel_loader_options options;
} training;

static training make(const work *w)
{
    training t = {.r = reel_new()};
    t.data[0] = reel_randn(t.r, REEL_F32, REEL_SHAPE(w->rows, w->columns));
    t.data[1] = reel_randn(t.r, REEL_F32, REEL_SHAPE(w->rows, 1));
    const int64_t h = w->hidden;
    t.model =
        h ? reel_nn_sequential(t.r, REEL_MODULES(reel_nn_linear(t.r, w->columns, h),
                                                 reel_nn_relu(t.r), reel_nn_linear(t.r, h, h),
                                                 reel_nn_relu(t.r), reel_nn_linear(t.r, h, 1)))
          : reel_nn_linear(t.r, w->columns, 1);
    t.optimizer = h ? reel_optim_adam(reel_parameters(t.model), (reel_adam_options){0})
                    : reel_optim_sgd(reel_parameters(t.model), (reel_sgd_options){.lr = 0.01});
    t.options = (reel_loader_options){.batch_size = w->batch_size, .shuffle = h > 0};
    return t;
}

static void backward(const training *t, reel_tensor *const *batch, reel_tensor **loss)
{
    *loss = reel_l1_loss(reel_forward(t->model, batch[0]), batch[1], REEL_MEAN);
    reel_zero_grad(t->optimizer);
    reel_backward(*loss);
}

/* Seconds of one run, of the slowest process. */
static double alone(const work *w, int threads)
{
    training t = make(w);
    reel_set_num_threads(t.r, threads);
    reel_loader *loader = reel_loader_new(t.r, t.data, 2, t.options);
    const double begin = MPI_Wtime();
    for (int epoch = 0; epoch < w->epochs; epoch++) {
        reel_tensor *batch[2], *loss;
        while (reel_loader_next(loader, batch)) {
            backward(&t, batch, &loss);
            reel_step(t.optimizer);
            reel_rewind(t.r);
        }
    }
    const double seconds = MPI_Wtime() - begin;
    reel_free(t.r);
    return seconds;
}

static double together(const work *w, reel_mpi_options options)
{
    training t = make(w);
    reel_mpi *mpi = reel_mpi_join(t.r, MPI_COMM_WORLD, options);
    reel_mpi_broadcast(mpi, t.model, t.optimizer);
    reel_mpi_loader *loader = reel_mpi_loader_new(mpi, t.data, 2, t.options);
    MPI_Barrier(MPI_COMM_WORLD);
    double begin = MPI_Wtime(), seconds;
    for (int epoch = 0; epoch < w->epochs; epoch++) {
        reel_tensor *piece[2], *loss;
        while (reel_mpi_loader_next(loader, piece)) {
            backward(&t, piece, &loss);
            if (reel_mpi_average_gradients(mpi, &loss)) {
                reel_step(t.optimizer);
            }
            reel_rewind(t.r);
        }
    }
    begin = MPI_Wtime() - begin;
    MPI_Allreduce(&begin, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    reel_mpi_loader_free(loader);
    reel_mpi_leave(mpi);
    reel_free(t.r);
    return seconds;
}

static void report(const work *w, const char *how, const double *seconds)
{
    double least = seconds[0];
    for (int i = 1; i < 5; i++) {
        least = seconds[i] < least ? seconds[i] : least;
    }
    const double steps = (double)w->epochs * (double)(w->rows / w->batch_size);
    if (rank == 0) {
        printf("%-8s %-28s %8.3f\n", w->name, how, 1e3 * least / steps);
    }
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        double seconds[4][5] = {{0}};
        for (int run = 0; run < 5; run++) {
            seconds[0][run] = size == 1 ? alone(&works[i], 1) : 0;
            seconds[1][run] = size == 1 ? alone(&works[i], 2) : 0;
            seconds[2][run] = together(&works[i], (reel_mpi_options){0});
            seconds[3][run] = together(&works[i], (reel_mpi_options){.allreduce = true});
        }
        char how[64];
        if (size == 1) {
            report(&works[i], "plain loop, 1 thread", seconds[0]);
            report(&works[i], "plain loop, 2 threads", seconds[1]);
        }
        snprintf(how, sizeof how, "%d processes, 8 pieces", size);
        report(&works[i], how, seconds[2]);
        snprintf(how, sizeof how, "%d processes, allreduce", size);
        report(&works[i], how, seconds[3]);
    }
    MPI_Finalize();
    return 0;
}
