/* SPDX-License-Identifier: MIT */
/*
 * Lesson 15: bounding boxes. A network finds a shape in a picture, and some of what it is told is
 * wrong.
 *
 *     bounding_boxes [PICTURES.npy BOXES.npy]
 *
 * A picture has one rectangle or one disc in it, on a noisy ground; the answer is the box around
 * it, as its centre, width and height. But one box in twenty of those to learn from is that of
 * another picture, as happens where people draw them.
 *
 * Four losses learn from the same pictures and the same weights. What counts is how much a box
 * overlaps the true one, on pictures that no network has seen and whose boxes are all right:
 * intersection over union (IoU), 1 for the box itself. The squared error is pulled at by a wrong
 * box with all its distance, and every box comes out a little towards the middle. The absolute
 * error is pulled at by its direction alone, and the smooth L1 loss is the same but near 0, where
 * it is square. The generalized IoU is what is asked for: of a box that is far off it can lose no
 * more than 2.
 *
 * Two files of NumPy's take the place of what is drawn: pictures (N, H, W) of numbers from 0 on,
 * and a box for each, (N, 4): centre, width and height in parts of the picture's width and height.
 * What is wrong in these is wrong already; the last fifth is what the nets are tried on.
 */
#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 16, TRAINED_ON = 800, TESTED_ON = 200, EPOCHS = 100 };

/* Pictures (count, 1, SIDE, SIDE), and boxes (count, 4) in parts of the side. */
typedef struct shapes {
    reel_tensor *pictures, *boxes;
} shapes;

/* A rectangle or a disc of the given box into a picture. */
static void draw(float *picture, const float *box, bool disc)
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        const float x = ((float)(i % SIDE) + 0.5F) / SIDE, y = ((float)(i / SIDE) + 0.5F) / SIDE;
        const float u = 2 * (x - box[0]) / box[2], v = 2 * (y - box[1]) / box[3];
        const bool inside = disc ? u * u + v * v < 1 : u * u < 1 && v * v < 1;
        picture[i] = inside ? 1 : picture[i] / 2;
    }
}

/* One box in `wrong` is that of the picture before; 0: none. */
static shapes draw_shapes(reel *r, int64_t count, int64_t wrong)
{
    shapes s = {reel_rand(r, REEL_F32, REEL_SHAPE(count, 1, SIDE, SIDE)),
                reel_rand(r, REEL_F32, REEL_SHAPE(count, 4))};
    float *box = reel_data_f32(s.boxes);
    for (int64_t i = 0; i < count; i++, box += 4) {
        box[2] = 0.25F + box[2] / 2; /* width and height; then a centre that keeps the box inside */
        box[3] = 0.25F + box[3] / 2;
        box[0] = box[2] / 2 + box[0] * (1 - box[2]);
        box[1] = box[3] / 2 + box[1] * (1 - box[3]);
        draw(reel_data_f32(s.pictures) + i * SIDE * SIDE, box, i % 2 == 1);
        for (int k = 0; k < 4 && wrong && i > 0 && i % wrong == 0; k++) {
            box[k] = box[k - 4];
        }
    }
    return s;
}

/* `count` of your own, from number `first` on. */
static shapes part_of(shapes all, int64_t first, int64_t count)
{
    return (shapes){reel_keep(reel_narrow(all.pictures, 0, first, count)),
                    reel_keep(reel_narrow(all.boxes, 0, first, count))};
}

static shapes read_shapes(reel *r, char *const *paths)
{
    shapes s = {reel_to(reel_npy_load(r, paths[0]), REEL_F32),
                reel_to(reel_npy_load(r, paths[1]), REEL_F32)};
    if (reel_ndim(s.pictures) != 3 || reel_ndim(s.boxes) != 2 || reel_size(s.boxes, 1) != 4 ||
        reel_size(s.boxes, 0) != reel_size(s.pictures, 0)) {
        fprintf(stderr, "bounding_boxes: %s and %s are no (N, H, W) and (N, 4)\n", paths[0],
                paths[1]);
        exit(1);
    }
    s.pictures = reel_unsqueeze(reel_div(s.pictures, reel_max(s.pictures)), 1);
    return s;
}

