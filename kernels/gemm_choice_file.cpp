// SPDX-License-Identifier: MIT
#include "kernels/gemm_choice_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace kiln::kernels {
namespace {

constexpr int kVersion = 2;
constexpr const char* kHeading =
    "# op m n k variant activation precision winner kiln_us cublas_us (linear_backward: batch in "
    "out)";

std::filesystem::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (auto folder = variable("KILN_CACHE_DIR"); !folder.empty()) return folder;
  if (auto folder = variable("XDG_CACHE_HOME"); !folder.empty()) return folder / "kiln";
  if (auto folder = variable("HOME"); !folder.empty()) return folder / ".cache" / "kiln";
  return {};
}

// Lower-case letters and digits, with '-' between words.
std::string file_name_of(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9', is_upper = c >= 'A' && c <= 'Z';
    if (is_digit || is_upper || (c >= 'a' && c <= 'z')) {
      name += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "gpu" : name;
}

std::string words(int error_number) { return std::generic_category().message(error_number); }

// A new file beside `path`, under a name that no other thread or process has; empty if none can be
// made.
std::string new_file_beside(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  for (;;) {
    std::string name =
        path + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp";
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      ::close(descriptor);
      return name;
    }
    if (errno != EEXIST && errno != EINTR) return {};
  }
}

// One writer at a time in a folder, whichever its process. Where the file system has no locks, a
// choice that two write at once may be lost and measured again.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace

std::string gemm_choice_path(const std::string& gpu, int major, int minor, int driver) {
  const std::filesystem::path folder = cache_folder();
  if (folder.empty()) return {};
  return folder / ("gemm-" + file_name_of(gpu) + "-sm" + std::to_string(10 * major + minor) +
                   "-driver" + std::to_string(driver / 1000) + "." +
                   std::to_string(driver % 1000 / 10) + "-v" + std::to_string(kVersion) + ".txt");
}

GemmChoiceFile read_gemm_choices(const std::string& path) {
  GemmChoiceFile file;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (const auto choice = parse_gemm_choice_line(line)) {
      file.choices.insert(*choice);
    } else {
      ++file.ignored_lines;
    }
  }
  return file;
}

std::string add_to_gemm_choices(const std::string& path, const GemmChoices& choices) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(folder, error);
  if (error) return error.message();
  const FolderLock lock(folder);
  GemmChoices all = read_gemm_choices(path).choices;
  all.insert(choices.begin(), choices.end());
  const std::string temporary = new_file_beside(path);
  if (temporary.empty()) return words(errno);
  std::ofstream out(temporary);
  out << kHeading << '\n';
  for (const auto& [key, choice] : all) out << gemm_choice_line(key, choice) << '\n';
  out.close();
  std::string fault;
  if (!out) {
    fault = "the file cannot be written";
  } else if (::rename(temporary.c_str(), path.c_str()) != 0) {
    fault = words(errno);
  }
  if (!fault.empty()) ::unlink(temporary.c_str());
  return fault;
}

}  // namespace kiln::kernels
