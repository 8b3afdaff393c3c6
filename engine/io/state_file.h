// SPDX-License-Identifier: MIT
// A training's state (engine/state.h) as a safetensors file: a tensor for each piece, I64 and F64
// scalars for numbers, and in the metadata a description, whose meaning is the caller's, and a
// CRC-32 over it and all data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "engine/io/safetensors.h"
#include "engine/state.h"

namespace kiln {

using VisitState = std::function<void(StateVisitor&)>;

// A copy of a state on the host.
class StateSnapshot {
 public:
  // Waits for the device. Errors: a name given twice.
  explicit StateSnapshot(const VisitState& visit_state);

  // The name of a piece that holds a NaN or an infinity; none where all numbers are finite.
  std::optional<std::string> not_finite() const;
  // Overwrites what visit_state() shows, which is of the training that this is a copy of.
  void restore(const VisitState& visit_state) const;
  // Errors: everything that SafetensorsWriter::write reports.
  void save(const std::filesystem::path& path, const std::string& description) const;

 private:
  std::map<std::string, StoredTensor> pieces_;
};

class StateFile {
 public:
  // Errors, each one line that names the file: what SafetensorsFile reports; a file that is no
  // state; data that do not match their checksum.
  explicit StateFile(const std::filesystem::path& path);

  const std::string& description() const { return description_; }
  // Overwrites what visit_state() shows, or nothing. Errors: a piece that is missing, of another
  // dtype or shape, or left over: before anything is overwritten; and what visit_state() finds
  // wrong.
  void restore(const VisitState& visit_state) const;

 private:
  std::string name_;  // for messages
  SafetensorsFile file_;
  std::string description_;
};

}  // namespace kiln
