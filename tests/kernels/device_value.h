// SPDX-License-Identifier: MIT
// One value of any type in a backend's memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "tests/support/buffer.h"

namespace kiln::test {

template <class Backend, class T>
class DeviceValue {
 public:
  explicit DeviceValue(const T& value) : bytes_(bytes_of(value)) {}
  T* data() const { return reinterpret_cast<T*>(bytes_.data()); }
  T value() const {
    T result;
    std::memcpy(&result, bytes_.values().data(), sizeof(T));
    return result;
  }

 private:
  static std::vector<std::uint8_t> bytes_of(const T& value) {
    std::vector<std::uint8_t> bytes(sizeof(T));
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
  }

  Buffer<Backend, std::uint8_t> bytes_;
};

}  // namespace kiln::test
