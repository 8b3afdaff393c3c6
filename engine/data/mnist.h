// SPDX-License-Identifier: MIT
// A folder of MNIST-named IDX files, each plain or gzip, with or without ".gz":
//   train-images-idx3-ubyte  train-labels-idx1-ubyte  t10k-images-idx3-ubyte t10k-labels-idx1-ubyte
// Fashion-MNIST and others that keep the names and have up to ten classes load too, with images of
// any size. Where the folder has a file SHA256SUMS, in sha256sum's format and of the unpacked
// files, each file that it names must match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/data/row_source.h"
#include "engine/io/idx.h"

namespace kiln {

enum class MnistSplit { train, test };

struct MnistData {
  IdxImages images;                  // (count, height, width)
  std::vector<std::uint8_t> labels;  // (count), 0 to 9
};

// Errors: no such folder, a missing file (with both names tried), whatever read_idx_images reports,
// a wrong checksum, counts that differ, a label above 9.
MnistData load_mnist(const std::filesystem::path& folder, MnistSplit split);

// The same with images that are read from disk when they are asked for.
struct MnistRows {
  RowSource images;                  // uint8 (count, height, width)
  std::vector<std::uint8_t> labels;  // (count), 0 to 9
};

// Errors: the same, and a file of images that is packed. One that has a sum is read through once.
MnistRows open_mnist(const std::filesystem::path& folder, MnistSplit split);

}  // namespace kiln
