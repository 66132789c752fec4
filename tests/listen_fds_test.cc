// Socket activation (listen_fds() of server.h): a child process serves the sockets that its parent has opened.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "loquat/run.h"
#include "loquat/server.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

// Runs body() in a child that has the descriptors from number 3 on, as systemd passes them, and returns its status.
class Child {
 public:
  Child(const std::vector<int>& fds, const char* names, const std::function<bool()>& body, int pid_offset = 0) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::vector<int> copies;
    for (const int fd : fds) copies.push_back(::fcntl(fd, F_DUPFD, 100));
    for (std::size_t i = 0; i < fds.size(); ++i) ::dup2(copies[i], 3 + static_cast<int>(i));
    ::setenv("LISTEN_PID", std::to_string(::getpid() + pid_offset).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(fds.size()).c_str(), 1);
    if (names != nullptr) ::setenv("LISTEN_FDNAMES", names, 1);
    bool good = false;
    try {
      good = body();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(good ? 0 : 1);
  }
  ~Child() {
    int status = -1;
    ::waitpid(pid_, &status, 0);
    EXPECT_EQ(status, 0);
  }

 private:
  pid_t pid_;
};

bool environment_is_clean() {
  return std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDS") == nullptr &&
         std::getenv("LISTEN_FDNAMES") == nullptr;
}

// Answers one connection and one datagram.
bool serve_both() {
  std::vector<PassedSocket> passed = listen_fds();
  if (!environment_is_clean() || !listen_fds().empty() || passed.size() != 2) return false;
  if (passed[0].name != "web" || passed[1].name != "dns" || passed[0].socket.get_inheritable()) return false;
  run([&] {
    StreamServer* stream = nullptr;
    StreamServer server(std::move(passed[0].socket), [&](Socket& connection, const Address&) {
      connection.sendall("served");
      stream->close();
    });
    stream = &server;
    DatagramServer datagrams(std::move(passed[1].socket), [](Socket& socket, const Message& message) {
      socket.sendto("answered", message.address);
    });
    datagrams.start();
    server.serve_forever();
  });
  return true;
}

TEST(ListenFds, AreServed) {
  Socket listener = create_server({"127.0.0.1", 0}), datagrams(AF_INET, SOCK_DGRAM);
  datagrams.bind({"127.0.0.1", 0});
  const Child child({listener.fileno(), datagrams.fileno()}, "web:dns", serve_both);
  Socket asking(AF_INET, SOCK_DGRAM);
  asking.sendto("?", datagrams.getsockname());
  EXPECT_EQ(asking.recv(10), "answered");
  Socket client(AF_INET);
  client.connect(listener.getsockname());
  EXPECT_EQ(read_all(client), "served");
}

TEST(ListenFds, WithoutNamesAreUnknown) {
  const Socket one = create_server({"127.0.0.1", 0}), two = create_server({"127.0.0.1", 0});
  const Child child({one.fileno(), two.fileno()}, nullptr, [] {
    const auto passed = listen_fds();
    return passed.size() == 2 && passed[0].name == "unknown" && passed[1].name == "unknown";
  });
}

TEST(ListenFds, OfAnotherProcessAreLeftAlone) {
  const Socket one = create_server({"127.0.0.1", 0});
  const Child child(
      {one.fileno()}, "web", [] { return listen_fds().empty() && environment_is_clean(); }, 1);
}

TEST(ListenFds, ADescriptorThatIsNoSocketIsNamed) {
  const Socket one = create_server({"127.0.0.1", 0});
  const int file = ::open("/dev/null", O_RDONLY);
  const Child child({one.fileno(), file}, "web:pipe", [] {
    try {
      listen_fds();
    } catch (const OSError& error) {
      const std::string text = error.what();
      return text == "listen_fds: descriptor 4 (pipe): Socket operation on non-socket";
    }
    return false;
  });
  ::close(file);
}

TEST(ListenFds, MalformedNumbersAreRefused) {
  EXPECT_TRUE(listen_fds().empty());
  const Child child({}, nullptr, [] {
    for (const char* number : {"", "two", "-1", "1x", "99999999999"}) {
      ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
      ::setenv("LISTEN_FDS", number, 1);
      try {
        listen_fds();
        return false;
      } catch (const std::invalid_argument&) {
        if (!environment_is_clean()) return false;
      }
    }
    return true;
  });
}

}  // namespace
}  // namespace loquat
