/* SPDX-License-Identifier: MIT */
/* What a training shows while it runs: in a pipe, on a terminal (a pseudo-terminal made here). */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "progress.h"
#include "check_reel.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char shown[1 << 16];

/* `epochs` epochs of which `run` are run, the losses 1/epoch and 2/epoch. */
static void train(FILE *to, int64_t epochs, int64_t run, bool validated, const char *why)
{
    progress *p = progress_begin(to, epochs, 1000, PROGRESS_SHOWN);
    ck_assert_ptr_nonnull(p);
    for (int64_t i = 1; i <= run; i++) {
        progress_epoch(p, i, 1.0 / (double)i, validated ? 2.0 / (double)i : DOUBLE_NAN, true);
    }
    progress_end(p, why);
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

static void read_back(FILE *file)
{
    rewind(file);
    size_t length = fread(shown, 1, sizeof shown - 1, file);
    shown[length] = '\0';
    fclose(file);
}

static void assert_plain(void)
{
    ck_assert_ptr_null(strchr(shown, '\r'));
    ck_assert_ptr_null(strchr(shown, '\033'));
}

START_TEST(a_file_gets_a_dozen_or_so_plain_lines)
{
    static const int64_t epochs[] = {1, 2, 10, 19, 25, 99, 100, 101, 399, 400, 1000, 31, 123456};
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++) {
        FILE *file = tmpfile();
        char last[64];
        train(file, epochs[i], epochs[i], true, NULL);
        read_back(file);
        int lines = count(shown, "\n");
        int64_t least = epochs[i] < 7 ? epochs[i] : 7;
        ck_assert_msg(lines >= least && lines <= 20, "%d lines for %d epochs", lines,
                      (int)epochs[i]);
        snprintf(last, sizeof last, "epoch %d/%d ", (int)epochs[i], (int)epochs[i]);
        ck_assert_int_eq(count(shown, last), 1);
        ck_assert_int_eq(count(shown, "\nepoch") + 1, lines);
        assert_plain();
    }
}
END_TEST

START_TEST(a_line_says_epoch_losses_rate_and_time)
{
    FILE *file = tmpfile();
    train(file, 400, 4, true, "stopped: by hand");
    read_back(file);
    ck_assert_int_eq(count(shown, "epoch   1/400  loss 1 "), 1);
    ck_assert_int_eq(count(shown, "epoch   4/400  loss 0.25 "), 1);
    ck_assert_int_eq(count(shown, "validation 0.5 "), 1);
    ck_assert_int_eq(count(shown, " left  "), 2);
    ck_assert_int_eq(count(shown, "rows/s  best 0.5 at 4\n"), 1);
    ck_assert_int_eq(count(shown, "\nstopped: by hand\n"), 1);
    assert_plain();
}
END_TEST

START_TEST(without_held_out_rows_there_is_no_validation)
{
    FILE *file = tmpfile();
    train(file, 4, 4, false, NULL);
    read_back(file);
    ck_assert_int_eq(count(shown, "\n"), 4);
    ck_assert_int_eq(count(shown, "validation") + count(shown, "best"), 0);
    ck_assert_int_eq(count(shown, " in all  "), 1);
}
END_TEST

START_TEST(silence_writes_nothing)
{
    FILE *file = tmpfile();
    progress *p = progress_begin(file, 3, 10, PROGRESS_SILENT);
    progress_rows(p, 1);
    progress_epoch(p, 1, 1, 1, true);
    progress_break(p);
    progress_end(p, "why");
    ck_assert_int_eq((int)ftell(file), 0);
    fclose(file);
}
END_TEST

