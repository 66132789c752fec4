// run.h - the loop. main() builds the pieces; run() starts the workers and returns when its main fiber has ended.
//
//   int main() {
//     loquat::run([] { ... sockets, spawn(), sleep() ... }, {.workers = 4});
//   }
//
// True of every run:
//   Threads   Worker 0 is the calling thread; each further worker is a thread that run() starts and joins. Threads of
//             the program may have runs of their own at the same time.
//   Signals   None is touched, not even SIGPIPE: a library owns no signals (signals.h is for programs).
//   Fork      After fork(2) in a fiber the child has that fiber alone, as a plain thread: its calls block the thread,
//             and it may use sockets of the parent, or run() anew. When the fiber's function returns the child ends as
//             by _exit(0); _exit(1) if it throws. The parent notices nothing.
//   Lifetime  Options and body need live until run() returns.
//
// Layer: net (docs/layers.txt).  Start at examples/06_web_server.cc.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "loquat/fiber.h"
#include "loquat/log.h"
#include "loquat/poller.h"

namespace loquat {

struct RunOptions {
  // Operating system threads that run fibers, 1 to 1024. Each has its own poller.
  std::size_t workers = 1;
  PollerKind poller = PollerKind::automatic;
  // Address space of a fiber's stack in bytes, 16 KiB to 1 GiB; rounded up to whole pages, one of which is the guard
  // below it. Memory is used as it is touched.
  std::size_t stack_size = 64 * 1024;
  // Where the library's few words go. nullptr: nowhere, but for the failures of fibers that nobody asked for (fiber.h).
  LogSink* log = nullptr;
};

namespace sched {
// Runs `body` as the main fiber of a new set of workers on the real kernel.
void run_kernel(const RunOptions& options, Callable body);
}  // namespace sched

// Runs body(), a function or any other callable, in a fiber of worker 0, on the calling thread. Returns its result or
// throws what it threw; CancelledError if it was cancelled. When it has ended, every fiber that is left is cancelled
// and waited for, and one that is spawned by then begins cancelled; then the workers stop.
//
// Throws OSError if the kernel refuses what a worker needs (EMFILE, ENOMEM), std::invalid_argument for options that
// make no sense, std::logic_error if called inside another run.
// Source: Python asyncio.run.
template <class F>
auto run(F&& body, const RunOptions& options = {}) -> std::invoke_result_t<F> {
  sched::Result<std::invoke_result_t<F>> result;
  auto call = [&] { result.set(std::forward<F>(body)); };
  sched::run_kernel(options, call);
  return result.take();
}

}  // namespace loquat
