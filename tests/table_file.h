/* SPDX-License-Identifier: MIT */
/* A table typed in a test: a file in a folder of its own, and a reel that keeps its warnings. */
#ifndef TABLE_FILE_H
#define TABLE_FILE_H

#include "check_reel.h"

#include <reel/reel.h>
#include <stdio.h>
#include <unistd.h>

static char folder[64], path[96];
static reel *r;
static char warnings[16][512];
static int warning_count;

static inline void keep_warning(void *context, reel_level level, const char *message)
{
    (void)context;
    if (level == REEL_WARNING && warning_count < 16) {
        snprintf(warnings[warning_count++], sizeof warnings[0], "%s", message);
    }
}

static inline void set_up(void)
{
    strcpy(folder, "/tmp/reel-table-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.csv", folder);
    r = reel_new_with(&(reel_options){.handler = keep_warning});
    warning_count = 0;
}

static inline void tear_down(void)
{
    reel_free(r);
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something was left beside the file");
}

static inline void write_bytes(const void *bytes, size_t count)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, count, stream), count);
    ck_assert_int_eq(fclose(stream), 0);
}

static inline reel_table *read_with(const char *text, reel_table_options options)
{
    write_bytes(text, strlen(text));
    return reel_table_read(r, path, options);
}

static inline reel_table *read_text(const char *text)
{
    return read_with(text, (reel_table_options){.dtype = REEL_F64});
}

/* Warning i has this part; counted from 0. */
#define assert_warning(i, part)                                                                    \
    do {                                                                                           \
        ck_assert_int_gt(warning_count, (i));                                                      \
        ck_assert_msg(strstr(warnings[i], part) != NULL, "the warning is \"%s\"", warnings[i]);    \
    } while (0)

#endif
