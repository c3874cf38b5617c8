/* SPDX-License-Identifier: MIT */
/*
 * Tensors in NumPy's files: one in an .npy, several with names in an .npz.
 *
 * Float32, float64, int64 and bool stay what they are; float16 becomes float32 and the other
 * integers int64, exactly. Either byte order is read, and Fortran's order of elements. What is
 * written is what numpy.save and numpy.savez write.
 *
 * Fails: REEL_ERR_FILE if the system refuses, REEL_ERR_FORMAT for a file that is not what it should
 *        be or has bytes too many or too few, REEL_ERR_DTYPE for elements that no tensor has
 *        (uint64, complex, text, records), REEL_ERR_SHAPE for more than REEL_MAX_DIMS dims,
 *        REEL_ERR_MEMORY.
 *
 * A library configured with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this, one with
 * REEL_WITH_NPZ=OFF (REEL_HAS_NPZ is 0) nothing for .npz.
 */
#ifndef REEL_NPY_H
#define REEL_NPY_H

#include <reel/tensor.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The tensor in an .npy file.
 *
 * Owner: the reel's until you free it, as of a tensor that you created.
 * Fails: poison, and as above.
 * Source: numpy.load.
 */
REEL_API reel_tensor *reel_npy_load(reel *r, const char *path);

/**
 * Writes t to an .npy file, replaced whole as by `reel_safetensors_save`.
 *
 * Source: numpy.save.
 */
REEL_API reel_status reel_npy_save(reel_tensor *t, const char *path);

#if REEL_HAS_NPZ

/** An open .npz file: a ZIP archive of .npy files. libzip reads it, and has to be installed. */
typedef struct reel_npz reel_npz;

/**
 * Opens it and reads its list of names. A member whose name does not end in ".npy" is passed over.
 *
 * Owner: the reel's until you close it, or free the reel.
 * Fails: NULL, and as above. The functions below take NULL for a file without tensors.
 * Source: numpy.load.
 */
REEL_API reel_npz *reel_npz_open(reel *r, const char *path);
/** How many tensors it has. */
REEL_API size_t reel_npz_count(const reel_npz *file);
/** The name of tensor i, in the file's order, without ".npy"; NULL where there is none. Owner: the
 *  file. */
REEL_API const char *reel_npz_name(const reel_npz *file, size_t i);
/** Whether there is a tensor of this name. */
REEL_API bool reel_npz_has(const reel_npz *file, const char *name);
/** Reads the tensor of this name; as `reel_npy_load`. REEL_ERR_VALUE if there is none. */
REEL_API reel_tensor *reel_npz_tensor(reel_npz *file, const char *name);
/** Closes the file; the tensors read from it stay. */
REEL_API void reel_npz_close(reel_npz *file);

/**
 * Writes tensors and their names to an .npz file, deflated if `compressed`. The same tensors always
 * make the same bytes.
 *
 * Fails: REEL_ERR_VALUE for a name that is NULL, empty or there twice, and as above; then the old
 *        file is as it was.
 * Source: numpy.savez, numpy.savez_compressed.
 */
REEL_API reel_status reel_npz_save(reel *r, const char *path, const reel_named_tensor *tensors,
                                   size_t count, bool compressed);

#endif /* REEL_HAS_NPZ */

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
