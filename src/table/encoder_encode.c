/* SPDX-License-Identifier: MIT */
/* Rows of a table as features, and the target there and back. */
#include "encoder_encode.h"
#include "c_locale.h"
#include "capture.h"
#include "counted.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = REELI_ENCODE_BLOCK };
typedef reeli_encode_source source;
typedef reeli_encoding encoding;

/* A column of numbers without any value may as well be one of text without any. */
static bool is_empty(const reel_table *t, size_t column)
{
    return reel_table_missing(t, column) == t->rows;
}

/* Whether the column holds what the encoder was fitted to, or what can be made it. */
static bool check_kind(const encoding *it, const char *name, size_t column, bool text)
{
    if (reel_table_is_text(it->t, column) || !text || is_empty(it->t, column)) {
        return true;
    }
    reeli_error(
        it->t->owned.r, REEL_ERR_VALUE,
        "%scolumn '%s' was read as numbers, where the model has learned from text: say that "
        "the column is text",
        REELI_TABLE_TEXT_OF(it->t), REELI_QUOTED(name));
    return false;
}

static bool find_columns(encoding *it, size_t *texts)
{
    for (size_t i = 0; i < it->e->inputs.count; i++) {
        const char *name = reeli_input_name(it->e, i);
        int64_t column = reeli_table_column_named(it->t, "encode", name);
        const reeli_input *input = reeli_input_of(it->e, i);
        if (column < 0 ||
            !check_kind(it, name, (size_t)column, input->kind != REELI_INPUT_NUMBERS)) {
            return false;
        }
        source *s = reeli_source_of(it, i);
        *s = (source){.input = input, .column = (size_t)column};
        s->unseen_place = s->missing_place = INT64_MAX;
        it->sources.count++;
        texts[input->kind != REELI_INPUT_TEXT] += reel_table_categories(it->t, (size_t)column);
    }
    return true;
}

/* Where the columns' cells lie, and which texts are which. */
static bool open_columns(encoding *it)
{
    int32_t *word = it->words.data;
    double *value = it->values.data;
    for (size_t i = 0; i < it->e->inputs.count; i++) {
        source *s = reeli_source_of(it, i);
        s->text = reel_table_is_text(it->t, s->column);
        if (!reeli_cursor_open(&s->cells, it->t, s->column)) {
            return false;
        }
        if (!s->text) {
            continue;
        }
        s->word = word;
        s->value = value;
        for (size_t k = 0; k < reel_table_categories(it->t, s->column); k++) {
            const char *text = reel_table_category(it->t, s->column, k);
            if (s->input->kind == REELI_INPUT_TEXT) {
                *word++ = reeli_input_word(s->input, text, strlen(text));
            } else if (!reeli_input_value(s->input, text, value++)) {
                reeli_no_memory(it->t->owned.r, "encode");
                return false;
            }
        }
    }
    return true;
}

static bool prepare_terms(encoding *it, int64_t rows, int dtype)
{
    reel *r = it->t->owned.r;
    int64_t size[] = {rows, (int64_t)it->e->features};
    if (!reeli_buffer_reserve(r, &it->row, (it->e->base + it->e->features) * sizeof(double))) {
        reeli_no_memory(r, "encode");
        return false;
    }
    reel_tensor *made = reeli_create(r, "encode", dtype, 2, size);
    it->made = reeli_bad(made) ? NULL : made;
    return it->made != NULL;
}

/* Of a file blocks as large as half of a small second cache, for a system's call takes its time;
 * where terms are made of them, one. */
static int64_t put_rows(const encoding *it)
{
    enum { BYTES = 1 << 17 };
    const int64_t block = BLOCK * (int64_t)it->e->base * (int64_t)sizeof(float);
    return it->e->terms.count || block > BYTES ? BLOCK : BYTES / block * BLOCK;
}

