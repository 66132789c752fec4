// Real sockets on the loopback interface; the kernel's own answers are compared with what the sockets did.
#include "wire/kernel/sock_diag.h"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "loquat/error.h"
#include "loquat/socket.h"
#include "wire/kernel/deaths.h"
#include "wire/kernel/diag_message.h"

namespace loquat::wire::kernel {
namespace {

using std::chrono::seconds;

struct Ends {
  Socket listener, client, server;
};

Ends connect_ends(const char* host) {
  Ends ends{create_server({host, 0}), Socket(AF_INET), Socket(AF_INET)};
  ends.client = create_connection(host, ends.listener.getsockname().port());
  ends.server = ends.listener.accept();
  return ends;
}

State state_now(SockDiag& diag, const Address& local, const Address& remote) {
  auto facts = diag.exact(local, remote);
  return facts ? facts->state : State::closed;
}

// What another thread of the kernel does (the loopback's softirq) is awaited, not slept for.
template <class Condition>
bool comes_true(Condition condition) {
  auto deadline = std::chrono::steady_clock::now() + seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

class SockDiagTest : public ::testing::TestWithParam<const char*> {
 protected:
  SockDiag diag_;
};

INSTANTIATE_TEST_SUITE_P(Families, SockDiagTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& each) { return each.param[0] == ':' ? "v6" : "v4"; });

TEST_P(SockDiagTest, FindsAListenerAndBothEndsOfAConnection) {
  Ends ends = connect_ends(GetParam());
  Address here = ends.client.getsockname(), there = ends.client.getpeername();
  auto client = diag_.exact(here, there, Detail::all);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->state, State::established);
  EXPECT_EQ(client->local, here);
  EXPECT_EQ(client->remote, there);
  EXPECT_EQ(client->uid, ::getuid());
  struct stat file {};
  ASSERT_EQ(::fstat(ends.client.fileno(), &file), 0);
  EXPECT_EQ(client->inode, file.st_ino);
  ASSERT_TRUE(client->info);
  EXPECT_EQ(client->info->state, State::established);
  EXPECT_GT(client->info->rtt.count(), 0);
  EXPECT_FALSE(client->congestion.empty());
  EXPECT_GT(client->receive_buffer, 0U);

  auto listener = diag_.exact(there, {});
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->state, State::listen);
  EXPECT_EQ(listener->recv_queue, 0U);
  EXPECT_GT(listener->send_queue, 0U);
  EXPECT_FALSE(listener->info);
}

TEST_P(SockDiagTest, ReadsQueuesOfBothEnds) {
  Ends ends = connect_ends(GetParam());
  ends.client.sendall("nobody reads this");
  Address here = ends.client.getsockname(), there = ends.client.getpeername();
  EXPECT_TRUE(comes_true([&] { return diag_.exact(there, here)->recv_queue == 17; }));
  EXPECT_TRUE(comes_true([&] { return diag_.exact(here, there)->send_queue == 0; }));
  EXPECT_EQ(diag_.exact(here, there, Detail::all)->info->bytes_sent, 17U);
}

TEST_P(SockDiagTest, FollowsACloseToTimeWait) {
  Ends ends = connect_ends(GetParam());
  Address here = ends.client.getsockname(), there = ends.client.getpeername();
  ends.client.close();
  EXPECT_TRUE(comes_true([&] { return state_now(diag_, here, there) == State::fin_wait_2; }));
  EXPECT_EQ(state_now(diag_, there, here), State::close_wait);
  ends.server.close();
  EXPECT_TRUE(comes_true([&] { return state_now(diag_, here, there) == State::time_wait; }));
  auto waiting = diag_.exact(here, there);
  EXPECT_EQ(waiting->timer, Timer::time_wait);
  EXPECT_GT(waiting->expires, seconds(50));
  EXPECT_LE(waiting->expires, seconds(60));
  EXPECT_EQ(waiting->inode, 0U);
  // The other end is gone; what is found there is the listener, and without it nothing.
  EXPECT_TRUE(comes_true([&] { return state_now(diag_, there, here) == State::listen; }));
  ends.listener.close();
  EXPECT_FALSE(diag_.exact(there, here));
}

TEST_P(SockDiagTest, DumpHoldsWhatExactFinds) {
  Ends ends = connect_ends(GetParam());
  Address here = ends.client.getsockname(), there = ends.client.getpeername();
  int found = 0;
  for (const SocketFacts& each : diag_.dump()) {
    if (each.local == here && each.remote == there) {
      ++found;
      EXPECT_EQ(each.cookie, diag_.exact(here, there)->cookie);
      EXPECT_TRUE(each.info);
    }
    if (each.state == State::listen && each.local == there) ++found;
  }
  EXPECT_EQ(found, 2);
}

