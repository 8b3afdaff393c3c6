// SPDX-License-Identifier: MIT
// Labelled rows from CSV (RFC 4180; LF line ends too; plain or gzip): one label and the row's
// numbers a line, separated by commas, each of them in quotes or not. A first line with a field
// that is no number is a header; the label is the column that it names "label", else the first.
// Where every number in the file is a whole one from 0 to 255, written without a point, they are
// bytes and become numbers from 0 to 1. A row whose count of numbers is a square is an image.
// Errors name the file and the line, counted from 1: another number of fields, no number, one that
// is not finite, a label that is not from 0 to 255; more than 2^22 fields; no rows; more than
// `max_bytes` of text.
#pragma once

#include <cstddef>
#include <filesystem>

#include "engine/data/row_set.h"

namespace kiln {

constexpr std::size_t max_csv_bytes = std::size_t{1} << 32;

RowSet read_csv_rows(const std::filesystem::path& path, std::size_t max_bytes = max_csv_bytes);

}  // namespace kiln
