// SPDX-License-Identifier: MIT
// safetensors: named tensors in one file, exchanged with PyTorch, NumPy and others.
//   8 bytes little-endian header length, JSON header, data.
// Reading checks the whole header (safetensors_header.h) and that the file has exactly the bytes it
// promises, before it asks for memory. Errors name the file and the tensor:
//   `generator.safetensors: tensor 'fc1.weight' has shape (64,127), expected (784,128)`
// Reference: https://huggingface.co/docs/safetensors
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace kiln {

struct StoredTensor {
  std::string dtype;  // the format's name: "F32", "F16", "BF16", "U8", "I64", …
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> bytes;  // C order, little-endian
};

class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.count(name) != 0; }

  // Errors: missing.
  const StoredTensor& tensor(const std::string& name) const;
  // Errors: missing, another dtype than F32, another shape. The span lives as long as this object.
  std::span<const float> f32(const std::string& name, std::span<const std::size_t> shape) const;
  // The same; another Error: a NaN or an infinity in it.
  std::span<const float> finite_f32(const std::string& name,
                                    std::span<const std::size_t> shape) const;
  // Errors: missing.
  const std::string& metadata_value(const std::string& key) const;

 private:
  std::string file_;  // for messages
  std::map<std::string, std::string> metadata_;
  std::map<std::string, StoredTensor> tensors_;
};

// Collects tensors, then writes them at once and atomically. As in the reference implementation
// the widest dtypes come first, then names in order, and the header is padded to 8 bytes, so that
// all data are aligned. The data are not copied: they must live until write().
class SafetensorsWriter {
 public:
  void set_metadata(const std::string& key, const std::string& value);
  // Errors: a name given before, an unknown dtype, data that do not match dtype and shape.
  void add(const std::string& name, const std::string& dtype, std::span<const std::size_t> shape,
           std::span<const std::uint8_t> bytes);
  void add_f32(const std::string& name, std::span<const std::size_t> shape,
               std::span<const float> data);
  // Errors: a name or metadata that is not UTF-8; everything that AtomicFile reports.
  void write(const std::filesystem::path& path) const;

 private:
  struct Item {
    std::string dtype;
    std::vector<std::size_t> shape;
    std::span<const std::uint8_t> bytes;
  };

  std::map<std::string, std::string> metadata_;
  std::map<std::string, Item> items_;
};

}  // namespace kiln
