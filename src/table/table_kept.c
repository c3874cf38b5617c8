/* SPDX-License-Identifier: MIT */
/* What there is of a table besides its cells, as bytes and back. Nothing that is taken is believed:
 * what cannot be is refused. Numbers are as the machine has them. */
#include "table_kept.h"
#include "csv_kinds.h"

#include <string.h>

/* What is written after the blocks, in memory. */
bool reeli_kept_put(reel *r, reeli_buffer *to, const void *bytes, size_t size)
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

bool reeli_kept_put_number(reel *r, reeli_buffer *to, int64_t number)
{
    return reeli_kept_put(r, to, &number, sizeof number);
}

static bool put_text(reel *r, reeli_buffer *to, const char *text)
{
    int64_t length = (int64_t)strlen(text);
    return reeli_kept_put_number(r, to, length) && reeli_kept_put(r, to, text, (size_t)length + 1);
}

static bool put_texts(reel *r, reeli_buffer *to, const reeli_text_set *texts)
{
    bool ok = reeli_kept_put_number(r, to, (int64_t)reeli_text_count(texts));
    for (size_t i = 0; ok && i < reeli_text_count(texts); i++) {
        ok = put_text(r, to, reeli_text_at(texts, i));
    }
    return ok;
}

static bool put_column(reel *r, reeli_buffer *to, const reeli_column *c)
{
    const int64_t numbers[] = {c->kind,  c->fixed,   c->named,
                               c->dates, c->missing, (int64_t)c->odd.count};
    return reeli_kept_put(r, to, numbers, sizeof numbers) &&
           reeli_kept_put(r, to, c->odd.data, c->odd.count ? sizeof(struct reeli_odd) : 0) &&
           put_texts(r, to, &c->texts);
}

bool reeli_kept_put_table(reel_table *t, reeli_buffer *to)
{
    reel *r = t->owned.r;
    const reeli_table_file *files = t->files.data;
    bool ok = put_texts(r, to, &t->names);
    for (size_t j = 0; ok && j < t->columns; j++) {
        ok = put_column(r, to, reeli_column_of(t, j));
    }
    ok = ok && reeli_kept_put_number(r, to, (int64_t)t->lines.count) &&
         reeli_kept_put(r, to, t->lines.data, t->lines.count * sizeof(reeli_line)) &&
         reeli_kept_put_number(r, to, (int64_t)t->files.count);
    for (size_t i = 0; ok && i < t->files.count; i++) {
        ok = reeli_kept_put_number(r, to, files[i].row) &&
             put_text(r, to, (const char *)t->paths.data + files[i].path);
    }
    return ok;
}

bool reeli_kept_take(reeli_rest *from, void *to, size_t size)
{
    if (size > from->left) {
        return false;
    }
    memcpy(to, from->at, size);
    from->at += size;
    from->left -= size;
    return true;
}

bool reeli_kept_take_count(reeli_rest *from, size_t least, size_t *count)
{
    int64_t number;
    bool ok = reeli_kept_take(from, &number, sizeof number) && number >= 0 &&
              (uint64_t)number <= from->left / least;
    *count = ok ? (size_t)number : 0;
    return ok;
}

static bool take_text(reeli_rest *from, const char **text, size_t *length)
{
    if (!reeli_kept_take_count(from, 1, length) || *length >= from->left ||
        from->at[*length] != '\0') {
        return false;
    }
    *text = from->at;
    from->at += *length + 1;
    from->left -= *length + 1;
    return true;
}

static bool take_texts(reel *r, reeli_rest *from, reeli_text_set *to)
{
    size_t count, length;
    const char *text;
    bool ok = reeli_kept_take_count(from, sizeof(int64_t) + 1, &count);
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

static bool take_column(reel *r, reeli_rest *from, int64_t rows, reeli_column *c)
{
    int64_t numbers[6];
    if (!reeli_kept_take(from, numbers, sizeof numbers) || numbers[0] < REELI_UNDECIDED ||
        numbers[0] > REELI_TEXT || numbers[4] < 0 || numbers[4] > rows || numbers[5] < 0 ||
        numbers[5] > 1) {
        return false;
    }
    c->kind = (uint8_t)numbers[0];
    c->fixed = numbers[1] != 0;
    c->named = numbers[2] != 0;
    c->dates = numbers[3] != 0;
    c->missing = numbers[4];
    if (numbers[5] && (!reeli_buffer_add(r, &c->odd, sizeof(struct reeli_odd)) ||
                       !reeli_kept_take(from, c->odd.data, sizeof(struct reeli_odd)))) {
        return false;
    }
    if (numbers[5]) {
        end_texts(c->odd.data);
    }
    return take_texts(r, from, &c->texts);
}

static bool take_files(reel_table *t, reeli_rest *from)
{
    reel *r = t->owned.r;
    size_t count, length;
    const char *text;
    bool ok = reeli_kept_take_count(from, 2 * sizeof(int64_t), &count);
    for (size_t i = 0; ok && i < count; i++) {
        reeli_table_file *file = reeli_buffer_add(r, &t->files, sizeof *file);
        ok = file && reeli_kept_take(from, &file->row, sizeof file->row) &&
             take_text(from, &text, &length);
        if (ok) {
            file->path = t->paths.count;
            ok = reeli_kept_put(r, &t->paths, text, length + 1);
        }
    }
    return ok;
}

static bool take_lines(reel_table *t, reeli_rest *from)
{
    reel *r = t->owned.r;
    size_t count;
    if (!reeli_kept_take_count(from, sizeof(reeli_line), &count) ||
        !reeli_buffer_reserve(r, &t->lines, (count + 1) * sizeof(reeli_line)) ||
        !reeli_kept_take(from, t->lines.data, count * sizeof(reeli_line))) {
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

bool reeli_kept_take_table(reel_table *t, size_t columns, int64_t rows, reeli_rest *from)
{
    reel *r = t->owned.r;
    if (!take_texts(r, from, &t->names) || reeli_text_count(&t->names) != columns ||
        !reeli_buffer_reserve(r, &t->column, (columns + 1) * sizeof(reeli_column))) {
        return false;
    }
    memset(t->column.data, 0, columns * sizeof(reeli_column));
    t->columns = columns;
    for (size_t j = 0; j < columns; j++) {
        if (!take_column(r, from, rows, reeli_column_of(t, j))) {
            return false;
        }
    }
    return take_lines(t, from) && take_files(t, from);
}
