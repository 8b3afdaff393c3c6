// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/io/byte_order.h"
#include "engine/io/file.h"
#include "engine/io/printable.h"
#include "engine/io/safetensors.h"
#include "engine/io/safetensors_header.h"
#include "kernels/error.h"

namespace kiln {

void SafetensorsWriter::set_metadata(const std::string& key, const std::string& value) {
  metadata_[key] = value;
}

void SafetensorsWriter::add(const std::string& name, const std::string& dtype,
                            std::span<const std::size_t> shape,
                            std::span<const std::uint8_t> bytes) {
  const std::string shown = printable(name, 100);
  const auto value_bytes = safetensors_dtype_bytes(dtype);
  if (!value_bytes) {
    throw Error(fmt::format("[safetensors] tensor '{}' has the unknown dtype '{}'", shown,
                            printable(dtype, 20)));
  }
  Item item{dtype, {shape.begin(), shape.end()}, bytes};
  if (safetensors_bytes(item.shape, *value_bytes) != bytes.size()) {
    throw Error(fmt::format("[safetensors] tensor '{}': {} bytes do not make {} of shape ({})",
                            shown, bytes.size(), dtype, fmt::join(shape, ",")));
  }
  if (name == "__metadata__" || !items_.emplace(name, std::move(item)).second) {
    throw Error(fmt::format("[safetensors] the name '{}' is taken", shown));
  }
}

void SafetensorsWriter::add_f32(const std::string& name, std::span<const std::size_t> shape,
                                std::span<const float> data) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
  add(name, "F32", shape, {bytes, data.size_bytes()});
}

void SafetensorsWriter::write(const std::filesystem::path& path) const {
  std::vector<const std::pair<const std::string, Item>*> order;
  for (const auto& item : items_) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return safetensors_dtype_bytes(a->second.dtype) > safetensors_dtype_bytes(b->second.dtype);
  });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata_.empty()) header["__metadata__"] = metadata_;
  std::size_t offset = 0;
  for (const auto* item : order) {
    const auto& [name, content] = *item;
    const std::size_t end = offset + content.bytes.size();
    header[name] = {{"dtype", content.dtype},
                    {"shape", content.shape},
                    {"data_offsets", std::array{offset, end}}};
    offset = end;
  }
  std::string json;
  try {
    json = header.dump();
  } catch (const nlohmann::json::type_error&) {  // thrown for strings alone
    throw Error(fmt::format("{}: a tensor's name or the metadata is not UTF-8", printable(path)));
  }
  json.append((8 - json.size() % 8) % 8, ' ');
  if (json.size() > max_safetensors_header_bytes) {
    throw Error(fmt::format("{}: the header would have {} bytes, over the limit of {}",
                            printable(path), json.size(), max_safetensors_header_bytes));
  }

  std::array<std::uint8_t, 8> length = {};
  store_little64(json.size(), length.data());
  AtomicFile file(path);
  file.write(length);
  file.write({reinterpret_cast<const std::uint8_t*>(json.data()), json.size()});
  for (const auto* item : order) file.write(item->second.bytes);
  file.commit();
}

}  // namespace kiln
