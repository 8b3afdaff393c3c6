// SPDX-License-Identifier: MIT
#include "engine/io/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/io/system_failure.h"

namespace kiln {

AppendFile::AppendFile(const std::filesystem::path& path, std::uint64_t keep) : path_(path) {
  const int begin_anew = keep == 0 ? O_TRUNC : 0;
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | begin_anew | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw_system_failure(path, "cannot create", errno);
  const off_t size = ::lseek(descriptor_, 0, SEEK_END);
  if (size > 0 && keep < static_cast<std::uint64_t>(size) &&
      ::ftruncate(descriptor_, static_cast<off_t>(keep)) != 0) {
    const int error_number = errno;
    ::close(descriptor_);
    throw_system_failure(path, "cannot write", error_number);
  }
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(std::string_view record) {
  std::size_t done = 0;
  while (done < record.size()) {
    const ssize_t written = ::write(descriptor_, record.data() + done, record.size() - done);
    if (written < 0) {
      if (errno == EINTR) continue;
      const int error_number = errno;
      const off_t end = ::lseek(descriptor_, 0, SEEK_END);
      if (done > 0 && end >= static_cast<off_t>(done)) {
        // If this fails too, the error below still says that the file is not whole.
        [[maybe_unused]] const int ignored =
            ::ftruncate(descriptor_, end - static_cast<off_t>(done));
      }
      throw_system_failure(path_, "cannot write", error_number);
    }
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace kiln
