/* SPDX-License-Identifier: MIT
 * Kiln for C: draws images from a trained generator. Plain C11, and C++; link kiln::c (libkiln.so).
 *
 * A function that fails says so by what it returns, and kiln_last_error() says why. Nothing is
 * printed, and no C++ exception comes out. One loaded generator may serve several threads at once;
 * on a GPU, where the work of all goes through one stream, they take turns. */
#ifndef KILN_KILN_H_
#define KILN_KILN_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kiln_generator kiln_generator;

/* A generator that Kiln has saved (generator.safetensors of a GAN, decoder.safetensors of a VAE),
 * on `device`: "cpu", "cuda", or "auto", the GPU where there is one. The caller owns it:
 * kiln_free(). NULL on failure: a file that cannot be read, is no model or no generator; a device
 * that is unknown or absent; no memory; a null pointer. */
kiln_generator* kiln_load(const char* path, const char* device);

/* NULL is allowed. No thread may be using the generator. */
void kiln_free(kiln_generator* generator);

/* Pixels of an image's sides, and the number of classes that a conditional generator chooses from:
 * 0 of one without. */
int64_t kiln_height(const kiln_generator* generator);
int64_t kiln_width(const kiln_generator* generator);
int64_t kiln_classes(const kiln_generator* generator);

/* As label: image i is of class i / 10 modulo the number of classes. For a generator without
 * classes it is the only label. */
#define KILN_LABELS_IN_TURN (-1)

/* Draws images 0 to count - 1 of `seed` into pixels[count][height][width], the caller's memory,
 * each pixel in [0, 1]. They are those that the program `generate` draws: image i depends on the
 * file, the seed, i, the label and the truncation alone, bit for bit on the same device with the
 * same number of threads.
 *
 * - label: the class to draw, or KILN_LABELS_IN_TURN
 * - truncation: latent numbers of a larger magnitude are drawn again, for fewer odd images and less
 *   variety; 0 for none, else at least 0.1
 *
 * Returns 0 when done, or -1 on failure, with the pixels as they were: a null pointer, a negative
 * count, a label or truncation that cannot be, a generator whose pixels are not in [0, 1], no
 * memory. */
int kiln_generate(const kiln_generator* generator, int64_t count, uint64_t seed, int64_t label,
                  double truncation, float* pixels);

/* One line on the last failure in the calling thread, "" where there was none. It stays until the
 * next failure in this thread. */
const char* kiln_last_error(void);

#ifdef __cplusplus
}
#endif

#endif /* KILN_KILN_H_ */
