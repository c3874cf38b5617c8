/* SPDX-License-Identifier: MIT */
/* Every allocation on the way from a file to a model's features fails once, and then all from there
 * on. */
#include "faulty.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

enum { ROWS = 700, LONG = 5000 };

static char csv[] = "/tmp/reel-fault-XXXXXX", npy[sizeof csv + 4];
static faulty f;

/* More rows than a table starts with, a field longer than the parser's buffer, texts, gaps. */
static void write_csv(void)
{
    FILE *stream = fopen(csv, "wb");
    ck_assert_ptr_nonnull(stream);
    fprintf(stream, "x,text,same,empty,late,y,long\n");
    for (int i = 0; i < ROWS; i++) {
        fprintf(stream, "%d,t%d,%d,,%s,%s,u\n%s", i, i % 40, i, i > 600 ? "1.5" : "",
                i % 100   ? "2.5"
                : i % 200 ? ""
                          : "1",
                i % 50 ? "" : "\n");
    }
    fprintf(stream, "0,t0,0,,1,1,\"");
    for (int i = 0; i < LONG; i++) {
        fputc('x', stream);
    }
    fprintf(stream, "\"\n");
    ck_assert_int_eq(fclose(stream), 0);
}

static bool encode(reel *r, reel_table *t)
{
    reel_tensor *rows = reel_table_present_rows(t, 5);
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y"});
    reel_encoder *again = reel_encoder_from_json(r, reel_encoder_to_json(e));
    reel_tensor *x = reel_encode(again, t, rows), *y = reel_encode_target(again, t, rows);
    reel_tensor *back = reel_decode_target(again, y);
    const char *name = reel_encoder_feature_name(again, 1);
    if (reel_failed(r)) {
        return false;
    }
    ck_assert_int_eq(reel_size(x, 0), ROWS + 1 - 3);
    ck_assert_int_eq(reel_size(x, 1), 1 + 40 + 1 + 2);
    ck_assert_str_eq(name, "text=t0");
    assert_close(reel_get(back, (int64_t[]){1, 0}), 2.5, 1e-6);
    return true;
}

/* Its rows in a file, in an order, in batches. */
static bool encode_to_file(reel *r, reel_table *t)
{
    reel_tensor *rows = reel_table_present_rows(t, 5), *batch[2], *parts[2];
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y"});
    if (reel_failed(r) ||
        reel_random_split(r, reel_numel(rows), (int64_t[]){600, 98}, 2, parts) != REEL_OK) {
        return false;
    }
    reel_tensor *mixed = reel_keep(reel_index_select(rows, 0, parts[0]));
    reel_row_file *x = reel_encode_to_file(e, t, mixed, REEL_F32, 0);
    reel_tensor *y = reel_encode_target(e, t, mixed);
    reel_loader *loader =
        reel_row_file_loader(x, &y, 1, (reel_loader_options){.batch_size = 7, .shuffle = true});
    int64_t seen = 0;
    while (reel_loader_next(loader, batch)) {
        seen += reel_size(batch[0], 0);
    }
    ck_assert(reel_failed(r) || seen == 600);
    return !reel_failed(r);
}

static bool read_from_file(reel *r)
{
    reel_table *t = reel_table_read(
        r, csv,
        (reel_table_options){.text = (const char *[]){"text"}, .text_count = 1, .memory = 1});
    return t && encode(r, t) && encode_to_file(r, t);
}

/* An order that memory does not hold: a shuffle, and a list. */
static bool shuffle_file(reel *r)
{
    enum { MANY = 9000 };
    reel_tensor *batch, *x = reel_ones(r, REEL_F32, REEL_SHAPE(MANY, 1));
    reel_row_file *file = reel_row_file_new(r, REEL_F32, 1, 0);
    if (reel_row_file_write(file, 0, x) != REEL_OK) {
        return false;
    }
    reel_loader *loader = reel_row_file_loader(
        file, NULL, 0, (reel_loader_options){.batch_size = 1000, .shuffle = true});
    int64_t seen = 0;
    while (reel_loader_next(loader, &batch)) {
        seen += reel_size(batch, 0);
    }
    reel_tensor *list = reel_randperm(r, MANY);
    ck_assert(reel_failed(r) || seen == MANY);
    return !reel_failed(r) && reel_row_file_order(file, list) == REEL_OK &&
           reel_row_file_next(file, x) == REEL_OK;
}

