// SPDX-License-Identifier: MIT
// Markdown: every kernel launch of a training step with what it must do at least, how many
// microseconds that takes on two GPUs at their published rates, its launch shape, and what the
// compiler gave it. Its plan (gan_step.cpp, vae_step.cpp) must match what the step launches, in
// order, and the number of nodes of its graph, or this fails.
#include <fnmatch.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/gpu_performance/steps.h"
#include "engine/data/batch_stream.h"
#include "kernels/launch.h"
#include "models/gan/gan.h"
#include "models/vae/vae.h"
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

struct ObservedStep {
  std::vector<LaunchInfo> launches;       // of a step without a penalty
  std::size_t nodes, nodes_with_penalty;  // of the graphs; 0 for a recipe without a penalty
};

BatchStream grey_batches(std::int64_t batch) {
  const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(2 * batch * 784), 100);
  return {Tensor::from_host(bytes, {2 * batch, 784}, Device::cuda()), batch, 1};
}

// The first step also prepares what depends on the batch size; the second is not a replay yet.
template <class Model>
std::vector<LaunchInfo> launches_of_a_step(Model& model, const BatchStream& batches) {
  model.train_step(batches.next());
  observed.clear();
  kernels::observe_launches([](const LaunchInfo& launch) { observed.push_back(launch); });
  model.train_step(batches);
  kernels::observe_launches(nullptr);
  return observed;
}

// A GAN's first step has a penalty if any has, the second none.
ObservedStep observe_gan_step(const models::GanRecipe& recipe, std::int64_t batch) {
  const Device device = Device::cuda();
  models::Gan gan(recipe, 784, 1, device);
  const BatchStream batches = grey_batches(batch);
  const std::vector<LaunchInfo> launches = launches_of_a_step(gan, batches);
  const auto all_recorded = [&] {
    return gan.num_graph_nodes(false) > 0 && (recipe.r1 == 0 || gan.num_graph_nodes(true) > 0);
  };
  while (!all_recorded()) gan.train_step(batches);
  device.synchronize();
  return {launches, gan.num_graph_nodes(false), gan.num_graph_nodes(true)};
}

ObservedStep observe_vae_step(const models::VaeRecipe& recipe, std::int64_t batch) {
  models::Vae vae(recipe, 784, 1, Device::cuda());
  const BatchStream batches = grey_batches(batch);
  const std::vector<LaunchInfo> launches = launches_of_a_step(vae, batches);
  vae.train_step(batches);
  Device::cuda().synchronize();
  return {launches, vae.num_graph_nodes(), 0};
}

// The least microseconds for the arithmetic, without and with tensor cores, and for the traffic.
struct Floors {
  double fp32, tf32, bf16, memory;
};

Floors floors_of(const bench::Work& work, const Gpu& gpu) {
  const auto at = [&](double product_rate) {
    return work.operations / (work.is_product ? product_rate : gpu.fp32) * 1e6;
  };
  return {at(gpu.fp32), at(gpu.tf32), at(gpu.bf16), work.bytes / gpu.bandwidth * 1e6};
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

void print_launches(const bench::Plan& plan, const std::vector<LaunchInfo>& launches) {
  const std::vector<KernelResources> code = test::read_kernel_resources(KILN_KERNEL_LIBRARY);
  std::string rule = "|---|---|---|---|---|---|---|";
  std::printf("| | kernel | for | grid | block | MFLOP | KiB |");
  for (const Gpu& gpu : kGpus) {
    std::printf(" %s: registers | shared | blocks/SM | waves | fp32 | memory |", gpu.name);
    rule += "---|---|---|---|---|---|";
  }
  std::printf("\n%s", rule.c_str());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const bench::Work& work = plan[i].work;
    const LaunchInfo& launch = launches[i];
    const std::string kernel = name_of(launch);
    std::printf("\n| %zu | `%s` | %s | %s | %s | %.2f | %.0f |", i + 1, kernel.c_str(),
                plan[i].purpose.c_str(), shape(launch.grid).c_str(), shape(launch.block).c_str(),
                work.operations * 1e-6, work.bytes / 1024);
    const int threads = static_cast<int>(launch.block.x * launch.block.y * launch.block.z);
    const double blocks = static_cast<double>(launch.grid.x) * launch.grid.y * launch.grid.z;
    for (const Gpu& gpu : kGpus) {
      const KernelResources& resources = code_for(code, kernel, gpu.sm);
      const int shared = resources.shared_bytes + static_cast<int>(launch.shared_bytes);
      const int resident = test::resident_blocks(gpu.sm, threads, resources.registers, shared);
      const Floors floors = floors_of(work, gpu);
      std::printf(" %d | %d | %d | %.2f | %.2f | %.2f |", resources.registers, shared, resident,
                  blocks / (resident * gpu.multiprocessors), floors.fp32, floors.memory);
    }
  }
  std::printf("\n");
}

