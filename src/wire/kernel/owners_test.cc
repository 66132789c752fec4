#include "wire/kernel/owners.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "loquat/socket.h"

namespace loquat::wire::kernel {
namespace {

TEST(Owners, FindsOurOwnSocket) {
  Socket listener = create_server({"127.0.0.1", 0});
  struct stat file {};
  ASSERT_EQ(::fstat(listener.fileno(), &file), 0);
  auto found = Owners::find().of(file.st_ino);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().pid, ::getpid());
  EXPECT_EQ(found.front().descriptor, listener.fileno());
  EXPECT_EQ(found.front().program, "wire_test");
  EXPECT_NE(std::string("RS").find(found.front().state), std::string::npos);
  EXPECT_TRUE(Owners::find().of(0).empty());
}

TEST(Owners, ProcessesAreListedInOrder) {
  auto all = processes();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_NE(std::find(all.begin(), all.end(), ::getpid()), all.end());
  EXPECT_EQ(program_of(-1), "");
}

}  // namespace
}  // namespace loquat::wire::kernel
