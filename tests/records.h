/* SPDX-License-Identifier: MIT */
/* Files of expected values: a line is words, an equals sign, and the values that belong to them. */
#ifndef RECORDS_H
#define RECORDS_H

#include "check_reel.h"

#include <reel/tensor.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORD_WORDS = 256, RECORD_LINE = 8192, RECORD_HEAD = 4 };

typedef struct record {
    char line[RECORD_LINE];
    char *word[RECORD_WORDS]; /* those before the sign, then the values */
    int words, values;
} record;

static inline FILE *open_records(const char *name)
{
    char path[1024];
    const char *folder = getenv("REEL_TEST_DATA"); /* of other seeds: tests/generate/live.sh */
    snprintf(path, sizeof path, "%s/%s", folder ? folder : REEL_TEST_DATA, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    return file;
}

/* Splits it->line in place. */
static inline void split_record(record *it)
{
    int count = 0;
    char *rest = it->line;
    it->words = -1;
    for (char *word; (word = strtok_r(rest, " \n", &rest));) {
        if (strcmp(word, "=") == 0) {
            it->words = count;
        } else {
            ck_assert_int_lt(count, RECORD_WORDS);
            it->word[count++] = word;
        }
    }
    ck_assert_int_ge(it->words, 0);
    it->values = count - it->words;
}

/* The next line that is not empty or a comment; false at the end. */
static inline bool next_record(FILE *file, record *it)
{
    while (fgets(it->line, sizeof it->line, file)) {
        if (it->line[0] != '\n' && it->line[0] != '#') {
            split_record(it);
            return true;
        }
    }
    fclose(file);
    return false;
}

static inline reel_dtype record_dtype(const record *it, int word)
{
    for (int d = REEL_F32; d <= REEL_BOOL; d++) {
        if (strcmp(it->word[word], reel_dtype_name((reel_dtype)d)) == 0) {
            return (reel_dtype)d;
        }
    }
    ck_abort_msg("%s is no dtype", it->word[word]);
    return REEL_F32;
}

static inline int64_t record_whole(const record *it, int word)
{
    return strtoll(it->word[word], NULL, 10);
}

static inline double record_number(const record *it, int word)
{
    return strtod(it->word[word], NULL);
}

static inline void assert_record_element(const record *it, int value, reel_tensor *t, int64_t index,
                                         double relative)
{
    const char *text = it->word[it->words + value];
    if (reel_dtype_of(t) == REEL_I64) {
        int64_t got = reel_data_i64(t)[index];
        ck_assert_msg(got == strtoll(text, NULL, 10), "%s %s: [%lld] is %lld, not %s", it->word[0],
                      it->word[1], (long long)index, (long long)got, text);
        return;
    }
    double got = reel_get(t, &index);
    ck_assert_msg(is_close(got, strtod(text, NULL), relative), "%s %s: [%lld] is %a, not %s",
                  it->word[0], it->word[1], (long long)index, got, text);
}

/* t's elements are the record's. Of a long tensor the record has the first four and the last. */
static inline void assert_record(const record *it, reel_tensor *t, double relative)
{
    int64_t n = reel_numel(t);
    ck_assert_int_eq(reel_ndim(t), 1);
    ck_assert_int_le(it->values, n);
    ck_assert(it->values == n || it->values > RECORD_HEAD);
    for (int i = 0; i < it->values; i++) {
        int64_t index = i < RECORD_HEAD || it->values == n ? i : n - it->values + i;
        assert_record_element(it, i, t, index, relative);
    }
}

#endif
