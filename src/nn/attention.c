/* SPDX-License-Identifier: MIT */
/* Attention, and several heads of it as a module: products, a softmax, and the shapes between. */
#include "module.h"

#include <math.h>
#include <reel/attention.h>
#include <reel/compare.h>
#include <reel/elementwise.h>
#include <reel/init.h>
#include <reel/join.h>
#include <reel/linalg.h>
#include <reel/random.h>
#include <reel/reduce.h>
#include <reel/views.h>

static reel_attention none(reel_tensor *poison) { return (reel_attention){poison, poison}; }

static bool is_floating(const char *what, const reel_tensor *t)
{
    if (!reeli_is_float(t->dtype)) {
        reeli_error(t->r, REEL_ERR_DTYPE, "%s: query, key and value must be floating, not %s", what,
                    reel_dtype_name(t->dtype));
        return false;
    }
    return true;
}

/* Query, key and value fit together. */
static bool fit(const char *what, const reel_tensor *q, const reel_tensor *k, const reel_tensor *v)
{
    if (!is_floating(what, q)) {
        return false;
    }
    if (q->dtype != k->dtype || q->dtype != v->dtype) {
        reeli_error(q->r, REEL_ERR_DTYPE, "%s: query is %s, key %s and value %s", what,
                    reel_dtype_name(q->dtype), reel_dtype_name(k->dtype),
                    reel_dtype_name(v->dtype));
        return false;
    }
    const int n = q->ndim;
    const bool same = n >= 2 && k->ndim == n && v->ndim == n && q->size[n - 1] == k->size[n - 1] &&
                      k->size[n - 2] == v->size[n - 2];
    if (!same) {
        reeli_error(q->r, REEL_ERR_SHAPE,
                    "%s: query %s, key %s, value %s; they must be (…, L, E), (…, S, E), (…, S, V)",
                    what, REELI_SHAPE_OF(q), REELI_SHAPE_OF(k), REELI_SHAPE_OF(v));
    }
    return same;
}

/* The mask broadcasts to (…, L, S). */
static bool mask_fits(const char *what, const reel_tensor *q, const reel_tensor *k,
                      reel_tensor *mask)
{
    if (!mask) {
        return true;
    }
    if (!reeli_usable_as(q->r, what, "the mask", mask)) {
        return false;
    }
    bool fits = mask->ndim <= q->ndim && (mask->dtype == REEL_BOOL || mask->dtype == q->dtype);
    for (int d = 1; fits && d <= mask->ndim; d++) {
        const int64_t size = d == 1 ? k->size[k->ndim - 2] : q->size[q->ndim - (d == 2 ? 2 : d)];
        fits = mask->size[mask->ndim - d] == size || mask->size[mask->ndim - d] == 1;
    }
    if (!fits) {
        reeli_error(q->r, REEL_ERR_SHAPE, "%s: a %s mask %s does not fit query %s and key %s", what,
                    reel_dtype_name(mask->dtype), REELI_SHAPE_OF(mask), REELI_SHAPE_OF(q),
                    REELI_SHAPE_OF(k));
    }
    return fits;
}

/* (L, S): true on and below the diagonal. */
static reel_tensor *causal(const reel_tensor *q, const reel_tensor *k)
{
    const int64_t size[] = {q->size[q->ndim - 2], k->size[k->ndim - 2]};
    reel_tensor *yes = reeli_scalar(q->r, "scaled_dot_product_attention", REEL_BOOL, 1);
    return reel_tril(reel_expand(yes, 2, size), 0);
}

