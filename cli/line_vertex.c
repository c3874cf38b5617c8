/* SPDX-License-Identifier: MIT */
/* From corner to corner along the edges between them. */
#include "line_vertex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of rows: 34 MB, whatever --memory is, so that the line does not depend on that. */
enum { MOST_NUMBERS = 1 << 22, BESIDE_ROW = 8, MOST_WEIGHTS = 256, MOST_EXCHANGES = 2000 };
static const double most_work = 2e10; /* products of all exchanges together */

/* A row by how far it is off, or how far along an edge it is met, and by how much the loss's slope
 * grows there. */
typedef struct met {
    double at, bend;
    int64_t row;
} met;

typedef struct corner {
    const quantile_problem *of;
    int64_t m;        /* weights that there are: columns of zeros have none */
    int64_t n;        /* rows, then with a penalty one for each weight but the bias's: a 1 there, of
                         the target 0, for λ |v| is what such a row adds to the loss */
    int64_t *column;  /* of each weight */
    double *rows;     /* (n, m) */
    double *residual; /* n */
    int64_t *basis;   /* m rows on the line */
    bool *on_line;    /* n */
    double *inverse;  /* (m, m): of the basis's rows */
    double *work;     /* (m, 2 m) */
    double *v, *dual; /* m */
    met *list;        /* n */
} corner;

static double weight_of(const corner *it, int64_t i)
{
    matrix *y = it->of->y;
    return y->columns == 2 ? matrix_number(y, i, 1) : 1;
}

/* What a row adds to the loss for each unit that it is above the line; below it. */
static double above(const corner *it, int64_t i)
{
    const quantile_problem *p = it->of;
    return i < p->n ? weight_of(it, i) * p->q : p->penalty;
}

static double below(const corner *it, int64_t i)
{
    const quantile_problem *p = it->of;
    return i < p->n ? weight_of(it, i) * (1 - p->q) : p->penalty;
}

static double both(const corner *it, int64_t i) { return above(it, i) + below(it, i); }

static double target_of(const corner *it, int64_t i)
{
    return i < it->of->n ? matrix_number(it->of->y, i, 0) : 0;
}

static int by_place(const void *a, const void *b)
{
    const met *p = a, *q = b;
    return p->at != q->at ? (p->at > q->at) - (p->at < q->at)
                          : (p->row > q->row) - (p->row < q->row);
}

static double dot(int64_t m, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < m; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* Those rows, nearest to the line, that are independent, by elimination; false: there are not
 * enough. */
static bool choose_basis(corner *it)
{
    int64_t m = it->m, found = 0, n = it->n;
    double *reduced = it->work;
    for (int64_t i = 0; i < n; i++) {
        it->list[i] = (met){both(it, i) > 0 ? fabs(it->residual[i]) : (double)INFINITY, 0, i};
    }
    qsort(it->list, (size_t)n, sizeof *it->list, by_place);
    for (int64_t i = 0; i < n && found < m && isfinite(it->list[i].at); i++) {
        const double *from = it->rows + it->list[i].row * m;
        double *row = reduced + found * m, whole = sqrt(dot(m, from, from));
        memcpy(row, from, (size_t)m * sizeof *row);
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t a = 0; a < found; a++) {
                double part = dot(m, row, reduced + a * m);
                for (int64_t j = 0; j < m; j++) {
                    row[j] -= part * reduced[a * m + j];
                }
            }
        }
        double left = sqrt(dot(m, row, row));
        for (int64_t j = 0; j < m && left > 0; j++) {
            row[j] /= left;
        }
        if (left > 1e-8 * whole) {
            it->basis[found++] = it->list[i].row;
        }
    }
    return found == m;
}

/* Inverts the basis's rows, by Gauss and Jordan with pivots; false where that loses all digits. */
static bool invert(corner *it)
{
    int64_t m = it->m, width = 2 * m;
    double *a = it->work;
    for (int64_t i = 0; i < m; i++) {
        memcpy(a + i * width, it->rows + it->basis[i] * m, (size_t)m * sizeof *a);
        memset(a + i * width + m, 0, (size_t)m * sizeof *a);
        a[i * width + m + i] = 1;
    }
    for (int64_t j = 0; j < m; j++) {
        int64_t best = j;
        for (int64_t i = j + 1; i < m; i++) {
            best = fabs(a[i * width + j]) > fabs(a[best * width + j]) ? i : best;
        }
        if (!(fabs(a[best * width + j]) > 1e-12)) {
            return false;
        }
        for (int64_t c = 0; c < width; c++) {
            double was = a[j * width + c];
            a[j * width + c] = a[best * width + c];
            a[best * width + c] = was;
        }
        double pivot = a[j * width + j];
        for (int64_t c = 0; c < width; c++) {
            a[j * width + c] /= pivot;
        }
        for (int64_t i = 0; i < m; i++) {
            double factor = i == j ? 0 : a[i * width + j];
            for (int64_t c = 0; c < width && factor != 0; c++) {
                a[i * width + c] -= factor * a[j * width + c];
            }
        }
    }
    for (int64_t i = 0; i < m; i++) {
        memcpy(it->inverse + i * m, a + i * width + m, (size_t)m * sizeof *a);
    }
    return true;
}

