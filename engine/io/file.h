// SPDX-License-Identifier: MIT
// Files: reading with a cap on memory, and writing that leaves the whole new file or nothing.
// Every failure is an Error `path: what went wrong: the system's reason`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "engine/huge_pages.h"

namespace kiln {

// A file open for reading, from its beginning to its end or anywhere.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // Fills `out`; returns how many bytes it got, fewer than asked for only at the end of the file.
  std::size_t read(std::span<std::uint8_t> out);
  // The same from byte `offset` on, which leaves where read() is: threads may call it at once.
  std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) const;
  // The size on disk when it was opened; none for a pipe or a device.
  std::optional<std::uint64_t> size() const { return size_; }
  // What is left of it, at most; 0 where there is no telling.
  std::size_t most_left() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::optional<std::uint64_t> size_;
  std::uint64_t position_ = 0;
};

// Reads up to `limit` bytes from any source with `size_t read(span<uint8_t>)`. Memory for as many
// of them as the source may hold, `most_left`, is asked for at once; for others as data arrive (at
// most doubling), so a header that promises too much costs nothing.
template <class Source>
std::vector<std::uint8_t> read_growing(Source& source, std::size_t limit,
                                       std::size_t most_left = 0) {
  constexpr std::size_t first_step = std::size_t{1} << 16;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(std::min(limit, most_left));
  advise_huge_pages(bytes.data(), bytes.capacity());
  while (bytes.size() < limit) {
    const std::size_t have = bytes.size();
    const std::size_t want = std::min(limit - have, std::max(have, first_step));
    bytes.resize(have + want);
    const std::size_t got = source.read(std::span(bytes).subspan(have));
    if (got < want) {
      bytes.resize(have + got);
      break;
    }
  }
  return bytes;
}

// The whole file; an Error when it holds more than `max_bytes`.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::size_t max_bytes);

// A file that appears under its name complete or not at all: bytes go to a temporary file in the
// same folder, which commit() syncs to disk and renames over the target. Any error, and a
// destructor without commit(), removes the temporary and leaves an older target as it was.
// A symbolic link is followed; a target that is a device or a pipe is written in place.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::uint8_t> bytes);
  // Makes the file so long, or fails where the disk has no room for it; nothing is written where
  // the file system can do without.
  void reserve(std::uint64_t bytes);
  void commit();

 private:
  [[noreturn]] void fail(const char* what, int error_number);
  void discard() noexcept;

  std::filesystem::path name_;  // as the caller wrote it, for messages
  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty when writing in place, and after the rename
  int descriptor_ = -1;
};

// An Error, AtomicFile's, where no such file can be made: to be found out before the work that it
// is for. A device or a pipe is left alone.
void require_writable(const std::filesystem::path& path);

// Removes the temporary files that programs left in `folder` when they were killed.
void remove_left_temporaries(const std::filesystem::path& folder) noexcept;

void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

}  // namespace kiln
