// Socket::sendfile() (loquat/socket.h), with every poller and in plain threads. Tests that come from Python's Sendfile
// classes have the same names.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "loquat/file.h"
#include "loquat/socket.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t file_size = 10 * 1024 * 1024;

// An unnamed file with this content.
class Scratch {
 public:
  explicit Scratch(std::string_view text) : file_(std::tmpfile()) {
    std::fwrite(text.data(), 1, text.size(), file_);
    std::fflush(file_);
    std::rewind(file_);
  }
  ~Scratch() { std::fclose(file_); }
  int fd() const { return ::fileno(file_); }
  std::size_t tell() const { return static_cast<std::size_t>(::lseek(fd(), 0, SEEK_CUR)); }

 private:
  std::FILE* file_;
};

class Sendfile : public InWorld {
 protected:
  const std::string data_ = pattern(file_size);
  const Scratch file_{data_};

  // What the peer receives; the call must return the number of bytes sent.
  std::string sent(int fd, std::size_t offset, std::optional<std::size_t> count, std::optional<Duration> timeout = {}) {
    Pair pair = connected();
    pair.client.settimeout(timeout);
    auto reader = beside([&] { return read_all(pair.server); });
    const std::size_t size = pair.client.sendfile(fd, offset, count);
    pair.client.close();
    std::string got = reader.get();
    EXPECT_EQ(got.size(), size);
    return got;
  }
  // Sends the file and makes the checks of Python's tests.
  void expect_sent(std::size_t offset, std::optional<std::size_t> count, std::optional<Duration> timeout = {}) {
    const std::string wanted = data_.substr(offset, count.value_or(std::string::npos));
    EXPECT_TRUE(sent(file_.fd(), offset, count, timeout) == wanted);
    EXPECT_EQ(file_.tell(), offset + wanted.size());
  }
};
INSTANTIATE_TEST_SUITE_P(Kernel, Sendfile, ::testing::Values("epoll", "uring", "threads"), world_name);

TEST_P(Sendfile, RegularFile) {
  run([&] { expect_sent(0, {}); });
}

TEST_P(Sendfile, NonRegularFile) {
  run([&] {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const File in(ends[0], File::own);
    auto writer = beside([&] {
      File out(ends[1], File::own);
      out.write(std::string_view(data_).substr(0, 300'000));
    });
    EXPECT_TRUE(sent(in.fileno(), 0, 100'000) == data_.substr(0, 100'000));
    EXPECT_TRUE(sent(in.fileno(), 0, {}) == data_.substr(100'000, 200'000));
    writer.get();
    Pair pair = connected();
    EXPECT_THROW(pair.client.sendfile(in.fileno(), 1), std::invalid_argument);
  });
}

TEST_P(Sendfile, EmptyFileSend) {
  run([&] {
    const Scratch empty("");
    EXPECT_EQ(sent(empty.fd(), 0, {}), "");
    EXPECT_EQ(empty.tell(), 0u);
  });
}

TEST_P(Sendfile, Offset) {
  run([&] {
    expect_sent(5000, {});
    EXPECT_EQ(sent(file_.fd(), file_size + 1, {}), "");
  });
}

TEST_P(Sendfile, Count) {
  run([&] { expect_sent(0, 5'000'007, 10s); });
}

TEST_P(Sendfile, CountSmall) {
  run([&] { expect_sent(0, 1, 10s); });
}

TEST_P(Sendfile, CountWithOffset) {
  run([&] { expect_sent(2007, 100'007, 2s); });
}

TEST_P(Sendfile, NonBlocking) {
  run([&] {
    Pair pair = connected();
    pair.client.setblocking(false);
    EXPECT_THROW(pair.client.sendfile(file_.fd()), std::invalid_argument);
    pair.client.close();
    EXPECT_EQ(pair.server.recv(10), "");
  });
}

TEST_P(Sendfile, WithTimeout) {
  run([&] { expect_sent(0, {}, 10s); });
}

TEST_P(Sendfile, WithTimeoutTriggeredSend) {
  run([&] {
    Pair pair = connected();
    pair.client.settimeout(10ms);
    pair.server.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);
    pair.client.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
    try {
      pair.client.sendfile(file_.fd());
      ADD_FAILURE() << "nobody reads it";
    } catch (const TimeoutError& e) {
      EXPECT_GT(e.done(), 0u);
      EXPECT_EQ(file_.tell(), e.done());
    }
  });
}

TEST_P(Sendfile, Errors) {
  run([&] {
    Socket datagram(AF_INET, SOCK_DGRAM);
    EXPECT_THROW(datagram.sendfile(file_.fd()), std::invalid_argument);
    Pair pair = connected();
    EXPECT_THROW(pair.client.sendfile(file_.fd(), 0, 0), std::invalid_argument);
    EXPECT_THROW(pair.client.sendfile(file_.fd(), 0, static_cast<std::size_t>(-1)), std::invalid_argument);
    EXPECT_EQ(errc_of([&] { pair.client.sendfile(-1); }), EBADF);
    const File directory(::open("/", O_RDONLY | O_CLOEXEC), File::own);
    EXPECT_EQ(errc_of([&] { pair.client.sendfile(directory.fileno()); }), EISDIR);
    const File write_only(::open("/dev/null", O_WRONLY | O_CLOEXEC), File::own);
    EXPECT_EQ(errc_of([&] { pair.client.sendfile(write_only.fileno()); }), EBADF);
  });
}

}  // namespace
}  // namespace loquat
