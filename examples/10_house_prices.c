/* SPDX-License-Identifier: MIT */
/*
 * Lesson 10: from a table to a trained model. What a house costs, from what is known about it.
 *
 *     house_prices [TABLE.csv TARGET]
 *
 * A table holds what no model takes: names, holes, metres beside years. An encoder makes features
 * of its columns: numbers around 0, and a 0 or 1 for each text. The means, medians and texts that
 * it goes by are those of the training rows alone, for what the model is tested on has to stay
 * unseen. A few more rows are set aside to tell when the model begins to learn by heart: training
 * ends there, and goes back to the parameters that predicted those rows best.
 *
 * Four prices in the table have a zero too many. The loss is the mean absolute error, which such a
 * price pulls at no harder than any other. But two of them are among the 80 rows of the test, and
 * make the mean of the errors there five times their median.
 */
#include <reel/reel.h>
#include <stdio.h>

enum { TRAIN, VALIDATION, TEST, PARTS };

typedef struct houses {
    reel_encoder *encoder;
    reel_tensor *x[PARTS], *y[PARTS];
} houses;

/* Seven tenths of the rows to train on, one to tell when to stop, two to test. */
static houses read_houses(reel *r, const char *path, const char *target)
{
    houses h = {NULL, {NULL}, {NULL}};
    reel_tensor *rows[PARTS] = {NULL};
    reel_table *table = reel_table_read(r, path, (reel_table_options){0});
    const int64_t n = reel_table_rows(table);
    reel_random_split(r, n, (int64_t[]){n - n / 10 - n / 5, n / 10, n / 5}, PARTS, rows);

    h.encoder = reel_encoder_fit(table, rows[TRAIN], (reel_encoder_options){.target = target});
    for (int part = 0; part < PARTS; part++) {
        h.x[part] = reel_encode(h.encoder, table, rows[part]);
        h.y[part] = reel_encode_target(h.encoder, table, rows[part]);
    }
    reel_table_free(table); /* the encoder and its tensors do without it */
    return h;
}

/* A metric of a part's predictions, in the target's own units. */
static double measure(double (*metric)(const reel_tensor *, const reel_tensor *), const houses *h,
                      reel_module *model, int part)
{
    reel_tensor *prediction = reel_forward(model, h->x[part]);
    double value = metric(reel_decode_target(h->encoder, prediction),
                          reel_decode_target(h->encoder, h->y[part]));
    reel_rewind(reel_of(h->x[part]));
    return value;
}

static void train(reel *r, const houses *h, reel_module *model)
{
    reel_loader *loader = reel_loader_new(r, (reel_tensor *[]){h->x[TRAIN], h->y[TRAIN]}, 2,
                                          (reel_loader_options){.batch_size = 32, .shuffle = true});
    reel_module *l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    reel_optimizer *adam = reel_optim_adam(reel_parameters(model), (reel_adam_options){0});
    reel_early_stopping *stopping =
        reel_early_stopping_new(model, (reel_early_stopping_options){.patience = 20});

    for (int epoch = 1; epoch <= 100; epoch++) {
        reel_tensor *batch[2];
        while (reel_loader_next(loader, batch)) {
            reel_tensor *loss = reel_loss(l1_loss, reel_forward(model, batch[0]), batch[1]);
            reel_zero_grad(adam);
            reel_backward(loss);
            reel_step(adam);
            reel_rewind(r);
        }
        double error = measure(reel_mean_absolute_error, h, model, VALIDATION);
        if (epoch % 10 == 0) {
            printf("epoch %3d: validation error %.0f\n", epoch, error);
        }
        if (reel_early_stopping_step(stopping, error)) {
            break;
        }
    }
    reel_early_stopping_restore(stopping);
    printf("the best was epoch %lld: %.0f\n",
           (long long)reel_early_stopping_best_step(stopping) + 1,
           reel_early_stopping_best(stopping));
}

static void run(reel *r, const houses *h)
{
    const int64_t features = (int64_t)reel_encoder_features(h->encoder);
    reel_module *model = reel_nn_sequential(
        r, REEL_MODULES(reel_nn_linear(r, features, 64), reel_nn_relu(r), reel_nn_linear(r, 64, 64),
                        reel_nn_relu(r), reel_nn_linear(r, 64, 1)));
    printf("%lld rows to train on, their features:", (long long)reel_size(h->x[TRAIN], 0));
    for (size_t i = 0; i < reel_encoder_features(h->encoder); i++) {
        printf(" %s", reel_encoder_feature_name(h->encoder, i));
    }
    printf("\n");

    train(r, h, model);
    printf("on %lld other rows: mean absolute error %.0f, median %.0f, R² %.2f\n",
           (long long)reel_size(h->x[TEST], 0), measure(reel_mean_absolute_error, h, model, TEST),
           measure(reel_median_absolute_error, h, model, TEST),
           measure(reel_r2_score, h, model, TEST));
}

int main(int argc, char **argv)
{
    if (argc != 1 && argc != 3) {
        fprintf(stderr, "usage: %s [TABLE.csv TARGET]\n", argv[0]);
        return 2;
    }
    const char *path = argc == 3 ? argv[1] : EXAMPLES_DATA "/houses.csv";
    reel *r = reel_new();
    reel_manual_seed(r, 0);

    houses h = read_houses(r, path, argc == 3 ? argv[2] : "price");
    if (!reel_failed(r)) {
        run(r, &h);
    }

    int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
