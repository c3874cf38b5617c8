/* SPDX-License-Identifier: MIT */
/* Pictures in files: what is written is read again, what others write is read, what is wrong is
 * refused; and images as one picture, whose places torchvision's definition says. */
#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char folder[64], path[96];
static reel *r;

static void set_up(void)
{
    strcpy(folder, "/tmp/reel-picture-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file.ppm", folder);
    r = quiet_reel();
}

static void tear_down(void)
{
    reel_free(r);
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something was left beside the file");
}

static reel_tensor *read_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    return reel_read_image(r, path);
}
#define READ(text) read_bytes(text, sizeof text - 1)

/* All 256 steps, in grey and in colours, contiguous or not. */
START_TEST(written_and_read_again)
{
    reel_tensor *steps = reel_div_scalar(reel_arange(r, REEL_F32, 0, 768, 1), 255);
    steps = reel_fmod_scalar(steps, 256.0 / 255);
    reel_tensor *pictures[] = {reel_reshape(steps, 3, (int64_t[]){1, 3, 256}),
                               reel_reshape(steps, 3, (int64_t[]){3, 2, 128}),
                               reel_mT(reel_reshape(steps, 3, (int64_t[]){3, 2, 128}))};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(reel_write_image(pictures[i], path), REEL_OK);
        reel_tensor *again = reel_read_image(r, path);
        ck_assert_msg(!reel_is_poison(again), "%s", reel_error(r));
        ck_assert(reel_item(reel_max(reel_abs(reel_sub(again, pictures[i])))) < 1e-6);
    }
    const float beyond[] = {-1, 2, NAN, 0.6F / 255}; /* cut off, and rounded */
    reel_write_image(reel_from_f32(r, beyond, REEL_SHAPE(1, 2, 2)), path);
    const float *x = reel_data_f32(reel_read_image(r, path));
    ck_assert(x[0] == 0 && x[1] == 1 && x[2] == 0 && fabsf(x[3] * 255 - 1) < 1e-5F);
}
END_TEST

START_TEST(others_are_read)
{
    reel_tensor *grey = READ("P5 # a comment\n#another\n 2\t1 \n200\n\x64\xc8");
    ck_assert_int_eq(reel_size(grey, 0), 1);
    ck_assert(reel_data_f32(grey)[0] == 0.5F && reel_data_f32(grey)[1] == 1);
    reel_tensor *wide = READ("P6 1 1 65535 \xff\xff\x00\x00\x80\x00");
    ck_assert_int_eq(reel_size(wide, 0), 3);
    assert_close((double)reel_data_f32(wide)[2], 32768.0 / 65535, 1e-7);
}
END_TEST

START_TEST(what_is_wrong_is_refused)
{
    static const char *const wrong[] = {"",
                                        "P5",
                                        "P3 1 1 255\n0",
                                        "P5 1 1 255\n",
                                        "P5 1 1 255 ab",
                                        "P5 0 1 255\n",
                                        "P5 1 1 70000 a",
                                        "P5 1 x 255 a",
                                        "P5 -1 1 255 a",
                                        "P6 1 1 255 ab",
                                        "P5 1 1 9 z",
                                        "P5 99999999999999999999 1 255 a"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert(reel_is_poison(read_bytes(wrong[i], strlen(wrong[i]))));
        assert_error(r, REEL_ERR_FORMAT, "file.ppm");
    }
    ck_assert(reel_is_poison(reel_read_image(r, "/nowhere/at.ppm")));
    assert_error(r, REEL_ERR_FILE, "read_image");
    ck_assert_int_eq(reel_write_image(reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3, 3)), path),
                     REEL_ERR_SHAPE);
    assert_error(r, REEL_ERR_SHAPE, "(2, 3, 3)");
    ck_assert_int_eq(reel_write_image(reel_zeros(r, REEL_I64, REEL_SHAPE(1, 3, 3)), path),
                     REEL_ERR_DTYPE);
    assert_error(r, REEL_ERR_DTYPE, "int64");
    ck_assert(reel_is_poison(
        reel_make_grid(reel_zeros(r, REEL_F32, REEL_SHAPE(2, 5, 3, 3)), (reel_grid_layout){0})));
    assert_error(r, REEL_ERR_SHAPE, "make_grid");
}
END_TEST

#if REEL_HAS_PNG
static void in_png(void) { snprintf(path, sizeof path, "%s/file.PNG", folder); }

/* Of each kind, as zlib and the format's description make them. */
START_TEST(png_files_are_read)
{
    static const char *const names[] = {"grey1",    "grey8", "grey16",    "rgb8",
                                        "palette2", "rgba8", "interlaced"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[256];
        snprintf(file, sizeof file, "%s/pictures/%s.png", REEL_TEST_DATA, names[i]);
        reel_tensor *t = reel_read_image(r, file);
        ck_assert_msg(!reel_is_poison(t), "%s", reel_error(r));
        snprintf(file, sizeof file, "%s/pictures/%s.txt", REEL_TEST_DATA, names[i]);
        FILE *values = fopen(file, "r");
        int channels, largest, value;
        ck_assert(values && fscanf(values, "%d %d", &channels, &largest) == 2);
        ck_assert(reel_size(t, 0) == channels && reel_size(t, 1) == 5 && reel_size(t, 2) == 9);
        for (int64_t k = 0; k < reel_numel(t); k++) {
            ck_assert(fscanf(values, "%d", &value) == 1);
            assert_close((double)reel_data_f32(t)[k], (double)value / largest, 1e-6);
        }
        fclose(values);
    }
}
END_TEST

