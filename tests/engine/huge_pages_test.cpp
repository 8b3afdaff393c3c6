// SPDX-License-Identifier: MIT
#include "engine/huge_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace kiln {
namespace {

constexpr std::size_t kBytes = (std::size_t{9} << 20) + 5;

TEST(PagesFromTheEnd, LeavesWhatTheBufferHolds) {
  std::vector<unsigned char> buffer(kBytes + 1);
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<unsigned char>(i * 7);
  const auto before = buffer;
  { const PagesFromTheEnd pages(buffer.data() + 1, kBytes); }
  EXPECT_EQ(buffer, before);
}

#if defined(__linux__) && defined(MADV_POPULATE_WRITE)

TEST(PagesFromTheEnd, GivesAllOfThem) {
  void* const memory =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  if (madvise(memory, 1, MADV_POPULATE_WRITE) != 0) GTEST_SKIP() << "not with this kernel";
  { const PagesFromTheEnd pages(memory, kBytes); }
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> resident((kBytes + page - 1) / page);
  ASSERT_EQ(mincore(memory, kBytes, resident.data()), 0);
  EXPECT_EQ(
      std::count_if(resident.begin(), resident.end(), [](auto of_page) { return of_page & 1; }),
      static_cast<std::ptrdiff_t>(resident.size()));
  munmap(memory, kBytes);
}

#endif

}  // namespace
}  // namespace kiln
