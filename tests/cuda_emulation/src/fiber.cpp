// SPDX-License-Identifier: MIT
// Fibers: mmap'd stacks with a guard page, a switch of six registers on x86-64 (swapcontext
// elsewhere), and the notes that the sanitizers want at each switch.
#include "fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <new>

#include "sanitizers.h"

#if !defined(KILN_EMULATION_USE_UCONTEXT)
// void kiln_emulation_switch(void** save, void* load): pushes what the ABI lets a callee rely on,
// swaps stack pointers, pops the same from the other stack.
asm(R"(
.text
.globl kiln_emulation_switch
.type kiln_emulation_switch, @function
kiln_emulation_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size kiln_emulation_switch, .-kiln_emulation_switch
.globl kiln_emulation_fiber_start
.type kiln_emulation_fiber_start, @function
kiln_emulation_fiber_start:
  .cfi_startproc
  .cfi_undefined rip
  callq *%rbx
  ud2
  .cfi_endproc
.size kiln_emulation_fiber_start, .-kiln_emulation_fiber_start
)");
extern "C" void kiln_emulation_switch(void** save, void* load);
extern "C" void kiln_emulation_fiber_start();
#endif

namespace cuda_emulation {
namespace {

// Sanitizers widen stack frames.
constexpr std::size_t kStackBytes = (with_asan || with_tsan ? 256 : 64) * 1024;

/// The context that resume() leaves and suspend() returns to.
struct SchedulerContext {
#if defined(KILN_EMULATION_USE_UCONTEXT)
  ucontext_t context;
#else
  void* stack_pointer = nullptr;
#endif
  void* tsan_fiber = nullptr;
  void* fake_stack = nullptr;
  const void* stack = nullptr;
  std::size_t stack_bytes = 0;
};
SchedulerContext scheduler;

}  // namespace

Fiber::Fiber(void (*entry)()) : entry_(entry) {
  // An odd number of pages per mapping, and tops that differ in their cache set.
  static unsigned made = 0;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* mapping = mmap(nullptr, page + kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  mprotect(mapping, page, PROT_NONE);
  stack_ = static_cast<std::byte*>(mapping) + page;
  stack_bytes_ = kStackBytes - (made++ % 16) * 256;
  prepare_stack();
}

void Fiber::prepare_stack() {
#if defined(KILN_EMULATION_USE_UCONTEXT)
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_;
  context_.uc_stack.ss_size = stack_bytes_;
  context_.uc_link = nullptr;
  makecontext(&context_, entry_, 0);
#else
  // What the first switch pops: r15 r14 r13 r12 rbx rbp, then the return address.
  auto* top = reinterpret_cast<std::uintptr_t*>(stack_ + stack_bytes_);
  std::uintptr_t* frame = top - 9;  // leaves the stack aligned to 16 when `start` calls
  std::memset(frame, 0, 8 * sizeof *frame);
  frame[4] = reinterpret_cast<std::uintptr_t>(entry_);
  frame[6] = reinterpret_cast<std::uintptr_t>(&kiln_emulation_fiber_start);
  stack_pointer_ = frame;
#endif
#if defined(KILN_EMULATION_TSAN)
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

KILN_EMULATION_NO_TSAN void Fiber::reset([[maybe_unused]] void* token) {
#if defined(KILN_EMULATION_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(stack_, stack_bytes_);
  fake_stack_ = nullptr;
#endif
#if defined(KILN_EMULATION_TSAN)
  void* caller = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, __tsan_switch_to_fiber_no_sync);
  __tsan_release(token);
  __tsan_switch_to_fiber(caller, __tsan_switch_to_fiber_no_sync);
#endif
  prepare_stack();  // a ThreadSanitizer fiber cannot end halfway down its stack: it is left behind
}

KILN_EMULATION_NO_TSAN void Fiber::resume() {
#if defined(KILN_EMULATION_ASAN)
  __sanitizer_start_switch_fiber(&scheduler.fake_stack, stack_, stack_bytes_);
#endif
#if defined(KILN_EMULATION_TSAN)
  scheduler.tsan_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(KILN_EMULATION_USE_UCONTEXT)
  swapcontext(&scheduler.context, &context_);
#else
  kiln_emulation_switch(&scheduler.stack_pointer, stack_pointer_);
#endif
#if defined(KILN_EMULATION_ASAN)
  __sanitizer_finish_switch_fiber(scheduler.fake_stack, nullptr, nullptr);
#endif
}

KILN_EMULATION_NO_TSAN void Fiber::started() {
#if defined(KILN_EMULATION_ASAN)
  __sanitizer_finish_switch_fiber(nullptr, &scheduler.stack, &scheduler.stack_bytes);
#endif
}

KILN_EMULATION_NO_TSAN void Fiber::suspend() {
#if defined(KILN_EMULATION_ASAN)
  __sanitizer_start_switch_fiber(&fake_stack_, scheduler.stack, scheduler.stack_bytes);
#endif
#if defined(KILN_EMULATION_TSAN)
  __tsan_switch_to_fiber(scheduler.tsan_fiber, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(KILN_EMULATION_USE_UCONTEXT)
  swapcontext(&context_, &scheduler.context);
#else
  kiln_emulation_switch(&stack_pointer_, scheduler.stack_pointer);
#endif
#if defined(KILN_EMULATION_ASAN)
  __sanitizer_finish_switch_fiber(fake_stack_, &scheduler.stack, &scheduler.stack_bytes);
#endif
}

}  // namespace cuda_emulation
