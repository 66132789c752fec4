// Two objects on one descriptor number: two Files, a File and a Socket, two Sockets, two sockets that are each the
// source of the other's sendfile(). Each gets its events in either order, and the end of one does not affect the other.
#include <gtest/gtest.h>

#include <functional>

#include "loquat/file.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "tests/hostile.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

// One object: how it reads and writes, and how it ends without closing the descriptor.
struct Object {
  std::function<std::string(std::size_t)> read;
  std::function<void(std::string_view)> write;
  std::function<void()> go;
};

Object file_on(int fd) {
  auto file = std::make_shared<std::unique_ptr<File>>(std::make_unique<File>(fd));
  return {[file](std::size_t size) { return (*file)->read(size); },
          [file](std::string_view data) { (*file)->write(data); }, [file] { file->reset(); }};
}

Object socket_on(int fd) {
  auto socket = std::make_shared<Socket>(Socket::from_fd(fd));
  return {[socket](std::size_t size) { return socket->recv(size); },
          [socket](std::string_view data) { socket->sendall(data); }, [socket] { socket->detach(); }};
}

struct Kinds {
  const char* name;
  Object (*one)(int);
  Object (*other)(int);
};
const Kinds kinds[] = {{"two_files", file_on, file_on},
                       {"file_and_socket", file_on, socket_on},
                       {"socket_and_file", socket_on, file_on},
                       {"two_sockets", socket_on, socket_on}};

struct Parameter {
  std::string lane;
  const Kinds* kinds;
};

class OneNumber : public ::testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    wire_ = hostile::unix_pair(SOCK_STREAM);
    one_ = GetParam().kinds->one(wire_.ours);
    other_ = GetParam().kinds->other(wire_.ours);
  }
  void TearDown() override {
    one_.go();
    other_.go();
  }
  void run(const std::function<void()>& body) { run_in(GetParam().lane, body); }
  void send(const std::string& data) { hostile::put(wire_.theirs, data); }
  // Reads `size` bytes.
  std::string receive(std::size_t size) {
    std::string all;
    char sink[4096];
    while (all.size() < size) {
      const ssize_t got = ::recv(wire_.theirs, sink, sizeof(sink), MSG_DONTWAIT);
      if (got > 0) all.append(sink, static_cast<std::size_t>(got));
      if (got == 0) break;
      sleep(0ms);  // the writer is usually a fiber of this thread
    }
    return all;
  }

  hostile::Wire wire_;
  Object one_, other_;
};

std::vector<Parameter> parameters() {
  std::vector<Parameter> all;
  for (const char* lane : {"epoll", "uring", "threads"}) {
    for (const Kinds& each : kinds) all.push_back({lane, &each});
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Worlds, OneNumber, ::testing::ValuesIn(parameters()),
                         [](const auto& each) { return each.param.lane + "_" + each.param.kinds->name; });

constexpr std::size_t much = 1 << 20;

TEST_P(OneNumber, AReaderThenAWriter) {
  run([&] {
    auto reader = beside([&] { return one_.read(10); });
    reader.until_it_waits();
    auto writer = beside([&] { return other_.write(std::string(much, 'x')), true; });
    writer.until_it_waits();
    EXPECT_EQ(receive(much).size(), much);
    EXPECT_TRUE(writer.get());
    send("pong");
    EXPECT_EQ(reader.get(), "pong");
  });
}

TEST_P(OneNumber, AWriterThenAReader) {
  run([&] {
    auto writer = beside([&] { return one_.write(std::string(much, 'x')), true; });
    writer.until_it_waits();
    auto reader = beside([&] { return other_.read(10); });
    reader.until_it_waits();
    send("pong");
    EXPECT_EQ(reader.get(), "pong");
    EXPECT_EQ(receive(much).size(), much);
    EXPECT_TRUE(writer.get());
  });
}

TEST_P(OneNumber, TwoReadersShareTheBytes) {
  run([&] {
    auto first = beside([&] { return one_.read(1); });
    first.until_it_waits();
    auto second = beside([&] { return other_.read(1); });
    second.until_it_waits();
    send("ab");
    const std::string both = first.get() + second.get();
    EXPECT_TRUE(both == "ab" || both == "ba") << both;
  });
}

TEST_P(OneNumber, OneLeavesWhileTheOtherWaits) {
  run([&] {
    auto reader = beside([&] { return one_.read(10); });
    reader.until_it_waits();
    other_.write("ping");
    other_.go();
    EXPECT_EQ(receive(4), "ping");
    send("pong");
    EXPECT_EQ(reader.get(), "pong");
  });
}

TEST_P(OneNumber, TheFirstLeavesWhileTheSecondWaits) {
  run([&] {
    one_.write("ping");
    auto earlier = beside([&] { return one_.read(1); });
    earlier.until_it_waits();
    send("1");
    EXPECT_EQ(earlier.get(), "1");
    auto reader = beside([&] { return other_.read(10); });
    reader.until_it_waits();
    one_.go();
    send("pong");
    EXPECT_EQ(reader.get(), "pong");
    EXPECT_EQ(receive(4), "ping");
  });
}

TEST_P(OneNumber, ManyObjectsComeAndGo) {
  run([&] {
    auto reader = beside([&] { return one_.read(10); });
    reader.until_it_waits();
    for (int i = 0; i < 20; ++i) {
      const Object passing = i % 2 == 0 ? file_on(wire_.ours) : socket_on(wire_.ours);
      auto writer = beside([&] { return passing.write(std::string(much, 'x')), true; });
      writer.until_it_waits();
      EXPECT_EQ(receive(much).size(), much);
      EXPECT_TRUE(writer.get());
      passing.go();
    }
    send("pong");
    EXPECT_EQ(reader.get(), "pong");
  });
}

// --- sendfile() in both directions -----------------------------------------------------------------------------------

class Relay : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Relay, ::testing::Values("epoll", "uring", "threads"), world_name);

TEST_P(Relay, PassesBytesBothWays) {
  run([] {
    auto [left, a] = socketpair();
    auto [b, right] = socketpair();
    auto there = beside([&a = a, &b = b] { return b.sendfile(a.fileno()); });
    there.until_it_waits();
    auto back = beside([&a = a, &b = b] { return a.sendfile(b.fileno()); });
    back.until_it_waits();
    for (int i = 0; i < 5; ++i) {
      left.sendall("ping");
      EXPECT_EQ(right.recv(4, MSG_WAITALL), "ping");
      right.sendall("pong!");
      EXPECT_EQ(left.recv(5, MSG_WAITALL), "pong!");
    }
    auto writer = beside([&left = left] { return left.sendall(pattern(much)), true; });
    EXPECT_TRUE(right.recv(much, MSG_WAITALL) == pattern(much));
    EXPECT_TRUE(writer.get());
    left.shutdown(SHUT_WR);
    EXPECT_EQ(there.get(), 20 + much);
    right.shutdown(SHUT_WR);
    EXPECT_EQ(back.get(), 25u);
  });
}

}  // namespace
}  // namespace loquat
