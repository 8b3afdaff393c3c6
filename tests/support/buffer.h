// SPDX-License-Identifier: MIT
// An array in a backend's memory. It begins on a 64-byte boundary, or one element beyond it if
// misaligned, and lies between guard zones of 0xFF bytes (NaN to whoever reads them), whose damage
// is a test failure. Where something else checks every access (AddressSanitizer, the emulated
// device) the array ends where its allocation ends instead, and an output is left unset.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <vector>

#include "tests/support/backends.h"

namespace kiln::test {

enum class Placement { aligned, misaligned };

// KILN_TEST_GUARDS=0 is for tools that check the accesses of a device from outside.
template <class Backend>
bool has_guards() {
  static const char* const setting = std::getenv("KILN_TEST_GUARDS");
  return !Backend::checks_accesses && (setting == nullptr || std::string_view(setting) != "0");
}

template <class Backend, class T = typename Backend::Real>
class Buffer {
 public:
  // An output: its elements are NaN, or as the backend leaves new memory if there are no guards.
  explicit Buffer(std::int64_t size, Placement placement = Placement::aligned)
      : size_(static_cast<std::size_t>(size)),
        before_(guard_bytes() + (placement == Placement::misaligned ? sizeof(T) : 0)),
        bytes_(before_ + size_ * sizeof(T) + guard_bytes()),
        memory_(Backend::allocate(bytes_)) {
    if (!has_guards<Backend>()) return;
    const std::vector<unsigned char> guard(bytes_, 0xFF);
    Backend::upload(guard.data(), memory_, bytes_);
  }

  template <class U>
  explicit Buffer(const std::vector<U>& values, Placement placement = Placement::aligned)
      : Buffer(static_cast<std::int64_t>(values.size()), placement) {
    const std::vector<T> converted(values.begin(), values.end());
    Backend::upload(converted.data(), data(), size_ * sizeof(T));
  }

  ~Buffer() {
    try {
      check_guards();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "while checking guards: " << error.what();
    }
    Backend::free(memory_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* data() const {
    return memory_ == nullptr
               ? nullptr
               : reinterpret_cast<T*>(static_cast<unsigned char*>(memory_) + before_);
  }
  std::int64_t size() const { return static_cast<std::int64_t>(size_); }

  std::vector<T> values() const {
    std::vector<T> host(size_);
    Backend::download(data(), host.data(), size_ * sizeof(T));
    return host;
  }

 private:
  static std::size_t guard_bytes() { return has_guards<Backend>() ? 64 : 0; }

  void check_guards() const {
    if (!has_guards<Backend>()) return;
    std::vector<unsigned char> bytes(bytes_);
    Backend::download(memory_, bytes.data(), bytes_);
    const auto is_damaged = [](unsigned char byte) { return byte != 0xFF; };
    const auto first = bytes.begin(), end = bytes.end();
    const auto begin = first + static_cast<std::ptrdiff_t>(before_);
    const auto last = begin + static_cast<std::ptrdiff_t>(size_ * sizeof(T));
    EXPECT_EQ(std::count_if(first, begin, is_damaged), 0) << "bytes written before an array";
    EXPECT_EQ(std::count_if(last, end, is_damaged), 0) << "bytes written after an array";
  }

  std::size_t size_;
  std::size_t before_;
  std::size_t bytes_;
  void* memory_;
};

}  // namespace kiln::test
