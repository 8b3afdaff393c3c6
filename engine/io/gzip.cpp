// SPDX-License-Identifier: MIT
#include "engine/io/gzip.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "engine/huge_pages.h"
#include "engine/io/byte_order.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

constexpr int window_bits_gzip = 15 + 16;  // the largest window, gzip wrapping
constexpr std::size_t buffer_bytes = std::size_t{1} << 16;
constexpr std::size_t zlib_max = std::numeric_limits<uInt>::max();

bool starts_gzip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

}  // namespace

struct PlainOrGzipReader::Inflater {
  Inflater() {
    if (inflateInit2(&stream, window_bits_gzip) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream = {};
};

PlainOrGzipReader::PlainOrGzipReader(const std::filesystem::path& path)
    : file_(path), buffer_(buffer_bytes) {
  fill_input();
  if (starts_gzip(input_)) inflater_ = std::make_unique<Inflater>();
}

PlainOrGzipReader::~PlainOrGzipReader() = default;

// Keeps what is unused, and reads behind it.
void PlainOrGzipReader::fill_input() {
  std::copy(input_.begin(), input_.end(), buffer_.begin());
  const std::size_t kept = input_.size();
  input_ = std::span(buffer_).first(kept + file_.read(std::span(buffer_).subspan(kept)));
}

std::size_t PlainOrGzipReader::read_plain(std::span<std::uint8_t> out) {
  const std::size_t buffered = std::min(out.size(), input_.size());
  std::copy_n(input_.begin(), buffered, out.begin());
  input_ = input_.subspan(buffered);
  return buffered + file_.read(out.subspan(buffered));
}

void PlainOrGzipReader::next_member() {
  if (input_.size() < 2) fill_input();
  if (input_.empty()) {
    at_end_ = true;
  } else if (starts_gzip(input_)) {
    inflateReset(&inflater_->stream);
  } else {
    throw Error(fmt::format("{}: trailing bytes after the gzip data", printable(file_.path())));
  }
}

std::size_t PlainOrGzipReader::most_left() const {
  constexpr std::size_t largest_ratio = 1032;  // of deflate: 258 bytes for two bits
  const std::size_t packed = input_.size() + file_.most_left();
  return is_gzip() ? packed * largest_ratio : packed;
}

std::size_t PlainOrGzipReader::read(std::span<std::uint8_t> out) {
  if (!is_gzip()) return read_plain(out);
  std::size_t done = 0;
  z_stream& stream = inflater_->stream;
  while (done < out.size() && !at_end_) {
    if (input_.empty()) fill_input();
    if (input_.empty()) {
      throw Error(fmt::format("{}: truncated gzip data", printable(file_.path())));
    }
    stream.next_in = const_cast<Bytef*>(input_.data());  // zlib only reads
    stream.avail_in = static_cast<uInt>(input_.size());
    stream.next_out = out.data() + done;
    stream.avail_out = static_cast<uInt>(std::min(out.size() - done, zlib_max));
    const uInt asked = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    input_ = input_.last(stream.avail_in);
    done += asked - stream.avail_out;
    if (status == Z_STREAM_END) {
      next_member();
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {  // Z_BUF_ERROR: wants more input
      throw Error(fmt::format("{}: corrupt gzip data ({})", printable(file_.path()),
                              stream.msg != nullptr ? stream.msg : "no reason given"));
    }
  }
  return done;
}

std::vector<std::uint8_t> read_plain_or_gzip(const std::filesystem::path& path,
                                             std::size_t max_bytes) {
  PlainOrGzipReader reader(path);
  auto bytes = read_growing(reader, max_bytes);
  std::uint8_t extra = 0;
  if (reader.read({&extra, 1}) != 0) {
    throw Error(fmt::format("{}: {} more than {} bytes", printable(path),
                            reader.is_gzip() ? "unpacks to" : "holds", max_bytes));
  }
  return bytes;
}

std::vector<std::uint8_t> unpack_whole(const InputFile& file, std::size_t size) {
  // More than the worst packing of so much: no file to read into memory.
  const std::size_t most_packed = size + size / 1000 + buffer_bytes;
  std::array<std::uint8_t, 8> trailer = {};  // CRC-32, and the size modulo 2^32 (RFC 1952)
  if (!file.size() || *file.size() < trailer.size() || *file.size() > most_packed) return {};
  file.read_at(*file.size() - trailer.size(), trailer);
  if (load_little64(trailer.data()) >> 32 != static_cast<std::uint32_t>(size)) return {};
  // Clearing pages takes half as long as unpacking into them.
  std::vector<std::uint8_t> result;
  result.reserve(size);
  advise_huge_pages(result.data(), size);
  const PagesFromTheEnd pages(result.data(), size);

  const auto packed_size = static_cast<std::size_t>(*file.size());
  const auto packed = std::make_unique_for_overwrite<std::uint8_t[]>(packed_size);
  advise_huge_pages(packed.get(), packed_size);
  if (file.read_at(0, {packed.get(), packed_size}) != packed_size) return {};
  result.resize(size);
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> unpacker(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!unpacker) throw std::bad_alloc();
  std::size_t used = 0;
  const libdeflate_result status =
      libdeflate_gzip_decompress_ex(unpacker.get(), packed.get(), packed_size, result.data(), size,
                                    &used, nullptr);  // null: fills the result or fails
  if (status != LIBDEFLATE_SUCCESS || used != packed_size) return {};
  return result;
}

std::vector<std::uint8_t> gzip_compress(std::span<const std::uint8_t> bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits_gzip, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
  gz_header header = {};
  header.os = 255;  // "unknown", so that the bytes do not depend on where zlib was built
  deflateSetHeader(&stream, &header);

  std::vector<std::uint8_t> result;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const std::size_t have = result.size();
    result.resize(have + std::clamp(have, buffer_bytes, zlib_max));
    const std::size_t chunk = std::min(bytes.size(), zlib_max);
    stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib only reads
    stream.avail_in = static_cast<uInt>(chunk);
    stream.next_out = result.data() + have;
    stream.avail_out = static_cast<uInt>(result.size() - have);
    status = deflate(&stream, chunk == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    bytes = bytes.subspan(chunk - stream.avail_in);
    result.resize(result.size() - stream.avail_out);
  }
  return result;
}

}  // namespace kiln
