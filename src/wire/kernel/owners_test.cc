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
  Owners owners = find_owners();
  ASSERT_TRUE(owners.by_inode.contains(file.st_ino));
  const Owner& owner = owners.by_inode[file.st_ino].front();
  EXPECT_EQ(owner.pid, ::getpid());
  EXPECT_EQ(owner.descriptor, listener.fileno());
  EXPECT_EQ(owner.program, "wire_test");
}

TEST(Owners, ProcessesAreListedInOrder) {
  auto all = processes();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_NE(std::find(all.begin(), all.end(), ::getpid()), all.end());
  EXPECT_EQ(program_of(-1), "");
}

}  // namespace
}  // namespace loquat::wire::kernel
