// SPDX-License-Identifier: MIT
// ONNX files: a Model as protocol buffers. Reading trusts nothing: every count and size is held
// against the bytes that are there and against the limits below before memory is asked for, and no
// message is followed deeper than the format's own nesting of a model without subgraphs. Fields
// that Kiln has no use for are skipped.
// Errors name the file and the place: `m.onnx: initializer 'fc1.weight' has 12 bytes of data, float
// (2,3) needs 24`; `...: lies outside the file ...` where weights are in files of their own;
// whatever InputFile and AtomicFile report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "engine/onnx/model.h"

namespace kiln::onnx {

// A protocol buffer has no more bytes.
inline constexpr std::size_t kMaxFileBytes = (std::size_t{1} << 31) - 1;
// Nodes, initializers, inputs and outputs of a graph, and metadata: so many of each.
inline constexpr std::size_t kMaxGraphParts = 1 << 16;
// Inputs, outputs and attributes of a node, numbers in an attribute: so many of each.
inline constexpr std::size_t kMaxNodeParts = 1 << 10;
inline constexpr std::size_t kMaxRank = 8;
// Of one axis, also of a tensor that another axis leaves without elements: sums of sizes and
// products of two do not overflow.
inline constexpr std::int64_t kMaxSize = (std::int64_t{1} << 31) - 1;

Model read_model(const std::filesystem::path& path);
// Complete or not at all, and equal bytes for equal models.
void write_model(const std::filesystem::path& path, const Model& model);

// A tensor alone, as the files input_0.pb and output_0.pb of ONNX's tests hold it.
Constant read_tensor(const std::filesystem::path& path);
void write_tensor(const std::filesystem::path& path, const Constant& tensor);

}  // namespace kiln::onnx
