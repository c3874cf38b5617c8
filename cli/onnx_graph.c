/* SPDX-License-Identifier: MIT */
/* Nodes, constants and values as messages of protobuf, all of which the graph owns. */
#ifdef REEL_HAS_ONNX
#include "onnx_graph.h"
#include "onnx.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IR_VERSION = 7, OPSET = 13, ML_OPSET = 2 };

struct onnx_graph {
    void **owned; /* from malloc */
    size_t owned_count;
    bool failed;
    size_t names;
    Onnx__GraphProto graph;
};

/* Zeroed memory that lives as long as the graph. */
static void *own(onnx_graph *g, size_t size)
{
    void **more = realloc(g->owned, (g->owned_count + 1) * sizeof *more);
    g->owned = more ? more : g->owned;
    void *it = more ? calloc(1, size ? size : 1) : NULL;
    if (it) {
        g->owned[g->owned_count++] = it;
    }
    g->failed = g->failed || !it;
    return it;
}

static char *own_text(onnx_graph *g, const char *text)
{
    char *it = own(g, strlen(text) + 1);
    if (it) {
        memcpy(it, text, strlen(text) + 1);
    }
    return it;
}

static char *new_name(onnx_graph *g)
{
    char name[32];
    snprintf(name, sizeof name, "reel/%zu", g->names++);
    return own_text(g, name);
}

/* One more at the end of a list of pointers, whose room doubles. */
static void append(onnx_graph *g, void *list, size_t *count, void *item)
{
    void **old;
    memcpy(&old, list, sizeof old);
    if (!item) {
        return;
    }
    if ((*count & (*count - 1)) == 0) {
        void **more = own(g, (*count ? 2 * *count : 1) * sizeof *more);
        if (!more) {
            return;
        }
        if (*count) {
            memcpy(more, old, *count * sizeof *more);
        }
        memcpy(list, &more, sizeof more);
        old = more;
    }
    old[(*count)++] = item;
}

onnx_graph *onnx_graph_new(void)
{
    onnx_graph *g = calloc(1, sizeof *g);
    if (g) {
        onnx__graph_proto__init(&g->graph);
        g->graph.name = own_text(g, "reel");
    }
    return g;
}

void onnx_graph_free(onnx_graph *g)
{
    for (size_t i = 0; g && i < g->owned_count; i++) {
        free(g->owned[i]);
    }
    free(g ? g->owned : NULL);
    free(g);
}

/* A value of (N, width). */
static Onnx__ValueInfoProto *value_of(onnx_graph *g, const char *name, onnx_type type,
                                      int64_t width)
{
    struct {
        Onnx__ValueInfoProto value;
        Onnx__TypeProto type;
        Onnx__TypeProto__Tensor tensor;
        Onnx__TensorShapeProto shape;
        Onnx__TensorShapeProto__Dimension rows, columns;
        Onnx__TensorShapeProto__Dimension *dims[2];
    } *it = own(g, sizeof *it);
    char *own_name = own_text(g, name), *n = own_text(g, "N");
    if (!it || !own_name || !n) {
        return NULL;
    }
    onnx__value_info_proto__init(&it->value);
    onnx__type_proto__init(&it->type);
    onnx__type_proto__tensor__init(&it->tensor);
    onnx__tensor_shape_proto__init(&it->shape);
    onnx__tensor_shape_proto__dimension__init(&it->rows);
    onnx__tensor_shape_proto__dimension__init(&it->columns);
    it->rows.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    it->rows.dim_param = n;
    it->columns.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    it->columns.dim_value = width;
    it->dims[0] = &it->rows;
    it->dims[1] = &it->columns;
    it->shape.n_dim = 2;
    it->shape.dim = it->dims;
    it->tensor.elem_type = (int32_t)type;
    it->tensor.shape = &it->shape;
    it->type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    it->type.tensor_type = &it->tensor;
    it->value.name = own_name;
    it->value.type = &it->type;
    return &it->value;
}

const char *onnx_input(onnx_graph *g, const char *name, onnx_type type, int64_t width)
{
    Onnx__ValueInfoProto *it = value_of(g, name, type, width);
    append(g, &g->graph.input, &g->graph.n_input, it);
    return it ? it->name : NULL;
}

static Onnx__NodeProto *last_node(onnx_graph *g) { return g->graph.node[g->graph.n_node - 1]; }

