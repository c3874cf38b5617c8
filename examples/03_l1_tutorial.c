/* SPDX-License-Identifier: MIT */
/*
 * PyTorch's L1-loss tutorial, line for line: learn y = 2x from five points, then try it on five
 * more. From the same seed it prints what the Python prints, to the last digit.
 *
 * usage: l1_tutorial [SEED]
 */
#include <errno.h>
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>

/* A whole number from -2^63 to 2^64 - 1, as torch.manual_seed takes it: -n stands for 2^64 - n. */
static bool read_seed(const char *text, uint64_t *seed)
{
    bool negative = text[0] == '-';
    char *end;
    errno = 0;
    *seed = strtoull(text, &end, 10); /* which wraps negative numbers round just so */
    bool digits = text[negative] >= '0' && text[negative] <= '9' && *end == '\0';
    return digits && errno == 0 && (!negative || 0 - *seed <= UINT64_C(1) << 63);
}

int main(int argc, char **argv)
{
    uint64_t seed = 0;
    if (argc > 2 || (argc == 2 && !read_seed(argv[1], &seed))) {
        fprintf(stderr, "usage: l1_tutorial [SEED]\n"
                        "SEED is a whole number from -2^63 to 2^64 - 1; 0 if none is given.\n");
        return 2;
    }
    reel *r = reel_new();
    reel_manual_seed(r, seed);

    /* Synthetic data */
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    reel_tensor *y_true = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));

    /* Model */
    reel_module *model = reel_nn_linear(r, 1, 1);

    /* Loss function */
    reel_module *l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});

    /* Optimizer */
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01});

    /* Training loop */
    for (int epoch = 0; epoch < 100; epoch++) {
        reel_tensor *y_pred = reel_forward(model, reel_unsqueeze(x, 1));
        reel_tensor *loss = reel_loss(l1_loss, y_pred, reel_unsqueeze(y_true, 1));
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        printf("Epoch %d, Loss: %s\n", epoch + 1, reel_item_repr(loss));
        reel_rewind(r); /* this step's tensors are gone; no free, no malloc */
    }

    /* Evaluation on new data */
    reel_tensor *x_test = reel_from_f32(r, (float[]){6, 7, 8, 9, 10}, REEL_SHAPE(5));
    reel_tensor *y_test_true = reel_from_f32(r, (float[]){12, 14, 16, 18, 20}, REEL_SHAPE(5));
    reel_tensor *y_test_pred = reel_forward(model, reel_unsqueeze(x_test, 1));
    reel_tensor *test_loss = reel_loss(l1_loss, y_test_pred, reel_unsqueeze(y_test_true, 1));
    printf("Test Loss: %s\n", reel_item_repr(test_loss));

    int failed = reel_failed(r); /* the reason has been printed on stderr */
    reel_free(r);
    return failed;
}