reel_attention reel_scaled_dot_product_attention(reel_tensor *query, reel_tensor *key,
                                                 reel_tensor *value, reel_attention_options options)
{
    static const char what[] = "scaled_dot_product_attention";
    reel_tensor *in[] = {query, key, value}, *mask = options.attn_mask;
    if (!reeli_all_usable(what, 3, in) || !fit(what, query, key, value) ||
        !mask_fits(what, query, key, mask)) {
        return none(reeli_poison_for(3, in));
    }
    reel *r = query->r;
    if (mask && options.is_causal) {
        reeli_error(r, REEL_ERR_VALUE, "%s: there is a mask, and is_causal would be another", what);
        return none(r->poison);
    }
    const double size = (double)query->size[query->ndim - 1];
    const double scale = options.scale != 0 ? options.scale : 1 / sqrt(size);
    reel_tensor *scores = reel_matmul(reel_mul_scalar(query, scale), reel_mT(key));
    mask = options.is_causal ? causal(query, key) : mask;
    if (mask && !reeli_bad(mask) && mask->dtype == REEL_BOOL) {
        scores = reel_where(mask, scores, reel_number(r, (double)-INFINITY));
    } else if (mask) {
        scores = reel_add(scores, mask);
    }
    reel_tensor *weights = reel_softmax(scores, -1);
    if (options.dropout_p != 0) {
        weights = reel_dropout(weights, options.dropout_p, true);
    }
    reel_tensor *output = reel_matmul(weights, value);
    return reeli_bad(output) ? none(output) : (reel_attention){output, weights};
}

enum { HEADS = 0, SIZE = 1, BATCH_FIRST = 2, ZERO = 3 };

/* A call of several heads: all as (length, batch, size). */
typedef struct heads {
    reel_module *m;
    reel *r;
    reel_tensor *q, *k, *v, *mask, *padding;
    int64_t count, size, batch, queries, keys;
    bool alone;
} heads;

/* The child that joins the heads' results. */
static reel_module *out_proj(const reel_module *m) { return reel_module_child(m, "out_proj"); }

/* Of q, k and v (0, 1, 2) the products with their weights. */
static reel_tensor *projected(const heads *h, reel_tensor *x, int number)
{
    static const char *const names[] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
    const int64_t size = h->m->i[SIZE];
    reel_tensor *weight = h->m->weight ? reel_narrow(h->m->weight, 0, number * size, size)
                                       : reel_parameter(h->m, names[number]);
    reel_tensor *bias = h->m->bias ? reel_narrow(h->m->bias, 0, number * size, size) : NULL;
    return reel_linear(x, weight, bias);
}

/* One more key or value, alike for all of the batch. */
static reel_tensor *with_row(const heads *h, reel_tensor *x, reel_tensor *row)
{
    const int64_t size[] = {1, h->batch, h->m->i[SIZE]};
    row = row ? reel_expand(row, 3, size) : reeli_zeros(h->r, h->m->name, h->q->dtype, 3, size);
    return reel_cat((reel_tensor *[]){x, row}, 2, 0);
}

/* (length, batch, size) as (batch, heads, length, size of a head). */
static reel_tensor *by_head(const heads *h, reel_tensor *x)
{
    if (reeli_bad(x)) {
        return x;
    }
    const int64_t each = h->m->i[SIZE] / h->count;
    x = reel_reshape(x, 4, (int64_t[]){x->size[0], h->batch, h->count, each});
    return reel_permute(x, (int64_t[]){1, 2, 0, 3});
}

/* A mask in which true does not count as what is added to the scores. */
static reel_tensor *added(const heads *h, reel_tensor *mask)
{
    if (reeli_bad(mask) || mask->dtype != REEL_BOOL) {
        return mask;
    }
    reel_tensor *zero = reeli_scalar(h->r, h->m->name, h->q->dtype, 0);
    return reel_where(mask, reel_number(h->r, (double)-INFINITY), zero);
}

/* Both masks as one of (batch, heads, L, S), or what broadcasts to it; and keys that were added
 * count. */
static reel_tensor *whole_mask(const heads *h, int64_t more)
{
    reel_tensor *mask = h->mask ? added(h, h->mask) : NULL;
    if (mask && !reeli_bad(mask) && mask->ndim == 3) {
        mask = reel_reshape(mask, 4, (int64_t[]){h->batch, h->count, h->queries, h->keys});
    }
    if (h->padding) {
        reel_tensor *padding =
            reel_reshape(added(h, h->padding), 4, (int64_t[]){h->batch, 1, 1, h->keys});
        mask = mask ? reel_add(mask, padding) : padding;
    }
    return mask && more ? reel_pad(mask, (int64_t[]){0, more}, 2, 0) : mask;
}

