// SPDX-License-Identifier: MIT
#include "engine/io/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "engine/io/printable.h"
#include "tests/engine/io/error_message.h"
#include "tests/engine/io/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using test::get_file;
using test::put_file;
using Names = std::vector<std::string>;

std::vector<std::uint8_t> bytes_from(const std::string& text) { return {text.begin(), text.end()}; }

TEST(ReadFile, ReturnsTheWholeFile) {
  test::TemporaryDirectory folder;
  const std::string text = std::string(3'000'000, 'x') + std::string("\0end", 4);
  put_file(folder / "a", text);
  EXPECT_EQ(read_file(folder / "a", text.size()), bytes_from(text));
  put_file(folder / "empty", std::string());
  EXPECT_TRUE(read_file(folder / "empty", 0).empty());
}

TEST(ReadFile, NamesTheFileAndTheFault) {
  test::TemporaryDirectory folder;
  const std::string path = (folder / "a").string();
  EXPECT_EQ(error_message([&] { read_file(path, 9); }),
            path + ": cannot open: No such file or directory");
  put_file(path, "0123456789");
  EXPECT_EQ(error_message([&] { read_file(path, 9); }), path + ": is larger than 9 bytes");
  EXPECT_EQ(error_message([&] { read_file(path + "/b", 9); }),
            path + "/b: cannot open: Not a directory");
  EXPECT_EQ(error_message([&] { read_file(folder.path(), 9); }),
            folder.path().string() + ": is a folder, expected a file");
}

TEST(ReadFile, CapsAFileWithoutASize) {
  EXPECT_EQ(error_message([] { read_file("/dev/zero", 1000); }),
            "/dev/zero: is larger than 1000 bytes");
}

TEST(ReadGrowing, AsksForNoMoreMemoryThanTheSourceHasData) {
  struct Source {
    std::size_t left;
    std::size_t largest = 0;
    std::size_t read(std::span<std::uint8_t> out) {
      largest = std::max(largest, out.size());
      const std::size_t got = std::min(left, out.size());
      left -= got;
      return got;
    }
  };
  Source lying{5'000'000};
  EXPECT_EQ(read_growing(lying, std::size_t{1} << 40).size(), 5'000'000u);
  EXPECT_LE(lying.largest, 8'000'000u);
}

TEST(AtomicFile, WritesAndReplaces) {
  test::TemporaryDirectory folder;
  write_file_atomically(folder / "a", bytes_from("first"));
  EXPECT_EQ(get_file(folder / "a"), "first");
  write_file_atomically(folder / "a", bytes_from("2"));
  EXPECT_EQ(get_file(folder / "a"), "2");
  EXPECT_EQ(folder.names(), Names{"a"});
}

TEST(AtomicFile, HasTheModeOfAnOrdinaryFile) {
  test::TemporaryDirectory folder;
  const mode_t mask = ::umask(022);
  write_file_atomically(folder / "a", bytes_from("x"));
  ::umask(mask);
  struct stat status = {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0644u);
}

TEST(AtomicFile, ShowsNothingBeforeCommit) {
  test::TemporaryDirectory folder;
  put_file(folder / "a", "old");
  {
    AtomicFile file(folder / "a");
    file.write(bytes_from("half of the ne"));
    EXPECT_EQ(get_file(folder / "a"), "old");
    EXPECT_EQ(folder.names().size(), 2u);  // the temporary lies beside the target
  }
  EXPECT_EQ(get_file(folder / "a"), "old");
  EXPECT_EQ(folder.names(), Names{"a"});
}

TEST(AtomicFile, TwoAtOnceDoNotMeet) {
  test::TemporaryDirectory folder;
  AtomicFile one(folder / "a"), two(folder / "a");
  one.write(bytes_from("one"));
  two.write(bytes_from("two"));
  one.commit();
  EXPECT_EQ(get_file(folder / "a"), "one");
  two.commit();
  EXPECT_EQ(get_file(folder / "a"), "two");
  EXPECT_EQ(folder.names(), Names{"a"});
}

