/* SPDX-License-Identifier: MIT */
/*
 * Sums in PyTorch's order: four accumulators of LANES lanes take the terms in turn (a row is 4
 * LANES terms); every 2^power rows they flow into a second level, every 2^(2 power) into a third,
 * and so on. At the end the levels are added up, then the vectors that fill no row go to the first
 * accumulator, then the accumulators are added, then the terms that fill no vector, then the lanes
 * in order. Each level adds numbers of like size, so the error grows with the levels, not with n.
 */
#ifdef GRADIENTS

enum { LEAST_POWER = 4, LEAST_STEP = 1 << LEAST_POWER };

/* The least p with 2^p >= n (1 for n <= 2). */
static int log2_up(int64_t n)
{
    int p = 1;
    while (((int64_t)1 << p) < n) {
        p++;
    }
    return p;
}

static int level_power(int64_t rows)
{
    int power = log2_up(rows) / 4;
    return power < LEAST_POWER ? LEAST_POWER : power;
}

void KERNEL(cascade_begin)(reeli_cascade *c, int64_t count)
{
    memset(c->sums, 0, sizeof c->sums);
    c->rows = 0;
    c->power = level_power(count / ROW);
}

REELI_APART static void feed_rows(lanes *sums, const T *x, int64_t rows)
{
    lanes a = sums[0], b = sums[1], d = sums[2], e = sums[3];
    for (; rows > 0; rows--, x += ROW) {
        a = PLUS(a, LOAD(x));
        b = PLUS(b, LOAD(x + LANES));
        d = PLUS(d, LOAD(x + 2 * LANES));
        e = PLUS(e, LOAD(x + 3 * LANES));
    }
    sums[0] = a, sums[1] = b, sums[2] = d, sums[3] = e;
}

/* All that is left once the levels are one: n terms that fill no row, accumulators, lanes. */
REELI_APART static T last_sum(const lanes *sums, const T *x, int64_t n)
{
    lanes first = sums[0];
    for (; n >= LANES; n -= LANES, x += LANES) {
        first = PLUS(first, LOAD(x));
    }
    const lanes all = PLUS(PLUS(PLUS(first, sums[1]), sums[2]), sums[3]);
    T total = 0;
    for (int64_t i = 0; i < n; i++) {
        total += x[i];
    }
    for (int k = 0; k < LANES; k++) {
        total += LANE(all, k);
    }
    return total;
}

/* Level 0 is full: it flows up as far as the row count says. */
static void flow_up(lanes (*sums)[4], int64_t rows, int power)
{
    const int64_t mask = ((int64_t)1 << power) - 1;
    for (int level = 1; level < 4; level++) {
        for (int k = 0; k < 4; k++) {
            sums[level][k] = PLUS(sums[level][k], sums[level - 1][k]);
            sums[level - 1][k] = NO_LANES;
        }
        if (rows & (mask << (level * power))) {
            break;
        }
    }
}

void KERNEL(cascade_feed)(reeli_cascade *c, const void *terms, int64_t n)
{
    LEAVE_VECTORS
    const T *x = terms;
    lanes(*sums)[4] = (void *)c->sums;
    const int64_t step = (int64_t)1 << c->power;
    for (int64_t rows = n / ROW; rows > 0;) {
        int64_t run = step - (c->rows & (step - 1));
        run = run < rows ? run : rows;
        if (x) {
            feed_rows(sums[0], x, run);
            x += run * ROW;
        }
        c->rows += run;
        rows -= run;
        if ((c->rows & (step - 1)) == 0) {
            flow_up(sums, c->rows, c->power);
        }
    }
}

/* What 4^power rows from a multiple of their number on come to: level 2 holds it, and all below is
 * empty. So such parts can be summed apart, and joined in their order to the same bits. */
void KERNEL(cascade_join)(reeli_cascade *c, const void *part)
{
    LEAVE_VECTORS
    const int64_t mask = ((int64_t)1 << c->power) - 1;
    const T *terms = part;
    lanes(*sums)[4] = (void *)c->sums;
    c->rows += (int64_t)1 << 2 * c->power;
    const bool full = (c->rows & (mask << 2 * c->power)) == 0;
    for (int k = 0; k < 4; k++) {
        sums[2][k] = PLUS(sums[2][k], LOAD(terms + k * LANES));
        if (full) {
            sums[3][k] = PLUS(sums[3][k], sums[2][k]);
            sums[2][k] = NO_LANES;
        }
    }
}

