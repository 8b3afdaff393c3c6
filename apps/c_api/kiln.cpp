// SPDX-License-Identifier: MIT
#include "kiln/kiln.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "engine/device.h"
#include "models/draw.h"
#include "models/network_file.h"

struct kiln_generator {
  std::string path;
  kiln::Device device;
  kiln::models::LoadedNetwork network;
};

namespace {

using kiln::Device, kiln::Error;

// Of fixed size, so that keeping a message cannot fail.
thread_local char last_error[1024] = "";

void keep_error(const char* message) noexcept {
  std::snprintf(last_error, sizeof last_error, "%s", message);
}

template <class F>
bool succeeds(F&& body) noexcept {
  try {
    body();
    return true;
  } catch (const std::bad_alloc&) {
    keep_error("out of memory");
  } catch (const std::exception& error) {
    keep_error(error.what());
  } catch (...) {
    keep_error("unknown error");
  }
  return false;
}

// Ops of several kernels share their stream's scratch memory: on a GPU one caller at a time.
std::unique_lock<std::mutex> turn_on(Device device) {
  static std::mutex mutex;
  return device.is_cpu() ? std::unique_lock<std::mutex>() : std::unique_lock(mutex);
}

std::vector<float> draw(const kiln_generator& generator,
                        const kiln::models::DrawSettings& settings) {
  try {
    return kiln::models::draw_images(generator.network, settings, generator.device);
  } catch (const Error& error) {
    throw Error(generator.path + ": " + error.what());
  }
}

}  // namespace

kiln_generator* kiln_load(const char* path, const char* device) {
  kiln_generator* loaded = nullptr;
  succeeds([&] {
    if (path == nullptr || device == nullptr) throw Error("kiln_load: path or device is NULL");
    const Device place = Device::from_name(device);
    const auto turn = turn_on(place);
    auto generator = std::make_unique<kiln_generator>(
        kiln_generator{path, place, kiln::models::load_network(path, place)});
    draw(*generator, {.count = 0, .label = {}});  // checks that it is a generator
    loaded = generator.release();
  });
  return loaded;
}

void kiln_free(kiln_generator* generator) { delete generator; }

int64_t kiln_height(const kiln_generator* generator) {
  return generator->network.info.image_shape[0];
}

int64_t kiln_width(const kiln_generator* generator) {
  return generator->network.info.image_shape[1];
}

int64_t kiln_classes(const kiln_generator* generator) { return generator->network.info.classes; }

int kiln_generate(const kiln_generator* generator, int64_t count, uint64_t seed, int64_t label,
                  double truncation, float* pixels) {
  const bool done = succeeds([&] {
    if (generator == nullptr || pixels == nullptr) {
      throw Error("kiln_generate: generator or pixels is NULL");
    }
    const std::int64_t most = PTRDIFF_MAX / 4 / generator->network.network->outputs();
    if (count < 0 || count > most) {
      throw Error("kiln_generate: count " + std::to_string(count) + " is not from 0 to " +
                  std::to_string(most));
    }
    kiln::models::DrawSettings settings = {
        .count = count, .seed = seed, .label = label, .truncation = truncation};
    if (label == KILN_LABELS_IN_TURN) settings.label = std::nullopt;
    const auto turn = turn_on(generator->device);
    const std::vector<float> drawn = draw(*generator, settings);
    std::copy(drawn.begin(), drawn.end(), pixels);
  });
  return done ? 0 : -1;
}

const char* kiln_last_error(void) { return last_error; }
