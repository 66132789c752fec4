// The private network as one sees it from outside: in a child of its own, since it takes a process with one thread.
#include "wire/kernel/network/private_network.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <vector>

#include "codec/network/segment.h"
#include "loquat/error.h"
#include "wire/kernel/network/test_in_child.h"

namespace loquat::wire::kernel {
namespace {

std::vector<std::byte> next_frame(const PrivateNetwork& network, Side from) {
  pollfd waiting{network.wire_fd(), POLLIN, 0};
  ::poll(&waiting, 1, 5000);
  std::vector<std::byte> frame(2048);
  const auto received = network.receive(frame);
  frame.resize(received.from == from ? received.size : 0);
  return frame;
}

TEST(PrivateNetwork, CarriesAHandshakeThatWeForward) {
  const int status = in_child([] {
    const PrivateNetwork network({});
    sockaddr_in there{AF_INET, htons(80), {htonl(0x0a000002)}, {}};
    const int listener = network.in(Side::server, [] { return ::socket(AF_INET, SOCK_STREAM, 0); });
    if (::bind(listener, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0 || ::listen(listener, 4) != 0)
      return 1;
    const int client = network.in(Side::client, [] { return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); });
    ::connect(client, reinterpret_cast<sockaddr*>(&there), sizeof there);
    const Side senders[] = {Side::client, Side::server, Side::client};
    const std::uint16_t flags[] = {codec::tcp::syn, codec::tcp::syn | codec::tcp::ack, codec::tcp::ack};
    for (int i = 0; i < 3; ++i) {
      const auto frame = next_frame(network, senders[i]);
      const auto segment = codec::find_segment(frame);
      if (!segment || segment->flags != flags[i]) return 2 + i;
      network.deliver(other(senders[i]), frame);
    }
    return ::accept(listener, nullptr, nullptr) >= 0 ? 0 : 5;
  });
  if (status == no_lab) GTEST_SKIP() << no_lab_reason;
  EXPECT_EQ(status, 0);
}

// A frame that has waited for this program keeps the time at which it was sent.
TEST(PrivateNetwork, TimesAreTheKernels) {
  const int status = in_child([] {
    const PrivateNetwork network({});
    sockaddr_in there{AF_INET, htons(9), {htonl(0x0a000002)}, {}};
    const int client = network.in(Side::client, [] { return ::socket(AF_INET, SOCK_DGRAM, 0); });
    for (int frames = 0; frames < 1000; ++frames) {  // the first come before the kernel's switch for stamps is on
      const WallTime before = wall_time();
      ::sendto(client, "x", 1, 0, reinterpret_cast<sockaddr*>(&there), sizeof there);
      const WallTime sent = wall_time();
      while (wall_time() < sent + std::chrono::milliseconds(2)) {
      }
      std::vector<std::byte> frame(2048);
      pollfd waiting{network.wire_fd(), POLLIN, 0};
      ::poll(&waiting, 1, 5000);
      const auto received = network.receive(frame);
      if (received.size == 0 || received.at < before) return 1;
      if (received.at > sent) continue;
      frame.resize(received.size);
      const WallTime arrived = network.deliver(Side::server, frame);
      return arrived > sent && arrived <= wall_time() ? 0 : 2;
    }
    return 3;
  });
  if (status == no_lab) GTEST_SKIP() << no_lab_reason;
  EXPECT_EQ(status, 0);
}

TEST(PrivateNetwork, RouteTakesAnOptionInBothFamilies) {
  for (const bool ipv6 : {false, true}) {
    const int status = in_child([&] {
      const PrivateNetwork network({.ipv6 = ipv6});
      network.route_option(Side::server, RTAX_RTO_MIN, 300);
      network.route_option(Side::server, RTAX_RTO_MIN, 1000);
      try {
        network.route_option(Side::server, RTAX_MAX + 1, 1);
      } catch (const OSError& e) {
        return e.errc() == EINVAL ? 0 : 1;
      }
      return 2;
    });
    if (status == no_lab) GTEST_SKIP() << no_lab_reason;
    EXPECT_EQ(status, 0) << ipv6;
  }
}

TEST(PrivateNetwork, UnknownSysctlThrows) {
  const int status = in_child([] {
    const PrivateNetwork network({});
    try {
      network.sysctl(Side::client, "tcp_no_such_option", "0");
    } catch (const FileNotFoundError&) {
      return 0;
    }
    return 1;
  });
  if (status == no_lab) GTEST_SKIP() << no_lab_reason;
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace loquat::wire::kernel
