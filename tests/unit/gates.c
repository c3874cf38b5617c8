/* SPDX-License-Identifier: MIT */
/* The gradient that goes back to a relu is a product's, which computes what leaves the relu with
 * it: to the bits of relu after linear, whoever else uses the relu's result or looks at its
 * gradient. */
#include "check_reel.h"

#include <reel/reel.h>

typedef enum kind {
    PLAIN,
    TWO_PRODUCTS,
    ADDED, /* to something that is no product */
    RETAINED,
    HOOKED,
    ASKED_FOR,
    DIFFERENTIATED,
    TWICE,
    REPLAYED,
    KINDS
} kind;

enum { TENSORS = 7, HIDDEN = 64, ROWS = 33, INPUTS = 13 };

typedef struct net {
    reel *r;
    kind kind;
    bool fused;
    reel_tensor *x, *w[3], *b[2], *h;
} net;

static net make_net(kind which, bool fused)
{
    net s = {.r = quiet_reel(), .kind = which, .fused = fused};
    reel_manual_seed(s.r, 3);
    s.x = reel_randn(s.r, REEL_F32, REEL_SHAPE(3, ROWS / 3, INPUTS));
    s.w[0] = reel_randn(s.r, REEL_F32, REEL_SHAPE(HIDDEN, INPUTS));
    s.w[1] = reel_randn(s.r, REEL_F32, REEL_SHAPE(HIDDEN, HIDDEN));
    s.w[2] = reel_randn(s.r, REEL_F32, REEL_SHAPE(1, HIDDEN));
    s.b[0] = reel_randn(s.r, REEL_F32, REEL_SHAPE(HIDDEN));
    s.b[1] = reel_randn(s.r, REEL_F32, REEL_SHAPE(HIDDEN));
    reel_tensor *all[] = {s.x, s.w[0], s.w[1], s.w[2], s.b[0], s.b[1]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        reel_requires_grad_(all[i], true);
    }
    return s;
}

static reel_tensor *layer(const net *s, reel_tensor *x, int i)
{
    return s->fused ? reel_linear_relu(x, s->w[i], s->b[i])
                    : reel_relu(reel_linear(x, s->w[i], s->b[i]));
}

static reel_tensor *seen(reel_tensor *gradient, void *context)
{
    *(reel_tensor **)context = reel_keep(gradient);
    return NULL;
}

static reel_tensor *loss_of(net *s)
{
    s->h = layer(s, s->x, 0);
    reel_tensor *y = reel_linear(layer(s, s->h, 1), s->w[2], NULL);
    if (s->kind == TWO_PRODUCTS) {
        y = reel_add(y, reel_linear(s->h, s->w[2], NULL));
    }
    reel_tensor *loss = reel_sum(reel_mul(y, y));
    return s->kind == ADDED ? reel_add(loss, reel_sum(reel_sub_scalar(s->h, 1))) : loss;
}

static void train(net *s, reel_tensor **out)
{
    reel_graph *graph = NULL;
    reel_tensor *kept = NULL;
    if (s->kind == REPLAYED) {
        reel_capture_begin(s->r);
    }
    reel_tensor *leaves[] = {s->x, s->w[0], s->w[1], s->w[2], s->b[0], s->b[1]};
    for (int i = 0; i < TENSORS - 1; i++) {
        reel_zero_grad_of(leaves[i]);
    }
    reel_tensor *loss = loss_of(s);
    if (s->kind == RETAINED) {
        reel_retain_grad(s->h);
    } else if (s->kind == HOOKED) {
        reel_register_hook(s->h, seen, &kept);
    } else if (s->kind == ASKED_FOR) {
        reel_gradients(loss, &s->h, 1, &(reel_backward_options){.retain_graph = true}, &kept);
    }
    reel_backward_with(loss, &(reel_backward_options){.create_graph = s->kind == DIFFERENTIATED,
                                                      .retain_graph = s->kind == TWICE});
    if (s->kind == TWICE) {
        reel_backward(loss);
    }
    if (s->kind == REPLAYED) {
        graph = reel_capture_end(s->r);
        ck_assert_int_eq(reel_replay(graph), REEL_OK);
    }
    ck_assert_msg(!reel_failed(s->r), "%s", reel_error(s->r));
    for (int i = 0; i < TENSORS - 1; i++) {
        out[i] = reel_grad(leaves[i]);
    }
    out[TENSORS - 1] = s->kind == RETAINED ? reel_grad(s->h) : kept;
}

START_TEST(to_the_same_bits)
{
    net apart = make_net((kind)_i, false), together = make_net((kind)_i, true);
    reel_tensor *expected[TENSORS], *got[TENSORS];
    train(&apart, expected);
    train(&together, got);
    for (int i = 0; i < TENSORS; i++) {
        const int64_t count = expected[i] ? reel_numel(expected[i]) : 0;
        ck_assert(!expected[i] == !got[i]);
        ck_assert_msg(!count || memcmp(reel_data_f32(expected[i]), reel_data_f32(got[i]),
                                       (size_t)count * sizeof(float)) == 0,
                      "way %d: the gradient of tensor %d differs", _i, i);
    }
    ck_assert(got[TENSORS - 1] || (_i != RETAINED && _i != HOOKED && _i != ASKED_FOR));
    reel_free(apart.r);
    reel_free(together.r);
}
END_TEST

static void add_cases(TCase *cases) { tcase_add_loop_test(cases, to_the_same_bits, 0, KINDS); }

int main(void) { return run_suite("gates", add_cases); }
