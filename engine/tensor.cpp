// SPDX-License-Identifier: MIT
#include "engine/tensor.h"

#include "engine/dispatch.h"
#include "engine/tensor_impl.h"
#include "kernels/vector.h"

namespace kiln {

void require_same_kind(const char* op, const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype() && a.device() == b.device()) return;
  throw Error(std::string("[") + op + "] " + name_of(a.dtype()) + " on " + a.device().name() +
              " does not match " + name_of(b.dtype()) + " on " + b.device().name());
}

Tensor Tensor::empty(Shape shape, Device device, DType dtype) {
  auto impl = std::make_shared<TensorImpl>();
  impl->numel = element_count(shape);
  impl->storage =
      std::make_shared<Storage>(device, static_cast<std::size_t>(impl->numel) * size_of(dtype));
  impl->shape = std::move(shape);
  impl->dtype = dtype;
  return Tensor(std::move(impl));
}

Tensor Tensor::full(Shape shape, double value, Device device, DType dtype) {
  Tensor tensor = empty(std::move(shape), device, dtype);
  tensor.fill(value);
  return tensor;
}

Tensor Tensor::zeros(Shape shape, Device device, DType dtype) {
  return full(std::move(shape), 0, device, dtype);
}

namespace {

void require_same_layout(const char* op, const Tensor& a, const Tensor& b) {
  require_same_kind(op, a, b);
  if (a.shape() != b.shape()) {
    throw Error(std::string("[") + op + "] shape " + to_string(b.shape()) + " does not match " +
                to_string(a.shape()));
  }
}

void require_filled(const char* op, std::size_t num_values, const Shape& shape) {
  if (static_cast<std::int64_t>(num_values) == element_count(shape)) return;
  throw Error(std::string("[") + op + "] " + std::to_string(num_values) +
              " values do not fill shape " + to_string(shape));
}

}  // namespace

template <class T>
Tensor Tensor::from_host(std::span<const T> values, Shape shape, Device device) {
  require_filled("from_host", values.size(), shape);
  Tensor tensor = empty(std::move(shape), device, dtype_of<T>);
  device.copy_from_host(values.data(), tensor.raw(), values.size_bytes());
  return tensor;
}

Tensor Tensor::adopt(std::vector<std::uint8_t> values, Shape shape) {
  require_filled("adopt", values.size(), shape);
  auto impl = std::make_shared<TensorImpl>();
  impl->numel = element_count(shape);
  impl->storage = std::make_shared<Storage>(std::move(values));
  impl->shape = std::move(shape);
  impl->dtype = DType::uint8;
  return Tensor(std::move(impl));
}

const Shape& Tensor::shape() const { return impl_->shape; }
std::int64_t Tensor::numel() const { return impl_->numel; }
DType Tensor::dtype() const { return impl_->dtype; }
Device Tensor::device() const { return impl_->storage->device(); }
void* Tensor::raw() const { return impl_->storage->data() + impl_->byte_offset; }

template <class T>
T* Tensor::data() const {
  if (dtype() != dtype_of<T>) {
    throw Error(std::string("[data] tensor is ") + name_of(dtype()) + ", not " +
                name_of(dtype_of<T>));
  }
  return static_cast<T*>(raw());
}

template <class T>
std::vector<T> Tensor::to_host() const {
  std::vector<T> values(static_cast<std::size_t>(numel()));
  device().copy_to_host(data<T>(), values.data(), values.size() * sizeof(T));
  return values;
}

double Tensor::item() const {
  if (numel() != 1) throw Error("[item] shape " + to_string(shape()) + " is not one element");
  return dtype() == DType::float64 ? to_host<double>()[0]
                                   : static_cast<double>(to_host<float>()[0]);
}

void Tensor::copy_from(const Tensor& source) const {
  require_same_layout("copy_from", *this, source);
  device().copy(source.raw(), raw(), static_cast<std::size_t>(numel()) * size_of(dtype()));
}

void Tensor::fill(double value) const {
  dispatch("fill", *this, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::fill(stream, static_cast<T>(value), data<T>(), numel());
  });
}

void Tensor::add_from(const Tensor& source) const {
  require_same_layout("add_from", *this, source);
  dispatch("add_from", source, [&](auto stream, auto zero) {
    using T = decltype(zero);
    kernels::axpy(stream, T(1), source.data<T>(), data<T>(), numel());
  });
}

Tensor Tensor::clone() const {
  Tensor copy = empty(shape(), device(), dtype());
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::to(Device device) const {
  if (device == this->device()) return detach();
  std::vector<std::byte> bytes(static_cast<std::size_t>(numel()) * size_of(dtype()));
  this->device().copy_to_host(raw(), bytes.data(), bytes.size());
  Tensor moved = empty(shape(), device, dtype());
  device.copy_from_host(bytes.data(), moved.raw(), bytes.size());
  return moved;
}

Tensor Tensor::detach() const { return slice(0, shape()); }

Tensor Tensor::slice(std::int64_t offset, Shape shape) const {
  const std::int64_t count = element_count(shape);
  if (offset < 0 || offset > numel() - count) {
    throw Error("[slice] " + to_string(shape) + " from element " + std::to_string(offset) +
                " is outside " + to_string(this->shape()));
  }
  auto impl = std::make_shared<TensorImpl>();
  impl->storage = impl_->storage;
  impl->byte_offset = impl_->byte_offset + static_cast<std::size_t>(offset) * size_of(dtype());
  impl->shape = std::move(shape);
  impl->numel = count;
  impl->dtype = dtype();
  return Tensor(std::move(impl));
}

bool Tensor::requires_grad() const { return impl_->requires_grad; }

Tensor& Tensor::set_requires_grad(bool value) {
  if (impl_->node != nullptr) throw Error("[requires_grad] only a leaf can be switched");
  impl_->requires_grad = value;
  return *this;
}

Tensor Tensor::grad() const {
  if (!impl_->grad.defined()) return zeros(shape(), device(), dtype());
  if (!impl_->grad_written) impl_->grad.fill(0);
  return impl_->grad;
}

template Tensor Tensor::from_host(std::span<const float>, Shape, Device);
template Tensor Tensor::from_host(std::span<const double>, Shape, Device);
template Tensor Tensor::from_host(std::span<const std::uint8_t>, Shape, Device);
template Tensor Tensor::from_host(std::span<const std::int32_t>, Shape, Device);
template Tensor Tensor::from_host(std::span<const std::uint64_t>, Shape, Device);
template float* Tensor::data() const;
template double* Tensor::data() const;
template std::uint8_t* Tensor::data() const;
template std::int32_t* Tensor::data() const;
template std::uint64_t* Tensor::data() const;
template std::vector<float> Tensor::to_host() const;
template std::vector<double> Tensor::to_host() const;
template std::vector<std::uint8_t> Tensor::to_host() const;
template std::vector<std::int32_t> Tensor::to_host() const;
template std::vector<std::uint64_t> Tensor::to_host() const;

}  // namespace kiln
