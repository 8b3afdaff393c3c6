// SPDX-License-Identifier: MIT
#include "engine/data/labelled_rows.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "kernels/error.h"

namespace kiln {
namespace {

void check_labels(std::span<const std::uint8_t> labels, std::int64_t classes) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      throw Error("[labelled_rows] label " + std::to_string(labels[i]) + " of row " +
                  std::to_string(i) + " is not below " + std::to_string(classes));
    }
  }
}

}  // namespace

std::vector<std::uint8_t> labelled_rows(std::span<const std::uint8_t> rows, std::int64_t row_size,
                                        std::span<const std::uint8_t> labels,
                                        std::int64_t classes) {
  const auto size = static_cast<std::size_t>(row_size),
             width = size + static_cast<std::size_t>(classes);
  if (rows.size() != labels.size() * size) {
    throw Error("[labelled_rows] " + std::to_string(rows.size()) + " bytes are not " +
                std::to_string(labels.size()) + " rows of " + std::to_string(row_size));
  }
  check_labels(labels, classes);
  std::vector<std::uint8_t> all(labels.size() * width);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(i * size), size,
                all.begin() + static_cast<std::ptrdiff_t>(i * width));
    all[i * width + size + labels[i]] = 255;
  }
  return all;
}

RowSource labelled_rows(RowSource rows, std::vector<std::uint8_t> labels, std::int64_t classes) {
  if (rows.dtype != DType::uint8 || static_cast<std::int64_t>(labels.size()) != rows.count) {
    throw Error("[labelled_rows] " + std::to_string(rows.count) + " rows of " +
                name_of(rows.dtype) + " are not bytes with " + std::to_string(labels.size()) +
                " labels");
  }
  check_labels(labels, classes);
  RowSource all = rows;
  all.row_shape = {rows.row_size() + classes};
  // Copies of the source share the labels.
  const auto shared = std::make_shared<const std::vector<std::uint8_t>>(std::move(labels));
  all.read = [rows = std::move(rows), shared](std::int64_t row, std::span<std::uint8_t> out) {
    const std::size_t size = rows.row_bytes();
    rows.read(row, out.first(size));
    std::ranges::fill(out.subspan(size), std::uint8_t{0});
    out[size + (*shared)[static_cast<std::size_t>(row)]] = 255;
  };
  return all;
}

}  // namespace kiln
