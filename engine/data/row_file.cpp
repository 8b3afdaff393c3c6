// SPDX-License-Identifier: MIT
#include "engine/data/row_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/checked_size.h"
#include "engine/io/gzip.h"
#include "engine/io/idx.h"
#include "engine/io/npy.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

// Where the rows lie in a file.
struct RowLayout {
  std::vector<std::size_t> shape;  // (rows, ...)
  DType dtype = DType::uint8;
  std::size_t first_byte = 0;
};

RowLayout npy_layout(const std::string& name, PlainOrGzipReader& reader) {
  const NpyHeader header = read_npy_header(reader);
  if (header.type != "|u1" && header.type != "<f4") {
    throw Error(
        fmt::format("{}: holds '{}', rows are '|u1' or '<f4'", name, printable(header.type, 100)));
  }
  if (header.shape.size() < 2 || std::ranges::count(header.shape, 0u) > 0) {
    throw Error(fmt::format("{}: shape ({}) is not (rows, features) or (images, height, width)",
                            name, fmt::join(header.shape, ",")));
  }
  return {header.shape, header.type == "|u1" ? DType::uint8 : DType::float32, header.bytes};
}

RowLayout idx_layout(PlainOrGzipReader& reader) {
  return {read_idx_images_header(reader), DType::uint8, idx_images_header_bytes};
}

void check_length(const std::string& name, const RowLayout& layout, std::uint64_t file_bytes) {
  const std::uint64_t bytes = file_bytes - std::min<std::uint64_t>(layout.first_byte, file_bytes);
  const std::uint64_t room = bytes / size_of(layout.dtype);
  const auto numbers = checked_product(layout.shape);
  if (numbers && *numbers == room && bytes % size_of(layout.dtype) == 0) return;
  throw Error(fmt::format("{}: {}: shape ({}) of {} does not match the {} bytes that follow", name,
                          numbers && *numbers <= room ? "trailing bytes" : "truncated",
                          fmt::join(layout.shape, ","), name_of(layout.dtype), bytes));
}

void require_finite(const std::string& name, std::int64_t row,
                    std::span<const std::uint8_t> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    if (!std::isfinite(value)) {
      throw Error(fmt::format("{}: row {}: {} is not finite", name, row, value));
    }
  }
}

std::size_t read_row_at(const InputFile& file, std::int64_t row, std::uint64_t offset,
                        std::span<std::uint8_t> out) {
  try {
    return file.read_at(offset, out);
  } catch (const Error& error) {  // the disk's
    throw Error(fmt::format("{}, at row {}", error.what(), row));
  }
}

}  // namespace

RowSource open_row_file(const std::filesystem::path& path) {
  const auto reader = std::make_shared<PlainOrGzipReader>(path);
  const std::string name = printable(path);
  const auto file_bytes = reader->file().size();
  if (!file_bytes) {
    throw Error(name + ": is no regular file, rows cannot be read from it in any order");
  }
  if (reader->is_gzip()) {
    throw Error(name + ": is packed by gzip, rows cannot be read from the middle: gunzip it first");
  }
  const RowLayout layout = is_npy(path) ? npy_layout(name, *reader) : idx_layout(*reader);
  check_length(name, layout, *file_bytes);

  RowSource source;
  source.count = static_cast<std::int64_t>(layout.shape[0]);
  source.row_shape.assign(layout.shape.begin() + 1, layout.shape.end());
  source.dtype = layout.dtype;
  source.read = [=](std::int64_t row, std::span<std::uint8_t> out) {
    const std::uint64_t offset = layout.first_byte + static_cast<std::uint64_t>(row) * out.size();
    const std::size_t got = read_row_at(reader->file(), row, offset, out);
    if (got < out.size()) {
      throw Error(
          fmt::format("{}: row {}: {} of {} bytes are left: the file was cut short while "
                      "in use",
                      name, row, got, out.size()));
    }
    if (layout.dtype == DType::float32) require_finite(name, row, out);
  };
  return source;
}

}  // namespace kiln
