// SPDX-License-Identifier: MIT
#include "engine/data/mnist.h"

#include <fmt/format.h>

#include <map>
#include <span>
#include <string>
#include <system_error>

#include "engine/data/row_file.h"
#include "engine/data/sha256.h"
#include "engine/io/file.h"
#include "engine/io/gzip.h"
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

struct Files {
  fs::path folder;
  std::string images_name, labels_name;
  fs::path images, labels;
  Sums sums;
};

Files find_files(const fs::path& folder, MnistSplit split) {
  check_folder(folder);
  const std::string prefix = split == MnistSplit::train ? "train" : "t10k";
  const std::string images = prefix + "-images-idx3-ubyte", labels = prefix + "-labels-idx1-ubyte";
  return {folder,
          images,
          labels,
          find_file(folder, images),
          find_file(folder, labels),
          read_sums(folder / "SHA256SUMS")};
}

void check_counts(const Files& files, std::size_t images, std::size_t labels) {
  if (images == labels) return;
  throw Error(fmt::format("{}: {} holds {} images, but {} holds {} labels", printable(files.folder),
                          printable(files.images.filename()), images,
                          printable(files.labels.filename()), labels));
}

// An IDX file is its header and its data and nothing else, so its sum can be taken from what was
// read.
std::string digest_of(std::span<const std::uint8_t> header, std::span<const std::uint8_t> data) {
  Sha256 sum;
  sum.update(header);
  sum.update(data);
  return sum.hex_digest();
}

std::string digest_of_file(const fs::path& path) {
  InputFile file(path);
  Sha256 sum;
  std::vector<std::uint8_t> buffer(std::size_t{1} << 20);
  while (const std::size_t got = file.read(buffer)) sum.update(std::span(buffer).first(got));
  return sum.hex_digest();
}

// digest() is asked for where the file has a sum.
template <class Digest>
void check_sum(const Sums& sums, const std::string& name, const fs::path& path, Digest digest) {
  const auto expected = sums.find(name);
  if (expected == sums.end()) return;
  const std::string actual = digest();
  if (actual != expected->second) {
    throw Error(fmt::format("{}: SHA-256 of the unpacked data is {}, SHA256SUMS says {}",
                            printable(path), actual, expected->second));
  }
}

void check_labels_sum(const Files& files, std::span<const std::uint8_t> labels) {
  check_sum(files.sums, files.labels_name, files.labels,
            [&] { return digest_of(idx_labels_header(labels.size()), labels); });
}

void check_label_values(const Files& files, std::span<const std::uint8_t> labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      throw Error(fmt::format("{}: label {} of image {} is above {}", printable(files.labels),
                              labels[i], i, classes - 1));
    }
  }
}

}  // namespace

MnistData load_mnist(const fs::path& folder, MnistSplit split) {
  const Files files = find_files(folder, split);
  MnistData data;
  data.labels = read_idx_labels(files.labels);
  data.images = read_idx_images(files.images);
  check_counts(files, data.images.count, data.labels.size());
  check_labels_sum(files, data.labels);
  check_sum(files.sums, files.images_name, files.images,
            [&] { return digest_of(idx_images_header(data.images), data.images.pixels); });
  check_label_values(files, data.labels);
  return data;
}

MnistRows open_mnist(const fs::path& folder, MnistSplit split) {
  const Files files = find_files(folder, split);
  MnistRows data;
  data.labels = read_idx_labels(files.labels);
  PlainOrGzipReader reader(files.images);
  read_idx_images_header(reader);  // an .npy of that name is refused
  data.images = open_row_file(files.images);
  check_counts(files, static_cast<std::size_t>(data.images.count), data.labels.size());
  check_labels_sum(files, data.labels);
  check_sum(files.sums, files.images_name, files.images,
            [&] { return digest_of_file(files.images); });
  check_label_values(files, data.labels);
  return data;
}

}  // namespace kiln
