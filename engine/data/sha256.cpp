// SPDX-License-Identifier: MIT
#include "engine/data/sha256.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/data/sha256_blocks.h"
#include "engine/io/byte_order.h"

namespace kiln {

void Sha256::compress(const std::uint8_t* blocks, std::size_t count) {
  const Sha256Blocks fast = sha256_blocks_by_instruction();
  (fast != nullptr ? fast : sha256_blocks_portable)(state_.data(), blocks, count);
}

void Sha256::update(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::size_t held = total_bytes_ % block_.size();
    if (held == 0 && bytes.size() >= block_.size()) {  // whole blocks need no copy
      const std::size_t blocks = bytes.size() / block_.size();
      compress(bytes.data(), blocks);
      total_bytes_ += blocks * block_.size();
      bytes = bytes.subspan(blocks * block_.size());
      continue;
    }
    const std::size_t taken = std::min(block_.size() - held, bytes.size());
    std::copy_n(bytes.begin(), taken, block_.data() + held);
    total_bytes_ += taken;
    bytes = bytes.subspan(taken);
    if (held + taken == block_.size()) compress(block_.data(), 1);
  }
}

std::string Sha256::hex_digest() {
  const std::uint64_t bits = total_bytes_ * 8;
  std::array<std::uint8_t, 72> padding{0x80};
  const std::size_t zeros_end = 64 - (total_bytes_ + 8) % 64;  // 1 to 64 bytes before the length
  store_big32(static_cast<std::uint32_t>(bits >> 32), padding.data() + zeros_end);
  store_big32(static_cast<std::uint32_t>(bits), padding.data() + zeros_end + 4);
  update(std::span(padding).first(zeros_end + 8));
  std::string digest;
  for (const std::uint32_t word : state_) digest += fmt::format("{:08x}", word);
  return digest;
}

}  // namespace kiln
