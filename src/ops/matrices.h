/* SPDX-License-Identifier: MIT */
/* Batches of dense matrices: what the operations of linear algebra share. */
#ifndef REELI_MATRICES_H
#define REELI_MATRICES_H

#include "ops.h"

/* A batch of matrices as doubles, in the arena: x's own elements, or a copy of them. */
typedef struct reeli_matrices {
    int64_t count, rows,
        columns;  /* count: 0 where neither they nor what comes of them has elements */
    double *data; /* a copy, to be worked in */
} reeli_matrices;

/* A copy of x's matrices, of which y is made; false, and an error, when memory is out. */
bool reeli_copy_matrices(const reel_tensor *x, const reel_tensor *y, const char *what,
                         reeli_matrices *m);
/* `count` doubles in the arena; NULL, and an error, when memory is out. */
double *reeli_doubles(reel *r, const char *what, int64_t count);
/* `count` doubles to y's elements from number `at` on. */
void reeli_put_doubles(reel_tensor *y, int64_t at, const double *from, int64_t count);

/* Whether x is floating and has at least two dims (`square`: of which the last two are equal). */
bool reeli_is_matrix(const char *what, const reel_tensor *x, bool square);

/* Row and column count of x's matrices. */
static inline int64_t reeli_rows(const reel_tensor *x) { return x->size[x->ndim - 2]; }
static inline int64_t reeli_columns(const reel_tensor *x) { return x->size[x->ndim - 1]; }

/* A node of op on x whose result has x's batch, and then `ndim` dims. NULL, and an error, if x is
 * no matrix or memory is out. */
reeli_node *reeli_begin_matrix(const reeli_op *op, reel_tensor *x, bool square, int ndim,
                               const int64_t *size);

/* Solves T x = b, T the triangle of a that upper says, or its transpose. */
reel_tensor *reeli_solve_triangle(reel_tensor *a, reel_tensor *b, bool upper, bool turned);

#endif
