/* SPDX-License-Identifier: MIT */
/*
 * Lesson 14: images. A network that draws again what it saw, through a neck of sixteen numbers.
 *
 *     autoencoder [FOLDER [PICTURES.npy]]
 *
 * The pictures are digits from a small font, turned, shifted, and dirty: one pixel in ten is black
 * or white, whatever it should be. The network is asked for the very picture that it was given,
 * dirt and all. But what goes through the neck is what pictures have in common, and dirt has
 * nothing in common with other dirt.
 *
 * It is trained twice from the same weights: by the mean absolute error (L1) and by the mean
 * squared error. Of a pixel that is ink in nineteen pictures of twenty and dirt in one the squared
 * error makes the mean, a grey; the absolute error makes the median, which is ink. So one network
 * learns clean pictures from dirty ones, and the other puts a little of the dirt everywhere: half
 * of the one's pixels are what they should be, and half of the other's are a twentieth off. That is
 * on digits that neither has seen, beside what they were before they got dirty.
 *
 * With a folder given, FOLDER/autoencoder.ppm shows clean digits, what the networks saw, and what
 * they made of it, by L1 and by MSE. A file of NumPy's, (N, H, W) of numbers from 0 on, takes the
 * digits' place.
 */
#include <reel/reel.h>
#include <stdio.h>

enum {
    SIDE = 16,
    FONT_WIDTH = 5,
    FONT_HEIGHT = 7,
    TRAINED_ON = 960,
    TESTED_ON = 160,
    NECK = 16,
    EPOCHS = 25,
    SHOWN = 16
};

/* Rows of five dots, the highest bit on the left. */
static const unsigned char font[10][FONT_HEIGHT] = {
    {14, 17, 17, 17, 17, 17, 14}, {4, 12, 4, 4, 4, 4, 14},  {14, 17, 1, 2, 4, 8, 31},
    {31, 2, 4, 2, 1, 17, 14},     {2, 6, 10, 18, 31, 2, 2}, {31, 16, 30, 1, 1, 17, 14},
    {6, 8, 16, 30, 17, 17, 14},   {31, 1, 2, 4, 8, 8, 8},   {14, 17, 17, 14, 17, 17, 14},
    {14, 17, 17, 15, 1, 2, 12}};

/* The font's digit in the middle of a picture, each of its dots two pixels wide. */
static void draw(float *picture, int digit)
{
    for (int y = 0; y < 2 * FONT_HEIGHT; y++) {
        for (int x = 0; x < 2 * FONT_WIDTH; x++) {
            const int dot = font[digit][y / 2] >> (FONT_WIDTH - 1 - x / 2) & 1;
            picture[(y + 1) * SIDE + x + 3] = (float)dot;
        }
    }
}

/* (count, 1, SIDE, SIDE): digits in turn, turned by up to 0.25 and shifted by up to 0.15 of the
 * half side. */
static reel_tensor *draw_digits(reel *r, int64_t count)
{
    reel_tensor *plain = reel_zeros(r, REEL_F32, REEL_SHAPE(count, 1, SIDE, SIDE));
    for (int64_t i = 0; i < count; i++) {
        draw(reel_data_f32(plain) + i * SIDE * SIDE, (int)(i % 10));
    }
    reel_tensor *random = reel_rand(r, REEL_F32, REEL_SHAPE(count, 3));
    reel_tensor *angle = reel_mul_scalar(reel_sub_scalar(reel_select(random, 1, 0), 0.5), 0.5);
    reel_tensor *shift = reel_mul_scalar(reel_sub_scalar(reel_narrow(random, 1, 1, 2), 0.5), 0.3);
    reel_tensor *cosine = reel_cos(angle), *sine = reel_sin(angle);
    reel_tensor *rows[] = {
        reel_stack((reel_tensor *[]){cosine, reel_neg(sine), reel_select(shift, 1, 0)}, 3, 1),
        reel_stack((reel_tensor *[]){sine, cosine, reel_select(shift, 1, 1)}, 3, 1)};
    reel_tensor *grid =
        reel_affine_grid(reel_stack(rows, 2, 1), 4, (int64_t[]){count, 1, SIDE, SIDE}, false);
    reel_tensor *turned = reel_keep(reel_grid_sample(plain, grid, (reel_grid_options){0}));
    reel_tensor_free(plain);
    reel_tensor_free(random);
    reel_rewind(r);
    return turned;
}

/* One pixel in ten becomes black or white. */
static reel_tensor *add_dirt(reel_tensor *pictures)
{
    reel *r = reel_of(pictures);
    reel_tensor *random = reel_rand_like(pictures);
    reel_tensor *black = reel_lt(random, reel_number(r, 0.05)),
                *white = reel_gt(random, reel_number(r, 0.95));
    reel_tensor *dirty = reel_masked_fill(reel_masked_fill(pictures, black, 0), white, 1);
    dirty = reel_keep(dirty);
    reel_tensor_free(random);
    reel_rewind(r);
    return dirty;
}

