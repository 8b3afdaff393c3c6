// SPDX-License-Identifier: MIT
#include "engine/io/idx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <limits>

#include "engine/io/byte_order.h"
#include "engine/io/checked_size.h"
#include "engine/io/file.h"
#include "engine/io/gzip.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

struct Kind {
  const char* plural;
  std::uint32_t magic;
};

constexpr Kind images_kind{"images", 0x00000803};
constexpr Kind labels_kind{"labels", 0x00000801};

struct Content {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> data;
};

void check_magic(const std::string& name, const Kind& kind, bool is_gzip,
                 std::span<const std::uint8_t> header) {
  if (header.empty()) throw Error(fmt::format("{}: is empty", name));
  if (header.size() < 4) {
    throw Error(
        fmt::format("{}: truncated: {} bytes, too few for a magic number", name, header.size()));
  }
  const std::uint32_t magic = load_big32(header.data());
  if (magic == kind.magic) return;
  const char* prefix = !is_gzip && name.ends_with(".gz") ? "not a gzip file, and " : "";
  throw Error(fmt::format("{}: {}wrong magic number 0x{:08x}, expected 0x{:08x} (IDX uint8 {})",
                          name, prefix, magic, kind.magic, kind.plural));
}

// The header's dimensions, none of them 0.
std::vector<std::size_t> read_idx_header(PlainOrGzipReader& reader, const Kind& kind) {
  const std::string name = printable(reader.file().path());
  const std::size_t rank = kind.magic & 0xff;
  std::array<std::uint8_t, idx_images_header_bytes> buffer = {};
  const std::size_t header_bytes = 4 + 4 * rank;
  const auto header = std::span(buffer).first(reader.read(std::span(buffer).first(header_bytes)));
  check_magic(name, kind, reader.is_gzip(), header);
  if (header.size() < header_bytes) {
    throw Error(fmt::format("{}: truncated: {} bytes, the header alone has {}", name, header.size(),
                            header_bytes));
  }
  std::vector<std::size_t> shape;
  for (std::size_t i = 0; i < rank; ++i) {
    shape.push_back(load_big32(header.data() + 4 + 4 * i));
  }
  if (shape[0] == 0) throw Error(fmt::format("{}: holds no {}", name, kind.plural));
  if (checked_product(shape) == 0u) {
    throw Error(fmt::format("{}: images without pixels: ({})", name, fmt::join(shape, ",")));
  }
  return shape;
}

// What follows the header, of `header_bytes`, in a packed file that holds exactly so much; nothing
// where it does not.
std::vector<std::uint8_t> unpacked_data(const PlainOrGzipReader& reader, std::size_t header_bytes,
                                        std::size_t bytes) {
  if (!reader.is_gzip() || bytes > reader.most_left()) return {};
  std::vector<std::uint8_t> all = unpack_whole(reader.file(), header_bytes + bytes);
  if (!all.empty()) all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(header_bytes));
  return all;
}

Content read_idx(const std::filesystem::path& path, const Kind& kind, std::size_t max_bytes) {
  const std::string name = printable(path);
  PlainOrGzipReader reader(path);
  Content content{read_idx_header(reader, kind), {}};
  const std::string shape = fmt::format("({})", fmt::join(content.shape, ","));
  const auto bytes = checked_product(content.shape);
  if (!bytes || *bytes > max_bytes) {
    throw Error(fmt::format("{}: the header's dimensions {} ask for more than {} bytes", name,
                            shape, max_bytes));
  }

  content.data = unpacked_data(reader, 4 + 4 * content.shape.size(), *bytes);
  if (!content.data.empty()) return content;
  content.data = read_growing(reader, *bytes, reader.most_left());
  if (content.data.size() < *bytes) {
    throw Error(fmt::format("{}: truncated: the header's dimensions {} need {} bytes, {} follow",
                            name, shape, *bytes, content.data.size()));
  }
  std::uint8_t extra = 0;
  if (reader.read({&extra, 1}) != 0) {
    throw Error(
        fmt::format("{}: trailing bytes: the header's dimensions {} need {} bytes, more "
                    "follow",
                    name, shape, *bytes));
  }
  return content;
}

std::vector<std::uint8_t> idx_header(const Kind& kind, std::span<const std::size_t> shape) {
  std::vector<std::uint8_t> header(4 + 4 * shape.size());
  store_big32(kind.magic, header.data());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] > std::numeric_limits<std::uint32_t>::max()) {
      throw Error(fmt::format("[idx] dimension {} does not fit 32 bits", shape[i]));
    }
    store_big32(static_cast<std::uint32_t>(shape[i]), header.data() + 4 + 4 * i);
  }
  return header;
}

void write_idx(const std::filesystem::path& path, std::vector<std::uint8_t> header,
               std::span<const std::uint8_t> data) {
  header.insert(header.end(), data.begin(), data.end());
  const bool pack = path.native().ends_with(".gz");
  write_file_atomically(path, pack ? gzip_compress(header) : header);
}

}  // namespace

std::vector<std::size_t> read_idx_images_header(PlainOrGzipReader& reader) {
  return read_idx_header(reader, images_kind);
}

IdxImages read_idx_images(const std::filesystem::path& path, std::size_t max_bytes) {
  Content content = read_idx(path, images_kind, max_bytes);
  return {content.shape[0], content.shape[1], content.shape[2], std::move(content.data)};
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path,
                                          std::size_t max_bytes) {
  return read_idx(path, labels_kind, max_bytes).data;
}

void write_idx_images(const std::filesystem::path& path, const IdxImages& images) {
  const std::array shape{images.count, images.height, images.width};
  if (checked_product(shape) != images.pixels.size()) {
    throw Error(fmt::format("{}: {} pixels do not make images of shape ({})", printable(path),
                            images.pixels.size(), fmt::join(shape, ",")));
  }
  write_idx(path, idx_images_header(images), images.pixels);
}

void write_idx_labels(const std::filesystem::path& path, std::span<const std::uint8_t> labels) {
  write_idx(path, idx_labels_header(labels.size()), labels);
}

std::vector<std::uint8_t> idx_images_header(const IdxImages& images) {
  return idx_header(images_kind, std::array{images.count, images.height, images.width});
}

std::vector<std::uint8_t> idx_labels_header(std::size_t count) {
  return idx_header(labels_kind, std::array{count});
}

}  // namespace kiln
