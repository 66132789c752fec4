#include "wire/kernel/socket_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "loquat/socket.h"

namespace loquat::wire::kernel {
namespace {

TEST(SocketTable, FindsBothEndsAndTheListener) {
  Socket listener = create_server({"127.0.0.1", 0});
  Socket client = create_connection("127.0.0.1", listener.getsockname().port());
  Socket server = listener.accept();
  const Address here = client.getsockname(), there = client.getpeername();
  SockDiag diag;
  const SocketTable table(diag);
  auto ours = table.find(here, there);
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->state, State::established);
  EXPECT_TRUE(ours->info);
  EXPECT_EQ(table.find(there, here)->local, there);
  EXPECT_EQ(table.find_cookie(ours->cookie)->local, here);
  EXPECT_FALSE(table.find_cookie(0));
  EXPECT_FALSE(table.find(here, here));
  auto at = std::find_if(table.listeners().begin(), table.listeners().end(),
                         [&](const SocketFacts& each) { return each.local == there; });
  EXPECT_NE(at, table.listeners().end());
  std::size_t count = 0;
  for (std::size_t i = 0; i < table.size(); ++i) count += table[i].cookie == ours->cookie ? 1 : 0;
  EXPECT_EQ(count, 1U);
}

TEST(SocketTable, IsEmptyWithoutSockets) {
  const SocketTable table;
  EXPECT_EQ(table.size(), 0U);
  EXPECT_FALSE(table.find({"127.0.0.1", 1}, {"127.0.0.1", 2}));
}

}  // namespace
}  // namespace loquat::wire::kernel
