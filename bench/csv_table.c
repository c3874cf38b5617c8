/* SPDX-License-Identifier: MIT */
/* csv: a table of 50 MB read into floats, beside the parser alone, which only counts fields; and
 * read into a file, its encoder fitted and all rows encoded to another, beside that reading alone;
 * once with memory for a column's numbers, and once with less, where the encoder goes through each
 * column again and again. */
#include "bench.h"
#include "files.h"
#include "inputs.h"
#include "models.h"

#include <csv.h>
#include <math.h>
#include <reel/encoder.h>
#include <reel/row_file.h>
#include <reel/table.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 580000, COLUMNS = 10, BLOCK = 1 << 16, MEMORY = 8 << 20, LITTLE = 1 << 20 };

typedef struct reading {
    reel *r;
    const char *path;
    int64_t memory;
    FILE *file; /* for the bare parser */
    struct csv_parser parser;
} reading;

static void end(const char *what)
{
    fprintf(stderr, "bench: csv: %s\n", what);
    exit(1);
}

/* How many fields the file has, its names among them. */
static double fields_of(reading *it, reel_table *t)
{
    require_success(it->r);
    double fields = (double)((reel_table_rows(t) + 1) * (int64_t)reel_table_columns(t));
    reel_table_free(t);
    return fields;
}

static double read_table(void *state)
{
    reading *it = state;
    return fields_of(it, reel_table_read(it->r, it->path, (reel_table_options){0}));
}

/* With so little memory that cells and features are in files. */
static double read_to_file(void *state)
{
    reading *it = state;
    return fields_of(it,
                     reel_table_read(it->r, it->path, (reel_table_options){.memory = it->memory}));
}

static double encode_to_file(void *state)
{
    reading *it = state;
    reel_table *t = reel_table_read(it->r, it->path, (reel_table_options){.memory = it->memory});
    reel_encoder *e = reel_encoder_fit(t, NULL, (reel_encoder_options){.target = "c0"});
    reel_row_file_free(reel_encode_to_file(e, t, NULL, REEL_F32, it->memory));
    reel_encoder_free(e);
    return fields_of(it, t);
}

static void count_field(void *field, size_t size, void *count)
{
    (void)field, (void)size;
    ++*(double *)count;
}

static double parse_only(void *state)
{
    reading *it = state;
    static char block[BLOCK];
    double fields = 0;
    rewind(it->file);
    for (size_t size; (size = fread(block, 1, sizeof block, it->file)) > 0;) {
        if (csv_parse(&it->parser, block, size, count_field, NULL, &fields) != size) {
            end("the parser failed");
        }
    }
    csv_fini(&it->parser, count_field, NULL, &fields);
    return fields;
}

static void encode(reading *it, const char *config, int64_t memory)
{
    timing time[2];
    it->memory = memory;
    time_in_rounds((contender[]){{encode_to_file, it}, {read_to_file, it}}, 2, 1, bench_seconds,
                   time);
    report(&(result){.workload = "csv",
                     .config = config,
                     .unit = "ms",
                     .threads = 1,
                     .scale = 1e3,
                     .reel = time[0],
                     .limit = time[1]});
}

void bench_csv(void)
{
    const int64_t rows = bench_seconds > 0 ? ROWS : ROWS / 50; /* a trial needs no large file */
    float *x = allocate(rows * COLUMNS);
    fill_uniform(x, rows * COLUMNS, 1000, 1);
    int64_t size;
    const char *path = write_csv(x, rows, COLUMNS, &size);
    free(x);
    reading it = {.r = reel_new(), .path = path, .file = fopen(path, "r")};
    if (!it.file || csv_init(&it.parser, 0) != 0) {
        end("the file could not be read again");
    }
    if (fabs(read_table(&it) - parse_only(&it)) > 0) {
        end("the table has other fields than the file; no time is believed");
    }
    timing time[2];
    time_in_rounds((contender[]){{read_table, &it}, {parse_only, &it}}, 2, (double)size,
                   bench_seconds, time);
    report(&(result){.workload = "csv",
                     .config = "to floats",
                     .unit = "MB/s",
                     .threads = 1,
                     .scale = 1e-6,
                     .rate = true,
                     .reel = time[0],
                     .limit = time[1]});
    encode(&it, "to features in a file", MEMORY);
    encode(&it, "the same in little memory", LITTLE);
    fclose(it.file);
    csv_free(&it.parser);
    reel_free(it.r);
}
