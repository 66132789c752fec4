// poll() (loquat/poll.h) on both pollers and in plain threads.
#include "loquat/poll.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "loquat/group.h"
#include "loquat/socket.h"
#include "loquat/timeout.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

// The ends of a pipe, as numbers that the library knows nothing of.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw_oserror(errno, {"pipe2", {}, {}, 0});
  }
  ~Pipe() {
    close_in();
    close_out();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int out() const { return ends_[0]; }  // to read from
  int in() const { return ends_[1]; }
  void put(char byte = 'x') { EXPECT_EQ(::write(ends_[1], &byte, 1), 1); }
  char take() {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
    return byte;
  }
  void fill() {
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    while (::write(ends_[1], std::string(65536, 'x').data(), 65536) > 0) continue;
  }
  void close_in() { ::close(std::exchange(ends_[1], -1)); }
  void close_out() { ::close(std::exchange(ends_[0], -1)); }

 private:
  int ends_[2];
};

class Polls : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Polls, ::testing::Values("epoll", "uring", "threads"), world_name);

TEST_P(Polls, TellsWhatIsReadyNow) {
  run([] {
    Pipe empty, full;
    full.put();
    pollfd both[] = {{empty.out(), POLLIN, -1}, {full.out(), POLLIN, -1}, {full.in(), POLLOUT, -1}};
    for (const Duration timeout : {Duration::zero(), Duration(-1s), Duration(1h)}) {
      EXPECT_EQ(poll(both, timeout), 2u);
      EXPECT_EQ(both[0].revents, 0);
      EXPECT_EQ(both[1].revents, POLLIN);
      EXPECT_EQ(both[2].revents, POLLOUT);
    }
  });
}

TEST_P(Polls, ReturnsZeroWhenTheTimeHasPassed) {
  run([] {
    Pipe empty;
    pollfd one{empty.out(), POLLIN, -1};
    EXPECT_EQ(poll({&one, 1}, 0s), 0u);
    EXPECT_EQ(one.revents, 0);
    const TimePoint began = now();
    EXPECT_EQ(poll({&one, 1}, 20ms), 0u);
    EXPECT_FALSE(wait_readable(empty.out(), 20ms));
    EXPECT_EQ(poll({}, 20ms), 0u);
    EXPECT_GE(now() - began, 60ms);
  });
}

TEST_P(Polls, WaitsForAnyOfSeveral) {
  run([] {
    std::array<Pipe, 20> pipes;
    std::vector<pollfd> all;
    for (const Pipe& each : pipes) all.push_back({each.out(), POLLIN, 0});
    for (const std::size_t which : {7, 0, 19}) {
      auto waiter = beside([&] { return poll(all); });
      waiter.until_it_waits();
      pipes[which].put();
      EXPECT_EQ(waiter.get(), 1u);
      for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].revents, i == which ? POLLIN : 0) << i;
      pipes[which].take();
    }
  });
}

// With one wake-up for a descriptor the first of them would sleep on.
TEST_P(Polls, AllWhoWaitForOneDescriptorNotice) {
  run([] {
    Pipe pipe;
    std::vector<Beside<bool>> waiters;
    for (int i = 0; i < 3; ++i) waiters.push_back(beside([&] { return wait_readable(pipe.out()); }));
    for (auto& each : waiters) each.until_it_waits();
    pipe.put();
    for (auto& each : waiters) EXPECT_TRUE(each.get());
  });
}

TEST_P(Polls, AReaderAndAWriterOfOneDescriptorWaitApart) {
  run([] {
    auto [near, far] = socketpair();
    const int number = near.fileno();
    const std::string piece(65536, 'x');
    while (wait_writable(number, 0s)) {
      if (::send(number, piece.data(), piece.size(), MSG_DONTWAIT) < 0) break;
    }
    auto reader = beside([&] { return wait_readable(number); });
    auto writer = beside([&] { return wait_writable(number); });
    reader.until_it_waits();
    writer.until_it_waits();
    far.sendall("x");
    EXPECT_TRUE(reader.get());
    far.settimeout(0s);
    try {
      while (!far.recv(1 << 20).empty()) continue;
    } catch (const OSError&) {  // all is taken
    }
    EXPECT_TRUE(writer.get());
  });
}

TEST_P(Polls, ADescriptorTwiceIsWaitedForWithTheEventsOfBoth) {
  run([] {
    Pipe pipe;
    pipe.fill();
    pollfd both[] = {{pipe.in(), POLLPRI, 0}, {pipe.in(), POLLOUT, 0}, {pipe.in(), 0, 0}};
    EXPECT_EQ(poll(both, 20ms), 0u);
    auto waiter = beside([&] { return poll(both); });
    waiter.until_it_waits();
    std::string all(1 << 20, '\0');
    EXPECT_GT(::read(pipe.out(), all.data(), all.size()), 0);
    EXPECT_EQ(waiter.get(), 1u);
    EXPECT_EQ(both[1].revents, POLLOUT);
  });
}

