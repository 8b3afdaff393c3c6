// SPDX-License-Identifier: MIT
#include "engine/onnx/constant_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/io/checked_size.h"
#include "engine/io/printable.h"
#include "engine/onnx/field_reader.h"
#include "engine/onnx/fields.h"
#include "engine/onnx/model_file.h"
#include "kernels/error.h"

namespace kiln::onnx {
namespace {

[[noreturn]] void fail_constant(const std::string& what, const Constant& constant,
                                const std::string& why) {
  const bool named = !constant.name.empty();
  throw Error(named ? fmt::format("{} '{}' {}", what, printable(constant.name, kMaxShownName), why)
                    : fmt::format("{} {}", what, why));
}

std::string type_and_shape(const Constant& constant) {
  return to_string(constant.type) + " " + to_string(constant.shape);
}

// The number of elements that the dims promise, which the file must then have.
std::size_t count_of(const std::string& what, const Constant& constant) {
  std::vector<std::size_t> sizes;
  for (const std::int64_t size : constant.shape) {
    if (size < 0) fail_constant(what, constant, fmt::format("has the size {}", size));
    sizes.push_back(static_cast<std::size_t>(size));
  }
  const auto count = checked_product(sizes);
  const bool is_endless = std::any_of(constant.shape.begin(), constant.shape.end(),
                                      [](std::int64_t size) { return size > kMaxSize; });
  if (!count || *count > kMaxFileBytes || is_endless) {
    fail_constant(
        what, constant,
        fmt::format("has the shape {}, which no file can hold", to_string(constant.shape)));
  }
  return *count;
}

void set_raw(const std::string& what, Constant& constant, std::size_t count,
             protozero::data_view raw) {
  const std::size_t width = constant.type == DataType::int64 ? 8 : 4;
  if (raw.size() != count * width) {
    fail_constant(what, constant,
                  fmt::format("has {} bytes of data, {} needs {}", raw.size(),
                              type_and_shape(constant), count * width));
  }
  if (count == 0) return;
  if (constant.type == DataType::float32) {
    constant.floats.resize(count);
    std::memcpy(constant.floats.data(), raw.data(), raw.size());
  } else if (constant.type == DataType::int64) {
    constant.ints.resize(count);
    std::memcpy(constant.ints.data(), raw.data(), raw.size());
  } else {
    std::vector<std::int32_t> values(count);
    std::memcpy(values.data(), raw.data(), raw.size());
    constant.ints.assign(values.begin(), values.end());
  }
}

// Reads numbers of a field that may come in several pieces; one more than `limit` is an error.
template <class T>
void read_numbers(std::vector<T>& values, pbf_reader& reader, bool packed, std::size_t limit) {
  if (packed) {
    append_packed(values, reader, limit, "numbers in a tensor of that size");
    return;
  }
  if constexpr (std::is_same_v<T, float>) {
    append(values, reader.get_float(), limit, "numbers in a tensor of that size");
  } else {
    append(values, reader.get_int64(), limit, "numbers in a tensor of that size");
  }
}

// The numbers of a tensor without raw_data. int32_data and int64_data are both varints.
void set_numbers(const std::string& what, Constant& constant, std::size_t count,
                 protozero::data_view message) {
  using Field = fields::Tensor;
  const bool is_float = constant.type == DataType::float32;
  const std::uint32_t wanted =
      constant.type == DataType::int64 ? Field::int64_data : Field::int32_data;
  pbf_reader reader(message);
  while (reader.next()) {
    const std::uint32_t field = reader.tag_and_type();
    if (is_float && (field == bytes(Field::float_data) || field == fixed32(Field::float_data))) {
      read_numbers(constant.floats, reader, field == bytes(Field::float_data), count);
    } else if (!is_float && (field == bytes(wanted) || field == varint(wanted))) {
      read_numbers(constant.ints, reader, field == bytes(wanted), count);
    } else {
      reader.skip();
    }
  }
  const std::size_t present = is_float ? constant.floats.size() : constant.ints.size();
  if (present != count) {
    fail_constant(
        what, constant,
        fmt::format("has {} numbers, {} needs {}", present, type_and_shape(constant), count));
  }
}

}  // namespace

Constant constant_from(const std::string& what, protozero::data_view message) {
  using Field = fields::Tensor;
  Constant constant;
  protozero::data_view raw;
  bool has_raw = false, is_external = false;
  pbf_reader reader(message);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint(Field::dims):
        append(constant.shape, reader.get_int64(), kMaxRank, "dimensions of a tensor");
        break;
      case bytes(Field::dims):
        append_packed(constant.shape, reader, kMaxRank, "dimensions of a tensor");
        break;
      case varint(Field::data_type):
        constant.type = static_cast<DataType>(reader.get_int32());
        break;
      case bytes(Field::name):
        constant.name = reader.get_string();
        break;
      case bytes(Field::raw_data):
        raw = reader.get_view();
        has_raw = true;
        break;
      case bytes(Field::external_data):
        is_external = true;
        reader.skip();
        break;
      case varint(Field::data_location):
        is_external = reader.get_int32() != 0 || is_external;
        break;
      default:
        reader.skip();
    }
  }
  if (is_external) {
    fail_constant(what, constant,
                  "lies outside the file: save the model with its weights inside "
                  "(in PyTorch: external_data=False)");
  }
  if (constant.type != DataType::float32 && constant.type != DataType::int32 &&
      constant.type != DataType::int64) {
    fail_constant(what, constant,
                  fmt::format("has the type {}, which is not float, int32 or int64",
                              to_string(constant.type)));
  }
  const std::size_t count = count_of(what, constant);
  if (has_raw) {
    set_raw(what, constant, count, raw);
  } else {
    set_numbers(what, constant, count, message);
  }
  return constant;
}

}  // namespace kiln::onnx
