/* SPDX-License-Identifier: MIT */
/*
 * The tutorial within memory of every size, from none to what it takes. In less it must end with
 * the error that it is, and never write outside; in just enough it is the tutorial.
 */
#include "check_reel.h"

#include <reel/reel.h>

enum { SIZE = 96 * 1024, EDGE = 64, STEP = 48, EPOCHS = 4 };

static unsigned char all[EDGE + SIZE + EDGE];

static double train(reel *r)
{
    double last = 0;
    reel_tensor *x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    reel_tensor *y = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_module *l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), (reel_sgd_options){.lr = 0.01});
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        reel_tensor *y_pred = reel_forward(model, reel_unsqueeze(x, 1));
        reel_tensor *loss = reel_loss(l1_loss, y_pred, reel_unsqueeze(y, 1));
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        last = reel_item(loss);
        reel_rewind(r);
    }
    return last;
}

/* The last loss of a training in so many bytes, what became of it, and how many it took. */
static double train_within(size_t size, reel_status *status, size_t *peak)
{
    memset(all, 0xEE, sizeof all);
    unsigned char *memory = all + EDGE;
    reel *r = reel_new_with(
        &(reel_options){.handler = ignore_message, .memory = memory, .memory_size = size});
    const double loss = train(r);
    *status = reel_error_status(r);
    *peak = reel_memory_peak(r);
    reel_free(r);
    for (unsigned char *at = all; at < all + sizeof all; at++) {
        if ((at < memory || at >= memory + size) && *at != 0xEE) {
            ck_abort_msg("within %zu bytes, byte %td was written", size, at - memory);
        }
    }
    return loss;
}

START_TEST(of_every_size)
{
    reel_status status;
    size_t peak, within;
    reel *r = reel_new();
    const double loss = train(r);
    ck_assert_uint_eq(reel_memory_peak(r), 0);
    reel_free(r);
    ck_assert(train_within(SIZE, &status, &peak) == loss);
    ck_assert_int_eq(status, REEL_OK);
    ck_assert(train_within(peak, &status, &within) == loss);
    ck_assert_int_eq(status, REEL_OK);
    ck_assert_uint_eq(within, peak);
    for (size_t size = 0; size < peak; size += size + STEP < peak ? STEP : 16) {
        train_within(size, &status, &within);
        ck_assert_msg(status == REEL_ERR_MEMORY, "%zu bytes of %zu: status %d", size, peak,
                      (int)status);
        ck_assert_uint_le(within, size);
    }
}
END_TEST

/* Freed for good: a reel in the memory of another one has all of it. */
START_TEST(one_after_the_other)
{
    for (int k = 0; k < 3; k++) {
        reel *r = reel_new_with(&(reel_options){.memory = all + EDGE, .memory_size = SIZE});
        for (int i = 0; i < 100; i++) { /* twelve times what there is */
            reel_tensor *t = reel_zeros(r, REEL_F32, REEL_SHAPE(8000));
            reel_tensor_free(t);
        }
        ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
        ck_assert_uint_lt(reel_memory_peak(r), 64 * 1024);
        reel_free(r);
    }
}
END_TEST

static void keep_message(void *context, reel_level level, const char *message)
{
    (void)level;
    snprintf(context, 128, "%s", message);
}

static void *no_memory(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context, (void)block, (void)old_size, (void)new_size;
    return NULL;
}

START_TEST(what_cannot_be)
{
    char said[128] = "";
    reel_options options = {.allocator = no_memory,
                            .handler = keep_message,
                            .handler_context = said,
                            .memory = all,
                            .memory_size = SIZE};
    ck_assert_ptr_null(reel_new_with(&options));
    ck_assert_ptr_nonnull(strstr(said, "not both"));
    options.allocator = NULL;
    options.memory_size = 1000;
    ck_assert_ptr_null(reel_new_with(&options));
    ck_assert_ptr_nonnull(strstr(said, "too small"));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, of_every_size);
    tcase_add_test(cases, one_after_the_other);
    tcase_add_test(cases, what_cannot_be);
}

int main(void) { return run_suite("fixed_memory", add_cases); }