static reel_attention run_heads(const heads *h, bool each)
{
    reel_module *m = h->m;
    reel_tensor *q = projected(h, h->q, 0), *k = projected(h, h->k, 1), *v = projected(h, h->v, 2);
    const bool learnt = reel_parameter(m, "bias_k") != NULL, zero = m->i[ZERO] != 0;
    if (learnt) {
        k = with_row(h, k, reel_parameter(m, "bias_k"));
        v = with_row(h, v, reel_parameter(m, "bias_v"));
    }
    if (zero) {
        k = with_row(h, k, NULL);
        v = with_row(h, v, NULL);
    }
    reel_attention y = reel_scaled_dot_product_attention(
        by_head(h, q), by_head(h, k), by_head(h, v),
        (reel_attention_options){.attn_mask = whole_mask(h, learnt + zero),
                                 .dropout_p = m->training ? m->p[0] : 0});
    reel_tensor *rows = reel_permute(y.output, (int64_t[]){2, 0, 1, 3});
    rows = reel_reshape(rows, 3, (int64_t[]){h->queries, h->batch, m->i[SIZE]});
    y.output = reel_forward(out_proj(m), rows);
    y.weights = each ? y.weights : reel_mean_dim(y.weights, &(int64_t){1}, 1, false);
    if (h->alone) {
        y.output = reel_squeeze(y.output, 1);
        y.weights = reel_squeeze(y.weights, 0);
    } else if (m->i[BATCH_FIRST]) {
        y.output = reel_transpose(y.output, 0, 1);
    }
    return y;
}

/* The last dim's size and the number of dims of one of query, key and value. */
static bool has_size(const heads *h, const char *role, const reel_tensor *t, int64_t size, int ndim)
{
    const bool fits = t->ndim == ndim && t->size[ndim - 1] == size && t->dtype == h->q->dtype;
    if (!fits) {
        reeli_error(
            h->r, t->dtype == h->q->dtype ? REEL_ERR_SHAPE : REEL_ERR_DTYPE,
            "MultiheadAttention: %s is a %s %s; it must be a %s of 2 or 3 dims as the others, "
            "the last of them %lld",
            role, reel_dtype_name(t->dtype), REELI_SHAPE_OF(t), reel_dtype_name(h->q->dtype),
            (long long)size);
    }
    return fits;
}

static reel_tensor *by_length(const heads *h, reel_tensor *x)
{
    return h->alone ? reel_unsqueeze(x, 1) : h->m->i[BATCH_FIRST] ? reel_transpose(x, 0, 1) : x;
}

/* A mask of one of two shapes. */
static bool mask_has(const heads *h, const char *role, reel_tensor *t, const int64_t *small,
                     int ndim, const int64_t *large)
{
    if (!t) {
        return true;
    }
    if (!reeli_usable_as(h->r, "MultiheadAttention", role, t)) {
        return false;
    }
    bool fits = (t->ndim == ndim || t->ndim == ndim + 1) &&
                (t->dtype == REEL_BOOL || t->dtype == h->q->dtype);
    for (int d = 0; fits && d < t->ndim; d++) {
        fits = t->size[d] == (t->ndim == ndim ? small : large)[d];
    }
    if (!fits) {
        reeli_error(h->r, REEL_ERR_SHAPE,
                    "MultiheadAttention: %s is a %s %s; it must be a bool or %s %s or %s", role,
                    reel_dtype_name(t->dtype), REELI_SHAPE_OF(t), reel_dtype_name(h->q->dtype),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim, small),
                    reeli_shape_text((char[REELI_SHAPE_TEXT]){0}, ndim + 1, large));
    }
    return fits;
}

