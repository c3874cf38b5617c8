/* SPDX-License-Identifier: MIT */
/*
 * Trainings that are to come to the same bits with any number of processes: prints their losses and
 * writes what they come to. Batches of all sizes, fewer rows than processes among them; dropout and
 * batch norm; parameters that only some pieces use; two dtypes; each way of reducing a loss.
 *
 *     trainings FOLDER [allreduce | first | rest]
 *
 * first stops half-way, and rest goes on from there with what process 0 alone has loaded.
 */
#include <reel/mpi.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct kind {
    const char *name;
    reel_module *(*model)(reel *r);
    reel_optimizer *(*optimizer)(reel_tensor_list parameters);
    reel_dtype dtype;
    reel_reduction reduction;
    int64_t rows, columns, batch_size;
    int pieces, epochs;
} kind;

static reel_module *line(reel *r) { return reel_nn_linear(r, 1, 1); }

static reel_module *line_of_doubles(reel *r)
{
    return reel_nn_linear_with(r, 3, 1, &(reel_linear_options){.dtype = REEL_F64});
}

static reel_module *network(reel *r)
{
    return reel_nn_sequential(r, REEL_MODULES(reel_nn_linear(r, 6, 32), reel_nn_tanh(r),
                                              reel_nn_dropout(r, 0.25), reel_nn_linear(r, 32, 1)));
}

static reel_module *normalized(reel *r)
{
    return reel_nn_sequential(r, REEL_MODULES(reel_nn_linear(r, 6, 16),
                                              reel_nn_batch_norm1d(r, 16, NULL), reel_nn_relu(r),
                                              reel_nn_linear(r, 16, 1)));
}

/* One of two lines, as a piece's first number is; and one that is never used. */
static reel_tensor *choose(reel_module *m, reel_tensor *x, void *context)
{
    (void)context;
    const bool left = reel_get(x, (int64_t[]){0, 0}) < 0.9;
    return reel_forward(reel_module_child(m, left ? "left" : "right"), x);
}

static reel_module *choice(reel *r)
{
    reel_module *m = reel_nn_module(r, "choice", choose, NULL);
    reel_module_add_child(m, "left", reel_nn_linear(r, 2, 1));
    reel_module_add_child(m, "right", reel_nn_linear(r, 2, 1));
    reel_module_add_child(m, "unused", reel_nn_linear(r, 2, 1));
    return m;
}

static reel_optimizer *sgd(reel_tensor_list p)
{
    return reel_optim_sgd(p, (reel_sgd_options){.lr = 0.01});
}

static reel_optimizer *momentum(reel_tensor_list p)
{
    return reel_optim_sgd(p, (reel_sgd_options){.lr = 0.001, .momentum = 0.9});
}

static reel_optimizer *adam(reel_tensor_list p)
{
    return reel_optim_adam(p, (reel_adam_options){.lr = 0.01});
}

static reel_optimizer *adamw(reel_tensor_list p)
{
    return reel_optim_adamw(p, (reel_adamw_options){.lr = 0.01});
}

static const kind kinds[] = {
    {"tutorial", line, sgd, REEL_F32, REEL_MEAN, 5, 1, 5, 0, 100},
    {"network", network, adam, REEL_F32, REEL_MEAN, 203, 6, 40, 0, 3},
    {"normalized", normalized, momentum, REEL_F32, REEL_MEAN, 150, 6, 32, 4, 3},
    {"choice", choice, adamw, REEL_F32, REEL_MEAN, 64, 2, 16, 16, 3},
    {"doubles", line_of_doubles, momentum, REEL_F64, REEL_SUM, 101, 3, 25, 5, 3},
    {"one row", line, sgd, REEL_F32, REEL_MEAN, 3, 1, 1, 0, 4},
};

/* x, and what is to be learned of it. The tutorial's are 1 … 5 and twice that. */
static void make_data(reel *r, const kind *k, reel_tensor **x, reel_tensor **y)
{
    if (k->columns == 1) {
        reel_tensor *from = reel_arange(r, k->dtype, 1, (double)k->rows + 1, 1);
        *x = reel_keep(reel_unsqueeze(from, 1));
        *y = reel_keep(reel_mul_scalar(*x, 2));
        return;
    }
    *x = reel_keep(reel_rand(r, k->dtype, REEL_SHAPE(k->rows, k->columns)));
    *y = reel_keep(reel_sum_dim(reel_square(*x), (int64_t[]){1}, 1, true));
}

