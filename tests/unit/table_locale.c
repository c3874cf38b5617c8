/* SPDX-License-Identifier: MIT */
/* A program whose locale writes numbers with a comma reads, prints and reports them with a
 * point. */
#include "table_file.h"

#include <locale.h>

/* Makes a locale of the commas alone, in the folder, where no other is installed. */
static void make_comma_locale(void)
{
    static const char source[] = "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\n"
                                 "grouping -1\nEND LC_NUMERIC\n";
    static const char map[] = "<code_set_name> ANSI_X3.4-1968\nCHARMAP\n"
                              "<U0000>..<U007F> /x00 X\nEND CHARMAP\n";
    const char *order = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "big" : "little";
    char command[512], map_path[128];
    snprintf(map_path, sizeof map_path, "%s/map", folder);
    write_bytes(map, sizeof map - 1);
    ck_assert_int_eq(rename(path, map_path), 0);
    write_bytes(source, sizeof source - 1);
    snprintf(command, sizeof command,
             "localedef --%s-endian -c -i %s -f %s %s/comma >/dev/null 2>&1; true", order, path,
             map_path, folder);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(setenv("LOCPATH", folder, 1), 0);
    ck_assert_msg(setlocale(LC_NUMERIC, "comma") != NULL,
                  "no locale with decimal commas is installed, and localedef made none");
    unlink(map_path);
    snprintf(command, sizeof command, "rm -r %s/comma", folder);
    ck_assert_int_eq(system(command), 0);
}

/* False where the C library knows points alone, as musl does under any name of a locale. */
static bool set_comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de-DE", "de_DE"};
    bool named = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        named = named || setlocale(LC_NUMERIC, names[i]) != NULL;
    }
    if (!named) {
        make_comma_locale();
    }
    char text[8];
    snprintf(text, sizeof text, "%.1f", 1.5);
    if (strcmp(text, "1.5") == 0) {
        printf("this C library has no decimal commas\n");
        return false;
    }
    ck_assert_str_eq(text, "1,5");
    return true;
}

START_TEST(tables_and_encoders)
{
    set_comma_locale();
    double hard = 0x1.999999999999ap-4; /* 0.1 */
    reel_table *t = read_text("a\n0.1000000000000000055511151231257827\n1.5\n");
    const double *x = reel_data_f64(reel_table_column(t, 0));
    ck_assert(x && x[0] == hard && x[1] == 1.5);
    t = read_with("a\n0,1000000000000000055511151231257827\n1,5\n",
                  (reel_table_options){.decimal = ',', .dtype = REEL_F64});
    x = reel_data_f64(reel_table_column(t, 0));
    ck_assert(x && x[0] == hard && x[1] == 1.5);
    t = read_text("a,y\n0.5,1\n1.5,2.5\n");
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y"});
    const char *json = reel_encoder_to_json(e);
    ck_assert_msg(strstr(json, "1.75") != NULL, "%s", json);
    reel_encoder *again = reel_encoder_from_json(r, json);
    ck_assert_msg(again != NULL, "%s", reel_error(r));
    ck_assert_double_eq(reel_encoder_target_mean(again), 1.75);
}
END_TEST

START_TEST(what_is_printed)
{
    set_comma_locale();
    reel_tensor *x = reel_from_f64(r, (double[]){1.5, -2.25}, REEL_SHAPE(2));
    ck_assert_str_eq(reel_repr(x), "tensor([ 1.5000, -2.2500], dtype=torch.float64)");
    ck_assert_str_eq(reel_item_repr(reel_sum(x)), "-0.75");
    FILE *stream = fopen(path, "w+");
    reel_sum(reel_requires_grad_(x, true));
    reel_tape_print(r, stream);
    rewind(stream);
    char text[1024] = "";
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, stream), 0);
    fclose(stream);
    ck_assert_msg(strstr(text, "-0.7500") != NULL, "%s", text);
}
END_TEST

START_TEST(what_is_reported)
{
    set_comma_locale();
    reel_optim_sgd(reel_parameters(reel_nn_linear(r, 1, 1)), (reel_sgd_options){.lr = -1.5});
    ck_assert_msg(strstr(reel_error(r), "is -1.5") != NULL, "%s", reel_error(r));
    reel_clear_error(r);
    reel_table *t = read_text("a,y\n0.25,1\n,2\n0.75,3\n");
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "y"});
    reel_encode(e, t, NULL);
    ck_assert_int_gt(warning_count, 0);
    assert_warning(warning_count - 1, "taken for the median, 0.5");
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, tables_and_encoders);
    tcase_add_test(cases, what_is_printed);
    tcase_add_test(cases, what_is_reported);
}

int main(void) { return run_suite("locales", add_cases); }