/* Pictures of your own: from 0 to 1, and of sides that can be halved twice. */
static reel_tensor *read_pictures(reel *r, const char *path)
{
    reel_tensor *all = reel_to(reel_npy_load(r, path), REEL_F32);
    if (reel_ndim(all) != 3) {
        fprintf(stderr, "autoencoder: %s is no (N, H, W)\n", path);
        return NULL;
    }
    const int64_t more[] = {0, -reel_size(all, 2) & 3, 0, -reel_size(all, 1) & 3};
    return reel_unsqueeze(reel_pad(reel_div(all, reel_max(all)), more, 4, 0), 1);
}

/* Down to NECK numbers, and up again. */
static reel_module *make_net(reel *r, reel_tensor *pictures)
{
    const int64_t small[] = {16, reel_size(pictures, 2) / 4, reel_size(pictures, 3) / 4};
    const int64_t features = small[0] * small[1] * small[2];
    const reel_conv_options half = {.stride = REEL_DIMS(2), .padding = REEL_DIMS(1)};
    const reel_conv_options twice = {.stride = REEL_DIMS(2)};
    return reel_nn_sequential(
        r,
        REEL_MODULES(reel_nn_conv2d(r, 1, 8, REEL_DIMS(3), half), reel_nn_batch_norm2d(r, 8, NULL),
                     reel_nn_relu(r), reel_nn_conv2d(r, 8, 16, REEL_DIMS(3), half),
                     reel_nn_batch_norm2d(r, 16, NULL), reel_nn_relu(r), reel_nn_flatten(r, 1, -1),
                     reel_nn_linear(r, features, NECK), reel_nn_linear(r, NECK, features),
                     reel_nn_relu(r), reel_nn_unflatten(r, 1, 3, small),
                     reel_nn_conv_transpose2d(r, 16, 8, REEL_DIMS(2), twice), reel_nn_relu(r),
                     reel_nn_conv_transpose2d(r, 8, 1, REEL_DIMS(2), twice)));
}

/* From the weights that seed 0 draws; towards the end with smaller steps. */
static reel_module *train(reel *r, reel_module *loss, reel_tensor *pictures)
{
    reel_manual_seed(r, 0);
    reel_module *net = make_net(r, pictures);
    reel_optimizer *adam = reel_optim_adam(reel_parameters(net), (reel_adam_options){.lr = 0.005});
    reel_loader *loader =
        reel_loader_new(r, &pictures, 1, (reel_loader_options){.batch_size = 32, .shuffle = true});
    reel_tensor *batch;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        reel_set_lr(adam, 0, epoch < EPOCHS * 3 / 4 ? 0.005 : 0.0005);
        while (reel_loader_next(loader, &batch)) {
            reel_zero_grad(adam);
            reel_backward(reel_loss(loss, reel_forward(net, batch), batch));
            reel_step(adam);
            reel_rewind(r);
        }
    }
    reel_eval(net);
    return net;
}

/* What a net makes of pictures that it never saw, and how far half of its pixels are from the clean
 * ones at most. */
static reel_tensor *redraw(reel_module *net, const char *name, reel_tensor *dirty,
                           reel_tensor *clean)
{
    reel_tensor *y = reel_keep(reel_clamp(reel_forward(net, dirty), 0, 1));
    printf("  %-7s  %.2f\n", name, reel_item(reel_median(reel_abs(reel_sub(y, clean)))));
    reel_rewind(reel_of(dirty));
    return y;
}

/* Sixteen columns: clean digits, what the nets saw, what they made of it by L1 and by MSE. */
static void save(const char *folder, reel_tensor *const *rows)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/autoencoder.ppm", folder);
    reel_tensor *shown[4];
    for (int i = 0; i < 4; i++) {
        shown[i] = reel_narrow(rows[i], 0, 0, SHOWN);
    }
    reel_save_images(reel_cat(shown, 4, 0), path, (reel_grid_layout){.nrow = SHOWN});
}

int main(int argc, char **argv)
{
    reel *r = reel_new();
    reel_manual_seed(r, 1);
    reel_tensor *pictures, *clean;
    if (argc > 2) {
        reel_tensor *all = read_pictures(r, argv[2]);
        const int64_t count = all ? reel_size(all, 0) : 0, tested = count / 7;
        if (tested < SHOWN) {
            return 1;
        }
        clean = reel_keep(reel_narrow(all, 0, count - tested, tested));
        pictures = add_dirt(reel_keep(reel_narrow(all, 0, 0, count - tested)));
    } else {
        pictures = add_dirt(draw_digits(r, TRAINED_ON));
        clean = draw_digits(r, TESTED_ON);
    }
    reel_tensor *dirty = add_dirt(clean);

    printf("Pictures of %d pixels through %d numbers\n\n",
           (int)(reel_numel(clean) / reel_size(clean, 0)), NECK);
    printf("  trained  median absolute error\n");
    reel_module *by_l1 = train(r, reel_nn_l1_loss(r, (reel_l1_loss_options){0}), pictures);
    reel_module *by_mse = train(r, reel_nn_mse_loss(r, (reel_mse_loss_options){0}), pictures);
    reel_tensor *l1 = redraw(by_l1, "by L1", dirty, clean);
    reel_tensor *mse = redraw(by_mse, "by MSE", dirty, clean);
    if (argc > 1) {
        save(argv[1], (reel_tensor *[]){clean, dirty, l1, mse});
    }
    const int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
