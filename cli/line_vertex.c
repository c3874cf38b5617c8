/* SPDX-License-Identifier: MIT */
/* From corner to corner along the edges between them. */
#include "line_vertex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of rows: some 50 MB, whatever --memory is, so that the line does not depend on that. */
enum { MOST_NUMBERS = 1 << 22, BESIDE_ROW = 8, MOST_WEIGHTS = 256 };
enum { MOST_EXCHANGES = 10000, REFRESH = 64 }; /* after which what rounding has left goes */
static const double most_work = 1e10;          /* products of all exchanges together */

/* A row by how far it is off, or how far along an edge it is met, and by how much the loss's slope
 * grows there. */
typedef struct met {
    double at, bend;
    int64_t row;
} met;

typedef struct corner {
    const quantile_problem *of;
    int64_t m;        /* weights that there are: columns of zeros have none */
    int64_t data, n;  /* rows, no two of them equal; then with a penalty one for each weight but
                         the bias's: a 1 there, of the target 0, for λ |v| is what such a row adds
                         to the loss */
    int64_t *column;  /* of each weight */
    double *rows;     /* (n, m) */
    double *target;   /* n */
    double *exact;    /* n: room for those as they are */
    double *above;    /* n: what a row adds to the loss for each unit that it is above the line; */
    double *below;    /* below it */
    double *residual; /* n */
    double *along;    /* n: by how much less each unit of an edge makes that */
    int64_t *basis;   /* m rows on the line */
    bool *on_line;    /* n */
    double *inverse;  /* (m, m): of the basis's rows */
    double *work;     /* (m, 2 m) */
    double *edge;     /* m: a direction of the weights */
    double *pull;     /* m: Σ ψ x, where ψ is above, and less below for a row below the line */
    double *v, *dual; /* m */
    int64_t exchanges;
    met *list; /* n */
} corner;

static double both(const corner *it, int64_t i) { return it->above[i] + it->below[i]; }

static int by_place(const void *a, const void *b)
{
    const met *p = a, *q = b;
    return p->at != q->at ? (p->at > q->at) - (p->at < q->at)
                          : (p->row > q->row) - (p->row < q->row);
}

