// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/all_finite.h"
#include "engine/io/byte_order.h"
#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/io/safetensors.h"
#include "engine/io/safetensors_header.h"
#include "kernels/error.h"

namespace kiln {
namespace {

constexpr std::size_t length_bytes = 8;

SafetensorsHeader read_header(InputFile& input, const std::string& file) {
  std::array<std::uint8_t, length_bytes> length_field = {};
  const std::size_t got = input.read(length_field);
  if (got < length_bytes) {
    throw Error(fmt::format("{}: truncated: {} bytes, a safetensors file has at least {}", file,
                            got, length_bytes));
  }
  const std::uint64_t length = load_little64(length_field.data());
  if (input.size() && length > std::max(*input.size(), length_bytes) - length_bytes) {
    throw Error(fmt::format("{}: the header's length {} is larger than the file ({} bytes)", file,
                            length, *input.size()));
  }
  if (length > max_safetensors_header_bytes) {
    throw Error(fmt::format("{}: the header's length {} is over the limit of {} bytes", file,
                            length, max_safetensors_header_bytes));
  }
  const auto json = read_growing(input, length);
  if (json.size() < length) {
    throw Error(
        fmt::format("{}: truncated: the header has {} of {} bytes", file, json.size(), length));
  }
  SafetensorsHeader header =
      parse_safetensors_header({reinterpret_cast<const char*>(json.data()), json.size()}, file);
  if (input.size()) {
    const std::uint64_t present = *input.size() - length_bytes - length;
    if (present != header.data_bytes) {
      throw Error(fmt::format("{}: {}: the header describes {} bytes of data, {} follow", file,
                              present < header.data_bytes ? "truncated" : "trailing bytes",
                              header.data_bytes, present));
    }
  }
  return header;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(printable(path)) {
  InputFile input(path);
  SafetensorsHeader header = read_header(input, file_);
  for (auto& entry : header.entries) {
    StoredTensor tensor{std::move(entry.dtype), std::move(entry.shape), {}};
    const std::size_t bytes = entry.end - entry.begin;
    tensor.bytes = read_growing(input, bytes, input.most_left());
    if (tensor.bytes.size() < bytes) {
      throw Error(fmt::format("{}: truncated: tensor '{}' has {} of {} bytes", file_,
                              printable(entry.name, 100), tensor.bytes.size(), bytes));
    }
    tensors_.emplace(std::move(entry.name), std::move(tensor));
  }
  std::uint8_t extra = 0;
  if (input.read({&extra, 1}) != 0) {
    throw Error(fmt::format("{}: trailing bytes after the last tensor", file_));
  }
  metadata_ = std::move(header.metadata);
}

const StoredTensor& SafetensorsFile::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw Error(fmt::format("{}: tensor '{}' is missing", file_, printable(name, 100)));
  }
  return found->second;
}

std::span<const float> SafetensorsFile::f32(const std::string& name,
                                            std::span<const std::size_t> shape) const {
  const StoredTensor& stored = tensor(name);
  if (stored.dtype != "F32") {
    throw Error(fmt::format("{}: tensor '{}' has dtype {}, expected F32", file_,
                            printable(name, 100), stored.dtype));
  }
  if (!std::equal(shape.begin(), shape.end(), stored.shape.begin(), stored.shape.end())) {
    throw Error(fmt::format("{}: tensor '{}' has shape ({}), expected ({})", file_,
                            printable(name, 100), fmt::join(stored.shape, ","),
                            fmt::join(shape, ",")));
  }
  // Each tensor has its own vector, whose storage is aligned for any type.
  return {reinterpret_cast<const float*>(stored.bytes.data()), stored.bytes.size() / sizeof(float)};
}

std::span<const float> SafetensorsFile::finite_f32(const std::string& name,
                                                   std::span<const std::size_t> shape) const {
  const std::span<const float> values = f32(name, shape);
  if (!all_finite(values)) {
    throw Error(fmt::format("{}: tensor '{}' holds a number that is not finite", file_,
                            printable(name, 100)));
  }
  return values;
}

const std::string& SafetensorsFile::metadata_value(const std::string& key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) {
    throw Error(fmt::format("{}: metadata '{}' is missing", file_, printable(key, 100)));
  }
  return found->second;
}

}  // namespace kiln
