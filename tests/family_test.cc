// Families and types other than TCP, and the control messages of datagrams, with every poller and in plain threads. A
// test is skipped with a reason if this machine lacks or forbids the feature.
#include <gtest/gtest.h>
#include <linux/udp.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <unistd.h>

#include "loquat/message.h"
#include "loquat/names.h"
#include "loquat/socket.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class Family : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Kernel, Family, ::testing::Values("epoll", "uring", "threads"), world_name);

// Why this machine cannot open such a socket; empty if it can.
std::string missing(int family, int type, int proto) {
  try {
    Socket socket(family, type, proto);
    return {};
  } catch (const OSError& e) {
    return e.what();
  }
}

Socket bound_to(const Address& address, int type = SOCK_DGRAM, int proto = 0) {
  Socket socket(address.family(), type, proto);
  socket.bind(address);
  socket.settimeout(10s);
  return socket;
}

std::uint16_t checksum(std::string_view data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < data.size(); i += 2) {
    sum += static_cast<unsigned char>(data[i]) << 8 | static_cast<unsigned char>(data[i + 1]);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<std::uint16_t>(~sum));
}

// Sends an ICMP echo request; the kernel answers. A raw socket receives whole IPv4 packets.
TEST_P(Family, RawSocketsPing) {
  if (std::string why = missing(AF_INET, SOCK_RAW, IPPROTO_ICMP); !why.empty()) GTEST_SKIP() << why;
  run([] {
    Socket socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    socket.settimeout(10s);
    icmphdr header{};
    header.type = ICMP_ECHO;
    header.un.echo.id = htons(static_cast<std::uint16_t>(::getpid()));
    std::string ping(reinterpret_cast<const char*>(&header), sizeof(header));
    ping += "0123456789";
    header.checksum = checksum(ping);
    std::memcpy(ping.data(), &header, sizeof(header));
    auto answer = beside([&] {
      for (;;) {
        const Message message = socket.recvfrom(2048);
        const std::size_t head = static_cast<std::size_t>(message.data[0] & 15) * 4;
        icmphdr got{};
        std::memcpy(&got, message.data.data() + head, sizeof(got));
        if (got.type == ICMP_ECHOREPLY && got.un.echo.id == header.un.echo.id) return message;
      }
    });
    EXPECT_EQ(socket.sendto(ping, {"127.0.0.1", 0}), ping.size());
    const Message message = answer.get();
    EXPECT_EQ(message.address.host(), "127.0.0.1");
    EXPECT_TRUE(message.data.ends_with("0123456789"));
  });
}

TEST_P(Family, UdpLiteSendsAndReceives) {
  if (std::string why = missing(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE); !why.empty()) GTEST_SKIP() << why;
  run([] {
    Socket ann = bound_to({"127.0.0.1", 0}, SOCK_DGRAM, IPPROTO_UDPLITE);
    Socket ben = bound_to({"127.0.0.1", 0}, SOCK_DGRAM, IPPROTO_UDPLITE);
    EXPECT_EQ(ann.proto(), IPPROTO_UDPLITE);
    constexpr int sent_coverage = 10, received_coverage = 11;  // UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV of udplite(7)
    ann.setsockopt(IPPROTO_UDPLITE, sent_coverage, 8);
    EXPECT_EQ(ann.getsockopt(IPPROTO_UDPLITE, sent_coverage), 8);
    ben.setsockopt(IPPROTO_UDPLITE, received_coverage, 8);
    auto heard = beside([&] { return ben.recvfrom(100); });
    ann.sendto("only my head is checked", ben.getsockname());
    const Message message = heard.get();
    EXPECT_EQ(message.data, "only my head is checked");
    EXPECT_EQ(message.address, ann.getsockname());
  });
}

