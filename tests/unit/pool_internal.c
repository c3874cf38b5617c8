/* SPDX-License-Identifier: MIT */
/* The reel's threads: each piece is done once, whatever their number; reels do not meet; a fork
 * goes on. */
#include "check_reel.h"
#include "state.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PIECES = 1000 };

typedef struct tally {
    int times[MOST_PIECES]; /* that each piece was done */
    atomic_int apart;       /* pieces that another thread than the caller's did */
    pthread_t caller;
} tally;

static void count(int64_t piece, void *context)
{
    tally *t = context;
    t->times[piece]++;
    atomic_fetch_add(&t->apart, !pthread_equal(pthread_self(), t->caller));
}

static void assert_once(reel *r, int64_t pieces)
{
    tally t = {.caller = pthread_self()};
    reeli_parallel(r, pieces, count, &t);
    int wrong = 0;
    for (int64_t i = 0; i < MOST_PIECES; i++) {
        wrong += t.times[i] != (i < pieces);
    }
    ck_assert_msg(wrong == 0, "of %lld pieces %d were not done once", (long long)pieces, wrong);
}

START_TEST(each_piece_is_done_once)
{
    reel *r = reel_new();
    for (int threads = 1; threads <= 5; threads++) {
        reel_set_num_threads(r, threads);
        for (int64_t pieces = 0; pieces <= MOST_PIECES; pieces = pieces * 5 / 4 + 1) {
            assert_once(r, pieces);
        }
        for (int i = 0; i < 500; i++) {
            assert_once(r, 3);
        }
    }
    reel_free(r);
}
END_TEST

/* A piece that ends only when all of them have begun: with fewer threads it never would. */
typedef struct meeting {
    atomic_int there;
    int expected;
} meeting;

static void meet(int64_t piece, void *context)
{
    meeting *m = context;
    (void)piece;
    atomic_fetch_add(&m->there, 1);
    while (atomic_load(&m->there) < m->expected) {
        sched_yield();
    }
}

START_TEST(the_threads_work_at_the_same_time)
{
    reel *r = reel_new();
    for (int threads = 2; threads <= 4; threads++) {
        reel_set_num_threads(r, threads);
        for (int i = 0; i < 50; i++) {
            const struct timespec asleep = {0, i % 10 == 0 ? 2000000 : 0};
            nanosleep(&asleep, NULL);
            meeting m = {.expected = threads};
            reeli_parallel(r, threads, meet, &m);
            ck_assert_int_eq(m.there, threads);
        }
    }
    reel_free(r);
}
END_TEST

START_TEST(one_thread_starts_none)
{
    reel *r = reel_new();
    tally t = {.caller = pthread_self()};
    reeli_parallel(r, MOST_PIECES, count, &t);
    ck_assert_ptr_null(r->pool);
    ck_assert_int_eq(t.apart, 0);
    reel_set_num_threads(r, 2);
    reeli_parallel(r, 1, count, &t);
    ck_assert_ptr_null(r->pool);
    reel_free(r);
}
END_TEST

static void *use_a_reel_of_its_own(void *threads)
{
    reel *r = reel_new();
    reel_set_num_threads(r, *(int *)threads);
    for (int i = 0; i < 300; i++) {
        assert_once(r, 1 + i * 3);
    }
    reel_free(r);
    return NULL;
}

START_TEST(reels_on_several_threads_do_not_meet)
{
    pthread_t thread[3];
    int threads[] = {2, 3, 1};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_create(&thread[i], NULL, use_a_reel_of_its_own, &threads[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
    }
}
END_TEST

/* The child has the reel and none of its threads: it starts its own, and ends without waiting for
 * those. */
START_TEST(a_fork_goes_on)
{
    reel *r = reel_new();
    reel_set_num_threads(r, 3);
    assert_once(r, 100);
    pid_t child = fork();
    if (child == 0) {
        meeting m = {.expected = 3};
        reeli_parallel(r, 3, meet, &m);
        assert_once(r, 100);
        reel_free(r);
        _exit(m.there == 3 ? 42 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    child = fork();
    if (child == 0) {
        reel_free(r);
        _exit(42);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    assert_once(r, 100);
    reel_free(r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, each_piece_is_done_once);
    tcase_add_test(cases, the_threads_work_at_the_same_time);
    tcase_add_test(cases, one_thread_starts_none);
    tcase_add_test(cases, reels_on_several_threads_do_not_meet);
#ifdef __SANITIZE_THREAD__
    fputs("a_fork_goes_on: left out, as the thread sanitizer knows no threads after a fork\n",
          stderr);
    (void)a_fork_goes_on;
#else
    tcase_add_test(cases, a_fork_goes_on);
#endif
}

int main(void) { return run_suite("pool", add_cases); }
