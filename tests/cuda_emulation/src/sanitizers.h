// SPDX-License-Identifier: MIT
// What the emulation tells ThreadSanitizer, in builds that have it; empty calls in all others.
// The runtime's own bookkeeping crosses fibers without synchronisation, so it runs under
// TsanIgnore.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define KILN_EMULATION_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define KILN_EMULATION_TSAN 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KILN_EMULATION_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define KILN_EMULATION_TSAN 1
#endif
#endif

#if defined(KILN_EMULATION_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(KILN_EMULATION_TSAN)
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#define KILN_EMULATION_NO_TSAN __attribute__((no_sanitize("thread")))
#else
#define KILN_EMULATION_NO_TSAN
#endif

namespace cuda_emulation {

#if defined(KILN_EMULATION_TSAN)
inline constexpr bool with_tsan = true;

class TsanIgnore {
 public:
  TsanIgnore() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~TsanIgnore() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
  TsanIgnore(const TsanIgnore&) = delete;
  TsanIgnore& operator=(const TsanIgnore&) = delete;
};
inline void happens_before(void* token) { __tsan_release(token); }
inline void happens_after(void* token) { __tsan_acquire(token); }
#else
inline constexpr bool with_tsan = false;

class TsanIgnore {
 public:
  TsanIgnore() {}
  ~TsanIgnore() {}
};
inline void happens_before(void*) {}
inline void happens_after(void*) {}
#endif

#if defined(KILN_EMULATION_ASAN)
inline constexpr bool with_asan = true;
#else
inline constexpr bool with_asan = false;
#endif

}  // namespace cuda_emulation
