// What loquat.h promises, in each of its modes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include "loquat/fiber.h"
#include "loquat/loquat.h"
#include "loquat/run.h"
#include "loquat/time.h"

namespace {

using loquat::Clock;

std::int64_t in(std::chrono::nanoseconds time) { return (Clock::now() + time).time_since_epoch().count(); }

class CApi : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_EQ(loquat_run_in(GetParam()), 0); }
  void TearDown() override { EXPECT_EQ(loquat_run_in("thread"), 0); }
};
INSTANTIATE_TEST_SUITE_P(Modes, CApi, ::testing::Values("thread", "epoll", "uring"),
                         [](const auto& each) { return each.param; });

struct Pair {
  Pair() {
    loquat_socket* both[2] = {};
    EXPECT_EQ(loquat_socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
    left = both[0];
    right = both[1];
  }
  ~Pair() {
    loquat_free(left);
    loquat_free(right);
  }
  loquat_socket* left = nullptr;
  loquat_socket* right = nullptr;
};

// A call in a thread of its own, which signals can be sent to.
class Caller {
 public:
  explicit Caller(std::function<std::int64_t()> call)
      : thread_([this, call = std::move(call)] {
          result_ = call();
          done_ = true;
        }) {}
  // Signals it until the call has returned.
  std::int64_t interrupt() {
    while (!done_) {
      ::pthread_kill(thread_.native_handle(), SIGUSR1);
      std::this_thread::yield();
    }
    return result();
  }
  std::int64_t result() {
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> done_{false};
  std::int64_t result_ = 0;
  std::thread thread_;
};

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
}

TEST_P(CApi, DeadlinesAreNoErrno) {
  Pair pair;
  char byte;
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, 0, LOQUAT_NOW), -EAGAIN);
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, 0, in(std::chrono::milliseconds(5))), LOQUAT_TIMEOUT);
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, 0, in(std::chrono::seconds(-5))), LOQUAT_TIMEOUT);
  EXPECT_EQ(loquat_send(pair.right, "x", 1, 0, LOQUAT_NEVER), 1);
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, 0, in(std::chrono::seconds(-5))), 1);  // what is there beats the deadline
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, MSG_DONTWAIT, LOQUAT_NEVER), -EAGAIN);
}

TEST_P(CApi, ASignalEndsTheWaitAndLosesNothing) {
  handle_signals();
  Pair pair;
  char data[8] = {};
  Caller waiting([&] { return loquat_recv(pair.left, data, sizeof(data), 0, LOQUAT_NEVER); });
  EXPECT_EQ(waiting.interrupt(), -EINTR);
  EXPECT_EQ(loquat_send(pair.right, "hello", 5, 0, LOQUAT_NEVER), 5);
  EXPECT_EQ(loquat_recv(pair.left, data, sizeof(data), 0, LOQUAT_NEVER), 5);
  EXPECT_STREQ(data, "hello");
}

TEST_P(CApi, ASignalEndsAWaitBehindAnotherCall) {
  handle_signals();
  Pair pair;
  char bytes[2];
  Caller first([&] { return loquat_recv(pair.left, &bytes[0], 1, 0, LOQUAT_NEVER); });
  Caller second([&] { return loquat_recv(pair.left, &bytes[1], 1, 0, LOQUAT_NEVER); });
  EXPECT_EQ(second.interrupt(), -EINTR);
  EXPECT_EQ(first.interrupt(), -EINTR);
}

// A Unix server's full queue is nothing that the kernel could tell the end of.
TEST_P(CApi, ASignalEndsAConnectThatTriesAgain) {
  handle_signals();
  loquat_socket *server = nullptr, *first = nullptr, *second = nullptr;
  for (auto* each : {&server, &first, &second}) ASSERT_EQ(loquat_socket_new(AF_UNIX, SOCK_STREAM, 0, each), 0);
  sockaddr_storage name{AF_UNIX, {}, 0};
  socklen_t size = sizeof(sa_family_t);
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  EXPECT_EQ(loquat_bind(server, address, size), 0);
  size = sizeof(name);
  EXPECT_EQ(loquat_getsockname(server, address, &size), 0);
  EXPECT_EQ(loquat_listen(server, 0), 0);
  EXPECT_EQ(loquat_connect(first, address, size, LOQUAT_NEVER), 0);
  EXPECT_EQ(loquat_connect(second, address, size, in(std::chrono::milliseconds(5))), LOQUAT_TIMEOUT);
  Caller connecting([&] { return loquat_connect(second, address, size, LOQUAT_NEVER); });
  EXPECT_EQ(connecting.interrupt(), -EINTR);
  for (auto* each : {server, first, second}) loquat_free(each);
}

