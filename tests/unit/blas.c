/* SPDX-License-Identifier: MIT */
/* Products are right with any OpenBLAS and without one: whatever kernels it is told to use, where
 * there is too little room for it, where what bears its name is something else. The last is what
 * this program is run for once more with each library of tests/stand_in in the loader's path; then
 * REEL_TEST_BLAS has what is to be said of it. */
#include "check_reel.h"

#include <reel/compare.h>
#include <reel/elementwise.h>
#include <reel/linalg.h>
#include <reel/reduce.h>
#include <reel/tensor.h>
#include <reel/views.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

/* As OpenBLAS names them, among them some that no CPU has beside others; and none. */
static const char *const cores[] = {
    "Prescott",    "Core2",          "Penryn",       "Dunnington",   "Nehalem",
    "Athlon",      "Opteron",        "Opteron_SSE3", "Barcelona",    "Bobcat",
    "Atom",        "Nano",           "Sandybridge",  "Bulldozer",    "Piledriver",
    "Steamroller", "Excavator",      "Haswell",      "Zen",          "SkylakeX",
    "Cooperlake",  "SapphireRapids", "ARMV8",        "no such core", ""};
enum { CORES = sizeof cores / sizeof *cores };
static const int limits[] = {40, 60, 80, 100, 150, 200, 300, 450, 600, 1000, 4000}; /* MB */
enum { LIMITS = sizeof limits / sizeof *limits };

static int messages;

static void count_message(void *context, reel_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
    messages++;
}

/* A reel of the level that asks OpenBLAS for the smallest products. */
static reel *portable_reel(void)
{
    setenv("REEL_CPU", "portable", 1);
    reel *r = reel_new();
    reel_set_message_handler(r, count_message, NULL);
    messages = 0;
    return r;
}

/* Sums of small whole numbers are exact in any order: the product is that of the same integers. */
static void check_product(reel *r, reel_dtype dtype, int64_t m, int64_t n, int64_t k, bool at,
                          bool bt)
{
    reel_tensor *a = reel_randint(r, REEL_I64, -8, 9, REEL_SHAPE(at ? k : m, at ? m : k));
    reel_tensor *b = reel_randint(r, REEL_I64, -8, 9, REEL_SHAPE(bt ? n : k, bt ? k : n));
    a = at ? reel_t(a) : a;
    b = bt ? reel_t(b) : b;
    reel_tensor *exact = reel_matmul(a, b);
    reel_tensor *c = reel_to(reel_matmul(reel_to(a, dtype), reel_to(b, dtype)), REEL_I64);
    ck_assert_msg(reel_item(reel_all(reel_eq(c, exact))) == 1, "(%d,%d) (%d,%d) of %s: wrong; %s",
                  (int)m, (int)k, (int)k, (int)n, reel_dtype_name(dtype), reel_blas_info(r));
    ck_assert_msg(!reel_failed(r), "%s", reel_error(r));
}

static void check_products(reel *r)
{
    for (int layout = 0; layout < 4; layout++) {
        for (reel_dtype dtype = REEL_F32; dtype <= REEL_F64; dtype++) {
            check_product(r, dtype, 40, 33, 50, layout & 1, layout & 2);
            check_product(r, dtype, 70, 65, 130, layout & 1, layout & 2);
            check_product(r, dtype, 3, 200, 65, layout & 1, layout & 2);
        }
        reel_rewind(r);
    }
}

/* Whether the reel says what is expected of what this program was run with. */
static void check_info(reel *r)
{
    const char *expected = getenv("REEL_TEST_BLAS"), *info = reel_blas_info(r);
    ck_assert_msg(!expected || strstr(info, expected), "%s, where it should be: %s", info,
                  expected);
    ck_assert_str_ne(info, "");
}

START_TEST(whatever_the_kernels)
{
    setenv("OPENBLAS_CORETYPE", cores[_i], 1);
    reel *r = portable_reel();
    check_products(r);
    check_info(r);
    reel_free(r);
}
END_TEST

/* One that asks for nothing: the library's own choice, and what is said of the build. */
START_TEST(as_it_comes)
{
    unsetenv("OPENBLAS_CORETYPE");
    reel *r = portable_reel();
    const char *info = reel_blas_info(r);
    check_products(r);
    check_info(r);
    ck_assert_ptr_eq(reel_blas_info(r), info);
    ck_assert_int_le(messages, 1);
    ck_assert(strstr(reel_build_info(), reel_version()) && strstr(reel_build_info(), "BLAS: "));
    reel_free(r);
    ck_assert(strncmp(reel_blas_info(NULL), "none: ", 6) == 0);
}
END_TEST

#ifndef SANITIZED /* which takes terabytes of address space */
static void limit_address_space(size_t bytes)
{
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}), 0);
}

/* Neither does it hang nor end here. */
START_TEST(in_little_room)
{
    limit_address_space((size_t)limits[_i] << 20);
    reel *r = portable_reel();
    reel_set_num_threads(r, 2);
    check_products(r);
    ck_assert_int_le(messages, 1);
    ck_assert(limits[_i] > 200 || strncmp(reel_blas_info(r), "none: ", 6) == 0);
    reel_free(r);
}
END_TEST

#ifdef __linux__
static size_t address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert(file && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* There was room when it was loaded, and is none for the threads that come later. */
START_TEST(in_room_that_goes)
{
    reel *r = portable_reel();
    check_products(r);
    const bool had = strncmp(reel_blas_info(r), "none: ", 6) != 0;
    limit_address_space(address_space() + (64 << 20));
    check_products(r);
    ck_assert_int_eq(strncmp(reel_blas_info(r), "none: ", 6) != 0, had);
    messages = 0;
    reel_set_num_threads(r, 4);
    check_products(r);
    check_products(r);
    ck_assert_int_eq(messages, had);
    ck_assert(strncmp(reel_blas_info(r), "none: ", 6) == 0);
    reel_free(r);
}
END_TEST
#endif
#endif

static void add_cases(TCase *cases)
{
    tcase_add_loop_test(cases, whatever_the_kernels, 0, CORES);
    tcase_add_test(cases, as_it_comes);
#ifndef SANITIZED
    tcase_add_loop_test(cases, in_little_room, 0, LIMITS);
#ifdef __linux__
    tcase_add_test(cases, in_room_that_goes);
#endif
#endif
}

int main(void) { return run_suite("blas", add_cases); }
