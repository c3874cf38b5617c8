/* SPDX-License-Identifier: MIT */
/*
 * Lesson 11: how good a model will be, and a file that is all it takes to predict.
 *
 * One split into training and test rows depends on luck, all the more where rows are few. In
 * cross-validation each row is tested on once: of five parts, four train a model and one tests it,
 * in turn. The model that is kept then learns from all rows.
 *
 * A model alone is no use without the means, scales and texts that made its features. They go into
 * its file, so that what reads the file later needs to know nothing of the training. It may meet
 * what the training had not: a hole, which becomes the median; a district that is new, which is
 * none of those the model knows. Both get a warning.
 */
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FOLDS = 5 };

typedef struct predictor {
    reel_encoder *encoder;
    reel_module *layer;
} predictor;

/* A linear model of the given rows, by their mean absolute error. */
static predictor train(reel *r, reel_table *table, reel_tensor *rows)
{
    predictor p = {reel_encoder_fit(table, rows, (reel_encoder_options){.target = "price"}), NULL};
    p.layer = reel_nn_linear(r, (int64_t)reel_encoder_features(p.encoder), 1);
    reel_tensor *data[] = {reel_encode(p.encoder, table, rows),
                           reel_encode_target(p.encoder, table, rows)};
    reel_loader *loader =
        reel_loader_new(r, data, 2, (reel_loader_options){.batch_size = 16, .shuffle = true});
    reel_optimizer *adam =
        reel_optim_adam(reel_parameters(p.layer), (reel_adam_options){.lr = 0.01});
    reel_scheduler *decay = reel_lr_cosine_annealing(
        adam, (reel_lr_cosine_annealing_options){.T_max = 30 * reel_loader_batches(loader)});

    for (int epoch = 0; epoch < 30; epoch++) {
        reel_tensor *batch[2];
        while (reel_loader_next(loader, batch)) {
            reel_tensor *loss = reel_l1_loss(reel_forward(p.layer, batch[0]), batch[1], REEL_MEAN);
            reel_zero_grad(adam);
            reel_backward(loss);
            reel_step(adam);
            reel_scheduler_step(decay);
            reel_rewind(r);
        }
    }
    return p;
}

/* Predictions in the target's own units. */
static reel_tensor *predict(const predictor *p, reel_table *table, reel_tensor *rows)
{
    return reel_decode_target(p->encoder,
                              reel_forward(p->layer, reel_encode(p->encoder, table, rows)));
}

/* The median error on the rows that were not trained on: in a mean, the few prices with a zero too
 * many would drown all else. */
static void cross_validate(reel *r, reel_table *table)
{
    const int64_t n = reel_table_rows(table);
    const size_t column = (size_t)reel_table_find(table, "price");
    reel_tensor *price = reel_keep(reel_unsqueeze(reel_table_column(table, column), 1));
    reel_tensor *fold[FOLDS] = {NULL}, *others = NULL;
    reel_k_fold(r, n, FOLDS, true, fold);
    printf("median error of rows not trained on, in thousands:");
    for (int k = 0; k < FOLDS && !reel_failed(r); k++) {
        reel_split_rows(r, n, fold[k], &others);
        predictor p = train(r, table, others);
        printf(" %.1f", reel_median_absolute_error(predict(&p, table, fold[k]),
                                                   reel_index_select(price, 0, fold[k])) /
                            1000);
    }
    printf("\n");
}

static void save(reel *r, const predictor *p, const char *path)
{
    reel_named_tensor tensors[] = {{"weight", reel_parameter(p->layer, "weight")},
                                   {"bias", reel_parameter(p->layer, "bias")}};
    reel_metadata_entry metadata[] = {{"format", "pt"},
                                      {"encoder", reel_encoder_to_json(p->encoder)}};
    reel_safetensors_save(r, path, tensors, 2, metadata, 2);
}

/* Knows nothing but the two files. */
static int predict_from(const char *path, const char *table_path)
{
    reel *r = reel_new();
    reel_safetensors *file = reel_safetensors_open(r, path);
    predictor p = {reel_encoder_from_json(r, reel_safetensors_metadata(file, "encoder")), NULL};
    p.layer = reel_nn_linear(r, (int64_t)reel_encoder_features(p.encoder), 1);
    reel_load_state(p.layer, path, true, NULL);

    reel_table *table = reel_table_read(r, table_path, (reel_table_options){0});
    reel_tensor *price = predict(&p, table, NULL);
    for (int64_t row = 0; row < reel_table_rows(table) && !reel_failed(r); row++) {
        printf("house %lld: %s %.0f\n", (long long)row + 1, reel_encoder_target_name(p.encoder),
               reel_get(price, (int64_t[]){row, 0}));
    }

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}

int main(void)
{
    char path[] = "/tmp/houses-XXXXXX";
    int failed = close(mkstemp(path));
    reel *r = reel_new();
    reel_table *table = reel_table_read(r, EXAMPLES_DATA "/houses.csv", (reel_table_options){0});
    cross_validate(r, table);

    predictor p = train(r, table, NULL);
    save(r, &p, path);
    failed = reel_failed(r) || failed;
    reel_free(r);

    failed = failed || predict_from(path, EXAMPLES_DATA "/new.csv");
    unlink(path);
    return failed;
}
