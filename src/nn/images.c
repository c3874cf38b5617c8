/* SPDX-License-Identifier: MIT */
/* Layers for images: convolutions with their weights, and functions as modules. */
#include "module.h"

#include <math.h>
#include <reel/activation.h>
#include <reel/inplace.h>
#include <reel/normalization.h>
#include <reel/views.h>

/* The numbers of an image's dims, one for all or one each. */
static int64_t size_in(reel_dims given, int d) { return given.size[given.count == 1 ? 0 : d]; }

typedef reel_tensor *(*convolve)(reel_tensor *x, reel_tensor *weight, reel_tensor *bias,
                                 reel_conv_options options);

/* The image with its padding, of another kind than zeros, on both sides of each dim from the last
 * on; and a convolution without any, which refuses a kernel that no image is as large as. */
static reel_tensor *padded(const reel_module *m, reel_tensor *x, reel_conv_options *o)
{
    int64_t pad[2 * 3];
    for (int i = 0; i < m->dims; i++) {
        const int d = m->dims - 1 - i;
        const int64_t dilation = o->dilation.count ? size_in(o->dilation, d) : 1;
        int64_t all;
        if (!reeli_multiply(dilation, m->weight->size[2 + d] - 1, &all)) {
            return x;
        }
        pad[2 * i] = o->same ? all / 2 : o->padding.count ? size_in(o->padding, d) : 0;
        pad[2 * i + 1] = o->same ? all - all / 2 : pad[2 * i];
    }
    o->same = false;
    o->padding = (reel_dims){0};
    return reel_pad_image(x, pad, 2 * m->dims, o->pad_mode);
}

/* The image as the convolution wants it. */
static reel_tensor *prepared(const reel_module *m, reel_tensor *x, reel_conv_options *o)
{
    *o = m->options.image.conv;
    return o->pad_mode == REEL_PAD_ZEROS ? x : padded(m, x, o);
}

static reel_tensor *convolution(reel_module *m, reel_tensor *const *in)
{
    static const convolve functions[2][3] = {
        {reel_conv1d, reel_conv2d, reel_conv3d},
        {reel_conv_transpose1d, reel_conv_transpose2d, reel_conv_transpose3d}};
    reel_conv_options o;
    reel_tensor *x = prepared(m, in[0], &o);
    return functions[m->i[0]][m->dims - 1](x, m->weight, m->bias, o);
}

/* Sizes are positive, the channels fall into the groups, and there are numbers for each dim. */
static bool sound_convolution(reel *r, const char *name, int dims, bool transposed, int64_t in,
                              int64_t out, reel_dims kernel, const reel_conv_options *o)
{
    const int64_t groups = o->groups == 0 ? 1 : o->groups;
    bool sound = r && in > 0 && out > 0 && groups > 0 && in % groups == 0 && out % groups == 0;
    if (r && !sound) {
        reeli_error(
            r, REEL_ERR_VALUE,
            "%s: %lld channels to %lld in %lld groups; there must be some, and groups divide "
            "them",
            name, (long long)in, (long long)out, (long long)groups);
        return false;
    }
    bool fits = kernel.count == 1 || kernel.count == dims;
    for (int d = 0; sound && fits && d < dims; d++) {
        fits = size_in(kernel, d) > 0 && size_in(kernel, d) <= INT32_MAX;
    }
    if (r && (!fits || (unsigned)o->dtype > REEL_F64 || (unsigned)o->pad_mode > REEL_PAD_CIRCULAR ||
              (transposed && o->pad_mode != REEL_PAD_ZEROS))) {
        reeli_error(
            r, REEL_ERR_VALUE,
            "%s: a kernel of %d sizes, dtype %d, padding mode %d; it takes 1 size or %d from 1 "
            "on, a floating dtype%s",
            name, kernel.count, (int)o->dtype, (int)o->pad_mode, dims,
            transposed ? ", and zeros as padding" : "");
        return false;
    }
    return sound;
}

