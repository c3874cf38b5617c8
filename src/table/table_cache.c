/* SPDX-License-Identifier: MIT */
/*
 * A head, the blocks of cells as pages.c has them, and what there is besides: names, kinds, texts,
 * lines. The head has the sizes of all that, and a checksum of everything behind it, which is
 * compared whenever the file is opened, as are the sizes with the file's and the codes with the
 * texts. Numbers are as the machine has them; another machine's file is another one's.
 *
 * While the table is read its blocks go to NAME.part, and every now and then a note is made of how
 * far that has come, under the file's own name: a head, the place in the text, what there is
 * besides, and the cells that no block has yet. Another reading goes on from there. In the end all
 * is in NAME.part, which takes the note's place.
 */
#include "table_cache.h"
#include "csv_kinds.h"
#include "output_file.h"
#include "pages.h"
#include "quote.h"
#include "scratch_file.h"
#include "table_kept.h"
#include "thresholds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char what[] = "table_cache";
#define WHOLE "reel-t\r\n"
#define NOTE "reel-p\r\n"
enum { VERSION = 5 };

typedef struct head {
    char magic[8];
    uint64_t version, key, hash;
    int64_t rows, columns, dtype, block;
    int64_t end; /* where the blocks do; of a note: the rows that they have */
    int64_t rest;
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
                               (int64_t)o->date_format_count,
                               o->detect_header};
    uint64_t key = mix(0, numbers, sizeof numbers);
    key = mix_text(key, o->encoding);
    for (size_t i = 0; i < o->text_count; i++) {
        key = mix_text(key, o->text[i]);
    }
    for (size_t i = 0; i < o->missing_count; i++) {
        key = mix_text(key, o->missing[i]);
    }
    for (size_t i = 0; i < o->date_format_count; i++) {
        key = mix_text(key, o->date_formats[i]);
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

static int64_t blocks_of(const reel_table *t)
{
    return t->pages.rows ? (t->rows + t->pages.rows - 1) / t->pages.rows : 0;
}

/* Goes on with the checksum of the blocks from `from` to `to`, which are put into another file,
 * too, unless that is -1. */
static bool go_through(reel_table *t, int64_t from, int64_t to, uint64_t *checksum, int copy)
{
    reel *r = t->owned.r;
    void *part = reeli_malloc(r, reeli_part_bytes(t));
    const int fd = t->pages.descriptor;
    bool ok = part != NULL;
    if (!part) {
        reeli_no_memory(r, what);
    }
    for (int64_t b = from; b < to; b++) {
        for (size_t j = 0; ok && j < t->columns; j++) {
            ok = reeli_pages_read(t, j, b, part);
            *checksum = ok ? mix(*checksum, part, reeli_part_bytes(t)) : 0;
            t->pages.descriptor = copy;
            ok = ok && (copy < 0 || reeli_pages_write(t, j, b, part));
            t->pages.descriptor = fd;
        }
    }
    reeli_free(r, part, reeli_part_bytes(t));
    return ok;
}

static head head_of(const reel_table *t, uint64_t key, const char *magic)
{
    head h = {.version = VERSION,
              .key = key,
              .hash = t->hash,
              .rows = t->rows,
              .columns = (int64_t)t->columns,
              .dtype = (int64_t)t->dtype,
              .block = t->pages.rows};
    memcpy(h.magic, magic, sizeof h.magic);
    return h;
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

static bool all_have_kinds(const reel_table *t)
{
    bool all = true;
    for (size_t j = 0; j < t->columns; j++) {
        all = all && reeli_column_of(t, j)->kind != REELI_UNDECIDED;
    }
    return all;
}

/* Whether a head's numbers can be, of which so many rows are in blocks; how many bytes those are.
 */
static bool is_possible(const head *h, const reel_table *t, int64_t rows, int64_t *bytes)
{
    int64_t part, block;
    return rows >= 0 && h->end >= 0 && h->columns >= 1 && h->columns < INT32_MAX && h->block >= 1 &&
           h->block <= 1 << 20 && h->rest >= 0 && h->dtype == (int64_t)t->dtype &&
           reeli_multiply(h->block, (int64_t)reeli_cell_bytes(t), &part) &&
           reeli_multiply(part, h->columns, &block) &&
           reeli_multiply(block, rows / h->block + (rows % h->block > 0), bytes);
}

/* And those of a file of this size. */
static bool table_is_possible(const head *h, const reel_table *t, int64_t size)
{
    int64_t bytes;
    return is_possible(h, t, h->rows, &bytes) && h->end - (int64_t)sizeof *h == bytes &&
           size - h->end == h->rest;
}

/* Fills t from the file that is open; false if there is something wrong with it, or memory is
 * out. */
static bool fill(reel_table *t, const head *h, reeli_short_rows *short_rows)
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
    reeli_rest from = {kept, bytes};
    bool ok = kept && go_through(t, 0, blocks_of(t), &checksum, -1);
    t->columns = 0;
    ok =
        ok &&
        reeli_scratch_read(r, what, t->pages.path.data, t->pages.descriptor, kept, bytes, h->end) &&
        mix(checksum, kept, bytes) == h->checksum &&
        reeli_kept_take(&from, short_rows, sizeof *short_rows) &&
        reeli_kept_take_table(t, (size_t)h->columns, h->rows, &from) && from.left == 0 &&
        all_have_kinds(t) && codes_are_texts(t);
    reeli_free(r, kept, bytes + 1);
    return ok;
}

/* As reading it has said. */
static void tell_oddities(reel_table *t, const reel_table_options *options,
                          const reeli_short_rows *short_rows)
{
    reeli_csv_reader reader = {.r = t->owned.r,
                               .table = t,
                               .options = options,
                               .path = t->path,
                               .short_rows = *short_rows,
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
    bool there = read(fd, &h, sizeof h) == (ssize_t)sizeof h;
    bool whole = there && memcmp(h.magic, WHOLE, sizeof h.magic) == 0;
    *ours = *ours || whole || (there && memcmp(h.magic, NOTE, sizeof h.magic) == 0);
    reel_table *t = whole && h.version == VERSION && h.key == key
                        ? reeli_table_new(r, what, name, options->dtype)
                        : NULL;
    if (!t) {
        close(fd);
        return NULL;
    }
    t->pages.descriptor = fd;
    t->pages.rows = 1; /* so that it is closed */
    t->memory = options->memory;
    reeli_short_rows short_rows;
    if (reeli_pages_name(t, what, options->cache) && table_is_possible(&h, t, status.st_size) &&
        fill(t, &h, &short_rows)) {
        tell_oddities(t, options, &short_rows);
        return t;
    }
    reel_table_free(t);
    if (r->status == REEL_OK) {
        reeli_warn(r, "%s: the table that was kept is damaged, and is read anew",
                   REELI_QUOTED(options->cache));
    }
    return NULL;
}

static bool refuse(const reeli_keeping *k, const char *why)
{
    reeli_error(k->r, reeli_system_status(errno), "%s: '%s.part' %s: %s", what,
                REELI_QUOTED(k->options->cache), why, REELI_SYSTEM_ERROR(errno));
    return false;
}

static const char *part_name(const reeli_keeping *k, char name[REELI_PATH_SIZE + 8])
{
    snprintf(name, REELI_PATH_SIZE + 8, "%s.part", k->target.path);
    return name;
}
#define PART_OF(k) part_name(k, (char[REELI_PATH_SIZE + 8]){0})

/* The file, with a lock: -1 where another process writes it, or with *failed. */
static int open_part(reeli_keeping *k, bool *failed)
{
    const char *name = PART_OF(k);
    int fd = reeli_file_open(name, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (fd < 0) {
        *failed = !refuse(k, "cannot be written");
        return -1;
    }
    if (reeli_file_lock(fd) == REELI_LOCKED_BY_OTHERS || !reeli_file_is_named(fd, name)) {
        close(fd);
        reeli_warn(k->r, "%s: another process keeps a table there, and this one does not",
                   REELI_QUOTED(k->options->cache));
        return -1;
    }
    return fd;
}

bool reeli_keep_begin(reeli_keeping *k, reel *r, const reel_table_options *options, uint64_t key)
{
    const reel_table_team *team = options->team;
    bool failed = false;
    *k = (reeli_keeping){.r = r, .options = options, .key = key, .descriptor = -1};
    if (!reeli_find_target(&k->target, options->cache) || k->target.in_place) {
        errno = k->target.in_place ? EINVAL : errno;
        return refuse(k, k->target.why ? k->target.why : "cannot be written");
    }
    if (!team || team->machine == team->rank) {
        k->descriptor = open_part(k, &failed);
        k->holds = k->descriptor >= 0;
    }
    return !failed;
}

bool reeli_keep_anew(reeli_keeping *k)
{
    k->checksum = 0;
    k->checked = k->noted = 0;
    k->goes_on = false;
    if (!k->holds) {
        return true;
    }
    bool failed = false;
    k->descriptor = k->descriptor < 0 ? open_part(k, &failed) : k->descriptor;
    k->holds = k->descriptor >= 0;
    return !failed && (!k->holds || ftruncate(k->descriptor, 0) == 0 || refuse(k, "cannot be cut"));
}

bool reeli_keep_pages(reeli_keeping *k, reel_table *t)
{
    const int fd = k->holds ? k->descriptor : reeli_scratch_open(k->r, what, NULL);
    k->descriptor = -1;
    t->pages.rows = fd >= 0; /* so that it is closed */
    t->pages.descriptor = fd;
    return fd >= 0 && (!k->holds || reeli_pages_name(t, what, PART_OF(k))) &&
           reeli_pages_begin(t, what, fd, sizeof(head));
}

/* A note's numbers, in this order: places in the text, and of the reader. */
enum { TAKEN, HASHED, LINE, HEADLESS, RETURN, MORE = REELI_NOTED };

static bool put_cells(const reel_table *t, reeli_buffer *to)
{
    bool ok = true;
    for (size_t j = 0; ok && j < t->columns; j++) {
        const reeli_column *c = reeli_column_of(t, j);
        const size_t cell = reeli_column_cell(t, c);
        ok =
            c->kind == REELI_UNDECIDED || reeli_kept_put(t->owned.r, to, c->cells.data,
                                                         (size_t)(t->rows - t->pages.first) * cell);
    }
    return ok;
}

static bool put_note(const reeli_csv_reader *it, int64_t taken, reeli_buffer *to)
{
    reel_table *t = it->table;
    const int64_t at[MORE] = {[TAKEN] = taken,
                              [HASHED] = it->hashed,
                              [LINE] = it->line,
                              [HEADLESS] = it->headless,
                              [RETURN] = it->after_return};
    return reeli_kept_put(it->r, to, at, sizeof at) &&
           reeli_kept_put(it->r, to, &it->short_rows, sizeof it->short_rows) &&
           reeli_kept_put_table(t, to) &&
           reeli_kept_put(it->r, to, it->as_text->data, t->columns * sizeof(bool)) &&
           reeli_kept_put_number(it->r, to, (int64_t)it->order.count) &&
           reeli_kept_put(it->r, to, it->order.data, it->order.count * sizeof(size_t)) &&
           put_cells(t, to);
}

/* First after some megabytes, then after a quarter more each time, so far as that is not many. */
bool reeli_keep_is_due(const reeli_csv_reader *it, int64_t bytes)
{
    enum { FIRST = REELI_FIRST_NOTE, MOST = 32 * REELI_FIRST_NOTE };
    const reeli_keeping *k = it->keeping;
    if (!k || !k->holds || !it->table->pages.rows) {
        return false;
    }
    const int64_t more = k->noted / 4 < FIRST ? FIRST : k->noted / 4 < MOST ? k->noted / 4 : MOST;
    return it->hashed + bytes - k->noted >= more;
}

bool reeli_keep_note(reeli_csv_reader *it, int64_t taken)
{
    reeli_keeping *k = it->keeping;
    reel_table *t = it->table;
    const int64_t blocks = t->pages.first / t->pages.rows;
    reeli_buffer rest = {NULL, 0, 0};
    if (!go_through(t, k->checked, blocks, &k->checksum, -1)) {
        return false;
    }
    k->checked = blocks;
    head h = head_of(t, k->key, NOTE);
    h.end = t->pages.first;
    bool ok = put_note(it, taken, &rest);
    if (!ok) {
        reeli_no_memory(it->r, what);
    }
    h.rest = (int64_t)rest.count;
    h.checksum = mix(k->checksum, rest.data, rest.count);
    reel_file *file = ok ? reeli_file_begin(it->r, what, k->options->cache) : NULL;
    ok = file && reeli_file_put(file, &h, sizeof h) && reeli_file_put(file, rest.data, rest.count);
    reeli_buffer_free(it->r, &rest);
    if (!ok) {
        reel_file_discard(file);
        return false;
    }
    k->noted = it->hashed;
    return reel_file_commit(file) == REEL_OK;
}

/* So many rows in whole blocks, and less than one besides. */
static bool note_is_possible(const head *h, const reel_table *t, int64_t size, int64_t *bytes)
{
    return is_possible(h, t, h->end, bytes) && h->end % h->block == 0 && h->rows >= h->end &&
           h->rows - h->end < h->block && h->rest == size - (int64_t)sizeof *h;
}

static bool take_cells(reel_table *t, reeli_rest *from)
{
    const size_t left = (size_t)(t->rows - t->pages.first);
    bool ok = true;
    for (size_t j = 0; ok && j < t->columns; j++) {
        reeli_column *c = reeli_column_of(t, j);
        const size_t cell = reeli_column_cell(t, c);
        ok = c->kind == REELI_UNDECIDED ||
             (reeli_buffer_reserve(t->owned.r, &c->cells, (size_t)t->pages.rows * cell) &&
              reeli_kept_take(from, c->cells.data, left * cell));
    }
    return ok;
}

static bool take_note(reeli_keeping *k, reel_table *t, const head *h, reeli_buffer *as_text,
                      reeli_rest *from)
{
    reel *r = k->r;
    const size_t columns = (size_t)h->columns;
    t->columns = 0;
    bool ok = reeli_kept_take(from, k->at, sizeof k->at) &&
              reeli_kept_take(from, &k->short_rows, sizeof k->short_rows) &&
              reeli_kept_take_table(t, columns, h->rows, from) &&
              reeli_buffer_reserve(r, as_text, columns * sizeof(bool)) &&
              reeli_kept_take(from, as_text->data, columns * sizeof(bool)) &&
              reeli_kept_take_count(from, sizeof(size_t), &k->order.count) &&
              (k->order.count == 0 || k->order.count == columns) &&
              reeli_buffer_reserve(r, &k->order, (columns + 1) * sizeof(size_t)) &&
              reeli_kept_take(from, k->order.data, k->order.count * sizeof(size_t)) &&
              take_cells(t, from) && from->left == 0 && codes_are_texts(t) && k->at[TAKEN] > 0 &&
              t->files.count > 0;
    for (size_t i = 0; ok && i < k->order.count; i++) {
        ok = ((const size_t *)k->order.data)[i] < columns;
    }
    as_text->count = ok ? columns : 0;
    return ok;
}

static bool fill_from_note(reeli_keeping *k, reel_table *t, const head *h, int note,
                           reeli_buffer *as_text)
{
    const size_t bytes = (size_t)h->rest;
    char *kept = reeli_malloc(k->r, bytes + 1);
    reeli_rest from = {kept, bytes};
    t->rows = h->rows;
    t->hash = h->hash;
    t->columns = (size_t)h->columns;
    t->pages.rows = h->block;
    t->pages.first = h->end;
    t->pages.base = sizeof *h;
    k->checked = h->end / h->block;
    /* where another process goes on with the blocks, this one has its own */
    const int own = k->holds ? -1 : reeli_scratch_open(k->r, what, NULL);
    bool ok = kept && (k->holds || own >= 0) &&
              reeli_scratch_read(k->r, what, k->options->cache, note, kept, bytes, sizeof *h) &&
              go_through(t, 0, k->checked, &k->checksum, own) &&
              mix(k->checksum, kept, bytes) == h->checksum;
    if (own >= 0) {
        close(t->pages.descriptor);
        t->pages.descriptor = own;
    }
    ok = ok && (own >= 0 || reeli_pages_name(t, what, PART_OF(k)));
    ok = ok && take_note(k, t, h, as_text, &from);
    reeli_free(k->r, kept, bytes + 1);
    return ok;
}

/* Whether there is a file long enough for the blocks that the note tells of. */
static bool has_blocks(int fd, int64_t bytes)
{
    struct stat status;
    return fd >= 0 && fstat(fd, &status) == 0 && status.st_size - (int64_t)sizeof(head) >= bytes;
}

bool reeli_keep_go_on(reeli_keeping *k, reel_table *t, reeli_buffer *as_text)
{
    struct stat status;
    head h;
    int64_t bytes;
    const int note = reeli_file_open(k->target.path, O_RDONLY);
    bool ok = note >= 0 && fstat(note, &status) == 0 &&
              read(note, &h, sizeof h) == (ssize_t)sizeof h &&
              memcmp(h.magic, NOTE, sizeof h.magic) == 0 && h.version == VERSION &&
              h.key == k->key && note_is_possible(&h, t, status.st_size, &bytes);
    const int fd = !ok ? -1 : k->holds ? k->descriptor : reeli_file_open(PART_OF(k), O_RDONLY);
    ok = ok && has_blocks(fd, bytes);
    if (ok) {
        t->pages.descriptor = fd;
        t->pages.rows = 1; /* so that it is closed */
        k->descriptor = -1;
        ok = fill_from_note(k, t, &h, note, as_text);
    } else if (fd >= 0 && !k->holds) {
        close(fd);
    }
    if (note >= 0) {
        close(note);
    }
    k->goes_on = ok;
    k->noted = ok ? k->at[HASHED] : 0;
    return ok;
}

void reeli_keep_restore(reeli_keeping *k, reeli_csv_reader *it)
{
    it->hashed = k->at[HASHED];
    it->line = k->at[LINE];
    it->short_rows = k->short_rows;
    it->headless = k->at[HEADLESS] != 0;
    it->after_return = k->at[RETURN] != 0;
    it->named = it->named_here = true;
    it->room = it->table->pages.rows;
    it->order = k->order;
    k->order = (reeli_buffer){NULL, 0, 0};
}

int64_t reeli_keep_taken(const reeli_keeping *k) { return k->at[TAKEN]; }

/* What is behind the blocks, and the head, into the table's own file. */
static bool complete(reeli_keeping *k, reel_table *t)
{
    reel *r = k->r;
    const int fd = t->pages.descriptor;
    reeli_buffer rest = {NULL, 0, 0};
    head h = head_of(t, k->key, WHOLE);
    h.end = (int64_t)sizeof h + blocks_of(t) * (int64_t)(reeli_part_bytes(t) * t->columns);
    h.checksum = k->checksum;
    bool ok = go_through(t, k->checked, blocks_of(t), &h.checksum, -1);
    if (ok && !(reeli_kept_put(r, &rest, &k->short_rows, sizeof k->short_rows) &&
                reeli_kept_put_table(t, &rest))) {
        reeli_no_memory(r, what);
        ok = false;
    }
    h.rest = (int64_t)rest.count;
    h.checksum = mix(h.checksum, rest.data, rest.count);
    const char *path = t->pages.path.data;
    ok = ok && reeli_scratch_write(r, what, path, fd, rest.data, rest.count, h.end) &&
         reeli_scratch_write(r, what, path, fd, &h, sizeof h, 0);
    ok = ok && ((ftruncate(fd, h.end + h.rest) == 0 && reeli_file_sync(fd) == 0) ||
                refuse(k, "cannot be written"));
    reeli_buffer_free(r, &rest);
    return ok;
}

bool reeli_keep_end(reeli_keeping *k, reel_table *t)
{
    if (!k->holds) {
        return true;
    }
    struct stat status;
    if (!complete(k, t)) {
        return false;
    }
    if (stat(k->target.path, &status) == 0) {
        (void)reeli_file_permit(t->pages.descriptor, &status);
    }
    k->holds = false;
    const int placed = reeli_file_place(t->pages.descriptor, PART_OF(k), k->target.path);
    t->pages.descriptor = placed == 0 ? reeli_file_open(k->target.path, O_RDONLY) : -1;
    return (t->pages.descriptor >= 0 || refuse(k, "cannot take its place")) &&
           reeli_pages_name(t, what, k->options->cache);
}

void reeli_keep_close(reeli_keeping *k)
{
    reeli_buffer_free(k->r, &k->order);
    if (k->descriptor >= 0) {
        close(k->descriptor);
    }
    if (k->holds && !k->noted) {
        unlink(PART_OF(k));
    } else if (k->holds) {
        reeli_warn(k->r, "%s: so far as the table was read, another reading goes on from there",
                   REELI_QUOTED(k->options->cache));
    }
    k->holds = false;
}
