/* SPDX-License-Identifier: MIT */
/* Every allocation of a save and a load fails once, and then all from there on: the reel's and,
 * where malloc can be replaced, the C library's as well. */
#include "faulty.h"

#include <errno.h>
#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/reel-fault-XXXXXX";

/* Too long for any buffer within a struct. */
static const char first[] = "a_name_of_forty_characters_or_so_for_a_layer", key[] = "step";
static const char value[] = "a text that is as long as the names are, or longer";

static bool save(reel *r)
{
    reel_tensor *t = reel_from_f32(r, (float[]){1, 2, 3}, REEL_SHAPE(3));
    reel_named_tensor tensors[] = {{first, t}, {"second", reel_zeros(r, REEL_I64, REEL_SHAPE(2))}};
    reel_metadata_entry metadata = {key, value};
    return reel_safetensors_save(r, path, tensors, 2, &metadata, 1) == REEL_OK;
}

/* Set where a file opens but has not everything under its name: nothing is asserted while memory
 * fails, for an assertion needs some. */
static bool wrong;

static bool load(reel *r)
{
    reel_safetensors *file = reel_safetensors_open(r, path);
    if (!file) {
        return false;
    }
    const char *found = reel_safetensors_metadata(file, key);
    wrong = reel_safetensors_count(file) != 2 || !found || strcmp(found, value) != 0 ||
            strcmp(reel_safetensors_name(file, 0), first) != 0 ||
            strcmp(reel_safetensors_name(file, 1), "second") != 0;
    reel_tensor *t = reel_safetensors_tensor(file, first);
    bool ok = !reel_is_poison(t) && reel_get(t, (int64_t[]){2}) == 3;
    reel_safetensors_close(file);
    return ok;
}

/* What was not done was so for want of memory. */
static void check(const reel *r, bool ok, long at)
{
    ck_assert_msg(!wrong, "allocation %ld: another file than was saved", at);
    ck_assert_msg(reel_error_status(r) == (ok ? REEL_OK : REEL_ERR_MEMORY),
                  "allocation %ld: \"%s\"", at, reel_error(r));
}

static long run(bool (*work)(reel *), long at, bool for_good)
{
    faulty f = {.fail_at = at, .for_good = for_good};
    reel *r = faulty_reel(&f);
    bool ok = r && work(r);
    f.fail_at = -1;
    ck_assert_msg(ok == (at < 0), "allocation %ld is not missed", at);
    if (r) {
        check(r, ok, at);
        faulty_end(&f, r);
    }
    return f.calls;
}

START_TEST(save_and_load_survive)
{
    bool (*const works[])(reel *) = {save, load};
    for (size_t i = 0; i < 2; i++) {
        long total = run(works[i], -1, false);
        ck_assert_int_gt(total, 10);
        for (long at = 0; at < 2 * total; at++) {
            run(works[i], at / 2, at % 2);
            run(load, -1, false); /* what was there before is still whole */
        }
    }
}
END_TEST

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MALLOC_IS_OURS 1

void *__libc_malloc(size_t size); /* NOLINT(bugprone-reserved-identifier): glibc's own */

static long left = -1;

/* For the whole process: this library and the C library's streams. */
REEL_API void *malloc(size_t size)
{
    if (left >= 0 && left-- == 0) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}

START_TEST(the_c_library_may_fail_too)
{
    bool (*const works[])(reel *) = {save, load};
    for (size_t i = 0; i < 2; i++) {
        bool reached = true;
        for (long at = 0; reached; at++) {
            reel *r = quiet_reel();
            left = at;
            bool ok = works[i](r);
            reached = left < 0;
            left = -1;
            check(r, ok, at);
            reel_free(r);
            ck_assert_msg(at > 0 || reached, "malloc is not called");
        }
    }
}
END_TEST
#endif

static void set_up(void)
{
    strcpy(path, "/tmp/reel-fault-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    run(save, -1, false);
}

static void tear_down(void) { unlink(path); }

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, save_and_load_survive);
#ifdef MALLOC_IS_OURS
    tcase_add_test(cases, the_c_library_may_fail_too);
#else
    puts("malloc is not ours here: the C library's own allocations do not fail");
#endif
}

int main(void) { return run_suite("safetensors under failing allocations", add_cases); }
