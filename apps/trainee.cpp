// SPDX-License-Identifier: MIT
#include "apps/trainee.h"

#include "engine/data/labelled_rows.h"
#include "models/draw.h"

namespace kiln::apps {

std::vector<std::uint8_t> row_bytes(const MnistData& data, std::int64_t classes) {
  if (classes == 0) return data.images.pixels;
  const auto image_size = static_cast<std::int64_t>(data.images.height * data.images.width);
  return labelled_rows(data.images.pixels, image_size, data.labels, classes);
}

Tensor picture_labels(std::int64_t count, std::int64_t classes, Device device) {
  if (classes == 0) return {};
  return Tensor::from_host(models::labels_in_turn(classes, 0, count), {count}, device);
}

}  // namespace kiln::apps
