/* SPDX-License-Identifier: MIT */
/* Tensors: making them, reading them, copying them out. Views are in views.h. */
#ifndef REEL_TENSOR_H
#define REEL_TENSOR_H

#include <reel/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Element types. REEL_F32 is the default and is zero. */
typedef enum reel_dtype {
    REEL_F32, /**< float, of 32 bits */
    REEL_F64, /**< double, of 64 bits */
    REEL_I64, /**< int64_t */
    REEL_BOOL /**< bool, of one byte that is 0 or 1 */
} reel_dtype;

/** What a tensor may have at most. */
enum {
    REEL_MAX_DIMS = 8 /**< dims */
};

/** A tensor and its name, in a file or among a model's. */
typedef struct reel_named_tensor {
    const char *name;    /**< the name */
    reel_tensor *tensor; /**< the tensor */
} reel_named_tensor;

/** A list of them. */
typedef struct reel_named_tensors {
    const reel_named_tensor *entries; /**< each with its name */
    size_t count;                     /**< how many */
} reel_named_tensors;

#ifdef __cplusplus
extern "C++" {
/* An array that lives until the call it is made in has returned, as compound literals do in C. */
template <typename T, size_t n> struct reeli_array {
    T elements[n];
    const T *data() const { return elements; }
};
template <typename... T> reeli_array<int64_t, sizeof...(T)> reeli_sizes(T... sizes)
{
    return {{static_cast<int64_t>(sizes)...}};
}
template <typename... T> char (&reeli_counted(const T &...))[sizeof...(T)]; /* for sizeof alone */
}
#endif

/** A shape in place of the two arguments (ndim, size), as in
 *  `reel_zeros(r, REEL_F32, REEL_SHAPE(2, 3))`. */
#ifdef __cplusplus
#define REEL_SHAPE(...)                                                                            \
    static_cast<int>(sizeof(reeli_counted(__VA_ARGS__))), reeli_sizes(__VA_ARGS__).data()
#else
#define REEL_SHAPE(...)                                                                            \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) { __VA_ARGS__ }
#endif

/** The shape of a tensor of no dims, which holds one value. */
#define REEL_SCALAR_SHAPE 0, NULL

/*
 * Factories. `ndim` at most 8, each size at least 0.
 *
 * Owner: the reel's until you free the tensor with `reel_tensor_free`, or the reel.
 * Fails: poison and REEL_ERR_SHAPE (too many dims, a negative size, too many elements),
 *        REEL_ERR_VALUE (a NULL array, a range that is none), REEL_ERR_MEMORY.
 */

/** A tensor of the given values, copied, row by row. Source: torch.tensor. */
REEL_API reel_tensor *reel_from_f32(reel *r, const float *values, int ndim, const int64_t *size);
/** As `reel_from_f32`, of doubles. */
REEL_API reel_tensor *reel_from_f64(reel *r, const double *values, int ndim, const int64_t *size);
/** As `reel_from_f32`, of 64-bit integers. */
REEL_API reel_tensor *reel_from_i64(reel *r, const int64_t *values, int ndim, const int64_t *size);
/** As `reel_from_f32`, of bools. */
REEL_API reel_tensor *reel_from_bool(reel *r, const bool *values, int ndim, const int64_t *size);
/** One value in no dims. Source: torch.tensor(value, dtype=dtype). */
REEL_API reel_tensor *reel_scalar(reel *r, reel_dtype dtype, double value);

/** All zero. Source: torch.zeros. */
REEL_API reel_tensor *reel_zeros(reel *r, reel_dtype dtype, int ndim, const int64_t *size);
/** All one. Source: torch.ones. */
REEL_API reel_tensor *reel_ones(reel *r, reel_dtype dtype, int ndim, const int64_t *size);
/** All `value`, converted to the dtype. Source: torch.full. */
REEL_API reel_tensor *reel_full(reel *r, reel_dtype dtype, double value, int ndim,
                                const int64_t *size);
