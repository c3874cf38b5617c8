// SPDX-License-Identifier: MIT
// The L1-loss tutorial once more, in C++: the same library, the same lines, the same digits. What
// C++ changes:
//
// - A reel is what std::unique_ptr is for. All else belongs to the reel, so nothing else needs one.
// - C's `(float[]){1, 2, 3}` does not exist: data come from an array, a std::array, a std::vector.
// - Options by name, `{.lr = 0.01}`, are C++20. Before it, an empty struct is PyTorch's defaults,
//   as in C, and a field is set in a line of its own. (g++ -Wextra warns of the fields that a C++20
//   initializer leaves out; they are zero, which is what is meant:
//   -Wno-missing-field-initializers.)
// - REEL_SHAPE and REEL_MODULES are as in C.
// - The library is C, so no exception may leave a function that you give to it (a hook, a closure,
//   an operation of your own): catch it there, and answer as that function says a failure is
//   answered.
//
// usage: tutorial_in_cpp [SEED]
#include <reel/reel.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

// A column of values; the tensor has a copy.
static reel_tensor *column(reel *r, const std::vector<float> &values)
{
    return reel_from_f32(r, values.data(), REEL_SHAPE(values.size(), 1));
}

int main(int argc, char **argv)
{
    const std::unique_ptr<reel, decltype(&reel_free)> owner(reel_new(), reel_free);
    reel *r = owner.get();
    reel_manual_seed(r, argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0);

    // Synthetic data
    reel_tensor *x = column(r, {1, 2, 3, 4, 5});
    reel_tensor *y_true = column(r, {2, 4, 6, 8, 10});

    // Model, loss function, optimizer
    reel_module *model = reel_nn_linear(r, 1, 1);
    reel_module *l1_loss = reel_nn_l1_loss(r, {});
    reel_sgd_options options = {};
    options.lr = 0.01; // in C++20: reel_optim_sgd(reel_parameters(model), {.lr = 0.01})
    reel_optimizer *sgd = reel_optim_sgd(reel_parameters(model), options);

    // Training loop
    for (int epoch = 0; epoch < 100; epoch++) {
        reel_tensor *loss = reel_loss(l1_loss, reel_forward(model, x), y_true);
        reel_zero_grad(sgd);
        reel_backward(loss);
        reel_step(sgd);
        std::printf("Epoch %d, Loss: %s\n", epoch + 1, reel_item_repr(loss));
        reel_rewind(r); // this step's tensors are gone; no delete, no new
    }

    // Evaluation on new data
    reel_tensor *y_test_pred = reel_forward(model, column(r, {6, 7, 8, 9, 10}));
    reel_tensor *test_loss = reel_loss(l1_loss, y_test_pred, column(r, {12, 14, 16, 18, 20}));
    std::printf("Test Loss: %s\n", reel_item_repr(test_loss));

    return reel_failed(r); // the reason has been printed on stderr; the reel goes with its owner
}
