// SPDX-License-Identifier: MIT
// A stranger's program in C++: the headers compile, the names link, the mean is the mean, and the
// macros give what the longer way gives.
#include <reel/reel.h>

#include <cstdio>
#include <memory>
#include <vector>

// A shape by REEL_SHAPE, of whatever integers, is the array and its length.
static bool shapes(reel *r)
{
    const std::vector<float> values = {1, 2, 3, 6, 9, 15};
    const int two = 2;
    reel_tensor *x = reel_from_f32(r, values.data(), REEL_SHAPE(two, values.size() / 2));
    reel_tensor *one = reel_full(r, REEL_F64, 7, REEL_SCALAR_SHAPE);
    return reel_ndim(x) == 2 && reel_size(x, 0) == 2 && reel_size(x, 1) == 3 &&
           reel_item(reel_mean(x)) == 6 && reel_ndim(one) == 0 && reel_item(one) == 7;
}

// Modules in REEL_MODULES draw their weights from first to last, as those made one by one do.
static bool modules(reel *r)
{
    reel_manual_seed(r, 3);
    reel_module *first = reel_nn_linear(r, 3, 4), *last = reel_nn_linear(r, 4, 2);
    reel_manual_seed(r, 3);
    reel_module *mlp = reel_nn_sequential(
        r, REEL_MODULES(reel_nn_linear(r, 3, 4), reel_nn_relu(r), reel_nn_linear(r, 4, 2)));
    reel_tensor *x = reel_ones(r, REEL_F32, REEL_SHAPE(5, 3));
    reel_tensor *wanted = reel_forward(last, reel_relu(reel_forward(first, x)));
    return reel_item(reel_all(reel_eq(reel_forward(mlp, x), wanted))) == 1 &&
           reel_item(reel_any(wanted)) == 1;
}

int main()
{
    const std::unique_ptr<reel, decltype(&reel_free)> r(reel_new(), reel_free);
    const bool right = shapes(r.get()) && modules(r.get()) && !reel_failed(r.get());
    std::printf("C++, reel %s: %s\n", reel_version(), right ? "right" : "wrong");
    return right ? 0 : 1;
}
