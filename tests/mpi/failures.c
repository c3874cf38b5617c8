/* SPDX-License-Identifier: MIT */
/*
 * A training in which something goes wrong in one process, by name; each prints the error it ends
 * with.
 *
 *     failures WHAT [FOLDER]
 *
 * Without WHAT, nothing does, and it trains until it is killed, with a checkpoint after each epoch.
 */
#include <reel/mpi.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;
static const char *what;
static bool is(const char *name) { return rank == size - 1 && strcmp(what, name) == 0; }

/* The last process's memory fails for good at this allocation; 0: never. */
static long fails_at, allocations;

static void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (new_size > old_size && ++allocations >= fails_at && fails_at) {
        return NULL;
    }
    return realloc(block, new_size);
}

static void ignore(void *context, reel_level level, const char *message)
{
    (void)context, (void)level, (void)message;
}

static void collect(void *context, reel_level level, const char *message)
{
    (void)context;
    fprintf(stderr, "process %d: %s%s\n", rank, level == REEL_WARNING ? "warning: " : "", message);
}

static void train(reel *r, reel_mpi *mpi, const char *folder)
{
    reel_module *model = reel_nn_linear(r, 4, is("model") ? 2 : 1);
    reel_optimizer *sgd =
        reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01, .momentum = 0.9});
    reel_tensor *x = reel_rand(r, REEL_F32, REEL_SHAPE(64, 4));
    reel_tensor *y = reel_rand(r, REEL_F32, REEL_SHAPE(64, 1));
    if (!is("no broadcast")) {
        reel_mpi_broadcast(mpi, model, sgd);
    }
    reel_mpi_loader *loader = reel_mpi_loader_new(
        mpi, (reel_tensor *[]){x, y}, 2, (reel_loader_options){.batch_size = 16, .shuffle = true});
    const int epochs = strcmp(what, "memory") == 0 ? 1 : strcmp(what, "nothing") ? 3 : 1000000;
    for (int epoch = 0; epoch < epochs && !reel_failed(r); epoch++) {
        reel_tensor *piece[2];
        while (reel_mpi_loader_next(loader, piece)) {
            if (epoch == 1 && is("dies")) {
                abort();
            }
            if (epoch == 1 && is("exits")) {
                exit(0);
            }
            if (epoch == 1 && (is("leaves") || is("forgets"))) {
                reel_mpi_loader_free(loader);
                return;
            }
            if (epoch == 1 && is("shape")) {
                piece[1] = reel_view(piece[1], REEL_SHAPE(3, 3));
            }
            reel_tensor *loss = reel_l1_loss(reel_forward(model, piece[0]), piece[1], REEL_MEAN);
            reel_zero_grad(sgd);
            reel_backward(loss);
            if (reel_mpi_average_gradients(mpi, &loss)) {
                reel_step(sgd);
            }
            reel_rewind(r);
        }
        if (folder && rank == 0) {
            char path[4096];
            snprintf(path, sizeof path, "%s/killed.safetensors", folder);
            reel_save_checkpoint(r, path, &(reel_checkpoint){.model = model, .optimizer = sgd});
        }
    }
    reel_mpi_loader_free(loader);
}

/* Memory fails at each allocation in turn: each time all processes have an error, or none has. */
static int starve(void)
{
    int turn = 0, worst = 1;
    for (bool over = false; !over; turn++) {
        allocations = 0;
        fails_at = rank == size - 1 ? turn + 1 : 0;
        reel *r = reel_new_with(&(reel_options){.allocator = allocate, .handler = ignore});
        reel_mpi *mpi = reel_mpi_join(r, MPI_COMM_WORLD, (reel_mpi_options){0});
        if (mpi) {
            train(r, mpi, NULL);
        }
        const reel_status left = reel_mpi_leave(mpi);
        const int failed = left != REEL_OK || reel_failed(r);
        int least;
        MPI_Allreduce(&failed, &least, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
        MPI_Allreduce(&failed, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        if (least != worst) {
            fprintf(stderr, "allocation %d fails, and %s\n", turn + 1,
                    failed ? "this process has an error" : "this one does not know");
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
        over = !worst;
        reel_free(r);
    }
    if (rank == 0) {
        printf("each of %d allocations failed once\n", turn - 1);
    }
    return turn > 20 ? 0 : 1;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    what = argc > 1 ? argv[1] : "nothing";
    if (strcmp(what, "memory") == 0) {
        const int failed = starve();
        MPI_Finalize();
        return failed;
    }
    reel *r = reel_new_with(&(reel_options){.handler = collect});
    if (is("before")) {
        reel_narrow(reel_ones(r, REEL_F32, REEL_SHAPE(2)), 0, 5, 1);
    }
    reel_mpi *mpi =
        reel_mpi_join(r, MPI_COMM_WORLD, (reel_mpi_options){.pieces = is("options") ? 4 : 0});
    if (mpi) {
        train(r, mpi, argc > 2 ? argv[2] : NULL);
    }
    const reel_status status = is("forgets") ? REEL_OK : reel_mpi_leave(mpi);
    printf("process %d ends with: %s\n", rank, reel_error(r));
    fflush(stdout); /* mpirun may end this process when another one has ended */
    const bool failed = status != REEL_OK || reel_failed(r);
    reel_free(r);
    MPI_Finalize();
    return failed;
}
