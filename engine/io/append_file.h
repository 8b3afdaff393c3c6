// SPDX-License-Identifier: MIT
// A log that grows by whole records: each reaches the system before append() returns, and one that
// cannot be written (a full disk) is taken back, so that readers never meet half a record. Every
// failure is an Error that names the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace kiln {

class AppendFile {
 public:
  // Goes on behind the first `keep` bytes of the file, or all if there are fewer: what follows is
  // cut off.
  explicit AppendFile(const std::filesystem::path& path, std::uint64_t keep = 0);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void append(std::string_view record);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace kiln
