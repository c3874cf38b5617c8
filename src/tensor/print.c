/* SPDX-License-Identifier: MIT */
/* Tensors and numbers as text, in PyTorch's and Python's format. */
#include "tensor.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PRECISION = 4,
    THRESHOLD = 1000, /* more elements than this are summarised */
    EDGE_ITEMS = 3,   /* shown at each end of a summarised dim */
    LINE_WIDTH = 80,
    NUMBER_SIZE = 64, /* holds any number as text */
    DIGITS = 17       /* as many as any double needs */
};

/* Text that grows in the arena. Once memory is out, nothing more is added. */
typedef struct text {
    reel *r;
    char *start;
    size_t used, room;
    size_t line; /* where the last line starts */
    bool failed;
} text;

static bool reserve(text *out, size_t more)
{
    if (out->failed || more < out->room - out->used) {
        return !out->failed;
    }
    size_t room = 2 * out->room + more + 256;
    char *start = reeli_arena_alloc(out->r, room);
    out->failed = !start;
    if (start) {
        if (out->used) {
            memcpy(start, out->start, out->used);
        }
        out->start = start;
        out->room = room;
    }
    return start;
}

static void add(text *out, const char *piece)
{
    size_t length = strlen(piece);
    if (reserve(out, length)) {
        memcpy(out->start + out->used, piece, length + 1);
        out->used += length;
    }
}

static void add_spaces(text *out, int count)
{
    for (int i = 0; i < count; i++) {
        add(out, " ");
    }
}

static void add_lines(text *out, int count, int indent)
{
    for (int i = 0; i < count; i++) {
        add(out, "\n");
    }
    out->line = out->used;
    add_spaces(out, indent);
}

/* snprintf writes the locale's decimal point, which may be several bytes: whatever stands between
 * the digits becomes a point. */
static void use_point(char *number)
{
    char *p = number + (*number == '-');
    p += strspn(p, "0123456789");
    if (*p == '\0' || *p == 'e') {
        return;
    }
    size_t length = strcspn(p, "0123456789");
    *p = '.';
    memmove(p + 1, p + length, strlen(p + length) + 1);
}

/* How a tensor's elements are written: PyTorch decides it for all of them together. */
typedef struct style {
    bool scientific;
    bool whole; /* every value is a whole number: `2.` */
    bool summarize;
    int width;             /* to which the elements are padded */
    double least, largest; /* magnitudes of what is finite and not zero; 0 while there is none */
} style;

