/* SPDX-License-Identifier: MIT */
/* Chapter 3: a tape for numbers. */

typedef enum kind { LEAF, ADD, MUL, TANH } kind;

/* A row: what it is, the rows that it read (TANH and LEAF: fewer), what came out, and its
 * gradient. */
typedef struct row {
    kind kind;
    int a, b;
    double value, gradient;
} row;

typedef struct tape {
    row rows[256];
    int count;
} tape;

/* Each appends a row, and returns its number. */
int leaf(tape *t, double value);
int add(tape *t, int a, int b);
int mul(tape *t, int a, int b);
int tanh_of(tape *t, int a);

/* Sends row i's gradient to the rows that it read. */
void send(tape *t, int i);
/* The gradients of the last row with respect to all rows. */
void backward(tape *t);