TEST_P(SockDiagTest, BoundSocketIsNotListed) {
  Socket bound(std::string(GetParam()) == "::1" ? AF_INET6 : AF_INET);
  bound.bind({GetParam(), 0});
  Address here = bound.getsockname();
  for (const SocketFacts& each : diag_.dump(Detail::state)) EXPECT_NE(each.local, here);
  EXPECT_FALSE(diag_.exact(here, {}));
}

TEST_P(SockDiagTest, DestroyedSocketIsReportedWithItsTcpInfo) {
  Deaths deaths;
  Ends ends = connect_ends(GetParam());
  Address here = ends.client.getsockname(), there = ends.client.getpeername();
  ends.client.sendall("last words");
  ends.server.recv(100);
  const std::uint64_t cookie = diag_.exact(here, there)->cookie;  // others that die have the same port, perhaps
  const linger at_once{1, 0};
  ends.client.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&at_once), sizeof(at_once)});
  ends.client.close();
  ends.server.close();
  std::optional<SocketFacts> client, server;
  ASSERT_TRUE(comes_true([&] {
    auto dead = deaths.next();
    if (dead && dead->cookie == cookie) client = dead;
    if (dead && dead->local == there && dead->remote == here) server = dead;
    return client && server;
  }));
  ASSERT_TRUE(server->info);
  EXPECT_EQ(server->info->bytes_received, 10U);
  EXPECT_EQ(client->remote.port(), 0) << "linger 0: the kernel has cut the connection off its socket";
  EXPECT_EQ(deaths.missed(), 0U);
}

TEST(SockDiag, IPv4PeerOfAnIPv6SocketIsIPv4) {
  Socket listener = create_server({"::", 0}, {.family = AF_INET6, .dualstack_ipv6 = true});
  Address there("127.0.0.1", listener.getsockname().port());
  Socket client = create_connection("127.0.0.1", there.port());
  Socket server = listener.accept();
  SockDiag diag;
  auto facts = diag.exact(there, client.getsockname());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->local, there);
  EXPECT_EQ(facts->remote, client.getsockname());
  // Asked in the mapped form, too.
  auto mapped = diag.exact(server.getsockname(), server.getpeername());
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->cookie, facts->cookie);
}

TEST(SockDiag, NoConnectionAndNoListenerIsNullopt) {
  SockDiag diag;
  EXPECT_FALSE(diag.exact({"127.0.0.1", 1}, {"127.0.0.1", 2}));
  EXPECT_FALSE(diag.exact({"127.0.0.1", 1}, {"::1", 2})) << "two families";
  EXPECT_FALSE(diag.exact(Address::unix_path("/x"), {}));
}

TEST(DiagMessage, CutMessagesAreRefused) {
  std::vector<std::byte> bytes(sizeof(nlmsghdr) + sizeof(inet_diag_msg));
  auto* head = reinterpret_cast<nlmsghdr*>(bytes.data());
  head->nlmsg_len = static_cast<std::uint32_t>(bytes.size());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::span<const std::byte> rest(bytes.data(), size);
    EXPECT_FALSE(next_message(rest));
    EXPECT_FALSE(read_facts(std::span<const std::byte>(bytes.data(), std::min(size, sizeof(inet_diag_msg) - 1))));
  }
  std::span<const std::byte> rest(bytes);
  EXPECT_TRUE(next_message(rest));
  EXPECT_TRUE(rest.empty());
}

TEST(TcpInfo, ReadsWhatTheHeadersOfTheSystemDoNotHaveYet) {
  std::vector<std::byte> bytes(248);
  bytes[244] = std::byte{0x10};
  bytes[245] = std::byte{0x0c};  // 3088 ms
  EXPECT_EQ(read_tcp_info(bytes).timeout_wait, std::chrono::milliseconds(3088));
  bytes.resize(247);
  EXPECT_EQ(read_tcp_info(bytes).timeout_wait, Duration{});
}

TEST(TcpInfo, ReadsAnOlderKernelsStruct) {
  std::vector<std::byte> bytes(8);
  bytes[0] = std::byte{1};
  TcpInfo info = read_tcp_info(bytes);
  EXPECT_EQ(info.state, State::established);
  EXPECT_EQ(info.send_window, 0U);
  EXPECT_EQ(state_of(12), State::syn_received);
  EXPECT_EQ(state_of(13), State::unknown);
  EXPECT_EQ(state_of(-1), State::unknown);
}

}  // namespace
}  // namespace loquat::wire::kernel