static bool prepare(encoding *it)
{
    reel *r = it->t->owned.r;
    size_t texts[2] = {0, 0};
    if (!reeli_buffer_reserve(r, &it->sources, it->e->inputs.count * sizeof(source))) {
        reeli_no_memory(r, "encode");
        return false;
    }
    if (!find_columns(it, texts)) {
        return false;
    }
    if (!reeli_buffer_reserve(r, &it->words, (texts[0] + 1) * sizeof(int32_t)) ||
        !reeli_buffer_reserve(r, &it->values, (texts[1] + 1) * sizeof(double))) {
        reeli_no_memory(r, "encode");
        return false;
    }
    it->put_rows = put_rows(it);
    int64_t size[] = {it->file && it->rows.count > it->put_rows ? it->put_rows : it->rows.count,
                      (int64_t)it->e->base};
    if (!open_columns(it) || !reeli_rows_by_block(it->t, "encode", it->rows, &it->order)) {
        return false;
    }
    int dtype = (int)(it->file ? it->file->dtype : it->t->dtype);
    bool terms = it->e->terms.count > 0; /* they are made of doubles */
    it->to = reeli_create(r, "encode", terms ? (int)REEL_F64 : dtype, 2, size);
    return !reeli_bad(it->to) && (!terms || it->base_only || prepare_terms(it, size[0], dtype));
}

/* `count` rows' features of terms, of those of columns. */
static void fill_terms(encoding *it, int64_t count)
{
    int64_t base = (int64_t)it->e->base, features = (int64_t)it->e->features;
    double *row = it->row.data;
    for (int64_t i = 0; i < count; i++) {
        for (int64_t k = 0; k < base; k++) {
            row[k] = reeli_load(it->to, i * base + k);
        }
        reeli_terms_apply(it->e, row, row + base, &it->odd);
        for (int64_t k = 0; k < features; k++) {
            reeli_put_number(it->made, i * features + k, row[base + k]);
        }
    }
}

static bool encode_all(encoding *it)
{
    for (int64_t begin = 0; begin < it->rows.count; begin += BLOCK) {
        int64_t end = begin + BLOCK < it->rows.count ? begin + BLOCK : it->rows.count;
        reeli_encode_block(it, begin, end);
        if (it->file && it->made) {
            fill_terms(it, end - begin);
        }
        const reel_tensor *rows = it->made ? it->made : it->to;
        const int64_t first = begin - begin % it->put_rows;
        const bool put = it->file && (end == first + it->put_rows || end == it->rows.count);
        if (it->t->owned.r->status != REEL_OK ||
            (put && !reeli_row_file_put(it->file, first, end - first, rows->data))) {
            return false;
        }
    }
    if (!it->file && it->made) {
        fill_terms(it, it->rows.count);
    }
    return true;
}

/* Several columns' in one warning, each with how many, and of numbers the median; as many as there
 * is room for. */
static void warn_of_all_missing(const encoding *it, reeli_input_kind kind, int64_t count)
{
    char list[REELI_MESSAGE_SIZE / 2] = "", one[REELI_QUOTE_SIZE + 64], median[32] = "";
    size_t used = 0;
    int64_t left = count; /* columns that are not listed */
    for (size_t i = 0; i < it->e->inputs.count; i++) {
        const source *s = reeli_source_of(it, i);
        if (s->missing == 0 || s->input->kind != kind) {
            continue;
        }
        if (kind == REELI_INPUT_NUMBERS) {
            reeli_format(median, sizeof median, " as %.9g", s->input->median);
        }
        int length = snprintf(one, sizeof one, "%s'%s' (%lld%s)", left < count ? ", " : "",
                              REELI_QUOTED(reel_table_name(it->t, s->column)),
                              (long long)s->missing, median);
        if (used + (size_t)length >= sizeof list) {
            break;
        }
        memcpy(list + used, one, (size_t)length + 1);
        used += (size_t)length;
        left--;
    }
    reeli_warn(it->t->owned.r, "%s%s have missing values, which are taken for %s: %s%s",
               REELI_TABLE_TEXT_OF(it->t), REELI_COUNTED(count, "column"),
               kind == REELI_INPUT_NUMBERS ? "the median"
               : kind == REELI_INPUT_DATES ? "the median date, in no month or hour"
                                           : "0 in all their features",
               list, left ? ", …" : "");
}

static void warn_of_missing(const encoding *it, const source *s)
{
    char as[48] = "0 in all its features";
    if (s->input->kind == REELI_INPUT_NUMBERS) {
        reeli_format(as, sizeof as, "the median, %.9g", s->input->median);
    } else if (s->input->kind == REELI_INPUT_DATES) {
        snprintf(as, sizeof as, "the median date, in no month or hour");
    }
    reeli_warn(it->t->owned.r, "%scolumn '%s': %s %s taken for %s", REELI_TABLE_TEXT_OF(it->t),
               REELI_QUOTED(reel_table_name(it->t, s->column)),
               REELI_COUNTED(s->missing, "missing value"),
               reeli_one_or_many(s->missing, "is", "are"), as);
}