static reel_module *make_net(reel *r, reel_tensor *pictures)
{
    const reel_conv_options half = {.stride = REEL_DIMS(2), .padding = REEL_DIMS(1)};
    const int64_t high = (reel_size(pictures, 2) + 3) / 4, wide = (reel_size(pictures, 3) + 3) / 4;
    return reel_nn_sequential(
        r, REEL_MODULES(reel_nn_conv2d(r, 1, 8, REEL_DIMS(3), half), reel_nn_relu(r),
                        reel_nn_conv2d(r, 8, 16, REEL_DIMS(3), half), reel_nn_relu(r),
                        reel_nn_flatten(r, 1, -1), reel_nn_linear(r, 16 * high * wide, 32),
                        reel_nn_relu(r), reel_nn_linear(r, 32, 4), reel_nn_sigmoid(r)));
}

typedef enum kind { MSE, L1, SMOOTH_L1, GIOU, LOSSES } kind;
static const char *const names[] = {"MSE", "L1", "SmoothL1", "GIoU"};

static reel_tensor *corners(reel_tensor *boxes)
{
    return reel_box_convert(boxes, REEL_BOX_CXCYWH, REEL_BOX_XYXY);
}

static reel_tensor *loss_of(kind k, reel_tensor *boxes, reel_tensor *target)
{
    switch (k) {
    case L1:
        return reel_l1_loss(boxes, target, REEL_MEAN);
    case SMOOTH_L1:
        return reel_smooth_l1_loss(boxes, target, 0.05, REEL_MEAN);
    case GIOU:
        return reel_generalized_box_iou_loss(corners(boxes), corners(target), REEL_MEAN, 1e-7);
    case MSE:
    case LOSSES:
        break;
    }
    return reel_mse_loss(boxes, target, REEL_MEAN);
}

/* The mean IoU on the test's pictures of a net that was trained by the loss. */
static double train_and_test(reel *r, kind k, const shapes *train, const shapes *test)
{
    reel_manual_seed(r, 0);
    reel_module *net = make_net(r, train->pictures);
    reel_optimizer *adam = reel_optim_adam(reel_parameters(net), (reel_adam_options){.lr = 0.003});
    reel_loader *loader = reel_loader_new(r, (reel_tensor *[]){train->pictures, train->boxes}, 2,
                                          (reel_loader_options){.batch_size = 32, .shuffle = true});
    reel_tensor *batch[2];
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        while (reel_loader_next(loader, batch)) {
            reel_zero_grad(adam);
            reel_backward(loss_of(k, reel_forward(net, batch[0]), batch[1]));
            reel_step(adam);
            reel_rewind(r);
        }
    }
    reel_tensor *found = corners(reel_forward(net, test->pictures));
    reel_tensor *iou = reel_diagonal(reel_box_iou(found, corners(test->boxes)), 0, 0, 1);
    const double mean = reel_item(reel_mean(iou));
    reel_rewind(r);
    return mean;
}

int main(int argc, char **argv)
{
    reel *r = reel_new();
    reel_manual_seed(r, 1);
    shapes train, test;
    if (argc > 2) {
        const shapes all = read_shapes(r, argv + 1);
        const int64_t count = reel_size(all.boxes, 0), tested = count / 5;
        train = part_of(all, 0, count - tested);
        test = part_of(all, count - tested, tested);
    } else {
        train = draw_shapes(r, TRAINED_ON, 20);
        test = draw_shapes(r, TESTED_ON, 0);
    }
    printf("trained by  mean IoU\n");
    for (int k = 0; k < LOSSES; k++) {
        printf("%-10s  %.1f\n", names[k], train_and_test(r, (kind)k, &train, &test));
    }
    const int failed = reel_failed(r);
    reel_free(r);
    return failed;
}