/* The processes' parameters are process 0's, to the bit. */
static bool all_alike(reel_mpi *mpi, reel_module *model)
{
    const reel_tensor_list p = reel_parameters(model);
    bool alike = true;
    for (size_t i = 0; i < p.count; i++) {
        reel_tensor *flat = reel_flatten(reel_detach(p.tensors[i]), 0, -1);
        reel_tensor *all = reel_mpi_gather(mpi, flat);
        const int64_t n = reel_numel(flat);
        double *values = calloc((size_t)reel_numel(all), sizeof *values);
        reel_to_f64(all, values, reel_numel(all));
        alike = alike && values && reel_numel(all) == n * reel_mpi_size(mpi);
        for (int rank = 1; alike && rank < reel_mpi_size(mpi); rank++) {
            alike = memcmp(values, values + rank * n, (size_t)n * sizeof *values) == 0;
        }
        free(values);
    }
    return alike;
}

/* Rows of a file become inputs and their target. */
static void take_apart(reel_tensor **piece, int64_t columns)
{
    piece[1] = reel_contiguous(reel_narrow(piece[0], 1, columns, 1));
    piece[0] = reel_contiguous(reel_narrow(piece[0], 1, 0, columns));
}

static void train(reel_mpi *mpi, reel *r, const kind *k, const char *folder, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, k->name);
    reel_tensor *x, *y, *piece[2];
    /* Other first parameters in each process: process 0's are to be everybody's. */
    reel_manual_seed(r, 1000 * (uint64_t)reel_mpi_rank(mpi));
    reel_module *model = k->model(r);
    reel_manual_seed(r, 7);
    make_data(r, k, &x, &y);
    reel_manual_seed(r, (uint64_t)reel_mpi_rank(mpi));
    reel_optimizer *optimizer = k->optimizer(reel_parameters(model));
    const bool is_rest = strcmp(mode, "rest") == 0, is_first = strcmp(mode, "first") == 0;
    const reel_checkpoint checkpoint = {.model = model, .optimizer = optimizer};
    if (is_rest && reel_mpi_rank(mpi) == 0) {
        reel_load_checkpoint(r, path, &checkpoint);
    }
    reel_mpi_broadcast(mpi, model, optimizer);
    const reel_loader_options batches = {.batch_size = k->batch_size,
                                         .shuffle = strcmp(k->name, "tutorial") != 0};
    /* With three processes the inputs lie in a file, with two or four all columns, which makes no
     * difference. */
    const int size = reel_mpi_size(mpi);
    const bool all_in_file = size == 2 || size == 4;
    reel_row_file *file = all_in_file || size == 3
                              ? reel_row_file_new(r, k->dtype, k->columns + all_in_file, 0)
                              : NULL;
    reel_row_file_write(file, 0, all_in_file ? reel_cat((reel_tensor *[]){x, y}, 2, 1) : x);
    reel_mpi_loader *loader = file ? reel_mpi_row_file_loader(mpi, file, &y, !all_in_file, batches)
                                   : reel_mpi_loader_new(mpi, (reel_tensor *[]){x, y}, 2, batches);
    const int last = is_first ? k->epochs / 2 : k->epochs;
    for (int epoch = is_rest ? k->epochs / 2 : 0; epoch < last; epoch++) {
        while (reel_mpi_loader_next(loader, piece)) {
            if (all_in_file) {
                take_apart(piece, k->columns);
            }
            reel_tensor *loss = reel_l1_loss(reel_forward(model, piece[0]), piece[1], k->reduction);
            reel_zero_grad(optimizer);
            reel_backward(loss);
            if (reel_mpi_average_gradients(mpi, &loss)) {
                reel_step(optimizer);
                if (reel_mpi_rank(mpi) == 0) {
                    printf("%s, epoch %d: %s\n", k->name, epoch + 1, reel_item_repr(loss));
                }
            }
            reel_rewind(r);
        }
    }
    printf("%s", all_alike(mpi, model) ? "" : "THE PROCESSES' PARAMETERS DIFFER\n");
    if (reel_mpi_rank(mpi) == 0) {
        reel_save_checkpoint(r, path, &checkpoint);
    }
    reel_mpi_loader_free(loader);
}

/* A network of doubles that is trained, and a batch norm beside it that only keeps its
 * statistics. */