/** start, start + step, … before end: ceil((end - start) / step) values. Source: torch.arange. */
REEL_API reel_tensor *reel_arange(reel *r, reel_dtype dtype, double start, double end, double step);
/** `steps` values from start to end, both included, evenly spaced. Source: torch.linspace. */
REEL_API reel_tensor *reel_linspace(reel *r, reel_dtype dtype, double start, double end,
                                    int64_t steps);
/** rows x columns, one on the diagonal. Source: torch.eye. */
REEL_API reel_tensor *reel_eye(reel *r, reel_dtype dtype, int64_t rows, int64_t columns);

/*
 * Random numbers, of the reel's own generator. They come in the order of the calls; within one
 * expression C and C++ leave that order to the compiler, and GCC's is another than Clang's: for
 * PyTorch's digits two draws are two statements, not `reel_sub(reel_randn(…), reel_randn(…))`.
 */

/** Uniform in [0, 1); f32 or f64. Source: torch.rand, to the bit. */
REEL_API reel_tensor *reel_rand(reel *r, reel_dtype dtype, int ndim, const int64_t *size);
/** Normal, mean 0 and deviation 1; f32 or f64. Source: torch.randn. */
REEL_API reel_tensor *reel_randn(reel *r, reel_dtype dtype, int ndim, const int64_t *size);
/** Whole numbers in [low, high). Source: torch.randint. */
REEL_API reel_tensor *reel_randint(reel *r, reel_dtype dtype, int64_t low, int64_t high, int ndim,
                                   const int64_t *size);
/** 0 … n-1 in random order, i64. Source: torch.randperm. */
REEL_API reel_tensor *reel_randperm(reel *r, int64_t n);

/**
 * Where the reel's random numbers stand: int64, of 627 elements, to go on from by
 * `reel_set_rng_state`.
 *
 * Owner: lives until `reel_rewind`. Source: torch.get_rng_state, whose layout is another.
 */
REEL_API reel_tensor *reel_get_rng_state(reel *r);
/**
 * Goes on with random numbers from there; the reel it came from may be another, or another
 * process's.
 *
 * Fails: REEL_ERR_VALUE for a tensor that is no such state; then nothing has changed.
 */
REEL_API reel_status reel_set_rng_state(reel *r, const reel_tensor *state);

/* Like another tensor. */

/** Zeros of t's shape and dtype. Source: torch.zeros_like. */
REEL_API reel_tensor *reel_zeros_like(reel_tensor *t);
/** Ones of t's shape and dtype. Source: torch.ones_like. */
REEL_API reel_tensor *reel_ones_like(reel_tensor *t);
/** `value` in t's shape and dtype. Source: torch.full_like. */
REEL_API reel_tensor *reel_full_like(reel_tensor *t, double value);
/** Uniform [0, 1) in t's shape and dtype. Source: torch.rand_like. */
REEL_API reel_tensor *reel_rand_like(reel_tensor *t);
/** Normal in t's shape and dtype. Source: torch.randn_like. */
REEL_API reel_tensor *reel_randn_like(reel_tensor *t);
/** Whole numbers in [low, high) in t's shape and dtype. Source: torch.randint_like. */
REEL_API reel_tensor *reel_randint_like(reel_tensor *t, int64_t low, int64_t high);

/* What a tensor is, and how long. */

/**
 * A copy of t that outlives `reel_rewind`, detached from the tape.
 *
 * Owner: the reel's until you free it, as of a tensor that you created.
 */
REEL_API reel_tensor *reel_keep(reel_tensor *t);

/** Frees a tensor that you created or kept, and its gradient. Nothing may use it any more. */
REEL_API void reel_tensor_free(reel_tensor *t);

/** The reel that t belongs to. */
REEL_API reel *reel_of(const reel_tensor *t);
/** Whether t is poison: the result of an operation that failed. */
REEL_API bool reel_is_poison(const reel_tensor *t);
/** The dtype of t's elements. Source: Tensor.dtype. */
REEL_API reel_dtype reel_dtype_of(const reel_tensor *t);
/** The dtype's name as PyTorch has it: "float32", "float64", "int64", "bool". */
REEL_API const char *reel_dtype_name(reel_dtype dtype);
/** How many dims t has. Source: Tensor.ndim. */
REEL_API int reel_ndim(const reel_tensor *t);
/** The size of `dim`; a negative dim counts from the end. Fails: -1 and REEL_ERR_SHAPE where there
 *  is none. Source: Tensor.size(dim). */