TEST(AtomicFile, AFullDiskLeavesTheOldFileAndNoTemporary) {
  test::TemporaryDirectory folder;
  const std::string path = (folder / "a").string();
  put_file(path, "old");
  std::string message;
  {
    const test::FileSizeLimit limit(10'000);
    message =
        error_message([&] { write_file_atomically(path, bytes_from(std::string(20'000, 'x'))); });
  }
  EXPECT_EQ(message, path + ": cannot write: File too large");
  EXPECT_EQ(get_file(path), "old");
  EXPECT_EQ(folder.names(), Names{"a"});
}

TEST(AtomicFile, ReservesRoomOrSaysThatThereIsNone) {
  test::TemporaryDirectory folder;
  const std::string path = (folder / "a").string();
  {
    AtomicFile file(path);
    file.reserve(0);
    file.reserve(20'000);
    file.commit();
  }
  EXPECT_EQ(get_file(path), std::string(20'000, '\0'));
  const test::FileSizeLimit limit(10'000);
  EXPECT_EQ(error_message([&] { AtomicFile(path).reserve(20'000); }),
            path + ": cannot write: File too large");
  EXPECT_EQ(folder.names(), Names{"a"});
}

TEST(RequireWritable, LeavesEverythingAsItWas) {
  test::TemporaryDirectory folder;
  put_file(folder / "a", "old");
  require_writable(folder / "a");
  require_writable(folder / "new");
  require_writable("/dev/null");
  EXPECT_EQ(get_file(folder / "a"), "old");
  EXPECT_EQ(folder.names(), Names{"a"});
  const std::string nowhere = (folder / "none" / "a").string();
  EXPECT_EQ(error_message([&] { require_writable(nowhere); }),
            nowhere + ": cannot create: No such file or directory");
  EXPECT_EQ(error_message([&] { require_writable(folder.path()); }),
            folder.path().string() + ": cannot write: is a folder");
}

TEST(AtomicFile, WritesADeviceInPlace) {
  struct stat status = {};
  if (::stat("/dev/full", &status) != 0) GTEST_SKIP() << "there is no /dev/full here";
  EXPECT_EQ(error_message([] { write_file_atomically("/dev/full", std::vector<std::uint8_t>(9)); }),
            "/dev/full: cannot write: No space left on device");
  ASSERT_EQ(::stat("/dev/full", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST(AtomicFile, FollowsASymbolicLink) {
  test::TemporaryDirectory folder;
  std::filesystem::create_directory(folder / "elsewhere");
  put_file(folder / "elsewhere/real", "old");
  std::filesystem::create_symlink("elsewhere/real", folder / "link");
  write_file_atomically(folder / "link", bytes_from("new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(get_file(folder / "elsewhere/real"), "new");
}

TEST(AtomicFile, NamesWhatCannotBeWritten) {
  test::TemporaryDirectory folder;
  const std::string base = folder.path().string();
  put_file(folder / "file", "x");
  const auto message = [](const std::string& path) {
    return error_message([&] { write_file_atomically(path, bytes_from("x")); });
  };
  // Under a regular file nobody can write, not even root.
  EXPECT_EQ(message(base + "/file/a"), base + "/file/a: cannot create: Not a directory");
  EXPECT_EQ(message(base + "/no/a"), base + "/no/a: cannot create: No such file or directory");
  EXPECT_EQ(message(base), base + ": cannot write: is a folder");
  EXPECT_EQ(message(base + "/"), base + "/: cannot write: not the name of a file");
  EXPECT_EQ(message(""), ": cannot write: not the name of a file");
  const std::string long_name = base + "/" + std::string(300, 'n');
  EXPECT_EQ(message(long_name), long_name + ": cannot write: File name too long");
  EXPECT_EQ(folder.names(), Names{"file"});
}

TEST(Printable, KeepsAMessageOnOneLine) {
  EXPECT_EQ(printable(std::string_view("a\nb\x1b[2Jé\x7f")), "a\\x0ab\\x1b[2Jé\\x7f");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("aé", 2), "a...");  // no half of a character
  EXPECT_EQ(error_message([] { read_file("/no\n/such", 1); }),
            "/no\\x0a/such: cannot open: No such file or directory");
}

TEST(RemoveLeftTemporaries, ThoseOfProgramsThatAreNoMore) {
  test::TemporaryDirectory folder;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  const std::string dead = std::to_string(child), alive = std::to_string(::getpid());
  for (const std::string& name :
       {".kiln-" + dead + "-0.tmp", ".kiln-" + alive + "-0.tmp", ".kiln-" + dead + "-0.tmp.mine",
        std::string(".kiln-x-0.tmp"), std::string("kiln.tmp")}) {
    put_file(folder / name, "x");
  }
  remove_left_temporaries(folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder / (".kiln-" + dead + "-0.tmp")));
  EXPECT_EQ(folder.names().size(), 4U);
  remove_left_temporaries(folder / "none");
}

}  // namespace
}  // namespace kiln