static void warn_of_unseen(const encoding *it, const source *s)
{
    const char *text = reel_table_category(it->t, s->column, (size_t)s->unseen_code);
    const int64_t row = reeli_row(it->rows, s->unseen_place);
    bool one = s->unseen == 1;
    const char *what = s->input->kind == REELI_INPUT_TEXT
                           ? "not seen in training, and 0 in all features"
                       : s->input->kind == REELI_INPUT_DATES ? "no date"
                                                             : "no number";
    reeli_warn(it->t->owned.r, "%s: %s, '%s'%s, %s %s", REELI_CELL_TEXT_OF(it->t, row, s->column),
               REELI_COUNTED(s->unseen, "value"), REELI_QUOTED(text), one ? "" : " the first",
               one ? "was" : "were", what);
}

/* Of each kind of column once. */
static void tell_missing(const encoding *it)
{
    for (reeli_input_kind kind = REELI_INPUT_NUMBERS; kind <= REELI_INPUT_DATES; kind++) {
        const source *first = NULL;
        int64_t count = 0;
        for (size_t i = 0; i < it->e->inputs.count; i++) {
            const source *s = reeli_source_of(it, i);
            bool counts = s->missing > 0 && s->input->kind == kind;
            first = counts && !first ? s : first;
            count += counts;
        }
        if (count > 1) {
            warn_of_all_missing(it, kind, count);
        } else if (count == 1) {
            warn_of_missing(it, first);
        }
    }
}

/* Says what was done for want of something better; false where missing values are refused. */
static bool tell(const encoding *it)
{
    for (size_t i = 0; i < it->e->inputs.count; i++) {
        const source *s = reeli_source_of(it, i);
        if (s->missing > 0 && it->e->refuse_missing) {
            reeli_error(
                it->t->owned.r, REEL_ERR_VALUE, "%s: the value is missing",
                REELI_CELL_TEXT_OF(it->t, reeli_row(it->rows, s->missing_place), s->column));
            return false;
        }
    }
    tell_missing(it);
    for (size_t i = 0; i < it->e->inputs.count; i++) {
        const source *s = reeli_source_of(it, i);
        if (s->unseen > 0) {
            warn_of_unseen(it, s);
        }
    }
    return true;
}

static void warn_of_odd(const encoding *it)
{
    if (it->odd) {
        reeli_warn(it->t->owned.r, "%s%s %s no logarithm or root: the median's %s taken",
                   REELI_TABLE_TEXT_OF(it->t), REELI_COUNTED(it->odd, "value"),
                   reeli_one_or_many(it->odd, "has", "have"),
                   reeli_one_or_many(it->odd, "is", "are"));
    }
}

static bool encode(encoding *it)
{
    bool ok = prepare(it) && encode_all(it) && (it->base_only || tell(it));
    if (ok && it->made) {
        warn_of_odd(it);
        reel_tensor_free(it->to);
        it->to = it->made;
        it->made = NULL;
    }
    return ok;
}

static void end(encoding *it)
{
    reel *r = it->t->owned.r;
    for (size_t i = 0; i < it->sources.count; i++) {
        reeli_cursor_close(&reeli_source_of(it, i)->cells);
    }
    reeli_buffer_free(r, &it->sources);
    reeli_buffer_free(r, &it->words);
    reeli_buffer_free(r, &it->values);
    reeli_buffer_free(r, &it->order);
    reeli_buffer_free(r, &it->row);
    if (it->made) {
        reel_tensor_free(it->made);
    }
}

/* Whether both are there and of one reel. */
static bool may_encode(const reel_encoder *e, const reel_table *t, const char *what)
{
    if (e->owned.r != t->owned.r) {
        reeli_error(t->owned.r, REEL_ERR_OWNER, "%s: the encoder belongs to another reel", what);
    }
    return e->owned.r == t->owned.r && !REELI_REFUSE(t->owned.r, what, "a table cannot be encoded");
}