static reel_tensor *loss_of(reel_module *both, reel_tensor *x, reel_tensor *y, reel_reduction how)
{
    reel_forward(reel_module_at(both, 1), reel_to(x, REEL_F32));
    return reel_mse_loss(reel_forward(reel_module_at(both, 0), x), y, how);
}

static reel_module *make_both(reel *r)
{
    const reel_linear_options doubles = {.dtype = REEL_F64};
    reel_module *net =
        reel_nn_sequential(r, REEL_MODULES(reel_nn_linear_with(r, 6, 5, &doubles), reel_nn_tanh(r),
                                           reel_nn_linear_with(r, 5, 1, &doubles)));
    return reel_nn_module_list(r, REEL_MODULES(net, reel_nn_batch_norm1d(r, 6, NULL)));
}

static bool is_near(reel_tensor *a, reel_tensor *b, double tolerance)
{
    return a && b && reel_item(reel_max(reel_abs(reel_sub(a, b)))) <= tolerance;
}

/* The identity that all rests on: what the gradients of pieces of five and of six rows are averaged
 * to is the gradient of the batch, and the mean of their running means is the batch's. */
static bool is_the_batch(reel_mpi_options options)
{
    reel *r = reel_new();
    reel_tensor *x = reel_rand(r, REEL_F64, REEL_SHAPE(43, 6)), *piece[2];
    reel_tensor *y = reel_rand(r, REEL_F64, REEL_SHAPE(43, 1)), *wanted[4];
    reel_module *both = make_both(r), *other = make_both(r);
    reel_backward(loss_of(both, x, y, options.reduction));
    loss_of(other, x, y, options.reduction);
    reel_tensor *mean = reel_keep(reel_state_named(other, "1.running_mean"));
    reel_tensor_list p = reel_parameters(both);
    reel_tensor *loss = reel_keep(loss_of(both, x, y, options.reduction));
    for (int i = 0; i < 4; i++) {
        wanted[i] = reel_keep(reel_grad(p.tensors[i]));
        reel_zero_grad_of(p.tensors[i]);
    }
    reel_zero_(reel_state_named(both, "1.running_mean"));
    reel_rewind(r);

    reel_mpi *mpi = reel_mpi_join(r, MPI_COMM_WORLD, options);
    reel_mpi_broadcast(mpi, both, NULL);
    reel_mpi_loader *loader = reel_mpi_loader_new(mpi, (reel_tensor *[]){x, y}, 2,
                                                  (reel_loader_options){.batch_size = 43});
    bool near = true;
    while (reel_mpi_loader_next(loader, piece)) {
        reel_tensor *l = loss_of(both, piece[0], piece[1], options.reduction);
        for (int i = 0; i < 4; i++) {
            reel_zero_grad_of(p.tensors[i]);
        }
        reel_backward(l);
        if (reel_mpi_average_gradients(mpi, &l)) {
            near = is_near(l, loss, 1e-12) &&
                   is_near(reel_state_named(both, "1.running_mean"), mean, 1e-6);
            for (int i = 0; i < 4; i++) {
                near = near && is_near(reel_grad(p.tensors[i]), wanted[i], 1e-12);
            }
            near = near && !reel_grad(p.tensors[4]); /* the batch norm's weight had none */
        }
        reel_rewind(r);
    }
    reel_mpi_loader_free(loader);
    near = reel_mpi_leave(mpi) == REEL_OK && near;
    reel_free(r);
    return near;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const char *mode = argc > 2 ? argv[2] : "";
    int failed = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        reel *r = reel_new();
        reel_mpi *mpi =
            reel_mpi_join(r, MPI_COMM_WORLD,
                          (reel_mpi_options){.pieces = kinds[i].pieces,
                                             .reduction = kinds[i].reduction,
                                             .bucket = 100, /* several of them */
                                             .allreduce = strcmp(mode, "allreduce") == 0});
        train(mpi, r, &kinds[i], argv[1], mode);
        failed |= reel_mpi_leave(mpi) != REEL_OK;
        reel_free(r);
    }
    for (int way = 0; way < 4; way++) {
        const reel_mpi_options options = {.reduction = way % 2 ? REEL_SUM : REEL_MEAN,
                                          .allreduce = way > 1};
        if (!is_the_batch(options)) {
            fprintf(stderr, "not the batch's gradient: reduction %d, allreduce %d\n", way % 2,
                    way > 1);
            failed = 1;
        }
    }
    MPI_Finalize();
    return failed;
}
