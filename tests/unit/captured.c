/* SPDX-License-Identifier: MIT */
/* captured.def, done: a replay gives what the call gives, and what cannot be replayed says so. */
#include "check_reel.h"

#include <math.h>
#include <reel/reel.h>
#include <string.h>

typedef struct things {
    reel *r;
    reel_tensor *x, *y, *one, *n, *m, *weight, *matrix;
    reel_tensor_list list; /* the weight */
    reel_table *table;     /* of the matrix */
    reel_encoder *encoder;
    reel_module *module, *loss, *triplet;
    reel_optimizer *sgd;
    reel_ema *ema;
    reel_scheduler *scheduler, *plateau;
    reel_early_stopping *stopping;
    reel_loader *loader;
    reel_row_file *rows; /* x's */
} things;

static const int64_t shape[] = {2, 3};
static reel_tensor *parts[2];

static things set_up(void)
{
    reel *r = quiet_reel();
    things it = {.r = r};
    it.x = reel_from_f64(r, (double[]){1, -2, 3, 0.5, -0.25, 4}, 2, shape);
    it.y = reel_from_f64(r, (double[]){2, 1, -1, 3, 0.75, -2}, 2, shape);
    it.one = reel_from_f64(r, (double[]){0.5}, REEL_SHAPE(1));
    it.n = reel_from_i64(r, (int64_t[]){1, 0}, REEL_SHAPE(2));
    it.m = reel_from_bool(r, (bool[]){true, false}, REEL_SHAPE(2));
    it.matrix = reel_from_f64(r, (double[]){1, 10, 2, 20, 3, 31}, REEL_SHAPE(3, 2));
    it.table = reel_table_from_tensor(r, it.matrix, (const char *[]){"a", "b"});
    it.encoder = reel_encoder_fit(it.table, NULL, (reel_encoder_options){.target = "b"});
    it.module = reel_nn_prelu(r, 1, 0.25);
    it.loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    it.triplet = reel_nn_triplet_margin_loss(r, NULL);
    it.weight = reel_requires_grad_(reel_from_f64(r, (double[]){1, 2, 3, 4, 5, 6}, 2, shape), true);
    it.list = (reel_tensor_list){r, &parts[1], 1};
    parts[1] = it.weight;
    it.sgd = reel_optim_sgd(it.list, (reel_sgd_options){.lr = 0.1, .momentum = 0.9});
    it.ema = reel_ema_new(it.list, (reel_ema_options){0});
    reel_ema_update(it.ema);
    it.scheduler = reel_lr_exponential(it.sgd, (reel_lr_exponential_options){0.5});
    it.plateau = reel_lr_reduce_on_plateau(it.sgd, (reel_lr_reduce_on_plateau_options){0});
    it.stopping = reel_early_stopping_new(it.module, (reel_early_stopping_options){0});
    it.loader = reel_loader_new(r, &it.x, 1, (reel_loader_options){0});
    it.rows = reel_row_file_new(r, REEL_F64, 3, 0);
    reel_row_file_write(it.rows, 0, it.x);
    reel_row_file_order(it.rows, NULL);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    return it;
}

/* Other values everywhere. */
static void change(const things *it)
{
    reel_copy_(it->x, reel_from_f64(it->r, (double[]){-3, 2, 0.125, 7, -1, 2}, 2, shape));
    reel_copy_(it->y, reel_from_f64(it->r, (double[]){1, 4, -5, 0.5, 2, 3}, 2, shape));
    reel_fill_(it->one, 0.75);
    reel_copy_(it->n, reel_from_i64(it->r, (int64_t[]){0, 5}, REEL_SHAPE(2)));
    reel_copy_(it->m, reel_from_bool(it->r, (bool[]){false, false}, REEL_SHAPE(2)));
    reel_mul_scalar_(it->matrix, 3);
    reel_manual_seed(it->r, 5);
    reel_rewind(it->r);
}

