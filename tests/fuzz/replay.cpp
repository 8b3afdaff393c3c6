// SPDX-License-Identifier: MIT
// Runs a fuzz target without a fuzzer: replay FOLDER gives it every file of the folder, that file
// cut short, and that file with a few bytes changed. The same bytes every time.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMostCuts = 500;
constexpr int kChanges = 500;

// On the heap and of that size alone, so that a reader past its end is seen.
void run(const Bytes& bytes) { LLVMFuzzerTestOneInput(bytes.data(), bytes.size()); }

void run_cut(const Bytes& seed) {
  const std::size_t cuts = std::min(seed.size(), kMostCuts);
  for (std::size_t i = 0; i < cuts; ++i) {
    const std::size_t left = i * seed.size() / cuts;
    run(Bytes(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(left)));
  }
}

void run_changed(const Bytes& seed) {
  if (seed.empty()) return;
  std::mt19937 random(1);
  for (int i = 0; i < kChanges; ++i) {
    Bytes changed = seed;
    for (std::uint32_t left = random() % 3 + 1; left > 0; --left) {
      std::uint8_t& byte = changed[random() % changed.size()];
      const bool flips_a_bit = random() % 2 == 0;
      byte = static_cast<std::uint8_t>(flips_a_bit ? byte ^ 1u << random() % 8 : random());
    }
    run(changed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> seeds;
  if (argc == 2) {
    std::copy(std::filesystem::directory_iterator(argv[1]), {}, std::back_inserter(seeds));
  }
  std::sort(seeds.begin(), seeds.end());
  if (seeds.empty()) {
    std::fprintf(stderr, "replay: error: give a folder that holds seeds\n");
    return 2;
  }
  for (const std::filesystem::path& path : seeds) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);  // the last line says which seed it was
    std::ifstream file(path, std::ios::binary);
    const Bytes seed{std::istreambuf_iterator<char>(file), {}};
    run(seed);
    run_cut(seed);
    run_changed(seed);
  }
}