/* In four sums, for each addition waits for the one before it. */
static double dot(int64_t m, const double *a, const double *b)
{
    double sum[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= m; i += 4) {
        for (int lane = 0; lane < 4; lane++) {
            sum[lane] += a[i + lane] * b[i + lane];
        }
    }
    for (; i < m; i++) {
        sum[0] += a[i] * b[i];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Those rows, nearest to the line, that are independent, by elimination; false: there are not
 * enough. */
static bool choose_basis(corner *it)
{
    int64_t m = it->m, found = 0, n = it->n;
    double *reduced = it->work;
    for (int64_t i = 0; i < n; i++) {
        it->list[i] = (met){fabs(it->residual[i]), 0, i};
    }
    qsort(it->list, (size_t)n, sizeof *it->list, by_place);
    for (int64_t i = 0; i < n && found < m; i++) {
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

/* What a row adds to the pull, times so much. */
static void pull_by(corner *it, int64_t i, double times)
{
    const double *row = it->rows + i * it->m;
    const double psi = times * (it->residual[i] > 0 ? it->above[i] : -it->below[i]);
    for (int64_t j = 0; j < it->m && psi != 0; j++) {
        it->pull[j] += psi * row[j];
    }
}

/* The dual numbers: δ with Σ ψ x + Σ δ x = 0, of the rows off the line and of those on it. */
static void weigh_basis(corner *it)
{
    memset(it->dual, 0, (size_t)it->m * sizeof *it->dual);
    for (int64_t j = 0; j < it->m; j++) {
        for (int64_t b = 0; b < it->m; b++) {
            it->dual[b] -= it->inverse[j * it->m + b] * it->pull[j];
        }
    }
}

/* The line through the basis's rows, how far off the others are, and the dual numbers, all anew. */
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
            it->v[i] += it->inverse[i * m + b] * it->target[it->basis[b]];
        }
        it->on_line[it->basis[i]] = true;
    }
    for (int64_t b = 0; b < m; b++) {
        if (it->basis[b] >= it->data) {
            it->v[it->basis[b] - it->data] = 0; /* rounding apart */
        }
    }
    memset(it->pull, 0, (size_t)m * sizeof *it->pull);
    for (int64_t i = 0; i < it->n; i++) {
        if (it->on_line[i]) {
            it->residual[i] = 0;
        } else {
            it->residual[i] = it->target[i] - dot(m, it->rows + i * m, it->v);
            pull_by(it, i, 1);
        }
    }
    weigh_basis(it);
    return true;
}

/* The inverse with that row for the basis's; false where the two are next to dependent. */
static bool replace(corner *it, int64_t leaving, int64_t entering)
{
    int64_t m = it->m;
    const double *row = it->rows + entering * m;
    double *share = it->work, most = 0; /* the row as a sum of the basis's */
    memset(share, 0, (size_t)m * sizeof *share);
    for (int64_t j = 0; j < m; j++) {
        for (int64_t b = 0; b < m && row[j] != 0; b++) {
            share[b] += row[j] * it->inverse[j * m + b];
        }
    }
    for (int64_t b = 0; b < m; b++) {
        most = fmax(most, fabs(share[b]));
    }
    const double pivot = share[leaving];
    if (!(fabs(pivot) > 1e-6 * most)) {
        return false;
    }
    share[leaving] -= 1;
    for (int64_t j = 0; j < m; j++) {
        const double part = it->inverse[j * m + leaving] / pivot;
        for (int64_t b = 0; b < m; b++) {
            it->inverse[j * m + b] -= part * share[b];
        }
    }
    return true;
}

/* Along the edge to the row that enters: the rows passed change sides. False where that has to be
 * worked out anew. */
static bool move(corner *it, int64_t leaving, int64_t entering)
{
    const int64_t left = it->basis[leaving];
    const double length = it->residual[entering] / it->along[entering];
    it->basis[leaving] = entering;
    if (!replace(it, leaving, entering)) {
        return false;
    }
    pull_by(it, entering, -1);
    for (int64_t j = 0; j < it->m; j++) {
        it->v[j] += length * it->edge[j];
    }
    it->on_line[left] = false;
    it->on_line[entering] = true;
    for (int64_t i = 0; i < it->n; i++) {
        const double was = it->residual[i], now = was - length * it->along[i];
        if (it->on_line[i] || i == left) {
            it->residual[i] = i == left ? now : 0;
        } else if ((was > 0) == (now > 0)) {
            it->residual[i] = now;
        } else {
            pull_by(it, i, -1);
            it->residual[i] = now;
            pull_by(it, i, 1);
        }
    }
    pull_by(it, left, 1);
    weigh_basis(it);
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
        double up = it->dual[b] + it->below[it->basis[b]];
        double down = it->above[it->basis[b]] - it->dual[b];
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
    const double slope = steepest * both(it, it->basis[*leaving]);
    for (int64_t j = 0; j < m; j++) {
        it->edge[j] = side * it->inverse[j * m + *leaving];
    }
    for (int64_t i = 0; i < it->n; i++) {
        it->along[i] = it->on_line[i] ? 0 : dot(m, it->rows + i * m, it->edge);
        const double at = it->along[i] != 0 ? it->residual[i] / it->along[i] : -1;
        if (at > 0) {
            it->list[count++] = (met){at, both(it, i) * fabs(it->along[i]), i};
        }
    }
    it->along[it->basis[*leaving]] = side;
    return turn(it->list, count, slope);
}

static double loss_of(const corner *it)
{
    double sum = 0;
    for (int64_t i = 0; i < it->n; i++) {
        double r = it->residual[i];
        sum += r > 0 ? it->above[i] * r : -it->below[i] * r;
    }
    return sum;
}

/* The columns that are not all 0, and the bias. */
static void find_columns(corner *it, double *row, bool bias)
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
}

/* Of the golden ratio's multiples: as different from one another as there are any. */
static double fraction(int64_t i) { return fmod(0.6180339887498949 * (double)(i + 1), 1); }

/* A number for a row and its target, the same for equal ones. */
static double mark_of(const corner *it, int64_t i)
{
    double sum = it->target[i];
    for (int64_t j = 0; j < it->m; j++) {
        sum += it->rows[i * it->m + j] * (0.5 + fraction(j));
    }
    return sum;
}

static bool equal(const corner *it, int64_t a, int64_t b)
{
    const size_t bytes = (size_t)it->m * sizeof *it->rows;
    return it->target[a] == it->target[b] &&
           memcmp(it->rows + a * it->m, it->rows + b * it->m, bytes) == 0;
}

/* Equal rows as the first of them, with what all weigh: else a corner that some of them are on has
 * edges of no length. */
static void merge_equal(corner *it)
{
    for (int64_t i = 0; i < it->n; i++) {
        it->list[i] = (met){mark_of(it, i), 0, i};
    }
    qsort(it->list, (size_t)it->n, sizeof *it->list, by_place);
    for (int64_t k = 1, first = 0; k < it->n; k++) {
        const int64_t a = it->list[first].row, b = it->list[k].row;
        if (!equal(it, a, b)) {
            first = k;
            continue;
        }
        it->above[a] += it->above[b];
        it->below[a] += it->below[b];
        it->above[b] = it->below[b] = 0;
    }
}

static void drop_weightless(corner *it)
{
    int64_t n = 0;
    for (int64_t i = 0; i < it->n; i++) {
        if (both(it, i) > 0) {
            memmove(it->rows + n * it->m, it->rows + i * it->m, (size_t)it->m * sizeof *it->rows);
            it->target[n] = it->target[i];
            it->above[n] = it->above[i];
            it->below[n++] = it->below[i];
        }
    }
    it->n = n;
}

