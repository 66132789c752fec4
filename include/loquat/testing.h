// testing.h - simulate(): runs a whole program with simulated time, network and schedule, as a function of one seed.
//
//   EXPECT_EQ(loquat::testing::simulate(seed, [] { ... sockets, spawn(), sleep() ... return answer; }), 42);
//
// simulate() runs the code that run() (run.h) would run, but in a simulated World. The clock is virtual: when no fiber
// is ready, it jumps to the next event. The network is in memory. The seed decides its delays and segment sizes, and
// which worker runs next. The same seed gives the same run, byte for byte; another seed gives another run. simulate()
// starts no thread and opens no descriptor, and an hour of virtual time takes milliseconds.
//
// True of every call in this file:
//   Where     Call simulate() and seeds() outside of a run. Everything below them works inside simulate() only and
//             throws std::logic_error elsewhere.
//   Network   There are AF_INET, AF_INET6 and AF_UNIX stream sockets, with the errors of Linux. The program is alone on
//             one machine that has every IP address: any may be bound, and a client that did not bind gets the address
//             that it connects to. A stream arrives in segments of random size, a read returns what has arrived, and a
//             send() may be short. Windows and send buffers are limited, so a reader that stops reading stops its
//             writer.
//   Limits    There are no datagrams, no passing of descriptors, no fileno() and no keep-alive. File and Signals are
//             those of the kernel: they block the thread, and the seed does not cover them. There is no file system:
//             the path of a Unix socket vanishes when the socket is closed. Nothing may block the thread. A function
//             given to offload() runs on the same thread and must not wait for a fiber. The seed does not cover what
//             the program takes from elsewhere (std::thread, system clocks, addresses of objects as keys).
//   Time      Code takes no virtual time, so sleep(5s) takes exactly 5 s. Only a program that runs a thousand turns
//             without waiting is charged 1 us for each further turn, and slowly more, so that a loop which polls the
//             clock ends.
//
// Layer: sim (docs/layers.txt).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "loquat/address.h"
#include "loquat/fiber.h"
#include "loquat/log.h"
#include "loquat/socket.h"
#include "loquat/time.h"

namespace loquat::testing {

// Facts about a run, filled in when the run ends, even if it ends by an exception.
struct SimReport {
  std::uint64_t trace = 0;   // a hash of everything that happened, of its time and order: equal for equal runs
  std::uint64_t turns = 0;   // how often a worker ran
  std::uint64_t events = 0;  // arrivals, retransmissions and finished offload()s
  std::uint64_t connections = 0;
  std::uint64_t bytes = 0;  // that arrived
  Duration time{0};         // virtual
};

struct SimOptions {
  // The number of workers, as in RunOptions. They take turns on the calling thread; the seed decides which is next.
  std::size_t workers = 1;
  // As in RunOptions.
  std::size_t stack_size = 64 * 1024;
  LogSink* log = nullptr;

  // The bounds of the time that a segment, or one leg of a handshake, travels. Unix sockets take no time.
  AnyDuration min_latency = std::chrono::microseconds(20);
  AnyDuration max_latency = std::chrono::milliseconds(1);
  // Segments have 1 to max_segment bytes. A read returns the segments that have arrived, so with 1 it may end after any
  // byte.
  std::size_t max_segment = 16 * 1024;
  // The buffers of each socket in bytes; SO_SNDBUF and SO_RCVBUF change those of one socket.
  std::size_t send_buffer = 64 * 1024;
  std::size_t receive_buffer = 64 * 1024;
  // The bounds of the virtual time that a function given to offload() takes.
  AnyDuration min_offload = std::chrono::microseconds(50);
  AnyDuration max_offload = std::chrono::milliseconds(2);

  // The host names that getaddrinfo() knows, each with its IP literals in order. "localhost" is ::1 and 127.0.0.1
  // unless it is in here.
  std::map<std::string, std::vector<std::string>> hosts = {};
  // The most sockets that may be open at a time; a further one fails with EMFILE.
  std::size_t descriptors = 1 << 20;

  // With refuse_one_in = n, about one in n connections is refused. With reset_one_in = n, about one in n is reset at a
  // random moment of its first seconds. 0: none.
  std::uint64_t refuse_one_in = 0;
  std::uint64_t reset_one_in = 0;

  // A run that takes more virtual time than this is broken off: simulate() throws std::logic_error.
  AnyDuration limit = std::chrono::hours(24);

  // Filled in at the end of the run unless it is nullptr.
  SimReport* report = nullptr;
  // Takes one line for each event of the run, at LogLevel::debug. nullptr: no lines.
  LogSink* trace = nullptr;
};

namespace detail {
void run_simulated(std::uint64_t seed, const SimOptions& options, sched::Callable body);
}  // namespace detail

// Runs body() as the main fiber in a simulated World made from `seed`. Returns its result or rethrows its exception.
// When body() has ended, all other fibers are cancelled and waited for.
//
// Throws std::logic_error if the program is stuck (every fiber waits and no event is pending), with a list of its
// fibers and what they wait for (inspect.h); if it exceeds options.limit, or inside another run; std::invalid_argument
// if an option is out of range.
template <class F>
auto simulate(std::uint64_t seed, F&& body, const SimOptions& options = {}) -> std::invoke_result_t<F> {
  sched::Result<std::invoke_result_t<F>> result;
  auto call = [&] { result.set(std::forward<F>(body)); };
  detail::run_simulated(seed, options, call);
  return result.take();
}

// The seeds for a test to try: 1 to `count`. If the environment variable LOQUAT_SEED is set, only that seed, so that a
// failure can be run again.
std::vector<std::uint64_t> seeds(std::size_t count);

// A random number below `bound`, which must not be 0, drawn from the seed of the run. For random choices of the test.
std::uint64_t random(std::uint64_t bound);

// --- Faults ----------------------------------------------------------------------------------------------------------

// Sets the bounds of the latency of everything that is sent from now on: on every connection, or on the connection of
// `socket` in both directions. Throws std::invalid_argument unless 0 <= min <= max.
void set_latency(AnyDuration min, AnyDuration max);
void set_latency(const Socket& socket, AnyDuration min, AnyDuration max);

// Resets the connection: each end fails with ECONNRESET, after the bytes that have already arrived there. The reset
// takes the latency of the connection to arrive.
void reset(const Socket& socket);

// Lets recv() on this socket wait, even if bytes have arrived, until resume_reading(). Its window fills, and then the
// sends of the peer wait.
void stop_reading(const Socket& socket);
void resume_reading(const Socket& socket);

// For `time`, nothing passes between the addresses `a` and `b` in either direction. Both are IP literals; "" means any
// address. What is sent meanwhile arrives after the partition, as in TCP, unless it lasts too long: connect() gives up
// after 127 s, a stream after 924 s (ETIMEDOUT).
void partition(const std::string& a, const std::string& b, AnyDuration time);

// For `time`, connections to `address` are refused even if a socket listens there.
void refuse(const Address& address, AnyDuration time);

}  // namespace loquat::testing
