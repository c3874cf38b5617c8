/* SPDX-License-Identifier: MIT */
/*
 * Lesson 17: one training by several processes, on one machine or on many: the house prices again.
 *
 *     mpirun -n 4 data_parallel
 *
 * Each process has the whole model and computes the gradient of its part of every batch; the
 * gradients are averaged, so that all take the same step and stay the same. PyTorch has
 * DistributedDataParallel for it:
 *
 *     dist.init_process_group("gloo")                      # reel_mpi_join
 *     model = DistributedDataParallel(model)               # reel_mpi_broadcast
 *     loader = DataLoader(data, 32, sampler=DistributedSampler(data))     # reel_mpi_loader_new
 *     for x, y in loader:
 *         optimizer.zero_grad()
 *         loss_fn(model(x), y).backward()                  # averages in passing
 *         optimizer.step()                                 # if (reel_mpi_average_gradients(…))
 *
 * There a sum of four processes' gradients is another in its last digits than that of two, and
 * after a few hundred steps so are the losses. Here a batch is eight pieces, whoever has them, and
 * their gradients are added up in one order: this prints the same, and saves the same bytes, with
 * any -n, and without mpirun. What it prints was computed by one process.
 *
 * All processes do the same calls. What one of them alone does (print, write a file) is no call of
 * reel_mpi's.
 */
#include <reel/mpi.h>
#include <reel/reel.h>
#include <stdio.h>

typedef struct training {
    reel *r;
    reel_mpi *mpi;
    reel_encoder *encoder;
    reel_tensor *x[2], *y[2]; /* to train on, to test */
    reel_module *model;
} training;

/* Every process reads the table: it is small. Encoders and splits come out the same everywhere. */
static void read_houses(training *t)
{
    reel_table *table = reel_table_read(t->r, EXAMPLES_DATA "/houses.csv", (reel_table_options){0});
    const int64_t n = reel_table_rows(table);
    reel_tensor *rows[2] = {NULL};
    reel_random_split(t->r, n, (int64_t[]){n - n / 5, n / 5}, 2, rows);
    t->encoder = reel_encoder_fit(table, rows[0], (reel_encoder_options){.target = "price"});
    for (int part = 0; part < 2; part++) {
        t->x[part] = reel_encode(t->encoder, table, rows[part]);
        t->y[part] = reel_encode_target(t->encoder, table, rows[part]);
    }
    reel_table_free(table);
}

/* Each process predicts its part of the test's rows; the metric is of all of them, everywhere. */
static double test_error(training *t)
{
    int64_t first, count;
    reel_mpi_part(t->mpi, reel_size(t->x[1], 0), &first, &count);
    reel_tensor *mine = reel_forward(t->model, reel_narrow(t->x[1], 0, first, count));
    reel_tensor *all = reel_mpi_gather(t->mpi, mine);
    double error = reel_mean_absolute_error(reel_decode_target(t->encoder, all),
                                            reel_decode_target(t->encoder, t->y[1]));
    reel_rewind(t->r);
    return error;
}

static void train(training *t)
{
    reel_module *l1_loss = reel_nn_l1_loss(t->r, (reel_l1_loss_options){0});
    reel_optimizer *adam = reel_optim_adam(reel_parameters(t->model), (reel_adam_options){0});
    reel_mpi_broadcast(t->mpi, t->model, adam);
    reel_mpi_loader *loader =
        reel_mpi_loader_new(t->mpi, (reel_tensor *[]){t->x[0], t->y[0]}, 2,
                            (reel_loader_options){.batch_size = 32, .shuffle = true});

    for (int epoch = 1; epoch <= 40; epoch++) {
        reel_tensor *piece[2];
        double sum = 0;
        while (reel_mpi_loader_next(loader, piece)) {
            reel_tensor *loss = reel_loss(l1_loss, reel_forward(t->model, piece[0]), piece[1]);
            reel_zero_grad(adam);
            reel_backward(loss);
            if (reel_mpi_average_gradients(t->mpi, &loss)) { /* the batch is whole, everywhere */
                reel_step(adam);
                sum += reel_item(loss);
            }
            reel_rewind(t->r);
        }
        double error = test_error(t);
        if (epoch % 10 == 0 && reel_mpi_rank(t->mpi) == 0) {
            printf("epoch %2d: mean loss %.4f, test error %.0f\n", epoch,
                   sum / (double)reel_mpi_loader_batches(loader), error);
        }
    }
    reel_mpi_loader_free(loader);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    training t = {.r = reel_new()};
    reel_manual_seed(t.r, 0);
    t.mpi = reel_mpi_join(t.r, MPI_COMM_WORLD, (reel_mpi_options){0});

    read_houses(&t);
    const int64_t features = (int64_t)reel_encoder_features(t.encoder);
    t.model = reel_nn_sequential(t.r, REEL_MODULES(reel_nn_linear(t.r, features, 64),
                                                   reel_nn_relu(t.r), reel_nn_linear(t.r, 64, 1)));
    train(&t);
    if (argc > 1 && reel_mpi_rank(t.mpi) == 0) {
        reel_save_state(t.model, argv[1]);
    }

    int failed = reel_mpi_leave(t.mpi) != REEL_OK || reel_failed(t.r);
    reel_free(t.r);
    MPI_Finalize();
    return failed;
}
