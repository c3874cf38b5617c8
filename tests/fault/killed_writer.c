/* SPDX-License-Identifier: MIT */
/*
 * A process that writes checkpoints one over the other is killed at a random moment, 200 times:
 * what lies under the name is always a whole checkpoint, of this process or of the one before, and
 * the next save removes what was left beside it. And a disk that fills up is an error that leaves
 * the old checkpoint as it was.
 */
#include "check_reel.h"

#include <dirent.h>
#include <reel/reel.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 200, INPUTS = 150, OUTPUTS = 300 };

static char folder[64], path[96];

typedef struct training {
    reel *r;
    reel_module *model;
    reel_optimizer *optimizer;
    reel_tensor *mark;
} training;

static training begin(void)
{
    reel *r = quiet_reel();
    training t = {.r = r, .model = reel_nn_linear(r, INPUTS, OUTPUTS)};
    t.optimizer = reel_optim_adam(reel_parameters(t.model), (reel_adam_options){0});
    t.mark = reel_zeros(r, REEL_I64, REEL_SCALAR_SHAPE);
    return t;
}

static reel_status save_or_load(const training *t, bool save)
{
    reel_named_tensor mark = {"mark", t->mark};
    reel_checkpoint it = {
        .model = t->model, .optimizer = t->optimizer, .more = &mark, .more_count = 1};
    return save ? reel_save_checkpoint(t->r, path, &it) : reel_load_checkpoint(t->r, path, &it);
}

/* Gives every parameter, and the mark, the value k. */
static void fill(const training *t, int64_t k)
{
    for (size_t i = 0; i < reel_state_count(t->model); i++) {
        reel_init_constant(reel_state_at(t->model, i).tensor, (double)k);
    }
    reel_fill_(t->mark, (double)k);
}

static void write_for_good(int64_t k)
{
    training t = begin();
    for (;; k++) {
        fill(&t, k);
        if (save_or_load(&t, true) != REEL_OK) {
            _exit(1);
        }
        reel_rewind(t.r);
    }
}

/* The value that a whole checkpoint has throughout. */
static int64_t read_value(void)
{
    training t = begin();
    ck_assert_msg(save_or_load(&t, false) == REEL_OK, "%s", reel_error(t.r));
    double k = reel_item(t.mark);
    for (size_t i = 0; i < reel_state_count(t.model); i++) {
        reel_tensor *p = reel_state_at(t.model, i).tensor;
        ck_assert_msg(reel_item(reel_min(p)) == k && reel_item(reel_max(p)) == k,
                      "tensors of two checkpoints in one");
    }
    reel_free(t.r);
    return (int64_t)k;
}

/* How many files lie beside the one: what a killed writer has left. */
static int beside(void)
{
    int count = 0;
    DIR *list = opendir(folder);
    struct dirent *entry;
    while ((entry = readdir(list))) {
        count += strncmp(entry->d_name, "file.", 5) == 0;
    }
    closedir(list);
    return count;
}

static void pause_ns(long ns)
{
    struct timespec time = {ns / 1000000000, ns % 1000000000};
    while (nanosleep(&time, &time) != 0) {
    }
}

static void set_up(void)
{
    strcpy(folder, "/tmp/reel-killed-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void tear_down(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something was left beside the file");
}

START_TEST(what_is_there_is_whole)
{
    training t = begin();
    fill(&t, 0);
    ck_assert_int_eq(save_or_load(&t, true), REEL_OK);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    ck_assert_int_eq(save_or_load(&t, true), REEL_OK);
    clock_gettime(CLOCK_MONOTONIC, &end);
    reel_free(t.r);
    long save = (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
    save = save < 100000000 ? save : 100000000;
    int64_t value = 0, replaced = 0, amid = 0;
    srand(7);
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fork();
        ck_assert(child >= 0);
        if (child == 0) {
            write_for_good(1000 * (i + 1));
        }
        pause_ns((long)((double)rand() / RAND_MAX * 3 * (double)save));
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFSIGNALED(status), "the writer failed by itself");
        int64_t now = read_value();
        ck_assert_msg(now == value || now / 1000 == i + 1, "kill %d: %lld after %lld", i,
                      (long long)now, (long long)value);
        replaced += now != value;
        int left = beside();
        ck_assert_int_le(left, 1);
        amid += left;
        value = now;
        if (i % 10 == 9 && 5 * replaced < i) { /* on a busy machine a save takes longer */
            save += save / 2;
        }
    }
    printf("%d kills, %lld amid a save, %lld after one\n", KILLS, (long long)amid,
           (long long)replaced);
    t = begin();
    ck_assert_int_eq(save_or_load(&t, true), REEL_OK);
    ck_assert_int_eq(beside(), 0);
    reel_free(t.r);
    ck_assert_msg(amid > KILLS / 50 && replaced > KILLS / 50, "the moments were not random");
}
END_TEST

/* A limit on the size of files stands for a full disk: the write fails in the middle, and the
 * signal that comes with it would end the process. */
START_TEST(a_full_disk_leaves_the_old_one)
{
    training t = begin();
    fill(&t, 1);
    ck_assert_int_eq(save_or_load(&t, true), REEL_OK);
    fill(&t, 2);
    for (rlim_t room = 0; room < 500000; room += 40001) {
        struct rlimit limit;
        getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = room;
        setrlimit(RLIMIT_FSIZE, &limit); /* nothing is asserted under it: Check writes files, too */
        reel_status status = save_or_load(&t, true);
        limit.rlim_cur = RLIM_INFINITY;
        setrlimit(RLIMIT_FSIZE, &limit);
        ck_assert_int_eq(status, REEL_ERR_FILE);
        assert_error(t.r, REEL_ERR_FILE, "cannot be written: File too large");
        ck_assert_int_eq(read_value(), 1);
        ck_assert_int_eq(beside(), 0);
    }
    ck_assert_int_eq(save_or_load(&t, true), REEL_OK);
    ck_assert_int_eq(read_value(), 2);
    reel_free(t.r);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_set_timeout(cases, 240);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_is_there_is_whole);
    tcase_add_test(cases, a_full_disk_leaves_the_old_one);
}

int main(void) { return run_suite("killed_writer", add_cases); }