TEST_P(Family, SequencedPacketsKeepTheirBounds) {
  run([] {
    Socket server(AF_UNIX, SOCK_SEQPACKET);
    server.bind(Address::unix_path({}));
    server.listen();
    auto accepted = beside([&] { return server.accept(); });
    Socket client(AF_UNIX, SOCK_SEQPACKET);
    client.connect(server.getsockname());
    Socket connection = accepted.get();
    EXPECT_EQ(connection.type(), SOCK_SEQPACKET);
    auto heard = beside([&] {
      std::vector<std::string> packets;
      for (std::string packet; !(packet = connection.recv(100)).empty();) packets.push_back(packet);
      return packets;
    });
    client.sendall("one");
    client.send("two");
    client.close();
    EXPECT_EQ(heard.get(), (std::vector<std::string>{"one", "two"}));
  });
}

TEST_P(Family, VsockListens) {
  if (std::string why = missing(AF_VSOCK, SOCK_STREAM, 0); !why.empty()) GTEST_SKIP() << why;
  run([] {
    Socket server = bound_to(Address::vsock(VMADDR_CID_ANY, VMADDR_PORT_ANY), SOCK_STREAM);
    server.listen();
    const Address address = server.getsockname();
    EXPECT_EQ(address.family(), AF_VSOCK);
    EXPECT_EQ(address.vsock_cid(), VMADDR_CID_ANY);
    EXPECT_GT(address.vsock_port(), 0u);
    EXPECT_EQ(errc_of([&] { bound_to(address, SOCK_STREAM); }), EADDRINUSE);
    server.settimeout(5ms);
    EXPECT_THROW(server.accept(), TimeoutError);
    server.settimeout({});
    auto acceptor = beside([&] { return errc_of([&] { server.accept(); }); });
    acceptor.until_it_waits();
    server.close();
    EXPECT_EQ(acceptor.get(), EBADF);
  });
}

TEST_P(Family, VsockTalksToItself) {
  if (std::string why = missing(AF_VSOCK, SOCK_STREAM, 0); !why.empty()) GTEST_SKIP() << why;
  Socket server = bound_to(Address::vsock(VMADDR_CID_ANY, VMADDR_PORT_ANY), SOCK_STREAM);
  server.listen();
  const Address itself = Address::vsock(VMADDR_CID_LOCAL, server.getsockname().vsock_port());
  Socket probe(AF_VSOCK);
  probe.settimeout(100ms);
  if (int error = probe.connect_ex(itself); error != 0) {
    GTEST_SKIP() << "this kernel has no vsock loopback (modprobe vsock_loopback): " << std::strerror(error);
  }
  server.accept();
  run([&] {
    auto accepted = beside([&] { return server.accept(); });
    Socket client(AF_VSOCK);
    client.connect(itself);
    Socket connection = accepted.get();
    EXPECT_EQ(connection.getpeername().vsock_cid(), VMADDR_CID_LOCAL);
    client.sendall("hello");
    EXPECT_EQ(connection.recv(5, MSG_WAITALL), "hello");
  });
}

// --- scopes --------------------------------------------------------------------------------------------------------

// An interface with a link-local address; empty if there is none.
std::string linked() {
  for (const auto& [index, name] : if_nameindex()) {
    if (name != "lo" && Socket(AF_INET6, SOCK_DGRAM).connect_ex({"fe80::1%" + name, 9}) == 0) return name;
  }
  return {};
}

// Connecting a datagram socket sends nothing.
TEST_P(Family, ScopedAddressesConnect) {
  const std::string name = linked();
  if (name.empty()) GTEST_SKIP() << "no interface has a link-local address";
  run([&] {
    const Address peer("fe80::1%" + name, 9);
    Socket socket(AF_INET6, SOCK_DGRAM);
    socket.connect(peer);
    EXPECT_EQ(socket.getpeername(), peer);
    EXPECT_EQ(socket.getpeername().str(), "[fe80::1%" + name + "]:9");
    EXPECT_EQ(socket.getsockname().scope_id(), if_nametoindex(name));
    EXPECT_EQ(errc_of([&] { Socket(AF_INET6, SOCK_DGRAM).connect({"fe80::1", 9}); }), EINVAL);
    EXPECT_EQ(getaddrinfo("fe80::1%" + name, 9).front().address, peer);
  });
}

