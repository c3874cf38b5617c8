/* SPDX-License-Identifier: MIT */
/* A convolution's channels, of which a tile of registers has some: what one is does not depend on
 * how many there are. */
#include "check_reel.h"

#include <reel/convolution.h>
#include <reel/views.h>

enum { MOST = 40, LEVELS = 3 };

static const char *const levels[LEVELS] = {"portable", "avx2", "avx512"};
static const reel_conv_options plain = {.padding = {1, {1}}};

/* The first n channels are what they are among MOST. */
static void have_channels(reel *r, int64_t width)
{
    reel_tensor *x = reel_randn(r, REEL_F32, REEL_SHAPE(1, 3, 9, width));
    reel_tensor *w = reel_randn(r, REEL_F32, REEL_SHAPE(MOST, 3, 3, 3));
    reel_tensor *back = reel_transpose(w, 0, 1);
    reel_tensor *all[] = {reel_conv2d(x, w, NULL, plain),
                          reel_conv_transpose2d(x, back, NULL, plain)};
    for (int64_t n = 1; n <= MOST; n++) {
        reel_tensor *some[] = {reel_conv2d(x, reel_narrow(w, 0, 0, n), NULL, plain),
                               reel_conv_transpose2d(x, reel_narrow(back, 1, 0, n), NULL, plain)};
        for (int i = 0; i < 2; i++) {
            ck_assert_msg(memcmp(reel_data_f32(some[i]), reel_data_f32(all[i]),
                                 (size_t)reel_numel(some[i]) * sizeof(float)) == 0,
                          "%d channels of images %d wide, call %d", (int)n, (int)width, i);
        }
    }
}

/* By the kernels of each level, or this CPU's own where it has not those. Of rows that are computed
 * one by one, and one behind the other. */
START_TEST(any_number_of_channels_has_the_same_bits)
{
    setenv("REEL_CPU", levels[_i], 1);
    reel *r = quiet_reel();
    reel_manual_seed(r, 3);
    have_channels(r, 14);
    have_channels(r, 35);
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, any_number_of_channels_has_the_same_bits, 0, LEVELS);
}

int main(void) { return run_suite("convolution_channels", add_cases); }
