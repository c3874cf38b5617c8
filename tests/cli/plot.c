/* SPDX-License-Identifier: MIT */
/* The pictures: they are there whole or not at all, and hold what was given. */
#include "plot.h"
#include "check_reel.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 6000 };

static char folder[64], path[128], message[PLOT_MESSAGE], text[1 << 22];
static double truth[ROWS], predicted[ROWS];

static void make_folder(void)
{
    strcpy(folder, "/tmp/reel-plot-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int i = 0; i < ROWS; i++) {
        truth[i] = i * 0.25 - 300;
        predicted[i] = truth[i] + 90 * sin(i * 1.7);
    }
}

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* The number of files in the folder. */
static int files(void)
{
    int n = 0;
    DIR *it = opendir(folder);
    ck_assert_ptr_nonnull(it);
    for (struct dirent *entry = readdir(it); entry; entry = readdir(it)) {
        n += entry->d_name[0] != '.';
    }
    closedir(it);
    return n;
}

static void remove_folder(void)
{
    static const char *const names[] = {"a.svg", "a.png", "a.pdf", "gnuplot", "it's \"a\".svg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unlink(in_folder(names[i]));
    }
    ck_assert_msg(rmdir(folder) == 0, "%d files are left", files());
}

static size_t read_file(const char *name)
{
    FILE *file = fopen(in_folder(name), "rb");
    ck_assert_msg(file != NULL, "there is no %s", path);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    return length;
}

