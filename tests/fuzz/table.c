/* SPDX-License-Identifier: MIT */
/* Any bytes at all as a table: it is refused with a reason, or its columns hold what they say, and
 * an encoder of it comes back from JSON and makes the same features. */
#include "fuzz.h"

#include <math.h>

/* A column costs a few hundred bytes, and may come of two; 50 features come of a text. */
enum { MEMORY = 1024 };

static void check_numbers(reel_table *t, size_t column)
{
    reel_tensor *values = reel_table_column(t, column);
    int64_t missing = 0;
    for (int64_t i = 0; i < reel_table_rows(t); i++) {
        double x = reel_get(values, &i);
        require(!isinf(x), "a number is infinite");
        missing += isnan(x);
    }
    require(missing == reel_table_missing(t, column), "the missing values are others");
    require(reel_table_categories(t, column) == 0, "numbers have categories");
}

static void check_text(reel_table *t, size_t column)
{
    const int64_t *codes = reel_data_i64(reel_table_column(t, column));
    int64_t missing = 0, seen = 0;
    for (int64_t i = 0; i < reel_table_rows(t); i++) {
        require(codes[i] >= -1 && codes[i] <= seen, "a text is not numbered as it appears");
        seen += codes[i] == seen;
        missing += codes[i] < 0;
    }
    require(missing == reel_table_missing(t, column), "the missing values are others");
    require((size_t)seen == reel_table_categories(t, column), "the texts are others");
}

static void check_table(reel *r, reel_table *t)
{
    for (size_t j = 0; j < reel_table_columns(t); j++) {
        require(reel_table_find(t, reel_table_name(t, j)) == (int64_t)j, "a name is another's");
        if (reel_table_is_text(t, j)) {
            check_text(t, j);
        } else {
            check_numbers(t, j);
        }
        reel_rewind(r);
    }
    for (int64_t i = 1; i < reel_table_rows(t); i++) {
        require(reel_table_line(t, i) > reel_table_line(t, i - 1), "the lines are not in order");
    }
}

/* The features that an encoder and what came of its JSON make are the same to the bit. */
static void check_encoder(reel *r, reel_table *t, const reel_table_options *o)
{
    reel_encoder_options options = {.target = reel_table_name(t, reel_table_columns(t) - 1),
                                    .date_formats = o->date_formats,
                                    .date_format_count = o->date_format_count};
    reel_encoder *e = reel_encoder_fit(t, NULL, options);
    if (!e) {
        require(reel_failed(r), "no encoder, and no error");
        return;
    }
    reel_encoder *again = reel_encoder_from_json(r, reel_encoder_to_json(e));
    require(again != NULL, reel_error(r));
    reel_tensor *a = reel_encode(e, t, NULL), *b = reel_encode(again, t, NULL);
    require(!reel_failed(r), reel_error(r));
    require(memcmp(reel_data_f64(a), reel_data_f64(b), (size_t)reel_numel(a) * 8) == 0,
            "other features");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    budget memory;
    write_input(data, size);
    reel *r = reel_within(&memory, size, MEMORY);
    static const char *const missing[] = {"-", "1"}, *const encodings[] = {"latin1", "UTF-16",
                                                                           "UTF-7"};
    static const char *const dates[] = {"%Y%m%d", "%m.%y"};
    reel_table_options options = {.dtype = REEL_F64,
                                  .decimal = size % 2 ? '.' : ',',
                                  .no_header = size % 3 == 0,
                                  .detect_header = size % 5 == 0,
                                  .thousands = size % 7 == 0   ? ' '
                                               : size % 7 == 1 ? '\''
                                                               : 0,
                                  .separator = size % 29 < 5 && size % 7 ? ' ' : 0,
                                  .comment = size % 11 == 0 ? '#' : 0,
                                  .missing = missing,
                                  .missing_count = size % 13 % 3,
                                  .date_formats = dates,
                                  .date_format_count = size % 31 % 3,
                                  .skip_lines = size % 17 == 0,
                                  .memory = size % 23 < 4, /* cells in a file, or in memory */
                                  .encoding = size % 19 < 3 ? encodings[size % 19] : NULL};
    memory.limit += options.memory ? 4 << 20 : 0; /* blocks have their size, however short a file */
    reel_table *t = reel_table_read(r, path, options);
    require((t == NULL) == reel_failed(r), "no table without an error, or the other way");
    if (t) {
        check_table(r, t);
        check_encoder(r, t, &options);
    }
    reel_free(r);
    return 0;
}
