/* SPDX-License-Identifier: MIT */
/*
 * A table that several read together is the one that each alone would have read, whatever is in the
 * file: cells, kinds, texts in their order, lines, warnings, errors, hash; and so is the encoder
 * that they fit. Threads stand for processes.
 */
#include "check_reel.h"

#include <pthread.h>
#include <reel/reel.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 5, FILES = 2 };

/* What all of a team know. */
typedef struct crew {
    pthread_mutex_t lock;
    pthread_cond_t turned;
    int size, waiting, turn, gone, gathered;
    const void *have[MOST];
    int64_t count[MOST];
} crew;

typedef struct member {
    crew *with;
    reel *r;
    reel_table_options how;
    reel_table_team team;
    const char *const *paths;
    size_t path_count;
    char *all, *said;
    size_t length, room;
    int64_t counts[MOST];
} member;

__attribute__((format(printf, 2, 3))) static void say(member *it, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const size_t more = (size_t)vsnprintf(NULL, 0, format, arguments);
    if (it->length + more >= it->room) {
        it->room = 2 * (it->length + more + 1);
        it->said = realloc(it->said, it->room);
        ck_assert_ptr_nonnull(it->said);
    }
    vsnprintf(it->said + it->length, more + 1, format, again);
    it->length += more;
    va_end(again);
    va_end(arguments);
}

static void hear(void *context, reel_level level, const char *message)
{
    say(context, "%s: %s\n", level == REEL_ERROR ? "error" : "warning", message);
}

/* Waits for all; false if one has gone. */
static bool meet(crew *c)
{
    pthread_mutex_lock(&c->lock);
    const int turn = c->turn;
    if (++c->waiting == c->size) {
        c->waiting = 0;
        c->turn++;
        pthread_cond_broadcast(&c->turned);
    }
    while (turn == c->turn && !c->gone) {
        pthread_cond_wait(&c->turned, &c->lock);
    }
    const bool met = turn != c->turn;
    pthread_mutex_unlock(&c->lock);
    return met;
}

static bool gather(void *context, const void *mine, int64_t count, char **all,
                   const int64_t **counts)
{
    member *it = context;
    crew *c = it->with;
    size_t at = 0;
    c->have[it->team.rank] = mine;
    c->count[it->team.rank] = count;
    if (it->team.rank == 0) {
        c->gathered++;
    }
    if (!meet(c)) {
        return false;
    }
    for (int i = 0; i < c->size; i++) {
        it->counts[i] = c->count[i];
        it->all = realloc(it->all, at + (size_t)c->count[i] + 1);
        if (c->count[i]) { /* of nothing there may be no address */
            memcpy(it->all + at, c->have[i], (size_t)c->count[i]);
        }
        at += (size_t)c->count[i];
    }
    *all = it->all;
    *counts = it->counts;
    return meet(c);
}

/* All that can be known of a table. */
static void tell(member *it, reel_table *t)
{
    say(it, "%lld rows, hash %llx\n", (long long)reel_table_rows(t),
        (unsigned long long)reel_table_hash(t));
    for (size_t j = 0; j < reel_table_columns(t); j++) {
        const int64_t n = reel_table_rows(t);
        double *values = malloc((size_t)n * sizeof *values);
        ck_assert_int_eq(reel_to_f64(reel_table_column(t, j), values, n), REEL_OK);
        say(it, "%s %d %lld:", reel_table_name(t, j), reel_table_is_text(t, j),
            (long long)reel_table_missing(t, j));
        for (size_t i = 0; i < reel_table_categories(t, j); i++) {
            say(it, " '%s'", reel_table_category(t, j, i));
        }
        for (int64_t i = 0; i < n; i++) {
            say(it, " %a", values[i]);
        }
        free(values);
        reel_rewind(it->r);
    }
    for (int64_t i = 0; i < reel_table_rows(t); i++) {
        say(it, "%lld %s\n", (long long)reel_table_line(t, i), reel_table_row_path(t, i));
    }
}

