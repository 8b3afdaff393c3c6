// SPDX-License-Identifier: MIT
#include "engine/data/row_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

#include "engine/data/csv_rows.h"
#include "engine/data/mnist.h"
#include "engine/data/shuffled_rows.h"
#include "engine/io/image_grid.h"
#include "engine/io/npy.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

RowSet rows_of(MnistData data) {
  return {
      {static_cast<std::int64_t>(data.images.height), static_cast<std::int64_t>(data.images.width)},
      bytes_to_unit(data.images.pixels),
      std::move(data.labels)};
}

template <class T>
std::vector<std::uint8_t> labels_from(const std::string& name, const NpyArray& array) {
  std::vector<std::uint8_t> labels(array.shape[0]);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    T label = 0;
    std::memcpy(&label, array.bytes.data() + i * sizeof(T), sizeof(T));
    if (label < 0 || label > 255) {
      throw Error(fmt::format("{}: row {}: label {} is not from 0 to 255", name, i, label));
    }
    labels[i] = static_cast<std::uint8_t>(label);
  }
  return labels;
}

std::vector<std::uint8_t> read_npy_labels(const std::filesystem::path& path, std::size_t count) {
  const std::string name = printable(path);
  NpyArray array = read_npy(path);
  if (array.shape != std::vector<std::size_t>{count}) {
    throw Error(fmt::format("{}: shape ({}) is not the ({}) of the rows", name,
                            fmt::join(array.shape, ","), count));
  }
  if (array.type == "|u1") return std::move(array.bytes);
  if (array.type == "<i4") return labels_from<std::int32_t>(name, array);
  if (array.type == "<i8") return labels_from<std::int64_t>(name, array);
  throw Error(fmt::format("{}: holds '{}', labels are '|u1', '<i4' or '<i8'", name, array.type));
}

// shoes.npy has shoes-labels.npy, shoes.npy.gz has shoes-labels.npy.gz.
std::filesystem::path labels_beside(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  name.insert(std::min(name.rfind(".npy"), name.size()), "-labels");
  return path.parent_path() / name;
}

RowSet read_npy_rows(const std::filesystem::path& path) {
  const std::string name = printable(path);
  NpyFloats array = read_npy_floats(path);
  const std::size_t rank = array.shape.size();
  if ((rank != 2 && rank != 3) ||
      std::find(array.shape.begin(), array.shape.end(), 0u) != array.shape.end()) {
    throw Error(fmt::format("{}: shape ({}) is not (rows, features) or (images, height, width)",
                            name, fmt::join(array.shape, ",")));
  }
  RowSet rows;
  rows.row_shape.assign(array.shape.begin() + 1, array.shape.end());
  rows.values = std::move(array.values);
  const auto bad = std::find_if(rows.values.begin(), rows.values.end(),
                                [](float value) { return !std::isfinite(value); });
  if (bad != rows.values.end()) {
    throw Error(fmt::format("{}: row {}: {} is not finite", name,
                            (bad - rows.values.begin()) / rows.row_size(), *bad));
  }
  rows.labels = read_npy_labels(labels_beside(path), array.shape[0]);
  return rows;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

std::int64_t part(std::int64_t count, double share, const char* name) {
  if (!(share >= 0 && share < 1)) {
    throw Error(fmt::format("[split_rows] {} share {} is not in [0, 1)", name, share));
  }
  const auto rows = static_cast<std::int64_t>(static_cast<double>(count) * share);
  if (rows == 0 && share > 0) {
    throw Error(fmt::format("[split_rows] {} share {} of {} rows is no row", name, share, count));
  }
  return rows;
}

}  // namespace

std::int64_t RowSet::classes() const {
  return labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end()) + 1;
}

RowSet RowSet::select(std::span<const std::int64_t> rows) const {
  RowSet result{row_shape, {}, {}};
  const auto size = static_cast<std::size_t>(row_size());
  result.values.reserve(rows.size() * size);
  result.labels.reserve(rows.size());
  for (const std::int64_t row : rows) {
    if (row < 0 || row >= count()) {
      throw Error(fmt::format("[row_set] row {} is not one of {}", row, count()));
    }
    const auto i = static_cast<std::size_t>(row);
    const auto first = std::span(values).subspan(i * size, size);
    result.values.insert(result.values.end(), first.begin(), first.end());
    result.labels.push_back(labels[i]);
  }
  return result;
}

RowSet read_labelled_rows(const std::filesystem::path& path) {
  if (is_folder(path)) return rows_of(load_mnist(path, MnistSplit::train));
  if (is_npy(path)) return read_npy_rows(path);
  return read_csv_rows(path);
}

RowSplit split_rows(std::int64_t count, const SplitShares& shares, std::uint64_t seed) {
  const std::int64_t test = part(count, shares.test, "test");
  const std::int64_t used = shares.rows > 0 ? shares.rows : count - test;
  const std::int64_t validation =
      part(shares.rows > 0 ? shares.rows : count, shares.validation, "validation");
  if (used > count - test) {
    throw Error(
        fmt::format("[split_rows] {} rows are asked for, there are {} beside {} for the test", used,
                    count - test, test));
  }
  if (validation >= used) {
    throw Error(
        fmt::format("[split_rows] of {} rows, {} for validation and {} for the test leave "
                    "none to train on",
                    count, validation, test));
  }
  const auto order = shuffled_rows<std::int64_t>(count, seed);
  const auto first_validation = order.begin() + test, first_train = first_validation + validation;
  return {{first_train, first_validation + used},
          {first_validation, first_train},
          {order.begin(), first_validation}};
}

DataSplits read_splits(const std::filesystem::path& path, SplitShares shares, std::uint64_t seed) {
  const RowSet rows = read_labelled_rows(path);
  const bool has_test = is_folder(path);
  if (has_test) shares.test = 0;
  const RowSplit split = split_rows(rows.count(), shares, seed);
  DataSplits data = {rows.select(split.train), rows.select(split.validation),
                     rows.select(split.test)};
  if (!has_test) return data;
  data.test = rows_of(load_mnist(path, MnistSplit::test));
  if (data.test.row_shape != rows.row_shape) {
    throw Error(fmt::format("{}: the test images are {}, the training images {}", printable(path),
                            to_string(data.test.row_shape), to_string(rows.row_shape)));
  }
  return data;
}

}  // namespace kiln
