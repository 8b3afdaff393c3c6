// SPDX-License-Identifier: MIT
// The folder a run writes to, made with its parents when the run begins. Folders made here that are
// empty at the end, because the run failed, are taken away again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace kiln::apps {

class OutputFolder {
 public:
  // Makes `path` and `subfolder` of it. Errors: a path that cannot be made, is not a folder, cannot
  // be written in, or has no room for `bytes`.
  OutputFolder(const std::filesystem::path& path, const std::filesystem::path& subfolder,
               std::uint64_t bytes);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder();

 private:
  void make(const std::filesystem::path& folder);
  void remove_empty() noexcept;

  std::vector<std::filesystem::path> made_;
};

}  // namespace kiln::apps
