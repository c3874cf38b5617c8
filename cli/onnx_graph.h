/* SPDX-License-Identifier: MIT */
/* An ONNX graph that is being written, operation by operation. Values are named by texts that live
 * as long as the graph. Where memory runs out all names are NULL from then on, and the end says
 * so. */
#ifndef CLI_ONNX_GRAPH_H
#define CLI_ONNX_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct onnx_graph onnx_graph;

/* Element types, as ONNX numbers them. */
typedef enum onnx_type {
    ONNX_FLOAT = 1,
    ONNX_INT64 = 7,
    ONNX_TEXT = 8,
    ONNX_DOUBLE = 11
} onnx_type;

/* NULL without memory. */
onnx_graph *onnx_graph_new(void);
void onnx_graph_free(onnx_graph *g);

/* An input or an output, (N, width), of this name; the name as the graph's own. */
const char *onnx_input(onnx_graph *g, const char *name, onnx_type type, int64_t width);
void onnx_output(onnx_graph *g, const char *name, onnx_type type, int64_t width, const char *value);
/* A constant (rows, columns), or (columns) where rows is 0. */
const char *onnx_numbers(onnx_graph *g, const double *x, onnx_type type, int64_t rows,
                         int64_t columns);
/* A double, (1, 1). */
const char *onnx_number(onnx_graph *g, double x);
/* An operation of one or two values, of whatever may be NULL from the second on. */
const char *onnx_do(onnx_graph *g, const char *operation, const char *a, const char *b,
                    const char *c);
/* x in another type. */
const char *onnx_cast(onnx_graph *g, const char *x, onnx_type type);
/* Values side by side. */
const char *onnx_concat(onnx_graph *g, const char *const *x, size_t count);
/* The operation that was added last has one more attribute. */
void onnx_attribute(onnx_graph *g, const char *name, int64_t i);
/* Texts to whole numbers, and back: of `count` texts; `otherwise` is any other's. */
const char *onnx_code(onnx_graph *g, const char *x, const char *const *texts, const int64_t *codes,
                      size_t count, int64_t otherwise);
const char *onnx_decode(onnx_graph *g, const char *x, const char *const *texts, size_t count);
/* The `count` smallest of each row, ascending. */
const char *onnx_sort(onnx_graph *g, const char *x, int64_t count);

/* The model's bytes from malloc; NULL without memory. */
unsigned char *onnx_graph_pack(onnx_graph *g, size_t *size);

#endif
