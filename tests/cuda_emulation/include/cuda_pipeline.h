// SPDX-License-Identifier: MIT
// The CUDA header of this name: asynchronous copies from global to shared memory. A copy fills its
// target with 0xFF bytes at once, reads its source and lands only when its thread waits for it.
#pragma once

#include <cstddef>
#include <source_location>

/// Copies size - zfill bytes and zeroes the other zfill. size is 4, 8 or 16 and the alignment of
/// both pointers. Errors (faults): any other size or alignment; a target outside the block's shared
/// memory; a source outside global memory.
void __pipeline_memcpy_async(void* to_shared, const void* from_global, std::size_t size,
                             std::size_t zfill = 0,
                             std::source_location site = std::source_location::current());
/// Closes the calling thread's current batch of copies.
void __pipeline_commit();
/// Waits for all batches of the calling thread but the last `prior` ones.
void __pipeline_wait_prior(std::size_t prior);
