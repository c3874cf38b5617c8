/* SPDX-License-Identifier: MIT */
/* Any bytes at all as a table that was kept (reel_table_options.cache), with the key and the
 * checksum that it would have to have: it is taken, and all of it can be read; or it is damaged,
 * and the table is read anew. */
#include "fuzz.h"

/* As src/table/table_cache.c has it: numbers of 8 bytes. */
enum { KEY = 2, ROWS = 4, COLUMNS, DTYPE, BLOCK, END, REST, CHECKSUM, HEAD };
enum { MEMORY = 1024, READ_ANEW = 8 << 20 /* a block in memory, whatever the file */ };

static char csv[] = "/tmp/reel-fuzz-table-XXXXXX";

static void remove_csv(void) { unlink(csv); }

static uint64_t mix(uint64_t hash, const uint8_t *bytes, uint64_t count)
{
    for (uint64_t i = 0; i < count; i += 8) {
        uint64_t some = 0;
        memcpy(&some, bytes + i, count - i < 8 ? count - i : 8);
        hash = (hash ^ some) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29;
    }
    return hash;
}

static reel_table_options keeping(void)
{
    return (reel_table_options){.dtype = REEL_F64, .memory = 1, .cache = path};
}

/* What a table's file has before its sizes: what it is, its version, and its key. */
static void make_start(uint64_t start[KEY + 1])
{
    static const char text[] = "a,b\n1,x\n2,y\n";
    const int fd = mkstemp(csv);
    require(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1 && close(fd) == 0,
            "no table");
    require(atexit(remove_csv) == 0, "no exit");
    reel *r = reel_new();
    require(reel_table_read(r, csv, keeping()) != NULL, reel_error(r));
    reel_free(r);
    FILE *stream = fopen(path, "rb");
    require(stream && fread(start, 8, KEY + 1, stream) == KEY + 1, "nothing was kept");
    fclose(stream);
}

/* Gives the bytes the start and the checksum that belong to them, as far as they have a head. */
static void complete(uint8_t *bytes, size_t size, const uint64_t start[KEY + 1])
{
    uint64_t head[HEAD];
    if (size < sizeof head) {
        return;
    }
    memcpy(bytes, start, (KEY + 1) * sizeof *start);
    memcpy(head, bytes, sizeof head);
    if (head[END] < sizeof head || head[END] > size || head[REST] != size - head[END]) {
        return;
    }
    head[CHECKSUM] =
        mix(mix(0, bytes + sizeof head, head[END] - sizeof head), bytes + head[END], head[REST]);
    memcpy(bytes, head, sizeof head);
}

static void read_all(reel *r, reel_table *t)
{
    for (size_t j = 0; j < reel_table_columns(t); j++) {
        require(reel_table_name(t, j) != NULL, "a column has no name");
        reel_table_column(t, j);
        for (size_t k = 0; k < reel_table_categories(t, j); k++) {
            require(reel_table_category(t, j, k) != NULL, "a category has no text");
        }
        reel_rewind(r);
    }
    for (int64_t i = 0; i < reel_table_rows(t) && i < 1000; i++) {
        require(reel_table_line(t, i) >= 0 && reel_table_row_path(t, i) != NULL, "no place");
    }
    reel_encoder *e = reel_encoder_fit(
        t, NULL, (reel_encoder_options){.target = reel_table_name(t, reel_table_columns(t) - 1)});
    if (e) {
        reel_encode(e, t, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t start[KEY + 1];
    budget memory;
    if (start[0] == 0) {
        write_input(data, 0);
        make_start(start);
    }
    uint8_t *bytes = malloc(size + 1);
    require(bytes != NULL, "no memory");
    memcpy(bytes, data, size);
    complete(bytes, size, start);
    write_input(bytes, size);
    free(bytes);
    reel *r = reel_within(&memory, size, MEMORY);
    memory.limit += READ_ANEW;
    reel_table *t = reel_table_read(r, csv, keeping());
    require((t == NULL) == reel_failed(r), "no table without an error, or the other way");
    if (t) {
        read_all(r, t);
    }
    reel_free(r);
    return 0;
}