/* Weight (outer, inner, kernel…) and bias, drawn as Linear's: see there. */
static bool add_weights(reel_module *m, int64_t outer, int64_t inner, int64_t out, reel_dims kernel,
                        const reel_conv_options *o)
{
    int64_t size[2 + 3] = {outer, inner};
    double fan = (double)inner;
    for (int d = 0; d < m->dims; d++) {
        size[2 + d] = size_in(kernel, d);
        fan *= (double)size[2 + d];
    }
    const double bound = sqrt(2.0 / 6.0) / sqrt(fan) * sqrt(3.0);
    m->weight = reeli_add_parameter(m, "weight", o->dtype, 0, bound, 2 + m->dims, size);
    if (m->weight && !o->no_bias) {
        m->bias = reeli_add_parameter(m, "bias", o->dtype, 0, 1 / sqrt(fan), 1, &out);
    }
    return m->weight && (m->bias || o->no_bias);
}

static reel_module *new_convolution(reel *r, const char *name, int dims, bool transposed,
                                    int64_t in, int64_t out, reel_dims kernel,
                                    const reel_conv_options *o)
{
    if (!sound_convolution(r, name, dims, transposed, in, out, kernel, o)) {
        return NULL;
    }
    reel_module *m = reeli_module_new(r, name, 1, convolution);
    if (!m) {
        return NULL;
    }
    const int64_t groups = o->groups == 0 ? 1 : o->groups;
    m->dims = dims;
    m->i[0] = transposed;
    m->options.image.conv = *o;
    return reeli_finished(m, transposed ? add_weights(m, in, out / groups, out, kernel, o)
                                        : add_weights(m, out, in / groups, out, kernel, o));
}

#define CONVOLUTION(make, Name, dims, transposed)                                                  \
    reel_module *make(reel *r, int64_t in_channels, int64_t out_channels, reel_dims kernel_size,   \
                      reel_conv_options options)                                                   \
    {                                                                                              \
        return new_convolution(r, #Name, dims, transposed, in_channels, out_channels, kernel_size, \
                               &options);                                                          \
    }
CONVOLUTION(reel_nn_conv1d, Conv1d, 1, false)
CONVOLUTION(reel_nn_conv2d, Conv2d, 2, false)
CONVOLUTION(reel_nn_conv3d, Conv3d, 3, false)
CONVOLUTION(reel_nn_conv_transpose1d, ConvTranspose1d, 1, true)
CONVOLUTION(reel_nn_conv_transpose2d, ConvTranspose2d, 2, true)
CONVOLUTION(reel_nn_conv_transpose3d, ConvTranspose3d, 3, true)

static reel_module *windows(reel *r, const char *name, int inputs, reeli_compute compute,
                            reel_dims kernel, const reel_pool_options *options)
{
    reel_module *m = reeli_module_new(r, name, inputs, compute);
    if (m) {
        m->options.image.size = kernel;
        m->options.image.pool = options ? *options : (reel_pool_options){0};
    }
    return m;
}