/* And what an encoder of it comes to, which all fit together. */
static void tell_encoder(member *it, reel_table *t)
{
    const size_t last = reel_table_columns(t) - 1;
    const bool text = reel_table_is_text(t, last);
    reel_encoder *e =
        reel_encoder_fit(t, NULL,
                         (reel_encoder_options){.target = reel_table_name(t, last),
                                                .target_transform = text ? REEL_TRANSFORM_CLASS : 0,
                                                .team = it->how.team});
    say(it, "%s\n", e ? reel_encoder_to_json(e) : "no encoder");
}

static void *read_it(void *context)
{
    member *it = context;
    it->r = reel_new_with(&(struct reel_options){.handler = hear, .handler_context = it});
    it->how.team = it->with ? &it->team : NULL;
    reel_table *t = reel_table_read_all(it->r, it->paths, it->path_count, it->how);
    if (t) {
        tell(it, t);
        tell_encoder(it, t);
    }
    if (it->with) {
        pthread_mutex_lock(&it->with->lock);
        it->with->gone++;
        pthread_cond_broadcast(&it->with->turned);
        pthread_mutex_unlock(&it->with->lock);
    }
    reel_free(it->r);
    free(it->all);
    return NULL;
}

static char path[FILES][64];

/* How often a team of `size` met, after each of it has come to what one alone comes to. */
static int check_team(int size, size_t path_count, reel_table_options how)
{
    const char *const paths[] = {path[0], path[1]};
    member alone = {.how = how, .paths = paths, .path_count = path_count}, all[MOST] = {{0}};
    crew c = {.lock = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER, .size = size};
    pthread_t thread[MOST];
    alone.how.cache = NULL;
    read_it(&alone);
    for (int i = 0; i < size; i++) {
        all[i] = (member){.with = &c, .how = how, .paths = paths, .path_count = path_count};
        all[i].team = (reel_table_team){i, size, 0, gather, &all[i]};
        ck_assert_int_eq(pthread_create(&thread[i], NULL, read_it, &all[i]), 0);
    }
    for (int i = 0; i < size; i++) {
        pthread_join(thread[i], NULL);
        ck_assert_msg(all[i].said && strcmp(all[i].said, alone.said) == 0,
                      "%d of %d: %.300s\nalone: %.300s", i, size, all[i].said, alone.said);
        free(all[i].said);
    }
    free(alone.said);
    return c.gathered;
}

static FILE *begin(int i)
{
    snprintf(path[i], sizeof path[i], "table_team_%d_%ld.csv", i, (long)getpid());
    FILE *file = fopen(path[i], "wb");
    ck_assert_ptr_nonnull(file);
    return file;
}

static void end(void)
{
    for (int i = 0; i < FILES; i++) {
        if (*path[i]) {
            remove(path[i]);
        }
    }
}

enum { ROWS = 24000, EVERY = -1 };

/* Rows, with `odd` for the last cell of row `at`, or of each. */
static void write_rows(int file, const char *ending, int rows, int at, const char *odd)
{
    FILE *to = begin(file);
    fprintf(to, "a,b,late,text,last%s", ending);
    for (int i = 0; i < rows; i++) {
        fprintf(to, "%.4f,%d,%s,word %d of text,%s%s", i % 977 * 0.37, i * 3,
                i > rows / 2 ? "7" : "", i % 13, i == at || at == EVERY ? odd : "5", ending);
    }
    fclose(to);
}

START_TEST(test_plain)
{
    write_rows(0, "\n", ROWS, EVERY, "8");
    for (int size = 1; size <= MOST; size++) {
        ck_assert_int_gt(check_team(size, 1, (reel_table_options){.dtype = REEL_F64}), 1);
    }
    check_team(3, 1, (reel_table_options){.memory = 1 << 16});
    write_rows(0, "\r\n", ROWS, EVERY, "8");
    ck_assert_int_gt(check_team(3, 1, (reel_table_options){0}), 1);
    write_rows(0, "\r", ROWS, EVERY, "8"); /* no line feeds at all */
    check_team(2, 1, (reel_table_options){0});
}
END_TEST

/* Line feeds in quotes: parts begin amid fields. */
START_TEST(test_quotes)
{
    write_rows(0, "\n", ROWS, EVERY, "\"two\n\nor,\n \"\"3\"\" lines\"");
    ck_assert_int_gt(check_team(3, 1, (reel_table_options){0}), 1);
    write_rows(0, "\n", ROWS, ROWS / 2, "\"never closed");
    check_team(3, 1, (reel_table_options){0});
    write_rows(0, "\n", ROWS, ROWS / 2, "\"a\"b");
    check_team(3, 1, (reel_table_options){0});
}
END_TEST

