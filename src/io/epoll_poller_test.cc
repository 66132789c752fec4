// What the epoll poller assumes about a descriptor without asking: it must never wait for an edge that has passed.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "io/choose_poller.h"
#include "sys/kernel.h"

namespace loquat::io {
namespace {

using namespace std::chrono_literals;
using sys::Operation;
using sys::OpKind;

constexpr short readable = POLLIN | POLLRDHUP | POLLPRI;

// Until the kernel has delivered what was sent.
void await(int fd, short events) {
  pollfd waiting{fd, events, 0};
  ASSERT_EQ(::poll(&waiting, 1, 10'000), 1);
}

std::pair<int, int> tcp_pair() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
  const int server = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  return {server, client};
}

class EpollPollerTest : public ::testing::Test {
 protected:
  void SetUp() override { std::tie(here_, there_) = tcp_pair(); }
  void TearDown() override {
    ::close(here_);
    ::close(there_);
  }
  void use(int family, int type) {
    TearDown();
    int both[2];
    ASSERT_EQ(::socketpair(family, type, 0, both), 0);
    here_ = both[0];
    there_ = both[1];
  }

  // Waits as a fiber would. Returns whether the descriptor became readable within `timeout`.
  bool becomes_readable(Duration timeout = 10s) {
    Operation operation(OpKind::wait_in);
    prepare(operation);
    if (poller_->start(operation)) return operation.result > 0;
    poller_->wait(Clock::now() + timeout);
    if (!done_) poller_->cancel(operation);
    return operation.result > 0;
  }
  // Makes the poller know the descriptor, with nothing to read.
  void park() { EXPECT_FALSE(becomes_readable(Duration::zero())); }

  std::string recv(std::size_t size) {
    std::string data(size, '\0');
    Operation operation(OpKind::recv);
    operation.data = data.data();
    operation.size = size;
    prepare(operation);
    EXPECT_TRUE(poller_->start(operation));
    data.resize(operation.result > 0 ? static_cast<std::size_t>(operation.result) : 0);
    return data;
  }
  void send(const std::string& data, int flags = 0) {
    ASSERT_EQ(::send(there_, data.data(), data.size(), flags | MSG_NOSIGNAL), static_cast<ssize_t>(data.size()));
  }

  std::unique_ptr<sched::Poller> poller_ = make_epoll_poller();
  int here_ = -1;
  int there_ = -1;

 private:
  void prepare(Operation& operation) {
    done_ = false;
    operation.handle = {here_, 1};
    operation.done = [](Operation*) noexcept { done_ = true; };
  }
  static inline bool done_ = false;
};

TEST_F(EpollPollerTest, ADrainedConnectionWaitsForItsNextBytes) {
  park();
  for (int i = 0; i < 3; ++i) {
    send("abc");
    EXPECT_TRUE(becomes_readable());
    EXPECT_EQ(recv(100), "abc");
    EXPECT_FALSE(becomes_readable(1ms));
  }
}

TEST_F(EpollPollerTest, BytesThatCameBetweenRecvAndWait) {
  park();
  send("abc");
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "abc");
  send("def");
  await(here_, POLLIN);
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "def");
}

TEST_F(EpollPollerTest, AFullReadMayHaveLeftSome) {
  park();
  send("abcdef");
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(3), "abc");
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "def");
}

TEST_F(EpollPollerTest, AnEndThatCameWithTheBytes) {
  park();
  send("abc");
  ::shutdown(there_, SHUT_WR);
  await(here_, POLLRDHUP);
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "abc");
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "");
}

TEST_F(EpollPollerTest, AnEndThatCameAfterTheEdge) {
  park();
  send("abc");
  EXPECT_TRUE(becomes_readable());
  ::shutdown(there_, SHUT_WR);
  await(here_, POLLRDHUP);
  EXPECT_EQ(recv(100), "abc");
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "");
}

TEST_F(EpollPollerTest, BytesBehindUrgentData) {
  park();
  send("abc");
  send("U", MSG_OOB);
  send("def");
  await(here_, POLLPRI);
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "abc");
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(recv(100), "def");
}

TEST_F(EpollPollerTest, PeekingTakesNothing) {
  park();
  send("abc");
  EXPECT_TRUE(becomes_readable());
  char buffer[100];
  Operation peek(OpKind::recv, MSG_PEEK);
  peek.handle = {here_, 1};
  peek.data = buffer;
  peek.size = sizeof buffer;
  EXPECT_TRUE(poller_->start(peek));
  EXPECT_EQ(peek.result, 3);
  EXPECT_TRUE(becomes_readable());
}

TEST_F(EpollPollerTest, DatagramsAndUnixStreamsAreAskedEachTime) {
  for (const int type : {SOCK_DGRAM, SOCK_SEQPACKET}) {
    use(AF_UNIX, type);
    poller_ = make_epoll_poller();
    park();
    send("abc");
    send("def");
    EXPECT_TRUE(becomes_readable());
    EXPECT_EQ(recv(100), "abc");
    EXPECT_TRUE(becomes_readable());
    EXPECT_EQ(recv(100), "def");
  }
}

// --- two objects on one number -------------------------------------------------------------------------------------

// A wait for bytes of an object of its own on `fd`.
struct WaitIn : Operation {
  WaitIn(int fd, std::uint32_t generation) : Operation(OpKind::wait_in) {
    handle = {fd, generation};
    done = [](Operation* self) noexcept { static_cast<WaitIn*>(self)->over = true; };
  }
  bool over = false;
};

TEST_F(EpollPollerTest, TwoObjectsOnOneDescriptorAreBothWoken) {
  WaitIn first(here_, 1), second(here_, 2), again(here_, 1);
  EXPECT_FALSE(poller_->start(first));
  EXPECT_FALSE(poller_->start(second));
  EXPECT_FALSE(poller_->start(again));
  send("abc");
  poller_->wait(Clock::now() + 10s);
  EXPECT_TRUE(first.over && second.over && again.over);
  EXPECT_EQ(recv(100), "abc");
}

TEST_F(EpollPollerTest, ADescriptorThatIsClosedEndsTheWait) {
  WaitIn old(here_, 1);
  EXPECT_FALSE(poller_->start(old));
  int both[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
  ASSERT_EQ(::dup2(both[0], here_), here_);
  ASSERT_EQ(::dup2(both[1], there_), there_);
  ::close(both[0]);
  ::close(both[1]);
  WaitIn fresh(here_, 2);
  EXPECT_FALSE(poller_->start(fresh));
  EXPECT_TRUE(old.over);
  EXPECT_EQ(old.result, -EBADF);
  send("abc");
  poller_->wait(Clock::now() + 10s);
  EXPECT_TRUE(fresh.over);
}

TEST_F(EpollPollerTest, AnErrorQueueIsNotReadable) {
  const int on = 1;
  ASSERT_EQ(::setsockopt(here_, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on), 0);
  const std::string data(20'000, 'x');
  ASSERT_EQ(::send(here_, data.data(), data.size(), MSG_ZEROCOPY), static_cast<ssize_t>(data.size()));
  await(there_, POLLIN);
  std::string sink(data.size(), '\0');
  ASSERT_EQ(::recv(there_, sink.data(), sink.size(), MSG_WAITALL), static_cast<ssize_t>(data.size()));
  await(here_, 0);  // POLLERR
  EXPECT_FALSE(becomes_readable(1ms));
  send("abc");
  EXPECT_TRUE(becomes_readable());
}

}  // namespace
}  // namespace loquat::io
