/* SPDX-License-Identifier: MIT */
/* Nets for images, sequences and boxes: each allocation fails in turn, once or for good, and
 * nothing is lost or half done; and from the second step on none is made. */
#include "faulty.h"

#include <reel/reel.h>

typedef struct net {
    reel *r;
    reel_module *image, *sequence, *attention;
    reel_optimizer *sgd;
} net;

static reel_module *image_net(reel *r)
{
    const reel_conv_options same = {.padding = REEL_DIMS(1), .pad_mode = REEL_PAD_REFLECT};
    const reel_pool_options o = {0};
    reel_module *list[] = {
        reel_nn_conv2d(r, 1, 4, REEL_DIMS(3), same),
        reel_nn_batch_norm2d(r, 4, NULL),
        reel_nn_relu(r),
        reel_nn_max_pool2d(r, REEL_DIMS(2), o),
        reel_nn_conv_transpose2d(r, 4, 4, REEL_DIMS(2),
                                 (reel_conv_options){.stride = REEL_DIMS(2)}),
        reel_nn_group_norm(r, 2, 4, NULL),
        reel_nn_dropout2d(r, 0.25),
        reel_nn_adaptive_avg_pool2d(r, REEL_DIMS(3)),
        reel_nn_upsample(
            r, (reel_interpolate_options){.scale_factor = {2}, .mode = REEL_RESIZE_LINEAR}),
        reel_nn_flatten(r, 1, -1)};
    return reel_nn_sequential(r, list, sizeof list / sizeof *list);
}

static void make(net *n, reel *r)
{
    n->r = r;
    n->image = image_net(r);
    n->sequence =
        reel_nn_lstm(r, 12, 4, &(reel_rnn_options){.bidirectional = true, .batch_first = true});
    n->attention = reel_nn_multihead_attention(r, 8, 2, NULL);
    reel_module *all[] = {n->image, n->sequence, n->attention};
    reel_module *whole = reel_nn_module_list(r, all, 3);
    n->sgd = whole ? reel_optim_sgd(reel_parameters(whole), (reel_sgd_options){.lr = 0.1}) : NULL;
}

/* One step; false after an error. */
static bool step(net *n)
{
    reel *r = n->r;
    reel_tensor *x = reel_rand(r, REEL_F32, REEL_SHAPE(2, 1, 6, 6));
    reel_tensor *y = reel_reshape(reel_forward(n->image, x), 3, (int64_t[]){2, 12, 12});
    const reel_rnn_result states =
        reel_forward_packed(n->sequence, y, (int64_t[]){12, 7}, 2, (reel_rnn_state){0});
    y = reel_forward(n->attention, states.output);
    reel_tensor *boxes = reel_box_convert(reel_sigmoid(reel_reshape(y, 2, (int64_t[]){-1, 4})),
                                          REEL_BOX_CXCYWH, REEL_BOX_XYXY);
    reel_tensor *target = reel_detach(reel_flip(boxes, (int64_t[]){0}, 1));
    reel_tensor *loss = reel_generalized_box_iou_loss(boxes, target, REEL_MEAN, 1e-7);
    reel_nms(reel_detach(boxes), reel_select(reel_detach(boxes), 1, 0), 0.5);
    reel_zero_grad(n->sgd);
    reel_backward(loss);
    const reel_status status = reel_step(n->sgd);
    reel_tensor_free(x);
    reel_rewind(r);
    return status == REEL_OK && !reel_failed(r);
}

/* Two steps in a new reel whose allocation `at` fails; whether one did. */
static bool runs_out(long at, bool for_good)
{
    faulty f = {.fail_at = at, .for_good = for_good};
    reel *r = faulty_reel(&f);
    if (!r) {
        ck_assert_int_eq(f.blocks, 0);
        return true;
    }
    net n;
    make(&n, r);
    const bool sound = n.sgd && step(&n) && step(&n);
    ck_assert_msg(sound == !reel_failed(r), "allocation %ld: %s", at, reel_error(r));
    ck_assert(sound || reel_error_status(r) == REEL_ERR_MEMORY);
    faulty_end(&f, r);
    return f.calls > at;
}

START_TEST(each_allocation_can_fail)
{
    long at = 0;
    while (runs_out(at, _i == 1)) {
        at++;
    }
    ck_assert_int_gt(at, 50);
}
END_TEST

START_TEST(steps_are_quiet)
{
    faulty f = {.fail_at = -1};
    reel *r = faulty_reel(&f);
    net n;
    make(&n, r);
    ck_assert_msg(step(&n) && step(&n), "%s", reel_error(r));
    const long before = f.calls;
    for (int i = 0; i < 10; i++) {
        ck_assert(step(&n));
    }
    ck_assert_int_eq(f.calls - before, 10); /* the images, which a step makes and frees */
    faulty_end(&f, r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, each_allocation_can_fail, 0, 2);
    tcase_add_test(cases, steps_are_quiet);
}

int main(void) { return run_suite("images when memory is out", add_cases); }