// A launch takes as long as the larger of its arithmetic and its traffic, if nothing is cached.
void print_sums(const bench::Plan& plan) {
  bench::Work all;
  for (const bench::PlannedLaunch& launch : plan) {
    all.operations += launch.work.operations;
    all.bytes += launch.work.bytes;
  }
  std::printf("\n%zu launches, %.1f MFLOP, %.1f MiB, in microseconds at least:\n\n", plan.size(),
              all.operations * 1e-6, all.bytes / (1 << 20));
  std::printf("| | fp32 | tf32 | bf16 | memory | fp32, nothing cached | tf32 | bf16 |\n");
  std::printf("|---|---|---|---|---|---|---|---|\n");
  for (const Gpu& gpu : kGpus) {
    Floors sums = {}, uncached = {};
    for (const bench::PlannedLaunch& launch : plan) {
      const Floors floors = floors_of(launch.work, gpu);
      sums.fp32 += floors.fp32;
      sums.tf32 += floors.tf32;
      sums.bf16 += floors.bf16;
      sums.memory += floors.memory;
      uncached.fp32 += std::max(floors.fp32, floors.memory);
      uncached.tf32 += std::max(floors.tf32, floors.memory);
      uncached.bf16 += std::max(floors.bf16, floors.memory);
    }
    std::printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n", gpu.name, sums.fp32,
                sums.tf32, sums.bf16, sums.memory, uncached.fp32, uncached.tf32, uncached.bf16);
  }
}

}  // namespace

// gpu_performance [--list] MODEL RECIPE BATCH. --list prints what a step launches, for writing a
// plan.
int main(int argc, char** argv) {
  try {
    const bool lists = argc > 1 && std::strcmp(argv[1], "--list") == 0;
    if (argc != (lists ? 5 : 4)) {
      throw std::runtime_error("usage: gpu_performance [--list] gan|vae RECIPE BATCH");
    }
    const bool is_vae = std::string(argv[argc - 3]) == "vae";
    const std::string recipe = argv[argc - 2];
    const std::int64_t batch = std::stoll(argv[argc - 1]);
    const ObservedStep step = is_vae
                                  ? observe_vae_step(models::VaeRecipe::from_name(recipe), batch)
                                  : observe_gan_step(models::GanRecipe::from_name(recipe), batch);
    if (lists) {
      for (const LaunchInfo& launch : step.launches) {
        std::printf("%-60s grid %s, block %s\n", name_of(launch).c_str(),
                    shape(launch.grid).c_str(), shape(launch.block).c_str());
      }
      return 0;
    }
    const bench::Plan plan =
        is_vae ? bench::vae_step(recipe, batch) : bench::gan_step(recipe, batch);
    check_plan(plan, step.launches);
    if (step.nodes != plan.size()) {
      throw std::runtime_error("the graph has " + std::to_string(step.nodes) +
                               " nodes, the plan has " + std::to_string(plan.size()));
    }
    print_launches(plan, step.launches);
    print_sums(plan);
    if (step.nodes_with_penalty > 0) {
      std::printf("\nA step with the penalty: a graph of %zu nodes.\n", step.nodes_with_penalty);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_performance: error: %s\n", error.what());
    return 1;
  }
}
