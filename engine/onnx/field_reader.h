// SPDX-License-Identifier: MIT
// What the readers of ONNX's messages share: fields by number and wire type, lists that are
// bounded.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <utility>
#include <vector>

#include "kernels/error.h"

namespace kiln::onnx {

using protozero::pbf_reader;

inline constexpr std::size_t kMaxShownName = 100;

// Case labels: a field of another wire type is one that the format does not have, and is skipped.
template <class Field>
constexpr std::uint32_t varint(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::varint);
}
template <class Field>
constexpr std::uint32_t bytes(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited);
}
template <class Field>
constexpr std::uint32_t fixed32(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::fixed32);
}

// Errors: `limit` of them are there already.
template <class T>
void append(std::vector<T>& parts, T part, std::size_t limit, const char* what) {
  if (parts.size() == limit) throw Error(fmt::format("there are more than {} {}", limit, what));
  parts.push_back(std::move(part));
}

// Repeated numbers lie packed or one by one; writers choose.
inline void append_packed(std::vector<std::int64_t>& values, pbf_reader& reader, std::size_t limit,
                          const char* what) {
  for (const std::int64_t value : reader.get_packed_int64()) append(values, value, limit, what);
}
inline void append_packed(std::vector<float>& values, pbf_reader& reader, std::size_t limit,
                          const char* what) {
  for (const float value : reader.get_packed_float()) append(values, value, limit, what);
}

}  // namespace kiln::onnx