/* What a function of windows makes of x. */
#define POOL(make, function, Name, inputs, ...)                                                    \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        const reel_dims size = m->options.image.size;                                              \
        const reel_pool_options o = m->options.image.pool;                                         \
        return function(__VA_ARGS__);                                                              \
    }                                                                                              \
    reel_module *make(reel *r, reel_dims kernel_size, reel_pool_options options)                   \
    {                                                                                              \
        return windows(r, #Name, inputs, apply_##function, kernel_size, &options);                 \
    }
POOL(reel_nn_max_pool1d, reel_max_pool1d, MaxPool1d, 1, in[0], size, o)
POOL(reel_nn_max_pool2d, reel_max_pool2d, MaxPool2d, 1, in[0], size, o)
POOL(reel_nn_max_pool3d, reel_max_pool3d, MaxPool3d, 1, in[0], size, o)

static const reeli_member *next_of(const reeli_member *e, reeli_compute compute)
{
    const reeli_member *next = e ? e->next : NULL;
    return next && next->child && next->child->compute == compute ? next : NULL;
}

/* ReLU in place, where that is nobody else's and no gradient's. */
static reel_tensor *rectified(reel_tensor *x)
{
    return reeli_bad(x) || x->base == x ? reel_relu_(x) : reel_relu(x);
}

/* The largest of what ReLU leaves is ReLU of the largest, of which there are fewer. */
const reeli_member *reeli_fused_convolution(const reeli_member *e, reel_tensor **x)
{
    reel_module *m = e->child;
    if (!m || m->compute != convolution || !m->owned.alive) {
        return NULL;
    }
    const reel_module *next = e->next ? e->next->child : NULL;
    const bool relu = next && reeli_is_relu(next) && next->owned.alive;
    const reeli_member *last =
        m->dims == 2 && !m->i[0] ? next_of(relu ? e->next : e, apply_reel_max_pool2d) : NULL;
    if (last) {
        reel_conv_options o;
        reel_tensor *in = prepared(m, *x, &o);
        *x = reel_conv2d_max_pool2d(in, m->weight, m->bias, o, last->child->options.image.size,
                                    last->child->options.image.pool);
    } else if (relu && !m->owned.r->anomaly && !m->owned.r->tracing) {
        *x = reel_forward(e->child, *x);
        last = e->next;
    }
    *x = last && relu ? rectified(*x) : *x;
    return last;
}

POOL(reel_nn_avg_pool1d, reel_avg_pool1d, AvgPool1d, 1, in[0], size, o)
POOL(reel_nn_avg_pool2d, reel_avg_pool2d, AvgPool2d, 1, in[0], size, o)
POOL(reel_nn_avg_pool3d, reel_avg_pool3d, AvgPool3d, 1, in[0], size, o)
POOL(reel_nn_max_unpool1d, reel_max_unpool1d, MaxUnpool1d, 2, in[0], in[1], size, o, (reel_dims){0})
POOL(reel_nn_max_unpool2d, reel_max_unpool2d, MaxUnpool2d, 2, in[0], in[1], size, o, (reel_dims){0})
POOL(reel_nn_max_unpool3d, reel_max_unpool3d, MaxUnpool3d, 2, in[0], in[1], size, o, (reel_dims){0})

#define LP_POOL(make, function, Name)                                                              \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], m->p[0], m->options.image.size, m->options.image.pool);             \
    }                                                                                              \
    reel_module *make(reel *r, double p, reel_dims kernel_size, reel_pool_options options)         \
    {                                                                                              \
        reel_module *m = windows(r, #Name, 1, apply_##function, kernel_size, &options);            \
        if (m) {                                                                                   \
            m->p[0] = p;                                                                           \
        }                                                                                          \
        return m;                                                                                  \
    }
LP_POOL(reel_nn_lp_pool1d, reel_lp_pool1d, LPPool1d)
LP_POOL(reel_nn_lp_pool2d, reel_lp_pool2d, LPPool2d)
LP_POOL(reel_nn_lp_pool3d, reel_lp_pool3d, LPPool3d)

#define ADAPTIVE(make, function, Name, field)                                                      \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], m->options.image.size) field;                                       \
    }                                                                                              \
    reel_module *make(reel *r, reel_dims output_size)                                              \
    {                                                                                              \
        return windows(r, #Name, 1, apply_##function, output_size, NULL);                          \
    }
ADAPTIVE(reel_nn_adaptive_avg_pool1d, reel_adaptive_avg_pool1d, AdaptiveAvgPool1d, )
ADAPTIVE(reel_nn_adaptive_avg_pool2d, reel_adaptive_avg_pool2d, AdaptiveAvgPool2d, )
ADAPTIVE(reel_nn_adaptive_avg_pool3d, reel_adaptive_avg_pool3d, AdaptiveAvgPool3d, )
ADAPTIVE(reel_nn_adaptive_max_pool1d, reel_adaptive_max_pool1d, AdaptiveMaxPool1d, .values)
ADAPTIVE(reel_nn_adaptive_max_pool2d, reel_adaptive_max_pool2d, AdaptiveMaxPool2d, .values)
ADAPTIVE(reel_nn_adaptive_max_pool3d, reel_adaptive_max_pool3d, AdaptiveMaxPool3d, .values)

static reel_tensor *interpolate(reel_module *m, reel_tensor *const *in)
{
    return reel_interpolate(in[0], m->options.resize);
}

reel_module *reel_nn_upsample(reel *r, reel_interpolate_options options)
{
    reel_module *m = reeli_module_new(r, "Upsample", 1, interpolate);
    if (m) {
        m->options.resize = options;
    }
    return m;
}

static reel_tensor *pad_image(reel_module *m, reel_tensor *const *in)
{
    return reel_pad_image(in[0], m->i, m->dims, (reel_pad_mode)m->i[6]);
}

reel_module *reel_nn_pad_image(reel *r, const int64_t *pad, int count, reel_pad_mode mode)
{
    static const char *const names[4][3] = {
        {"ZeroPad1d", "ZeroPad2d", "ZeroPad3d"},
        {"ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d"},
        {"ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d"},
        {"CircularPad1d", "CircularPad2d", "CircularPad3d"}};
    if (r && (!pad || count < 2 || count > 6 || count % 2 != 0 || (unsigned)mode > 3)) {
        reeli_error(r, REEL_ERR_VALUE,
                    "pad_image: %d counts in mode %d; it takes 2, 4 or 6, and a mode that there is",
                    count, (int)mode);
        return NULL;
    }
    reel_module *m = r ? reeli_module_new(r, names[mode][count / 2 - 1], 1, pad_image) : NULL;
    for (int i = 0; m && i < count; i++) {
        m->i[i] = pad[i];
        m->i[6] = (int64_t)mode;
        m->dims = count;
    }
    return m;
}

/* By one whole number. */
#define BY_NUMBER(make, function, Name, number)                                                    \
    static reel_tensor *apply_##function(reel_module *m, reel_tensor *const *in)                   \
    {                                                                                              \
        return function(in[0], m->i[0]);                                                           \
    }                                                                                              \
    reel_module *make(reel *r, int64_t number)                                                     \
    {                                                                                              \
        reel_module *m = reeli_module_new(r, #Name, 1, apply_##function);                          \
        if (m) {                                                                                   \
            m->i[0] = number;                                                                      \
        }                                                                                          \
        return m;                                                                                  \
    }
BY_NUMBER(reel_nn_pixel_shuffle, reel_pixel_shuffle, PixelShuffle, upscale_factor)
BY_NUMBER(reel_nn_pixel_unshuffle, reel_pixel_unshuffle, PixelUnshuffle, downscale_factor)
BY_NUMBER(reel_nn_channel_shuffle, reel_channel_shuffle, ChannelShuffle, groups)

static reel_tensor *unfold(reel_module *m, reel_tensor *const *in)
{
    return reel_unfold(in[0], m->options.image.size, m->options.image.conv);
}

static reel_tensor *fold(reel_module *m, reel_tensor *const *in)
{
    return reel_fold(in[0], m->options.image.other_size, m->options.image.size,
                     m->options.image.conv);
}

reel_module *reel_nn_fold(reel *r, reel_dims output_size, reel_dims kernel_size,
                          reel_conv_options options)
{
    reel_module *m = windows(r, "Fold", 1, fold, kernel_size, NULL);
    if (m) {
        m->options.image.other_size = output_size;
        m->options.image.conv = options;
    }
    return m;
}

reel_module *reel_nn_unfold(reel *r, reel_dims kernel_size, reel_conv_options options)
{
    reel_module *m = windows(r, "Unfold", 1, unfold, kernel_size, NULL);
    if (m) {
        m->options.image.conv = options;
    }
    return m;
}

static reel_tensor *unflatten(reel_module *m, reel_tensor *const *in)
{
    return reel_unflatten(in[0], (int64_t)m->p[0], m->dims, m->i);
}

reel_module *reel_nn_unflatten(reel *r, int64_t dim, int ndim, const int64_t *size)
{
    if (r && (ndim < 1 || ndim > REEL_MAX_DIMS || !size || dim > REEL_MAX_DIMS ||
              dim < -REEL_MAX_DIMS)) {
        reeli_error(r, REEL_ERR_VALUE, "Unflatten: dim %lld into %d sizes", (long long)dim, ndim);
        return NULL;
    }
    reel_module *m = reeli_module_new(r, "Unflatten", 1, unflatten);
    for (int d = 0; m && d < ndim; d++) {
        m->dims = ndim;
        m->i[d] = size[d];
        m->p[0] = (double)dim;
    }
    return m;
}

static reel_tensor *local_response_norm(reel_module *m, reel_tensor *const *in)
{
    return reel_local_response_norm(in[0], m->i[0], m->p[0], m->p[1], m->p[2]);
}

reel_module *reel_nn_local_response_norm(reel *r, int64_t size, double alpha, double beta, double k)
{
    reel_module *m = reeli_module_new(r, "LocalResponseNorm", 1, local_response_norm);
    if (m) {
        m->i[0] = size;
        m->p[0] = alpha;
        m->p[1] = beta;
        m->p[2] = k;
    }
    return m;
}