static void with_gradient(things *it)
{
    reel_zero_grad(it->sgd);
    reel_backward(reel_sum(reel_mul(reel_square(it->weight), it->x)));
}

static reel_tensor *closure(void *context)
{
    const things *it = context;
    with_gradient(context);
    return reel_sum(it->weight);
}

static reel_tensor *squares(reel_tensor *const *in, size_t count, void *context)
{
    (void)count;
    (void)context;
    return reel_square(in[0]);
}

typedef reel_tensor *(*call)(things *it);
typedef void (*refused)(things *it);

#define SAME(name, expression)                                                                     \
    static reel_tensor *call_##name(things *it) { return expression; }
#define REFUSES(name, expression)
#define NOTHING(name)
#define ELSEWHERE(name)
#include "captured.def"
#undef SAME
#undef REFUSES

#define SAME(name, expression) {#name, call_##name},
#define REFUSES(name, expression)
static const struct {
    const char *name;
    call call;
} same[] = {
#include "captured.def"
};
#undef SAME
#undef REFUSES
enum { SAMES = sizeof same / sizeof *same };

/* The names of kinds, reel_nn_*, are none of C's: what refuses is numbered by its line. */
#define PASTE(a, b) a##b
#define AT_LINE(line) PASTE(refused_, line)
#define SAME(name, expression)
#define REFUSES(name, expression)                                                                  \
    static void AT_LINE(__LINE__)(things * it) { expression; }
#include "captured.def"
#undef REFUSES
#define REFUSES(name, expression) {#name, AT_LINE(__LINE__)},
static const struct {
    const char *name;
    refused call;
} refusing[] = {
#include "captured.def"
};
enum { REFUSALS = sizeof refusing / sizeof *refusing };

static int64_t read(reel_tensor *t, double *to)
{
    reel_tensor *wide = reel_to(t, REEL_F64);
    const int64_t count = reel_numel(wide);
    ck_assert(count > 0 && count <= 64 && reel_to_f64(wide, to, count) == REEL_OK);
    return count;
}

START_TEST(a_replay_gives_what_the_call_gives)
{
    double by_itself[64], replayed[64];
    things it = set_up();
    same[_i].call(&it);
    reel_rewind(it.r);
    change(&it);
    const int64_t count = read(same[_i].call(&it), by_itself);
    ck_assert_msg(!reel_failed(it.r), "%s: %s", same[_i].name, reel_error(it.r));
    reel_free(it.r);
    it = set_up();
    ck_assert_int_eq(reel_capture_begin(it.r), REEL_OK);
    reel_tensor *result = same[_i].call(&it);
    reel_graph *graph = reel_capture_end(it.r);
    ck_assert_msg(graph != NULL, "%s: %s", same[_i].name, reel_error(it.r));
    change(&it);
    ck_assert_int_eq(reel_replay(graph), REEL_OK);
    ck_assert_int_eq(read(result, replayed), count);
    for (int64_t i = 0; i < count; i++) {
        ck_assert_msg(replayed[i] == by_itself[i], "%s: element %d is %g, and should be %g",
                      same[_i].name, (int)i, replayed[i], by_itself[i]);
    }
    reel_free(it.r);
}
END_TEST

START_TEST(what_cannot_be_replayed_says_so)
{
    things it = set_up();
    reel_capture_begin(it.r);
    refusing[_i].call(&it);
    ck_assert_msg(reel_error_status(it.r) == REEL_ERR_STATE && strstr(reel_error(it.r), "captured"),
                  "%s: '%s'", refusing[_i].name, reel_error(it.r));
    ck_assert_ptr_null(reel_capture_end(it.r));
    reel_free(it.r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, a_replay_gives_what_the_call_gives, 0, SAMES);
    tcase_add_loop_test(cases, what_cannot_be_replayed_says_so, 0, REFUSALS);
}

int main(void) { return run_suite("captured", add_cases); }
