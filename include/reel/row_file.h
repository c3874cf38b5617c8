/* SPDX-License-Identifier: MIT */
/*
 * Rows of numbers in a file, for a training whose table memory does not hold.
 *
 *     reel_table *t = reel_table_read(r, "trips.csv", (reel_table_options){.memory = 1 << 30});
 *     reel_row_file *x = reel_encode_to_file(encoder, t, NULL, REEL_F32, 1 << 30);
 *     reel_loader *loader = reel_row_file_loader(x, &y, 1, options);
 *
 * The file has no name: it lies in TMPDIR or else in /var/tmp, and is gone with its reel, however
 * the process ends. It is read and written in pieces, and not mapped.
 *
 * Rows come in any order without reading the disk at random. Going once through the file, each row
 * is put down in the part of a second file that the order needs it in, in whatever place is next;
 * a part fits in memory, and is put in order there. So an epoch in a random order reads the rows
 * twice and writes them once, all of it in long pieces, and the order is the one that they would
 * have in memory, to the row.
 *
 * A library configured with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this.
 */
#ifndef REEL_ROW_FILE_H
#define REEL_ROW_FILE_H

#include <reel/encoder.h>
#include <reel/loader.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/** A matrix whose rows lie in a file. */
typedef struct reel_row_file reel_row_file;

/**
 * An empty one, whose rows have `columns` numbers. `memory` is how many bytes it may take to put
 * rows in order, beside pieces of a megabyte; less than 64 KB are taken for that.
 *
 * Owner: the reel's until you free it, or the reel.
 * Fails: NULL, and REEL_ERR_FILE if the system lets no such file be made; REEL_ERR_DTYPE for what
 *        is no float; REEL_ERR_VALUE for no columns; REEL_ERR_MEMORY; REEL_ERR_STATE while a step
 *        is being captured.
 */
REEL_API reel_row_file *reel_row_file_new(reel *r, reel_dtype dtype, int64_t columns,
                                          int64_t memory);

/** How many rows there are. */
REEL_API int64_t reel_row_file_rows(const reel_row_file *f);
/** How many numbers a row has. */
REEL_API int64_t reel_row_file_columns(const reel_row_file *f);
/** Their dtype. */
REEL_API reel_dtype reel_row_file_dtype(const reel_row_file *f);

/**
 * Puts rows from row `first` on, in place of those that are there; beyond them they are new.
 *
 * Shape: rows is (n, columns), contiguous, in the file's dtype; `first` is at most the number of
 *        rows.
 * Fails: REEL_ERR_FILE if the disk is full, REEL_ERR_SHAPE, REEL_ERR_DTYPE, REEL_ERR_VALUE;
 *        REEL_ERR_STATE while a step is being captured.
 */
REEL_API reel_status reel_row_file_write(reel_row_file *f, int64_t first, reel_tensor *rows);

/** Fills `to` with the rows from `first` on. Shape and failures are those of
 *  `reel_row_file_write`; all of the rows have to be there. */
REEL_API reel_status reel_row_file_read(reel_row_file *f, int64_t first, reel_tensor *to);

/**
 * From now on `reel_row_file_next` gives these rows, in this order.
 *
 * Shape: rows is int64 (n), each at most once; NULL: all, as they lie.
 * Fails: REEL_ERR_VALUE for a row that is not there or comes twice; REEL_ERR_FILE if the disk is
 *        full; REEL_ERR_MEMORY; REEL_ERR_STATE while a step is being captured.
 */
REEL_API reel_status reel_row_file_order(reel_row_file *f, const reel_tensor *rows);

/** Rows of each batch of an order; all zero is the whole order. */
typedef struct reel_row_file_part {
    int64_t batch_size; /**< rows of a batch; 0: there are no batches */
    int64_t first;      /**< of a full batch the rows from this one, */
    int64_t end;        /**< before this one */
    int64_t last_first; /**< the same of a last batch that is not full */
    int64_t last_end;   /**< 0: none of it */
} reel_row_file_part;

/**
 * From now on `reel_row_file_next` gives all rows in a random order, or this part of it. It is
 * that of a loader's epoch from the same seed, which is drawn, and takes no memory for each row.
 *
 * Fails: REEL_ERR_VALUE for a part that batches have not; otherwise as `reel_row_file_order`.
 * Source: torch.utils.data.RandomSampler.
 */
REEL_API reel_status reel_row_file_shuffle(reel_row_file *f, reel_row_file_part part);

/** Fills `to` with the next rows of the order. Fails: as `reel_row_file_read`. */
REEL_API reel_status reel_row_file_next(reel_row_file *f, reel_tensor *to);

/**
 * A loader whose batches have rows of the file, and after them those of tensors with as many rows,
 * in the order that `reel_loader_new` would give them. It is the only reader of the file that goes
 * by an order.
 *
 * Owner: as of `reel_loader_new`. The file and the tensors have to be there as long as it.
 * Fails: as `reel_loader_new`.
 */
REEL_API reel_loader *reel_row_file_loader(reel_row_file *f, reel_tensor *const *tensors,
                                           size_t count, reel_loader_options options);

/**
 * What `reel_encode` makes, as rows of a file; `memory` as in `reel_row_file_new`.
 *
 * Owner: as of `reel_row_file_new`.
 * Fails: as `reel_encode` and `reel_row_file_new`.
 */
REEL_API reel_row_file *reel_encode_to_file(const reel_encoder *e, reel_table *t,
                                            const reel_tensor *rows, reel_dtype dtype,
                                            int64_t memory);

/** Frees it: the file is gone. */
REEL_API void reel_row_file_free(reel_row_file *f);

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