reel_tensor *reel_encode(const reel_encoder *e, reel_table *t, const reel_tensor *rows)
{
    if (!REELI_ALIVE(e, "encode") || !REELI_ALIVE(t, "encode")) {
        return t ? t->owned.r->poison : e ? e->owned.r->poison : NULL;
    }
    reel *r = t->owned.r;
    encoding it = {.e = e, .t = t, .to = r->poison};
    bool ok = may_encode(e, t, "encode") && reeli_table_rows_of(t, "encode", rows, &it.rows) &&
              encode(&it);
    end(&it);
    if (!ok && !reeli_bad(it.to)) {
        reel_tensor_free(it.to);
    }
    return ok ? it.to : r->poison;
}

reel_tensor *reeli_encode_base(const reel_encoder *e, reel_table *t, reeli_rows rows)
{
    reel *r = t->owned.r;
    encoding it = {.e = e, .t = t, .rows = rows, .to = r->poison, .base_only = true};
    bool ok = encode(&it);
    end(&it);
    if (!ok && !reeli_bad(it.to)) {
        reel_tensor_free(it.to);
    }
    return ok ? it.to : r->poison;
}

/* The rows, which lie by blocks, in their own order, in another file. */
static reel_row_file *in_order(encoding *it, int64_t memory)
{
    reel *r = it->t->owned.r;
    reel_row_file *to = reel_row_file_new(r, it->file->dtype, it->file->columns, memory);
    reeli_buffer places = {NULL, 0, 0}; /* where each row of the order lies */
    const size_t bytes = (size_t)it->rows.count * sizeof(int64_t);
    bool ok = to != NULL;
    if (ok && !reeli_buffer_reserve(r, &places, bytes)) {
        reeli_no_memory(r, "encode");
        ok = false;
    }
    int64_t *place = places.data;
    for (int64_t k = 0; ok && k < it->rows.count; k++) {
        place[reeli_by_block(&it->order, k)] = k;
    }
    reeli_buffer_free(r, &it->order);
    const reeli_row_list list = {.rows = place, .count = it->rows.count};
    ok = ok && reeli_row_order_begin(it->file, &list);
    reeli_buffer_free(r, &places);
    for (int64_t at = 0; ok && at < it->rows.count; at += it->put_rows) {
        int64_t left = it->rows.count - at, count = left < it->put_rows ? left : it->put_rows;
        ok = reeli_row_order_next(it->file, count, it->to->data) &&
             reeli_row_file_put(to, at, count, it->to->data);
    }
    reel_row_file_free(it->file);
    it->file = ok ? to : NULL;
    if (!ok) {
        reel_row_file_free(to);
    }
    return it->file;
}

static reel_row_file *encode_to_file(encoding *it, reel_dtype dtype, size_t columns, int64_t memory)
{
    it->file = reel_row_file_new(it->t->owned.r, dtype, (int64_t)columns, memory);
    bool ok = it->file && encode(it);
    if (ok && it->order.count) {
        ok = in_order(it, memory) != NULL;
    }
    end(it);
    if (!reeli_bad(it->to)) {
        reel_tensor_free(it->to);
    }
    if (!ok) {
        reel_row_file_free(it->file);
    }
    return ok ? it->file : NULL;
}

reel_row_file *reel_encode_to_file(const reel_encoder *e, reel_table *t, const reel_tensor *rows,
                                   reel_dtype dtype, int64_t memory)
{
    static const char what[] = "encode_to_file";
    if (!REELI_ALIVE(e, what) || !REELI_ALIVE(t, what)) {
        return NULL;
    }
    encoding it = {.e = e, .t = t, .to = t->owned.r->poison};
    bool ok = may_encode(e, t, what) && reeli_table_rows_of(t, what, rows, &it.rows);
    return ok ? encode_to_file(&it, dtype, e->features, memory) : NULL;
}

reel_row_file *reeli_encode_base_to_file(const reel_encoder *e, reel_table *t, reeli_rows rows,
                                         int64_t memory)
{
    encoding it = {.e = e, .t = t, .rows = rows, .to = t->owned.r->poison, .base_only = true};
    return encode_to_file(&it, REEL_F64, e->base, memory);
}

/* A row whose target is none; an error. */
static bool refuse_target(const reel_encoder *e, const reel_table *t, size_t column, int64_t row,
                          double y)
{
    if (isnan(y)) {
        reeli_error(t->owned.r, REEL_ERR_VALUE,
                    "%s: the target is missing: leave out the rows without one",
                    REELI_CELL_TEXT_OF(t, row, column));
    } else {
        reeli_error(t->owned.r, REEL_ERR_VALUE, "%s: the target, %g, has no %s",
                    REELI_CELL_TEXT_OF(t, row, column), y, reeli_transform_names[e->transform]);
    }
    return false;
}