static bool read_heads(heads *h, const reel_multihead_call *o)
{
    const reel_module *m = h->m;
    const int ndim = h->q->ndim;
    const reel_tensor *weights[] = {m->weight, reel_parameter(h->m, "k_proj_weight"),
                                    reel_parameter(h->m, "v_proj_weight")};
    const int64_t kdim = m->weight ? m->i[SIZE] : weights[1]->size[1];
    const int64_t vdim = m->weight ? m->i[SIZE] : weights[2]->size[1];
    if (ndim != 2 && ndim != 3) {
        reeli_error(h->r, REEL_ERR_SHAPE,
                    "MultiheadAttention: query must have 2 or 3 dims, and is %s",
                    REELI_SHAPE_OF(h->q));
        return false;
    }
    if (!is_floating("MultiheadAttention", h->q) || !has_size(h, "query", h->q, m->i[SIZE], ndim) ||
        !has_size(h, "key", h->k, kdim, ndim) || !has_size(h, "value", h->v, vdim, ndim)) {
        return false;
    }
    h->alone = ndim == 2;
    h->q = by_length(h, h->q);
    h->k = by_length(h, h->k);
    h->v = by_length(h, h->v);
    if (reeli_bad(h->q) || reeli_bad(h->k) || reeli_bad(h->v)) {
        return false;
    }
    h->queries = h->q->size[0];
    h->keys = h->k->size[0];
    h->batch = h->q->size[1];
    if (h->v->size[0] != h->keys || h->k->size[1] != h->batch || h->v->size[1] != h->batch) {
        reeli_error(
            h->r, REEL_ERR_SHAPE,
            "MultiheadAttention: query, key and value are (L, N, E) %s, %s and %s; key and value "
            "must have one length, all one N",
            REELI_SHAPE_OF(h->q), REELI_SHAPE_OF(h->k), REELI_SHAPE_OF(h->v));
        return false;
    }
    h->mask = o->attn_mask;
    h->padding = o->key_padding_mask;
    const int64_t one[] = {h->queries, h->keys}, all[] = {h->batch * h->count, h->queries, h->keys};
    return mask_has(h, "attn_mask", h->mask, one, 2, all) &&
           mask_has(h, "key_padding_mask", h->padding, &h->keys, 1, (int64_t[]){h->batch, h->keys});
}

static reel_tensor *to_itself(reel_module *m, reel_tensor *const *in)
{
    return reel_forward_attention(m, in[0], in[0], in[0], (reel_multihead_call){0}).output;
}

reel_attention reel_forward_attention(reel_module *module, reel_tensor *query, reel_tensor *key,
                                      reel_tensor *value, reel_multihead_call options)
{
    if (!REELI_ALIVE(module, "forward_attention")) {
        return none(module ? module->owned.r->poison : NULL);
    }
    heads h = {.m = module, .r = module->owned.r, .q = query, .k = key, .v = value};
    if (module->compute != to_itself) {
        reeli_error(h.r, REEL_ERR_VALUE, "forward_attention: %s is no such module", module->name);
        return none(h.r->poison);
    }
    h.count = module->i[HEADS];
    h.size = module->i[SIZE];
    return reeli_usable_as(h.r, module->name, "query", query) &&
                   reeli_usable_as(h.r, module->name, "key", key) &&
                   reeli_usable_as(h.r, module->name, "value", value) && read_heads(&h, &options)
               ? run_heads(&h, options.each_head)
               : none(h.r->poison);
}

/* Xavier's bound: a weight (out, in) is drawn from U(-b, b), b = √(6 / (in + out)). */
static reel_tensor *add_xavier(reel_module *m, const char *name, reel_dtype dtype, int64_t out,
                               int64_t in)
{
    const double bound = sqrt(3.0) * sqrt(2.0 / (double)(in + out));
    return reeli_add_parameter(m, name, dtype, 0, bound, 2, (int64_t[]){out, in});
}

