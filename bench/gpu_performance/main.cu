// SPDX-License-Identifier: MIT
// Markdown: every kernel launch of a training step with what it must do at least, how long that
// takes on two GPUs at their published rates, its launch shape, and what the compiler gave it. The
// plan of gan_step.cpp must match what the step launches, in order, or this fails.
#include <fnmatch.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/gpu_performance/gan_step.h"
#include "kernels/launch.h"
#include "models/gan/gan.h"
#include "tests/gpu_budget/cubin.h"
#include "tests/gpu_budget/occupancy.h"

namespace {

using namespace kiln;
using kernels::LaunchInfo;
using test::KernelResources;

// Published peaks: operations a second without and with tensor cores (dense), bytes a second.
struct Gpu {
  const char* name;
  int sm;
  int multiprocessors;
  double fp32, tf32, bf16, bandwidth;
};
constexpr Gpu kGpus[] = {
    {"H100 SXM", 90, 132, 67e12, 495e12, 990e12, 3.35e12},
    {"RTX 4090", 89, 128, 82.6e12, 82.6e12, 165e12, 1.008e12},
};

std::vector<LaunchInfo> observed;

std::string name_of(const LaunchInfo& launch) {
  const char* mangled = nullptr;
  kernels::check_cuda(cudaFuncGetName(&mangled, launch.kernel), launch.op);
  return test::kernel_name(mangled);
}

std::vector<LaunchInfo> launches_of_gan_step(std::int64_t batch) {
  const Device device = Device::cuda();
  models::Gan gan(models::GanRecipe::from_name("seed"), 784, 1, device);
  const Tensor real = Rng(1, device).uniform({batch, 784});
  gan.train_step(real);
  observed.clear();
  kernels::observe_launches([](const LaunchInfo& launch) { observed.push_back(launch); });
  gan.train_step(real);
  kernels::observe_launches(nullptr);
  device.synchronize();
  return observed;
}

double seconds(const bench::Work& work, const Gpu& gpu, double product_rate) {
  return std::max(work.operations / (work.is_product ? product_rate : gpu.fp32),
                  work.bytes / gpu.bandwidth);
}

// The code that a GPU runs: that of the nearest architecture below it with the same major number.
const KernelResources& code_for(const std::vector<KernelResources>& all, const std::string& kernel,
                                int sm) {
  const KernelResources* best = nullptr;
  for (const KernelResources& candidate : all) {
    if (candidate.name != kernel || candidate.sm / 10 != sm / 10 || candidate.sm > sm) continue;
    if (best == nullptr || candidate.sm > best->sm) best = &candidate;
  }
  if (best == nullptr) {
    throw std::runtime_error("no machine code of " + kernel + " for sm_" + std::to_string(sm) +
                             ": build preset cuda, which has it uncompressed");
  }
  return *best;
}

std::string shape(const dim3& size) {
  char text[40];
  std::snprintf(text, sizeof text, "%u x %u x %u", size.x, size.y, size.z);
  if (size.z == 1) std::snprintf(text, sizeof text, "%u x %u", size.x, size.y);
  if (size.y == 1 && size.z == 1) std::snprintf(text, sizeof text, "%u", size.x);
  return text;
}

void check_plan(const bench::Plan& plan, const std::vector<LaunchInfo>& launches) {
  for (std::size_t i = 0; i < std::max(plan.size(), launches.size()); ++i) {
    const std::string planned = i < plan.size() ? plan[i].kernel : "nothing";
    const std::string launched = i < launches.size() ? name_of(launches[i]) : "nothing";
    if (fnmatch(planned.c_str(), launched.c_str(), 0) != 0) {
      throw std::runtime_error("launch " + std::to_string(i + 1) + " is " + launched +
                               ", the plan has " + planned);
    }
  }
}

void print_table(const bench::Plan& plan, const std::vector<LaunchInfo>& launches) {
  const std::vector<KernelResources> code = test::read_kernel_resources(KILN_KERNEL_LIBRARY);
  std::printf("| | kernel | for | grid | block | MFLOP | KiB |");
  for (const Gpu& gpu : kGpus) {
    std::printf(" %s: registers | shared | blocks/SM | waves | floor fp32 | tf32 | bf16 |",
                gpu.name);
  }
  std::printf("\n|---|---|---|---|---|---|---|");
  for (std::size_t i = 0; i < std::size(kGpus); ++i) std::printf("---|---|---|---|---|---|---|");
  double operations = 0, bytes = 0, floors[std::size(kGpus)][3] = {};
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const bench::Work& work = plan[i].work;
    const LaunchInfo& launch = launches[i];
    const std::string kernel = name_of(launch);
    operations += work.operations;
    bytes += work.bytes;
    std::printf("\n| %zu | `%s` | %s | %s | %s | %.2f | %.0f |", i + 1, kernel.c_str(),
                plan[i].purpose.c_str(), shape(launch.grid).c_str(), shape(launch.block).c_str(),
                work.operations * 1e-6, work.bytes / 1024);
    const int threads = static_cast<int>(launch.block.x * launch.block.y * launch.block.z);
    const double blocks = static_cast<double>(launch.grid.x) * launch.grid.y * launch.grid.z;
    for (std::size_t g = 0; g < std::size(kGpus); ++g) {
      const Gpu& gpu = kGpus[g];
      const KernelResources& resources = code_for(code, kernel, gpu.sm);
      const int shared = resources.shared_bytes + static_cast<int>(launch.shared_bytes);
      const int resident = test::resident_blocks(gpu.sm, threads, resources.registers, shared);
      std::printf(" %d | %d | %d | %.2f |", resources.registers, shared, resident,
                  blocks / (resident * gpu.multiprocessors));
      const double rates[] = {gpu.fp32, gpu.tf32, gpu.bf16};
      for (std::size_t r = 0; r < std::size(rates); ++r) {
        const double floor = seconds(work, gpu, rates[r]) * 1e6;
        floors[g][r] += floor;
        std::printf(" %.2f |", floor);
      }
    }
  }
  std::printf("\n| | **%zu launches** | | | | %.2f | %.0f |", plan.size(), operations * 1e-6,
              bytes / 1024);
  for (const auto& gpu : floors) {
    std::printf(" | | | | %.2f | %.2f | %.2f |", gpu[0], gpu[1], gpu[2]);
  }
  std::printf("\n");
}

}  // namespace

// gpu_performance --list prints what a step launches, for writing a plan.
int main(int argc, char** argv) {
  try {
    const std::vector<LaunchInfo> launches = launches_of_gan_step(64);
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
      for (const LaunchInfo& launch : launches) {
        std::printf("%-60s grid %s, block %s\n", name_of(launch).c_str(),
                    shape(launch.grid).c_str(), shape(launch.block).c_str());
      }
      return 0;
    }
    const bench::Plan plan = bench::gan_seed_step(64);
    check_plan(plan, launches);
    print_table(plan, launches);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_performance: error: %s\n", error.what());
    return 1;
  }
}