/* All rows, of the columns that there are, and what stands for penalties. */
static void read_rows(corner *it, double *row)
{
    const quantile_problem *p = it->of;
    for (int64_t i = 0; i < p->n; i++) {
        const double weight = p->y->columns == 2 ? matrix_number(p->y, i, 1) : 1;
        matrix_row(p->x, i, row);
        row[p->k] = 1;
        for (int64_t j = 0; j < it->m; j++) {
            it->rows[i * it->m + j] = row[it->column[j]];
        }
        it->target[i] = matrix_number(p->y, i, 0);
        it->above[i] = weight * p->q;
        it->below[i] = weight * (1 - p->q);
    }
    it->n = p->n;
    merge_equal(it);
    drop_weightless(it);
    it->data = it->n;
    for (int64_t j = 0; p->penalty > 0 && j < it->m && it->column[j] < p->k; j++) {
        memset(it->rows + it->n * it->m, 0, (size_t)it->m * sizeof *it->rows);
        it->rows[it->n * it->m + j] = 1;
        it->target[it->n] = 0;
        it->above[it->n] = it->below[it->n] = p->penalty;
        it->n++;
    }
}

/* From one corner to the next, until there is no way down from one that has been worked out anew,
 * which is the minimum, or until the loss no longer falls. */
static bool walk(corner *it, bool *least)
{
    const double each = 2 * (double)it->m * (double)(it->n + 2 * it->m);
    const double all = fmin(MOST_EXCHANGES, most_work / each);
    bool anew = settle(it), there = anew;
    double loss = loss_of(it);
    while (there && (double)it->exchanges < all) {
        if (training_interrupted(it->of->of)) {
            break;
        }
        int64_t leaving = 0, entering = descend(it, &leaving);
        const bool refresh = ++it->exchanges % REFRESH == 0;
        *least = entering < 0 && anew;
        if (*least) {
            break;
        }
        anew = entering < 0 || !move(it, leaving, entering) || refresh;
        there = !anew || settle(it);
        if (there && refresh) {
            const double was = loss;
            loss = loss_of(it);
            if (!(loss < was)) {
                break;
            }
        }
    }
    return there && (*least || anew || settle(it));
}

/* Where more rows than weights lie on one line, edges without length may lead round in a circle. So
 * each target is moved by a little of its own, which makes another corner of each such edge; the
 * least corner is the same rows' with the targets as they are. */
static bool walk_apart(corner *it, bool *least)
{
    double most = 0;
    for (int64_t i = 0; i < it->data; i++) {
        most = fmax(most, fabs(it->target[i]));
    }
    memcpy(it->exact, it->target, (size_t)it->n * sizeof *it->exact);
    for (int64_t i = 0; i < it->data; i++) {
        it->target[i] += 1e-10 * most * (fraction(i) - 0.5);
    }
    const bool there = walk(it, least);
    memcpy(it->target, it->exact, (size_t)it->n * sizeof *it->exact);
    return there && settle(it);
}

/* Whether it has come to the minimum. */
static bool search(corner *it, double *v)
{
    for (int64_t j = 0; j < it->m; j++) {
        it->v[j] = v[it->column[j]];
    }
    for (int64_t i = 0; i < it->n; i++) {
        it->residual[i] = it->target[i] - dot(it->m, it->rows + i * it->m, it->v);
    }
    double before = loss_of(it);
    bool least = false, there = it->m > 0 && choose_basis(it) && walk(it, &least);
    there = there && (least || walk_apart(it, &least)) && loss_of(it) <= before;
    for (int64_t j = 0; there && j < it->m; j++) {
        v[it->column[j]] = it->v[j];
    }
    return there && least;
}

/* All arrays of numbers, one behind the other in one piece of memory. */
static void lay_out(corner *it, double *numbers, size_t n, size_t m)
{
    it->rows = numbers;
    it->target = it->rows + n * m;
    it->exact = it->target + n;
    it->above = it->exact + n;
    it->below = it->above + n;
    it->residual = it->below + n;
    it->along = it->residual + n;
    it->inverse = it->along + n;
    it->work = it->inverse + m * m;
    it->edge = it->work + 2 * m * m;
    it->pull = it->edge + m;
    it->v = it->pull + m;
    it->dual = it->v + m;
}

bool quantile_vertex(const quantile_problem *p, double *v, bool *least)
{
    *least = false;
    size_t n = (size_t)(p->n + p->k), m = (size_t)p->k + 1;
    if (n * (m + BESIDE_ROW) > MOST_NUMBERS || p->k >= MOST_WEIGHTS) {
        return true;
    }
    corner it = {.of = p};
    double *numbers = malloc((n * m + 6 * n + 3 * m * m + 5 * m) * sizeof *numbers);
    int64_t *places = malloc(2 * m * sizeof *places);
    it.on_line = malloc(n * sizeof *it.on_line);
    it.list = malloc(n * sizeof *it.list);
    bool done = numbers && places && it.on_line && it.list;
    if (done) {
        lay_out(&it, numbers, n, m);
        it.column = places;
        it.basis = places + m;
        find_columns(&it, it.dual + m, p->m > p->k);
        read_rows(&it, it.dual + m);
        *least = search(&it, v);
    }
    free(numbers);
    free(places);
    free(it.on_line);
    free(it.list);
    return done;
}