/* What all read together one of them keeps; then all read that. */
START_TEST(test_kept)
{
    char kept[64];
    snprintf(kept, sizeof kept, "table_team_%ld.kept", (long)getpid());
    write_rows(0, "\n", ROWS, ROWS / 2, "12 %");
    const int together = check_team(3, 1, (reel_table_options){.cache = kept});
    const int again = check_team(3, 1, (reel_table_options){.cache = kept});
    ck_assert_int_gt(together, again + 1);
    ck_assert_int_eq(access(kept, F_OK), 0);
    remove(kept);
}
END_TEST

/* What goes wrong, or is odd, late in the file. */
START_TEST(test_oddities)
{
    static const char *const odd[] = {"no number",       "0017", "12 %", "1,2", "\xff", "NA",
                                      "a \"quote\" amid"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        write_rows(0, "\n", ROWS, ROWS - 100, odd[i]);
        check_team(2 + (int)(i % 3), 1, (reel_table_options){0});
    }
    write_rows(0, "%.4f,%d,%s,x%d,t%s\n", ROWS, -1,
               ""); /* so that columns are texts from the first */
    check_team(3, 1, (reel_table_options){.dtype = REEL_F64});
    write_rows(0, "%.4f,%d,%s,x%d\n", ROWS, -1, ""); /* too few fields */
    check_team(3, 1, (reel_table_options){0});
    FILE *to = fopen(path[0], "ab");
    fwrite("1,2,3,4\0005,6\n", 1, 12, to);
    fclose(to);
    check_team(2, 1, (reel_table_options){.no_header = true});
}
END_TEST

/* A column of numbers that goes on with texts has all of it read anew. */
START_TEST(test_again)
{
    FILE *to = begin(0);
    fprintf(to, "a,b\n");
    for (int i = 0; i < 80000; i++) {
        fprintf(to, i < 40000 ? "%d,%d\n" : "%d,n%d\n", i, i % 100);
    }
    fclose(to);
    ck_assert_int_gt(check_team(3, 1, (reel_table_options){0}), 3);
}
END_TEST

START_TEST(test_files)
{
    write_rows(0, "\n", ROWS, EVERY, "8");
    write_rows(1, "\n", ROWS, ROWS - 1, "no number");
    check_team(3, 2, (reel_table_options){0});
    check_team(2, 1, (reel_table_options){.comment = '#'});
}
END_TEST

/* One byte differs, wherever that is: then their hashes do. */
START_TEST(test_another_file)
{
    for (int third = 0; third < 3; third++) {
        write_rows(0, "\n", ROWS, EVERY, "5");
        write_rows(1, "\n", ROWS, ROWS * (2 * third + 1) / 6, "6");
        crew c = {.lock = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER, .size = 3};
        const char *const paths[] = {path[0], path[1], path[0]};
        member all[3] = {{0}};
        pthread_t thread[3];
        for (int i = 0; i < 3; i++) {
            all[i] = (member){.with = &c, .paths = &paths[i], .path_count = 1};
            all[i].team = (reel_table_team){i, 3, 0, gather, &all[i]};
            pthread_create(&thread[i], NULL, read_it, &all[i]);
        }
        for (int i = 0; i < 3; i++) {
            pthread_join(thread[i], NULL);
            all[i].said[strcspn(all[i].said, "\n")] = '\0';
        }
        ck_assert_str_ne(all[0].said, all[1].said);
        for (int i = 0; i < 3; i++) {
            free(all[i].said);
        }
    }
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, NULL, end);
    tcase_set_timeout(cases, 240); /* under a sanitizer, on a busy machine */
    tcase_add_test(cases, test_plain);
    tcase_add_test(cases, test_quotes);
    tcase_add_test(cases, test_kept);
    tcase_add_test(cases, test_oddities);
    tcase_add_test(cases, test_again);
    tcase_add_test(cases, test_files);
    tcase_add_test(cases, test_another_file);
}

int main(void) { return run_suite("table_team", add_cases); }
