// SPDX-License-Identifier: MIT
// Element types. Models compute in float32; float64 serves gradient checks on the CPU; the integer
// types hold data sets, index lists and counters.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kiln {

enum class DType { float32, float64, uint8, int32, uint64 };

constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::uint8:
      return 1;
    case DType::float32:
    case DType::int32:
      return 4;
    case DType::float64:
    case DType::uint64:
      break;
  }
  return 8;
}

constexpr const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "float32";
    case DType::float64:
      return "float64";
    case DType::uint8:
      return "uint8";
    case DType::int32:
      return "int32";
    case DType::uint64:
      break;
  }
  return "uint64";
}

// dtype_of<float> is DType::float32, and so on.
template <class T>
inline constexpr DType dtype_of = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::uint8;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::int32;
template <>
inline constexpr DType dtype_of<std::uint64_t> = DType::uint64;

}  // namespace kiln
