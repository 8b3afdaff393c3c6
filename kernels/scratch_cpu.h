// SPDX-License-Identifier: MIT
// Memory on a cache line's boundary that a thread keeps for its next call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace kiln::kernels {

class Scratch {
 public:
  // Holds nothing of what it held before, where it grows.
  std::uint32_t* of_size(std::int64_t elements) {
    if (size_ < elements) {
      const auto bytes = static_cast<std::size_t>(elements) * sizeof(std::uint32_t);
      memory_.reset(static_cast<std::uint32_t*>(::operator new(bytes, kAlignment)));
      size_ = elements;
    }
    return memory_.get();
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(std::uint32_t* p) const { ::operator delete(p, kAlignment); }
  };
  std::unique_ptr<std::uint32_t, Free> memory_;
  std::int64_t size_ = 0;
};

}  // namespace kiln::kernels