// A TCP server with a full queue drops SYNs; a second later the kernel asks again.
TEST_P(CApi, AnInterruptedConnectGoesOn) {
  handle_signals();
  loquat_socket *server = nullptr, *first = nullptr, *second = nullptr;
  for (auto* each : {&server, &first, &second}) ASSERT_EQ(loquat_socket_new(AF_INET, SOCK_STREAM, 0, each), 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  EXPECT_EQ(loquat_bind(server, address, size), 0);
  EXPECT_EQ(loquat_getsockname(server, address, &size), 0);
  EXPECT_EQ(loquat_listen(server, 0), 0);
  EXPECT_EQ(loquat_connect(first, address, size, LOQUAT_NEVER), 0);
  Caller connecting([&] { return loquat_connect(second, address, size, LOQUAT_NEVER); });
  EXPECT_EQ(connecting.interrupt(), -EINTR);
  EXPECT_EQ(loquat_connect(second, address, size, in(std::chrono::milliseconds(1))), LOQUAT_TIMEOUT);
  for (int i = 0; i < 2; ++i) {
    const int fd = loquat_accept(server, nullptr, nullptr, in(std::chrono::seconds(20)));
    EXPECT_GE(fd, 0);
    ::close(fd);
  }
  EXPECT_EQ(loquat_connect(second, address, size, in(std::chrono::seconds(20))), 0);
  for (auto* each : {server, first, second}) loquat_free(each);
}

TEST_P(CApi, SendallGoesOnWhereItWas) {
  handle_signals();
  Pair pair;
  std::string data(3'000'000, '\0'), got;
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7 + i / 251);
  std::atomic<int> interrupted{0};
  std::size_t done = 0;
  std::atomic<bool> over{false};
  Caller sending([&]() -> std::int64_t {
    for (;;) {
      const int result = loquat_sendall(pair.left, data.data(), data.size(), &done, 0, LOQUAT_NEVER);
      if (result != -EINTR) {
        over = true;
        return result;
      }
      ++interrupted;
    }
  });
  std::thread reader([&] {
    char buffer[10'000];
    while (interrupted < 3) std::this_thread::yield();
    while (got.size() < data.size()) {
      const auto size = loquat_recv(pair.right, buffer, sizeof(buffer), 0, LOQUAT_NEVER);
      ASSERT_GT(size, 0);
      got.append(buffer, static_cast<std::size_t>(size));
    }
  });
  EXPECT_EQ(sending.interrupt(), 0);
  reader.join();
  EXPECT_EQ(done, data.size());
  EXPECT_TRUE(got == data);
}

TEST_P(CApi, CloseWakesWaiters) {
  Pair pair;
  char byte;
  Caller one([&] { return loquat_recv(pair.left, &byte, 1, 0, LOQUAT_NEVER); });
  Caller two([&] { return loquat_recv(pair.left, &byte, 1, 0, LOQUAT_NEVER); });
  EXPECT_EQ(loquat_close(pair.left), 0);
  EXPECT_EQ(one.result(), -EBADF);
  EXPECT_EQ(two.result(), -EBADF);
  EXPECT_EQ(loquat_close(pair.left), -EBADF);
  EXPECT_EQ(loquat_fileno(pair.left), -1);
  EXPECT_EQ(loquat_detach(pair.left), -1);
}

TEST_P(CApi, AConnectionIsMadeAndAccepted) {
  loquat_socket *listener = nullptr, *client = nullptr;
  ASSERT_EQ(loquat_socket_new(AF_INET, SOCK_STREAM, 0, &listener), 0);
  ASSERT_EQ(loquat_socket_new(AF_INET, SOCK_STREAM, 0, &client), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(loquat_bind(listener, name, size), 0);
  EXPECT_EQ(loquat_getsockname(listener, name, &size), 0);
  EXPECT_EQ(loquat_connect(client, name, size, LOQUAT_NEVER), -ECONNREFUSED);
  loquat_free(client);  // connect(2): its state is unspecified after a failure
  ASSERT_EQ(loquat_socket_new(AF_INET, SOCK_STREAM, 0, &client), 0);
  EXPECT_EQ(loquat_listen(listener, -1), 0);
  sockaddr_in peer{}, own{};
  socklen_t peer_size = sizeof(peer), own_size = sizeof(own);
  auto* const peer_name = reinterpret_cast<sockaddr*>(&peer);
  Caller accepting([&] { return loquat_accept(listener, peer_name, &peer_size, LOQUAT_NEVER); });
  EXPECT_EQ(loquat_connect(client, name, size, LOQUAT_NEVER), 0);
  const auto fd = static_cast<int>(accepting.result());
  ASSERT_GE(fd, 0);
  ::close(fd);
  EXPECT_EQ(loquat_getsockname(client, reinterpret_cast<sockaddr*>(&own), &own_size), 0);
  EXPECT_EQ(peer_size, own_size);
  EXPECT_EQ(std::memcmp(&peer, &own, sizeof(own)), 0);
  EXPECT_EQ(loquat_accept(listener, nullptr, nullptr, LOQUAT_NOW), -EAGAIN);
  char byte;
  EXPECT_EQ(loquat_recv(client, &byte, 1, 0, LOQUAT_NEVER), 0);
  loquat_free(client);
  loquat_free(listener);
}

TEST_P(CApi, DupIsTheSameConnection) {
  Pair pair;
  loquat_socket* copy = nullptr;
  ASSERT_EQ(loquat_socket_from_fd(loquat_dup(pair.left), &copy), 0);
  EXPECT_EQ(loquat_close(pair.left), 0);
  EXPECT_EQ(loquat_dup(pair.left), -EBADF);
  EXPECT_EQ(loquat_send(copy, "x", 1, 0, LOQUAT_NEVER), 1);
  char byte = 0;
  EXPECT_EQ(loquat_recv(pair.right, &byte, 1, 0, LOQUAT_NEVER), 1);
  EXPECT_EQ(byte, 'x');
  loquat_free(copy);
}

TEST_P(CApi, ReceivedDescriptorsAreCloseOnExecAndTheFlagsAsAskedFor) {
  Pair pair;
  char byte = 'x';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  *rights = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  const int sent = STDERR_FILENO;
  std::memcpy(CMSG_DATA(rights), &sent, sizeof(sent));
  for (const int flags : {0, int{MSG_CMSG_CLOEXEC}}) {
    EXPECT_EQ(loquat_sendmsg(pair.left, &message, 0, LOQUAT_NEVER), 1);
    EXPECT_EQ(loquat_recvmsg(pair.right, &message, flags, LOQUAT_NEVER), 1);
    EXPECT_EQ(message.msg_flags, flags);
    int received = -1;
    std::memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(received));
    EXPECT_EQ(::fcntl(received, F_GETFD), FD_CLOEXEC);
    ::close(received);
    std::memcpy(CMSG_DATA(rights), &sent, sizeof(sent));
  }
}

TEST_P(CApi, SendfileCountsTheBytesSent) {
  Pair pair;
  const int file = ::memfd_create("file", MFD_CLOEXEC);
  std::string text(3'000'000, '\0'), got;
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  ASSERT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  std::size_t done = 0;
  EXPECT_EQ(loquat_sendfile(pair.left, file, 10, text.size(), &done, LOQUAT_NOW), -EAGAIN);
  EXPECT_EQ(loquat_sendfile(pair.left, file, 10, text.size(), &done, in(std::chrono::milliseconds(5))), LOQUAT_TIMEOUT);
  EXPECT_GT(done, 0u);
  EXPECT_LT(done, text.size());
  Caller sending([&] { return loquat_sendfile(pair.left, file, 10, text.size(), &done, LOQUAT_NEVER); });
  while (got.size() < text.size() - 10) {
    char buffer[10'000];
    const auto size = loquat_recv(pair.right, buffer, sizeof(buffer), 0, LOQUAT_NEVER);
    ASSERT_GT(size, 0);
    got.append(buffer, static_cast<std::size_t>(size));
  }
  EXPECT_EQ(sending.result(), 0);
  EXPECT_EQ(done, text.size() - 10);  // where the file ends
  EXPECT_TRUE(got == text.substr(10));
  EXPECT_EQ(::lseek(file, 0, SEEK_CUR), static_cast<off_t>(text.size()));
  EXPECT_EQ(loquat_sendfile(pair.left, file, -1, 1, &(done = 0), LOQUAT_NEVER), -EINVAL);
  EXPECT_EQ(loquat_sendfile(pair.left, -1, 0, 1, &done, LOQUAT_NEVER), -EBADF);
  ::close(file);
}

TEST_P(CApi, BadArgumentsAreErrors) {
  loquat_socket* socket = nullptr;
  EXPECT_EQ(loquat_socket_new(-1, SOCK_STREAM, 0, &socket), -EAFNOSUPPORT);
  EXPECT_EQ(loquat_socket_from_fd(-1, &socket), -EBADF);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(loquat_socket_from_fd(ends[0], &socket), -ENOTSOCK);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(loquat_run_in("fast"), -EINVAL);
  EXPECT_EQ(loquat_run_in(nullptr), -EINVAL);
  std::uint64_t calls, parks;
  EXPECT_EQ(loquat_count("nothing", &calls, &parks), -EINVAL);
  loquat_free(nullptr);
}

TEST_P(CApi, AHeartbeatTellsHowLateFibersAre) {
  std::int64_t in_all = 0, by_fibers = 0;
  EXPECT_EQ(loquat_heartbeat(0), -EINVAL);
  if (std::string(GetParam()) == "thread") {
    EXPECT_EQ(loquat_heartbeat(1), -ENOTSUP);
    return;
  }
  EXPECT_EQ(loquat_heartbeat(100'000), 0);
  do {
    loquat_lateness(&in_all, &by_fibers);
    std::this_thread::yield();
  } while (by_fibers == 0);
  EXPECT_GE(in_all, by_fibers);
}

TEST_P(CApi, CountsCallsAndWaits) {
  Pair pair;
  std::uint64_t calls[2], parks[2];
  ASSERT_EQ(loquat_count("recv", &calls[0], &parks[0]), 0);
  char byte;
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, 0, in(std::chrono::milliseconds(1))), LOQUAT_TIMEOUT);
  ASSERT_EQ(loquat_count("recv", &calls[1], &parks[1]), 0);
  EXPECT_EQ(calls[1] - calls[0], 1u);
  EXPECT_EQ(parks[1] - parks[0], 1u);
}

// The numbers of descriptors that are of this kind ("eventpoll"), and of the eventfds among them what tells them apart.
std::set<std::string> descriptors(const std::string& kind) {
  std::set<std::string> found;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(each, gone).string().find(kind) == std::string::npos) continue;
    std::ifstream info("/proc/self/fdinfo/" + each.path().filename().string());
    std::string line, id = each.path().filename().string();
    while (std::getline(info, line)) {
      if (line.starts_with("eventfd-id")) id = line;
    }
    found.insert(id);
  }
  return found;
}

