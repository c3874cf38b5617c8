/* SPDX-License-Identifier: MIT */
/*
 * A head, the blocks of cells as pages.c has them, and what there is besides: names, kinds, texts,
 * lines. The head has the sizes of all that, and a checksum of everything behind it, which is
 * compared whenever the file is opened, as are the sizes with the file's and the codes with the
 * texts. Numbers are as the machine has them; another machine's file is another one's.
 */
#include "table_cache.h"
#include "csv_kinds.h"
#include "output_file.h"
#include "pages.h"
#include "scratch_file.h"
#include "system_file.h"

#include <string.h>

static const char what[] = "table_cache";
#define MAGIC "reel-t\r\n"
enum { VERSION = 2 };

typedef struct head {
    char magic[8];
    uint64_t version, key, hash;
    int64_t rows, columns, dtype, block, end, rest;
    uint64_t checksum;
} head;

static uint64_t mix(uint64_t hash, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i += sizeof hash) {
        uint64_t some = 0;
        memcpy(&some, (const char *)bytes + i, count - i < sizeof some ? count - i : sizeof some);
        hash = (hash ^ some) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29;
    }
    return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return mix(hash + 1, text ? text : "", text ? strlen(text) : 0);
}

static uint64_t mix_number(uint64_t hash, int64_t number)
{
    return mix(hash, &number, sizeof number);
}

uint64_t reeli_cache_key(const char *const *paths, size_t count, const reel_table_options *o)
{
    const int64_t numbers[] = {o->separator,
                               o->decimal,
                               o->thousands,
                               o->comment,
                               o->no_header,
                               o->dtype,
                               (int64_t)o->text_count,
                               o->skip_lines,
                               VERSION,
                               (int64_t)count,
                               (int64_t)o->missing_count,
                               o->detect_header};
    uint64_t key = mix(0, numbers, sizeof numbers);
    key = mix_text(key, o->encoding);
    for (size_t i = 0; i < o->text_count; i++) {
        key = mix_text(key, o->text[i]);
    }
    for (size_t i = 0; i < o->missing_count; i++) {
        key = mix_text(key, o->missing[i]);
    }
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        key = mix_text(key, paths[i]);
        if (stat(paths[i], &status) == 0) {
            key = mix_number(mix_number(key, status.st_size), (int64_t)status.st_mtime);
#if defined(__linux__)
            key = mix_number(key, (int64_t)status.st_mtim.tv_nsec);
#endif
        }
    }
    return key;
}

/* What is written after the blocks, in memory. */
static bool put(reel *r, reeli_buffer *to, const void *bytes, size_t size)
{
    if (!reeli_buffer_grow(r, to, to->count + size)) {
        return false;
    }
    if (size > 0) {
        memcpy((char *)to->data + to->count, bytes, size);
    }
    to->count += size;
    return true;
}

static bool put_number(reel *r, reeli_buffer *to, int64_t number)
{
    return put(r, to, &number, sizeof number);
}

static bool put_text(reel *r, reeli_buffer *to, const char *text)
{
    int64_t length = (int64_t)strlen(text);
    return put_number(r, to, length) && put(r, to, text, (size_t)length + 1);
}

static bool put_texts(reel *r, reeli_buffer *to, const reeli_text_set *texts)
{
    bool ok = put_number(r, to, (int64_t)reeli_text_count(texts));
    for (size_t i = 0; ok && i < reeli_text_count(texts); i++) {
        ok = put_text(r, to, reeli_text_at(texts, i));
    }
    return ok;
}

static bool put_column(reel *r, reeli_buffer *to, const reeli_column *c)
{
    const int64_t numbers[] = {c->kind, c->fixed, c->named, c->missing, (int64_t)c->odd.count};
    return put(r, to, numbers, sizeof numbers) &&
           put(r, to, c->odd.data, c->odd.count ? sizeof(struct reeli_odd) : 0) &&
           put_texts(r, to, &c->texts);
}