TEST_P(Polls, AnEndIsNoticedThoughNothingWasAskedFor) {
  run([] {
    Pipe pipe;
    pollfd one{pipe.out(), 0, 0};
    auto waiter = beside([&] { return poll({&one, 1}); });
    waiter.until_it_waits();
    pipe.close_in();
    EXPECT_EQ(waiter.get(), 1u);
    EXPECT_EQ(one.revents, POLLHUP);
    EXPECT_TRUE(wait_readable(pipe.out()));
  });
}

TEST_P(Polls, ANegativeNumberIsLeftOutAndAClosedOneIsTold) {
  run([] {
    Pipe pipe;
    const int closed = ::fcntl(pipe.out(), F_DUPFD_CLOEXEC, 500);
    ::close(closed);
    pollfd all[] = {{-1, POLLIN, -1}, {closed, POLLIN, -1}, {pipe.out(), POLLIN, -1}};
    EXPECT_EQ(poll(all), 1u);
    EXPECT_EQ(all[0].revents, 0);
    EXPECT_EQ(all[1].revents, POLLNVAL);
    EXPECT_EQ(all[2].revents, 0);
    EXPECT_EQ(errc_of([&] { wait_readable(closed); }), EBADF);
    EXPECT_EQ(errc_of([&] { wait_writable(-1); }), EBADF);
  });
}

TEST_P(Polls, AFileIsAlwaysReadyAndDelaysNobody) {
  run([] {
    char path[] = "/tmp/loquat-poll-XXXXXX";
    const int file = ::mkstemp(path);
    ::unlink(path);
    EXPECT_TRUE(wait_readable(file));
    EXPECT_TRUE(wait_writable(file));
    Pipe pipe;
    pollfd both[] = {{file, 0, 0}, {pipe.out(), POLLIN, 0}};  // asks the file for nothing
    auto waiter = beside([&] { return poll(both); });
    waiter.until_it_waits();
    pipe.put();
    EXPECT_EQ(waiter.get(), 1u);
    EXPECT_EQ(both[0].revents, 0);
    ::close(file);
  });
}

// Whatever becomes of the wait for what the number meant, a new wait is for what it means now.
TEST_P(Polls, ANumberThatIsUsedAgainIsAnotherDescriptor) {
  run([] {
    for (int i = 0; i < 3; ++i) {
      Pipe first, second;
      auto late = beside([&] { return errc_of([&] { wait_readable(first.out(), 20ms); }); });
      late.until_it_waits();
      EXPECT_EQ(::dup2(second.out(), first.out()), first.out());
      auto waiter = beside([&] { return wait_readable(first.out()); });
      waiter.until_it_waits();
      second.put();
      EXPECT_TRUE(waiter.get());
      const int error = late.get();
      EXPECT_TRUE(error == 0 || error == EBADF) << error;
    }
  });
}

TEST_P(Polls, ANumberOfManyThatIsUsedAgainIsAnotherDescriptor) {
  run([] {
    Pipe first, second, quiet;
    pollfd two[] = {{first.out(), POLLIN, 0}, {quiet.out(), POLLIN, 0}};
    auto late = beside([&] { return poll(two, 20ms); });
    late.until_it_waits();
    EXPECT_EQ(::dup2(second.out(), first.out()), first.out());
    pollfd both[] = {{first.out(), POLLIN, 0}, {quiet.out(), POLLIN, 0}};
    auto waiter = beside([&] { return poll(both); });
    waiter.until_it_waits();
    second.put();
    EXPECT_EQ(waiter.get(), 1u);
    EXPECT_EQ(both[0].revents, POLLIN);
    late.get();
  });
}

TEST_P(Polls, DescriptorsThatSocketsCannotBe) {
  run([] {
    const int notes = ::inotify_init1(IN_CLOEXEC);
    char folder[] = "/tmp/loquat-poll-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    ::inotify_add_watch(notes, folder, IN_DELETE_SELF);
    auto waiter = beside([&] { return wait_readable(notes); });
    waiter.until_it_waits();
    ::rmdir(folder);
    EXPECT_TRUE(waiter.get());
    ::close(notes);
  });
}

TEST_P(Polls, NumbersAbove1023) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur <= 1500) GTEST_SKIP() << "at most " << files.rlim_cur << " descriptors";
  run([] {
    Pipe pipe;
    const int high = ::fcntl(pipe.out(), F_DUPFD_CLOEXEC, 1400);
    ASSERT_GE(high, 1400);
    auto waiter = beside([&] { return wait_readable(high); });
    waiter.until_it_waits();
    pipe.put();
    EXPECT_TRUE(waiter.get());
    ::close(high);
  });
}

