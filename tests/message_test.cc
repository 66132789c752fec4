// Datagrams, control messages and streams over Socket (loquat/socket.h, message.h, stream.h), in every World that
// supports them.
#include "loquat/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <set>

#include "loquat/fiber.h"
#include "loquat/socket.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class MessageIn : public ::testing::TestWithParam<std::string> {
 protected:
  template <class F>
  void run(F&& body) {
    run_in(GetParam(), body);
  }
};
class StreamIn : public MessageIn {};

INSTANTIATE_TEST_SUITE_P(Kernel, MessageIn, ::testing::Values("epoll", "uring"), world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, StreamIn, ::testing::Values("epoll", "uring", "sim"), world_name);

Socket datagrams(int family = AF_INET) {
  Socket socket(family, SOCK_DGRAM);
  socket.bind({family == AF_INET ? "127.0.0.1" : "::1", 0});
  return socket;
}

// An unnamed file with this content.
class Scratch {
 public:
  explicit Scratch(std::string_view text) : file_(std::tmpfile()) {
    std::fwrite(text.data(), 1, text.size(), file_);
    std::fflush(file_);
  }
  ~Scratch() { std::fclose(file_); }
  int fd() const { return fileno(file_); }

 private:
  std::FILE* file_;
};

// io_uring's own second try sends an empty datagram.
TEST_P(MessageIn, ADatagramThatWaitsForAFullUnixQueueArrivesWhole) {
  run([] {
    Socket server(AF_UNIX, SOCK_DGRAM), others(AF_UNIX, SOCK_DGRAM);
    server.bind(Address::unix_path({}));
    others.settimeout(0s);
    int waiting = 0;
    while (errc_of([&] { others.sendto("other", server.getsockname()); }) == 0) ++waiting;
    const std::string_view pieces[] = {"by ", "sendmsg"};
    const auto say = [&](auto how) {
      return spawn([&server, how] {
        Socket ours(AF_UNIX, SOCK_DGRAM);
        ours.connect(server.getsockname());
        how(ours);
      });
    };
    auto send = say([](Socket& ours) { EXPECT_EQ(ours.send("by send"), 7u); });
    auto sendall = say([](Socket& ours) { ours.sendall("by sendall"); });
    auto sendmsg = say([&](Socket& ours) { EXPECT_EQ(ours.sendmsg(pieces), 10u); });
    sleep(1ms);
    while (waiting-- > 0) EXPECT_EQ(server.recv(100), "other");
    std::set<std::string> ours;
    for (int i = 0; i < 3; ++i) ours.insert(server.recv(100));
    EXPECT_EQ(ours, (std::set<std::string>{"by send", "by sendall", "by sendmsg"}));
    for (auto* each : {&send, &sendall, &sendmsg}) each->get();
  });
}

TEST_P(MessageIn, DatagramsKeepTheirBoundariesAndSenders) {
  run([] {
    Socket ann = datagrams(), ben = datagrams();
    EXPECT_EQ(ann.sendto("one", ben.getsockname()), 3u);
    EXPECT_EQ(ann.sendto("", ben.getsockname()), 0u);
    EXPECT_EQ(ann.sendto("a long one", ben.getsockname()), 10u);
    Message first = ben.recvfrom(100);
    EXPECT_EQ(first.data, "one");
    EXPECT_EQ(first.address, ann.getsockname());
    EXPECT_EQ(ben.recvfrom(100).data, "");
    std::array<std::byte, 4> buffer;
    const Message cut = ben.recvfrom_into(buffer);
    EXPECT_EQ(cut.size, 4u);
    EXPECT_NE(cut.flags & MSG_TRUNC, 0);
    ben.settimeout(0s);
    EXPECT_THROW(ben.recvfrom(1), BlockingIOError);
    ben.settimeout(10ms);
    EXPECT_THROW(ben.recvfrom(1), TimeoutError);
  });
}

TEST_P(MessageIn, ADatagramWakesAReceiver) {
  run([] {
    Socket ann = datagrams(), ben = datagrams();
    auto heard = spawn([&] { return ben.recvfrom(100).data; });
    sleep(0s);
    ann.sendto("hello", ben.getsockname());
    EXPECT_EQ(heard.get(), "hello");
  });
}

TEST_P(MessageIn, AnUnusedPortRefuses) {
  run([] {
    Socket ann = datagrams();
    Address gone = datagrams().getsockname();
    ann.connect(gone);
    ann.send("anybody?");
    EXPECT_THROW(ann.recv(10), ConnectionRefusedError);
  });
}

