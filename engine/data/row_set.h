// SPDX-License-Identifier: MIT
// A labelled data set in memory, whatever kind of file it came from, and its parts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/shape.h"

namespace kiln {

struct RowSet {
  Shape row_shape;                   // (height, width) or (features)
  std::vector<float> values;         // (count, the row's numbers)
  std::vector<std::uint8_t> labels;  // (count)

  std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
  std::int64_t row_size() const { return element_count(row_shape); }
  std::int64_t classes() const;  // the largest label and one
  // The rows of these numbers, in that order. Errors: a number that is not below count().
  RowSet select(std::span<const std::int64_t> rows) const;
};

// The rows of `path`, by what it is:
//   a folder    the training images of four MNIST-named IDX files (mnist.h)
//   an .npy     float32 or uint8 (n, features) or (n, height, width), seen by content; its labels,
//               uint8, int32 or int64 (n), lie beside it: shoes.npy has shoes-labels.npy
//   any other   CSV (csv_rows.h)
// Bytes become numbers from 0 to 1, floats stay as they are. Errors name the file and the row,
// counted from 0 in an .npy: no rows, a number that is not finite, a label outside [0, 255], and
// all that the readers report.
RowSet read_labelled_rows(const std::filesystem::path& path);

struct SplitShares {
  double validation = 0.1;
  double test = 0.1;
  // Above 0: so many rows alone are for training and validation, and the share is of these.
  std::int64_t rows = 0;
};

// Which rows of `count` are for what: a permutation that depends on the seed alone, cut by
// rounding down. Errors: a share outside [0, 1), more rows than there are, a part without a row
// although its share is above 0, none left for training.
struct RowSplit {
  std::vector<std::int64_t> train, validation, test;
};
RowSplit split_rows(std::int64_t count, const SplitShares& shares, std::uint64_t seed);

struct DataSplits {
  RowSet train, validation, test;
};

// read_labelled_rows() in three parts. A folder has its own test images: `shares.test` is not used.
// Errors: those of both functions; test images of another size.
DataSplits read_splits(const std::filesystem::path& path, SplitShares shares, std::uint64_t seed);

}  // namespace kiln
