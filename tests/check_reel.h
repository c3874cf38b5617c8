/* SPDX-License-Identifier: MIT */
/* What every Check program of ours needs: its main, a reel that keeps quiet, numbers compared. */
#ifndef CHECK_REEL_H
#define CHECK_REEL_H

#include <check.h>
#include <math.h>
#include <reel/base.h>
#include <stdlib.h>
#include <string.h>

/* C's NAN and INFINITY are floats. */
#define DOUBLE_NAN ((double)NAN)
#define DOUBLE_INFINITY ((double)INFINITY)

/* Runs the cases that add_cases adds to a suite's one TCase; the program's exit status. */
static inline int run_suite(const char *name, void (*add_cases)(TCase *cases))
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    tcase_set_timeout(cases, 60);
    add_cases(cases);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline void ignore_message(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

/* A reel whose expected errors do not clutter the test's output. */
static inline reel *quiet_reel(void)
{
    reel *r = reel_new();
    reel_set_message_handler(r, ignore_message, NULL);
#ifdef REELI_STRESS /* where a few elements are shared, they are shared among some */
    reel_set_num_threads(r, 3);
#endif
    return r;
}

/* As ck_assert_msg, which writes to a file where it held, so that Check can tell where a test
 * crashed: of each of a million elements that takes longer than the test. */
#define assert_each(condition, ...)                                                                \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            ck_abort_msg(__VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)

/* Whether a and b are equal, both NaN, or differ by at most `relative` of the larger. */
static inline bool is_close(double a, double b, double relative)
{
    double larger = fmax(fabs(a), fabs(b));
    return a == b || (isnan(a) && isnan(b)) ||
           (isfinite(a) && isfinite(b) && fabs(a - b) <= relative * larger);
}

#define assert_close(a, b, relative)                                                               \
    ck_assert_msg(is_close((a), (b), (relative)), "%s is %.17g, not %.17g", #a, (double)(a),       \
                  (double)(b))

/* The recorded error is `expected`, its sentence contains `part`; forgets it. */
#define assert_error(r, expected, part)                                                            \
    do {                                                                                           \
        ck_assert_int_eq(reel_error_status(r), expected);                                          \
        ck_assert_msg(strstr(reel_error(r), part) != NULL, "the error is \"%s\"", reel_error(r));  \
        reel_clear_error(r);                                                                       \
    } while (0)

/* What is said of a folder that is opened as a file; Windows does not even open it. */
#ifdef _WIN32
#define NOT_A_FILE "cannot be opened"
#else
#define NOT_A_FILE "not a regular file"
#endif

#endif
