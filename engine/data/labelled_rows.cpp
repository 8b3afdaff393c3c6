// SPDX-License-Identifier: MIT
#include "engine/data/labelled_rows.h"

#include <algorithm>
#include <string>

#include "kernels/error.h"

namespace kiln {

std::vector<std::uint8_t> labelled_rows(std::span<const std::uint8_t> rows, std::int64_t row_size,
                                        std::span<const std::uint8_t> labels,
                                        std::int64_t classes) {
  const auto size = static_cast<std::size_t>(row_size),
             width = size + static_cast<std::size_t>(classes);
  if (rows.size() != labels.size() * size) {
    throw Error("[labelled_rows] " + std::to_string(rows.size()) + " bytes are not " +
                std::to_string(labels.size()) + " rows of " + std::to_string(row_size));
  }
  std::vector<std::uint8_t> all(labels.size() * width);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      throw Error("[labelled_rows] label " + std::to_string(labels[i]) + " of row " +
                  std::to_string(i) + " is not below " + std::to_string(classes));
    }
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(i * size), size,
                all.begin() + static_cast<std::ptrdiff_t>(i * width));
    all[i * width + size + labels[i]] = 255;
  }
  return all;
}

}  // namespace kiln