TEST_P(Polls, MoreThanMayBeOpenAreRefused) {
  run([] {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    std::vector<pollfd> many(files.rlim_cur + 1, pollfd{-1, POLLIN, 0});
    EXPECT_EQ(errc_of([&] { poll(many, 0s); }), EINVAL);
    EXPECT_EQ(errc_of([&] { poll(many, 1h); }), EINVAL);
  });
}

// The Socket's receive takes the byte, and who polls its number notices that one was there, or waits for the next.
TEST_P(Polls, TheNumberOfASocketMayBePolledToo) {
  run([] {
    auto [near, far] = socketpair();
    auto receiver = beside([&near = near] { return near.recv(1); });
    receiver.until_it_waits();
    auto waiter = beside([&near = near] { return wait_readable(near.fileno()); });
    waiter.until_it_waits();
    far.sendall("a");
    EXPECT_EQ(receiver.get(), "a");
    far.sendall("b");
    EXPECT_TRUE(waiter.get());
    EXPECT_EQ(near.recv(1), "b");
  });
}

TEST_P(Polls, LeavesNoDescriptorAndNoFlagBehind) {
  run([] {
    Pipe pipe;
    const int next = ::dup(pipe.out());
    ::close(next);
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(wait_readable(pipe.out(), 10us));
    const int after = ::dup(pipe.out());
    EXPECT_EQ(after, next);
    ::close(after);
    EXPECT_EQ(::fcntl(pipe.out(), F_GETFL) & O_NONBLOCK, 0);
  });
}

class PollsInFibers : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, PollsInFibers, ::testing::Values("epoll", "uring"), world_name);

TEST_P(PollsInFibers, ACancelEndsIt) {
  run([] {
    Pipe pipe;
    auto waiter = spawn([&] { wait_readable(pipe.out()); });
    sleep(0ms);
    waiter.cancel();
    waiter.join();
    EXPECT_THROW(waiter.get(), CancelledError);
    waiter = spawn([&] {
      sleep(0ms);
      wait_readable(pipe.out());
    });
    waiter.cancel();  // before it waits
    EXPECT_THROW(waiter.get(), CancelledError);
  });
}

TEST_P(PollsInFibers, ATimeoutEndsIt) {
  run([] {
    Pipe pipe;
    EXPECT_FALSE(with_timeout(10ms, [&] { wait_readable(pipe.out()); }));
    EXPECT_TRUE(with_timeout(1h, [&] { wait_writable(pipe.in()); }));
  });
}

TEST_P(PollsInFibers, WhoseDescriptorsAreAlwaysReadyLetOthersRun) {
  run([] {
    Pipe pipe;
    pipe.put();
    std::atomic<bool> stop{false};
    auto other = spawn([&] {
      for (int i = 0; i < 10; ++i) sleep(1ms);
      stop = true;
    });
    while (!stop) EXPECT_TRUE(wait_readable(pipe.out()));
    other.get();
  });
}

TEST_P(PollsInFibers, AThousandWaitAtOnce) {
  run(
      [] {
        constexpr int fibers = 1000;
        Pipe start;
        Group group;
        std::atomic<int> woken{0};
        for (int i = 0; i < fibers; ++i) {
          group.spawn([&] {
            EXPECT_TRUE(wait_readable(start.out()));
            ++woken;
          });
        }
        sleep(0ms);
        start.put();
        group.join();
        EXPECT_EQ(woken, fibers);
      },
      2);
}

TEST(PollsElsewhere, ASignalDoesNotEndTheWaitOfAThread) {
  Pipe pipe;
  struct sigaction count_it {};
  struct sigaction before {};
  static std::atomic<int> signals{0};
  count_it.sa_handler = [](int) { ++signals; };
  ::sigaction(SIGUSR1, &count_it, &before);
  std::atomic<pid_t> tid{0};
  std::thread waiter([&] {
    tid = ::gettid();
    EXPECT_TRUE(wait_readable(pipe.out()));
    EXPECT_EQ(pipe.take(), 'x');
  });
  while (tid == 0 || !sleeps(tid)) std::this_thread::yield();
  ::tgkill(::getpid(), tid, SIGUSR1);
  while (signals == 0 || !sleeps(tid)) std::this_thread::yield();
  pipe.put();
  waiter.join();
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(PollsElsewhere, ASimulationHasNoDescriptors) {
  run_in("sim", [] {
    pollfd one{0, POLLIN, 0};
    EXPECT_THROW(poll({&one, 1}), std::logic_error);
    EXPECT_THROW(wait_readable(0), std::logic_error);
  });
}

}  // namespace
}  // namespace loquat