/* One row, of normal numbers as xavier_normal_ draws them for (1, 1, size); in float32. */
static bool add_row(reel_module *m, const char *name, reel_dtype dtype, int64_t size)
{
    reel_tensor *t = reeli_add_parameter(m, name, dtype, 0, 0, 3, (int64_t[]){1, 1, size});
    reel_tensor *draw = t && dtype != REEL_F32
                            ? reel_init_normal(reeli_zeros(m->owned.r, m->name, REEL_F32, 1, &size),
                                               0, sqrt(2.0 / (2 * (double)size)))
                            : NULL;
    if (draw && !reeli_bad(draw)) {
        reeli_copy(t, reel_reshape(draw, 3, (int64_t[]){1, 1, size}));
    }
    return t && (draw ? !reeli_bad(draw)
                      : !reeli_bad(reel_init_normal(t, 0, sqrt(2.0 / (2 * (double)size)))));
}

static bool add_weights(reel_module *m, int64_t size, const reel_multihead_options *o)
{
    const int64_t kdim = o->kdim ? o->kdim : size, vdim = o->vdim ? o->vdim : size, all = 3 * size;
    bool sound;
    if (kdim == size && vdim == size) {
        m->weight = add_xavier(m, "in_proj_weight", o->dtype, all, size);
        sound = m->weight;
    } else {
        sound = add_xavier(m, "q_proj_weight", o->dtype, size, size) &&
                add_xavier(m, "k_proj_weight", o->dtype, size, kdim) &&
                add_xavier(m, "v_proj_weight", o->dtype, size, vdim);
    }
    if (sound && !o->no_bias) {
        m->bias = reeli_add_parameter(m, "in_proj_bias", o->dtype, 0, 0, 1, &all);
        sound = m->bias;
    }
    return sound && (!o->add_bias_kv || (add_row(m, "bias_k", o->dtype, size) &&
                                         add_row(m, "bias_v", o->dtype, size)));
}

static bool sound_sizes(reel *r, int64_t size, int64_t count, const reel_multihead_options *o)
{
    enum { PARTS = 8 }; /* more than there are sizes in a sum or weights in a row */
    const int64_t most = INT64_MAX / PARTS;
    const bool sound = size > 0 && size < most && count > 0 && size % count == 0 && o->kdim >= 0 &&
                       o->kdim < most && o->vdim >= 0 && o->vdim < most && o->dropout >= 0 &&
                       o->dropout <= 1 && (unsigned)o->dtype <= REEL_F64;
    if (!sound) {
        reeli_error(
            r, REEL_ERR_VALUE,
            "MultiheadAttention: embed_dim %lld, %lld heads, kdim %lld, vdim %lld, dropout %g; "
            "heads must divide embed_dim, sizes be positive and below 2^60, dropout a probability",
            (long long)size, (long long)count, (long long)o->kdim, (long long)o->vdim, o->dropout);
    }
    return sound;
}

reel_module *reel_nn_multihead_attention(reel *r, int64_t embed_dim, int64_t num_heads,
                                         const reel_multihead_options *options)
{
    static const reel_multihead_options defaults = {0};
    const reel_multihead_options *o = options ? options : &defaults;
    if (!r || !sound_sizes(r, embed_dim, num_heads, o)) {
        return NULL;
    }
    const reel_linear_options like = {.no_bias = o->no_bias, .dtype = o->dtype};
    reel_module *m = reeli_module_new(r, "MultiheadAttention", 1, to_itself);
    reel_module *out = m ? reel_nn_linear_with(r, embed_dim, embed_dim, &like) : NULL;
    if (!m || !out) {
        return reeli_finished(m, false);
    }
    if (out->bias) {
        reeli_fill(out->bias, 0); /* drawn, and then not kept, as in PyTorch */
    }
    m->i[HEADS] = num_heads;
    m->i[SIZE] = embed_dim;
    m->i[BATCH_FIRST] = o->batch_first;
    m->i[ZERO] = o->add_zero_attn;
    m->p[0] = o->dropout;
    const bool sound = add_weights(m, embed_dim, o) && reeli_add_child(m, "out_proj", out);
    if (!sound) {
        reel_module_free(out);
    }
    return reeli_finished(m, sound);
}