static bool put_rest(reel_table *t, reeli_buffer *to)
{
    reel *r = t->owned.r;
    const reeli_table_file *files = t->files.data;
    bool ok = put_texts(r, to, &t->names);
    for (size_t j = 0; ok && j < t->columns; j++) {
        ok = put_column(r, to, reeli_column_of(t, j));
    }
    ok = ok && put_number(r, to, (int64_t)t->lines.count) &&
         put(r, to, t->lines.data, t->lines.count * sizeof(reeli_line)) &&
         put_number(r, to, (int64_t)t->files.count);
    for (size_t i = 0; ok && i < t->files.count; i++) {
        ok = put_number(r, to, files[i].row) &&
             put_text(r, to, (const char *)t->paths.data + files[i].path);
    }
    return ok;
}

static size_t part_bytes(const reel_table *t)
{
    return (size_t)t->pages.rows * reeli_cell_bytes(t);
}

static int64_t blocks_of(const reel_table *t)
{
    return t->pages.rows ? (t->rows + t->pages.rows - 1) / t->pages.rows : 0;
}

/* Goes through the cells' parts, into a file unless that is NULL; their checksum. */
static bool go_through(reel_table *t, reel_file *to, uint64_t *checksum)
{
    reel *r = t->owned.r;
    void *part = reeli_malloc(r, part_bytes(t));
    bool ok = part != NULL;
    if (!part) {
        reeli_no_memory(r, what);
    }
    for (int64_t b = 0; b < blocks_of(t); b++) {
        for (size_t j = 0; ok && j < t->columns; j++) {
            ok =
                reeli_pages_read(t, j, b, part) && (!to || reeli_file_put(to, part, part_bytes(t)));
            *checksum = ok ? mix(*checksum, part, part_bytes(t)) : 0;
        }
    }
    reeli_free(r, part, part_bytes(t));
    return ok;
}

bool reeli_cache_keep(reel_table *t, const reel_table_options *options, uint64_t key)
{
    reel *r = t->owned.r;
    reeli_buffer rest = {NULL, 0, 0};
    head h = {.version = VERSION, .key = key, .hash = t->hash, .rows = t->rows};
    reel_file *file = reeli_file_begin(r, what, options->cache);
    bool ok = file && reeli_file_put(file, &h, sizeof h) && go_through(t, file, &h.checksum);
    if (ok && !put_rest(t, &rest)) {
        reeli_no_memory(r, what);
        ok = false;
    }
    if (ok) {
        memcpy(h.magic, MAGIC, sizeof h.magic);
        h.columns = (int64_t)t->columns;
        h.dtype = (int64_t)t->dtype;
        h.block = t->pages.rows;
        h.end = reeli_file_at(file);
        h.rest = (int64_t)rest.count;
        h.checksum = mix(h.checksum, rest.data, rest.count);
        ok = reeli_file_put(file, rest.data, rest.count) && reeli_file_seek(file, 0) &&
             reeli_file_put(file, &h, sizeof h);
    }
    reeli_buffer_free(r, &rest);
    if (!ok) {
        reel_file_discard(file);
        return false;
    }
    return reel_file_commit(file) == REEL_OK;
}

/* What is left to be read of the rest. */
typedef struct rest {
    const char *at;
    size_t left;
} rest;

static bool take(rest *from, void *to, size_t size)
{
    if (size > from->left) {
        return false;
    }
    memcpy(to, from->at, size);
    from->at += size;
    from->left -= size;
    return true;
}

static bool take_count(rest *from, size_t least, size_t *count)
{
    int64_t number;
    bool ok =
        take(from, &number, sizeof number) && number >= 0 && (uint64_t)number <= from->left / least;
    *count = ok ? (size_t)number : 0;
    return ok;
}

static bool take_text(rest *from, const char **text, size_t *length)
{
    if (!take_count(from, 1, length) || *length >= from->left || from->at[*length] != '\0') {
        return false;
    }
    *text = from->at;
    from->at += *length + 1;
    from->left -= *length + 1;
    return true;
}

