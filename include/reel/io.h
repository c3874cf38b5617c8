/* SPDX-License-Identifier: MIT */
/*
 * Tensors in files, in the safetensors format: a header in JSON, then the elements as they lie in
 * memory. Checkpoints written here open in Python's safetensors, and the other way round.
 *
 * A library configured with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this.
 */
#ifndef REEL_IO_H
#define REEL_IO_H

#include <reel/tensor.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/** A word about a file as a whole. */
typedef struct reel_metadata_entry {
    const char *key;   /**< no two entries have the same */
    const char *value; /**< any text */
} reel_metadata_entry;

/**
 * Writes `count` tensors, and metadata, to the file at `path`. The new content is written beside
 * it, brought to the disk and only then given the name, so that whatever happens the path has the
 * old content or the new, whole. The same tensors always make the same bytes.
 *
 * Fails: the reel's status if an error is recorded; REEL_ERR_VALUE for a name or text that is not
 *        UTF-8, that comes twice or that is "__metadata__"; REEL_ERR_OWNER for poison or a tensor
 *        of another reel; REEL_ERR_FILE if the system refuses (no such folder, disk full);
 *        REEL_ERR_MEMORY. Then the old file is as it was and nothing is left beside it.
 * Source: safetensors.torch.save_file.
 */
REEL_API reel_status reel_safetensors_save(reel *r, const char *path,
                                           const reel_named_tensor *tensors, size_t count,
                                           const reel_metadata_entry *metadata,
                                           size_t metadata_count);

/** An open safetensors file. */
typedef struct reel_safetensors reel_safetensors;

/**
 * Opens a file and checks its header whole: names and texts in UTF-8, no name twice, dtypes and
 * sizes that agree with the bytes they claim, no byte of the file unclaimed or claimed twice.
 *
 * Owner: the reel's until you close it, or free the reel.
 * Fails: NULL and REEL_ERR_FILE if it cannot be read, REEL_ERR_FORMAT if it is not what it should
 *        be, REEL_ERR_MEMORY. The functions below take NULL for a file without tensors.
 * Source: safetensors.safe_open.
 */
REEL_API reel_safetensors *reel_safetensors_open(reel *r, const char *path);

/** How many tensors it has. */
REEL_API size_t reel_safetensors_count(const reel_safetensors *file);
/** The name of tensor i, in strcmp's order; NULL where there is none. Owner: the file. */
REEL_API const char *reel_safetensors_name(const reel_safetensors *file, size_t i);
/** The dtype that it has in the file, in the format's words ("F32", "BF16"); NULL if there is no
 *  such tensor. */
REEL_API const char *reel_safetensors_dtype(const reel_safetensors *file, const char *name);
/** How many dims the tensor of this name has, and their sizes in `size`; -1 if there is no such
 *  tensor. Reads none of its elements. */
REEL_API int reel_safetensors_shape(const reel_safetensors *file, const char *name,
                                    int64_t size[REEL_MAX_DIMS]);
/** Whether there is a tensor of this name. */
REEL_API bool reel_safetensors_has(const reel_safetensors *file, const char *name);

/** How many metadata entries it has. */
REEL_API size_t reel_safetensors_metadata_count(const reel_safetensors *file);
/** Metadata entry i, in the file's order; NULLs where there is none. Owner: the file. */
REEL_API reel_metadata_entry reel_safetensors_metadata_entry(const reel_safetensors *file,
                                                             size_t i);
/** The metadata of this key; NULL if there is none. Owner: the file. */
REEL_API const char *reel_safetensors_metadata(const reel_safetensors *file, const char *key);

/**
 * Reads the tensor of this name. F32, F64, I64 and BOOL stay what they are; F16 and BF16 become
 * float32, and the other integers int64, exactly.
 *
 * Owner: the reel's until you free it, as of a tensor that you created.
 * Fails: poison and REEL_ERR_VALUE if there is no such tensor, REEL_ERR_DTYPE for a dtype without a
 *        counterpart (U64, F8), REEL_ERR_FORMAT for a bool that is neither 0 nor 1, REEL_ERR_FILE
 *        if the file has become shorter, REEL_ERR_MEMORY. NULL for a NULL file.
 */
REEL_API reel_tensor *reel_safetensors_tensor(reel_safetensors *file, const char *name);

/** Closes the file; its names and metadata go, the tensors read from it stay. */
REEL_API void reel_safetensors_close(reel_safetensors *file);

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