/* The line through the basis's rows, how far off the others are, and the dual numbers: δ with Σ ψ x
 * + Σ δ x = 0, where ψ is what a row above the line adds, and less what one below it does. */
static bool settle(corner *it)
{
    int64_t m = it->m;
    if (!invert(it)) {
        return false;
    }
    memset(it->on_line, 0, (size_t)it->n * sizeof *it->on_line);
    for (int64_t i = 0; i < m; i++) {
        it->v[i] = 0;
        for (int64_t b = 0; b < m; b++) {
            it->v[i] += it->inverse[i * m + b] * target_of(it, it->basis[b]);
        }
        it->on_line[it->basis[i]] = true;
    }
    for (int64_t b = 0; b < m; b++) {
        if (it->basis[b] >= it->of->n) {
            it->v[it->basis[b] - it->of->n] = 0; /* rounding apart */
        }
    }
    double *pull = it->work;
    memset(pull, 0, (size_t)m * sizeof *pull);
    for (int64_t i = 0; i < it->n; i++) {
        const double *row = it->rows + i * m;
        it->residual[i] = it->on_line[i] ? 0 : target_of(it, i) - dot(m, row, it->v);
        double tilt = it->residual[i] > 0 ? above(it, i) : -below(it, i);
        tilt = it->on_line[i] ? 0 : tilt;
        for (int64_t j = 0; j < m && tilt != 0; j++) {
            pull[j] += tilt * row[j];
        }
    }
    for (int64_t b = 0; b < m; b++) {
        it->dual[b] = 0;
        for (int64_t j = 0; j < m; j++) {
            it->dual[b] -= it->inverse[j * m + b] * pull[j];
        }
    }
    return true;
}

static void exchange(met *a, met *b)
{
    const met was = *a;
    *a = *b;
    *b = was;
}

static double middle_of(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Brings those before the place `at` to the front, and those behind it to the end; how many are
 * before it, and up to it. */
static void part(met *list, int64_t count, double at, int64_t *before, int64_t *up_to)
{
    *before = 0;
    *up_to = count;
    for (int64_t i = 0; i < *up_to;) {
        if (list[i].at < at) {
            exchange(&list[i++], &list[(*before)++]);
        } else if (list[i].at > at) {
            exchange(&list[i], &list[--*up_to]);
        } else {
            i++;
        }
    }
}

static double bends(const met *list, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += list[i].bend;
    }
    return sum;
}

/* The rows among which a slope turns, and what it is before them. */
typedef struct stretch {
    met *list;
    int64_t count;
    double slope;
    bool turns; /* as far as sums tell it does; else it may always be below 0 */
} stretch;

/* Leaves out what lies before or behind; false: what is left is met all at once. */
static bool narrow(stretch *it)
{
    int64_t before, up_to;
    part(it->list, it->count,
         middle_of(it->list[0].at, it->list[it->count / 2].at, it->list[it->count - 1].at), &before,
         &up_to);
    const double first = bends(it->list, before), second = bends(it->list + before, up_to - before);
    if (it->slope + first >= 0) {
        it->count = before;
        it->turns = true;
        return true;
    }
    const bool here = it->slope + first + second >= 0;
    it->slope += here ? first : first + second;
    it->list += here ? before : up_to;
    it->count = here ? up_to - before : it->count - up_to;
    it->turns = it->turns || here;
    return !here;
}

/* The row at which a slope that begins below 0 no longer is, equals by their rows; -1: it always
 * is. The list is put in order only round that row: what lies before or behind is left in a
 * heap. */
static int64_t turn(met *list, int64_t count, double slope)
{
    enum { FEW = 64 };
    stretch it = {list, count, slope, false};
    while (it.count > FEW && narrow(&it)) {
    }
    qsort(it.list, (size_t)it.count, sizeof *it.list, by_place);
    for (int64_t i = 0; i < it.count; i++) {
        it.slope += it.list[i].bend;
        if (it.slope >= 0 || (it.turns && i == it.count - 1)) { /* else rounding's */
            return it.list[i].row;
        }
    }
    return -1;
}

/* Leaves the corner along the steepest edge, where row basis[b] is no longer on the line; which row
 * is met where the loss begins to grow, or -1: there is no way down. */