static bool take_texts(reel *r, rest *from, reeli_text_set *to)
{
    size_t count, length;
    const char *text;
    bool ok = take_count(from, sizeof(int64_t) + 1, &count);
    for (size_t i = 0; ok && i < count; i++) {
        ok = take_text(from, &text, &length) && reeli_text_set_find(to, text, length) < 0 &&
             reeli_text_set_add(r, to, text, length);
    }
    return ok;
}

/* Whatever the file says, they end. */
static void end_texts(struct reeli_odd *odd)
{
    reeli_odd_text *numbers[] = {&odd->dressed, &odd->zeros, &odd->large};
    for (int i = 0; i < REELI_ODD_KEPT; i++) {
        odd->texts[i].text[REELI_ODD_TEXT - 1] = '\0';
    }
    for (int i = 0; i < 3; i++) {
        numbers[i]->text[REELI_ODD_TEXT - 1] = '\0';
    }
}

static bool take_column(reel *r, rest *from, int64_t rows, reeli_column *c)
{
    int64_t numbers[5];
    if (!take(from, numbers, sizeof numbers) || numbers[0] < REELI_NUMBERS ||
        numbers[0] > REELI_TEXT || numbers[3] < 0 || numbers[3] > rows || numbers[4] < 0 ||
        numbers[4] > 1) {
        return false;
    }
    c->kind = (uint8_t)numbers[0];
    c->fixed = numbers[1] != 0;
    c->named = numbers[2] != 0;
    c->missing = numbers[3];
    if (numbers[4] && (!reeli_buffer_add(r, &c->odd, sizeof(struct reeli_odd)) ||
                       !take(from, c->odd.data, sizeof(struct reeli_odd)))) {
        return false;
    }
    if (numbers[4]) {
        end_texts(c->odd.data);
    }
    return take_texts(r, from, &c->texts);
}

static bool take_files(reel_table *t, rest *from)
{
    reel *r = t->owned.r;
    size_t count, length;
    const char *text;
    bool ok = take_count(from, 2 * sizeof(int64_t), &count);
    for (size_t i = 0; ok && i < count; i++) {
        reeli_table_file *file = reeli_buffer_add(r, &t->files, sizeof *file);
        ok = file && take(from, &file->row, sizeof file->row) && take_text(from, &text, &length);
        if (ok) {
            file->path = t->paths.count;
            ok = put(r, &t->paths, text, length + 1);
        }
    }
    return ok;
}

static bool take_lines(reel_table *t, rest *from)
{
    reel *r = t->owned.r;
    size_t count;
    if (!take_count(from, sizeof(reeli_line), &count) ||
        !reeli_buffer_reserve(r, &t->lines, (count + 1) * sizeof(reeli_line)) ||
        !take(from, t->lines.data, count * sizeof(reeli_line))) {
        return false;
    }
    const reeli_line *lines = t->lines.data;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = (i ? lines[i].row >= lines[i - 1].row : lines[i].row == 0) && lines[i].line >= 1;
    }
    t->lines.count = count;
    return ok;
}

static bool take_rest(reel_table *t, const head *h, rest *from)
{
    reel *r = t->owned.r;
    const size_t columns = (size_t)h->columns;
    if (!take_texts(r, from, &t->names) || reeli_text_count(&t->names) != columns ||
        !reeli_buffer_reserve(r, &t->column, (columns + 1) * sizeof(reeli_column))) {
        return false;
    }
    memset(t->column.data, 0, columns * sizeof(reeli_column));
    t->columns = columns;
    for (size_t j = 0; j < columns; j++) {
        if (!take_column(r, from, h->rows, reeli_column_of(t, j))) {
            return false;
        }
    }
    return take_lines(t, from) && take_files(t, from) && from->left == 0;
}

