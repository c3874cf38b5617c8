/* SPDX-License-Identifier: MIT */
/* The triangle R of X = Q R for a tall X, read once in blocks of rows, and which of X's columns
 * depend on those before them. */
#ifndef CLI_COLUMN_QR_H
#define CLI_COLUMN_QR_H

#include "matrix.h"

/* X P = Q R over the columns that are independent, in their order: column `chosen[b]` of X is
 * Σ_a Q[:, a] R[a, b]. A dependent column's entry of `rank_of` is -1. */
typedef struct column_qr {
    int64_t columns, rank;
    double *r;        /* columns x columns, column by column; its first `rank` rows count */
    int64_t *chosen;  /* the independent columns; `rank` of them */
    int64_t *rank_of; /* the place of each column among them, or -1 */
} column_qr;

/*
 * Finds R by Householder's reflections of X itself: what is lost is the columns' condition, not its
 * square. A column is dependent if what is left of it is at most `tolerance` times its length.
 *
 * Fails: false, without memory.
 */
bool column_qr_of(column_qr *it, matrix *x, double tolerance);
/* b = R⁻¹ b over the rank. */
void column_qr_solve(const column_qr *it, double *b);
/* The weights of the independent columns that make up dependent column j, over the rank. */
void column_qr_combination(const column_qr *it, int64_t j, double *weights);
/* The largest singular value of the independent columns, scaled to one length, over the smallest:
 * that of R, scaled alike. NaN without memory. */
double column_qr_condition(const column_qr *it, reel *r);
void column_qr_free(column_qr *it);

#endif
