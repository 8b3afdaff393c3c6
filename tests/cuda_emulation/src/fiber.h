// SPDX-License-Identifier: MIT
// A stack to run CUDA threads on. The scheduler resumes a fiber; the fiber suspends to the
// scheduler. Fibers are pooled for the life of the process.
#pragma once

#include <cstddef>

#if !defined(__x86_64__) || defined(KILN_EMULATION_UCONTEXT)
#define KILN_EMULATION_USE_UCONTEXT 1
#include <ucontext.h>
#endif

namespace cuda_emulation {

class Fiber {
 public:
  /// `entry` never returns; it runs on the fiber's stack at the first resume().
  explicit Fiber(void (*entry)());
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs the fiber until it suspends. Called by the scheduler.
  void resume();
  /// Back to the scheduler. Called on this fiber.
  void suspend();
  /// Forgets whatever was running, ordering it before `token` for ThreadSanitizer: the next
  /// resume() enters `entry` anew.
  void reset(void* token);

  /// Called by `entry` before anything else.
  void started();

 private:
  void prepare_stack();

  void (*entry_)();
  std::byte* stack_ = nullptr;  // above a guard page
  std::size_t stack_bytes_ = 0;
  void* fake_stack_ = nullptr;  // AddressSanitizer's, while suspended
  void* tsan_fiber_ = nullptr;
#if defined(KILN_EMULATION_USE_UCONTEXT)
  ucontext_t context_;
#else
  void* stack_pointer_ = nullptr;
#endif
};

}  // namespace cuda_emulation