static int64_t descend(corner *it, int64_t *leaving)
{
    int64_t m = it->m, count = 0;
    double steepest = -1e-9, side = 0;
    for (int64_t b = 0; b < m; b++) {
        double up = it->dual[b] + below(it, it->basis[b]);
        double down = above(it, it->basis[b]) - it->dual[b];
        double w = up + down, slope = up < down ? up : down;
        if (slope < steepest * w) {
            steepest = slope / w;
            side = up < down ? 1 : -1;
            *leaving = b;
        }
    }
    if (side == 0) {
        return -1;
    }
    double *d = it->work, slope = steepest * both(it, it->basis[*leaving]);
    for (int64_t j = 0; j < m; j++) {
        d[j] = side * it->inverse[j * m + *leaving];
    }
    for (int64_t i = 0; i < it->n; i++) {
        double along = it->on_line[i] || !(both(it, i) > 0) ? 0 : dot(m, it->rows + i * m, d);
        double at = along != 0 ? it->residual[i] / along : -1;
        if (at > 0) {
            it->list[count++] = (met){at, both(it, i) * fabs(along), i};
        }
    }
    return turn(it->list, count, slope);
}

static double loss_of(const corner *it)
{
    double sum = 0;
    for (int64_t i = 0; i < it->n; i++) {
        double r = it->residual[i];
        sum += r > 0 ? above(it, i) * r : -below(it, i) * r;
    }
    return sum;
}

/* The columns that are not all 0, and the bias; all rows of those, and what stands for
 * penalties. */
static void read_rows(corner *it, double *row, bool bias)
{
    const quantile_problem *p = it->of;
    for (int64_t j = 0; j < p->m; j++) {
        bool there = j == p->k && bias;
        for (int64_t i = 0; i < p->n && j < p->k && !there; i++) {
            matrix_row(p->x, i, row);
            there = row[j] != 0;
        }
        if (there) {
            it->column[it->m++] = j;
        }
    }
    for (int64_t i = 0; i < p->n; i++) {
        matrix_row(p->x, i, row);
        row[p->k] = 1;
        for (int64_t j = 0; j < it->m; j++) {
            it->rows[i * it->m + j] = row[it->column[j]];
        }
    }
    it->n = p->n;
    for (int64_t j = 0; p->penalty > 0 && j < it->m && it->column[j] < p->k; j++) {
        memset(it->rows + it->n * it->m, 0, (size_t)it->m * sizeof *it->rows);
        it->rows[it->n++ * it->m + j] = 1;
    }
}

/* Whether it has come to the minimum. */
static bool search(corner *it, double *v)
{
    double size = (double)it->m, each = size * (2 * size * size + 2 * (double)it->n);
    for (int64_t j = 0; j < it->m; j++) {
        it->v[j] = v[it->column[j]];
    }
    for (int64_t i = 0; i < it->n; i++) {
        it->residual[i] = target_of(it, i) - dot(it->m, it->rows + i * it->m, it->v);
    }
    double before = loss_of(it);
    bool there = it->m > 0 && choose_basis(it) && settle(it), least = false;
    for (int i = 0; there && i < MOST_EXCHANGES && i * each < most_work; i++) {
        if (training_interrupted(it->of->of)) {
            break;
        }
        int64_t leaving = 0, entering = descend(it, &leaving);
        if (entering < 0) {
            least = true;
            break;
        }
        it->basis[leaving] = entering;
        there = settle(it);
    }
    there = there && loss_of(it) <= before;
    for (int64_t j = 0; there && j < it->m; j++) {
        v[it->column[j]] = it->v[j];
    }
    return there && least;
}

bool quantile_vertex(const quantile_problem *p, double *v, bool *least)
{
    *least = false;
    size_t n = (size_t)(p->n + p->k), m = (size_t)p->k + 1;
    if (n * (m + BESIDE_ROW) > MOST_NUMBERS || p->k >= MOST_WEIGHTS) {
        return true;
    }
    corner it = {.of = p};
    double *numbers = malloc((n * m + n + 3 * m * m + 3 * m) * sizeof *numbers);
    int64_t *places = malloc(2 * m * sizeof *places);
    it.on_line = malloc(n * sizeof *it.on_line);
    it.list = malloc(n * sizeof *it.list);
    bool done = numbers && places && it.on_line && it.list;
    if (done) {
        it.rows = numbers;
        it.residual = it.rows + n * m;
        it.inverse = it.residual + n;
        it.work = it.inverse + m * m;
        it.v = it.work + 2 * m * m;
        it.dual = it.v + m;
        it.column = places;
        it.basis = places + m;
        read_rows(&it, it.dual + m, p->m > p->k);
        *least = search(&it, v);
    }
    free(numbers);
    free(places);
    free(it.on_line);
    free(it.list);
    return done;
}
