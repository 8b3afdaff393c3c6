// SPDX-License-Identifier: MIT
// gzip (RFC 1952) by zlib, and by libdeflate what is unpacked whole. Reading goes by content, not
// by name: a file that starts with 1f 8b is unpacked, any other is passed through. Members may
// follow one another, as gunzip accepts them; a data set cut short, a wrong checksum and bytes
// after the last member are Errors of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "engine/io/file.h"

namespace kiln {

class PlainOrGzipReader {
 public:
  explicit PlainOrGzipReader(const std::filesystem::path& path);
  ~PlainOrGzipReader();

  // Fills `out`; returns how many bytes it got, fewer than asked for only at the end of the data,
  // when all checksums have been seen to match.
  std::size_t read(std::span<std::uint8_t> out);
  // Bytes still to come, at most; 0 where there is no telling.
  std::size_t most_left() const;
  bool is_gzip() const { return inflater_ != nullptr; }
  // As it is on disk.
  const InputFile& file() const { return file_; }

 private:
  struct Inflater;

  std::size_t read_plain(std::span<std::uint8_t> out);
  void fill_input();
  void next_member();

  InputFile file_;
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> input_;  // the part of the buffer not yet used
  std::unique_ptr<Inflater> inflater_;
  bool at_end_ = false;
};

// The whole (unpacked) content; an Error when it is more than `max_bytes`, found out before memory
// for the rest is asked for.
std::vector<std::uint8_t> read_plain_or_gzip(const std::filesystem::path& path,
                                             std::size_t max_bytes);

// What a file of one gzip member holds, if that is `size` bytes, its checksum included, more than
// twice as fast as by a reader. Nothing where it is anything else, a fault included: what a reader
// reports is meant then. Memory is asked for when the file's end agrees on the size.
std::vector<std::uint8_t> unpack_whole(const InputFile& file, std::size_t size);

// One gzip member without time or name: the same bytes give the same file.
std::vector<std::uint8_t> gzip_compress(std::span<const std::uint8_t> bytes);

}  // namespace kiln
