// SPDX-License-Identifier: MIT
// IDX, the format of MNIST: big-endian magic number and dimensions, then bytes in C order.
//   images: 00 00 08 03, count, height, width, count*height*width uint8
//   labels: 00 00 08 01, count, count uint8
// Files may be plain or gzip (seen by content). What the header promises is held against what the
// file has before memory is asked for; one byte too few or too many is an Error.
// Reference: http://yann.lecun.com/exdb/mnist/
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/io/gzip.h"

namespace kiln {

struct IdxImages {
  std::size_t count = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<std::uint8_t> pixels;  // (count, height, width)
};

constexpr std::size_t max_idx_bytes = std::size_t{1} << 32;
constexpr std::size_t idx_images_header_bytes = 16;

// (count, height, width), none of them 0, of a reader that has read nothing yet.
std::vector<std::size_t> read_idx_images_header(PlainOrGzipReader& reader);

// An Error when the header asks for more than `max_bytes` of data.
IdxImages read_idx_images(const std::filesystem::path& path, std::size_t max_bytes = max_idx_bytes);
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path,
                                          std::size_t max_bytes = max_idx_bytes);

// Atomic; packed by gzip when the name ends in ".gz". An Error when the sizes do not agree.
void write_idx_images(const std::filesystem::path& path, const IdxImages& images);
void write_idx_labels(const std::filesystem::path& path, std::span<const std::uint8_t> labels);

// The bytes before the data: 16 for images, 8 for labels. Dimensions must fit 32 bits.
std::vector<std::uint8_t> idx_images_header(const IdxImages& images);
std::vector<std::uint8_t> idx_labels_header(std::size_t count);

}  // namespace kiln
