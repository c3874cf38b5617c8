/* SPDX-License-Identifier: MIT */
/* A table's files, one after the other. */
#include "csv_file.h"
#include "csv_cells.h"
#include "csv_kinds.h"
#include "csv_parse.h"
#include "csv_team.h"

#include <string.h>

/* Room for as many rows as the file has if the others are as long as the first: growing little by
 * little would leave up to half of the memory unused. */
static void expect_rows(reeli_csv_reader *it, int64_t taken, int64_t bytes)
{
    int64_t rows = it->table->rows;
    if (!it->failed && rows > 0 && bytes > taken) {
        double expected = 1.02 * (double)rows * ((double)bytes / (double)taken);
        if (!reeli_csv_fits(it, expected)) {
            it->failed = !reeli_csv_to_pages(it);
        } else if (expected > (double)it->room && expected < 0x1p48) {
            reeli_csv_reserve(it, (int64_t)expected); /* a guess: without it, little by little */
        }
    }
}

bool reeli_csv_begin(reeli_csv_reader *it, reel_table *t, const reel_table_options *options,
                     reeli_buffer *as_text)
{
    t->memory = options->memory;
    *it = (reeli_csv_reader){.r = t->owned.r,
                             .table = t,
                             .options = options,
                             .as_text = as_text,
                             .path = t->path,
                             .decimal = options->decimal ? options->decimal : '.'};
    return reeli_csv_begin_parser(it);
}

/* Another file's rows begin. */
static bool begin_file(reeli_csv_reader *it, const reeli_dialect *dialect, const char *name)
{
    reel_table *t = it->table;
    size_t length = strlen(name) + 1;
    reeli_table_file *file = reeli_buffer_add(it->r, &t->files, sizeof *file);
    if (!file || !reeli_buffer_grow(it->r, &t->paths, t->paths.count + length)) {
        reeli_csv_no_memory(it);
        return false;
    }
    *file = (reeli_table_file){t->rows, t->paths.count};
    memcpy((char *)t->paths.data + t->paths.count, name, length);
    t->paths.count += length;
    it->path = name;
    it->line = dialect->line;
    it->named_here = it->after_return = it->in_comment = false;
    it->in_quotes = it->blank = it->within_line = it->remark = false;
    it->column = 0;
    csv_set_delim(&it->parser, (unsigned char)dialect->separator);
    return true;
}

bool reeli_csv_file(reeli_csv_reader *it, const reeli_dialect *dialect, reeli_csv_source *source)
{
    int64_t taken = 0;
    size_t skip = dialect->skip;
    if (!begin_file(it, dialect, source->name)) {
        return false;
    }
    while (!it->failed && source->count > 0) {
        bool first = taken == 0;
        taken += (int64_t)source->count;
        reeli_csv_hash(it, source->bytes, source->count);
        reeli_csv_take(it, source->bytes + skip, source->count - skip);
        skip = 0;
        if (first && it->table->files.count == 1) {
            expect_rows(it, taken, source->size);
            it->failed = it->failed || (source->size > taken && !reeli_csv_settle(it));
        }
        if (first && it->options->team && !it->failed) {
            it->failed = !reeli_csv_team(it, source, &taken);
        }
        reeli_csv_tell_progress(it, taken, source->size);
        if (!it->failed && !reeli_csv_next(source)) {
            it->failed = true;
        }
    }
    if (!it->failed) {
        reeli_csv_take_end(it);
    }
    return !it->failed;
}

bool reeli_csv_end(reeli_csv_reader *it, bool *again)
{
    *again = false;
    bool csv = !it->table->matrix; /* and no array of NumPy's */
    if (!it->failed && csv && reeli_csv_settle(it)) {
        *again = reeli_csv_mistaken(it);
        if (!*again) {
            reeli_csv_finish(it);
            reeli_csv_tell(it);
        }
    }
    reeli_csv_end_parser(it);
    reeli_buffer_free(it->r, &it->first);
    reeli_buffer_free(it->r, &it->order);
    return !it->failed;
}
