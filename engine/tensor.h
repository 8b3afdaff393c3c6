// SPDX-License-Identifier: MIT
// A dense row-major array on a device: a handle to shared storage, a shape and a dtype, with its
// place in the autograd graph. Copying a Tensor copies the handle.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/device.h"
#include "engine/dtype.h"
#include "engine/shape.h"

namespace kiln {

class Node;
struct TensorImpl;

class Tensor {
 public:
  Tensor() = default;

  // Contents are undefined until written.
  static Tensor empty(Shape shape, Device device, DType dtype = DType::float32);
  static Tensor full(Shape shape, double value, Device device, DType dtype = DType::float32);
  static Tensor zeros(Shape shape, Device device, DType dtype = DType::float32);
  // Copies values.size() elements, which must be the shape's count.
  template <class T>
  static Tensor from_host(std::span<const T> values, Shape shape, Device device);
  template <class T>
  static Tensor from_host(const std::vector<T>& values, Shape shape, Device device) {
    return from_host(std::span<const T>(values), std::move(shape), device);
  }
  // uint8 on the CPU, in the memory of `values`, which are not copied. Errors: another count.
  static Tensor adopt(std::vector<std::uint8_t> values, Shape shape);

  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const;
  std::int64_t dim(std::size_t i) const { return shape().at(i); }
  std::size_t rank() const { return shape().size(); }
  std::int64_t numel() const;
  DType dtype() const;
  Device device() const;

  // Device memory; T must be the dtype's type.
  template <class T>
  T* data() const;
  void* raw() const;

  // Waits for the device and copies.
  template <class T>
  std::vector<T> to_host() const;
  // The one element of a float tensor, as a double.
  double item() const;

  // Overwrites the elements; shapes, dtypes and devices must agree. Not recorded in the graph.
  void copy_from(const Tensor& source) const;
  void fill(double value) const;
  // this += source, for floats.
  void add_from(const Tensor& source) const;
  // A new tensor with its own storage, outside the graph.
  Tensor clone() const;
  // The same values on `device`, outside the graph; itself if it is there already.
  Tensor to(Device device) const;
  // The same storage, outside the graph.
  Tensor detach() const;
  // `count` elements from element `offset` on, in a new shape: shared storage, outside the graph.
  Tensor slice(std::int64_t offset, Shape shape) const;

  // --- autograd ---
  // Whether gradients flow into this tensor. Only a leaf (not made by an op) can be switched.
  bool requires_grad() const;
  Tensor& set_requires_grad(bool value);
  // The gradient that backward() has left in a leaf; zeros where none has arrived.
  Tensor grad() const;

  const std::shared_ptr<TensorImpl>& impl() const { return impl_; }
  explicit Tensor(std::shared_ptr<TensorImpl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<TensorImpl> impl_;
};

}  // namespace kiln
