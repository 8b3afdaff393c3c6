// SPDX-License-Identifier: MIT
// What Tensor handles share. Internal to the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/memory_pool.h"
#include "engine/tensor.h"

namespace kiln {

// A block of one device's memory, returned to its pool at the end; or bytes of the CPU that came
// from elsewhere.
class Storage {
 public:
  Storage(Device device, std::size_t bytes)
      : device_(device), bytes_(bytes), data_(device.pool().allocate(bytes)) {}
  explicit Storage(std::vector<std::uint8_t> bytes)
      : device_(Device::cpu()), adopted_(std::move(bytes)), data_(adopted_.data()) {}
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage() {
    if (adopted_.empty()) device_.pool().free(data_, bytes_);
  }

  Device device() const { return device_; }
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  Device device_;
  std::size_t bytes_ = 0;
  std::vector<std::uint8_t> adopted_;
  void* data_;
};

struct TensorImpl {
  std::shared_ptr<Storage> storage;
  std::size_t byte_offset = 0;
  Shape shape;
  std::int64_t numel = 0;
  DType dtype = DType::float32;

  bool requires_grad = false;
  std::shared_ptr<Node> node;  // the op that made it; null for a leaf
  Tensor grad;                 // of a leaf; where backward() writes
  bool grad_written = false;   // false: the next write stores, true: it adds
};

}  // namespace kiln
