// SPDX-License-Identifier: MIT
// A stranger's program in C++: the headers compile, the names link, the mean is the mean.
#include <reel/reel.h>

#include <cstdio>
#include <memory>

int main()
{
    std::unique_ptr<reel, decltype(&reel_free)> r(reel_new(), reel_free);
    const float values[] = {1, 2, 3, 6};
    const int64_t size[] = {2, 2};
    reel_tensor *mean = reel_mean(reel_from_f32(r.get(), values, 2, size));
    std::printf("C++, reel %s: mean %g\n", reel_version(), reel_item(mean));
    return !reel_failed(r.get()) && reel_item(mean) == 3 ? 0 : 1;
}