static bool read_csv(reel *r)
{
    reel_table *t = reel_table_read(
        r, csv, (reel_table_options){.text = (const char *[]){"text"}, .text_count = 1});
    if (!t) {
        return false;
    }
    reel_tensor *late = reel_table_column(t, 4);
    ck_assert_int_eq(reel_table_rows(t), ROWS + 1);
    ck_assert_uint_eq(reel_table_categories(t, 1), 40);
    ck_assert_int_eq(reel_table_line(t, ROWS), ROWS + 2 + ROWS / 50);
    ck_assert(reel_is_poison(late) || reel_get(late, (int64_t[]){650}) == 1.5);
    return !reel_failed(r) && encode(r, t);
}

static bool read_npy(reel *r)
{
    reel_table *t = reel_table_read(r, npy, (reel_table_options){.dtype = REEL_F64});
    reel_table *copy =
        reel_table_from_tensor(r, reel_ones(r, REEL_F32, REEL_SHAPE(2, 1)), (const char *[]){"a"});
    ck_assert(!t || reel_table_rows(t) == 3);
    return t && copy && !reel_failed(r);
}

/* Whether `work` was done; if not, an error says that memory was out, and nothing is lost. */
static bool run(bool (*work)(reel *), long at, bool for_good)
{
    f = (faulty){.fail_at = at, .for_good = for_good};
    reel *r = faulty_reel(&f);
    bool ok = r && work(r);
    if (r && !ok) {
        ck_assert_msg(reel_error_status(r) == REEL_ERR_MEMORY, "allocation %ld: \"%s\"", at,
                      reel_error(r));
    }
    f.fail_at = -1;
    if (r) {
        faulty_end(&f, r);
    }
    return ok;
}

/* What is only a guess, or can be had smaller, may fail without being missed. */
static void fail_everywhere(bool (*work)(reel *))
{
    ck_assert(run(work, -1, false));
    long total = f.calls, failed[2] = {0, 0};
    ck_assert_int_gt(total, 10);
    for (int for_good = 0; for_good < 2; for_good++) {
        for (long at = 0; at < total; at++) {
            failed[for_good] += !run(work, at, for_good);
        }
    }
    ck_assert_int_gt(failed[0], total / 2);
    ck_assert_int_ge(failed[1], total - 2);
}

START_TEST(csv_survives)
{
    write_csv();
    fail_everywhere(read_csv);
}
END_TEST

START_TEST(files_survive)
{
    write_csv();
    fail_everywhere(read_from_file);
}
END_TEST

START_TEST(shuffles_survive) { fail_everywhere(shuffle_file); }
END_TEST

START_TEST(npy_survives)
{
    reel *r = quiet_reel();
    snprintf(npy, sizeof npy, "%s.npy", csv);
    ck_assert_int_eq(reel_npy_save(reel_ones(r, REEL_F32, REEL_SHAPE(3, 2)), npy), REEL_OK);
    reel_free(r);
    fail_everywhere(read_npy);
    unlink(npy);
}
END_TEST

static void set_up(void)
{
    strcpy(csv, "/tmp/reel-fault-XXXXXX");
    int fd = mkstemp(csv);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void tear_down(void) { unlink(csv); }

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, csv_survives);
    tcase_add_test(cases, files_survive);
    tcase_add_test(cases, shuffles_survive);
    tcase_add_test(cases, npy_survives);
}

int main(void) { return run_suite("tables under failing allocations", add_cases); }