static void float_text(char out[NUMBER_SIZE], double x, const style *s)
{
    if (!isfinite(x)) {
        snprintf(out, NUMBER_SIZE, "%s", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
    } else if (s->scientific) {
        snprintf(out, NUMBER_SIZE, "%.*e", PRECISION, x);
        use_point(out);
    } else if (s->whole) {
        snprintf(out, NUMBER_SIZE, "%.0f.", x);
    } else {
        snprintf(out, NUMBER_SIZE, "%.*f", PRECISION, x);
        use_point(out);
    }
}

static void element_text(char out[NUMBER_SIZE], const reel_tensor *t, int64_t offset,
                         const style *s)
{
    if (t->dtype == REEL_I64) {
        snprintf(out, NUMBER_SIZE, "%" PRId64, ((const int64_t *)t->data)[offset]);
    } else if (t->dtype == REEL_BOOL) {
        snprintf(out, NUMBER_SIZE, "%s", ((const bool *)t->data)[offset] ? "True" : "False");
    } else {
        float_text(out, reeli_load(t, offset), s);
    }
}

/* The index after i that is shown of a dim of `size`. */
static int64_t next_shown(const style *s, int64_t i, int64_t size)
{
    return s->summarize && size > 2 * EDGE_ITEMS && i == EDGE_ITEMS - 1 ? size - EDGE_ITEMS : i + 1;
}

/* Calls see for each element that is shown, from dim on. */
static void each_shown(const reel_tensor *t, int dim, int64_t offset, style *s,
                       void (*see)(const reel_tensor *t, int64_t offset, style *s))
{
    if (dim == t->ndim) {
        see(t, offset, s);
        return;
    }
    for (int64_t i = 0; i < t->size[dim]; i = next_shown(s, i, t->size[dim])) {
        each_shown(t, dim + 1, offset + i * t->stride[dim], s, see);
    }
}

static void see_value(const reel_tensor *t, int64_t offset, style *s)
{
    double x = fabs(reeli_load(t, offset));
    if (isfinite(x) && x != 0.0) {
        s->whole = s->whole && x == floor(x);
        s->least = s->least == 0.0 || x < s->least ? x : s->least;
        s->largest = x > s->largest ? x : s->largest;
    }
}

/* Of floats only what is finite and not zero counts. */
static void see_width(const reel_tensor *t, int64_t offset, style *s)
{
    if (reeli_is_float(t->dtype)) {
        double x = reeli_load(t, offset);
        if (!isfinite(x) || x == 0.0) {
            return;
        }
    }
    char element[NUMBER_SIZE];
    element_text(element, t, offset, s);
    int width = (int)strlen(element);
    s->width = width > s->width ? width : s->width;
}

static style choose_style(const reel_tensor *t)
{
    style s = {.whole = true, .summarize = t->numel > THRESHOLD, .width = 1};
    if (reeli_is_float(t->dtype)) {
        each_shown(t, 0, 0, &s, see_value);
        s.scientific = s.largest > 0.0 && (s.largest / s.least > 1000.0 || s.largest > 1.0e8 ||
                                           (!s.whole && s.least < 1.0e-4));
    }
    each_shown(t, 0, 0, &s, see_width);
    return s;
}

static void add_element(text *out, const reel_tensor *t, int64_t offset, const style *s)
{
    char element[NUMBER_SIZE];
    element_text(element, t, offset, s);
    add_spaces(out, s->width - (int)strlen(element));
    add(out, element);
}

/* The last dim: as many elements to a line as there is room for, an ellipsis counting as one. */
static void add_row(text *out, const reel_tensor *t, int64_t offset, int indent, const style *s)
{
    int64_t size = t->size[t->ndim - 1];
    int fit = (LINE_WIDTH - indent) / (s->width + 2), place = 0;
    fit = fit > 0 ? fit : 1;
    add(out, "[");
    for (int64_t i = 0, next; i < size; i = next) {
        next = next_shown(s, i, size);
        for (int skipped = 0; skipped <= (next > i + 1); skipped++, place++) {
            if (place > 0) {
                add(out, place % fit ? ", " : ",");
            }
            if (place > 0 && place % fit == 0) {
                add_lines(out, 1, indent + 1);
            }
            if (skipped) {
                add(out, " ...");
            } else {
                add_element(out, t, offset + i * t->stride[t->ndim - 1], s);
            }
        }
    }
    add(out, "]");
}

static void add_dims(text *out, const reel_tensor *t, int dim, int64_t offset, int indent,
                     const style *s)
{
    int64_t size = t->size[dim];
    if (dim == t->ndim - 1) {
        add_row(out, t, offset, indent, s);
        return;
    }
    add(out, "[");
    for (int64_t i = 0, next; i < size; i = next) {
        next = next_shown(s, i, size);
        add_dims(out, t, dim + 1, offset + i * t->stride[dim], indent + 1, s);
        if (next > i + 1) {
            add(out, ",");
            add_lines(out, t->ndim - 1 - dim, indent + 1);
            add(out, "...");
        }
        if (next < size) {
            add(out, ",");
            add_lines(out, t->ndim - 1 - dim, indent + 1);
        }
    }
    add(out, "]");
}

/* Appends `, suffix` on this line if it fits, else on the next. `*length` is the line's length as
 * PyTorch counts it: two more than it is, and afresh after a break. */
static void add_suffix(text *out, const char *suffix, int indent, int *length)
{
    int more = (int)strlen(suffix);
    if (*length + more + 2 > LINE_WIDTH) {
        add(out, ",");
        add_lines(out, 1, indent);
        *length = indent + more;
    } else {
        add(out, ", ");
        *length += more + 2;
    }
    add(out, suffix);
}

/* Empty tensors show what their elements would: the shape, and any dtype but float32. A
 * result names what made it, as in PyTorch. */
static void add_suffixes(text *out, const reel_tensor *t, int indent)
{
    char suffix[REELI_SHAPE_TEXT + 8];
    int length = (int)(out->used - out->line) + 2;
    if (t->numel == 0 && t->ndim != 1) {
        snprintf(suffix, sizeof suffix, "size=%s", REELI_SHAPE_OF(t));
        add_suffix(out, suffix, indent, &length);
    }
    if (t->dtype == REEL_F64 || (t->numel == 0 && t->dtype != REEL_F32)) {
        snprintf(suffix, sizeof suffix, "dtype=torch.%s", reel_dtype_name((reel_dtype)t->dtype));
        add_suffix(out, suffix, indent, &length);
    }
    if (t->node) {
        char grad_fn[REELI_GRAD_FN];
        reeli_grad_fn(grad_fn, t);
        add_suffix(out, grad_fn, indent, &length);
    } else if (reeli_requires_grad(t)) {
        add_suffix(out, "requires_grad=True", indent, &length);
    }
}

static void add_tensor(text *out, const reel_tensor *t)
{
    static const char prefix[] = "tensor(";
    enum { INDENT = sizeof prefix - 1 };
    add(out, prefix);
    if (t->numel == 0) {
        add(out, "[]");
    } else {
        style s = choose_style(t);
        if (t->ndim == 0) {
            add_element(out, t, 0, &s);
        } else {
            add_dims(out, t, 0, 0, INDENT, &s);
        }
    }
    add_suffixes(out, t, INDENT);
    add(out, ")");
}

const char *reel_repr(const reel_tensor *t)
{
    if (!reeli_usable("repr", t) || REELI_REFUSE(t->r, "repr", "a value cannot be read")) {
        return t ? "poison" : "None";
    }
    text out = {.r = t->r};
    add_tensor(&out, t);
    if (out.failed) {
        reeli_no_memory(t->r, "repr");
        return "";
    }
    return out.start;
}

void reel_print(const reel_tensor *t)
{
    puts(t ? reel_repr(t)
           : "None (a gradient is none before backward, after reel_zero_grad, and where no loss "
             "came "
             "from the tensor)");
}

/* Whether `digits` significant digits of x, written as d.ddde+XX, read back as x. */
static bool reads_back(char out[NUMBER_SIZE], double x, int digits)
{
    snprintf(out, NUMBER_SIZE, "%.*e", digits - 1, x);
    return strtod(out, NULL) == x;
}

/* Adds one to the last digit of d.ddde+XX; false if that is a 9. */
static bool count_up(char *number)
{
    char *last = strchr(number, 'e') - 1;
    if (*last == '9') {
        return false;
    }
    ++*last;
    return true;
}

/*
 * The shortest decimal that reads back as x > 0, as d.ddde+XX. 15 digits survive the way through a
 * normal double and zeros at their end are cut later, so 15, 16 and 17 suffice, with two
 * exceptions. Subnormals have fewer digits. And below a power of two the doubles are twice as
 * dense: there the nearest decimal of 16 digits may fail while the next one up is right.
 */
static void shortest(char out[NUMBER_SIZE], double x)
{
    int exponent;
    for (int digits = x < 0x1p-1022 ? 1 : 15; digits < DIGITS; digits++) {
        if (reads_back(out, x, digits)) {
            return;
        }
    }
    if (frexp(x, &exponent) == 0.5 && count_up(out) && strtod(out, NULL) == x) {
        return;
    }
    snprintf(out, NUMBER_SIZE, "%.*e", DIGITS - 1, x);
}

/* Python's layout of a number's digits, of which the first `point` stand before the decimal point:
 * 0.0001, 123.0, 1e-05, 1.5e+16. */
static void lay_out(char out[NUMBER_SIZE], const char *sign, const char *digits, int point)
{
    int count = (int)strlen(digits);
    if (point > 16 || point < -3) {
        snprintf(out, NUMBER_SIZE, "%s%c%s%se%+03d", sign, digits[0], count > 1 ? "." : "",
                 digits + 1, point - 1);
    } else if (point <= 0) {
        snprintf(out, NUMBER_SIZE, "%s0.%.*s%s", sign, -point, "000", digits);
    } else if (count <= point) {
        snprintf(out, NUMBER_SIZE, "%s%s%.*s.0", sign, digits, point - count, "000000000000000");
    } else {
        snprintf(out, NUMBER_SIZE, "%s%.*s.%s", sign, point, digits, digits + point);
    }
}

/* Python's repr(float). */
static void python_text(char out[NUMBER_SIZE], double x)
{
    const char *sign = signbit(x) ? "-" : "";
    if (!isfinite(x)) {
        snprintf(out, NUMBER_SIZE, "%s", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
        return;
    }
    if (x == 0.0) {
        snprintf(out, NUMBER_SIZE, "%s0.0", sign);
        return;
    }
    char number[NUMBER_SIZE], digits[DIGITS + 1];
    shortest(number, fabs(x));
    int count = 0;
    for (const char *p = number; *p != 'e' && count < DIGITS; p++) {
        if (*p >= '0' && *p <= '9') {
            digits[count++] = *p;
        }
    }
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    digits[count] = '\0';
    lay_out(out, sign, digits, 1 + (int)strtol(strchr(number, 'e') + 1, NULL, 10));
}

const char *reel_item_repr(const reel_tensor *t)
{
    if (!reeli_usable("item_repr", t) ||
        REELI_REFUSE(t->r, "item_repr", "a value cannot be read")) {
        return t ? "poison" : "";
    }
    double value = reel_item(t);
    if (t->numel != 1) {
        return "nan";
    }
    char *out = reeli_arena_alloc(t->r, NUMBER_SIZE);
    if (!out) {
        reeli_no_memory(t->r, "item_repr");
        return "";
    }
    if (reeli_is_float(t->dtype)) {
        python_text(out, value);
    } else {
        element_text(out, t, 0, &(style){0});
    }
    return out;
}
