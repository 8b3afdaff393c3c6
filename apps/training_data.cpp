// SPDX-License-Identifier: MIT
#include "apps/training_data.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/data/labelled_rows.h"
#include "engine/data/mnist.h"
#include "engine/io/crc32.h"

namespace kiln::apps {
namespace {

// (count, height, width), in the memory of `pixels`.
RowSource rows_of(const Tensor& pixels, Shape row_shape) {
  RowSource source;
  source.count = pixels.dim(0);
  source.row_shape = std::move(row_shape);
  source.read = [pixels](std::int64_t row, std::span<std::uint8_t> out) {
    const auto first = row * static_cast<std::int64_t>(out.size());
    std::copy_n(pixels.data<std::uint8_t>() + first, out.size(), out.begin());
  };
  return source;
}

// (count, row_size).
Tensor all_rows(const RowSource& rows, Device device) {
  const Tensor all = Tensor::empty({rows.count, rows.row_size()}, Device::cpu(), DType::uint8);
  const std::size_t row_bytes = rows.row_bytes();
  for (std::int64_t row = 0; row < rows.count; ++row) {
    rows.read(row,
              {all.data<std::uint8_t>() + static_cast<std::size_t>(row) * row_bytes, row_bytes});
  }
  return all.to(device);
}

}  // namespace

std::uint32_t TrainingData::check_sum() const {
  std::vector<std::uint8_t> image(images.row_bytes());
  std::uint32_t sum = 0;
  for (std::int64_t row = 0; row < images.count; ++row) {
    images.read(row, image);
    sum = crc32_of(image, sum);
  }
  return crc32_of(labels, sum);
}

TrainingData load_training_data(const std::filesystem::path& folder, bool streamed) {
  if (streamed) {
    MnistRows data = open_mnist(folder, MnistSplit::train);
    return {std::move(data.images), std::move(data.labels), {}};
  }
  MnistData data = load_mnist(folder, MnistSplit::train);
  const auto count = static_cast<std::int64_t>(data.images.count);
  Shape row_shape = {static_cast<std::int64_t>(data.images.height),
                     static_cast<std::int64_t>(data.images.width)};
  const Tensor pixels =
      Tensor::adopt(std::move(data.images.pixels), {count, element_count(row_shape)});
  return {rows_of(pixels, std::move(row_shape)), std::move(data.labels), pixels};
}

TrainingBatches::TrainingBatches(const TrainingData& data, std::int64_t classes,
                                 std::int64_t batch_size, std::uint64_t seed, Device device) {
  if (data.pixels.defined() && classes == 0) {
    in_memory_.emplace(data.pixels.to(device), batch_size, seed);
    return;
  }
  const RowSource rows =
      classes == 0 ? data.images : labelled_rows(data.images, data.labels, classes);
  if (data.pixels.defined()) {
    in_memory_.emplace(all_rows(rows, device), batch_size, seed);
  } else {
    streamed_.emplace(rows, batch_size, seed, device);
  }
}

}  // namespace kiln::apps