/* Whether each code is a text's. */
static bool codes_are_texts(reel_table *t)
{
    bool ok = true;
    for (size_t j = 0; ok && j < t->columns; j++) {
        const int64_t texts = (int64_t)reel_table_categories(t, j);
        reeli_cursor codes = {.window = NULL};
        ok = !reel_table_is_text(t, j) || reeli_cursor_open(&codes, t, j);
        for (int64_t i = 0; ok && reel_table_is_text(t, j) && i < t->rows; i++) {
            const int32_t code = reeli_code_at(&codes, i);
            ok = code >= -1 && code < texts;
        }
        reeli_cursor_close(&codes);
    }
    return ok;
}

/* Whether the head's numbers can be those of a file of this size. */
static bool is_possible(const head *h, const reel_table *t, int64_t size)
{
    int64_t part, block, all;
    const int64_t cell = (int64_t)reeli_cell_bytes(t);
    return h->rows >= 0 && h->end >= 0 && h->columns >= 1 && h->columns < INT32_MAX &&
           h->block >= 1 && h->block <= 1 << 20 && h->rest >= 0 && h->dtype == (int64_t)t->dtype &&
           reeli_multiply(h->block, cell, &part) && reeli_multiply(part, h->columns, &block) &&
           reeli_multiply(block, h->rows / h->block + (h->rows % h->block > 0), &all) &&
           h->end - (int64_t)sizeof *h == all && size - h->end == h->rest;
}

/* Fills t from the file that is open; false if there is something wrong with it, or memory is
 * out. */
static bool fill(reel_table *t, const head *h)
{
    reel *r = t->owned.r;
    t->rows = t->pages.first = h->rows;
    t->pages.rows = h->block;
    t->pages.base = sizeof *h;
    t->columns = (size_t)h->columns;
    t->hash = h->hash;
    const size_t bytes = (size_t)h->rest;
    char *kept = reeli_malloc(r, bytes + 1);
    uint64_t checksum = 0;
    rest from = {kept, bytes};
    bool ok = kept && go_through(t, NULL, &checksum);
    t->columns = 0;
    ok = ok && reeli_scratch_read(r, what, t->pages.descriptor, kept, bytes, h->end) &&
         mix(checksum, kept, bytes) == h->checksum && take_rest(t, h, &from) && codes_are_texts(t);
    reeli_free(r, kept, bytes + 1);
    return ok;
}

/* As reading it has said. */
static void tell_oddities(reel_table *t, const reel_table_options *options)
{
    reeli_csv_reader reader = {.r = t->owned.r,
                               .table = t,
                               .options = options,
                               .path = t->path,
                               .decimal = options->decimal ? options->decimal : '.'};
    reeli_csv_tell(&reader);
}

reel_table *reeli_cache_open(reel *r, const char *name, const reel_table_options *options,
                             uint64_t key, bool *ours)
{
    struct stat status;
    head h;
    int fd = reeli_file_open(options->cache, O_RDONLY);
    *ours = fd < 0 || fstat(fd, &status) != 0 || status.st_size == 0;
    if (fd < 0) {
        return NULL;
    }
    bool there =
        read(fd, &h, sizeof h) == (ssize_t)sizeof h && memcmp(h.magic, MAGIC, sizeof h.magic) == 0;
    *ours = *ours || there;
    reel_table *t = there && h.version == VERSION && h.key == key
                        ? reeli_table_new(r, what, name, options->dtype)
                        : NULL;
    if (!t) {
        close(fd);
        return NULL;
    }
    t->pages.descriptor = fd;
    t->pages.rows = 1; /* so that it is closed */
    t->memory = options->memory;
    if (is_possible(&h, t, status.st_size) && fill(t, &h)) {
        tell_oddities(t, options);
        return t;
    }
    reel_table_free(t);
    if (r->status == REEL_OK) {
        reeli_warn(r, "%s: the table that was kept is damaged, and is read anew",
                   REELI_QUOTED(options->cache));
    }
    return NULL;
}