/* A node of up to three inputs, with one output; NULL without memory. */
static Onnx__NodeProto *add_node(onnx_graph *g, const char *operation, size_t inputs)
{
    Onnx__NodeProto *it = own(g, sizeof *it);
    char **input = own(g, (inputs + 1) * sizeof *input), **output = own(g, 2 * sizeof *output);
    char *type = own_text(g, operation), *name = new_name(g);
    if (!it || !input || !output || !type || !name) {
        return NULL;
    }
    onnx__node_proto__init(it);
    it->op_type = type;
    it->input = input;
    it->n_input = inputs;
    it->output = output;
    it->output[it->n_output++] = name;
    append(g, &g->graph.node, &g->graph.n_node, it);
    return g->failed ? NULL : it;
}

static char *shared(const char *name)
{
    char *it; /* messages have no const */
    memcpy(&it, &name, sizeof it);
    return it;
}

const char *onnx_do(onnx_graph *g, const char *operation, const char *a, const char *b,
                    const char *c)
{
    const char *inputs[] = {a, b, c};
    size_t count = c ? 3 : b ? 2 : 1;
    Onnx__NodeProto *it = a && !g->failed ? add_node(g, operation, count) : NULL;
    for (size_t i = 0; it && i < count; i++) {
        it->input[i] = shared(inputs[i]);
    }
    return it ? it->output[0] : NULL;
}

const char *onnx_concat(onnx_graph *g, const char *const *x, size_t count)
{
    Onnx__NodeProto *it = g->failed ? NULL : add_node(g, "Concat", count);
    for (size_t i = 0; it && i < count; i++) {
        it->input[i] = shared(x[i]);
    }
    onnx_attribute(g, "axis", 1);
    return it ? it->output[0] : NULL;
}

static Onnx__AttributeProto *add_attribute(onnx_graph *g, const char *name)
{
    Onnx__AttributeProto *it = g->failed ? NULL : own(g, sizeof *it);
    if (it) {
        onnx__attribute_proto__init(it);
        it->name = own_text(g, name);
        append(g, &last_node(g)->attribute, &last_node(g)->n_attribute, it);
    }
    return g->failed ? NULL : it;
}

void onnx_attribute(onnx_graph *g, const char *name, int64_t i)
{
    Onnx__AttributeProto *it = add_attribute(g, name);
    if (it) {
        it->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        it->i = i;
    }
}

static void put_texts(onnx_graph *g, const char *name, const char *const *texts, size_t count)
{
    Onnx__AttributeProto *it = add_attribute(g, name);
    ProtobufCBinaryData *data = it ? own(g, count * sizeof *data) : NULL;
    for (size_t i = 0; data && i < count; i++) {
        char *text = own_text(g, texts[i]);
        data[i].data = (uint8_t *)(void *)text;
        data[i].len = text ? strlen(text) : 0;
    }
    if (data) {
        it->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
        it->strings = data;
        it->n_strings = count;
    }
}

static void put_codes(onnx_graph *g, const char *name, const int64_t *codes, size_t count)
{
    Onnx__AttributeProto *it = add_attribute(g, name);
    int64_t *data = it ? own(g, count * sizeof *data) : NULL;
    if (data) {
        memcpy(data, codes, count * sizeof *data);
        it->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        it->ints = data;
        it->n_ints = count;
    }
}

/* An operation of ONNX's other set, for classical models. */
static const char *label_encoder(onnx_graph *g, const char *x)
{
    const char *y = onnx_do(g, "LabelEncoder", x, NULL, NULL);
    char *domain = own_text(g, "ai.onnx.ml");
    if (y && domain) {
        last_node(g)->domain = domain;
    }
    return y;
}

const char *onnx_code(onnx_graph *g, const char *x, const char *const *texts, const int64_t *codes,
                      size_t count, int64_t otherwise)
{
    const char *y = label_encoder(g, x);
    put_texts(g, "keys_strings", texts, count);
    put_codes(g, "values_int64s", codes, count);
    onnx_attribute(g, "default_int64", otherwise);
    return y;
}

const char *onnx_decode(onnx_graph *g, const char *x, const char *const *texts, size_t count)
{
    const char *y = label_encoder(g, x);
    int64_t *codes = own(g, count * sizeof *codes);
    for (size_t i = 0; codes && i < count; i++) {
        codes[i] = (int64_t)i;
    }
    if (codes) {
        put_codes(g, "keys_int64s", codes, count);
        put_texts(g, "values_strings", texts, count);
    }
    return y;
}

