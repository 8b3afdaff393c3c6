// SPDX-License-Identifier: MIT
// The asynchronous copies that one CUDA thread has under way.
#pragma once

#include <cstddef>
#include <vector>

namespace cuda_emulation {

class AsyncCopies {
 public:
  void add(void* to, const void* from, std::size_t size, std::size_t zfill);
  void commit() { ++committed_; }
  /// Lands all batches but the last `prior`.
  void wait(std::size_t prior);
  void clear();

 private:
  struct Copy {
    void* to;
    const void* from;
    std::size_t size;
    std::size_t zfill;
    std::size_t batch;
  };

  std::vector<Copy> copies_;
  std::size_t committed_ = 0;
};

}  // namespace cuda_emulation
