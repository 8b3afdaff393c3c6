// SPDX-License-Identifier: MIT
// The JSON header of a safetensors file, parsed without building a document, so that a hostile one
// costs no more memory than its own size, and checked completely:
//   - one object whose first byte is '{', valid JSON and UTF-8, nothing but white space behind it;
//   - no name twice; `__metadata__` maps strings to strings;
//   - every tensor has dtype, shape and data_offsets; shape times dtype is its number of bytes;
//   - the tensors lie one after another from 0 without a hole or an overlap.
// The reference implementation accepts a name given twice; here that is an error, as the format's
// description asks. Fields it does not know are ignored, as there.
// Reference: https://huggingface.co/docs/safetensors
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln {

constexpr std::size_t max_safetensors_header_bytes = 100'000'000;

struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<std::size_t> shape;
  std::size_t begin = 0;  // in bytes, from the end of the header
  std::size_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;  // in the order of their data
  std::size_t data_bytes = 0;
};

// `file` begins the error messages: `file: tensor 'x': ...`.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file);

// Bytes of one value of "F32", "U8", …; none for a name that the format does not have.
std::optional<std::size_t> safetensors_dtype_bytes(std::string_view dtype);

// shape times dtype; none when it does not fit a size_t.
std::optional<std::size_t> safetensors_bytes(const std::vector<std::size_t>& shape,
                                             std::size_t dtype_bytes);

}  // namespace kiln
