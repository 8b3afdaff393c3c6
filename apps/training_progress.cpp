// SPDX-License-Identifier: MIT
#include "apps/training_progress.h"

#include <charconv>
#include <string_view>
#include <vector>

#include "engine/io/file.h"

namespace kiln::apps {

void TrainingProgress::visit_state(StateVisitor& visitor) {
  visitor.visit("progress.epoch", epoch);
  visitor.visit("progress.batch", batch);
  visitor.visit("progress.log_lines", log_lines);
  visitor.visit("progress.logged_step", logged_step);
  visitor.visit("progress.events", events);
}

bool TrainingProgress::is_sound(std::int64_t batches) const {
  return epoch >= 0 && batch >= 0 && batch < batches && log_lines >= 0 && events >= 0;
}

double logged_seconds(const std::filesystem::path& metrics) {
  const std::vector<std::uint8_t> log = read_file(metrics, std::size_t{1} << 30);
  const std::string_view text(reinterpret_cast<const char*>(log.data()), log.size());
  constexpr std::string_view kKey = "\"seconds\":";
  double seconds = 0;
  if (const std::size_t at = text.rfind(kKey); at != std::string_view::npos) {
    std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(), seconds);
  }
  return seconds;
}

}  // namespace kiln::apps
