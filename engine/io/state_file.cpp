// SPDX-License-Identifier: MIT
#include "engine/io/state_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <set>
#include <span>
#include <utility>

#include "engine/all_finite.h"
#include "engine/io/crc32.h"
#include "engine/io/printable.h"
#include "kernels/error.h"

namespace kiln {
namespace {

constexpr const char* kDescriptionKey = "kiln.state";
constexpr const char* kChecksumKey = "kiln.crc32";

std::string stored_name(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "F32";
    case DType::float64:
      return "F64";
    case DType::uint8:
      return "U8";
    case DType::int32:
      return "I32";
    case DType::uint64:
      break;
  }
  return "U64";
}

StoredTensor empty_like(const Tensor& tensor) {
  return {stored_name(tensor.dtype()), {tensor.shape().begin(), tensor.shape().end()}, {}};
}

class Collector final : public StateVisitor {
 public:
  explicit Collector(std::map<std::string, StoredTensor>& pieces) : pieces_(pieces) {}

  void visit(const std::string& name, const Tensor& tensor) override {
    StoredTensor& stored = add(name, empty_like(tensor));
    stored.bytes.resize(static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype()));
    tensor.device().copy_to_host(tensor.raw(), stored.bytes.data(), stored.bytes.size());
  }
  void visit(const std::string& name, std::int64_t& value) override { scalar(name, "I64", value); }
  void visit(const std::string& name, double& value) override { scalar(name, "F64", value); }

 private:
  StoredTensor& add(const std::string& name, StoredTensor stored) {
    const auto [place, is_new] = pieces_.emplace(name, std::move(stored));
    if (!is_new) throw Error("[state] the name '" + name + "' is taken");
    return place->second;
  }
  template <class T>
  void scalar(const std::string& name, const char* dtype, T value) {
    StoredTensor& stored = add(name, {dtype, {}, {}});
    stored.bytes.resize(sizeof(value));
    std::memcpy(stored.bytes.data(), &value, sizeof(value));
  }

  std::map<std::string, StoredTensor>& pieces_;
};

// Checks every piece against the file or, the second time, overwrites it.
class Restorer final : public StateVisitor {
 public:
  Restorer(const std::map<std::string, StoredTensor>& pieces, std::string file_name,
           bool overwrites)
      : pieces_(pieces), file_name_(std::move(file_name)), overwrites_(overwrites) {}

  void visit(const std::string& name, const Tensor& tensor) override {
    const StoredTensor& stored = find(name, empty_like(tensor));
    if (!overwrites_) return;
    tensor.device().copy_from_host(stored.bytes.data(), tensor.raw(), stored.bytes.size());
  }
  void visit(const std::string& name, std::int64_t& value) override { scalar(name, "I64", value); }
  void visit(const std::string& name, double& value) override { scalar(name, "F64", value); }

  void require_nothing_left() const {
    for (const auto& [name, stored] : pieces_) {
      if (seen_.contains(name)) continue;
      throw Error(fmt::format("{}: tensor '{}' does not belong to this training", file_name_,
                              printable(name, 100)));
    }
  }

 private:
  const StoredTensor& find(const std::string& name, const StoredTensor& expected) {
    const auto found = pieces_.find(name);
    if (found == pieces_.end()) {
      throw Error(fmt::format("{}: tensor '{}' is missing", file_name_, name));
    }
    const StoredTensor& stored = found->second;
    if (stored.dtype != expected.dtype || stored.shape != expected.shape) {
      throw Error(fmt::format("{}: tensor '{}' is {} ({}), expected {} ({})", file_name_, name,
                              stored.dtype, fmt::join(stored.shape, ","), expected.dtype,
                              fmt::join(expected.shape, ",")));
    }
    seen_.insert(name);
    return stored;
  }
  template <class T>
  void scalar(const std::string& name, const char* dtype, T& value) {
    const StoredTensor& stored = find(name, {dtype, {}, {}});
    if (overwrites_) std::memcpy(&value, stored.bytes.data(), sizeof(value));
  }

  const std::map<std::string, StoredTensor>& pieces_;
  std::string file_name_;
  bool overwrites_;
  std::set<std::string> seen_;
};

// Names as they are sorted.
std::string checksum(const std::string& description,
                     const std::map<std::string, StoredTensor>& pieces) {
  const auto bytes_of = [](const std::string& text) {
    return std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  std::uint32_t crc = crc32_of(bytes_of(description));
  for (const auto& [name, stored] : pieces)
    crc = crc32_of(stored.bytes, crc32_of(bytes_of(name), crc));
  return fmt::format("{:08x}", crc);
}

template <class T>
std::span<const T> numbers_of(const StoredTensor& stored) {
  return {reinterpret_cast<const T*>(stored.bytes.data()), stored.bytes.size() / sizeof(T)};
}

}  // namespace

StateSnapshot::StateSnapshot(const VisitState& visit_state) {
  Collector collector(pieces_);
  visit_state(collector);
}

std::optional<std::string> StateSnapshot::not_finite() const {
  for (const auto& [name, stored] : pieces_) {
    const bool finite = (stored.dtype != "F32" || all_finite(numbers_of<float>(stored))) &&
                        (stored.dtype != "F64" || all_finite(numbers_of<double>(stored)));
    if (!finite) return name;
  }
  return std::nullopt;
}

void StateSnapshot::restore(const VisitState& visit_state) const {
  Restorer writer(pieces_, "[state]", true);
  visit_state(writer);
}

void StateSnapshot::save(const std::filesystem::path& path, const std::string& description) const {
  SafetensorsWriter writer;
  writer.set_metadata(kDescriptionKey, description);
  writer.set_metadata(kChecksumKey, checksum(description, pieces_));
  for (const auto& [name, stored] : pieces_) {
    writer.add(name, stored.dtype, stored.shape, stored.bytes);
  }
  writer.write(path);
}

StateFile::StateFile(const std::filesystem::path& path) : name_(printable(path)), file_(path) {
  for (const char* key : {kDescriptionKey, kChecksumKey}) {
    if (file_.metadata().contains(key)) continue;
    throw Error(fmt::format("{}: not a checkpoint of Kiln: the metadata has no '{}'", name_, key));
  }
  description_ = file_.metadata_value(kDescriptionKey);
  if (checksum(description_, file_.tensors()) != file_.metadata_value(kChecksumKey)) {
    throw Error(fmt::format("{}: damaged: the data do not match their checksum", name_));
  }
}

void StateFile::restore(const VisitState& visit_state) const {
  Restorer checker(file_.tensors(), name_, false);
  visit_state(checker);
  checker.require_nothing_left();
  Restorer writer(file_.tensors(), name_, true);
  try {
    visit_state(writer);
  } catch (const Error& error) {  // of a value that makes no sense
    throw Error(fmt::format("{}: {}", name_, error.what()));
  }
}

}  // namespace kiln
