// SPDX-License-Identifier: MIT
#include "engine/data/mnist.h"

#include <fmt/format.h>

#include <map>
#include <span>
#include <string>
#include <system_error>

#include "engine/data/sha256.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

namespace fs = std::filesystem;

constexpr int classes = 10;

using Sums = std::map<std::string, std::string>;

void check_folder(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (!fs::exists(status)) {
    const bool missing = !error || error == std::errc::no_such_file_or_directory;
    throw Error(fmt::format("{}: {}", printable(folder),
                            missing ? "no such folder" : "cannot open: " + error.message()));
  }
  if (!fs::is_directory(status)) throw Error(fmt::format("{}: not a folder", printable(folder)));
}

fs::path find_file(const fs::path& folder, const std::string& name) {
  std::error_code ignored;  // a file that cannot be looked at counts as missing
  if (fs::exists(folder / name, ignored)) return folder / name;
  if (fs::exists(folder / (name + ".gz"), ignored)) return folder / (name + ".gz");
  throw Error(fmt::format("{}: has neither {} nor {}.gz", printable(folder), name, name));
}

Sums read_sums(const fs::path& path) {
  std::error_code error;
  const bool absent = !fs::exists(path, error) && !error;
  return absent ? Sums{} : read_sha256_sums(path);
}

// An IDX file is its header and its data and nothing else, so its sum can be taken from what was
// read.
void check_sum(const Sums& sums, const std::string& name, const fs::path& path,
               std::span<const std::uint8_t> header, std::span<const std::uint8_t> data) {
  const auto expected = sums.find(name);
  if (expected == sums.end()) return;
  Sha256 sum;
  sum.update(header);
  sum.update(data);
  const std::string actual = sum.hex_digest();
  if (actual != expected->second) {
    throw Error(fmt::format("{}: SHA-256 of the unpacked data is {}, SHA256SUMS says {}",
                            printable(path), actual, expected->second));
  }
}

}  // namespace

MnistData load_mnist(const fs::path& folder, MnistSplit split) {
  check_folder(folder);
  const std::string prefix = split == MnistSplit::train ? "train" : "t10k";
  const std::string images_name = prefix + "-images-idx3-ubyte";
  const std::string labels_name = prefix + "-labels-idx1-ubyte";
  const fs::path images_path = find_file(folder, images_name);
  const fs::path labels_path = find_file(folder, labels_name);
  const Sums sums = read_sums(folder / "SHA256SUMS");

  MnistData data;
  data.labels = read_idx_labels(labels_path);
  data.images = read_idx_images(images_path);
  if (data.images.count != data.labels.size()) {
    throw Error(fmt::format("{}: {} holds {} images, but {} holds {} labels", printable(folder),
                            printable(images_path.filename()), data.images.count,
                            printable(labels_path.filename()), data.labels.size()));
  }
  check_sum(sums, labels_name, labels_path, idx_labels_header(data.labels.size()), data.labels);
  check_sum(sums, images_name, images_path, idx_images_header(data.images), data.images.pixels);
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    if (data.labels[i] >= classes) {
      throw Error(fmt::format("{}: label {} of image {} is above {}", printable(labels_path),
                              data.labels[i], i, classes - 1));
    }
  }
  return data;
}

}  // namespace kiln
