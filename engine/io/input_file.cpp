// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/io/system_failure.h"
#include "kernels/error.h"

namespace kiln {
namespace {

// Calls read_some(bytes done, the rest of out) until `out` is full or nothing more comes.
template <class ReadSome>
std::size_t read_all(const std::filesystem::path& path, std::span<std::uint8_t> out,
                     ReadSome read_some) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = read_some(done, out.subspan(done));
    if (got == 0) break;
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_system_failure(path, "cannot read", errno);
    }
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw_system_failure(path, "cannot open", errno);
  struct stat status = {};
  if (::fstat(descriptor_, &status) != 0) {
    const int error_number = errno;
    ::close(descriptor_);
    throw_system_failure(path, "cannot open", error_number);
  }
  if (S_ISDIR(status.st_mode)) {
    ::close(descriptor_);
    throw Error(fmt::format("{}: is a folder, expected a file", printable(path)));
  }
  if (S_ISREG(status.st_mode)) size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

std::size_t InputFile::read(std::span<std::uint8_t> out) {
  const std::size_t got = read_all(path_, out, [this](std::size_t, std::span<std::uint8_t> rest) {
    return ::read(descriptor_, rest.data(), rest.size());
  });
  position_ += got;
  return got;
}

std::size_t InputFile::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
  return read_all(path_, out, [&](std::size_t done, std::span<std::uint8_t> rest) {
    return ::pread(descriptor_, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  });
}

std::size_t InputFile::most_left() const {
  return size_ && *size_ > position_ ? static_cast<std::size_t>(*size_ - position_) : 0;
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  InputFile file(path);
  std::uint8_t extra = 0;
  const bool too_large = file.size() && *file.size() > max_bytes;
  std::vector<std::uint8_t> bytes;
  if (!too_large) bytes = read_growing(file, max_bytes, file.most_left());
  if (too_large || file.read({&extra, 1}) != 0) {
    throw Error(fmt::format("{}: is larger than {} bytes", printable(path), max_bytes));
  }
  return bytes;
}

}  // namespace kiln
