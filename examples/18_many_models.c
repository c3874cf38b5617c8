/* SPDX-License-Identifier: MIT */
/*
 * Lesson 18: many small models on all cores. Which size of a network, and which weight decay? Each
 * pair is tried by cross-validation, five models for each, sixty in all. Scikit-learn:
 *
 *     GridSearchCV(MLPRegressor(), {"hidden_layer_sizes": [2, 8, 32], "alpha": [0, .01, .1, 1]},
 *                  cv=5, n_jobs=-1)
 *
 * A reel belongs to one thread and shares nothing with others, so a model needs no lock: each has a
 * reel of its own, with the same random numbers. What comes of it then depends neither on which
 * thread has trained it nor on when, and the table below is the same from one thread and from many.
 */
#include <pthread.h>
#include <reel/reel.h>
#include <stdio.h>

enum { THREADS = 4, ROWS = 60, FOLDS = 5, SIZES = 3, DECAYS = 4, MODELS = SIZES * DECAYS * FOLDS };
static const int64_t sizes[SIZES] = {2, 8, 32};
static const double decays[DECAYS] = {0, 0.01, 0.1, 1};

/* How far off the model's predictions are on the rows that it has not seen. */
static double test_error(reel *r, int64_t size, double decay, int fold)
{
    /* Sixty rows of y = x ||x| - 1| and noise, which are the same in each reel. */
    reel_manual_seed(r, 0);
    reel_tensor *x = reel_keep(reel_mul_scalar(reel_randn(r, REEL_F32, REEL_SHAPE(ROWS, 1)), 0.7));
    reel_tensor *noise = reel_mul_scalar(reel_randn(r, REEL_F32, REEL_SHAPE(ROWS, 1)), 0.1);
    reel_tensor *corners = reel_abs(reel_sub_scalar(reel_abs(x), 1));
    reel_tensor *y = reel_keep(reel_add(reel_mul(x, corners), noise));

    reel_tensor *test[FOLDS], *train;
    reel_k_fold(r, ROWS, FOLDS, true, test);
    reel_split_rows(r, ROWS, test[fold], &train);
    reel_tensor *train_x = reel_keep(reel_index_select(x, 0, train));
    reel_tensor *train_y = reel_keep(reel_index_select(y, 0, train));

    reel_module *model = reel_nn_sequential(
        r, REEL_MODULES(reel_nn_linear(r, 1, size), reel_nn_relu(r), reel_nn_linear(r, size, 1)));
    reel_module *l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    reel_optimizer *adamw = reel_optim_adamw(reel_parameters(model), (reel_adamw_options){
                                                                         .lr = 0.03,
                                                                         .weight_decay = decay,
                                                                     });
    for (int step = 0; step < 300; step++) {
        reel_tensor *loss = reel_loss(l1_loss, reel_forward(model, train_x), train_y);
        reel_zero_grad(adamw);
        reel_backward(loss);
        reel_step(adamw);
        reel_rewind(r);
    }
    reel_tensor *test_x = reel_index_select(x, 0, test[fold]);
    reel_tensor *test_y = reel_index_select(y, 0, test[fold]);
    return reel_item(reel_loss(l1_loss, reel_forward(model, test_x), test_y));
}

/* What a thread has to do: its first model, and then every fourth. */
typedef struct share {
    int first;
    double *errors; /* of all models */
    bool failed;
} share;

static void *train_share(void *context)
{
    share *it = context;
    for (int i = it->first; i < MODELS; i += THREADS) {
        reel *r = reel_new();
        const int pair = i / FOLDS;
        it->errors[i] = test_error(r, sizes[pair / DECAYS], decays[pair % DECAYS], i % FOLDS);
        it->failed = it->failed || reel_failed(r);
        reel_free(r);
    }
    return NULL;
}

int main(void)
{
    double errors[MODELS];
    share shares[THREADS];
    pthread_t threads[THREADS];
    bool begun[THREADS], failed = false;
    for (int i = 0; i < THREADS; i++) {
        shares[i] = (share){.first = i, .errors = errors};
        begun[i] = i > 0 && pthread_create(&threads[i], NULL, train_share, &shares[i]) == 0;
    }
    for (int i = 0; i < THREADS; i++) {
        if (begun[i]) {
            pthread_join(threads[i], NULL);
        } else {
            train_share(&shares[i]); /* the first; and all, where there are no threads */
        }
        failed = failed || shares[i].failed;
    }

    printf("mean absolute error on rows not seen, of %d folds\n\n%-12s", FOLDS, "hidden");
    for (int i = 0; i < DECAYS; i++) {
        printf("  decay %4g", decays[i]);
    }
    for (int pair = 0; pair < SIZES * DECAYS; pair++) {
        double sum = 0;
        for (int fold = 0; fold < FOLDS; fold++) {
            sum += errors[pair * FOLDS + fold];
        }
        if (pair % DECAYS == 0) {
            printf("\n%-12d", (int)sizes[pair / DECAYS]);
        }
        printf("  %10.4f", sum / FOLDS);
    }
    printf("\n");
    return failed;
}
