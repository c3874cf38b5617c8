/* SPDX-License-Identifier: MIT */
/*
 * Lesson 16: from image to image. A small U-Net takes the noise out of pictures, and keeps their
 * edges if it is asked for the right thing.
 *
 *     image_to_image [FOLDER [PICTURES.npy]]
 *
 * A picture is a disc or a rectangle of some grey on a ground of another. The net is given it with
 * noise, and is to give it back without. It goes down, by convolutions and half the size, and up
 * again, where it joins what it saw on its way down, for that still knows where things were.
 *
 * To learn from there are pairs of pictures, a noisy one and a clean one, as from a camera with a
 * short and with a long exposure. But between the two the camera was moved, by a pixel to any side
 * or not at all, so that an edge is where it should be in a third of the pairs.
 *
 * Two nets learn from the same weights. The squared error is least for the mean of what may be
 * right, and the mean of an edge here, an edge there and one between is a ramp. The absolute error
 * is least for the median, which is the edge between. The number that says so is how many pixels an
 * edge takes, 1 in the clean pictures: a step of 1 in n equal parts has squares that add up to 1/n,
 * so it is the clean pictures' squares, added up, by the net's. (What is wrong at an edge, a corner
 * lost, counts too.) All is on pictures that no net has seen.
 *
 * With a folder given, FOLDER/image_to_image.ppm shows noisy pictures, what the nets made of them,
 * by MSE and by L1, and the clean ones. A file of NumPy's, (N, H, W) of numbers from 0 on, takes
 * the place of the drawn pictures.
 */
#include <reel/reel.h>
#include <stdio.h>

enum { SIDE = 16, COUNT = 600, EPOCHS = 30, SHOWN = 12 };
static const double noise = 0.1;

/* A disc or a rectangle anywhere, each in a grey of its own. */
static void draw(float *picture, const float *random, bool disc)
{
    const float cx = 0.3F + 0.4F * random[0], cy = 0.3F + 0.4F * random[1];
    const float width = 0.15F + 0.2F * random[2], height = 0.15F + 0.2F * random[3];
    const float ground = 0.5F * random[4], grey = ground + 0.5F;
    for (int i = 0; i < SIDE * SIDE; i++) {
        const float u = (((float)(i % SIDE) + 0.5F) / SIDE - cx) / width;
        const float v = (((float)(i / SIDE) + 0.5F) / SIDE - cy) / height;
        const bool inside = disc ? u * u + v * v < 1 : u * u < 1 && v * v < 1;
        picture[i] = inside ? grey : ground;
    }
}

static reel_tensor *draw_pictures(reel *r)
{
    enum { NUMBERS = 5 };
    reel_tensor *pictures = reel_zeros(r, REEL_F32, REEL_SHAPE(COUNT, 1, SIDE, SIDE));
    reel_tensor *random = reel_rand(r, REEL_F32, REEL_SHAPE(COUNT, NUMBERS));
    for (int i = 0; i < COUNT; i++) {
        draw(reel_data_f32(pictures) + i * SIDE * SIDE, reel_data_f32(random) + i * NUMBERS,
             i % 2 == 1);
    }
    reel_tensor_free(random);
    return pictures;
}

/* Pictures of your own: from 0 to 1, and of sides that can be halved. */
static reel_tensor *read_pictures(reel *r, const char *path)
{
    reel_tensor *all = reel_to(reel_npy_load(r, path), REEL_F32);
    if (reel_ndim(all) != 3) {
        fprintf(stderr, "image_to_image: %s is no (N, H, W)\n", path);
        return NULL;
    }
    all = reel_unsqueeze(reel_div(all, reel_max(all)), 1);
    const int64_t more[] = {0, reel_size(all, 3) % 2, 0, reel_size(all, 2) % 2};
    return reel_keep(reel_pad(all, more, 4, 0));
}

static reel_module *twice(reel *r, int64_t inputs, int64_t outputs)
{
    const reel_conv_options same = {.same = true};
    return reel_nn_sequential(
        r, REEL_MODULES(reel_nn_conv2d(r, inputs, outputs, REEL_DIMS(3), same), reel_nn_relu(r),
                        reel_nn_conv2d(r, outputs, outputs, REEL_DIMS(3), same), reel_nn_relu(r)));
}

/* Down, up, and beside what came up what was there before it went down. */
static reel_tensor *u_net(reel_module *net, reel_tensor *x, void *context)
{
    (void)context;
    reel_tensor *fine = reel_forward(reel_module_child(net, "down"), x);
    reel_tensor *coarse = reel_max_pool2d(fine, REEL_DIMS(2), (reel_pool_options){0});
    coarse = reel_forward(reel_module_child(net, "middle"), coarse);
    coarse = reel_forward(reel_module_child(net, "up"), coarse);
    reel_tensor *both = reel_cat((reel_tensor *[]){fine, coarse}, 2, 1);
    return reel_forward(reel_module_child(net, "last"),
                        reel_forward(reel_module_child(net, "join"), both));
}

