/* SPDX-License-Identifier: MIT */
/* What chapter 13's exercise is looked at for. */
#include "check.h"
#include "exercise.h"

static _Alignas(16) unsigned char memory[1 << 20];

int main(void)
{
    size_t peak = 0, longer = 0, unused;
    const double loss = train_within(memory, sizeof memory, 100, &peak);
    look_near(loss, 0.32458028197288513, 0, "The tutorial: seed 0, L1, SGD with 0.01.",
              "the loss after 100 steps, in 1 MB");
    look(peak > 0 && peak < sizeof memory / 2, "reel_memory_peak, before reel_free.",
         "it took %zu bytes", peak);
    train_within(memory, sizeof memory, 1000, &longer);
    look(longer == peak, "Without reel_rewind each step takes more.",
         "1000 steps take as much: %zu bytes", longer);
    look(isnan(train_within(memory, 1000, 100, &unused)),
         "reel_failed says whether there was an error.", "in 1000 bytes it is NaN");
    const size_t size = enough();
    look(size > 0 && train_within(memory, size, 100, &unused) == loss,
         "As much as the peak where there was plenty.", "%zu bytes are enough", size);
    look(size > 256 && isnan(train_within(memory, size - 256, 100, &unused)),
         "The smallest size: the peak.", "and 256 less are not");
    return course_result();
}