REEL_API int64_t reel_size(const reel_tensor *t, int dim);
/** The number of elements. Source: Tensor.numel. */
REEL_API int64_t reel_numel(const reel_tensor *t);
/** Elements from one index of `dim` to the next. Fails: as `reel_size`. Source:
 *  Tensor.stride(dim). */
REEL_API int64_t reel_stride(const reel_tensor *t, int dim);
/** Whether t's elements lie row by row, without gaps. Source: Tensor.is_contiguous. */
REEL_API bool reel_is_contiguous(const reel_tensor *t);

/* Elements, out and in. */

/**
 * The one value of a tensor of one element, as a double.
 *
 * Fails:  NaN and REEL_ERR_SHAPE where there are more or fewer; REEL_ERR_STATE while a step is
 *         being captured.
 * Source: Tensor.item.
 */
REEL_API double reel_item(const reel_tensor *t);

/**
 * `reel_item` as Python prints it: the shortest text that reads back as the same double.
 *
 * Owner: lives until `reel_rewind`.
 */
REEL_API const char *reel_item_repr(const reel_tensor *t);

/** The element at `index` (one per dim; negative counts from the end), as a double. Fails: NaN and
 *  REEL_ERR_VALUE for an index that is NULL or out of range. Source: t[index].item(). */
REEL_API double reel_get(const reel_tensor *t, const int64_t *index);
/** Sets the element at `index`. Fails: as `reel_get`; REEL_ERR_VALUE too for a value that the dtype
 *  does not hold, REEL_ERR_STATE while operations on t are recorded. Source: t[index] = value. */
REEL_API reel_status reel_set(reel_tensor *t, const int64_t *index, double value);

/**
 * Copies all elements out, row by row, converted to float.
 *
 * Fails: REEL_ERR_SHAPE if `count` is not the number of elements, REEL_ERR_VALUE if `out` is NULL;
 *        REEL_ERR_STATE while a step is being captured. Then `out` is as it was.
 */
REEL_API reel_status reel_to_f32(const reel_tensor *t, float *out, int64_t count);
/** As `reel_to_f32`, to doubles. */
REEL_API reel_status reel_to_f64(const reel_tensor *t, double *out, int64_t count);
/** As `reel_to_f32`, to 64-bit integers. */
REEL_API reel_status reel_to_i64(const reel_tensor *t, int64_t *out, int64_t count);
/** As `reel_to_f32`, to bools. */
REEL_API reel_status reel_to_bool(const reel_tensor *t, bool *out, int64_t count);

/**
 * t's own elements, for reading and writing in place; writing bypasses the tape.
 *
 * Fails: NULL and an error if t is not contiguous or its dtype is another.
 */
REEL_API float *reel_data_f32(reel_tensor *t);
/** As `reel_data_f32`, of doubles. */
REEL_API double *reel_data_f64(reel_tensor *t);
/** As `reel_data_f32`, of 64-bit integers. */
REEL_API int64_t *reel_data_i64(reel_tensor *t);
/** As `reel_data_f32`, of bools. */
REEL_API bool *reel_data_bool(reel_tensor *t);

/* Texts. */

/**
 * t as PyTorch prints it: `tensor([2.5000, 0.0000], grad_fn=<MulBackward0>)`, summarised above
 * 1,000 elements; NULL, as a gradient that is not there, is `None`.
 *
 * Owner: lives until `reel_rewind`.
 */
REEL_API const char *reel_repr(const reel_tensor *t);
/** Prints `reel_repr` and a newline to standard output. Source: print(t). */
REEL_API void reel_print(const reel_tensor *t);

#ifdef __cplusplus
}
#endif
#endif
