// SPDX-License-Identifier: MIT
// Large buffers that are touched for the first time cost a page fault for each 4 KB; with 2 MB
// pages 512 times fewer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <thread>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace kiln {

// Asks for huge pages where all of them lie inside the buffer, if the system gives any.
inline void advise_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t kPage = std::uintptr_t{1} << 21;
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = (begin + bytes) / kPage * kPage;
  if (first < last) {
    madvise(static_cast<char*>(data) + (first - begin), last - first, MADV_HUGEPAGE);
  }
#endif
}

// While it lives, another thread has the system clear the pages of a buffer, from the last on; the
// calling one fills it from the first on meanwhile. What the buffer holds does not change.
class PagesFromTheEnd {
 public:
  PagesFromTheEnd([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_POPULATE_WRITE
    constexpr std::size_t kStep = std::size_t{1} << 22;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto populate = [=] {
      // From the first page that begins in the buffer.
      const std::size_t before = -reinterpret_cast<std::uintptr_t>(data) % page;
      char* const first = static_cast<char*>(data) + before;
      for (std::size_t end = bytes - before; end > 0;) {
        const std::size_t begin = (end - 1) / kStep * kStep;
        if (madvise(first + begin, end - begin, MADV_POPULATE_WRITE) != 0) return;
        end = begin;
      }
    };
    if (bytes < 2 * kStep) return;
    try {
      thread_ = std::thread(populate);
    } catch (const std::system_error&) {
      // No thread to be had: the buffer is filled without.
    }
#endif
  }
  PagesFromTheEnd(const PagesFromTheEnd&) = delete;
  PagesFromTheEnd& operator=(const PagesFromTheEnd&) = delete;
  ~PagesFromTheEnd() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace kiln
