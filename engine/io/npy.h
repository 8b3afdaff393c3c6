// SPDX-License-Identifier: MIT
// NumPy's .npy, version 1.0: magic, a header padded so that data start at a multiple of 64 bytes,
// then the array in C order, little-endian. Atomic. An Error when the shape does not match the
// data or has more than 32 dimensions (NumPy 1's limit); an empty shape is a scalar.
// Reference: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace kiln {

void write_npy(const std::filesystem::path& path, std::span<const std::uint8_t> data,
               std::span<const std::size_t> shape);
void write_npy(const std::filesystem::path& path, std::span<const float> data,
               std::span<const std::size_t> shape);

}  // namespace kiln
