/* SPDX-License-Identifier: MIT */
/* A reel: the object that owns memory, random numbers, the tape and the first error. */
#ifndef REEL_BASE_H
#define REEL_BASE_H

#include <reel/config.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define REEL_API __attribute__((visibility("default")))
#else
#define REEL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What everything belongs to: memory, random numbers, the tape, the first error. */
typedef struct reel reel;

/** Elements of one dtype in up to 8 dims, and how they came to be; see tensor.h. */
typedef struct reel_tensor reel_tensor;

/** What kind of thing went wrong; `reel_error` has the sentence. */
typedef enum reel_status {
    REEL_OK = 0,     /**< nothing did */
    REEL_ERR_SHAPE,  /**< sizes or dims that do not fit together */
    REEL_ERR_DTYPE,  /**< a dtype that the operation does not take */
    REEL_ERR_VALUE,  /**< an argument outside its range: a negative lr, an index, an option */
    REEL_ERR_STATE,  /**< the right arguments at the wrong time: a second backward */
    REEL_ERR_OWNER,  /**< a tensor of another reel, a stale or a missing one */
    REEL_ERR_MEMORY, /**< an allocation failed */
    REEL_ERR_FILE,   /**< a file cannot be read or written */
    REEL_ERR_FORMAT  /**< a file's content is not what it should be */
} reel_status;

/** How loud a message is. Errors are also recorded in the reel; warnings are only handed on. */
typedef enum reel_level {
    REEL_WARNING, /**< the work goes on; what is odd is said */
    REEL_ERROR    /**< the operation has failed */
} reel_level;

/** Receives each message: a whole sentence without a newline. It may use the
 *  reel, as any callback may: not rewind it, and free only what it made; messages that come of that
 *  are not handed to it. */
typedef void (*reel_message_handler)(void *context, reel_level level, const char *message);

/**
 * An allocator in the manner of Lua's: `old_size` bytes at `block` become `new_size`. A NULL block
 * asks for memory, a new_size of 0 frees it and returns NULL. May return NULL: out of memory is
 * an error like any other. Memory is to be aligned as malloc aligns it.
 */
typedef void *(*reel_allocator)(void *context, void *block, size_t old_size, size_t new_size);

/**
 * What a reel is made with; all zero is the default.
 *
 * With `memory` the reel lives within that: the reel itself and whatever it allocates lie in these
 * bytes, and no malloc is called. What is freed is used again; when they are full, that is
 * REEL_ERR_MEMORY as always. They are yours again after `reel_free`. `reel_memory_peak` says how
 * many it takes. OpenBLAS, which has memory of its own, is not used, and threads have their stacks
 * from the system.
 */
typedef struct reel_options {
    reel_allocator allocator;     /**< NULL: malloc, realloc, free */
    void *allocator_context;      /**< handed to the allocator */
    reel_message_handler handler; /**< NULL: a line on stderr for each message, and a count for one
                                       that comes again and again */
    void *handler_context;        /**< handed to the handler */
    void *memory;                 /**< NULL, or what to live within; goes with no allocator */
    size_t memory_size;           /**< bytes of it */
} reel_options;

/**
 * A new reel, seeded with 0, recording gradients.
 *
 * Fails: NULL when there is no memory. Every function takes a NULL reel, as it takes poison.
 * Owner: yours; end it with `reel_free`. One reel belongs to one thread at a time.
 */
REEL_API reel *reel_new(void);

/** As `reel_new`, with memory, an allocator or a message handler of your own. */
REEL_API reel *reel_new_with(const reel_options *options);

/**
 * How many bytes of `options.memory` were the most that the reel used so far, counted from their
 * first: with so many the same program would have done. 0 for a reel without such memory.
 */
REEL_API size_t reel_memory_peak(const reel *r);

/** Frees the reel and everything that it owns: tensors, modules, optimizers, the tape. */
REEL_API void reel_free(reel *r);

/**
 * Ends a step: everything that operations returned since the last rewind is gone, and its memory is
 * used again for the next step. What you created, parameters and gradients stay.
 *
 * But for one thing: what a step creates and the next step creates again, by the same call, is
 * replaced as a variable in a loop is. So noise, a first state or a batch that is made in every
 * step does not pile up. `reel_keep` what is to be collected over steps; what has a name, asks for
 * gradients or is part of something stays anyway, and so does all that was created before the first
 * rewind.
 */
REEL_API void reel_rewind(reel *r);

/**
 * A place in a step, for `reel_rewind_to`; it lasts until what it is in is rewound.
 *
 * Fails: 0, and REEL_ERR_STATE while a step is being captured, or REEL_ERR_MEMORY.
 */
REEL_API uint64_t reel_mark(reel *r);
/**
 * Ends what came after the mark, as a validation within a step, and nothing before it: the tape
 * goes on from there. Gradients that were recorded after the mark become plain values, as with
 * `reel_rewind`; what was changed in place after it loses its history.
 *
 * Fails: REEL_ERR_STATE for a mark that is gone, from a callback and while a step is being
 *        captured.
 */
REEL_API void reel_rewind_to(reel *r, uint64_t mark);

/** Whether an error is recorded (a NULL reel has failed). */
REEL_API bool reel_failed(const reel *r);

/** The first error as one sentence; "" while there is none. Lives until the error is cleared. */
REEL_API const char *reel_error(const reel *r);

/** The first error's code; REEL_OK while there is none. */
REEL_API reel_status reel_error_status(const reel *r);

/** Forgets the recorded error. Poison tensors stay poison. */
REEL_API void reel_clear_error(reel *r);

/** Sends messages to `handler` from now on; NULL restores the default (stderr). */
REEL_API void reel_set_message_handler(reel *r, reel_message_handler handler, void *context);

/** Seeds the reel's random numbers (MT19937, the low 32 bits). Source: torch.manual_seed. */
REEL_API void reel_manual_seed(reel *r, uint64_t seed);

/**
 * Lets operations on large tensors use so many threads, 1 by default. Results are the same bits for
 * any number; small work stays on the caller's thread.
 *
 * The threads are the reel's own: they are started by the first operation that is worth sharing,
 * sleep when there is nothing to do, take no signals, and end with the reel. If the machine gives
 * fewer (it starts at most 256), the work is done by those. After a fork the child's reel starts
 * its own; fork while no other thread uses the reel.
 *
 * Fails:    REEL_ERR_VALUE if `threads` is below 1; the number stays.
 * Source:   torch.set_num_threads, for one reel.
 */
REEL_API void reel_set_num_threads(reel *r, int threads);

/** How many threads operations may use. Source: torch.get_num_threads. */
REEL_API int reel_get_num_threads(const reel *r);

/** The library's version, "major.minor.patch". The headers' is in reel/config.h. */
REEL_API const char *reel_version(void);

/**
 * What this library was built with, a line each: version, compiler, CPU levels, BLAS, files.
 *
 * Source: torch.__config__.show.
 */
REEL_API const char *reel_build_info(void);

/**
 * What computes this reel's large matrix products: OpenBLAS's version, its kernels and its file, or
 * "none: " and why, where Reel's own loops do it, as on every CPU that has fused multiply-adds.
 * Looks for OpenBLAS if no product did yet.
 *
 * Owner: the reel's.
 */
REEL_API const char *reel_blas_info(reel *r);

#ifdef __cplusplus
}
#endif
#endif