static int count(const char *part)
{
    int n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

/* Points are copies of a symbol, each at its place. */
static int points(void) { return count("' transform='translate("); }

/* Whether every element of the XML is closed by its own name, in order. */
static bool is_well_formed(const char *xml)
{
    const char *open[64];
    int depth = 0, elements = 0;
    for (const char *at = strchr(xml, '<'); at; at = strchr(at, '<')) {
        const char *end = strncmp(at, "<!--", 4) == 0        ? strstr(at, "-->") + 2
                          : strncmp(at, "<![CDATA[", 9) == 0 ? strstr(at, "]]>") + 2
                                                             : strchr(at, '>');
        if (!end) {
            return false;
        }
        if (at[1] == '/') {
            size_t length = strcspn(at + 2, " >");
            if (depth-- == 0 || strncmp(open[depth], at + 2, length) != 0) {
                return false;
            }
        } else if (at[1] != '?' && at[1] != '!' && end[-1] != '/') {
            ck_assert_int_lt(depth, 64);
            open[depth++] = at + 1;
            elements++;
        }
        at = end;
    }
    return depth == 0 && elements > 0;
}

#define assert_drawn(call) ck_assert_msg(call, "%s", message)

#define assert_refused(call, part)                                                                 \
    do {                                                                                           \
        message[0] = '\0';                                                                         \
        ck_assert(!(call));                                                                        \
        ck_assert_msg(strstr(message, part) != NULL, "the message is \"%s\"", message);            \
    } while (0)

START_TEST(predictions_hold_a_point_for_each_row)
{
    assert_drawn(plot_predictions(in_folder("a.svg"), 500, truth, predicted, "price", message));
    read_file("a.svg");
    ck_assert(is_well_formed(text));
    ck_assert_int_eq(points(), 500);
    ck_assert_int_eq(count("true price") + count("predicted price"), 2);
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(many_predictions_become_squares)
{
    assert_drawn(plot_predictions(in_folder("a.svg"), ROWS, truth, predicted, "price", message));
    read_file("a.svg");
    ck_assert(is_well_formed(text));
    ck_assert_int_eq(points(), 0);
    ck_assert_int_eq(count("rows in a square"), 1);
    ck_assert_int_ge(count("<polygon "), 500);
}
END_TEST

START_TEST(losses_hold_a_point_for_each_epoch)
{
    double validation[40];
    for (int i = 0; i < 40; i++) {
        validation[i] = (i - 29) * (i - 29) + 5;
    }
    const char *name = in_folder("a.svg");
    assert_drawn(plot_losses(name, 40, truth, validation, "l1 loss", message));
    read_file("a.svg");
    ck_assert(is_well_formed(text));
    ck_assert_int_eq(count("least, epoch 30"), 1);
    ck_assert_int_eq(points(), 40 + 40 + 1 + 3); /* the last are the key's */
    assert_drawn(plot_losses(in_folder("a.svg"), 40, truth, NULL, "l1 loss", message));
    read_file("a.svg");
    ck_assert_int_eq(points(), 40 + 1);
    ck_assert_int_eq(count("validation") + count("least"), 0);
}
END_TEST

START_TEST(the_axis_is_logarithmic_beyond_two_decades)
{
    double losses[3] = {1000, 100, 10};
    assert_drawn(plot_losses(in_folder("a.svg"), 3, losses, NULL, "loss", message));
    read_file("a.svg");
    ck_assert_int_eq(count(">200<"), 1);
    losses[2] = 9;
    assert_drawn(plot_losses(in_folder("a.svg"), 3, losses, NULL, "loss", message));
    read_file("a.svg");
    ck_assert_int_eq(count(">200<"), 0);
    ck_assert_int_eq(count(">100<"), 1);
}
END_TEST

START_TEST(odd_losses_are_drawn)
{
    double losses[4] = {DOUBLE_NAN, DOUBLE_INFINITY, 3, 3};
    assert_drawn(plot_losses(in_folder("a.svg"), 4, losses, losses, "loss", message));
    assert_drawn(plot_losses(in_folder("a.svg"), 1, losses + 2, NULL, "loss", message));
    assert_drawn(plot_predictions(in_folder("a.svg"), 2, losses + 2, losses + 2, "y", message));
    assert_refused(plot_losses(in_folder("a.png"), 2, losses, NULL, "loss", message), "no finite");
    assert_refused(plot_predictions(in_folder("a.png"), 2, truth, losses, "y", message),
                   "no finite");
    ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(a_name_is_text_and_no_command)
{
    const char *name = "a<b> & 'c'\n\"d\"; {x_1} \xc2\xb5 `exit` \\n";
    const char *file = "it's \"a\".svg";
    assert_drawn(plot_predictions(in_folder(file), 9, truth, predicted, name, message));
    read_file(file);
    ck_assert(is_well_formed(text));
    ck_assert_int_eq(count("a&lt;b> &amp; 'c' \"d\"; {x_1} \xc2\xb5 `exit` \\n"), 2);
}
END_TEST

START_TEST(each_format_is_what_its_name_says)
{
    assert_drawn(plot_losses(in_folder("a.png"), 40, truth, NULL, "loss", message));
    ck_assert_uint_gt(read_file("a.png"), 1000);
    ck_assert_mem_eq(text, "\x89PNG\r\n\x1a\n", 8);
    assert_drawn(plot_losses(in_folder("a.pdf"), 40, truth, NULL, "loss", message));
    size_t length = read_file("a.pdf");
    ck_assert_uint_gt(length, 1000);
    ck_assert_mem_eq(text, "%PDF-", 5);
    ck_assert_ptr_nonnull(memchr(text + length - 8, '%', 3)); /* %%EOF */
    struct stat s;
    mode_t mask = umask(0);
    umask(mask);
    ck_assert_int_eq(stat(in_folder("a.png"), &s), 0);
    ck_assert_int_eq(s.st_mode & 0777, 0666 & ~mask);
}
END_TEST

START_TEST(what_cannot_be_is_said_before)
{
    assert_refused(plot_check(in_folder("a.jpg"), message), "ends in .svg, .png or .pdf");
    assert_refused(plot_check(in_folder("none/a.svg"), message), "cannot be written: No such file");
    assert_refused(plot_check("/proc/a.svg", message), "cannot be written");
    assert_drawn(plot_check(in_folder("a.svg"), message));
    assert_drawn(plot_check("-", message));
    assert_drawn(plot_check(NULL, message));
    ck_assert_int_eq(files(), 0);
    setenv("PATH", "", 1);
    assert_refused(plot_check(in_folder("a.svg"), message),
                   "install gnuplot (Debian: gnuplot-nox), or leave out --plot");
    ck_assert_int_eq(files(), 0);
}
END_TEST

/* A program called gnuplot, which does this after its first words. */
static void put_in_path(const char *script)
{
    FILE *file = fopen(in_folder("gnuplot"), "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\necho half a picture\n%s\n", script);
    fclose(file);
    ck_assert_int_eq(chmod(path, 0755), 0);
    setenv("PATH", folder, 1);
}

START_TEST(a_gnuplot_that_dies_leaves_the_picture_of_before)
{
    assert_drawn(plot_losses(in_folder("a.svg"), 40, truth, NULL, "loss", message));
    size_t length = read_file("a.svg");
    char *before = malloc(length);
    ck_assert_ptr_nonnull(before);
    memcpy(before, text, length);
    put_in_path("kill -9 $$");
    assert_refused(plot_losses(in_folder("a.svg"), 40, truth, NULL, "loss", message), "signal 9");
    put_in_path("echo 'line 3: no such terminal' >&2; exit 1");
    assert_refused(plot_losses(in_folder("a.svg"), 40, truth, NULL, "loss", message),
                   "gnuplot: line 3: no such terminal");
    put_in_path("exit 1");
    assert_refused(plot_losses(in_folder("a.png"), 40, truth, NULL, "loss", message), "failed");
    put_in_path("exit 0");
    assert_refused(plot_losses(in_folder("a.svg"), 40, truth, NULL, "loss", message),
                   "half a picture");
    ck_assert_uint_eq(read_file("a.svg"), length);
    ck_assert_mem_eq(text, before, length);
    ck_assert_int_eq(files(), 2); /* and the program */
    free(before);
}
END_TEST

START_TEST(a_terminal_gets_the_curve_in_characters)
{
    fflush(stderr);
    int errors = dup(STDERR_FILENO);
    FILE *file = fopen(in_folder("a.svg"), "w");
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    bool ok = plot_losses("-", 40, truth, predicted, "l1 loss (m)", message);
    ck_assert_int_ge(dup2(errors, STDERR_FILENO), 0);
    close(errors);
    fclose(file);
    assert_drawn(ok);
    ck_assert_uint_gt(read_file("a.svg"), 500);
    ck_assert_int_eq(count("\f"), 0);
    ck_assert_int_eq(count("l1 loss (m)"), 1);
    ck_assert_int_eq(count("epoch"), 1);
    ck_assert_int_ge(count("*"), 20);
    ck_assert_int_ge(count("o"), 20);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_add_test(cases, predictions_hold_a_point_for_each_row);
    tcase_add_test(cases, many_predictions_become_squares);
    tcase_add_test(cases, losses_hold_a_point_for_each_epoch);
    tcase_add_test(cases, the_axis_is_logarithmic_beyond_two_decades);
    tcase_add_test(cases, odd_losses_are_drawn);
    tcase_add_test(cases, a_name_is_text_and_no_command);
    tcase_add_test(cases, each_format_is_what_its_name_says);
    tcase_add_test(cases, what_cannot_be_is_said_before);
    tcase_add_test(cases, a_gnuplot_that_dies_leaves_the_picture_of_before);
    tcase_add_test(cases, a_terminal_gets_the_curve_in_characters);
}

int main(void) { return run_suite("plot", add_cases); }