/* The program's side of a new pseudo-terminal; `*ours` gets the other. */
static FILE *open_terminal(unsigned short columns, int *ours)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    struct termios settings;
    *ours = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(*ours, 0);
    ck_assert_int_eq(grantpt(*ours), 0);
    ck_assert_int_eq(unlockpt(*ours), 0);
    int theirs = open(ptsname(*ours), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(theirs, 0);
    ck_assert_int_eq(ioctl(theirs, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(tcgetattr(theirs, &settings), 0);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    ck_assert_int_eq(tcsetattr(theirs, TCSANOW, &settings), 0);
    return fdopen(theirs, "w");
}

/* What was written to the terminal, which is closed. */
static void read_terminal(FILE *theirs, int ours)
{
    size_t used = 0;
    fflush(theirs);
    ck_assert_int_ge(fcntl(ours, F_SETFL, O_NONBLOCK), 0);
    for (ssize_t n; (n = read(ours, shown + used, sizeof shown - 1 - used)) > 0;) {
        used += (size_t)n;
    }
    shown[used] = '\0';
    fclose(theirs);
    close(ours);
}

START_TEST(a_terminal_gets_one_line_redrawn)
{
    int ours;
    setenv("TERM", "xterm", 1);
    FILE *to = open_terminal(120, &ours);
    train(to, 2000, 2000, true, "done");
    read_terminal(to, ours);
    ck_assert_int_eq(count(shown, "\n"), 2); /* the line's, and why's */
    ck_assert_int_ge(count(shown, "\r"), 1);
    ck_assert_int_eq(count(shown, "\r"), count(shown, "\033[K"));
    ck_assert_int_eq(count(shown, "\033"), count(shown, "\033[K"));
    ck_assert_int_eq(count(shown, "epoch 2000/2000  loss 0.0005 "), 1);
    ck_assert_ptr_nonnull(strstr(shown, "at 2000\033[K\ndone\n"));
}
END_TEST

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* At most: how fast this machine wakes up again is its own affair. */
START_TEST(it_is_redrawn_ten_times_a_second)
{
    int ours;
    setenv("TERM", "xterm", 1);
    FILE *to = open_terminal(120, &ours);
    const double start = now();
    progress *p = progress_begin(to, 100, 1000, PROGRESS_SHOWN);
    for (int i = 1; i <= 60; i++) {
        progress_epoch(p, i, 1, 1, false);
        nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
    }
    progress_end(p, NULL);
    const double seconds = now() - start;
    read_terminal(to, ours);
    int drawn = count(shown, "\r");
    ck_assert_msg(drawn >= 2 && drawn <= 10 * seconds + 2, "drawn %d times in %g s", drawn,
                  seconds);
}
END_TEST

/* The longest of the lines that were drawn. */
static int widest(void)
{
    int most = 0;
    for (const char *at = strchr(shown, '\r'); at; at = strchr(at + 1, '\r')) {
        int length = (int)strcspn(at + 1, "\033\r\n");
        most = length > most ? length : most;
    }
    return most;
}

START_TEST(a_line_fits_the_terminal)
{
    static const unsigned short columns[] = {1, 12, 20, 40, 60, 80, 200, 1000};
    setenv("TERM", "xterm", 1);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        int ours;
        FILE *to = open_terminal(columns[i], &ours);
        train(to, 400, 3, true, NULL);
        read_terminal(to, ours);
        ck_assert_int_lt(widest(), columns[i]);
        ck_assert_int_eq(count(shown, "rows/s") > 0, columns[i] >= 80);
        ck_assert_int_eq(count(shown, "epoch") > 0, columns[i] >= 20);
    }
}
END_TEST

START_TEST(a_dumb_terminal_gets_plain_lines)
{
    int ours;
    setenv("TERM", "dumb", 1);
    FILE *to = open_terminal(80, &ours);
    train(to, 100, 100, true, NULL);
    read_terminal(to, ours);
    ck_assert_int_ge(count(shown, "\n"), 7);
    assert_plain();
}
END_TEST

START_TEST(a_slow_epoch_shows_its_share)
{
    int ours;
    setenv("TERM", "xterm", 1);
    FILE *to = open_terminal(120, &ours);
    progress *p = progress_begin(to, 10, 1000, PROGRESS_SHOWN);
    progress_rows(p, 100);
    nanosleep(&(struct timespec){.tv_nsec = 600 * 1000 * 1000}, NULL);
    progress_rows(p, 250);
    progress_rows(p, 300);
    progress_epoch(p, 1, 0.5, DOUBLE_NAN, true);
    progress_end(p, NULL);
    read_terminal(to, ours);
    ck_assert_ptr_eq(strstr(shown, "\repoch  1/10, 25 %  "), shown);
    ck_assert_int_eq(count(shown, "%"), 1);
    ck_assert_ptr_nonnull(strstr(shown, "\033[K\repoch  1/10  loss 0.5 "));
}
END_TEST

START_TEST(what_is_no_epoch_is_counted_alone)
{
    int ours;
    setenv("TERM", "xterm", 1);
    FILE *to = open_terminal(120, &ours);
    progress *p = progress_begin_trial(to, "folds", 12, 0, PROGRESS_SHOWN);
    nanosleep(&(struct timespec){.tv_nsec = 120 * 1000 * 1000}, NULL);
    progress_epoch(p, 3, DOUBLE_NAN, DOUBLE_NAN, false);
    progress_erase(p);
    fputs("a message", to);
    progress_end(p, NULL);
    read_terminal(to, ours);
    ck_assert_ptr_eq(strstr(shown, "\rfolds:  3/12  0:01 left\033[K\r\033[Ka message"), shown);
    ck_assert_int_eq(count(shown, "rows/s"), 0);
}
END_TEST

START_TEST(a_trial_has_a_name_and_leaves_no_line)
{
    int ours;
    setenv("TERM", "xterm", 1);
    FILE *to = open_terminal(120, &ours);
    progress *p = progress_begin_trial(to, "a trial", 10, 1000, PROGRESS_SHOWN);
    nanosleep(&(struct timespec){.tv_nsec = 120 * 1000 * 1000}, NULL);
    progress_epoch(p, 1, 0.5, DOUBLE_NAN, true);
    progress_epoch(p, 2, 0.5, DOUBLE_NAN, true);
    progress_end(p, NULL);
    read_terminal(to, ours);
    ck_assert_ptr_eq(strstr(shown, "\ra trial: epoch  1/10  loss 0.5 "), shown);
    ck_assert_ptr_nonnull(strstr(shown, "\033[K\r\033[K"));
    ck_assert_int_eq(count(shown, "\n"), 0);
    FILE *file = tmpfile();
    ck_assert_ptr_null(progress_begin_trial(file, "a trial", 10, 1000, PROGRESS_SHOWN));
    fclose(file);
}
END_TEST

START_TEST(a_message_stands_below_its_epoch)
{
    int ours;
    setenv("TERM", "xterm", 1);
    FILE *to = open_terminal(120, &ours);
    progress *p = progress_begin(to, 9, 1000, PROGRESS_SHOWN);
    progress_break(p);
    progress_epoch(p, 1, 1, 1, true);
    progress_epoch(p, 2, 0.5, 0.5, true);
    progress_break(p);
    fputs("a message\n", to);
    progress_end(p, "failed");
    read_terminal(to, ours);
    ck_assert_int_eq(shown[0], '\r');
    ck_assert_ptr_nonnull(strstr(shown, "best 0.5 at 2\033[K\na message\nfailed\n"));
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_test(cases, a_file_gets_a_dozen_or_so_plain_lines);
    tcase_add_test(cases, a_line_says_epoch_losses_rate_and_time);
    tcase_add_test(cases, without_held_out_rows_there_is_no_validation);
    tcase_add_test(cases, silence_writes_nothing);
    tcase_add_test(cases, a_terminal_gets_one_line_redrawn);
    tcase_add_test(cases, it_is_redrawn_ten_times_a_second);
    tcase_add_test(cases, a_line_fits_the_terminal);
    tcase_add_test(cases, a_dumb_terminal_gets_plain_lines);
    tcase_add_test(cases, a_slow_epoch_shows_its_share);
    tcase_add_test(cases, a_trial_has_a_name_and_leaves_no_line);
    tcase_add_test(cases, what_is_no_epoch_is_counted_alone);
    tcase_add_test(cases, a_message_stands_below_its_epoch);
}

enum { SKIPPED = 77 };

int main(void)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0) {
        perror("there are no pseudo-terminals here (/dev/pts): not tested");
        return SKIPPED;
    }
    close(terminal);
    return run_suite("progress", add_cases);
}
