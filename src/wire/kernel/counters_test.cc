#include "wire/kernel/counters.h"

#include <gtest/gtest.h>

#include "loquat/error.h"
#include "loquat/socket.h"

namespace loquat::wire::kernel {
namespace {

TEST(Counters, NamesAndValuesArePaired) {
  auto counters = parse_counters(
      "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 3 40\nIp: Forwarding InReceives\nIp: 1 7\n"
      "Tcp: RtoMin MaxConn EstabResets\nTcp: 200 -1 5\n");
  EXPECT_EQ(counters, (CounterValues{
                          {"SyncookiesSent", 3}, {"ListenOverflows", 40}, {"IpInReceives", 7}, {"TcpEstabResets", 5}}));
}

TEST(Counters, LinesWithoutAPairAreLeftOut) {
  EXPECT_EQ(parse_counters("TcpExt: A B C\nTcpExt: 1 x\n"), (CounterValues{{"A", 1}}));
  EXPECT_EQ(parse_counters("TcpExt: A\nIpExt: 1\n"), CounterValues{});
  EXPECT_EQ(parse_counters("TcpExt: A"), CounterValues{});
  EXPECT_EQ(parse_counters(""), CounterValues{});
}

TEST(Counters, MovedHoldsWhatDiffers) {
  EXPECT_EQ(moved({{"a", 1}, {"b", 2}}, {{"a", 1}, {"b", 5}, {"c", 4}}), (CounterValues{{"b", 3}, {"c", 4}}));
}

TEST(Counters, RefusedConnectionIsCounted) {
  Socket bound(AF_INET);
  bound.bind({"127.0.0.1", 0});  // and nobody listens
  auto before = read_counters();
  EXPECT_THROW(create_connection("127.0.0.1", bound.getsockname().port()), ConnectionRefusedError);
  auto difference = moved(before, read_counters());
  EXPECT_GE(value(difference, "TcpActiveOpens"), 1);
  EXPECT_GE(value(difference, "TcpAttemptFails"), 1);
  EXPECT_GE(value(difference, "TcpOutRsts"), 1);
}

}  // namespace
}  // namespace loquat::wire::kernel
