/* SPDX-License-Identifier: MIT */
/*
 * A table that is kept while it is read, by a process that dies amid that: another reading goes on,
 * and comes to the table that one reading comes to. What was kept is of no use once the file is
 * another one, or what was kept is damaged; then the table is read anew.
 */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES = 2, ROWS = 500000 };
static char path[FILES][40], cache[40], part[48];
static reel *r;
static int goes_on, warned;

static void hear(void *context, reel_level level, const char *message)
{
    (void)context;
    ck_assert_msg(level != REEL_ERROR, "%s", message);
    goes_on += strstr(message, "goes on after row") != NULL;
    warned++;
}

/* Some 25 bytes a row, 10 MB: texts that come late, quotes, rows that are short, odd numbers. */
static void write_table(int file, const char *ending)
{
    FILE *to = fopen(path[file], "wb");
    ck_assert_ptr_nonnull(to);
    fprintf(to, "a,b,late,text,last%s", ending);
    for (int i = 0; i < ROWS; i++) {
        fprintf(to, "%.2f,%d,%s,w%d,%s%s", i % 977 * 0.37, i * 3, i > ROWS / 2 ? "x" : "",
                i % 1301 + i / 100000,
                i % 1000 == 7   ? "\"1\n\""
                : i % 3000 == 5 ? "12 %"
                                : "5",
                ending);
    }
    fprintf(to, "1,2%s", ending);
    fclose(to);
}

static void set_up(void)
{
    for (int i = 0; i < FILES; i++) {
        snprintf(path[i], sizeof path[i], "going_on_%d_%ld.csv", i, (long)getpid());
    }
    snprintf(cache, sizeof cache, "going_on_%ld.kept", (long)getpid());
    snprintf(part, sizeof part, "%s.part", cache);
    r = reel_new_with(&(struct reel_options){.handler = hear});
}

static void tear_down(void)
{
    reel_free(r);
    for (int i = 0; i < FILES; i++) {
        remove(path[i]);
    }
    remove(cache);
    remove(part);
}

static reel_table *read_it(int files, const reel_table_options *how)
{
    return reel_table_read_all(r, (const char *const[]){path[0], path[1]}, (size_t)files, *how);
}

static void die(void *context, const char *name, int64_t bytes, int64_t size)
{
    (void)size;
    const int64_t *when = context;
    if (bytes > when[1] && strcmp(name, path[when[0]]) == 0) {
        _exit(7);
    }
}

/* A process that dies after so many bytes of a file. */
static void read_in_part(int files, int64_t file, int64_t bytes)
{
    const pid_t child = fork();
    int status;
    if (child == 0) {
        int64_t when[] = {file, bytes};
        read_it(files,
                &(reel_table_options){.cache = cache, .progress = die, .progress_context = when});
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    ck_assert_int_eq(access(part, F_OK), 0);
}

static void assert_same_column(reel_table *a, reel_table *b, size_t j)
{
    reel_tensor *x = reel_table_column(a, j), *y = reel_table_column(b, j);
    ck_assert(reel_table_is_text(a, j) == reel_table_is_text(b, j));
    ck_assert_int_eq(reel_table_missing(a, j), reel_table_missing(b, j));
    ck_assert_uint_eq(reel_table_categories(a, j), reel_table_categories(b, j));
    const size_t bytes =
        (size_t)reel_numel(x) * (reel_table_is_text(a, j) ? sizeof(int64_t) : sizeof(float));
    const void *p = reel_table_is_text(a, j) ? (void *)reel_data_i64(x) : (void *)reel_data_f32(x);
    const void *q = reel_table_is_text(a, j) ? (void *)reel_data_i64(y) : (void *)reel_data_f32(y);
    ck_assert(memcmp(p, q, bytes) == 0);
    for (size_t k = 0; k < reel_table_categories(a, j); k++) {
        ck_assert_str_eq(reel_table_category(a, j, k), reel_table_category(b, j, k));
    }
    reel_rewind(r);
}

/* Reads on, and once more what is then kept; both as if nothing had been kept. */
static void check(int files, bool is_to_go_on)
{
    goes_on = warned = 0;
    reel_table *plain = read_it(files, &(reel_table_options){.dtype = REEL_F32});
    const int said = warned;
    for (int turn = 0; turn < 2; turn++) {
        warned = 0;
        reel_table *t = read_it(files, &(reel_table_options){.cache = cache});
        ck_assert_ptr_nonnull(t);
        ck_assert_int_eq(goes_on, is_to_go_on);
        ck_assert_int_eq(warned, said + (is_to_go_on && turn == 0));
        ck_assert_int_eq(reel_table_rows(t), reel_table_rows(plain));
        ck_assert_uint_eq(reel_table_hash(t), reel_table_hash(plain));
        for (size_t j = 0; j < reel_table_columns(plain); j++) {
            assert_same_column(t, plain, j);
        }
        for (int64_t i = 0; i < reel_table_rows(plain); i += 997) {
            ck_assert_int_eq(reel_table_line(t, i), reel_table_line(plain, i));
            ck_assert_str_eq(reel_table_row_path(t, i), reel_table_row_path(plain, i));
        }
        reel_table_free(t);
        ck_assert_int_ne(access(part, F_OK), 0);
    }
    reel_table_free(plain);
}

START_TEST(goes_on_after_death)
{
    write_table(0, "\n");
    read_in_part(1, 0, 9 << 20);
    check(1, true);
    remove(cache);
    write_table(0, "\r\n"); /* and twice */
    read_in_part(1, 0, 9 << 20);
    read_in_part(1, 0, 9 << 20);
    check(1, true);
}
END_TEST

START_TEST(goes_on_in_another_file)
{
    write_table(0, "\n");
    write_table(1, "\n");
    read_in_part(2, 1, 8 << 20);
    check(2, true);
}
END_TEST

static void change_byte(const char *name, long at)
{
    FILE *file = fopen(name, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
    const int was = fgetc(file);
    fseek(file, at, SEEK_SET);
    fputc(was ^ 1, file);
    fclose(file);
}

START_TEST(begins_anew)
{
    write_table(0, "\n");
    read_in_part(1, 0, 9 << 20);
    change_byte(part, 700000); /* a number, which only the checksum tells */
    check(1, false);
    remove(cache);
    read_in_part(1, 0, 9 << 20);
    change_byte(cache, 4000); /* what there is besides */
    check(1, false);
    remove(cache);
    read_in_part(1, 0, 9 << 20);
    ck_assert_int_eq(truncate(part, 1 << 20), 0);
    check(1, false);
    remove(cache);
    read_in_part(1, 0, 9 << 20);
    write_table(0, "\r\n"); /* another file */
    check(1, false);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 200);
    tcase_add_test(cases, goes_on_after_death);
    tcase_add_test(cases, goes_on_in_another_file);
    tcase_add_test(cases, begins_anew);
}

int main(void) { return run_suite("tables that go on", add_cases); }
