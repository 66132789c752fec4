#include "sys/open_beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

namespace loquat::sys {
namespace {

namespace fs = std::filesystem;

class OpenBeneath : public ::testing::Test {
 protected:
  OpenBeneath() {
    char name[] = "/tmp/loquat-beneath-XXXXXX";
    root_ = ::mkdtemp(name);
    fs::create_directories(root_ / "site/a/b");
    for (const char* file : {"secret", "site/file", "site/a/b/file"}) std::ofstream(root_ / file) << file;
    fs::create_symlink("a/b", root_ / "site/link");
    fs::create_symlink("file", root_ / "site/same");
    fs::create_symlink("../secret", root_ / "site/out");
    fs::create_symlink("/etc", root_ / "site/etc");
    EXPECT_EQ(::mkfifo((root_ / "site/fifo").c_str(), 0600), 0);
    folder_ = ::open((root_ / "site").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  ~OpenBeneath() override {
    ::close(folder_);
    fs::remove_all(root_);
  }

  using Open = std::function<int(const std::string&)>;
  // 0, or -errno.
  static int result_of(const Open& open, const std::string& path) {
    const int fd = open(path);
    if (fd < 0) return fd;
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
    ::close(fd);
    return 0;
  }
  static void expect_no_way_out(const Open& open) {
    for (const char* path : {"..", "../secret", "a/../../secret", "a/../file", "/etc/passwd", "/", "", ".", "./file",
                             "a//b/file", "file/", "a/", "a/..", "a/."}) {
      EXPECT_EQ(result_of(open, path), -EXDEV) << path;
    }
    EXPECT_LT(result_of(open, "out"), 0);
    EXPECT_LT(result_of(open, "etc/passwd"), 0);
    EXPECT_EQ(result_of(open, "nothing"), -ENOENT);
    EXPECT_EQ(result_of(open, "file/file"), -ENOTDIR);
    EXPECT_EQ(result_of(open, std::string(256, 'x') + "/file"), -ENAMETOOLONG);
    EXPECT_EQ(result_of(open, std::string(256, 'x')), -ENAMETOOLONG);
    for (const char* path : {"file", "a/b/file", "a/b", "a", "fifo"}) EXPECT_EQ(result_of(open, path), 0) << path;
  }

  fs::path root_;
  int folder_ = -1;
};

TEST_F(OpenBeneath, FollowsLinksThatStay) {
  const Open open = [this](const std::string& path) { return open_beneath(folder_, path, false); };
  expect_no_way_out(open);
  if (result_of(open, "same") == -ELOOP) GTEST_SKIP() << "no openat2(2) here";
  EXPECT_EQ(result_of(open, "same"), 0);
  EXPECT_EQ(result_of(open, "link/file"), 0);
  EXPECT_EQ(result_of(open, "out"), -EXDEV);
}

TEST_F(OpenBeneath, ByStepsFollowsNone) {
  const Open open = [this](const std::string& path) { return open_by_steps(folder_, path); };
  expect_no_way_out(open);
  EXPECT_EQ(result_of(open, "same"), -ELOOP);
  EXPECT_EQ(result_of(open, "link/file"), -ENOTDIR);
}

TEST_F(OpenBeneath, WhatIsCachedNeedsNoDisk) {
  const auto open = [this](const std::string& path) { return open_beneath(folder_, path, true); };
  EXPECT_EQ(open("../secret"), -EXDEV);
  const int fd = open("a/b/file");  // it was made just now
  EXPECT_TRUE(fd >= 0 || fd == -EAGAIN) << fd;
  if (fd >= 0) ::close(fd);
}

}  // namespace
}  // namespace loquat::sys
