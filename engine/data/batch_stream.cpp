// SPDX-License-Identifier: MIT
#include "engine/data/batch_stream.h"

#include <numeric>
#include <utility>

#include "kernels/gather.h"
#include "kernels/gather_labels.h"

namespace kiln {
namespace {

Tensor zero(Device device) { return Tensor::from_host(std::vector<std::uint64_t>{0}, {1}, device); }

}  // namespace

BatchStream::BatchStream(Tensor rows, std::int64_t batch_size, std::uint64_t seed)
    : rows_(std::move(rows)),
      batch_size_(batch_size),
      sampler_(rows_.dim(0), batch_size, seed, rows_.device()),
      indices_(sampler_.permutation().clone()),
      cursor_(zero(rows_.device())) {}

BatchStream::BatchStream(Tensor rows, Tensor labels, std::int64_t batch_size, std::uint64_t seed)
    : BatchStream(std::move(rows), batch_size, seed) {
  if (labels.shape() != Shape{rows_.dim(0)} || labels.dtype() != DType::uint8 ||
      !(labels.device() == rows_.device())) {
    throw Error("[batch_stream] labels " + to_string(labels.shape()) + " are not uint8 (" +
                std::to_string(rows_.dim(0)) + ") on the data's device");
  }
  labels_ = std::move(labels);
}

BatchStream BatchStream::of_one_batch(Tensor rows, Tensor labels) {
  const std::int64_t size = rows.dim(0);
  BatchStream stream = labels.defined() ? BatchStream(std::move(rows), std::move(labels), size, 0)
                                        : BatchStream(std::move(rows), size, 0);
  std::vector<std::int32_t> in_order(static_cast<std::size_t>(size));
  std::iota(in_order.begin(), in_order.end(), 0);
  stream.indices_.copy_from(Tensor::from_host(in_order, {size}, stream.rows_.device()));
  return stream;
}

void BatchStream::start_epoch(std::int64_t epoch) {
  sampler_.start_epoch(epoch);
  indices_.copy_from(sampler_.permutation());
  cursor_.copy_from(zero(rows_.device()));
}

void BatchStream::next_into(const Tensor& out) const {
  if (out.shape() != Shape{batch_size_, row_size()} || out.dtype() != DType::float32 ||
      !(out.device() == rows_.device())) {
    throw Error("[batch_stream] output " + to_string(out.shape()) + " is not float32 (" +
                std::to_string(batch_size_) + "," + std::to_string(row_size()) +
                ") on the data's device");
  }
  rows_.device().run([&](auto stream) {
    const kernels::RowIndices indices = {indices_.data<std::int32_t>(), indices_.numel(),
                                         cursor_.data<std::uint64_t>()};
    if (rows_.dtype() == DType::float32) {
      kernels::gather_rows(stream, rows_.data<float>(), row_size(), indices, batch_size_, 1.0f,
                           0.0f, out.data<float>());
    } else {
      kernels::gather_rows(stream, rows_.data<std::uint8_t>(), row_size(), indices, batch_size_,
                           1.0f / 255, 0.0f, out.data<float>());
    }
  });
}

void BatchStream::next_into(const Tensor& out, const Tensor& labels) const {
  if (!labels_.defined()) throw Error("[batch_stream] the data have no labels");
  if (labels.shape() != Shape{batch_size_} || labels.dtype() != DType::int32 ||
      !(labels.device() == rows_.device())) {
    throw Error("[batch_stream] label output " + to_string(labels.shape()) + " is not int32 (" +
                std::to_string(batch_size_) + ") on the data's device");
  }
  rows_.device().run([&](auto stream) {  // before the images, which move the place on
    kernels::gather_labels(
        stream, labels_.data<std::uint8_t>(),
        {indices_.data<std::int32_t>(), indices_.numel(), cursor_.data<std::uint64_t>()},
        batch_size_, labels.data<std::int32_t>());
  });
  next_into(out);
}

bool BatchStream::is_same_stream(const BatchStream& other) const {
  return cursor_.impl() == other.cursor_.impl();
}

void BatchStream::visit_state(StateVisitor& visitor, const std::string& name) {
  const Tensor before = sampler_.permutation();
  sampler_.visit_state(visitor, name);
  if (sampler_.permutation().impl() != before.impl()) indices_.copy_from(sampler_.permutation());
  visitor.visit(name + ".cursor", cursor_);
  const std::uint64_t row = cursor_.to_host<std::uint64_t>()[0];
  if (row > static_cast<std::uint64_t>(indices_.numel() - batch_size_)) {
    throw Error("[batch_stream] row " + std::to_string(row) + " of the epoch begins no batch");
  }
}

Tensor BatchStream::next() const {
  Tensor out = Tensor::empty({batch_size_, row_size()}, rows_.device());
  next_into(out);
  return out;
}

}  // namespace kiln
