// SPDX-License-Identifier: MIT
// NumPy's .npy, written in version 1.0: magic, a header padded so that data start at a multiple of
// 64 bytes, then the array in C order, little-endian. Atomic. An Error when the shape does not
// match the data or has more than 32 dimensions (NumPy 1's limit); an empty shape is a scalar.
// Reference: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/io/gzip.h"

namespace kiln {

void write_npy(const std::filesystem::path& path, std::span<const std::uint8_t> data,
               std::span<const std::size_t> shape);
void write_npy(const std::filesystem::path& path, std::span<const float> data,
               std::span<const std::size_t> shape);

// What comes before an array in C order.
struct NpyHeader {
  std::string type;  // NumPy's word: "<f4", "|u1", "<i8"
  std::vector<std::size_t> shape;
  std::size_t bytes = 0;  // its own, where the array begins
};

struct NpyArray {
  std::string type;
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> bytes;  // C order
};

struct NpyFloats {
  std::vector<std::size_t> shape;
  std::vector<float> values;  // C order
};

constexpr std::size_t max_npy_bytes = std::size_t{1} << 32;

// The header alone, of a reader that has read nothing yet. Errors name the file: no .npy, another
// order.
NpyHeader read_npy_header(PlainOrGzipReader& reader);
// An array in C order, of numbers of 1, 2, 4 or 8 bytes, of format version 1, 2 or 3, plain or gzip
// (seen by content). The header is held against what follows before memory is asked for. Errors
// name the file: no .npy, another dtype or order, more than `max_bytes` of data, bytes missing or
// left over.
NpyArray read_npy(const std::filesystem::path& path, std::size_t max_bytes = max_npy_bytes);
// The same, of float32, or of bytes, which become numbers from 0 to 1.
NpyFloats read_npy_floats(const std::filesystem::path& path, std::size_t max_bytes = max_npy_bytes);

// Whether a file, unpacked where it is gzip, starts as an .npy does.
bool is_npy(const std::filesystem::path& path);

}  // namespace kiln
