// testing.h - whole programs run as pure functions: simulated time, network and schedule, from one seed.
//
//   EXPECT_EQ(loquat::testing::simulate(seed, [] { ... sockets, spawn(), sleep() ... return answer; }), 42);
//
// simulate() runs the same code as run() (run.h), but in a simulated World: a virtual clock that jumps to the next
// event when no fiber is ready, and an in-memory network whose delays and segment sizes are drawn from the seed, as is
// the worker that runs next. The same seed gives the same run, byte for byte; another seed another one. No thread is
// started, no descriptor opened, and an hour of virtual time takes milliseconds.
//
// True of every call in this file:
//   Where     simulate() outside of a run. Everything below it inside of simulate() only; elsewhere std::logic_error.
//   Network   AF_INET, AF_INET6 and AF_UNIX stream sockets, with the errors of Linux. All addresses exist on one
//             machine: any may be bound, and a client that did not bind has the address that it connects to. Reads
//             return what has arrived, and streams arrive in seeded segments; a send may be short. Windows and send
//             buffers are bounded, so a reader that stops stops its writer.
//   Limits    No datagrams, File, Signals, passed descriptors or fileno(); no files, so a Unix socket's path goes when
//             it is closed; no keep-alive. Nothing may block the thread: an offload()ed function runs in it, and must
//             not wait for a fiber. What the program takes from elsewhere (std::thread, system clocks, addresses of
//             objects as keys) is not covered by the seed.
//   Time      Running costs no virtual time, so sleep(5s) takes exactly 5 s. Only a program that runs a thousand turns
//             without waiting pays 1 us for each further one, and slowly more, so that a loop which polls the clock
//             ends.
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

// What a run was, filled in when it ends, however it ends.
struct SimReport {
  std::uint64_t trace = 0;   // a hash of all that happened, when, and in which order: equal for equal runs
  std::uint64_t turns = 0;   // of workers
  std::uint64_t events = 0;  // arrivals, retransmissions and finished jobs
  std::uint64_t connections = 0;
  std::uint64_t bytes = 0;  // that arrived
  Duration time{0};         // virtual
};

struct SimOptions {
  // Workers, as in RunOptions. They take turns on the one thread; the seed says whose turn it is.
  std::size_t workers = 1;
  // As in RunOptions.
  std::size_t stack_size = 64 * 1024;
  LogSink* log = nullptr;

  // How long a segment, or one leg of a handshake, is on its way. Unix sockets take no time.
  AnyDuration min_latency = std::chrono::microseconds(20);
  AnyDuration max_latency = std::chrono::milliseconds(1);
  // Bytes; segments have 1 to max_segment. 1 delivers streams byte by byte.
  std::size_t max_segment = 16 * 1024;
  // Bytes of each socket; SO_SNDBUF and SO_RCVBUF change them for one.
  std::size_t send_buffer = 64 * 1024;
  std::size_t receive_buffer = 64 * 1024;
  // How long an offload()ed function takes.
  AnyDuration min_offload = std::chrono::microseconds(50);
  AnyDuration max_offload = std::chrono::milliseconds(2);

  // Names that getaddrinfo() knows, with their IP literals in order. "localhost" is ::1 and 127.0.0.1 unless named
  // here.
  std::map<std::string, std::vector<std::string>> hosts;
  // Open descriptors; beyond them EMFILE.
  std::size_t descriptors = 1 << 20;

  // Faults: of so many connections, about one is refused, or reset at a seeded moment in its first seconds. 0: none.
  std::uint64_t refuse_one_in = 0;
  std::uint64_t reset_one_in = 0;

  // Virtual time after which a run is taken to be endless.
  AnyDuration limit = std::chrono::hours(24);

  SimReport* report = nullptr;
  // One line for each thing that happens, at LogLevel::debug. nullptr: nowhere.
  LogSink* trace = nullptr;
};

namespace detail {
void run_simulated(std::uint64_t seed, const SimOptions& options, sched::Callable body);
}  // namespace detail

// Runs body() as main fiber in a World made from `seed` and returns its result or throws what it threw. When it has
// ended, every fiber that is left is cancelled and waited for.
//
// Throws std::logic_error with a report if the main fiber can never end (no fiber is ready and no event pending), if
// the time limit is over, or if called inside another run; std::invalid_argument for options that make no sense.
template <class F>
auto simulate(std::uint64_t seed, F&& body, const SimOptions& options = {}) -> std::invoke_result_t<F> {
  sched::Result<std::invoke_result_t<F>> result;
  auto call = [&] { result.set(std::forward<F>(body)); };
  detail::run_simulated(seed, options, call);
  return result.take();
}

// The seeds that a test tries: 1 to `count`, or the one in $LOQUAT_SEED, to run a failure again. Anywhere.
std::vector<std::uint64_t> seeds(std::size_t count);

// A number below `bound` (not 0) from the run's seed, for what the test itself leaves to chance.
std::uint64_t random(std::uint64_t bound);

// --- Faults ----------------------------------------------------------------------------------------------------------

// Latency of whatever is sent from now on: on every connection, or on that of `socket`, both ways. Throws
// std::invalid_argument unless 0 <= least <= most.
void set_latency(AnyDuration least, AnyDuration most);
void set_latency(const Socket& socket, AnyDuration least, AnyDuration most);

// Drops the connection: each end is reset (ECONNRESET), after what has already arrived there.
void reset(const Socket& socket);

// This end reads nothing more until it is told to: what has arrived stays unread, its window fills, and the peer's
// sends stop. Fibers in recv() wait.
void stop_reading(const Socket& socket);
void resume_reading(const Socket& socket);

// For `time`, nothing that is sent passes between the addresses `a` and `b` (IP literals, "" for any), either way. As
// in TCP it arrives later if the partition ends in time: a connect() gives up after 127 s, a stream after 924 s
// (ETIMEDOUT).
void partition(const std::string& a, const std::string& b, AnyDuration time);

// For `time`, connections to `address` are refused even if somebody listens.
void refuse(const Address& address, AnyDuration time);

}  // namespace loquat::testing
