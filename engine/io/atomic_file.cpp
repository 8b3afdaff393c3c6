// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/io/system_failure.h"
#include "kernels/error.h"

namespace kiln {
namespace {

// Short and independent of the target's name, which may already be as long as the system allows.
std::filesystem::path temporary_beside(const std::filesystem::path& target) {
  static std::atomic<unsigned> counter{0};
  return target.parent_path() / fmt::format(".kiln-{}-{}.tmp", ::getpid(), counter++);
}

// Whether a program that is no more left a file of this name.
bool is_left_temporary(const std::string& name) {
  int process = 0, end = 0;
  if (std::sscanf(name.c_str(), ".kiln-%d-%*u.tmp%n", &process, &end) != 1) return false;
  if (end != static_cast<int>(name.size()) || process <= 0) return false;
  return ::kill(process, 0) != 0 && errno == ESRCH;
}

int open_retrying(const std::filesystem::path& path, int flags) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

// So that the new name outlives a loss of power. Some file systems cannot: the file is whole
// anyway.
void sync_folder_of(const std::filesystem::path& target) {
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  const int descriptor = open_retrying(folder, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& target) : name_(target), target_(target) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(target_, ignored)) {
    auto resolved = std::filesystem::canonical(target_, ignored);
    if (!ignored) target_ = std::move(resolved);
  }
  if (!target_.has_filename()) {
    throw Error(fmt::format("{}: cannot write: not the name of a file", printable(name_)));
  }
  struct stat status = {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    throw Error(fmt::format("{}: cannot write: is a folder", printable(name_)));
  }
  if (exists && !S_ISREG(status.st_mode)) {  // a rename would replace the device itself
    descriptor_ = open_retrying(target_, O_WRONLY);
  } else {
    do {  // a name may be left from a killed process that had the same number
      temporary_ = temporary_beside(target_);
      descriptor_ = open_retrying(temporary_, O_WRONLY | O_CREAT | O_EXCL);
    } while (descriptor_ < 0 && errno == EEXIST);
  }
  if (descriptor_ < 0) {
    temporary_.clear();  // not ours
    fail("cannot create", errno);
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
    temporary_.clear();
  }
}

void AtomicFile::fail(const char* what, int error_number) {
  discard();
  throw_system_failure(name_, what, error_number);
}

void AtomicFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail("cannot write", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::reserve(std::uint64_t bytes) {
  if (bytes == 0) return;
  int error_number = 0;
  do {
    error_number = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes));
  } while (error_number == EINTR);
  if (error_number != 0) fail("cannot write", error_number);
}

void AtomicFile::commit() {
  // A full disk may show only here: the system is free to put writes off.
  if (!temporary_.empty() && ::fsync(descriptor_) != 0) fail("cannot write", errno);
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail("cannot write", errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot write", errno);
  temporary_.clear();
  sync_folder_of(target_);
}

void require_writable(const std::filesystem::path& path) {
  struct stat status = {};
  const bool is_special =
      ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
  if (!is_special) AtomicFile{path};
}

void remove_left_temporaries(const std::filesystem::path& folder) noexcept {
  std::error_code end, ignored;
  for (std::filesystem::directory_iterator entry(folder, end);
       !end && entry != std::filesystem::directory_iterator(); entry.increment(end)) {
    if (is_left_temporary(entry->path().filename().native())) {
      std::filesystem::remove(entry->path(), ignored);
    }
  }
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace kiln