// What `child` says in a child of its own.
int in_child(const std::function<bool()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);
    ::_exit(child() ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

#if !defined(__SANITIZE_THREAD__)  // which does not let a child of several threads start another
TEST_P(CApi, AChildHasWorkersOfItsOwn) {
  Pair pair;
  char byte = 0;
  EXPECT_EQ(loquat_send(pair.left, "x", 1, 0, LOQUAT_NEVER), 1);
  EXPECT_EQ(loquat_recv(pair.right, &byte, 1, 0, LOQUAT_NEVER), 1);
  const pid_t child = ::fork();
  if (child == 0) {
    byte = 0;
    const bool heard = loquat_recv(pair.right, &byte, 1, 0, LOQUAT_NEVER) == 1 && byte == 'y';
    const bool said = heard && loquat_send(pair.right, "z", 1, 0, LOQUAT_NEVER) == 1;
    ::_exit(said ? 0 : 1);
  }
  EXPECT_EQ(loquat_send(pair.left, "y", 1, 0, LOQUAT_NEVER), 1);
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, 0, in(std::chrono::seconds(20))), 1);
  EXPECT_EQ(byte, 'z');
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_P(CApi, AChildIsNotInTheCallsOfItsParent) {
  Pair pair;
  char byte, out_of_band;
  Caller waiting([&] { return loquat_recv(pair.left, &byte, 1, 0, LOQUAT_NEVER); });
  // Another call of that direction is told so before the kernel can say that this one makes no sense.
  while (loquat_recv(pair.left, &out_of_band, 1, MSG_OOB | MSG_ERRQUEUE, LOQUAT_NOW) != -EAGAIN)
    std::this_thread::yield();
  EXPECT_EQ(in_child([&] {
              return loquat_recv(pair.left, &byte, 1, MSG_OOB | MSG_ERRQUEUE, LOQUAT_NOW) != -EAGAIN &&
                     loquat_close(pair.left) == 0;
            }),
            0);
  loquat_send(pair.right, "y", 1, 0, LOQUAT_NEVER);
  EXPECT_EQ(waiting.result(), 1);
}