TEST_P(MessageIn, ControlMessagesOfIPv6AreReceived) {
  run([] {
    Socket ann = datagrams(AF_INET6), ben = datagrams(AF_INET6);
    ben.setsockopt(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    ben.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    const std::string_view pieces[] = {"hop", " ", "three"};
    const Ancillary hops = Ancillary::of(IPPROTO_IPV6, IPV6_HOPLIMIT, 3);
    EXPECT_EQ(ann.sendmsg(pieces, {&hops, 1}, 0, ben.getsockname()), 9u);
    const Message message = ben.recvmsg(100, 256);
    EXPECT_EQ(message.data, "hop three");
    ASSERT_EQ(message.ancillary.size(), 2u);
    int limit = 0;
    unsigned interface = 0;
    for (const Ancillary& each : message.ancillary) {
      EXPECT_EQ(each.level, IPPROTO_IPV6);
      if (each.type == IPV6_HOPLIMIT) limit = each.as<int>();
      if (each.type == IPV6_PKTINFO) interface = each.as<in6_pktinfo>().ipi6_ifindex;
    }
    EXPECT_EQ(limit, 3);
    EXPECT_GT(interface, 0u);
  });
}

TEST_P(MessageIn, DescriptorsPass) {
  run([] {
    auto [left, right] = socketpair();
    Scratch file("the file's text");
    const int fds[] = {file.fd(), file.fd()};
    EXPECT_EQ(send_fds(left, "two", fds), 3u);
    const Message message = recv_fds(right, 100, 4);
    EXPECT_EQ(message.data, "two");
    ASSERT_EQ(message.ancillary.size(), 1u);
    const std::vector<int> got = message.ancillary[0].fds();
    ASSERT_EQ(got.size(), 2u);
    for (const int fd : got) {
      char text[16] = {};
      EXPECT_EQ(::pread(fd, text, 15, 0), 15);
      EXPECT_STREQ(text, "the file's text");
      EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
      ::close(fd);
    }
    EXPECT_THROW(send_fds(left, "", fds), std::invalid_argument);
  });
}

TEST_P(MessageIn, NoMoreDescriptorsArriveThanRequested) {
  run([] {
    auto [left, right] = socketpair();
    Scratch file("x");
    const int fds[] = {file.fd(), file.fd(), file.fd()};
    for (const std::size_t most : {0, 1, 2, 3}) {
      send_fds(left, "three", fds);
      const Message message = recv_fds(right, 100, most);
      EXPECT_EQ(message.fds().size(), most);
      EXPECT_EQ((message.flags & MSG_CTRUNC) != 0, most < 3);
      for (const int fd : message.fds()) ::close(fd);
    }
  });
}

TEST_P(MessageIn, TruncatedControlMessagesSetMsgCtrunc) {
  run([] {
    auto [left, right] = socketpair();
    Scratch file("x");
    const int fds[] = {file.fd()};
    send_fds(left, "one", fds);
    const Message message = right.recvmsg(100, 8);
    EXPECT_NE(message.flags & MSG_CTRUNC, 0);
    EXPECT_EQ(message.data, "one");
    EXPECT_TRUE(message.ancillary.empty());
  });
}

TEST_P(MessageIn, SequencedPacketsEnd) {
  run([] {
    auto [left, right] = socketpair(AF_UNIX, SOCK_SEQPACKET);
    left.send("one");
    left.send("two");
    left.close();
    EXPECT_EQ(right.recv(100), "one");
    std::array<std::byte, 2> a, b;
    const std::span<std::byte> buffers[] = {a, b};
    EXPECT_EQ(right.recvmsg_into(buffers).size, 3u);
    EXPECT_EQ(right.recvmsg(100).size, 0u);
  });
}

TEST_P(MessageIn, AbstractNamesAndAutobindWork) {
  run([] {
    Socket server(AF_UNIX, SOCK_DGRAM);
    server.bind(Address::unix_path({}));
    EXPECT_EQ(server.getsockname().host().size(), 6u) << server.getsockname().host();  // NUL and 5 digits: unix(7)
    Socket client(AF_UNIX, SOCK_DGRAM);
    client.sendto("hello", server.getsockname());
    const Message message = server.recvfrom(100);
    EXPECT_EQ(message.data, "hello");
    EXPECT_EQ(message.address.host(), "");
  });
}

TEST_P(MessageIn, DupSharesTheConnection) {
  run([] {
    auto [left, right] = socketpair();
    Socket copy = left.dup();
    EXPECT_NE(copy.fileno(), left.fileno());
    left.close();
    copy.sendall("still here");
    EXPECT_EQ(right.recv(100), "still here");
    Socket other = fromfd(copy.fileno());
    EXPECT_EQ(other.family(), AF_UNIX);
    EXPECT_EQ(other.type(), SOCK_STREAM);
    EXPECT_EQ(other.proto(), 0);
    copy.close();
    other.close();
    EXPECT_EQ(right.recv(100), "");
    EXPECT_THROW(fromfd(-1), OSError);
  });
}

TEST_P(MessageIn, InheritanceIsOptIn) {
  run([] {
    auto [left, right] = socketpair();
    EXPECT_FALSE(left.get_inheritable());
    left.set_inheritable(true);
    EXPECT_TRUE(left.get_inheritable());
    EXPECT_EQ(::fcntl(left.fileno(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_FALSE(left.dup().get_inheritable());
  });
}

TEST_P(MessageIn, OptionsMayBeStructures) {
  run([] {
    Socket socket(AF_INET);
    const linger set{1, 7};
    socket.setsockopt(SOL_SOCKET, SO_LINGER, std::string_view(reinterpret_cast<const char*>(&set), sizeof(set)));
    linger got{};
    const std::string value = socket.getsockopt(SOL_SOCKET, SO_LINGER, sizeof(got));
    ASSERT_EQ(value.size(), sizeof(got));
    std::memcpy(&got, value.data(), sizeof(got));
    EXPECT_EQ(got.l_linger, 7);
  });
}

TEST_P(StreamIn, NewSocketsGetTheDefaultTimeout) {
  run([] {
    setdefaulttimeout(20ms);
    auto [left, right] = socketpair();
    setdefaulttimeout({});
    EXPECT_EQ(left.gettimeout(), std::optional<Duration>(20ms));
    EXPECT_THROW(left.recv(1), TimeoutError);
    EXPECT_EQ(Socket(AF_INET).gettimeout(), std::nullopt);
    EXPECT_THROW(setdefaulttimeout(-1ns), std::invalid_argument);
  });
}

TEST_P(StreamIn, DontWaitDoesNotWait) {
  run([] {
    auto [left, right] = socketpair();
    EXPECT_THROW(left.recv(1, MSG_DONTWAIT), BlockingIOError);
    EXPECT_TRUE(left.wait_writable(0s));
    right.sendall("x");
    EXPECT_TRUE(left.wait_readable());
    EXPECT_EQ(left.recv(1, MSG_DONTWAIT), "x");
  });
}

TEST_P(StreamIn, GetlineReadsLines) {
  run([] {
    auto pair = socketpair();
    pair.first.sendall("one\ntwo\r\n\nlast");
    pair.first.shutdown(SHUT_WR);
    SocketStream file = pair.second.makefile(4);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two\r", "", "last"}));
    EXPECT_TRUE(file.eof());
    EXPECT_FALSE(file.bad());
  });
}

TEST_P(StreamIn, WritesGoOutInOrder) {
  run([] {
    auto pair = socketpair();
    const std::string large = pattern(100'000);
    auto reader = spawn([&] { return read_all(pair.second); });
    {
      SocketStream file = pair.first.makefile(64);
      file << "number " << 42 << ' ' << large << "end" << std::flush << "!";
      SocketStream moved = std::move(file);
      moved << '?';
    }
    pair.first.shutdown(SHUT_WR);
    EXPECT_EQ(reader.get(), "number 42 " + large + "end!?");
  });
}

TEST_P(StreamIn, AReadFlushesWrites) {
  run([] {
    auto pair = socketpair();
    auto answering = spawn([&] {
      SocketStream file = pair.second.makefile();
      for (int a = 0, b = 0; file >> a >> b;) file << a + b << '\n';
    });
    SocketStream file = pair.first.makefile();
    int sum = 0;
    file << "20 22 ";
    file >> sum;
    EXPECT_EQ(sum, 42);
    file << "1 1 ";
    file >> sum;
    EXPECT_EQ(sum, 2);
    pair.first.shutdown(SHUT_WR);
    answering.get();
  });
}

TEST_P(StreamIn, ATimeoutPoisonsTheStream) {
  run([] {
    auto pair = socketpair();
    pair.second.settimeout(10ms);
    SocketStream file = pair.second.makefile();
    pair.first.sendall("half a li");
    std::string line;
    EXPECT_THROW(std::getline(file, line), TimeoutError);
    pair.first.sendall("ne\n");
    file.clear();
    EXPECT_THROW(std::getline(file, line), std::ios_base::failure);
  });
}

// connect(2) then fails with EAGAIN, and poll(2) does not report when there is room.
TEST_P(StreamIn, ConnectWaitsForAFullUnixQueue) {
  run([] {
    Socket server(AF_UNIX);
    server.bind(Address::unix_path({}));
    server.listen(0);
    Socket first(AF_UNIX), second(AF_UNIX), third(AF_UNIX);
    first.connect(server.getsockname());
    second.settimeout(20ms);
    EXPECT_EQ(second.connect_ex(server.getsockname()), EAGAIN);
    second.settimeout(0s);
    EXPECT_EQ(second.connect_ex(server.getsockname()), EAGAIN);
    auto connecting = spawn([&] { third.connect(server.getsockname()); });
    sleep(0s);
    server.accept();
    connecting.get();
    auto closed = spawn([&] { return second.connect_ex(server.getsockname()); });
    second.settimeout({});
    sleep(0s);
    second.close();
    EXPECT_EQ(closed.get(), EBADF);
  });
}

TEST_P(StreamIn, SocketpairDefaultsToASupportedFamily) {
  run([&] {
    EXPECT_THROW(socketpair(AF_INET, SOCK_STREAM), OSError);
    auto [left, right] = socketpair();
    left.sendall("hello");
    EXPECT_EQ(right.recv(100), "hello");
  });
}

// --- flags and edge cases that other libraries got wrong -------------------------------------------------------------

TEST_P(MessageIn, MsgTruncReturnsAtMostTheBuffersSize) {
  run([] {
    auto [a, b] = socketpair(AF_UNIX, SOCK_DGRAM);
    const std::string datagram(100, 'x');
    b.send(datagram);
    EXPECT_EQ(a.recv(10, MSG_PEEK | MSG_TRUNC), std::string(10, 'x'));
    std::array<char, 10> buffer;
    EXPECT_EQ(a.recv_into(std::span(buffer), MSG_PEEK | MSG_TRUNC), 100u);
    const Message message = a.recvfrom(10, MSG_TRUNC);
    EXPECT_EQ(message.data, std::string(10, 'x'));
    EXPECT_EQ(message.size, 100u);
  });
}

TEST_P(MessageIn, AnEmptyDatagramIsSent) {
  run([] {
    auto [a, b] = socketpair(AF_UNIX, SOCK_DGRAM);
    a.sendall("");
    a.sendall(std::span<const std::string_view>());
    const std::string_view nothing[] = {"", ""};
    a.sendall(nothing);
    a.send("end");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(b.recv(10), "");
    EXPECT_EQ(b.recv(10), "end");
  });
}

TEST_P(StreamIn, BuffersMayBeOfAnyBytes) {
  run([] {
    auto [a, b] = socketpair();
    std::vector<std::byte> bytes(2, std::byte{'a'});
    std::array<char, 2> chars{'b', 'c'};
    std::uint8_t numbers[] = {'d', 'e'};
    a.sendall(bytes);
    a.sendall(std::span(std::as_const(bytes)));
    EXPECT_EQ(a.send(std::span(chars).first(1)), 1u);
    a.sendall(std::span(chars).last<1>());
    a.sendall(std::array<signed char, 1>{'b'});
    a.sendall(numbers);
    EXPECT_EQ(a.send(std::span<const unsigned char>(numbers, 1)), 1u);
    EXPECT_EQ(b.recv_into(bytes, MSG_WAITALL), 2u);
    EXPECT_EQ(b.recv_into(std::span(numbers), MSG_WAITALL), 2u);
    EXPECT_EQ(b.recv_into(std::span(chars).first(1)), 1u);
    EXPECT_EQ(b.recv_into(std::span(chars).last<1>()), 1u);
    EXPECT_EQ(b.recv(4, MSG_WAITALL), "bded");
    EXPECT_EQ(bytes[1], std::byte{'a'});
    EXPECT_EQ(numbers[1], 'a');
    EXPECT_EQ(chars[1], 'c');
  });
}

TEST_P(MessageIn, WaitallEndsWithDescriptors) {
  run([] {
    auto [a, b] = socketpair();
    auto received = spawn([&a = a] { return a.recvmsg(10, cmsg_space(sizeof(int)), MSG_WAITALL); });
    while (received.waits() == 0) sleep(0ms);
    b.send("ab");
    while (received.waits() < 2) sleep(0ms);
    const Scratch file("x");
    const int fd = file.fd();
    send_fds(b, "cd", {&fd, 1});
    Message message = received.get();
    EXPECT_EQ(message.data, "abcd");
    ASSERT_EQ(message.fds().size(), 1u);
    ::close(message.fds()[0]);
  });
}

TEST_P(StreamIn, SizesOutOfRangeAreNamed) {
  run([] {
    auto [a, b] = socketpair();
    try {
      a.recv(static_cast<std::size_t>(-1));
      ADD_FAILURE();
    } catch (const std::invalid_argument& e) {
      EXPECT_STREQ(e.what(), "recv: 18446744073709551615 bytes are more than there can be; was it a negative number?");
    }
    EXPECT_THROW(a.settimeout(-1s), std::invalid_argument);
    a.settimeout(std::chrono::hours::max());
    EXPECT_EQ(a.gettimeout(), Duration::max());
    a.settimeout(0.25s);
    EXPECT_EQ(a.gettimeout(), 250ms);
  });
}

}  // namespace
}  // namespace loquat