/* So few that no level flows up: 0 added to a sum, which is never -0, leaves it as it is. */
static T sum_first_level(const T *x, int64_t stride, int64_t n)
{
    T sums[4] = {0};
    for (; n >= 4; n -= 4, x += 4 * stride) {
        sums[0] += x[0];
        sums[1] += x[stride];
        sums[2] += x[2 * stride];
        sums[3] += x[3 * stride];
    }
    for (; n > 0; n--, x += stride) {
        sums[0] += *x;
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/* Fewer terms than lanes, or terms that do not lie side by side: the same scheme with one lane. */
static T sum_strided(const T *x, int64_t stride, int64_t n)
{
    const int64_t rows = n / 4;
    if (rows < LEAST_STEP) {
        return sum_first_level(x, stride, n);
    }
    T sums[4][4] = {{0}};
    const int power = level_power(rows);
    const int64_t mask = ((int64_t)1 << power) - 1;
    for (int64_t i = 1; i <= rows; i++, x += 4 * stride) {
        for (int k = 0; k < 4; k++) {
            sums[0][k] += x[k * stride];
        }
        for (int level = 1; level < 4 && (i & (mask << ((level - 1) * power))) == 0; level++) {
            for (int k = 0; k < 4; k++) {
                sums[level][k] += sums[level - 1][k];
                sums[level - 1][k] = 0;
            }
        }
    }
    for (int level = 1; level < 4; level++) {
        for (int k = 0; k < 4; k++) {
            sums[0][k] += sums[level][k];
        }
    }
    for (int64_t i = 0; i < n % 4; i++) {
        sums[0][0] += x[i * stride];
    }
    return sums[0][0] + sums[0][1] + sums[0][2] + sums[0][3];
}

void KERNEL(cascade_end)(reeli_cascade *c, const void *terms, int64_t n, void *sum)
{
    LEAVE_VECTORS
    const T *x = terms;
    if (c->rows == 0 && n < LANES) {
        *(T *)sum = sum_strided(x, 1, n);
        return;
    }
    KERNEL(cascade_feed)(c, x, n);
    lanes(*sums)[4] = (void *)c->sums;
    for (int level = 1; level < 4; level++) {
        for (int k = 0; k < 4; k++) {
            sums[0][k] = PLUS(sums[0][k], sums[level][k]);
        }
    }
    *(T *)sum = last_sum(sums[0], x + n / ROW * ROW, n % ROW);
}

void KERNEL(sum)(const void *x, int64_t stride, int64_t n, void *total)
{
    LEAVE_VECTORS
    if (stride != 1 || n < LANES) {
        *(T *)total = sum_strided(x, stride, n);
        return;
    }
    if (n < LEAST_STEP * ROW) { /* one level, to which 0 would be added: it is never -0 */
        lanes sums[4] = {NO_LANES, NO_LANES, NO_LANES, NO_LANES};
        feed_rows(sums, x, n / ROW);
        *(T *)total = last_sum(sums, (const T *)x + n / ROW * ROW, n % ROW);
        return;
    }
    reeli_cascade c;
    KERNEL(cascade_begin)(&c, n);
    KERNEL(cascade_end)(&c, x, n, total);
}

enum { WIDTH = 2 * ROW };

#if defined(__OPTIMIZE_SIZE__) || (defined(__x86_64__) && !defined(HAS_AVX2))
/* The sums of the columns that `count` vectors hold, each one accumulator; where registers are too
 * few for them, in memory. */
static void sum_vectors(const T *x, int64_t rows, int64_t columns, const int count, T *out)
{
    T sums[4][WIDTH] = {{0}};
    const int power = level_power(rows), width = count * LANES;
    const int64_t mask = ((int64_t)1 << power) - 1;
    for (int64_t i = 1; i <= rows; i++, x += columns) {
        INDEPENDENT
        for (int j = 0; j < width; j++) {
            sums[0][j] += x[j];
        }
        for (int l = 0; l < 3 && (i & (mask << (l * power))) == 0; l++) {
            for (int j = 0; j < width; j++) {
                sums[l + 1][j] += sums[l][j];
                sums[l][j] = 0;
            }
        }
    }
    for (int j = 0; j < width; j++) {
        out[j] = ((sums[0][j] + sums[1][j]) + sums[2][j]) + sums[3][j];
    }
}
#else
/* After row i, where a run of rows ends, or some: its sums go to the next levels. */
REELI_APART static void carry(int64_t i, int power, int count, lanes (*level)[WIDTH / LANES])
{
    const int64_t mask = ((int64_t)1 << power) - 1;
    for (int l = 0; l < 3 && (i & (mask << (l * power))) == 0; l++) {
        for (int v = 0; v < count; v++) {
            level[l + 1][v] = PLUS(level[l + 1][v], level[l][v]);
            level[l][v] = NO_LANES;
        }
    }
}

/* The sums of the columns that `count` vectors hold, each one accumulator in a register. */
REELI_INLINE void sum_vectors(const T *x, int64_t rows, int64_t columns, const int count, T *out)
{
    lanes level[4][WIDTH / LANES] = {0};
    const int power = level_power(rows);
    const int64_t step = (int64_t)1 << power;
    for (int64_t i = 0; i < rows;) {
        const int64_t end = i + step < rows ? i + step : rows;
        lanes sum[WIDTH / LANES] = {0};
        for (; i < end; i++, x += columns) {
            REELI_UNROLL(8)
            for (int v = 0; v < count; v++) {
                sum[v] = PLUS(sum[v], LOAD(x + v * LANES));
            }
        }
        REELI_UNROLL(8)
        for (int v = 0; v < count; v++) {
            level[0][v] = sum[v];
        }
        carry(i, power, count, level);
    }
    for (int v = 0; v < count; v++) {
        const lanes all = PLUS(PLUS(PLUS(level[0][v], level[1][v]), level[2][v]), level[3][v]);
        memcpy(out + v * LANES, &all, sizeof all);
    }
}
#endif

/* The sums of fewer columns than fill four vectors; the rows go to four accumulators in turn. */
static void sum_rest(const T *x, int64_t rows, int64_t columns, int width, T *out)
{
    T sums[4][4][ROW] = {{{0}}};
    const int power = level_power(rows / 4);
    const int64_t mask = ((int64_t)1 << power) - 1;
    for (int64_t i = 1; i <= rows / 4; i++) {
        for (int k = 0; k < 4; k++, x += columns) {
            for (int j = 0; j < width; j++) {
                sums[0][k][j] += x[j];
            }
        }
        for (int level = 1; level < 4 && (i & (mask << ((level - 1) * power))) == 0; level++) {
            for (int k = 0; k < 4; k++) {
                for (int j = 0; j < width; j++) {
                    sums[level][k][j] += sums[level - 1][k][j];
                    sums[level - 1][k][j] = 0;
                }
            }
        }
    }
    for (int j = 0; j < width; j++) {
        T total = 0;
        for (int k = 0; k < 4; k++) {
            T way = sums[0][k][j] + sums[1][k][j] + sums[2][k][j] + sums[3][k][j];
            for (int64_t i = 0; k == 0 && i < rows % 4; i++) {
                way += x[i * columns + j];
            }
            total = k ? total + way : way;
        }
        out[j] = total;
    }
}

/* The sums of the columns from `first` (a multiple of WIDTH) to `last`. Columns that fill rows of
 * four vectors have one accumulator each; those left over have four. */
void KERNEL(sum_columns)(const void *terms, int64_t rows, int64_t columns, int64_t first,
                         int64_t last, void *out)
{
    LEAVE_VECTORS
    const T *x = terms;
    T *sums = out;
    const int64_t whole = columns / ROW * ROW, rest = columns - whole;
    for (int64_t j = first; j < whole && j < last; j += WIDTH) {
        if (whole - j >= WIDTH) {
            sum_vectors(x + j, rows, columns, 8, sums + j);
        } else {
            sum_vectors(x + j, rows, columns, 4, sums + j);
        }
    }
    if (last < columns) {
        return;
    }
    if (rest > 4) {
        sum_rest(x + whole, rows, columns, (int)rest, sums + whole);
        return;
    }
    for (int64_t j = whole; j < columns; j++) {
        sums[j] = sum_strided(x + j, columns, rows);
    }
}

static void sum_all_columns(const void *terms, int64_t rows, int64_t columns, void *sums)
{
    KERNEL(sum_columns)(terms, rows, columns, 0, columns, sums);
}

#else

void KERNEL(sum_columns)(const void *terms, int64_t rows, int64_t columns, int64_t first,
                         int64_t last, void *out)
{
    LEAVE_VECTORS
    T *sums = out;
    for (int64_t j = first; j < last; j++) {
        sums[j] = 0;
    }
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = first; j < last; j++) {
            sums[j] += ((const T *)terms)[i * columns + j];
        }
    }
}

void KERNEL(sum)(const void *terms, int64_t stride, int64_t n, void *total)
{
    LEAVE_VECTORS
    const T *x = terms;
    T t = 0;
    for (int64_t i = 0; i < n; i++) {
        t += x[i * stride];
    }
    *(T *)total = t;
}

#endif