static reel_module *make_net(reel *r)
{
    const reel_conv_options half = {.stride = REEL_DIMS(2)}, plain = {.stride = REEL_DIMS(1)};
    reel_module *net = reel_nn_module(r, "UNet", u_net, NULL);
    reel_module_add_child(net, "down", twice(r, 1, 8));
    reel_module_add_child(net, "middle", twice(r, 8, 16));
    reel_module_add_child(net, "up", reel_nn_conv_transpose2d(r, 16, 8, REEL_DIMS(2), half));
    reel_module_add_child(net, "join", twice(r, 16, 8));
    reel_module_add_child(net, "last", reel_nn_conv2d(r, 8, 1, REEL_DIMS(1), plain));
    return net;
}

static reel_tensor *noisy(reel_tensor *pictures)
{
    return reel_add(pictures, reel_mul_scalar(reel_randn_like(pictures), noise));
}

/* Each picture moved by -1, 0 or 1 pixels across and down; its border is repeated. */
static reel_tensor *moved(reel_tensor *pictures)
{
    reel *r = reel_of(pictures);
    const int64_t count = reel_size(pictures, 0), high = reel_size(pictures, 2);
    const int64_t wide = reel_size(pictures, 3);
    reel_tensor *wider = reel_pad_image(pictures, (int64_t[]){1, 1, 1, 1}, 4, REEL_PAD_REPLICATE);
    reel_tensor *by = reel_randint(r, REEL_I64, 0, 3, REEL_SHAPE(count, 2));
    reel_tensor *all = reel_zeros(r, REEL_F32, REEL_SHAPE(count, 1, high, wide));
    for (int64_t i = 0; i < count; i++) {
        const int64_t *at = reel_data_i64(by) + 2 * i;
        reel_tensor *one = reel_narrow(reel_narrow(wider, 2, at[0], high), 3, at[1], wide);
        reel_copy_(reel_narrow(all, 0, i, 1), reel_narrow(one, 0, i, 1));
    }
    reel_tensor_free(by);
    reel_rewind(r);
    return all;
}

/* From the weights that seed 0 draws. */
static reel_module *train(reel *r, reel_module *loss, reel_tensor *const *pairs)
{
    reel_manual_seed(r, 0);
    reel_module *net = make_net(r);
    reel_optimizer *adam = reel_optim_adam(reel_parameters(net), (reel_adam_options){.lr = 0.01});
    reel_loader *loader =
        reel_loader_new(r, pairs, 2, (reel_loader_options){.batch_size = 16, .shuffle = true});
    reel_tensor *batch[2];
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        reel_set_lr(adam, 0, epoch < EPOCHS * 2 / 3 ? 0.01 : 0.002);
        while (reel_loader_next(loader, batch)) {
            reel_zero_grad(adam);
            reel_backward(reel_loss(loss, reel_forward(net, batch[0]), batch[1]));
            reel_step(adam);
            reel_rewind(r);
        }
    }
    return net;
}

/* The squares of the steps from each pixel to the next, along rows and along columns. */
static reel_tensor *steps(reel_tensor *pictures)
{
    return reel_add(reel_sum(reel_square(reel_diff(pictures, 1, 2, NULL, NULL))),
                    reel_sum(reel_square(reel_diff(pictures, 1, 3, NULL, NULL))));
}

static reel_tensor *restore(const char *name, reel_module *net, reel_tensor *from,
                            reel_tensor *clean)
{
    reel_tensor *y = reel_keep(reel_forward(net, from));
    printf("%-7s  %.2f            %.0f\n", name, reel_item(reel_l1_loss(y, clean, REEL_MEAN)),
           reel_item(reel_div(steps(clean), steps(y))));
    reel_rewind(reel_of(clean));
    return y;
}

static void save(const char *folder, reel_tensor *const *rows)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/image_to_image.ppm", folder);
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
    reel_tensor *all = argc > 2 ? read_pictures(r, argv[2]) : draw_pictures(r);
    if (!all || reel_failed(r) || reel_size(all, 0) < 10 * SHOWN) {
        return 1;
    }
    const int64_t tested = reel_size(all, 0) / 6, trained = reel_size(all, 0) - tested;
    reel_tensor *pictures = reel_keep(reel_narrow(all, 0, 0, trained));
    reel_tensor *clean = reel_keep(reel_narrow(all, 0, trained, tested));
    reel_tensor *dirty = reel_keep(noisy(clean));
    reel_tensor *pairs[] = {reel_keep(noisy(pictures)), moved(pictures)};

    printf("by       absolute error  pixels of an edge\n");
    reel_module *by_mse = train(r, reel_nn_mse_loss(r, (reel_mse_loss_options){0}), pairs);
    reel_module *by_l1 = train(r, reel_nn_l1_loss(r, (reel_l1_loss_options){0}), pairs);
    reel_tensor *mse = restore("MSE", by_mse, dirty, clean);
    reel_tensor *l1 = restore("L1", by_l1, dirty, clean);
    if (argc > 1) {
        save(argv[1], (reel_tensor *[]){dirty, mse, l1, clean});
    }
    const int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
