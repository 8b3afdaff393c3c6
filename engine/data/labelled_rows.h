// SPDX-License-Identifier: MIT
// Rows that carry their label, so that a batch of rows is a batch of labels too.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/row_source.h"

namespace kiln {

// rows (n, row_size), labels (n) -> (n, row_size + classes): each row, then 255 at its label and 0
// elsewhere, which a batch maps to a one-hot vector. Errors: sizes that do not match; a label of
// `classes` or more.
std::vector<std::uint8_t> labelled_rows(std::span<const std::uint8_t> rows, std::int64_t row_size,
                                        std::span<const std::uint8_t> labels, std::int64_t classes);
// The same of rows that are read one by one. Errors: those, and rows that are not bytes.
RowSource labelled_rows(RowSource rows, std::vector<std::uint8_t> labels, std::int64_t classes);

}  // namespace kiln