START_TEST(png_files_are_written_and_read_again)
{
    in_png();
    reel_tensor *steps = reel_div_scalar(reel_arange(r, REEL_F32, 0, 768, 1), 767);
    reel_tensor *pictures[] = {reel_reshape(steps, 3, (int64_t[]){1, 3, 256}),
                               reel_mT(reel_reshape(steps, 3, (int64_t[]){3, 2, 128}))};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(reel_save_images(pictures[i], path, (reel_grid_layout){0}), REEL_OK);
        reel_tensor *again = reel_read_image(r, path);
        ck_assert_msg(!reel_is_poison(again), "%s", reel_error(r));
        ck_assert(reel_item(reel_max(reel_abs(reel_sub(again, pictures[i])))) < 0.501 / 255);
    }
    char bytes[8] = {0};
    FILE *file = fopen(path, "rb");
    ck_assert(file && fread(bytes, 1, 8, file) == 8 && fclose(file) == 0);
    ck_assert_mem_eq(bytes, "\x89PNG\r\n\x1a\n", 8);
}
END_TEST

/* The file cut short at every byte, and with each changed. */
START_TEST(damaged_png_files_are_refused_or_read)
{
    unsigned char bytes[512], other[512];
    FILE *file = fopen(REEL_TEST_DATA "/pictures/rgb8.png", "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    in_png();
    for (size_t i = 0; i < size; i++) {
        ck_assert(i > size - 16 || reel_is_poison(read_bytes((const char *)bytes, i)));
        reel_clear_error(r);
        memcpy(other, bytes, size);
        other[i] ^= 0x55;
        reel_tensor *t = read_bytes((const char *)other, size);
        ck_assert(reel_is_poison(t) == reel_failed(r));
        reel_clear_error(r);
    }
    memcpy(bytes + 16, "\0\xff\xff\xff\0\xff\xff\xff", 8); /* 16 million by 16 million */
    ck_assert(reel_is_poison(read_bytes((const char *)bytes, size)));
    assert_error(r, REEL_ERR_FORMAT, "fewer bytes than its picture needs");
}
END_TEST
#endif

/* Element (channel, y, x). */
static double at(reel_tensor *t, int64_t channel, int64_t y, int64_t x)
{
    return reel_get(t, (int64_t[]){channel, y, x});
}

START_TEST(a_grid_has_each_in_its_place)
{
    reel_tensor *images =
        reel_reshape(reel_arange(r, REEL_F32, 0, 18, 1), 4, (int64_t[]){3, 1, 2, 3});
    reel_tensor *grid =
        reel_make_grid(images, (reel_grid_layout){.nrow = 2, .padding = 1, .pad_value = -1});
    ck_assert(reel_size(grid, 0) == 3 && reel_size(grid, 1) == 7 && reel_size(grid, 2) == 9);
    for (int64_t channel = 0; channel < 3; channel++) {
        ck_assert(at(grid, channel, 0, 0) == -1 && at(grid, channel, 6, 8) == -1);
        ck_assert(at(grid, channel, 1, 1) == 0 && at(grid, channel, 2, 3) == 5);
        ck_assert(at(grid, channel, 1, 5) == 6 && at(grid, channel, 5, 3) == 17);
        ck_assert(at(grid, channel, 4, 5) == -1); /* no fourth */
    }
    grid = reel_make_grid(images, (reel_grid_layout){.normalize = true});
    ck_assert(reel_size(grid, 1) == 6 && reel_size(grid, 2) == 17 && at(grid, 0, 2, 2) == 0);
    assert_close(at(grid, 2, 3, 14), 1, 1e-6);
    ck_assert_int_eq(
        reel_size(reel_make_grid(reel_zeros(r, REEL_F64, REEL_SHAPE(4, 5)), (reel_grid_layout){0}),
                  1),
        4);
    ck_assert_int_eq(reel_save_images(images, path, (reel_grid_layout){0}), REEL_OK);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, written_and_read_again);
    tcase_add_test(cases, others_are_read);
    tcase_add_test(cases, what_is_wrong_is_refused);
    tcase_add_test(cases, a_grid_has_each_in_its_place);
#if REEL_HAS_PNG
    tcase_add_test(cases, png_files_are_read);
    tcase_add_test(cases, png_files_are_written_and_read_again);
    tcase_add_test(cases, damaged_png_files_are_refused_or_read);
#endif
}

int main(void) { return run_suite("picture", add_cases); }