// sendfile reads what is not in memory there; the parent's idle thread is not in the child.
TEST(CApiPool, AChildHasThreadsOfItsOwn) {
  const auto use = [] {
    bool ran = false;
    loquat::run([&] { ran = loquat::offload([] { return true; }); }, {});
    return ran;
  };
  EXPECT_TRUE(use());
  EXPECT_EQ(in_child(use), 0);
}

TEST_P(CApi, AChildClosesItsParentsRingsAndEventfds) {
  Pair pair;
  char byte;
  EXPECT_EQ(loquat_recv(pair.left, &byte, 1, 0, in(std::chrono::milliseconds(1))), LOQUAT_TIMEOUT);
  const auto wakes = descriptors("eventfd");
  EXPECT_FALSE(wakes.empty());
  EXPECT_EQ(in_child([] { return descriptors("eventpoll").empty() && descriptors("io_uring").empty(); }), 0);
  if (std::string(GetParam()) != "thread") return;
  EXPECT_EQ(in_child([&] {
              if (loquat_recv(pair.left, &byte, 1, 0, in(std::chrono::milliseconds(1))) != LOQUAT_TIMEOUT) return false;
              for (const std::string& mine : descriptors("eventfd")) {
                if (wakes.contains(mine)) return false;
              }
              return true;
            }),
            0);
}
#endif

}  // namespace