static bool fill_target(const reel_encoder *e, reeli_cursor *numbers, reeli_rows rows,
                        const reeli_buffer *order, reel_tensor *to)
{
    int64_t bad = INT64_MAX;
    double bad_value = 0;
    for (int64_t k = 0; k < rows.count; k++) {
        int64_t i = reeli_by_block(order, k);
        double y = reeli_number_at(numbers, reeli_row(rows, i));
        double changed = reeli_transform(e->transform, y);
        if (isnan(changed) && i < bad) {
            bad = i;
            bad_value = y;
        }
        reeli_put_number(to, i, (changed - e->target_mean) / e->target_scale);
    }
    return numbers->t->owned.r->status == REEL_OK &&
           (bad == INT64_MAX ||
            refuse_target(e, numbers->t, numbers->column, reeli_row(rows, bad), bad_value));
}

static reel_tensor *encode_target(const reel_encoder *e, reel_table *t, size_t column,
                                  reeli_rows rows)
{
    reel *r = t->owned.r;
    int64_t size[] = {rows.count, 1};
    reeli_cursor numbers = {.window = NULL};
    reeli_buffer order = {NULL, 0, 0};
    reel_tensor *to = reeli_create(r, "encode_target", (int)t->dtype, 2, size);
    bool ok = !reeli_bad(to) && reeli_cursor_open(&numbers, t, column) &&
              reeli_rows_by_block(t, "encode_target", rows, &order) &&
              fill_target(e, &numbers, rows, &order, to);
    reeli_cursor_close(&numbers);
    reeli_buffer_free(r, &order);
    if (!ok && !reeli_bad(to)) {
        reel_tensor_free(to);
    }
    return ok ? to : r->poison;
}

reel_tensor *reel_encode_target(const reel_encoder *e, reel_table *t, const reel_tensor *rows)
{
    static const char what[] = "encode_target";
    if (!REELI_ALIVE(e, what) || !REELI_ALIVE(t, what)) {
        return t ? t->owned.r->poison : e ? e->owned.r->poison : NULL;
    }
    const char *name = reel_encoder_target_name(e);
    int64_t column = may_encode(e, t, what) ? reeli_table_column_named(t, what, name) : -1;
    reeli_rows chosen;
    if (column < 0 || !reeli_table_rows_of(t, what, rows, &chosen)) {
        return t->owned.r->poison;
    }
    if (e->transform == REEL_TRANSFORM_CLASS) {
        return reeli_encode_classes(e, t, (size_t)column, chosen);
    }
    if (reel_table_is_text(t, (size_t)column)) {
        return reeli_fail(t->owned.r, REEL_ERR_VALUE,
                          "%s: %scolumn '%s' holds text, where the target holds numbers", what,
                          REELI_TABLE_TEXT_OF(t), REELI_QUOTED(name));
    }
    return encode_target(e, t, (size_t)column, chosen);
}

/* t[0] = t[1] p[0] + p[1], with transform i[0] undone. */
static bool decode(const reeli_args *a)
{
    reel_tensor *to = a->t[0];
    reeli_copy(to, a->t[1]);
    for (int64_t i = 0; i < to->numel; i++) {
        double y = reeli_load(to, i) * a->p[0] + a->p[1];
        reeli_put_number(to, i, reeli_transform_back((reel_transform)a->i[0], y));
    }
    return true;
}

reel_tensor *reel_decode_target(const reel_encoder *e, reel_tensor *y)
{
    static const char what[] = "decode_target";
    if (!REELI_ALIVE(e, what) || !reeli_usable_as(e->owned.r, what, "its argument", y)) {
        return e ? e->owned.r->poison : NULL;
    }
    if (!reeli_is_float(y->dtype)) {
        return reeli_fail(e->owned.r, REEL_ERR_DTYPE, "%s: expected floats, got %s", what,
                          reel_dtype_name((reel_dtype)y->dtype));
    }
    reel_tensor *to = reeli_empty(e->owned.r, what, y->dtype, y->ndim, y->size);
    const reeli_args args = {.r = e->owned.r,
                             .t = {to, y},
                             .p = {e->target_scale, e->target_mean},
                             .i = {(int64_t)e->transform}};
    return reeli_bad(to) || reeli_do(decode, &args) ? to : e->owned.r->poison;
}