const char *onnx_cast(onnx_graph *g, const char *x, onnx_type type)
{
    const char *y = onnx_do(g, "Cast", x, NULL, NULL);
    onnx_attribute(g, "to", (int64_t)type);
    return y;
}

const char *onnx_sort(onnx_graph *g, const char *x, int64_t count)
{
    const char *k = onnx_numbers(g, &(double){(double)count}, ONNX_INT64, 0, 1);
    const char *y = onnx_do(g, "TopK", x, k, NULL);
    onnx_attribute(g, "axis", 1);
    onnx_attribute(g, "largest", 0);
    if (y && !g->failed) {
        char **output = own(g, 2 * sizeof *output), *places = new_name(g);
        if (output && places) {
            output[0] = last_node(g)->output[0];
            output[1] = places;
            last_node(g)->output = output;
            last_node(g)->n_output = 2;
        }
    }
    return y;
}

/* Where the tensor's numbers go, by its type. */
static void fill(onnx_graph *g, Onnx__TensorProto *it, const double *x, size_t n, onnx_type type)
{
    float *f = type == ONNX_FLOAT ? own(g, n * sizeof *f) : NULL;
    double *d = type == ONNX_DOUBLE ? own(g, n * sizeof *d) : NULL;
    int64_t *w = type == ONNX_INT64 ? own(g, n * sizeof *w) : NULL;
    for (size_t i = 0; i < n; i++) {
        f ? (f[i] = (float)x[i]) : 0;
        d ? (d[i] = x[i]) : 0;
        w ? (w[i] = (int64_t)x[i]) : 0;
    }
    it->float_data = f;
    it->n_float_data = f ? n : 0;
    it->double_data = d;
    it->n_double_data = d ? n : 0;
    it->int64_data = w;
    it->n_int64_data = w ? n : 0;
}

const char *onnx_numbers(onnx_graph *g, const double *x, onnx_type type, int64_t rows,
                         int64_t columns)
{
    Onnx__TensorProto *it = g->failed ? NULL : own(g, sizeof *it);
    int64_t *dims = it ? own(g, 2 * sizeof *dims) : NULL;
    char *name = dims ? new_name(g) : NULL;
    if (!name) {
        return NULL;
    }
    onnx__tensor_proto__init(it);
    dims[0] = rows ? rows : columns;
    dims[1] = columns;
    it->dims = dims;
    it->n_dims = rows ? 2 : 1;
    it->data_type = (int32_t)type;
    it->name = name;
    fill(g, it, x, (size_t)((rows ? rows : 1) * columns), type);
    append(g, &g->graph.initializer, &g->graph.n_initializer, it);
    return name;
}

const char *onnx_number(onnx_graph *g, double x) { return onnx_numbers(g, &x, ONNX_DOUBLE, 1, 1); }

void onnx_output(onnx_graph *g, const char *name, onnx_type type, int64_t width, const char *value)
{
    Onnx__ValueInfoProto *it = value_of(g, name, type, width);
    onnx_do(g, "Identity", value, NULL, NULL);
    if (it && !g->failed) {
        last_node(g)->output[0] = it->name;
    }
    append(g, &g->graph.output, &g->graph.n_output, it);
}

unsigned char *onnx_graph_pack(onnx_graph *g, size_t *size)
{
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto sets[2], *both[] = {&sets[0], &sets[1]};
    onnx__operator_set_id_proto__init(&sets[0]);
    onnx__operator_set_id_proto__init(&sets[1]);
    sets[0].version = OPSET;
    sets[1].version = ML_OPSET;
    sets[1].domain = own_text(g, "ai.onnx.ml");
    model.ir_version = IR_VERSION;
    model.producer_name = own_text(g, "reel export");
    model.graph = &g->graph;
    model.opset_import = both;
    model.n_opset_import = 2;
    unsigned char *bytes = NULL;
    if (!g->failed) {
        *size = onnx__model_proto__get_packed_size(&model);
        bytes = malloc(*size);
    }
    if (bytes) {
        onnx__model_proto__pack(&model, bytes);
    }
    return bytes;
}
#else
typedef int onnx_graph_is_not_here; /* a file has to have something in it */
#endif
