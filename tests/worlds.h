// worlds.h - runs one test in every World: the kernel with epoll, with io_uring and in plain threads, and the
// simulation.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "loquat/run.h"
#include "loquat/testing.h"

namespace loquat {

// Runs body() as the main fiber in the World of that name. For "threads" it runs in the calling thread, outside run().
template <class F>
void run_in(const std::string& world, F&& body, std::size_t workers = 1) {
  if (world == "sim") {
    testing::SimOptions options;
    options.workers = workers;
    for (std::uint64_t seed : testing::seeds(5)) {
      SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
      testing::simulate(seed, body, options);
    }
  } else if (world == "threads") {
    body();
  } else {
    RunOptions options;
    options.workers = workers;
    options.poller = world == "epoll" ? PollerKind::epoll : PollerKind::uring;
    run(body, options);
  }
}

// Whether a thread of this process sleeps in the kernel or has ended. Source: proc(5), /proc/pid/task/tid/stat,
// syscall.
//
// The state S is not enough: a thread that was woken is in it for a moment, too, while it looks again for what it waits
// for. The kernel tells the system call only of a thread that has left its processor; of another it says "running".
inline bool sleeps(pid_t thread) {
  const std::string folder = "/proc/self/task/" + std::to_string(thread) + "/";
  std::ifstream stat_file(folder + "stat");
  std::string stat, call;
  if (!std::getline(stat_file, stat)) return true;
  if (stat.substr(stat.rfind(')'), 3) != ") S") return false;
  std::ifstream call_file(folder + "syscall");
  return !call_file || (std::getline(call_file, call) && call != "running");
}

// A function that runs in parallel: in a fiber, or in a thread where there are no fibers.
template <class T>
class Beside {
 public:
  template <class F>
  explicit Beside(F body) {
    if (workers() != 0) {
      fiber_ = spawn(std::move(body));
      return;
    }
    auto tid = std::make_shared<std::promise<pid_t>>();
    auto known = tid->get_future();
    future_ = std::async(std::launch::async, [tid, run = std::move(body)]() mutable {
      tid->set_value(::gettid());
      return run();
    });
    thread_ = known.get();
  }
  // Waits for the end, and returns the result or rethrows. Call it once.
  T get() { return future_.valid() ? future_.get() : fiber_.get(); }
  // Returns when the function waits or has ended.
  void until_it_waits() {
    while (future_.valid() ? !sleeps(thread_) : fiber_.waits() == 0 && !fiber_.done()) sleep(Duration::zero());
  }

 private:
  Fiber<T> fiber_;
  std::future<T> future_;
  pid_t thread_ = 0;
};

template <class F>
auto beside(F body) {
  return Beside<decltype(body())>(std::move(body));
}

inline auto world_name = [](const ::testing::TestParamInfo<std::string>& info) { return info.param; };

// The base of tests that run in several Worlds; INSTANTIATE_TEST_SUITE_P lists them.
class InWorld : public ::testing::TestWithParam<std::string> {
 protected:
  template <class F>
  void run(F&& body, std::size_t workers = 1) {
    run_in(GetParam(), body, workers);
  }
};

// The errno of the OSError that call() throws; 0 if it throws none.
int errc_of(auto call) {
  try {
    call();
  } catch (const OSError& e) {
    return e.errc();
  }
  return 0;
}

// All bytes until the end of the stream.
inline std::string read_all(Socket& socket) {
  std::string all;
  for (std::string piece; !(piece = socket.recv(65536)).empty();) all += piece;
  return all;
}

inline std::string pattern(std::size_t size) {
  std::string data(size, '\0');
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i * 7 + i / 251);
  return data;
}

struct Pair {
  Socket client;
  Socket server;
};

// A TCP connection whose listener is closed.
inline Pair connected() {
  Socket listener = create_server({"127.0.0.1", 0});
  Socket client(AF_INET);
  client.connect(listener.getsockname());
  return {std::move(client), listener.accept()};
}

}  // namespace loquat