// --- control messages ------------------------------------------------------------------------------------------------

struct Kind {
  const char* host;
  int level, tell_packet_info, tell_hop_limit;
};
constexpr Kind kinds[] = {{"127.0.0.1", IPPROTO_IP, IP_PKTINFO, IP_RECVTTL},
                          {"::1", IPPROTO_IPV6, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT}};

TEST_P(Family, PacketInfoAndHopLimitAreReceived) {
  run([] {
    for (const Kind& kind : kinds) {
      Socket ann = bound_to({kind.host, 0}), ben = bound_to({kind.host, 0});
      ann.sendto("x", ben.getsockname());
      const Message silent = ben.recvmsg(10, 256);
      EXPECT_FALSE(silent.packet_info());
      EXPECT_FALSE(silent.hop_limit());
      ben.setsockopt(kind.level, kind.tell_packet_info, 1);
      ben.setsockopt(kind.level, kind.tell_hop_limit, 1);
      auto heard = beside([&] { return ben.recvmsg(10, 256); });
      const Ancillary hops = Ancillary::hop_limit(ann.family(), 7);
      const std::string_view data = "seven";
      ann.sendmsg({&data, 1}, {&hops, 1}, 0, ben.getsockname());
      const Message message = heard.get();
      EXPECT_EQ(message.data, "seven");
      EXPECT_EQ(message.hop_limit(), 7);
      ASSERT_TRUE(message.packet_info());
      EXPECT_EQ(message.packet_info()->address, Address(kind.host, 0));
      EXPECT_EQ(if_indextoname(message.packet_info()->interface), "lo");
    }
  });
}

// A server on the wildcard address answers from the address that the request was sent to.
TEST_P(Family, PacketInfoChoosesTheSource) {
  run([] {
    Socket server = bound_to({"", 0}), client = bound_to({"127.0.0.1", 0});
    server.setsockopt(IPPROTO_IP, IP_PKTINFO, 1);
    client.sendto("who are you?", {"127.0.0.9", server.getsockname().port()});
    const Message asked = server.recvmsg(100, 256);
    ASSERT_TRUE(asked.packet_info());
    EXPECT_EQ(asked.packet_info()->address, Address("127.0.0.9", 0));
    const Ancillary from = Ancillary::packet_info(asked.packet_info()->address, asked.packet_info()->interface);
    const std::string_view answer = "me";
    server.sendmsg({&answer, 1}, {&from, 1}, 0, asked.address);
    EXPECT_EQ(client.recvfrom(100).address.host(), "127.0.0.9");

    Socket six = bound_to({"::", 0}), other = bound_to({"::1", 0});
    const Ancillary own = Ancillary::packet_info({"::1", 0});
    six.sendmsg({&answer, 1}, {&own, 1}, 0, other.getsockname());
    EXPECT_EQ(other.recvfrom(100).address.host(), "::1");
    EXPECT_EQ(errc_of([] { Ancillary::packet_info(Address::unix_path("x")); }), EAFNOSUPPORT);
    EXPECT_EQ(errc_of([] { Ancillary::hop_limit(AF_UNIX, 1); }), EAFNOSUPPORT);
  });
}

TEST_P(Family, DescriptorsAreReceivedWithMessages) {
  run([] {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
      auto [left, right] = socketpair(AF_UNIX, type);
      auto [inner, outer] = socketpair();
      const int fds[] = {inner.fileno()};
      auto heard = beside([&, &to = right] { return recv_fds(to, 10, 4); });
      EXPECT_EQ(send_fds(left, "take", fds), 4u);
      const Message message = heard.get();
      ASSERT_EQ(message.fds().size(), 1u);
      Socket received = Socket::from_fd(message.fds()[0]);
      inner.close();
      received.sendall("through the other end");
      EXPECT_EQ(outer.recv(100), "through the other end");
    }
  });
}

}  // namespace
}  // namespace loquat
